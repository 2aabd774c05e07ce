// Actors that send tasks to a queue, or ask it, and workers outside that take them: some are slow, some fail,
// some are never heard of again.
//
// J1 each task is closed once, whoever leads: completed, failed for good, or given up after its last lease.
// J2 none is lost: once workers do their work, the queue is empty.
// J3 no lease but the newest one completes a task; what completed it is what the asker got.
// J4 a task is given to workers in order of its attempts, and not more often than the queue allows.
import { decodeData } from '../node/base/codec.ts';
import type { ActorPath, ModuleHash } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import type { Random } from '../node/base/random.ts';
import { type Data, type List, type SeqMap, Variant } from '../node/base/value.ts';
import type { Inspected, QueueReplied, TakenTask, TakenTasks } from '../node/core/requests/results.ts';
import { orderData, type QueueOrderMessage } from '../node/runtime/tasks/queue-orders.ts';
import { parseToken, QueueState } from '../node/runtime/tasks/queue-state.ts';
import { between, exponential, fork, happens, pick } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { ActorJournal } from './history-checker.ts';
import { InsistentClient } from './insistent-client.ts';
import { BOSS_WORD, TASK_QUEUE } from './task-program.ts';
import { demand } from './violation.ts';

const QUEUE = parsePath(TASK_QUEUE);
const BOSSES = [1, 2, 3, 4].map((number) => parsePath(`/boss/number-${number}`));
const WORKERS = ['ann', 'bob', 'cid'];
const OPTIONS = { leaseMs: 3_000, attemptsMax: 4, backOffMs: 500 };
/** Mean virtual microseconds between two tasks of a boss. */
const THINK = 1_500_000;
const LOOK = 500_000;
const MILLIS = 1_000;

export class TaskWorkload {
  readonly #cluster: Cluster;
  readonly #module: ModuleHash;
  readonly #random: Random;
  readonly #client: InsistentClient;
  #active = false;
  #done = false;
  /** What the queue holds, as far as was seen. */
  #seen = '';
  #nextId = 1;
  /** What each boss was told of its ask, by the id of the task. */
  readonly #told = new Map<number, boolean>();

  constructor(cluster: Cluster, module: ModuleHash) {
    this.#cluster = cluster;
    this.#module = module;
    this.#random = fork(cluster.random);
    this.#client = new InsistentClient(cluster, this.#random);
  }

  /** Creates the bosses; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const code = { module: this.#module, target: { word: BOSS_WORD }, captured: [] };
    for (const path of BOSSES) {
      const id = this.#id();
      this.#client.ask({ op: 'spawn', path, code, mode: 'durable', newLife: false, id }, () => undefined);
    }
    this.#say({ kind: 'configure', options: OPTIONS }, this.#id(), () => undefined);
    this.#cluster.runFor(30_000_000, () => this.#client.open === 0);
    demand(this.#client.open === 0, 'progress', () => 'the actors that have tasks done were not created');
  }

  begin(): void {
    this.#active = true;
    for (const path of BOSSES) this.#think(path);
    for (const worker of WORKERS) this.#work(worker);
  }

  stop(): void {
    this.#active = false;
    this.#look();
  }

  /** J2 */
  get isDone(): boolean {
    return this.#done;
  }

  /** What keeps it from being done. */
  get unsettled(): string {
    return `the queue: ${this.#seen}; ${this.#client.open} requests about tasks are open`;
  }

  // ── Bosses ──

  #think(path: ActorPath) {
    this.#cluster.scheduler.after(exponential(this.#random, THINK), () => {
      if (!this.#active) return;
      const id = this.#nextId++;
      const again = () => this.#think(path);
      if (happens(this.#random, 0.4)) return this.#tell(path, new Variant('Post', [id]), again);
      this.#tell(path, new Variant('Order', [id]), (isOk) => {
        this.#told.set(id, isOk);
        again();
      });
    });
  }

  #tell(path: ActorPath, message: Data, then: (isOk: boolean) => void) {
    this.#client.ask({ op: 'tell', path, message, id: this.#id() }, (result, isFirst) => {
      const isFailure = !result.ok && result.code === 'ask-failed';
      demand(result.ok || isFailure, 'tasks', () => `a message to a boss: ${JSON.stringify(result)}`);
      if (isFirst) then(result.ok);
    });
  }

  // ── Workers ──

  #work(worker: string) {
    const { scheduler } = this.#cluster;
    if (this.#done) return;
    const request = {
      op: 'take-tasks',
      path: QUEUE,
      worker,
      most: pick(this.#random, [1, 1, 3]),
      leaseMs: null,
      waitMs: pick(this.#random, [0, 1_000, 5_000]),
      timeoutMs: 8_000,
    } as const;
    let over = false;
    const next = (tasks: readonly TakenTask[]) => {
      if (over) return;
      over = true;
      this.#doAll(worker, tasks);
    };
    this.#cluster.call(pick(this.#random, this.#cluster.members), request, (outcome) => {
      const isTaken = outcome !== 'lost' && outcome.ok;
      next(isTaken ? (outcome.value as TakenTasks).tasks : []);
    });
    scheduler.after(9_000 * MILLIS, () => next([]));
  }

  /** Then takes some more. */
  #doAll(worker: string, tasks: readonly TakenTask[]): void {
    const { scheduler } = this.#cluster;
    const [task, ...others] = tasks;
    if (task === undefined) {
      scheduler.after(between(this.#random, 50, 500) * MILLIS, () => this.#work(worker));
      return;
    }
    const goOn = () => this.#doAll(worker, others);
    const token = parseToken(task.token)!;
    // A worker that died: nobody hears of the task before its lease ends.
    if (this.#active && happens(this.#random, 0.1)) return goOn();
    const takesMs = this.#active && happens(this.#random, 0.2) ? between(this.#random, 2_000, 6_000) : 100;
    scheduler.after(takesMs * MILLIS, () => {
      if (this.#active && happens(this.#random, 0.15))
        return this.#say({ kind: 'fail', token, reason: 'no', retry: true }, `fail.${task.token}`, goOn);
      if (happens(this.#random, 0.1))
        this.#say({ kind: 'renew', token, leaseMs: undefined }, '', () => undefined);
      const result = 1_000 + Number(decodeData(task.message)) + 100_000 * token.attempt;
      this.#say({ kind: 'complete', token, result }, `complete.${task.token}`, goOn);
    });
  }

  #say(order: QueueOrderMessage, id: string, then: () => void) {
    this.#client.ask({ op: 'queue-order', path: QUEUE, order: orderData(order), id }, (result, isFirst) => {
      const isRight = result.ok
        ? decodeData((result.value as QueueReplied).reply) instanceof Variant
        : result.code === 'lease-lost';
      demand(isRight, 'tasks', () => `${order.kind}: ${JSON.stringify(result)}`);
      if (isFirst) then();
    });
  }

  /** Until the queue is empty and nothing comes any more. */
  #look() {
    const wasOpen = this.#client.open > 0;
    this.#client.ask({ op: 'inspect', path: QUEUE }, (result, isFirst) => {
      if (!isFirst) return;
      demand(result.ok, 'tasks', () => `inspect: ${JSON.stringify(result)}`);
      const { state } = (result as { value: unknown }).value as Inspected;
      const queue = QueueState.read(decodeData(state) as SeqMap);
      const counters = ['ready', 'leased', 'waiting', 'kept'] as const;
      this.#seen = counters.map((name) => `${queue.get(name)} ${name}`).join(', ');
      this.#done = !wasOpen && queue.size === 0 && queue.get('kept') === 0;
      if (!this.#done) this.#cluster.scheduler.after(LOOK, () => this.#look());
    });
  }

  // ── Checks ──

  /** J1, J3 and J4, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    const tasks = readQueue(journals.get(QUEUE));
    const results = new Map<Data, Data | undefined>();
    for (const [at, { message, closed, result }] of tasks.entries()) {
      demand(closed === 1, 'tasks', () => `task ${at + 1} was closed ${closed} times`);
      demand(!results.has(message), 'tasks', () => `task ${message} came twice`);
      results.set(message, result);
    }
    for (const path of BOSSES) {
      for (const { message, patch } of journals.get(path)?.records ?? []) {
        if (!(message instanceof Variant)) continue;
        const [id] = message.fields as [number];
        demand(results.has(id), 'tasks', () => `task ${id} of ${path} did not reach the queue`);
        if (message.tag !== 'Order') continue;
        const got = patch.set.find(([key]) => key === id)?.[1];
        demand(got === results.get(id), 'tasks', () => `${path} got ${got} of ${id}, not ${results.get(id)}`);
      }
    }
    for (const [id, isOk] of this.#told) {
      const isCompleted = results.get(id) !== undefined;
      demand(isOk === isCompleted, 'tasks', () => `the ask for ${id}: ${isOk}, completed: ${isCompleted}`);
    }
  }

  #id(): string {
    return `task-${this.#nextId++}-${this.#client.open}`;
  }
}

interface SeenTask {
  readonly message: Data;
  closed: number;
  result: Data | undefined;
  attempt: number;
}

const ORDERS: ReadonlySet<string> = new Set([
  'Take',
  'Renew',
  'Complete',
  'Fail',
  'Configure',
  'Drop',
  'Bury',
  'Alarm',
]);

/** What the journal of a queue says of its tasks, in the order of their numbers. */
function readQueue(journal: ActorJournal | undefined): readonly SeenTask[] {
  const tasks: SeenTask[] = [];
  const of = (number: unknown) => tasks[Number(number) - 1]!;
  for (const { kind, message, reply } of journal?.records ?? []) {
    if (kind !== 'turn' || message === null) continue;
    if (!(message instanceof Variant) || !ORDERS.has(message.tag)) {
      tasks.push({ message, closed: 0, result: undefined, attempt: 0 });
      continue;
    }
    const [first, second] = message.fields;
    const said = reply instanceof Variant ? reply : undefined;
    if (message.tag === 'Take')
      for (const [number, attempt] of (reply as List).toArray().map((each) => (each as List).toArray())) {
        const task = of(number);
        const isNext = attempt === task.attempt + 1 && task.attempt < OPTIONS.attemptsMax;
        demand(isNext && task.closed === 0, 'tasks', () => `attempt ${attempt} of task ${number}`);
        task.attempt++;
      }
    if (said?.tag === 'Completed') {
      const task = of(parseToken(first as string)!.number);
      task.closed++;
      task.result = second;
    }
    if (said?.tag === 'Failed' && said.fields[0] === 0) of(parseToken(first as string)!.number).closed++;
    if (said?.tag === 'Buried' && said.fields[0] === 1) of(first).closed++;
  }
  return tasks;
}
