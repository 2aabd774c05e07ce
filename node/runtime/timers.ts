// The timers of one shard group, on its leader. Pure: the caller reads the store and writes the log.
//
// A timer is two rows: its action, by owner and id; and its due row, in the order of due times. Only the next
// due rows are in memory, so that a million timers cost only disk. Cancelling deletes the action; the due
// row, whose place the canceller need not know, is deleted when it is due.
//
// Invariants
//  M1  A timer fires by the log entry that deletes its due row and delivers its message, so once.
//  M2  It fires at its due time or later, by the group's wall time, which never goes back and runs on while
//      clocks are behind it.
//  M3  The timers of an actor fire in the order in which they are due: those that are taken together are
//      fired in that order, and none is taken meanwhile.
//  M4  The window holds every due row before its end, of the store and of entries that are not applied yet;
//      except skipped ones, whose owner did not run: they stay in the store until `rewind`.
import { invariant } from '../base/assert.ts';
import type { ActorPath, Millis } from '../base/ids.ts';
import { compareDue, type DueKey } from '../journal/timer-keys.ts';
import type { Repetition, TimerContent } from './actor/timer-row.ts';

/** What an entry of the log is to change. */
export type TimerMutation =
  | {
      readonly kind: 'put-timer';
      readonly owner: ActorPath;
      readonly id: string;
      readonly content: TimerContent;
    }
  | { readonly kind: 'delete-timer'; readonly owner: ActorPath; readonly id: string }
  | ({ readonly kind: 'put-due' | 'delete-due' } & DueKey)
  /** The highest wall time of the group. */
  | { readonly kind: 'wall'; readonly wall: number };

/** Mutations that go into one entry. `number` is to be given to `applied` once the store has them. */
export interface TimerBatch {
  readonly number: number;
  readonly mutations: readonly TimerMutation[];
}

export interface Firing extends TimerBatch {
  /** Undefined: it was cancelled, or a missed occurrence is skipped. */
  readonly deliver: TimerContent | undefined;
}

/** A page of due rows: see ScanResult of node/journal/store-port.ts. */
export type DuePage = { readonly rest: readonly DueKey[] } | { readonly part: readonly DueKey[] };

export interface TimerLimits {
  /** Due rows in memory; a page is read once fewer than half are left. */
  readonly windowRows: number;
  /** Timers that fire in a second, at the most, so that overdue ones do not drown everything else. */
  readonly perSecond: number;
}

interface Unapplied {
  readonly batch: number;
  readonly isSet: boolean;
  readonly key: DueKey;
}

interface Taken {
  readonly key: DueKey;
  cancelled: boolean;
}

/** In the place of an incarnation: what timers send has numbers of its own, those of the group. */
export const TIMER_SENDER = 'timer';

const FIRST: DueKey = { due: -1, owner: '' as ActorPath, id: '' };

export class GroupTimers {
  readonly #limits: TimerLimits;
  /** Sorted. */
  #window: DueKey[] = [];
  /** The last row that the window can hold; undefined: it holds all. */
  #end: DueKey | undefined = FIRST;
  #reading = false;
  /** What is being read is of no use: all is to be read again. */
  #rewound = false;
  /** On their way, by owner, in their order: whether they were cancelled meanwhile. */
  readonly #taken = new Map<ActorPath, Taken[]>();
  /** Due rows that entries put or delete which are not applied, by key. */
  readonly #unapplied = new Map<string, Unapplied>();
  /** Timers that such entries cancel, by owner and id, with the number of the entry. */
  readonly #cancelled = new Map<string, number>();
  #batches = 0;
  #applied = 0;
  #wall: number;
  #kept: number;
  #now: Millis | undefined;
  #tokens: number;

  /** `kept` is the highest wall time that the store holds of the group, 0 for none. */
  constructor(limits: TimerLimits, kept: number) {
    this.#limits = limits;
    this.#kept = kept;
    this.#wall = kept;
    this.#tokens = limits.perSecond;
  }

  // ── Time ──

  get wall(): number {
    return this.#wall;
  }

  /** M2. `now` is monotonic, `wall` what the clock of this node shows. */
  advance({ now, wall }: { readonly now: Millis; readonly wall: number }): void {
    const passed = this.#now === undefined ? 0 : Math.max(0, now - this.#now);
    this.#now = now;
    this.#wall = Math.max(Math.floor(wall), this.#wall + Math.floor(passed));
    const { perSecond } = this.#limits;
    this.#tokens = Math.min(perSecond, this.#tokens + (passed * perSecond) / 1000);
  }

  /** When there is something to take, by the group's wall time; undefined: nothing that is known. */
  get nextDue(): number | undefined {
    return this.#window.find(({ owner }) => !this.#taken.has(owner))?.due;
  }

  // ── Setting and cancelling ──

  /** `delayMs` counts from the group's wall time. */
  set(owner: ActorPath, id: string, what: Omit<TimerContent, 'due'>, delayMs: number): TimerBatch {
    invariant(what.every === undefined || what.every.periodMs > 0, 'a period is above 0');
    const key = { due: this.#wall + Math.max(0, Math.ceil(delayMs)), owner, id };
    const number = ++this.#batches;
    this.#cancelled.delete(nameOf(owner, id));
    this.#change(number, key, true);
    this.#insert(key);
    const mutations: TimerMutation[] = [
      { kind: 'put-timer', owner, id, content: { ...what, due: key.due } },
      { kind: 'put-due', ...key },
    ];
    return { number, mutations: this.#withWall(mutations) };
  }

  /** Also for a timer that has fired, or never was. */
  cancel(owner: ActorPath, id: string): TimerBatch {
    const number = ++this.#batches;
    for (const taken of this.#taken.get(owner) ?? []) if (taken.key.id === id) taken.cancelled = true;
    const name = nameOf(owner, id);
    this.#cancelled.delete(name);
    this.#cancelled.set(name, number);
    return { number, mutations: [{ kind: 'delete-timer', owner, id }] };
  }

  /** The number of the newest batch. */
  get newest(): number {
    return this.#batches;
  }

  /** The store has what the entry with this number, and all before it, changed. */
  applied(number: number): void {
    this.#applied = Math.max(this.#applied, number);
    // What a page holds may be older: it was read before the store had this.
    if (this.#reading) return;
    for (const [name, { batch }] of this.#unapplied) {
      if (batch > this.#applied) break;
      this.#unapplied.delete(name);
    }
    for (const [name, batch] of this.#cancelled) {
      if (batch > this.#applied) break;
      this.#cancelled.delete(name);
    }
  }

  // ── The window ──

  /** Behind which row the next page is to be read from; undefined: none is to be read now. */
  pageToRead(): { readonly after: DueKey | undefined; readonly limit: number } | undefined {
    const { windowRows } = this.#limits;
    if (this.#reading || this.#end === undefined || this.#window.length > windowRows / 2) return undefined;
    this.#reading = true;
    return { after: this.#end === FIRST ? undefined : this.#end, limit: windowRows };
  }

  /** What was found there. */
  read(page: DuePage): void {
    invariant(this.#reading, 'a page of timers was not asked for');
    this.#reading = false;
    if (this.#rewound) {
      this.#rewound = false;
      return this.applied(0);
    }
    const start = this.#end!;
    const rows = 'rest' in page ? page.rest : page.part;
    this.#end = 'rest' in page ? undefined : rows.at(-1)!;
    // M4. The store may lack what is not applied yet, or still hold it.
    const found = new Map(rows.map((key) => [textOf(key), { ...key }]));
    for (const [name, { isSet, key }] of this.#unapplied)
      if (!isSet) found.delete(name);
      else if (compareDue(key, start) > 0 && this.#holds(key)) found.set(name, key);
    for (const taken of this.#taken.values()) for (const { key } of taken) found.delete(textOf(key));
    this.#window = [...this.#window, ...[...found.values()].sort(compareDue)];
    this.applied(0);
  }

  #holds(key: DueKey): boolean {
    return this.#end === undefined || compareDue(key, this.#end) <= 0;
  }

  #insert(key: DueKey): void {
    if (!this.#holds(key)) return;
    const window = this.#window;
    let low = 0;
    for (let high = window.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (compareDue(window[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    window.splice(low, 0, key);
    // While a page is read its beginning must stay the end of the window.
    if (window.length <= 2 * this.#limits.windowRows || this.#reading) return;
    window.length = this.#limits.windowRows;
    this.#end = window.at(-1)!;
  }

  /** The newest stand last. */
  #change(batch: number, key: DueKey, isSet: boolean): void {
    const name = textOf(key);
    this.#unapplied.delete(name);
    this.#unapplied.set(name, { batch, isSet, key });
  }

  // ── Firing ──

  /**
   * The timers that are to fire now, `most` at most; what each does is then to be read, and given to `fire`
   * in the same order.
   */
  take(most = Number.POSITIVE_INFINITY): DueKey[] {
    const taken: DueKey[] = [];
    const left: DueKey[] = [];
    // Owners of which some were taken before, or cannot be taken yet.
    const waiting = new Set(this.#taken.keys());
    let at = 0;
    for (; at < this.#window.length && this.#tokens >= 1 && taken.length < most; at++) {
      const key = this.#window[at]!;
      if (key.due > this.#wall) break;
      // What one does that is not applied yet cannot be read.
      if (this.#unapplied.get(textOf(key))?.isSet) waiting.add(key.owner);
      if (waiting.has(key.owner)) left.push(key);
      else {
        this.#tokens--;
        // The store may not have the cancelling yet when it is read, and have it when the timer fires.
        const of = this.#taken.get(key.owner) ?? [];
        of.push({ key, cancelled: this.#isCancelled(key) });
        this.#taken.set(key.owner, of);
        taken.push(key);
      }
    }
    if (taken.length > 0) this.#window = [...left, ...this.#window.slice(at)];
    return taken;
  }

  /**
   * `content` as it is stored, if it is. What is delivered is to be part of the entry that holds the
   * mutations. M1
   */
  fire(key: DueKey, content: TimerContent | undefined): Firing {
    const [taken] = this.#taken.get(key.owner) ?? [];
    invariant(taken?.key === key, 'a timer fires that is not the next of its owner');
    this.#untake(key);
    const number = ++this.#batches;
    this.#change(number, key, false);
    const mutations: TimerMutation[] = [{ kind: 'delete-due', ...key }];
    if (content === undefined || taken.cancelled || this.#isCancelled(key))
      return { number, mutations, deliver: undefined };
    const { every } = content;
    if (every === undefined) mutations.push({ kind: 'delete-timer', owner: key.owner, id: key.id });
    else {
      const { owner, id } = key;
      const next = { owner, id, due: nextOccurrence(key.due, every, this.#wall) };
      mutations.push(
        { kind: 'put-timer', owner, id, content: { ...content, due: next.due } },
        { kind: 'put-due', ...next },
      );
      this.#change(number, next, true);
      this.#insert(next);
      this.#putBackAfter(next);
    }
    const isSkipped = every?.missed === 'skip' && this.#wall - key.due >= every.periodMs;
    return { number, mutations: this.#withWall(mutations), deliver: isSkipped ? undefined : content };
  }

  #isCancelled({ owner, id }: DueKey): boolean {
    return this.#cancelled.has(nameOf(owner, id));
  }

  /** M3. An occurrence that is due already comes before what was taken and is due later. */
  #putBackAfter(next: DueKey): void {
    const taken = this.#taken.get(next.owner) ?? [];
    const after = taken.filter(({ key }) => compareDue(next, key) <= 0);
    if (after.length === 0) return;
    const before = taken.slice(0, taken.length - after.length);
    if (before.length > 0) this.#taken.set(next.owner, before);
    else this.#taken.delete(next.owner);
    this.#tokens += after.length;
    // Copies: what was taken is told from what is taken again.
    for (const { key } of after) this.#insert({ ...key });
  }

  #untake({ owner, id, due }: DueKey): void {
    const others = (this.#taken.get(owner) ?? []).filter(({ key }) => key.id !== id || key.due !== due);
    if (others.length > 0) this.#taken.set(owner, others);
    else this.#taken.delete(owner);
  }

  /** False for what was taken before a `rewind`, or put back. */
  isTaken(key: DueKey): boolean {
    return this.#taken.get(key.owner)?.some((taken) => taken.key === key) ?? false;
  }

  /** Its owner does not run: it stays in the store, and is out of the way until `rewind`. */
  leave(key: DueKey): void {
    this.#untake(key);
    this.#tokens++;
  }

  /**
   * Owners that did not run do so now: all timers are read again, in their order. What was taken is not to be
   * fired any more.
   */
  rewind(): void {
    this.#rewound = this.#reading;
    this.#window = [];
    this.#end = FIRST;
    this.#taken.clear();
  }

  #withWall(mutations: TimerMutation[]): TimerMutation[] {
    if (this.#wall > this.#kept) {
      this.#kept = this.#wall;
      mutations.push({ kind: 'wall', wall: this.#wall });
    }
    return mutations;
  }
}

/** The occurrences stay a whole number of periods apart, however late they fire. */
function nextOccurrence(due: number, { periodMs, missed }: Repetition, wall: number): number {
  if (missed === 'all') return due + periodMs;
  return due + Math.max(1, Math.floor((wall - due) / periodMs) + 1) * periodMs;
}

const textOf = ({ due, owner, id }: DueKey): string => `${due} ${owner} ${id}`;
const nameOf = (owner: ActorPath, id: string): string => `${owner} ${id}`;
