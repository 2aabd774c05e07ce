// The queues of one shard at work, on the node that leads it: the rows of their tasks, workers that wait for
// a task, and tasks that are to be closed.
//
// Invariants
//  T1  The row of a task is written in the entry that takes the task in, and deleted in the one that
//      closes it.
//  T2  A worker that waits is in memory only. It asks again when there may be a task for it, and is sent
//      elsewhere when the lead is lost.
import { invariant } from '../../base/assert.ts';
import type { ActorPath, Millis, SenderName } from '../../base/ids.ts';
import type { SeqMap } from '../../base/value.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { taskKey } from '../../journal/task-keys.ts';
import type { Actor } from '../actor/actor.ts';
import { type Change, withMore } from '../actor/change.ts';
import { encodePayload } from '../actor/payload.ts';
import type { Metric, RuntimeContext } from '../context.ts';
import type { DeadLetters } from '../dead-letters.ts';
import type { Envelope, Payload } from '../envelope.ts';
import type { RowChange } from '../shard/entry.ts';
import { TIMER_SENDER } from '../timers.ts';
import { orderData } from './queue-orders.ts';
import { isQueue, type QueueInput, type TaskWant } from './queue-ref.ts';
import { type Counter, QueueState } from './queue-state.ts';
import { readTaskRow, readTasks } from './stored-tasks.ts';
import { encodeTask, type QueuedTask } from './task-row.ts';

export interface ShardTasksOwner {
  /** The actor if it is in memory. */
  find(path: ActorPath): Actor | undefined;
  deliver(envelope: Envelope): void;
}

/** A worker that waits for a task. One of the three is called, once. */
export interface WaitingWorker {
  readonly deadline: Millis;
  again(): void;
  over(): void;
  /** The lead is lost. */
  lost(): void;
}

/** A queue in this moment. */
export interface QueueGauge {
  readonly path: ActorPath;
  readonly ready: number;
  readonly leased: number;
  readonly waiting: number;
  /** Workers that wait for a task. */
  readonly workers: number;
  /** When the task came that is to be taken next, in milliseconds since 1970; undefined: there is none. */
  readonly oldest: number | undefined;
}

/** What the message of a queue's turn is; undefined where the actor is none. */
export function queueInputOf(
  { path, head }: Actor,
  { payload, sender, origin }: Envelope,
  order: (Payload & { readonly kind: 'task-order' }) | undefined,
  trusts: boolean,
): QueueInput | undefined {
  if (head === undefined || !isQueue(head.code)) return undefined;
  if (order !== undefined) return { kind: 'order', row: order.row, trusts };
  if (origin?.source === `a:${path}#${TIMER_SENDER}`) return { kind: 'order', row: undefined };
  // A client has no name, and a volatile message no origin.
  const source = origin?.source.startsWith('a:')
    ? origin.source.slice(2)
    : `${sender || path}#${payload.kind}`;
  return { kind: 'task', sender: source as SenderName };
}

const COUNTED: readonly (readonly [Counter, Metric])[] = [
  ['next', 'tasks-queued'],
  ['completed', 'tasks-completed'],
  ['failed', 'tasks-failed'],
  ['expired', 'task-leases-expired'],
];

export class ShardTasks {
  readonly #context: RuntimeContext;
  readonly #keys: GroupKeys;
  readonly #deadLetters: Pick<DeadLetters, 'add'>;
  readonly #owner: ShardTasksOwner;
  readonly #waiting = new Map<ActorPath, Set<WaitingWorker>>();
  /** Queues whose turn may have made a task ready. */
  readonly #woken = new Set<ActorPath>();
  #dead: (readonly [queue: ActorPath, number: number])[] = [];
  /** Tasks whose rows are in entries that are not stored yet. */
  readonly #unstored = new Set<string>();
  /** Queues in memory, and of each the task that is to be taken next: its number, and when it came. */
  readonly #queues = new Map<ActorPath, { next: number | undefined; at: number | undefined }>();
  #closed = false;

  constructor(
    context: RuntimeContext,
    keys: GroupKeys,
    deadLetters: Pick<DeadLetters, 'add'>,
    owner: ShardTasksOwner,
  ) {
    this.#context = context;
    this.#keys = keys;
    this.#deadLetters = deadLetters;
    this.#owner = owner;
  }

  /** The queue is in memory. */
  loaded(actor: Actor): void {
    const { path, head } = actor;
    if (head === undefined || !isQueue(head.code)) return;
    this.#queues.set(path, { next: undefined, at: undefined });
    // A seeded mistake: a new leader does not know what workers have.
    if (this.#context.faults.has('lease-forgotten-at-failover')) actor.state = withoutLeases(actor.state);
  }

  /** The change of a turn of a queue, with the rows of its tasks. */
  turned(actor: Actor, change: Change, wants: readonly TaskWant[]): Change {
    const { path } = actor;
    this.#count(actor.state, change.state);
    this.#woken.add(path);
    if (!this.#queues.has(path)) this.#queues.set(path, { next: undefined, at: undefined });
    const rows: RowChange[] = [];
    const kept: string[] = [];
    for (const want of wants) {
      if (want.kind === 'dead') this.#dead.push([path, want.number]);
      else if (want.kind === 'letter') rows.push(...this.#letter(path, want.row, want.reason));
      else if (want.kind === 'close') rows.push([taskKey(this.#keys, path, want.number), null]);
      else {
        const record = change.update.record?.sequence;
        invariant(record !== undefined, () => `${path} takes in task ${want.number} without a record`);
        rows.push([taskKey(this.#keys, path, want.number), encodeTask({ ...want.source, record })]);
        kept.push(nameOf(path, want.number));
      }
    }
    if (rows.length === 0) return change;
    for (const name of kept) this.#unstored.add(name);
    const committed = () => {
      change.committed?.();
      for (const name of kept) this.#unstored.delete(name);
    };
    return { ...withMore(change, { rows }), committed };
  }

  #count(before: SeqMap, after: SeqMap): void {
    const [was, is] = [QueueState.read(before), QueueState.read(after)];
    for (const [counter, metric] of COUNTED) {
      const more = is.get(counter) - was.get(counter);
      if (more > 0) this.#context.count(metric, more);
    }
  }

  #letter(receiver: ActorPath, { sender, message }: QueuedTask, reason: string): readonly RowChange[] {
    const payload = encodePayload({ kind: 'message', message, ask: null });
    return this.#deadLetters.add({ sender, receiver, code: 'task-failed', reason, payload });
  }

  // ── Workers that wait ──

  /** The worker found no task; there may be one by now. */
  wait(path: ActorPath, worker: WaitingWorker): void {
    if (this.#closed) return worker.lost();
    if (this.#takeable(path) > 0) return worker.again();
    const waiting = this.#waiting.get(path);
    if (waiting === undefined) this.#waiting.set(path, new Set([worker]));
    else waiting.add(worker);
  }

  #takeable(path: ActorPath): number {
    return this.#stateOf(path)?.takeable ?? 0;
  }

  /** Lets workers ask again for which there may be a task, and closes what is to be closed. */
  pump(): void {
    for (const path of this.#woken) {
      this.#woken.delete(path);
      const waiting = this.#waiting.get(path);
      if (waiting === undefined) continue;
      let left = this.#takeable(path);
      for (const worker of waiting) {
        if (left-- <= 0) break;
        waiting.delete(worker);
        worker.again();
      }
      if (waiting.size === 0) this.#waiting.delete(path);
    }
    if (this.#dead.length > 0) this.#bury(this.#dead.splice(0));
  }

  #bury(dead: readonly (readonly [queue: ActorPath, number: number])[]): void {
    for (const [path, of] of Map.groupBy(dead, ([path]) => path)) {
      const numbers = of.map(([, number]) => number);
      readTasks(this.#context, this.#keys, path, numbers, (tasks) => {
        if (this.#closed) return;
        for (const [at, number] of numbers.entries()) {
          const row = tasks[at];
          // The queue comes back to it.
          if (row === undefined && this.#unstored.has(nameOf(path, number))) continue;
          const order = orderData({ kind: 'bury', number });
          const payload = { kind: 'task-order', order, ...(row && { row }) } as const;
          this.#owner.deliver({ to: path, sender: '', origin: null, payload });
        }
      });
    }
  }

  tick(now: Millis): void {
    for (const [path, waiting] of this.#waiting) {
      for (const worker of waiting) {
        if (now < worker.deadline) continue;
        waiting.delete(worker);
        worker.over();
      }
      if (waiting.size === 0) this.#waiting.delete(path);
    }
    for (const [path, seen] of this.#queues) this.#lookAtNext(path, seen);
    this.pump();
  }

  #lookAtNext(path: ActorPath, seen: { next: number | undefined; at: number | undefined }): void {
    const next = this.#stateOf(path)?.nextToTake;
    if (next === seen.next) return;
    seen.next = next;
    seen.at = undefined;
    if (next === undefined) return;
    this.#context.get([taskKey(this.#keys, path, next)], ([bytes]) => {
      if (seen.next !== next) return;
      seen.at = readTaskRow(this.#context, path, next, bytes)?.atMillis;
      // Not stored yet.
      if (bytes === undefined) seen.next = undefined;
    });
  }

  #stateOf(path: ActorPath): QueueState | undefined {
    const actor = this.#owner.find(path);
    if (actor?.phase !== 'ready' || actor.head === undefined || actor.state.size === 0) return undefined;
    return QueueState.read(actor.state);
  }

  gauges(): QueueGauge[] {
    return [...this.#queues].flatMap(([path, { at }]) => {
      const state = this.#stateOf(path);
      if (state === undefined) return [];
      const [ready, leased, waiting] = [state.get('ready'), state.get('leased'), state.get('waiting')];
      const workers = this.#waiting.get(path)?.size ?? 0;
      return [{ path, ready, leased, waiting, workers, oldest: ready === 0 ? undefined : at }];
    });
  }

  close(): void {
    this.#closed = true;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const workers of waiting) for (const worker of workers) worker.lost();
  }
}

const nameOf = (path: ActorPath, number: number): string => `${path} ${number}`;

function withoutLeases(map: SeqMap): SeqMap {
  if (map.size === 0) return map;
  const state = QueueState.read(map);
  for (const [number, { status }] of state.tasks()) if (status === 'leased') state.remove(number);
  return state.map;
}
