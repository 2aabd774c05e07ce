// The commands that talk to a node, against a gateway on a real socket with a node in memory behind it.
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { moduleHash } from '../base/ids.ts';
import { type Fixture, startGateway } from '../gateway/http.test-support.ts';
import { loadModule } from '../runtime/behaviour.ts';
import { type Ran, run } from './cli.test-support.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

async function setUp(t: ExecutionContext) {
  const fixture = await startGateway(t);
  return { ...fixture, cli: (...words: string[]) => run(words, { SEQ_NODE_URL: fixture.gateway.url }) };
}

function refused(t: ExecutionContext, ran: Ran, code: string, exit: number, ...parts: string[]) {
  t.is(ran.stdout, '');
  t.is(ran.code, exit, ran.stderr);
  t.true(ran.stderr.includes(`seq-node: error[${code}]: `), ran.stderr);
  t.regex(ran.stderr, /\n {2}next: [A-Z].*\.\n$/);
  for (const part of parts) t.true(ran.stderr.includes(part), `${ran.stderr} should say ${part}`);
}

test('send and ask take a message as words, as one word, and as JSON', async (t) => {
  const { cli, node } = await setUp(t);
  t.deepEqual(await cli('send', '/user/a', 'Deposit', '100'), {
    code: 0,
    stdout: 'acknowledged single-fsync sequence 2\n',
    stderr: '',
  });
  t.is((await cli('ask', '/user/a', '(Withdraw 30)')).stdout, '70\n');
  t.is((await cli('ask', '/user/a', 'Withdraw', '-30')).stdout, '100\n');
  t.is((await cli('ask', '/user/a', '--json-message', '{"Echo": ["x"]}')).stdout, '"x"\n');
  t.is((await cli('ask', '/user/a', 'Echo', '"two words"')).stdout, '"two words"\n');
  t.is((await cli('ask', '/user/a', 'Echo [1 2.0 :s {"k" true}]')).stdout, '[1 2.0 :s {"k" true}]\n');
  const json = await cli('ask', '/user/a', 'Balance', '--json');
  t.deepEqual(JSON.parse(json.stdout), { response: 100, mode: 'single-fsync', sequence: 8 });
  t.is(node.calls[0], 'send /user/a (Deposit 100)');
});

test('a slip in the message is told without asking a node', async (t) => {
  refused(t, await run(['send', '/user/a', '(Deposit']), 'bad-notation', 65);
  refused(t, await run(['send', '/user/a']), 'bad-usage', 64, 'MESSAGE');
  refused(t, await run(['send', 'user/a', 'X']), 'bad-path', 64);
  refused(t, await run(['send', '/user/../a', 'X']), 'bad-path', 64);
  refused(t, await run(['ask', '/user/a', '--json-message', '{']), 'bad-usage', 64);
  refused(t, await run(['ask', '/user/a', '--json-message', 'null']), 'bad-message', 65);
  refused(t, await run(['ask', '/user/a', 'X', '--json-message', '{}']), 'bad-usage', 64);
  refused(
    t,
    await run(['ask', '/user/a', 'X', '--node', 'http://a/b']),
    'bad-usage',
    64,
    'not the URL of a node',
  );
});

test('a refusal of the node decides the exit status and says what to do', async (t) => {
  const { cli, node } = await setUp(t);
  refused(t, await cli('ask', '/user/nobody', 'Balance'), 'no-such-actor', 65, 'next: Create it');
  refused(t, await cli('ask', '/user/a', 'Nothing'), 'bad-message', 65, 'accepts: (Deposit Int)');
  refused(t, await cli('inspect', '/user/nobody'), 'no-such-actor', 65);
  node.failures.push({ error: new SeqNodeError('disk-full'), applied: false });
  refused(t, await cli('send', '/user/a', 'Balance'), 'disk-full', 69);
  node.failures.push({ error: new Error('a secret'), applied: false });
  const internal = await cli('send', '/user/a', 'Balance');
  refused(t, internal, 'internal', 70);
  t.false(internal.stderr.includes('secret'));
});

test('what passes is tried again with the same id, and takes effect once', async (t) => {
  const { cli, node } = await setUp(t);
  for (const code of ['no-quorum', 'overloaded', 'outcome-unknown'] as const)
    node.failures.push({ error: new SeqNodeError(code), applied: false });
  node.failures.push({ error: new SeqNodeError('outcome-unknown'), applied: true });
  t.is((await cli('ask', '/user/a', 'Deposit', '5')).stdout, '5\n');
  t.is(node.calls.length, 5);
  t.is((await cli('ask', '/user/a', 'Balance')).stdout, '5\n');
  t.is((await cli('ask', '/user/a', 'Deposit', '5', '--id', 'x')).stdout, '10\n');
  t.is((await cli('ask', '/user/a', 'Deposit', '5', '--id', 'x')).stdout, '10\n');
  const repeated = await cli('ask', '/user/a', 'Deposit', '5', '--id', 'x', '--json');
  t.like(JSON.parse(repeated.stdout), { response: 10, replayed: true });
  await cli('send', '/user/a', 'Withdraw', '1', '--id', 'y');
  t.regex((await cli('send', '/user/a', 'Withdraw', '1', '--id', 'y')).stdout, /sequence \d+, replayed\n$/);
  await cli('send', '/user/a', 'Deposit', '1');
  const twice = await cli('send', '/user/a', '--json-message', '{"Deposit": [1], "Deposit": [2]}');
  refused(t, twice, 'bad-usage', 64, '$.Deposit');
  refused(t, await cli('send', '/user/a', 'Deposit', '2', '--id', 'x'), 'id-reused', 65);
});

test('when the time is up, an unknown outcome names the id to repeat it with', async (t) => {
  const { cli, node } = await setUp(t);
  const unknown = () => ({ error: new SeqNodeError('outcome-unknown', 'Nobody knows.'), applied: false });
  for (let times = 0; times < 100; times++) node.failures.push(unknown());
  const ran = await cli('send', '/user/a', 'Deposit', '5', '--timeout', '300ms', '--id', 'pay-7');
  refused(t, ran, 'outcome-unknown', 75, '--id pay-7');
});

test('a node that is away is waited for, another one is tried, and in the end it is said', async (t) => {
  const { gateway } = await setUp(t);
  const away = 'http://127.0.0.1:1';
  const ask = ['ask', '/user/a', 'Balance', '--node'];
  refused(t, await run([...ask, away, '--timeout', '300ms']), 'unreachable', 69, 'ECONNREFUSED');
  t.is((await run([...ask, `${away},${gateway.url}`])).stdout, '0\n');
  t.is((await run(['members', '--node', away, '--node', gateway.url])).code, 0);
  refused(t, await run(['members', '--node', away]), 'unreachable', 69);
});

test('a connection that breaks after the request leaves the outcome unknown', async (t) => {
  const server = createServer((socket) => socket.once('data', () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const node = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const ran = await run(['send', '/user/a', 'Balance', '--timeout', '200ms', '--node', node]);
  refused(t, ran, 'outcome-unknown', 75, 'Repeat it with --id ');
});

test('what answers and is no node is said', async (t) => {
  const server = createServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const node = `127.0.0.1:${(server.address() as { port: number }).port}`;
  refused(t, await run(['members', '--node', node]), 'unreachable', 69, 'is not a seq-node');
});

test('a read that a node refused before it went away ends with the refusal', async (t) => {
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(503, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ error: { code: 'no-quorum', message: 'no majority' } }));
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const node = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const inspected = await run(['inspect', '/user/a', '--node', node, '--timeout', '60s']);
  refused(t, inspected, 'no-quorum', 69);
  t.is(asked.length, 1);
  for (const url of asked)
    t.regex(url, /^\/v1\/actors\/user\/a\?timeoutMs=\d+$/, 'the node is told how long to try');
});

test('deploy and spawn read a program with its includes', async (t) => {
  const { cli, node } = await setUp(t);
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-cli-'));
  const program = 'include "part"\n: purse ( Map Variant -- Map ) drop ;\n';
  writeFileSync(join(folder, 'main.seq'), program);
  writeFileSync(join(folder, 'part.seq'), ': part ( -- ) ;\n');
  const bundles: unknown[] = [];
  const deploy = node.deploy.bind(node);
  node.deploy = (bundle) => {
    bundles.push(bundle);
    return deploy(bundle);
  };
  const deployed = await cli('deploy', join(folder, 'main.seq'));
  t.regex(deployed.stdout, /^[0-9a-f]{64}\n$/);
  t.deepEqual(bundles, [
    {
      entry: 'main.seq',
      files: { 'main.seq': program, 'part.seq': ': part ( -- ) ;\n' },
    },
  ]);
  const spawned = await cli('spawn', '/user/p', '--file', join(folder, 'main.seq'));
  t.is(spawned.stdout, 'spawned /user/p single-fsync sequence 1\n');
  t.is((await cli('spawn', '/user/q', '--word', 'purse')).code, 0);
  refused(t, await cli('spawn', '/user/q', '--word', 'purse'), 'actor-exists', 65);
  refused(t, await cli('spawn', '/user/r'), 'bad-usage', 64, '--word');
  refused(t, await cli('spawn', '/user/r', '--word', 'purze'), 'no-such-module', 65, '"purze"');
  refused(t, await cli('deploy', join(folder, 'absent.seq')), 'unreadable-file', 64, 'no file');
  writeFileSync(join(folder, 'latin.seq'), Buffer.from(': main ( -- ) "\xe9" drop ;', 'latin1'));
  refused(t, await cli('deploy', join(folder, 'latin.seq')), 'unreadable-file', 64, 'is not UTF-8');
  writeFileSync(join(folder, 'bad.seq'), 'syntax error');
  refused(t, await cli('deploy', join(folder, 'bad.seq')), 'bad-program', 65, 'unknown word "syntax"');
});

test('a diagnostic of a node is printed once', async (t) => {
  const { cli, node } = await setUp(t);
  node.deploy = async (bundle) => {
    loadModule(moduleHash(''), bundle);
    throw new Error('the program is wrong');
  };
  const file = join(mkdtempSync(join(tmpdir(), 'seq-node-cli-')), 'bad.seq');
  writeFileSync(file, ': main ( -- ) nonsense ;\n');
  for (const words of [
    ['deploy', file],
    ['spawn', '/user/p', '--file', file],
  ]) {
    const ran = await cli(...words);
    refused(t, ran, 'bad-program', 65, '  bad.seq:1:15: error: There is no word nonsense.');
    t.is(ran.stderr.split('no word nonsense').length, 2, ran.stderr);
  }
});

test('spawn --file deploys nothing that has no behaviour to spawn', async (t) => {
  const { cli, node } = await setUp(t);
  const before = (await node.modules()).length;
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-cli-'));
  const [none, two] = [join(folder, 'none.seq'), join(folder, 'two.seq')];
  writeFileSync(none, ': main ( -- ) ;\n');
  writeFileSync(two, ': a ( Map Variant -- Map ) drop ;\n: b ( Map Variant -- Map ) drop ;\n');
  refused(t, await cli('spawn', '/user/p', '--file', none), 'bad-program', 65, 'no behaviour');
  refused(
    t,
    await cli('spawn', '/user/p', '--file', none, '--word', 'main'),
    'bad-program',
    65,
    'none.seq:1:3: main is ( -- ), which is no behaviour: a behaviour takes the state, a Map,',
  );
  const union = join(folder, 'union.seq');
  writeFileSync(
    union,
    'union S { Total { n: Int } }\nunion M { Add { n: Int } }\n: counter ( S M -- S ) drop ;\n',
  );
  const near = await cli('spawn', '/user/p', '--file', union);
  refused(t, near, 'bad-program', 65, 'union.seq:3:3: counter is ( S M -- S ), and a behaviour takes');
  refused(
    t,
    await cli('spawn', '/user/p', '--file', none, '--word', 'absent'),
    'bad-program',
    65,
    'named absent',
  );
  refused(t, await cli('spawn', '/user/p', '--file', two), 'bad-usage', 64, 'a, b');
  refused(t, await cli('spawn', '/user/p', '--file', two, '--word', 'c'), 'bad-program', 65, 'a, b');
  t.is((await node.modules()).length, before);
  t.is((await cli('spawn', '/user/p', '--file', two, '--word', 'b')).code, 0);
});

test('what is there is shown: actors, inspect, status, members, token, stop', async (t) => {
  const { cli, node } = await setUp(t);
  const actors = await cli('actors');
  t.is(
    actors.stdout,
    'PATH     SEQUENCE  LIFECYCLE  SINCE                     SHARD  NODE\n' +
      '/user/a  1         running    2023-11-14T22:13:20.000Z  1      memory\n',
  );
  t.deepEqual(JSON.parse((await cli('actors', '/user', '--json')).stdout).actors.length, 1);
  const inspected = await cli('inspect', '/user/a');
  t.true(inspected.stdout.includes('state       {"balance" 0}\n'));
  t.true(inspected.stdout.includes('timers      7\n'));
  t.regex(inspected.stdout, /^ {12}at 2023-\S+ to \/user\/a, every 500 ms \(a-b-1\)\n {12}and 6 more$/m);
  t.like(JSON.parse((await cli('inspect', '/user/a', '--json')).stdout), {
    lifecycle: 'running',
    timers: { count: 7, more: false },
  });
  const shown = (await cli('status')).stdout;
  t.regex(shown, /^shards +2 of 2 have a leader$/m);
  t.regex(shown, /^replicas +2 of 2 up to date$/m);
  t.is(JSON.parse((await cli('status', '--json')).stdout).alive, 1);
  t.deepEqual(await cli('status', '--ready'), { code: 0, stdout: 'ready\n', stderr: '' });
  node.ready = false;
  t.is((await cli('status', '--ready')).code, 69);
  t.true((await cli('members')).stdout.startsWith('NAME'));
  const token = await cli('token', '--valid', '10m');
  t.is(token.stdout, 'memory-token-600000\n');
  t.true(token.stderr.includes('2030'));
  t.is((await cli('stop', '/user/a')).code, 0);
  refused(t, await cli('ask', '/user/a', 'Balance'), 'actor-stopped', 65, 'seq-node resume');
});

test('what an actor does is shown, with what it waits for', async (t) => {
  const { cli } = await setUp(t);
  t.is((await cli('send', '/user/a', 'Deposit', '5')).code, 0);
  const lines = (await cli('why', '/user/a')).stdout.trimEnd().split('\n');
  t.regex(lines[0]!, /^\/user\/a {2}waits for the answer of \/user\/asked since \d{4}-/);
  t.is(lines[1], '/user/asked  no-such-actor: No actor lives at /user/asked.');
  t.true(lines.some((line) => /^mailbox +2, and room is awaited by \/user\/b, \/user\/c$/.test(line)));
  t.true(lines.some((line) => /^stashed +2$/.test(line)));
  t.true(lines.some((line) => /^timers +1$/.test(line)));
  t.true(lines.some((line) => /^ +at \d{4}-.* to \/user\/a \(a-b-1\)$/.test(line)));
  t.true(lines.some((line) => /^outbox +1 to \/user\/asked, whose mailbox is full$/.test(line)));
  t.regex(lines.at(-1)!, /^#\d+ .*turn/);
  t.is((await cli('send', '/user/a', 'Echo', `"${'x'.repeat(5000)}"`)).code, 0);
  const last = (await cli('why', '/user/a')).stdout.trimEnd().split('\n').at(-1)!;
  t.regex(last, /^#\d+ .*turn.*x…$/, 'long ones are cut');
  t.true(last.length < 400);
  t.true((await cli('journal', 'show', '/user/a')).stdout.includes('x'.repeat(5000)));
  const { chain, records } = JSON.parse((await cli('why', '/user/a', '--json')).stdout);
  t.is(chain.length, 2);
  t.true(records.length > 0);
  refused(t, await cli('why', '/user/nobody'), 'no-such-actor', 65, 'No actor');
});

test('dead letters are listed, shown, replayed and dropped', async (t) => {
  const { cli, node } = await setUp(t);
  const letter = (id: string) => ({
    id,
    atMillis: 0,
    sender: '/user/a' as never,
    receiver: '/user/b' as never,
    code: 'no-such-actor' as const,
    reason: 'No actor lives at /user/b.',
    kind: 'message',
    message: 5,
  });
  node.deadLetterViews.push(letter('1-1'), letter('3-17'));
  t.deepEqual((await cli('dead-letters')).stdout.trimEnd().split('\n'), [
    'ID    TIME                      FROM     TO       KIND     REFUSED',
    '1-1   1970-01-01T00:00:00.000Z  /user/a  /user/b  message  no-such-actor',
    '3-17  1970-01-01T00:00:00.000Z  /user/a  /user/b  message  no-such-actor',
  ]);
  const { letters, next } = JSON.parse((await cli('dead-letters', '--after', '1-1', '--json')).stdout);
  t.deepEqual([letters, next], [[letter('3-17')], null]);
  t.deepEqual((await cli('dead-letters', 'show', '3-17')).stdout.trimEnd().split('\n'), [
    'refused  1970-01-01T00:00:00.000Z, no-such-actor: No actor lives at /user/b.',
    'from     /user/a',
    'to       /user/b',
    'message  5',
  ]);
  t.is((await cli('dead-letters', 'replay', '3-17')).stdout, 'replayed 3-17\n');
  t.is((await cli('dead-letters', 'replay', '3-17')).stdout, '3-17 was gone already\n');
  t.is((await cli('dead-letters', 'drop', '1-1')).stdout, 'dropped 1-1\n');
  refused(t, await cli('dead-letters', 'show', '1-1'), 'no-such-dead-letter', 65, 'seq-node dead-letters');
});

test('timers of an actor are listed and cancelled', async (t) => {
  const { cli, node } = await setUp(t);
  const every = { periodMs: 100, missed: 'once' } as const;
  const timer = { id: 'a-b-2', dueMillis: 0, to: '/user/a' as never, message: 5, every };
  node.timerViews.push({ ...timer, id: 'a-b-1', every: null }, timer);
  t.deepEqual((await cli('timers', '/user/a')).stdout.trimEnd().split('\n'), [
    'ID     DUE                       EVERY   TO       MESSAGE',
    'a-b-1  1970-01-01T00:00:00.000Z  once    /user/a  5',
    'a-b-2  1970-01-01T00:00:00.000Z  100 ms  /user/a  5',
  ]);
  const { timers, next } = JSON.parse((await cli('timers', '/user/a', '--after', 'a-b-1', '--json')).stdout);
  t.deepEqual([timers, next], [[timer], null]);
  t.is((await cli('timers', 'cancel', '/user/a', 'a-b-1')).stdout, 'cancelled a-b-1\n');
  t.is((await cli('timers', 'cancel', '/user/a', 'a-b-1')).stdout, 'a-b-1 was gone already\n');
});

test('an actor that is stopped is resumed, or begins anew when that is said', async (t) => {
  const { cli } = await setUp(t);
  t.is((await cli('send', '/user/a', 'Deposit', '5')).code, 0);
  t.is((await cli('stop', '/user/a')).code, 0);
  refused(t, await cli('spawn', '/user/a', '--word', 'account'), 'actor-ended', 65, 'resume', '--new-life');
  t.is((await cli('resume', '/user/a')).stdout, 'resumed /user/a single-fsync sequence 4\n');
  t.is((await cli('resume', '/user/a')).stdout, '/user/a is running already, sequence 4\n');
  t.is(JSON.parse((await cli('resume', '/user/a', '--json')).stdout).resumed, false);
  t.is((await cli('ask', '/user/a', 'Balance')).stdout, '5\n');
  refused(t, await cli('resume', '/user/nobody'), 'no-such-actor', 65);
  t.is((await cli('stop', '/user/a')).code, 0);
  t.is((await cli('spawn', '/user/a', '--word', 'account', '--new-life')).code, 0);
  t.is((await cli('ask', '/user/a', 'Balance')).stdout, '0\n');
});

test('an actor is suspended, upgraded and purged, each with what comes next', async (t) => {
  const { cli, node } = await setUp(t);
  const { hash } = (await node.modules())[0]!;
  t.is((await cli('suspend', '/user/a')).stdout, 'suspended /user/a single-fsync sequence 2\n');
  t.is((await cli('suspend', '/user/a')).stdout, '/user/a is suspended already, sequence 2\n');
  refused(t, await cli('ask', '/user/a', 'Balance'), 'actor-suspended', 69, 'seq-node resume');
  const same = await cli('upgrade', '/user/a', '--module', hash, '--migrate', 'm');
  t.is(same.stdout, '/user/a runs that code already, sequence 2\n');
  t.regex(same.stderr, /\/user\/a is suspended; let it go on with seq-node resume \/user\/a/);
  t.is((await cli('upgrade', '/user/a', '--module', hash, '--resume')).stderr, '');
  t.like(JSON.parse((await cli('upgrade', '/user/a', '--module', hash, '--json')).stdout), {
    upgraded: false,
  });
  refused(t, await cli('upgrade', '/user/a'), 'bad-usage', 64, '--file or --module');
  refused(t, await cli('upgrade', '--module', hash), 'bad-usage', 64, 'PATH or --prefix');
  refused(t, await cli('upgrade', '/user/a', '--module', hash, '--prefix', '/'), 'bad-usage', 64);
  refused(t, await cli('upgrade', '/user/a', '--module', 'ab'.repeat(32)), 'no-such-module', 65);
  t.is((await cli('upgrade', '--prefix', '/user/', '--module', hash)).stdout, 'upgraded 0, unchanged 1\n');
  refused(t, await cli('purge', '/user/a', '--yes'), 'not-ended', 65, 'seq-node stop');
  await cli('stop', '/user/a');
  t.is((await cli('purge', '/user/a', '--yes')).stdout, 'purged /user/a, 3 records of its journal\n');
  refused(t, await cli('purge', '/user/a', '--yes'), 'no-such-actor', 65);
});

test('actors whose names are those of endpoints are reached', async (t) => {
  const { cli, node } = await setUp(t);
  const { hash } = (await node.modules())[0]!;
  for (const name of ['ask', 'messages', 'suspend', 'resume', 'upgrade', 'purge', 'journal']) {
    await node.spawn(`/user/${name}`, { module: hash, word: 'account' });
    t.is((await cli('inspect', `/user/${name}`)).code, 0, name);
    t.is((await cli('resume', `/user/${name}`)).code, 0, name);
  }
});

test('long lists are fetched page by page', async (t) => {
  const { cli, node } = await setUp(t);
  const { hash } = (await node.modules())[0]!;
  for (let number = 0; number < 30; number++)
    await node.spawn(`/user/z${String(number).padStart(2, '0')}`, { module: hash, word: 'account' });
  const some = await cli('actors', '/user/z', '--limit', '7', '--json');
  t.is(JSON.parse(some.stdout).actors.length, 7);
  t.true(some.stderr.includes('--after /user/z06'));
  const rest = await cli('actors', '/user/z', '--after', '/user/z06', '--json');
  t.is(JSON.parse(rest.stdout).actors.length, 23);
});

test('the token goes with every request', async (t) => {
  const token = 'correct-horse-battery';
  const { gateway } = await startGateway(t, { token });
  const at = ['--node', gateway.url];
  refused(t, await run(['members', ...at]), 'unauthorized', 64, '--token or SEQ_NODE_TOKEN');
  refused(t, await run(['members', ...at, '--token', 'wrong']), 'unauthorized', 64);
  t.is((await run(['members', ...at, '--token', token])).code, 0);
  t.is((await run(['members', ...at], { SEQ_NODE_TOKEN: token })).code, 0);
});

test('text from a node cannot drive the terminal', async (t) => {
  const { cli, node } = await setUp(t);
  node.failures.push({ error: new SeqNodeError('disk-full', 'evil \u001b[2J\u009b text'), applied: false });
  const ran = await cli('send', '/user/a', 'Balance');
  t.false(/[\u001b\u009b]/.test(ran.stderr));
  t.true(ran.stderr.includes('\\u001b[2J'));
});

/** The command in a process of its own. */
function spawned(fixture: Fixture, words: readonly string[], env: Record<string, string> = {}) {
  return spawn(process.execPath, [MAIN, ...words], {
    env: { ...process.env, SEQ_NODE_URL: fixture.gateway.url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('in a process of its own: exit status, streams, and a reader that goes away', async (t) => {
  const fixture = await startGateway(t);
  const { hash } = (await fixture.node.modules())[0]!;
  for (let number = 0; number < 2000; number++)
    await fixture.node.spawn(`/user/many/a-rather-long-name-${number}`, { module: hash, word: 'account' });
  const child = spawned(fixture, ['actors', '--limit', '5000', '--json']);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.once('close', resolve));
  t.deepEqual([code, stderr], [0, '']);
  const refusedOne = spawned(fixture, ['ask', '/user/nobody', 'Balance']);
  t.is(await new Promise((resolve) => refusedOne.once('close', resolve)), 65);
});

test('members remove waits until the node has left, by its id from the first answer on', async (t) => {
  const { cli, node } = await setUp(t);
  t.deepEqual(await cli('members', 'remove', 'other'), {
    code: 0,
    stdout: 'other has left the cluster and may be switched off\n',
    stderr: '',
  });
  t.deepEqual(node.calls, ['remove other', 'remove 12D3KooWOther']);
  t.is((await cli('members', 'remove', 'other')).code, 0, 'removing twice is harmless');
});

test('members remove --no-wait begins, and members keep takes it back', async (t) => {
  const { cli, node } = await setUp(t);
  const begun = await cli('members', 'remove', 'other', '--no-wait');
  t.is(begun.stdout, 'other is leaving\n');
  t.true(begun.stderr.includes('must not be switched off'));
  t.is((await cli('members', 'keep', 'other')).stdout, 'other stays\n');
  const json = await cli('members', 'remove', 'other', '--no-wait', '--json');
  t.like(JSON.parse(json.stdout), { name: 'other', state: 'leaving', waiting: [2] });
  t.deepEqual(node.calls, ['remove other', 'keep other', 'remove other']);
});

test('members remove says so when it is refused, or takes too long', async (t) => {
  const { cli } = await setUp(t);
  refused(t, await cli('members', 'remove', 'unknown'), 'no-such-member', 65);
  refused(t, await cli('members', 'remove', 'memory'), 'last-member', 65);
  refused(t, await cli('members', 'remove', 'slow', '--wait', '1ms'), 'still-leaving', 75, '1 shard may');
  const lonely = await cli('members', 'remove', 'lonely', '--wait', '1ms');
  refused(t, lonely, 'still-leaving', 75, 'n3 must learn first who stays');
  refused(t, await cli('members', 'remove', 'x', '--wait', '1s', '--no-wait'), 'bad-usage', 64);
  refused(t, await cli('members', 'remove'), 'bad-usage', 64);
  t.true((await cli('members', 'remove', '--help')).stdout.includes('--no-wait'));
  t.true((await cli('members', '--help')).stdout.includes('List the nodes'));
});

test('what to do next names the actor of the command', async (t) => {
  const { cli } = await setUp(t);
  await cli('stop', '/user/a');
  refused(
    t,
    await cli('spawn', '/user/a', '--word', 'account'),
    'actor-ended',
    65,
    'seq-node resume /user/a, after seq-node upgrade /user/a --file FILE ',
    'seq-node spawn /user/a --new-life.',
  );
  refused(t, await cli('ask', 'till', 'Balance'), 'no-such-actor', 65, 'seq-node spawn till, or');
});

test('a word of several modules is told with the hashes to choose from', async (t) => {
  const { cli, node } = await setUp(t);
  const hashes: string[] = [];
  for (const text of [': adder ( Map M -- Map ) ;', ': adder ( Map M -- Map ) drop ;'])
    hashes.push((await node.deploy({ entry: 'm.seq', files: { 'm.seq': text } })).hash.slice(0, 12));
  const ran = await cli('spawn', '/user/many', '--word', 'adder');
  refused(t, ran, 'bad-request', 64, '2 deployed modules', `Choose one with --module: ${hashes.join(', ')}.`);
  t.is((await cli('spawn', '/user/many', '--word', 'adder', '--module', hashes[1]!)).code, 0);
});

test('an upgrade of what runs the code already says so, and whether it was to go on', async (t) => {
  const { cli } = await setUp(t);
  const { stdout } = await cli('inspect', '/user/a', '--json');
  const { module } = JSON.parse(stdout).code;
  t.regex((await cli('upgrade', '/user/a', '--module', module)).stdout, /runs that code already, sequence/);
  t.regex(
    (await cli('upgrade', '/user/a', '--module', module, '--resume')).stdout,
    /^\/user\/a is running, with that code already, sequence/,
  );
});

test('the help of the session says where its actors live', async (t) => {
  const help = (await run(['repl', '--help'])).stdout.replaceAll(/\s+/g, ' ');
  t.true(
    help.includes('--node URL A node where actors live. Default: SEQ_NODE_URL, else one of the session,'),
  );
  t.false(help.includes('127.0.0.1:7480. --token'));
});
