// The commands about queues, against a gateway on a real socket with queues in memory behind it.
import test, { type ExecutionContext } from 'ava';
import { startGateway } from '../gateway/http.test-support.ts';
import type { MemoryQueues } from '../gateway/memory-queues.test-support.ts';
import { run } from './cli.test-support.ts';

async function setUp(t: ExecutionContext) {
  const { node, gateway } = await startGateway(t);
  const env = { SEQ_NODE_URL: gateway.url, PATH: process.env.PATH ?? '' };
  return {
    queues: node.queues as MemoryQueues,
    cli: (...words: string[]) => run(words, env),
  };
}

const NODE = process.execPath;

test('a task is taken, renewed and completed by its token', async (t) => {
  const { queues, cli } = await setUp(t);
  queues.add('emails', 'hello');
  const taken = JSON.parse((await cli('queue', 'take', 'emails', '--worker', 'ann', '--json')).stdout);
  t.like(taken.tasks[0], { number: 1, attempt: 1, message: 'hello' });
  const { token } = taken.tasks[0];
  t.regex((await cli('queue', 'tasks', 'emails')).stdout, /1 {5}leased .* 1 {8}ann {5}\/user\/x {2}"hello"/);
  t.regex((await cli('queue', 'renew', 'emails', token, '--lease', '1m')).stdout, /^leased until 20/);
  t.is(
    (await cli('queue', 'complete', '/queue/emails', token, 'Sent', '3')).stdout,
    `completed ${token} of /queue/emails\n`,
  );
  t.deepEqual(queues.said, ['renew 1', 'complete 1 {"tag":"Sent","fields":[3]}']);
  const late = await cli('queue', 'complete', 'emails', token);
  t.is(late.code, 65);
  t.regex(late.stderr, /error\[lease-lost\]/);
});

test('a task that is failed says when it is tried again, or that it is not', async (t) => {
  const { queues, cli } = await setUp(t);
  queues.add('emails', 'hello');
  t.regex((await cli('queue', 'take', 'emails')).stdout, /1\.1\.a .* "hello"/);
  t.regex((await cli('queue', 'fail', 'emails', '1.1.a', '--reason', 'down')).stdout, /to be tried again at/);
  await cli('queue', 'take', 'emails');
  t.regex((await cli('queue', 'fail', 'emails', '1.2.a', '--final')).stdout, /for good/);
  t.is((await cli('queue', 'take', 'emails', '--json')).stdout, '{"queue":"emails","tasks":[]}\n');
});

test('operators list, show, set and drop', async (t) => {
  const { queues, cli } = await setUp(t);
  for (const text of ['a', 'b', 'c']) queues.add('emails', text);
  t.regex((await cli('queue', 'list')).stdout, /emails {2}3 /);
  t.regex((await cli('queue', 'set', 'emails', '--lease', '2m', '--attempts', '9')).stdout, /120000 ms/);
  t.regex((await cli('queue', 'show', 'emails')).stdout, /attempts +9 at most/);
  t.is((await cli('queue', 'drop', 'emails', '2')).stdout, 'dropped 1 of emails, 2 left\n');
  t.is(
    (await cli('queue', 'drop', 'emails', '--all', '--json')).stdout,
    '{"queue":"emails","dropped":2,"left":0}\n',
  );
  for (const words of [
    ['set', 'emails'],
    ['drop', 'emails'],
    ['drop', 'emails', 'x'],
    ['show', 'a/b'],
  ])
    t.is((await cli('queue', ...words)).code, 64, words.join(' '));
});

test('work runs a command for each task, and its exit status decides', async (t) => {
  const { queues, cli } = await setUp(t);
  queues.add('emails', 'hello');
  queues.add('emails', 7);
  queues.add('emails', 'bad');
  const program = `
    let text = '';
    process.stdin.on('data', (chunk) => { text += chunk; }).on('end', () => {
      if (text !== 'bad') return console.log('got ' + text + ' as ' + process.env.SEQ_TASK_NUMBER);
      console.error('what is that');
      process.exit(3);
    });`;
  await cli('queue', 'set', 'emails', '--attempts', '1');
  const ran = await cli('queue', 'work', 'emails', '--until-empty', '--', NODE, '-e', program);
  t.is(ran.code, 0, ran.stderr);
  t.deepEqual(queues.said, [
    'complete 1 "got hello as 1"',
    'complete 2 "got 7 as 2"',
    'fail 3 exit status 3: what is that',
  ]);
});

test('work renews the lease of a task that takes long, and reads a result as JSON', async (t) => {
  const { queues, cli } = await setUp(t);
  queues.add('emails', 'hello');
  const program = 'setTimeout(() => console.log(JSON.stringify({ Sent: [1] })), 400)';
  const words = ['--until-empty', '--json-result', '--lease', '100ms', '--', NODE, '-e', program];
  await cli('queue', 'work', 'emails', ...words);
  t.true(queues.said.includes('renew 1'));
  t.is(queues.said.at(-1), 'complete 1 {"tag":"Sent","fields":[1]}');
});

test('work ends after as many tasks as it is told', async (t) => {
  const { queues, cli } = await setUp(t);
  for (const text of ['a', 'b', 'c']) queues.add('emails', text);
  t.is((await cli('queue', 'work', 'emails', '--tasks', '2', '--', 'cat')).code, 0);
  t.deepEqual(queues.said, ['complete 1 "a"', 'complete 2 "b"']);
});

test('work says that a command cannot be run, and leaves the task', async (t) => {
  const { queues, cli } = await setUp(t);
  queues.add('emails', 'hello');
  const ran = await cli('queue', 'work', 'emails', '--until-empty', '--', '/no/such/command');
  t.is(ran.code, 64);
  t.regex(ran.stderr, /\/no\/such\/command cannot be run/);
});
