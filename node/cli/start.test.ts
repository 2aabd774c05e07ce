// Real nodes in processes of their own, driven by nothing but the command line.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from './cli.test-support.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const PROGRAM = join(import.meta.dirname, '..', '..', 'examples', 'accounts.seq');

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly p2p: string;
  stderr(): string;
  /** Sends a signal; resolves to the exit status, or the name of the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string | null>;
  readonly ended: Promise<number | string | null>;
}

function temporary(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-start-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function launch(t: ExecutionContext, words: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, 'start', ...words], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  return { child, ended, stderr: () => stderr };
}

/** A node that has said that it is ready. */
async function start(
  t: ExecutionContext,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<Started> {
  const free = ['--p2p', '127.0.0.1:0', '--http', '127.0.0.1:0', '--json', '--set', 'cluster.shards=2'];
  const { child, ended, stderr } = launch(t, [...free, ...words], env);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').once('data', resolve);
    void ended.then((code) => reject(new Error(`start ended with ${code}:\n${stderr()}`)));
  });
  const { url, p2p } = JSON.parse(line) as { readonly url: string; readonly p2p: readonly string[] };
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return { child, url, p2p: p2p[0]!, stderr, end, ended };
}

test('a node is made, used, stopped, looked into and started again', async (t) => {
  const data = join(temporary(t), 'n1');
  const first = await start(t, ['--create', '--data', data, '--name', 'n1']);
  const at = { SEQ_NODE_URL: first.url };
  t.is((await run(['status', '--ready'], at)).code, 0);
  t.is((await run(['spawn', '/user/accounts/alice', '--file', PROGRAM], at)).code, 0);
  const sent = await run(['send', '/user/accounts/alice', 'Deposit', '100', '--timeout', '1m'], at);
  t.true(sent.stdout.startsWith('acknowledged single-fsync'), sent.stderr);
  t.is((await run(['ask', '/user/accounts/alice', 'Balance'], at)).stdout, '(Balanced 100)\n');
  const wrong = await run(['ask', '/user/accounts/alice', 'Deposit', '"x"'], at);
  t.is(wrong.code, 65);
  t.true(wrong.stderr.includes('accepts: (Deposit Int)'));
  for (const words of [['send', '/user/accounts/alice', 'Balance'], ['status']]) {
    const strayed = await run([...words, '--node', first.p2p]);
    t.is(strayed.code, 69, strayed.stderr);
    t.regex(strayed.stderr, /error\[unreachable\]: \S+ is an address for other nodes/);
  }
  const shown = await run(['journal', 'show', '/user/accounts/alice'], at);
  t.true(shown.stdout.includes('(Deposit 100)'));

  const { token } = JSON.parse((await run(['token', '--valid', '1s', '--json'], at)).stdout);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const ports = ['--p2p', '127.0.0.1:0', '--http', '127.0.0.1:0', '--data', join(data, 'late')];
  const late = launch(t, ['--join', first.p2p, '--token', token, ...ports]);
  t.is(await late.ended, 78);
  t.regex(late.stderr(), /error\[token-refused\]: .*it has expired/);

  const second = launch(t, ['--data', data]);
  t.is(await second.ended, 78);
  t.true(second.stderr().includes('error[data-in-use]'));
  t.is(await first.end('SIGTERM'), 0, first.stderr());

  t.is((await run(['journal', 'verify', '--data', data])).code, 0);
  const dump = await run(['journal', 'dump', '/user/accounts/alice', '--data', data, '--json']);
  const records = dump.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    records.map(({ sequence, kind }) => `${sequence} ${kind}`),
    ['1 spawned', '2 turn'],
  );
  t.deepEqual(records[1].message, { Deposit: [100] });
  t.true((await run(['journal', 'dump', '--data', data])).stdout.includes('/user/accounts/alice'));
  t.is((await run(['journal', 'dump', '/user/nobody', '--data', data])).code, 65);

  // --create stays on the command line and changes nothing.
  const again = await start(t, ['--create', '--data', data]);
  const unfit = await run(['ask', '/user/accounts/alice', 'Deposit', '"x"', '--node', again.url]);
  t.true(unfit.stderr.includes('accepts: (Deposit Int)'), 'also before it has run here');
  t.is(
    (await run(['ask', '/user/accounts/alice', 'Balance', '--node', again.url])).stdout,
    '(Balanced 100)\n',
  );
  t.is(await again.end('SIGKILL'), 'SIGKILL');
  t.is((await run(['journal', 'verify', '--data', data])).code, 0);
});

test('tokens as files let a second node join without a person', async (t) => {
  const folder = temporary(t);
  const tokens = join(folder, 'tokens');
  const secret = { SEQ_NODE_HTTP__TOKEN: 'a-token-for-this-test' };
  const issue = ['--issue-tokens', '2', '--tokens-dir', tokens];
  const n1 = await start(t, ['--create', '--data', join(folder, 'n1'), '--name', 'n1', ...issue], secret);
  t.deepEqual(readdirSync(tokens).sort(), ['token-1', 'token-2']);
  const join2 = ['--join', n1.p2p, '--token-file', join(tokens, 'token-1')];
  const n2 = await start(t, [...join2, '--data', join(folder, 'n2'), '--name', 'n2'], secret);
  t.is((await run(['members', '--node', n2.url])).code, 64);
  const names = async (): Promise<string[]> => {
    const asked = ['members', '--node', n2.url, '--token', secret.SEQ_NODE_HTTP__TOKEN, '--json'];
    const { members } = JSON.parse((await run(asked)).stdout) as {
      readonly members: readonly { name: string }[];
    };
    return members.map(({ name }) => name).sort();
  };
  // The registry reaches a new member a moment after it was admitted.
  while ((await names()).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  t.deepEqual(await names(), ['n1', 'n2']);

  const used = launch(t, [
    '--p2p',
    '127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
    ...join2,
    '--data',
    join(folder, 'n3'),
  ]);
  t.is(await used.ended, 78, used.stderr());
  t.true(used.stderr().includes('error[token-refused]'));
  t.is(await n2.end('SIGTERM'), 0, n2.stderr());
  const back = await start(t, ['--data', join(folder, 'n2')], secret);
  t.true(back.stderr().includes('node n2 is ready'), 'it has the name that it had');
  t.is(await back.end('SIGTERM'), 0, back.stderr());
  t.is(await n1.end('SIGINT'), 0, n1.stderr());
});

/** A node that cannot go on: the reason, with what to do, is all that it says of itself, and the last. */
async function claimsNothing(
  t: ExecutionContext,
  node: ReturnType<typeof launch>,
  exit: number,
  reason: RegExp,
): Promise<void> {
  let stdout = '';
  node.child.stdout!.on('data', (chunk) => (stdout += chunk));
  t.is(await node.ended, exit, node.stderr());
  t.regex(node.stderr(), reason);
  t.regex(node.stderr(), /^seq-node: error\[[^\n]*\n {2}next: [^\n]*\n$/m);
  t.false(node.stderr().includes('is ready'), node.stderr());
  t.is(stdout, '');
}

test('a node that cannot go on never says that it is ready', async (t) => {
  const folder = temporary(t);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const at = (p2p: number, http: number) => ['--p2p', `127.0.0.1:${p2p}`, '--http', `127.0.0.1:${http}`];
  const fatal = (name: string, words: readonly string[], exit: number, reason: RegExp) =>
    claimsNothing(t, launch(t, ['--data', join(folder, name), ...words]), exit, reason);
  await fatal('a', ['--create', ...at(0, port)], 78, /gateway cannot listen on \S+ \(EADDRINUSE\)/);
  await fatal('b', ['--create', ...at(port, 0)], 78, /node cannot listen on \S+ \(p2p.listen\): EADDRINUSE/);

  const data = join(folder, 'c');
  const node = await start(t, ['--create', '--data', data]);
  t.is(await node.end('SIGTERM'), 0);
  for (const part of ['store', 'log']) {
    const broken = join(folder, `broken-${part}`);
    cpSync(data, broken, { recursive: true });
    for (const file of readdirSync(join(broken, part)))
      if (/MANIFEST|\d/.test(file)) writeFileSync(join(broken, part, file), 'nonsense '.repeat(1000));
    await fatal(`broken-${part}`, at(0, 0), 70, /error\[(journal|log)-damaged\]/);
  }
  const nowhere = { TMPDIR: join(folder, 'absent') };
  await claimsNothing(t, launch(t, ['--dev', ...at(0, 0)], nowhere), 78, /No temporary directory/);
  const tokens = ['--create', '--issue-tokens', '1', '--tokens-dir', '/proc/seq-node'];
  await fatal('d', [...tokens, ...at(0, 0)], 78, /\/proc\/seq-node cannot be/);
  rmSync(join(data, 'cluster.json'));
  await fatal('c', at(0, 0), 78, /error\[not-a-cluster\]/);
});

test('no member is called like another one, when it joins or later', async (t) => {
  const folder = temporary(t);
  const n1 = await start(t, ['--create', '--data', join(folder, 'n1'), '--name', 'n1']);
  const { token } = JSON.parse((await run(['token', '--json'], { SEQ_NODE_URL: n1.url })).stdout);
  const ports = ['--p2p', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const data = ['--data', join(folder, 'n2')];
  const refused = async (name: string, code: string, sentence: RegExp, words: readonly string[] = []) => {
    const node = launch(t, [...ports, ...data, ...words, '--name', name]);
    await claimsNothing(t, node, 78, new RegExp(`error\\[${code}\\]: ${sentence.source}`));
  };
  const joining = ['--join', n1.p2p, '--token', token];
  await refused('x'.repeat(129), 'bad-config', /flag --name: node.name must be a name of 1 to 128/, joining);
  await refused('n1', 'name-taken', /The member \S+ is called n1\./, joining);
  const n2 = await start(t, [...data, ...joining, '--name', 'n2']);
  t.is(await n2.end('SIGTERM'), 0, n2.stderr());
  await refused('n1', 'name-taken', /The member \S+ is called n1\./);
  const other = await start(t, [...data, '--name', 'other']);
  t.is(await other.end('SIGTERM'), 0, other.stderr());
  const back = await start(t, data);
  t.true(back.stderr().includes('node other is ready'), 'it keeps the name that it was given last');
  t.is(await back.end('SIGTERM'), 0, back.stderr());
  t.is(await n1.end('SIGTERM'), 0, n1.stderr());
});

test('what start cannot do is said, with status 64 or 78', async (t) => {
  const folder = temporary(t);
  const data = join(folder, 'data');
  const refused = async (words: readonly string[], code: string, exit: number, ...parts: string[]) => {
    const ran = await run(['start', ...words]);
    t.is(ran.code, exit, ran.stderr);
    for (const part of [`error[${code}]`, ...parts]) t.true(ran.stderr.includes(part), ran.stderr);
  };
  await Promise.all([
    refused(['--data', data], 'not-a-cluster', 78, '--create, --join nor --dev'),
    refused(['--data', data, '--create', '--join', 'a:1', '--token', 'x'], 'bad-usage', 64, 'exclude'),
    refused(['--data', data, '--join', 'a:1'], 'bad-usage', 64, '--token'),
    refused(['--data', data, '--join', 'a', '--token', 'x'], 'bad-usage', 64, 'HOST:PORT'),
    refused(['--data', data, '--token', 'x'], 'bad-usage', 64, '--join'),
    refused(['--data', data, '--create', '--issue-tokens', '2'], 'bad-usage', 64, '--tokens-dir'),
    refused(['--data', data, '--create', '--http', '0.0.0.0:0'], 'bad-config', 78, 'http.listen'),
    refused(['--data', data, '--create', '--set', 'cluster.shard=3'], 'bad-config', 78, 'cluster.shards'),
    refused(['--config', join(folder, 'absent.toml')], 'bad-config', 78, 'ENOENT'),
  ]);
  const absent = ['--join', '127.0.0.1:1', '--token-file', join(folder, 'no'), '--token-wait', '10ms'];
  await refused(['--data', data, ...absent], 'token-refused', 78, 'holds no token');
  t.false(existsSync(data));
});

test('the configuration in force is printed with the source of each value', async (t) => {
  const { code, stdout } = await run(['start', '--dev', '--name', 'x', '--dump-config'], {
    SEQ_NODE_LOG__LEVEL: 'warn',
  });
  t.is(code, 0);
  t.true(stdout.includes('name = "x"  # flag --name'));
  t.true(stdout.includes('listen = "127.0.0.1:0"  # flag --dev'));
  t.true(stdout.includes('level = "warn"  # environment SEQ_NODE_LOG__LEVEL'));
});

test('a development node says so and leaves nothing behind', async (t) => {
  const temp = temporary(t);
  const node = await start(t, ['--dev'], { TMPDIR: temp });
  t.is(readdirSync(temp).length, 1);
  t.true(node.stderr().includes('not for production'));
  t.is(await node.end('SIGINT'), 0, node.stderr());
  t.deepEqual(readdirSync(temp), []);
});
