// The processes between a person and a node: whatever ends the one that was typed ends the nodes too, and
// npm's words for help.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ended, spawnTracked, TIED_TO_INPUT } from './children.ts';
import { COMMAND, ROOT, until } from './node-process.ts';

const REQUIRED_MAJOR = 26;

interface AnyNode {
  readonly file: string;
  readonly major: number;
}

/** Every Node on the path, so an old one too where there is one: that one starts a newer one as its child. */
function everyNode(): AnyNode[] {
  const files = [
    process.execPath,
    ...process.env.PATH!.split(delimiter).map((folder) => join(folder, 'node')),
  ];
  const real = new Set(files.filter((file) => existsSync(file)).map((file) => realpathSync(file)));
  return [...real].map((file) => ({
    file,
    major: Number(execFileSync(file, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })),
  }));
}

const pathless = () => {
  const { npm_lifecycle_script: _, ...env } = process.env;
  return env;
};

async function answers(address: string): Promise<boolean> {
  return fetch(`${address}/livez`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function untilSilent(address: string): Promise<void> {
  await until(`${address} does not answer any more`, async () =>
    (await answers(address)) ? undefined : true,
  );
}

/** Starts a command; resolves once it has printed what `pattern` finds. */
async function printing(
  t: ExecutionContext,
  command: string,
  args: readonly string[],
  pattern: RegExp,
  env: NodeJS.ProcessEnv = pathless(),
) {
  const child = spawnTracked(command, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'], env });
  t.teardown(() => child.kill('SIGKILL'));
  let printed = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (printed += chunk));
  await until(
    `${args.join(' ')} prints ${pattern}`,
    async () => {
      if (child.exitCode !== null) throw new Error(`it ended:\n${printed}`);
      return pattern.exec(printed) ?? undefined;
    },
    { timeoutMs: 90_000 },
  );
  return { child, printed: () => printed };
}

const DEV = ['start', '--dev', '--http', '127.0.0.1:0'];
const READY = /is ready at (http:\S+),/;

for (const { file, major } of everyNode())
  test.serial(`SIGKILL of the command ends its node, run by Node ${major} (${file})`, async (t) => {
    const { child, printed } = await printing(t, file, [COMMAND, ...DEV], READY);
    const url = READY.exec(printed())![1]!;
    t.true(await answers(url));
    child.kill('SIGKILL');
    await untilSilent(url);
    // A child of the launcher closes its files itself.
    if (major < REQUIRED_MAJOR)
      await until('the node says that it stops', async () => printed().includes('stopped') || undefined);
  });

/** What begins the three nodes: npm itself, and what it runs, by each Node. */
const BEGINNINGS = [
  { title: 'npm start', words: ['npm', 'start'] },
  ...everyNode().map(({ file, major }) => ({
    title: `what npm start runs, by Node ${major} (${file}),`,
    words: [file, join(ROOT, 'scripts', 'with-node.mjs'), 'scripts/start.ts'],
  })),
];

for (const { title, words } of BEGINNINGS)
  test.serial(`SIGKILL of ${title} ends the three nodes`, async (t) => {
    t.timeout(150_000);
    const [command, ...args] = words as [string, ...string[]];
    const { child, printed } = await printing(t, command, args, /Ctrl-C here stops the cluster/);
    const addresses = [...new Set([...printed().matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url))];
    t.is(addresses.length, 3, printed());
    child.kill('SIGKILL');
    for (const address of addresses) await untilSilent(address);
  });

test.serial('SIGKILL of the script that started nodes ends them', async (t) => {
  const env = { ...process.env, ...TIED_TO_INPUT };
  const { child, printed } = await printing(t, process.execPath, [COMMAND, ...DEV], READY, env);
  child.stdin!.destroy();
  t.is((await ended(child)).code, 0, printed());
});

test.serial('a node that writes to no terminal goes on when a terminal closes', async (t) => {
  const { child, printed } = await printing(t, process.execPath, [COMMAND, ...DEV], READY);
  const url = READY.exec(printed())![1]!;
  child.kill('SIGHUP');
  // What was sent before it arrives before it.
  child.stdin!.destroy();
  t.true(await answers(url));
  child.kill('SIGHUP');
  t.true(await answers(url));
  t.is(child.exitCode, null, printed());
  child.kill('SIGTERM');
  t.is((await ended(child)).code, 0, printed());
});

const SCRIPTS = [
  'scripts/start.ts',
  'scripts/demo.ts',
  'scripts/chaos.ts',
  'scripts/sim.ts',
  'scripts/bench/main.ts',
  'scripts/test.ts',
  'scripts/verify.ts',
  'integration/network.ts',
];

for (const script of SCRIPTS)
  test(`${script} has help, and does nothing when it does not understand`, (t) => {
    const run = (...words: string[]) =>
      spawnSync(process.execPath, [script, ...words], { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
    const help = run('--help');
    t.is(help.status, 0, help.stderr);
    t.regex(help.stdout, /^Usage\n {2}npm /m);
    t.is(help.stderr, '');
    for (const strange of [['--nope'], ['nope']]) {
      const { status, stdout, stderr } = run(...strange);
      t.is(status, 64, stderr);
      t.is(stdout, '');
      t.regex(stderr, /nope.*\n\n.*\n\nUsage\n {2}npm /);
    }
  });

test('no home directory is needed, and an unusable one does no harm', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-home-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { HOME: _, ...homeless } = process.env;
  for (const env of [
    homeless,
    { ...homeless, HOME: '' },
    { ...homeless, HOME: join(folder, 'absent', 'home') },
    // Where no directory can be made, not even by root.
    { ...homeless, HOME: '/proc/seq-node' },
    { ...homeless, HOME: '/proc' },
  ]) {
    for (const [command, input] of [
      ['version', ''],
      ['repl', '1 2 i.+\n'],
    ] as const) {
      const options = { env, input, encoding: 'utf8', timeout: 60_000 } as const;
      const { status, stderr } = spawnSync(process.execPath, [COMMAND, command], options);
      t.is(status, 0, `${command} with HOME ${env.HOME}: ${stderr}`);
      t.is(stderr, '');
    }
  }
});
