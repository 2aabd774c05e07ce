// Queues of tasks on a node by itself, as workers, operators and actors use them.
import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { formatNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { type Data, Variant } from '../base/value.ts';
import type { Doing } from '../core/requests/results.ts';
import { LoneNode } from '../core/testing/lone-node.ts';
import type { ClientRequest, ClientResult } from '../core/types.ts';
import { parseKey } from '../journal/keys.ts';
import { decodeTask, encodeTask } from '../runtime/tasks/task-row.ts';
import type { ActorPage, ActorView } from './api.ts';
import type { Task } from './queue-api.ts';
import { Queues } from './queues.ts';
import { followWaits } from './why.ts';

const PROGRAM = `
union Msg { Send { text: String } Ask { text: String } Answer Spawn }
: mailer ( Map Msg -- Map )
  match
    Send { >text } -> "/queue/emails" swap actor.send
    Ask { >text } -> "/queue/emails" swap actor.ask "answer" swap map.set
    Answer -> dup "answer" map.get [ ] [ drop "none" ] if actor.reply
    Spawn -> "/queue/nope" [ mailer ] actor.spawn-at drop
  end ;
`;
const ANN = '/user/ann';
const EMAILS = parsePath('/queue/emails');

const unwrap = <T>(result: ClientResult | undefined): T => {
  if (result === undefined) throw new Error('not answered');
  if (!result.ok) throw new SeqNodeError(result.code, result.message);
  return result.value as T;
};

function world(limits = {}) {
  const lone = new LoneNode(4, { askTimeoutMs: 2000, ...limits });
  lone.deploy(PROGRAM);
  lone.spawn(ANN, 'mailer');
  const queues = new Queues({
    messageBytesMax: 64 * 1024,
    send: async <T>(request: ClientRequest) => unwrap<T>(lone.request(request)),
    inspect: async (path) => ({ state: lone.inspect(path).data }) as unknown as ActorView,
    actors: async ({ prefix, after = '', limit }) =>
      unwrap<ActorPage>(lone.request({ op: 'actors', prefix, after, limit })),
  });
  const say = (message: string) => {
    lone.tell(ANN, message);
    lone.pass(300);
  };
  const one = async (options = {}): Promise<Task> => {
    const { tasks } = await queues.take('emails', options);
    if (tasks.length !== 1) throw new Error(`${tasks.length} tasks`);
    return tasks[0]!;
  };
  return { lone, queues, say, one };
}

test('a task that an actor sends is taken once, with what was sent', async (t) => {
  const { lone, queues, say, one } = world();
  say('(Send "hello")');
  const task = await one({ worker: 'w1' });
  t.like(task, { number: 1, attempt: 1, message: 'hello', sender: ANN });
  t.deepEqual(await queues.take('emails'), { tasks: [] });
  t.deepEqual(await queues.complete('emails', task.token, 'sent'), {});
  t.deepEqual(await queues.complete('emails', task.token, 'sent'), { replayed: true });
  t.like(await queues.view('emails'), { ready: 0, leased: 0, waiting: 0, completed: 1 });
  t.deepEqual(await queues.tasks('emails', { from: 0, limit: 10 }), { tasks: [], next: null });
  t.deepEqual(lone.verify(), []);
});

test('the ask of an actor waits far beyond its time-out, and is answered once', async (t) => {
  const { lone, queues, say, one } = world();
  say('(Ask "hello")');
  lone.pass(600_000);
  lone.restart();
  lone.pass(600_000);
  const task = await one();
  await queues.complete('emails', task.token, 'sent');
  lone.pass(500);
  await queues.complete('emails', task.token, 'sent');
  lone.pass(500);
  t.is(lone.reply(ANN, '(Answer)'), 'sent');
  t.is((await queues.view('emails')).completed, 1);
});

test('an ask whose task has failed for good fails with the reason, and is no dead letter', async (t) => {
  const { lone, queues, say, one } = world();
  const asked = lone.begin({
    op: 'ask',
    path: parsePath(ANN),
    message: LoneNode.message('(Ask "x")'),
    id: 'ask-1',
  });
  lone.pass(300);
  const task = await one();
  t.deepEqual(await queues.fail('emails', task.token, 'no such address', { retry: false }), {
    retryMillis: null,
  });
  lone.pass(500);
  t.like(lone.result(asked), { ok: false, code: 'ask-failed' });
  t.regex((lone.result(asked) as { message: string }).message, /task-failed: no such address/);
  t.deepEqual(lone.deadLetters(EMAILS), []);
  say('(Send "y")');
});

test('a task that failed is taken again after its back-off, and becomes a dead letter in the end', async (t) => {
  const { lone, queues, say, one } = world();
  await queues.configure('emails', { attemptsMax: 2, backOffMs: 1000 });
  say('(Send "hello")');
  const first = await one();
  const { retryMillis } = await queues.fail('emails', first.token, 'down');
  t.true(retryMillis! > 0);
  t.deepEqual((await queues.take('emails')).tasks, []);
  lone.pass(2000);
  const second = await one();
  t.is(second.attempt, 2);
  await queues.fail('emails', second.token, 'down again');
  const [letter] = lone.deadLetters(EMAILS);
  t.like(letter, { receiver: EMAILS, code: 'task-failed', reason: 'down again' });
  t.true(letter!.sender.startsWith(`${ANN}#`));
  t.like(await queues.view('emails'), { ready: 0, failed: 1 });
});

test('a dead letter that is replayed is a task again', async (t) => {
  const { lone, queues, say, one } = world();
  say('(Send "hello")');
  await queues.fail('emails', (await one()).token, 'no', { retry: false });
  const group = lone.inspect(EMAILS).shard;
  unwrap(lone.request({ op: 'replay-dead-letter', group: group as never, number: 1 }));
  lone.pass(500);
  t.like(await one(), { number: 2, message: 'hello', sender: ANN });
});

test('a lease that runs out gives the task to the next, also when nobody asks for hours', async (t) => {
  const { lone, queues, say, one } = world();
  say('(Send "hello")');
  const first = await one({ leaseMs: 1000, worker: 'w1' });
  lone.pass(500);
  await queues.renew('emails', first.token, { leaseMs: 3000 });
  lone.pass(2000);
  t.deepEqual((await queues.take('emails')).tasks, []);
  lone.pass(2000);
  t.like(await queues.view('emails'), { ready: 1, leased: 0, expired: 1 });
  const second = await one({ worker: 'w2' });
  await t.throwsAsync(queues.complete('emails', first.token, 1), {
    code: 'lease-lost',
    message: /is given to w2/,
  });
  await t.throwsAsync(queues.renew('emails', first.token), { code: 'lease-lost' });
  await queues.complete('emails', second.token, 2);
});

test('a lease outlives the node that gave it', async (t) => {
  const { lone, queues, say, one } = world();
  say('(Send "hello")');
  const task = await one();
  lone.restart();
  t.deepEqual((await queues.take('emails')).tasks, []);
  await queues.complete('emails', task.token, 1);
  t.is((await queues.view('emails')).completed, 1);
  say('(Send "again")');
  await one({ leaseMs: 1000 });
  lone.restart();
  lone.pass(2000);
  t.is((await queues.view('emails')).expired, 1);
});

test('the last attempt that runs out is buried, with its letter', async (t) => {
  const { lone, queues, say, one } = world();
  await queues.configure('emails', { attemptsMax: 1, leaseMs: 500 });
  say('(Send "hello")');
  await one({ worker: 'w1' });
  lone.pass(3000);
  t.like(lone.deadLetters(EMAILS)[0], { code: 'task-failed', reason: 'The lease of w1 ran out.' });
  t.like(await queues.view('emails'), { ready: 0, leased: 0, failed: 1 });
  t.deepEqual((await queues.tasks('emails', { from: 0, limit: 10 })).tasks, []);
  t.deepEqual(lone.verify(), []);
});

test('a worker waits for a task without a word in the log, and gets the one that comes', (t) => {
  const { lone } = world();
  const take = (waitMs: number) =>
    lone.begin({
      op: 'take-tasks',
      path: EMAILS,
      worker: '',
      most: 1,
      leaseMs: null,
      waitMs,
    });
  take(0);
  lone.pass(500);
  const { writes } = lone;
  const waits = take(3000);
  lone.pass(1000);
  t.is(lone.result(waits), undefined);
  t.is(lone.writes, writes);
  t.like(lone.core.inspect.load().queues, [{ path: EMAILS, workers: 1 }]);
  lone.tell(ANN, '(Send "hello")');
  lone.pass(500);
  t.is(unwrap<{ tasks: unknown[] }>(lone.result(waits)).tasks.length, 1);
  const inVain = take(1000);
  lone.pass(1500);
  t.deepEqual(unwrap<{ tasks: unknown[] }>(lone.result(inVain)).tasks, []);
});

test('who waits for a task is one for each task', (t) => {
  const { lone } = world();
  const waits = [1, 2, 3].map(() =>
    lone.begin({ op: 'take-tasks', path: EMAILS, worker: '', most: 1, leaseMs: null, waitMs: 3000 }),
  );
  lone.pass(300);
  for (const text of ['a', 'b']) lone.tell(ANN, `(Send "${text}")`);
  lone.pass(500);
  t.is(waits.filter((id) => lone.result(id) !== undefined).length, 2);
});

test('why tells the task that an actor waits for, and who has it', async (t) => {
  const { lone, queues, say, one } = world();
  const why = async () =>
    followWaits(async (request) => unwrap<Doing>(lone.request(request)), parsePath(ANN), 1000);
  say('(Send "before")');
  lone.begin({ op: 'tell', path: parsePath(ANN), message: LoneNode.message('(Ask "x")'), id: 'ask-1' });
  lone.pass(300);
  const task = { number: 2, status: 'ready', attempt: 0, at: 0, worker: '' };
  t.like(await why(), [
    { path: ANN, waits: { for: EMAILS } },
    { path: EMAILS, task },
  ]);
  await one();
  const { untilMillis } = await one({ worker: 'w1' });
  t.like((await why())[1], {
    task: { ...task, status: 'leased', attempt: 1, at: untilMillis, worker: 'w1' },
  });
  t.is((await queues.view('emails')).leased, 2);
});

test('a client that asks is told the number of its task at once', async (t) => {
  const { lone, one } = world();
  t.is(formatNotation(lone.reply(EMAILS, '(Notify "ann" 3)')), '(Queued 1)');
  const task = await one();
  t.deepEqual(task.message, new Variant<Data>('Notify', ['ann', 3]));
  t.is(task.sender, EMAILS);
});

test('a full queue refuses clients, lets actors wait, and takes nothing volatile', async (t) => {
  const { lone, queues, say, one } = world();
  await queues.configure('emails', { capacity: 2 });
  for (const text of ['a', 'b', 'c', 'd']) say(`(Send "${text}")`);
  t.like(lone.tell(EMAILS, '"e"'), { ok: false, code: 'overloaded' });
  t.is((await queues.view('emails')).ready, 2);
  lone.spawn('/user/vera', 'mailer', 'volatile');
  lone.tell('/user/vera', '(Send "lost")');
  lone.pass(300);
  const texts: Data[] = [];
  for (let at = 0; at < 4; at++) {
    const task = await one();
    texts.push(task.message);
    await queues.complete('emails', task.token, 1);
    lone.pass(3000);
  }
  t.deepEqual(texts, ['a', 'b', 'c', 'd']);
  lone.tell('/user/vera', '(Send "taken")');
  lone.pass(300);
  t.like(await one(), { message: 'taken', sender: '/user/vera' });
});

test('nothing but a queue lives below /queue, and no queue elsewhere', (t) => {
  const { lone, say } = world();
  for (const path of ['/queue', '/queue/x', '/queue/x/y'])
    t.like(lone.spawn(path, 'mailer'), { ok: false, code: 'reserved-path' }, path);
  t.like(lone.spawn('/user/q', 'queue', 'durable', { hash: `${'0'.repeat(63)}1` }), {
    ok: false,
    code: 'reserved-path',
  });
  for (const path of ['/queue', '/queue/x/y'])
    t.like(lone.tell(path, '1'), { ok: false, code: 'no-such-actor' }, path);
  say('(Spawn)');
  t.like(lone.deadLetters(ANN)[0], { code: 'reserved-path' });
});

test('tasks are listed page by page, with what is known of each', async (t) => {
  const { lone, queues, say } = world();
  for (const text of ['a', 'b', 'c', 'd', 'e']) say(`(Send "${text}")`);
  const { tasks } = await queues.take('emails', { worker: 'w1', most: 2 });
  await queues.fail('emails', tasks[1]!.token, 'down');
  const found = [];
  for (let from: number | null = 0; from !== null; ) {
    const page = await queues.tasks('emails', { from, limit: 2 });
    found.push(...page.tasks);
    from = page.next;
  }
  t.deepEqual(
    found.map(({ number, status, message }) => [number, status, message]),
    [
      [1, 'leased', 'a'],
      [2, 'waiting', 'b'],
      [3, 'ready', 'c'],
      [4, 'ready', 'd'],
      [5, 'ready', 'e'],
    ],
  );
  t.like(found[0], { worker: 'w1', attempt: 1, asked: false, sender: ANN });
  t.is(found[1]!.reason, 'down');
  t.like(await queues.list({ limit: 10 }), { queues: [{ name: 'emails', ready: 3 }], next: null });
  const unused = await t.throwsAsync(queues.tasks('none', { from: 0, limit: 1 }), {
    code: 'no-such-actor',
    message: /queue none has not been used/,
  });
  t.regex((unused as SeqNodeError).advice, /^Send it a task/);
  lone.pass(50);
});

test('a queue with tasks is not purged; dropped tasks answer whoever asked', async (t) => {
  const { lone, queues, say } = world();
  const asked = lone.begin({
    op: 'ask',
    path: parsePath(ANN),
    message: LoneNode.message('(Ask "x")'),
    id: 'ask-1',
  });
  lone.pass(300);
  t.like(lone.purge(EMAILS, { force: true }), { ok: false, code: 'queue-not-empty' });
  t.deepEqual(await queues.drop('emails', 'all'), { dropped: 1, left: 0 });
  lone.pass(500);
  t.like(lone.result(asked), { ok: false, code: 'ask-failed' });
  t.regex((lone.result(asked) as { message: string }).message, /task-dropped/);
  t.like(lone.purge(EMAILS, { force: true }), { ok: true });
  say('(Send "y")');
  t.like(await queues.view('emails'), { ready: 1, completed: 0 });
  t.deepEqual(lone.verify(), []);
});

test('a queue that is stopped keeps its tasks, and looks at its leases when it goes on', async (t) => {
  const { lone, queues, say, one } = world();
  say('(Send "hello")');
  await one({ leaseMs: 1000 });
  lone.stop(EMAILS);
  lone.pass(5000);
  await t.throwsAsync(queues.take('emails'), { code: 'actor-stopped' });
  lone.resume(EMAILS);
  t.like(await one(), { number: 1, attempt: 2 });
  lone.suspend(EMAILS);
  await t.throwsAsync(queues.take('emails'), { code: 'actor-suspended' });
});

test('what a worker or an operator gives is checked', async (t) => {
  const { queues } = world();
  const bad = { code: 'bad-request' };
  await t.throwsAsync(queues.take('emails', { most: 0 }), bad);
  await t.throwsAsync(queues.take('emails', { most: 101 }), bad);
  await t.throwsAsync(queues.take('emails', { waitMs: 60_001 }), bad);
  await t.throwsAsync(queues.take('emails', { leaseMs: 1 }), bad);
  await t.throwsAsync(queues.take('emails', { worker: 'w'.repeat(129) }), bad);
  await t.throwsAsync(queues.take('a/b'), { code: 'bad-path' });
  await t.throwsAsync(queues.complete('emails', 'nonsense', 1), bad);
  await t.throwsAsync(queues.configure('emails', { attemptsMax: 0 }), bad);
  await t.throwsAsync(queues.configure('emails', { capacity: 0 }), bad);
  await t.throwsAsync(queues.drop('emails', 0), bad);
  await t.throwsAsync(queues.complete('emails', '1.1.a', 'x'.repeat(70_000)), { code: 'too-large' });
  await t.throwsAsync(queues.complete('emails', '1.1.a', 1), { code: 'lease-lost' });
});

/** Rows of the queue of this kind, in the order of their keys. */
const rowsOf = (lone: LoneNode, kind: string) =>
  lone.rows().filter(([key]) => {
    const parsed = parseKey(key);
    return parsed.kind === kind && 'path' in parsed && parsed.path === EMAILS;
  });

test('what is sent is stored once, and what was stored of it in the row of the task is still read', async (t) => {
  const { lone, queues, say, one } = world();
  const text = 'payload '.repeat(200);
  say(`(Send "${text}")`);
  const holding = lone.rows().filter(([, value]) => Buffer.from(value).includes(text));
  t.deepEqual(
    holding.map(([key]) => parseKey(key).kind).sort(),
    // In the journals of the sender and of the queue.
    ['record', 'record'],
  );
  t.like((await queues.tasks('emails', { from: 0, limit: 10 })).tasks, [{ message: text, sender: ANN }]);
  // As an earlier version wrote it.
  const [[key, bytes]] = rowsOf(lone, 'task') as [[Uint8Array, Uint8Array]];
  const { atMillis, sender, asker } = decodeTask(bytes);
  lone.damage(key, encodeTask({ atMillis, sender, asker, message: 'of old' }));
  t.like((await queues.tasks('emails', { from: 0, limit: 10 })).tasks, [{ message: 'of old' }]);
  const task = await one();
  t.is(task.message, 'of old');
  await queues.fail('emails', task.token, 'no', { retry: false });
  t.is(lone.deadLetters(EMAILS).length, 1);
  t.deepEqual(lone.verify(), []);
});

test('a task whose record is missing is left out and reported, and the others are taken', async (t) => {
  const { lone, queues, say, one } = world();
  say('(Send "first")');
  say('(Send "second")');
  const [[key, bytes]] = rowsOf(lone, 'task') as [[Uint8Array, Uint8Array]];
  lone.damage(key, encodeTask({ ...decodeTask(bytes), record: 9999 }));
  t.deepEqual(await queues.take('emails'), { tasks: [] });
  t.is((await one()).message, 'second');
  t.true(lone.logs.some(({ event, fields }) => event === 'task-damaged' && fields?.task === 1));
});

test('the marks of leases that ended are limited, and an old repeat completes nothing', async (t) => {
  const { lone, queues, say, one } = world({ leaseMarks: 3 });
  const tokens: string[] = [];
  const before = rowsOf(lone, 'mark').length;
  for (let number = 1; number <= 10; number++) {
    say(`(Send "${number}")`);
    const { token } = await one();
    await queues.complete('emails', token, number);
    tokens.push(token);
  }
  // Beside them there is that of the actor that sent the tasks.
  t.is(rowsOf(lone, 'mark').length - before, 3 + 1);
  for (const [at, token] of tokens.entries()) {
    const again = queues.complete('emails', token, at + 1);
    if (at >= 7) t.deepEqual(await again, { replayed: true });
    else await t.throwsAsync(again, { code: 'lease-lost', message: /is closed/ });
  }
  await t.throwsAsync(queues.complete('emails', tokens[9]!, 'else'), { code: 'lease-lost' });
  lone.restart();
  t.deepEqual(await queues.complete('emails', tokens[9]!, 10), { replayed: true });
  t.is((await queues.view('emails')).completed, 10);
  lone.request({ op: 'purge', path: EMAILS, force: true, id: 'purge' });
  t.is(rowsOf(lone, 'mark').length, 1 + 1);
});

test('a lease that ended shares its mark with another, and neither is taken for the other', async (t) => {
  const { queues, say, one } = world({ leaseMarks: 1 });
  say('(Send "a")');
  say('(Send "b")');
  const [first, second] = [await one(), await one()];
  await queues.complete('emails', first.token, 1);
  t.deepEqual(await queues.complete('emails', second.token, 1), {});
  t.deepEqual(await queues.complete('emails', second.token, 1), { replayed: true });
  await t.throwsAsync(queues.fail('emails', second.token, 'no'), { code: 'lease-lost' });
  t.is((await queues.view('emails')).completed, 2);
});
