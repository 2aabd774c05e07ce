import test from 'ava';
import { List, SeqMap, Variant } from '../../base/value.ts';
import { DROPPED, decide, type QueueMessage, type QueueOrder } from './queue.ts';
import { orderData, readOrder } from './queue-orders.ts';
import { backOffMs, DEFAULT_OPTIONS, KEPT_MAX, parseToken, QueueState, type Token } from './queue-state.ts';

/** A queue with its state and clock, as far as a test needs them. */
class Queue {
  state: SeqMap = SeqMap.empty;
  wall = 1_000_000;
  #secrets = 0;
  orders: readonly QueueOrder[] = [];

  do(message: QueueMessage): unknown {
    const decision = decide(this.state, message, { wall: this.wall, secret: () => `s${++this.#secrets}` });
    this.state = decision.state;
    this.orders = decision.orders;
    return decision.reply;
  }

  add(count = 1): void {
    for (let at = 0; at < count; at++) this.do({ kind: 'task' });
  }

  take(most = 1, worker = 'ann'): Token[] {
    const reply = this.do({ kind: 'take', worker, most, leaseMs: undefined }) as List;
    return reply.toArray().map((each) => parseToken(((each as List).toArray() as string[])[2]!)!);
  }

  /** Lets the alarm ring that is set. */
  ring(): void {
    const due = this.read.get('alarm');
    this.wall = Math.max(this.wall, due);
    this.do({ kind: 'alarm', due });
  }

  get read(): QueueState {
    return QueueState.read(this.state);
  }
}

const complete = (token: Token): QueueMessage => ({ kind: 'complete', token, result: 'ok' });
const fail = (token: Token, retry = true): QueueMessage => ({ kind: 'fail', token, reason: 'no', retry });
const tagOf = (reply: unknown) => (reply as Variant).tag;

test('Q4: tasks are given in the order in which they came, as many as are asked for', (t) => {
  const queue = new Queue();
  queue.add(5);
  t.deepEqual(
    queue.take(2).map(({ number }) => number),
    [1, 2],
  );
  t.deepEqual(
    queue.take(9).map(({ number }) => number),
    [3, 4, 5],
  );
  t.deepEqual(queue.take(), []);
});

test('Q1: a completed task is closed with its result, and nothing of it stays', (t) => {
  const queue = new Queue();
  queue.add();
  const [token] = queue.take();
  t.is(tagOf(queue.do(complete(token!))), 'Completed');
  t.deepEqual(queue.orders, [{ kind: 'close', number: 1, answered: 'ok' }]);
  t.is(queue.read.get('kept'), 0);
  t.is(tagOf(queue.do(complete(token!))), 'Refused');
  t.deepEqual(queue.orders, []);
});

test('Q2: a lease that ran out completes its task until another has it', (t) => {
  const queue = new Queue();
  queue.add(2);
  const [first] = queue.take();
  const [second] = queue.take();
  queue.ring();
  t.is(queue.read.get('expired'), 2);
  t.is(tagOf(queue.do(complete(first!))), 'Completed');
  const [again] = queue.take(1, 'bob');
  t.is(again!.number, second!.number);
  const late = queue.do(complete(second!)) as Variant;
  t.deepEqual(late.fields, ['lease-lost', 'The lease of task 2 is lost: the task is given to bob.']);
  t.is(tagOf(queue.do(complete(again!))), 'Completed');
});

test('Q3: after its last attempt a task has failed, and its letter is kept', (t) => {
  const queue = new Queue();
  queue.do({ kind: 'configure', options: { attemptsMax: 2 } });
  queue.add();
  const [first] = queue.take();
  t.deepEqual((queue.do(fail(first!)) as Variant).fields, [queue.wall + DEFAULT_OPTIONS.backOffMs]);
  t.deepEqual(queue.take(), []);
  queue.ring();
  const [second] = queue.take();
  t.is(second!.attempt, 2);
  t.deepEqual((queue.do(fail(second!)) as Variant).fields, [0]);
  t.deepEqual(queue.orders, [{ kind: 'close', number: 1, refused: 'task-failed: no', letter: true }]);
  t.is(queue.read.size, 0);
});

test('a failure for good leaves no further attempt', (t) => {
  const queue = new Queue();
  queue.add();
  queue.do(fail(queue.take()[0]!, false));
  t.is(queue.read.get('failed'), 1);
  t.is(queue.read.size, 0);
});

test('a lease that runs out on the last attempt is buried once its row is there', (t) => {
  const queue = new Queue();
  queue.do({ kind: 'configure', options: { attemptsMax: 1 } });
  queue.add();
  const [token] = queue.take();
  queue.ring();
  t.is(tagOf(queue.do(complete(token!))), 'Refused');
  t.true(queue.read.get('alarm') > queue.wall, 'the queue looks again');
  queue.do({ kind: 'bury', number: 1 });
  t.deepEqual(queue.orders, [
    { kind: 'close', number: 1, refused: 'task-failed: The lease of ann ran out.', letter: true },
  ]);
  queue.do({ kind: 'bury', number: 1 });
  t.deepEqual(queue.orders, []);
});

test('Q5: the alarm is set for the lease that ends first, and a stale one does nothing', (t) => {
  const queue = new Queue();
  queue.add(2);
  queue.do({ kind: 'take', worker: '', most: 1, leaseMs: 5000 });
  t.deepEqual(queue.orders, [{ kind: 'arm', due: queue.wall + 5000 }]);
  queue.do({ kind: 'take', worker: '', most: 1, leaseMs: 9000 });
  t.deepEqual(queue.orders, []);
  const before = queue.state;
  queue.do({ kind: 'alarm', due: queue.wall + 1 });
  t.is(queue.state, before);
  queue.ring();
  t.is(queue.read.get('alarm'), queue.wall + 4000);
});

test('a renewed lease holds longer, and one that is lost is not renewed', (t) => {
  const queue = new Queue();
  queue.add();
  const [token] = queue.take();
  queue.wall += 20_000;
  t.is(tagOf(queue.do({ kind: 'renew', token: token!, leaseMs: undefined })), 'Renewed');
  queue.ring();
  t.is(queue.read.get('leased'), 1);
  queue.ring();
  t.is(queue.read.get('leased'), 0);
  t.is(tagOf(queue.do({ kind: 'renew', token: token!, leaseMs: undefined })), 'Refused');
});

test('an operator drops one task or all, whoever has them', (t) => {
  const queue = new Queue();
  queue.add(5);
  queue.take(2);
  t.deepEqual((queue.do({ kind: 'drop', number: 4 }) as Variant).fields, [1, 4]);
  t.deepEqual((queue.do({ kind: 'drop', number: 4 }) as Variant).fields, [0, 4]);
  queue.do({ kind: 'bury', number: 4 });
  t.deepEqual(queue.orders, [{ kind: 'close', number: 4, refused: DROPPED, letter: false }]);
  t.deepEqual(
    queue.take(9).map(({ number }) => number),
    [3, 5],
  );
  t.deepEqual((queue.do({ kind: 'drop', number: 'all' }) as Variant).fields, [4, 0]);
  for (const number of [1, 2, 3, 5]) queue.do({ kind: 'bury', number });
  t.is(queue.read.get('kept'), 0);
  t.is(queue.read.get('dropped'), 5);
});

test('a queue takes no more tasks out than it can keep entries of', (t) => {
  const queue = new Queue();
  queue.add(KEPT_MAX + 50);
  for (let taken = 0; taken < KEPT_MAX; taken += 100) t.is(queue.take(100).length, 100);
  t.is(queue.take(100).length, 0);
});

test('a hundred thousand tasks that wait take no room in the state', (t) => {
  const queue = new Queue();
  const empty = new Queue();
  empty.add();
  queue.add(100_000);
  t.is(queue.state.size, empty.state.size);
});

test('the back-off doubles up to an hour', (t) => {
  t.deepEqual(
    [1, 2, 3, 60].map((attempt) => backOffMs(DEFAULT_OPTIONS, attempt)),
    [1000, 2000, 4000, 3_600_000],
  );
});

test('orders are read as they are written', (t) => {
  const token = { number: 3, attempt: 2, secret: 'abc' };
  const orders: Exclude<QueueMessage, { kind: 'task' }>[] = [
    { kind: 'take', worker: 'ann', most: 3, leaseMs: 500 },
    { kind: 'take', worker: '', most: 1, leaseMs: undefined },
    { kind: 'renew', token, leaseMs: undefined },
    { kind: 'complete', token, result: List.of([1]) },
    { kind: 'fail', token, reason: 'x', retry: false },
    { kind: 'configure', options: { leaseMs: 5, capacity: 9 } },
    { kind: 'drop', number: 'all' },
    { kind: 'drop', number: 9 },
    { kind: 'bury', number: 4 },
    { kind: 'alarm', due: 77 },
  ];
  for (const order of orders) t.deepEqual(readOrder(orderData(order)), order);
  for (const wrong of [1, new Variant('Take', []), new Variant('Nope', [])])
    t.throws(() => readOrder(wrong as never), { code: 'bad-message' });
});
