// The state of a queue of tasks: an ordinary Map, journaled and replicated as that of any actor, and read by
// people who inspect it.
//
//   "queue" 1 (version)
//   "lease-ms" "attempts-max" "back-off-ms" "capacity"   the options
//   "first" "next"     tasks FIRST … NEXT-1 were never taken, but for those dropped; NEXT is the next number
//   "again-first" "again-next" "again:K"   tasks that are to be taken again, in their order
//   "ready" "leased" "waiting"   how many tasks may be taken, are at workers, wait for their back-off
//   "kept"             how many entries "task:N" there are
//   "completed" "failed" "expired" "dropped"   how many there ever were; "expired" counts leases
//   "alarm"            when the queue wakes up by itself, ms since 1970; 0: not before it is sent something
//   "task:N"           what is known of a task beside its row: see TaskEntry
//
// A task that was never taken has no entry, so that the state stays small however many tasks wait, and each
// entry is one of its own, so that a record of the journal holds only those that changed.
import { invariant } from '../../base/assert.ts';
import { type Data, SeqMap, type Sym, sym, Variant } from '../../base/value.ts';
import { asCount, asMap, asText } from '../lifecycle/supervisor-spec.ts';

const VERSION = 1;
const TASK = 'task:';
const AGAIN = 'again:';

export interface QueueOptions {
  /** How long a worker has a task, unless it renews the lease. */
  readonly leaseMs: number;
  /** How often a task is given to workers before it has failed. */
  readonly attemptsMax: number;
  /** Before the second attempt; twice as long before each further one, up to BACK_OFF_MS_MAX. */
  readonly backOffMs: number;
  /** Tasks that the queue holds; more wait at their senders. */
  readonly capacity: number;
}

export const DEFAULT_OPTIONS: QueueOptions = {
  leaseMs: 30_000,
  attemptsMax: 5,
  backOffMs: 1000,
  capacity: 100_000,
};
export const LEASE_MS_MIN = 10;
export const LEASE_MS_MAX = 86_400_000;
export const ATTEMPTS_MAX = 1000;
export const BACK_OFF_MS_MAX = 3_600_000;
export const CAPACITY_MAX = 10_000_000;
/** Entries that a queue may have: tasks at workers, or that failed and are to be tried again. */
export const KEPT_MAX = 10_000;

/**
 * - `leased`: at a worker until `at`, or until the queue notices that this has passed.
 * - `waiting`: failed, and may be taken again from `at` on.
 * - `ready`: may be taken again; `at` is its place in the order of these. After a lease that ran out,
 *   `secret` still completes it.
 * - `dead`: is to be buried: its sender is told `reason`, and its row goes.
 * - `gone`: was dropped before it was ever taken, and the tasks before it were not.
 */
export interface TaskEntry {
  readonly status: 'leased' | 'waiting' | 'ready' | 'dead' | 'gone';
  /** How often it was given to a worker. */
  readonly attempt: number;
  readonly at: number;
  /** The part of the newest lease's token that nobody else can know; empty once that is void. */
  readonly secret: string;
  readonly worker: string;
  /** Why the newest attempt failed. */
  readonly reason: string;
}

const COUNTERS = [
  'first',
  'next',
  'again-first',
  'again-next',
  'ready',
  'leased',
  'waiting',
  'kept',
  'completed',
  'failed',
  'expired',
  'dropped',
  'alarm',
] as const;
export type Counter = (typeof COUNTERS)[number];

/** The state of a queue while it handles one message. */
export class QueueState {
  #map: SeqMap;

  private constructor(map: SeqMap) {
    this.#map = map;
  }

  /** Of the empty Map, which a new queue has, too. Throws for a Map that is none of a queue. */
  static read(map: SeqMap): QueueState {
    if (map.size > 0) {
      asCount(map.get('queue'));
      return new QueueState(map);
    }
    const entries: (readonly [string, Data])[] = COUNTERS.map((name) => [name, 0]);
    const numbers = entries.map(([name]): [string, Data] => [name, STARTS_AT_1.has(name) ? 1 : 0]);
    const state = new QueueState(SeqMap.from<Data>([['queue', VERSION], ...numbers]));
    state.options = DEFAULT_OPTIONS;
    return state;
  }

  get map(): SeqMap {
    return this.#map;
  }

  get options(): QueueOptions {
    const of = (key: string) => asCount(this.#map.get(key));
    return {
      leaseMs: of('lease-ms'),
      attemptsMax: of('attempts-max'),
      backOffMs: of('back-off-ms'),
      capacity: of('capacity'),
    };
  }

  set options({ leaseMs, attemptsMax, backOffMs, capacity }: QueueOptions) {
    this.#map = this.#map
      .set('lease-ms', leaseMs)
      .set('attempts-max', attemptsMax)
      .set('back-off-ms', backOffMs)
      .set('capacity', capacity);
  }

  get(counter: Counter): number {
    return asCount(this.#map.get(counter));
  }

  set(counter: Counter, value: number): void {
    invariant(value >= 0, () => `the counter ${counter} of a queue falls below 0`);
    this.#map = this.#map.set(counter, value);
  }

  add(counter: Counter, by: number): void {
    if (by !== 0) this.set(counter, this.get(counter) + by);
  }

  /** Tasks that the queue holds: all that are neither completed, nor failed, nor dropped. */
  get size(): number {
    return this.get('ready') + this.get('leased') + this.get('waiting');
  }

  /** How many tasks may be taken now. */
  get takeable(): number {
    const noneAgain = this.get('again-first') === this.get('again-next');
    return noneAgain && this.get('kept') >= KEPT_MAX ? 0 : this.get('ready');
  }

  /** The task that is to be taken next, more or less: it may have been dropped or completed. */
  get nextToTake(): number | undefined {
    if (this.get('ready') === 0) return undefined;
    const again = this.#map.get(AGAIN + this.get('again-first'));
    return again === undefined ? this.get('first') : asCount(again);
  }

  task(number: number): TaskEntry | undefined {
    const stored = this.#map.get(TASK + number);
    return stored === undefined ? undefined : readEntry(stored);
  }

  /** Whether the task is there and was never taken. */
  isUntaken(number: number): boolean {
    return number >= this.get('first') && number < this.get('next') && this.task(number) === undefined;
  }

  put(number: number, entry: TaskEntry): void {
    if (!this.#map.has(TASK + number)) this.add('kept', 1);
    this.#map = this.#map.set(TASK + number, entryData(entry));
  }

  remove(number: number): void {
    if (!this.#map.has(TASK + number)) return;
    this.#map = this.#map.delete(TASK + number);
    this.add('kept', -1);
  }

  /** In no order. */
  *tasks(): Iterable<readonly [number: number, entry: TaskEntry]> {
    for (const [key, value] of this.#map.entries())
      if (typeof key === 'string' && key.startsWith(TASK))
        yield [Number(key.slice(TASK.length)), readEntry(value)];
  }

  /** Returns its place. */
  pushAgain(number: number): number {
    const place = this.get('again-next');
    this.#map = this.#map.set(AGAIN + place, number);
    this.set('again-next', place + 1);
    return place;
  }

  /** The first of the tasks that are to be taken again, and its place; undefined where there is none. */
  shiftAgain(): { readonly number: number; readonly place: number } | undefined {
    const place = this.get('again-first');
    if (place === this.get('again-next')) return undefined;
    const number = asCount(this.#map.get(AGAIN + place));
    this.#map = this.#map.delete(AGAIN + place);
    this.set('again-first', place + 1);
    return { number, place };
  }
}

const STARTS_AT_1: ReadonlySet<string> = new Set(['first', 'next', 'again-first', 'again-next']);

function entryData({ status, attempt, at, secret, worker, reason }: TaskEntry): SeqMap {
  const optional: [string, Data][] = [
    ['at', at],
    ['secret', secret],
    ['worker', worker],
    ['reason', reason],
  ];
  return SeqMap.from<Data>([
    ['status', sym(status)],
    ['attempt', attempt],
    ...optional.filter(([, value]) => value !== '' && value !== 0),
  ]);
}

function readEntry(data: Data): TaskEntry {
  const map = asMap(data, 'A task');
  const optional = (key: string) => (map.has(key) ? asText(map.get(key), key) : '');
  return {
    status: (map.get('status') as Sym).name as TaskEntry['status'],
    attempt: asCount(map.get('attempt')),
    at: map.has('at') ? asCount(map.get('at')) : 0,
    secret: optional('secret'),
    worker: optional('worker'),
    reason: optional('reason'),
  };
}

/** How long a task waits after its `attempt`-th attempt failed. */
export function backOffMs({ backOffMs: first }: QueueOptions, attempt: number): number {
  return Math.min(first * 2 ** Math.min(attempt - 1, 32), BACK_OFF_MS_MAX);
}

/** What a worker has of a lease: number and attempt for people, and a secret. */
export interface Token {
  readonly number: number;
  readonly attempt: number;
  readonly secret: string;
}

export const tokenText = ({ number, attempt, secret }: Token): string => `${number}.${attempt}.${secret}`;

/** Undefined for a text that is no token. */
export function parseToken(text: string): Token | undefined {
  const [, number, attempt, secret] = /^([1-9]\d{0,14})\.([1-9]\d{0,5})\.([0-9a-z]{1,32})$/.exec(text) ?? [];
  if (secret === undefined) return undefined;
  return { number: Number(number), attempt: Number(attempt), secret };
}

/** Said of what is refused: in the place of a reply. */
export const refusedReply = (code: string, message: string): Data =>
  new Variant<Data>('Refused', [code, message]);
