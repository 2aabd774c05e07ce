// What shells are told may come next, and the scripts in the shells that are here.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startGateway } from '../gateway/http.test-support.ts';
import { run } from './cli.test-support.ts';
import { completionScript, SHELLS } from './completion.ts';

const NO_NODE = { SEQ_NODE_URL: 'http://127.0.0.1:9' };
const answered = async (...words: string[]) =>
  (await run(['__complete', ...words], NO_NODE)).stdout.trimEnd().split('\n');

test('commands, their second words and their flags', async (t) => {
  t.deepEqual(await answered('sta'), ['files', 'start', 'status']);
  t.deepEqual(await answered('members', 'r'), ['none', 'remove']);
  t.deepEqual(await answered('journal', ''), ['none', 'show', 'verify', 'dump', 'export', 'import']);
  t.deepEqual(await answered('members', '--no'), ['none', '--node']);
  t.deepEqual(await answered('members', 'keep', '--js'), ['none', '--json']);
  t.deepEqual(await answered('fmt', '--write', '--'), ['none', '--check', '--help']);
  t.deepEqual(await answered('nonsense', ''), ['files']);
});

test('arguments, by their place', async (t) => {
  t.deepEqual(await answered('doc', 'map.s'), ['none', 'map.set', 'map.size']);
  t.deepEqual(await answered('doc', 'dup', 'matc'), ['none', 'match']);
  t.deepEqual(await answered('completion', ''), ['none', ...SHELLS]);
  t.deepEqual(await answered('completion', 'bash', ''), ['none']);
  for (const words of [
    ['check'],
    ['check', 'a.seq'],
    ['test'],
    ['run'],
    ['run', 'a.seq'],
    ['start', '--config'],
  ])
    t.deepEqual(await answered(...words, ''), ['files'], words.join(' '));
  t.deepEqual(await answered('run', 'a.seq', '--js'), ['files']);
  t.deepEqual(await answered('start', '--data', ''), ['folders']);
  t.deepEqual(await answered('start', '--name', ''), ['none']);
  t.deepEqual(await answered('send', '/user'), ['none'], 'there is no node to ask');
});

test('a line is parted as shells part it', async (t) => {
  t.deepEqual(await answered('--line', 'seq-node doc map.s'), ['none', 'map.set', 'map.size']);
  t.deepEqual(await answered('--line', 'seq-node members '), ['none', 'remove', 'keep']);
  t.deepEqual(await answered('--line', 'seq-node check "a b.seq" '), ['files']);
  t.deepEqual(await answered('--line', 'seq-node start --data a\\ b --na'), ['none', '--name']);
  t.deepEqual(await answered('--line', "seq-node doc 'string->"), ['none', 'string->int', 'string->float', 'string->symbol']); // biome-ignore format: one line
});

test('actors and members are those of the cluster', async (t) => {
  const { gateway } = await startGateway(t);
  const asked = async (...words: string[]) =>
    (await run(['__complete', ...words], { SEQ_NODE_URL: gateway.url })).stdout.trimEnd().split('\n');
  const listed = JSON.parse((await run(['actors', '--json'], { SEQ_NODE_URL: gateway.url })).stdout);
  const paths = (listed.actors as { path: string }[]).map(({ path }) => path);
  t.true(paths.length > 0);
  t.deepEqual(await asked('send', '/'), ['none', ...paths]);
  t.deepEqual(await asked('inspect', paths[0]!.slice(0, -1)), ['none', ...paths.filter((path) => path.startsWith(paths[0]!.slice(0, -1)))]); // biome-ignore format: one line
  const names = JSON.parse((await run(['members', '--json'], { SEQ_NODE_URL: gateway.url })).stdout).members;
  t.deepEqual(await asked('members', 'remove', ''), [
    'none',
    ...names.map(({ name }: { name: string }) => name),
  ]);
  t.deepEqual(
    (await run(['__complete', 'send', '--node', gateway.url, '/'])).stdout.split('\n')[1],
    paths[0],
  );
});

/** A shell that waits so long has nothing to say. */
const SHELL_WAIT_MS = 60_000;

/** What a shell does with its script: prints the candidates for a line, one on each. */
const ASKED = {
  bash: (line: string) =>
    `COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _seq_node seq-node; printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (line: string) => `complete -C '${line}'`,
};

/** A folder with the command and the script of a shell, and how to run a line there if the shell is here. */
function shellIn(t: ExecutionContext, shell: 'bash' | 'zsh' | 'fish') {
  const path = [`/usr/bin/${shell}`, `/bin/${shell}`, `/usr/local/bin/${shell}`].find((each) =>
    existsSync(each),
  );
  const folder = mkdtempSync(join(tmpdir(), 'seq completion '));
  t.teardown(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(import.meta.dirname, '..', '..', 'bin', 'seq-node.cjs'), join(folder, 'seq-node'));
  writeFileSync(join(folder, 'script'), completionScript(shell));
  const env = { PATH: [folder, process.env.PATH].join(delimiter), HOME: folder, TERM: 'dumb' };
  const options = { cwd: folder, env, encoding: 'utf8', timeout: SHELL_WAIT_MS } as const;
  const run =
    path === undefined ? undefined : (script: string) => execFileSync(path, ['-c', script], options).trim();
  return { folder, run };
}

for (const shell of ['bash', 'fish'] as const)
  test(`${shell} completes by its script, where it is here`, (t) => {
    const { folder, run } = shellIn(t, shell);
    if (run === undefined) return void t.pass();
    const lines = (line: string) => run(`source ./script; ${ASKED[shell](line)}`).split('\n');
    t.deepEqual(lines('seq-node doc map.s'), ['map.set', 'map.size']);
    t.deepEqual(lines('seq-node members r'), ['remove']);
    writeFileSync(join(folder, 'with space.seq'), '');
    // bash completes names of files by itself, where the script gives nothing.
    t.deepEqual(lines('seq-node run wit'), [shell === 'bash' ? '' : 'with space.seq']);
  });

test('bash completes a word that begins with a quotation mark', (t) => {
  const { run } = shellIn(t, 'bash');
  if (run === undefined) return void t.pass();
  const completed = (last: string) =>
    run(
      `source ./script; COMP_WORDS=(seq-node doc '${last}'); COMP_CWORD=2; ${ASKED.bash(`seq-node doc ${last}`)}`,
    );
  t.is(completed('"string->in'), 'string->int');
  t.is(completed('string-\\>in'), 'string-\\>int');
});

// zsh completes for a terminal only, which its own zpty makes.
const ZPTY = `
zmodload zsh/zpty
zpty z zsh -f -i
asked() { zpty -w -n z "$1"; zpty -r z answer "*$2*" && print -r -- "found $2"; zpty -w -n z $'\\x15' }
zpty -w z 'PROMPT=; autoload -Uz compinit && compinit -u -D; source ./script; print -r -- re""ady'
zpty -r z answer '*ready*'
asked $'seq-node doc map.siz\\t' 'map.size'
asked $'seq-node members rem\\t' 'members remove'
asked $'seq-node run wit\\t' 'h*space.seq'
asked $'seq-node start --data fol\\t' 'der/'
zpty -d z
`;

test('zsh completes by its script, where it is here', (t) => {
  const { folder, run } = shellIn(t, 'zsh');
  t.regex(completionScript('zsh'), /^#compdef seq-node\n/);
  if (run === undefined) return;
  writeFileSync(join(folder, 'with space.seq'), '');
  mkdirSync(join(folder, 'folder'));
  t.is(run(ZPTY).match(/found/g)?.length, 4);
});
