// Whatever is said to a queue, in whatever order: it does what a plain list of tasks does.
import test from 'ava';
import fc from 'fast-check';
import { type List, SeqMap, type Variant } from '../../base/value.ts';
import { decide, type QueueMessage } from './queue.ts';
import { backOffMs, parseToken, QueueState, tokenText } from './queue-state.ts';

interface ModelTask {
  readonly number: number;
  status: 'ready' | 'leased' | 'waiting' | 'completed' | 'failed' | 'dropped';
  attempt: number;
  at: number;
  token: string;
}

const ATTEMPTS_MAX = 2;
const OPTIONS = { leaseMs: 1000, attemptsMax: ATTEMPTS_MAX, backOffMs: 300 };

/** The world of a queue: what was handed out, what was closed, and a model that does all by searching. */
class World {
  state: SeqMap = SeqMap.empty;
  wall = 50_000;
  secrets = 0;
  readonly tasks: ModelTask[] = [];
  /** Numbers that may be taken, in the order in which they became so. */
  ready: number[] = [];
  readonly closed = new Map<number, string>();
  readonly tokens: string[] = [];
  readonly firstGiven: number[] = [];

  say(message: QueueMessage): unknown {
    const secret = () => `s${++this.secrets}`;
    const { state, orders, reply } = decide(this.state, message, { wall: this.wall, secret });
    this.state = state;
    for (const order of orders) {
      if (order.kind !== 'close') continue;
      // Q1
      if (this.closed.has(order.number)) throw new Error(`task ${order.number} is closed twice`);
      this.closed.set(order.number, 'answered' in order ? 'completed' : order.refused);
    }
    return reply;
  }

  run(choice: number, pick: number): void {
    switch (choice) {
      case 0:
      case 1:
        this.say({ kind: 'task' });
        this.tasks.push({ number: this.tasks.length + 1, status: 'ready', attempt: 0, at: 0, token: '' });
        this.ready.push(this.tasks.length);
        break;
      case 2:
      case 3:
        this.take(1 + (pick % 3));
        break;
      case 4:
      case 5:
        this.complete(pick);
        break;
      case 6:
        this.fail(pick);
        break;
      case 7:
        this.renew(pick);
        break;
      case 8:
        this.wall += pick % 2000;
        this.ring();
        break;
      case 9:
        if (pick % 5 === 0) this.drop(1 + (pick % Math.max(1, this.tasks.length)));
        break;
    }
    this.compare();
  }

  get queue(): QueueState {
    return QueueState.read(this.state);
  }

  take(most: number): void {
    const reply = this.say({ kind: 'take', worker: 'w', most, leaseMs: undefined }) as List;
    const given = reply.toArray().map((each) => (each as List).toArray() as [number, number, string, number]);
    const [again, fresh] = [true, false].map((isAgain) =>
      this.ready.filter((number) => this.of(number).attempt > 0 === isAgain),
    );
    const expected = [...again!, ...fresh!].slice(0, most);
    if (`${given.map(([number]) => number)}` !== `${expected}`)
      throw new Error(`given ${given.map(([number]) => number)}, not ${expected}`);
    for (const [number, attempt, token, at] of given) {
      const task = this.of(number);
      if (attempt === 1) this.firstGiven.push(number);
      if (attempt !== task.attempt + 1 || attempt > ATTEMPTS_MAX)
        throw new Error(`attempt ${attempt} of ${number}`);
      Object.assign(task, { status: 'leased', attempt, token, at });
      this.tokens.push(token);
    }
    this.ready = this.ready.filter((number) => !expected.includes(number));
  }

  of(number: number): ModelTask {
    return this.tasks[number - 1]!;
  }

  /** The task of which the token is the newest lease that is not void. */
  holder(token: string): ModelTask | undefined {
    return this.tasks.find(
      (task) => task.token === token && (task.status === 'leased' || task.status === 'ready'),
    );
  }

  token(pick: number): string | undefined {
    return this.tokens[pick % Math.max(1, this.tokens.length)];
  }

  expect(reply: unknown, holder: ModelTask | undefined): boolean {
    const isRefused = (reply as Variant).tag === 'Refused';
    if (isRefused !== (holder === undefined)) throw new Error(`refused: ${isRefused}`);
    return !isRefused;
  }

  complete(pick: number): void {
    const text = this.token(pick);
    if (text === undefined) return;
    const holder = this.holder(text);
    const reply = this.say({ kind: 'complete', token: parseToken(text)!, result: 1 });
    if (this.expect(reply, holder)) this.end(holder!, 'completed');
  }

  fail(pick: number): void {
    const text = this.token(pick);
    if (text === undefined) return;
    const holder = this.holder(text);
    const reply = this.say({ kind: 'fail', token: parseToken(text)!, reason: 'x', retry: pick % 4 > 0 });
    if (!this.expect(reply, holder)) return;
    const task = holder!;
    if (pick % 4 === 0 || task.attempt === ATTEMPTS_MAX) return this.end(task, 'failed');
    this.ready = this.ready.filter((number) => number !== task.number);
    const at = this.wall + backOffMs(this.queue.options, task.attempt);
    Object.assign(task, { status: 'waiting', token: '', at });
  }

  renew(pick: number): void {
    const text = this.token(pick);
    if (text === undefined) return;
    const holder = this.holder(text);
    const held = holder?.status === 'leased' ? holder : undefined;
    const reply = this.say({ kind: 'renew', token: parseToken(text)!, leaseMs: undefined });
    if (this.expect(reply, held)) held!.at = this.wall + OPTIONS.leaseMs;
  }

  ring(): void {
    const due = this.queue.get('alarm');
    const late = this.tasks.filter(
      ({ status, at }) => (status === 'leased' || status === 'waiting') && at <= this.wall,
    );
    if (late.length > 0 && (due === 0 || due > this.wall)) throw new Error('no alarm is due');
    if (due === 0 || due > this.wall) return;
    this.say({ kind: 'alarm', due });
    for (const task of late) {
      if (task.status === 'leased' && task.attempt === ATTEMPTS_MAX) this.end(task, 'failed');
      else {
        task.status = 'ready';
        this.ready.push(task.number);
      }
    }
    for (const [number, { status }] of this.queue.tasks())
      if (status === 'dead') this.say({ kind: 'bury', number });
  }

  drop(number: number): void {
    const task = this.tasks[number - 1];
    this.say({ kind: 'drop', number });
    if (task !== undefined && !['completed', 'failed', 'dropped'].includes(task.status))
      this.end(task, 'dropped');
    for (const [each, { status }] of this.queue.tasks())
      if (status === 'dead') this.say({ kind: 'bury', number: each });
  }

  end(task: ModelTask, status: ModelTask['status']): void {
    task.status = status;
    this.ready = this.ready.filter((number) => number !== task.number);
  }

  compare(): void {
    const count = (status: ModelTask['status']) => this.tasks.filter((task) => task.status === status).length;
    for (const name of ['ready', 'leased', 'waiting', 'completed', 'failed', 'dropped'] as const)
      if (this.queue.get(name) !== count(name))
        throw new Error(`${name}: ${this.queue.get(name)}, not ${count(name)}`);
    const closed = count('completed') + count('failed') + count('dropped');
    if (this.closed.size !== closed) throw new Error(`${this.closed.size} closed, not ${closed}`);
    for (const number of this.closed.keys())
      if (!['completed', 'failed', 'dropped'].includes(this.of(number).status))
        throw new Error(`${number} is closed and ${this.of(number).status}`);
  }

  /** Workers that do their work until nothing is left. */
  drain(): void {
    for (let round = 0; round < 1000 && this.queue.size > 0; round++) {
      this.take(3);
      for (const { token } of this.tasks.filter(({ status }) => status === 'leased')) {
        const holder = this.holder(token)!;
        this.say({ kind: 'complete', token: parseToken(token)!, result: 1 });
        this.end(holder, 'completed');
      }
      this.wall += 700;
      this.ring();
    }
  }
}

test('a queue does what a plain list of tasks does, and loses none', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(10_000)), { minLength: 80, maxLength: 200 }), (steps) => {
      const world = new World();
      world.say({ kind: 'configure', options: OPTIONS });
      for (const [choice, pick] of steps) world.run(choice, pick);
      world.drain();
      world.take(1);
      world.compare();
      t.is(world.queue.size, 0);
      t.is(world.closed.size, world.tasks.length);
      t.is(world.queue.get('kept'), 0);
      // Q4
      t.deepEqual(
        world.firstGiven,
        [...world.firstGiven].sort((one, other) => one - other),
      );
    }),
    { numRuns: Number(process.env.FC_NUM_RUNS ?? 200) },
  );
});

test('a token is read as it is written, and a text that is none is refused', (t) => {
  const token = { number: 12, attempt: 3, secret: 'a9' };
  t.deepEqual(parseToken(tokenText(token)), token);
  for (const text of ['', '1.2', '0.1.a', '1.0.a', '1.1.', '1.1.A', '1.1.a ', '01.1.a'])
    t.is(parseToken(text), undefined, text);
});
