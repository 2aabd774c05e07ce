// The timers of one shard: GroupTimers decides, this file connects it to the store, the log and the outbox.
//
// A due timer becomes a message of its owner, through the outbox, in the entry that deletes the timer. So
// timers behave like messages between actors: they take effect once, wait for a full receiver, and become
// dead letters.
//
// Invariants
//  R1  A timer belongs to one life of its owner. It fires only while its owner runs in that life.
//  R2  A timer that is due while its owner is stopped, or in a new life, is dropped; while the owner has
//      failed or is suspended, it waits.
//  R3  Numbers of timer messages grow in the order of their entries, under any leader.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath, SenderName } from '../../base/ids.ts';
import { counterBytes, type GroupKeys, parseCounter } from '../../journal/keys.ts';
import { type DueKey, dueKey, duesAfter, parseDueKey, timerKey } from '../../journal/timer-keys.ts';
import type { Actor } from '../actor/actor.ts';
import type { Change } from '../actor/change.ts';
import { type ActorHead, decodeHead } from '../actor/head-row.ts';
import { encodePayload } from '../actor/payload.ts';
import { decodeTimer, encodeTimer, type TimerContent } from '../actor/timer-row.ts';
import type { RuntimeContext } from '../context.ts';
import { GroupTimers, TIMER_SENDER, type TimerBatch, type TimerMutation } from '../timers.ts';
import type { TimerWant } from '../turn/timer-wants.ts';
import type { Note, OutboxRow, RowChange } from './entry.ts';

const LIMITS = { windowRows: 4096, perSecond: 10_000 };
/** Timers whose rows are read at once. */
const TAKEN_MAX = 256;
const NO_VALUE = new Uint8Array(0);

export interface TimersOwner {
  /** The actor if it is in memory. */
  find(path: ActorPath): Actor | undefined;
  /** Takes the rows for the next entry. */
  note(note: Note): void;
  flush(): void;
}

export class ShardTimers {
  readonly #context: RuntimeContext;
  readonly #keys: GroupKeys;
  readonly #owner: TimersOwner;
  /** Undefined until what is kept of them was read. */
  #timers: GroupTimers | undefined;
  #sent = 0;
  /** Batches that are not applied, in the order of their numbers. */
  readonly #open = new Set<number>();
  /** Whether a timer waits for its owner to run. */
  #left = false;
  #closed = false;

  constructor(context: RuntimeContext, keys: GroupKeys, owner: TimersOwner) {
    this.#context = context;
    this.#keys = keys;
    this.#owner = owner;
  }

  load(done: () => void): void {
    this.#context.get([this.#keys.clock('wall'), this.#keys.clock('sent')], ([wall, sent]) => {
      this.#sent = sent === undefined ? 0 : parseCounter(sent);
      this.#timers = new GroupTimers(LIMITS, wall === undefined ? 0 : parseCounter(wall));
      this.#timers.advance(this.#context.time);
      if (this.#context.faults.has('timer-lost-at-takeover')) {
        this.#timers.pageToRead();
        this.#timers.read({ rest: [] });
      }
      done();
    });
  }

  close(): void {
    this.#closed = true;
  }

  /** The wall time of the group. */
  get wall(): number {
    const { time } = this.#context;
    this.#timers?.advance(time);
    return this.#timers?.wall ?? time.wall;
  }

  // ── Setting and cancelling ──

  /** The change of a turn, with the timers that the turn sets and cancels. */
  turned(actor: Actor, { incarnation }: ActorHead, change: Change, wants: readonly TimerWant[]): Change {
    const timers = this.#timers;
    if (timers === undefined) return change;
    timers.advance(this.#context.time);
    const batches = wants.map((want) => {
      if (want.kind === 'cancel') return timers.cancel(actor.path, want.id);
      const { id, to, message, delayMs, every } = want;
      return timers.set(actor.path, id, { life: incarnation, to, message, every }, delayMs);
    });
    const rows: RowChange[] = [];
    for (const { number, mutations } of batches) {
      this.#open.add(number);
      for (const mutation of mutations) {
        // Notes keep their order, so that the stored time never goes back.
        if (mutation.kind === 'wall') this.#owner.note({ rows: [this.#row(mutation)] });
        else rows.push(this.#row(mutation));
      }
    }
    const committed = () => {
      for (const { number } of batches) this.#applied(number);
    };
    const { update } = change;
    return { ...change, update: { ...update, rows: [...(change.update.rows ?? []), ...rows] }, committed };
  }

  /** Cancels a timer by order of an operator. */
  cancel(owner: ActorPath, id: string, ended: (committed: boolean) => void): void {
    const timers = this.#timers;
    if (timers === undefined || this.#closed) return ended(false);
    const note = this.#noteOf(timers.cancel(owner, id), []);
    this.#owner.note({
      ...note,
      ended: (committed) => {
        note.ended?.(committed);
        ended(committed);
      },
    });
    this.#owner.flush();
  }

  #row(mutation: TimerMutation): RowChange {
    switch (mutation.kind) {
      case 'put-timer':
        return [timerKey(this.#keys, mutation.owner, mutation.id), encodeTimer(mutation.content)];
      case 'delete-timer':
        return [timerKey(this.#keys, mutation.owner, mutation.id), null];
      case 'put-due':
        return [dueKey(this.#keys, mutation), NO_VALUE];
      case 'delete-due':
        return [dueKey(this.#keys, mutation), null];
      case 'wall':
        return [this.#keys.clock('wall'), counterBytes(mutation.wall)];
    }
  }

  #applied(number: number): void {
    const timers = this.#timers;
    this.#open.delete(number);
    const [first] = this.#open;
    timers?.applied(first === undefined ? timers.newest : first - 1);
  }

  /** An actor that did not run does so again. */
  resumed(): void {
    if (!this.#left) return;
    this.#left = false;
    this.#timers?.rewind();
  }

  // ── Firing ──

  /** Fires what is due. */
  tick(): void {
    const timers = this.#timers;
    if (timers === undefined || this.#closed) return;
    timers.advance(this.#context.time);
    this.#read(timers);
    this.#take(timers);
  }

  #read(timers: GroupTimers): void {
    const page = timers.pageToRead();
    if (page === undefined) return;
    const range = { ...duesAfter(this.#keys, page.after), limit: page.limit };
    this.#context.scan(range, (found) => {
      if (this.#closed) return;
      if ('rest' in found) timers.read({ rest: found.rest.map(([key]) => parseDueKey(key)) });
      else timers.read({ part: found.part.map(([key]) => parseDueKey(key)) });
      timers.advance(this.#context.time);
      this.#take(timers);
    });
  }

  #take(timers: GroupTimers): void {
    const taken = timers.take(TAKEN_MAX);
    if (taken.length === 0) return;
    const keys = taken.flatMap(({ owner, id }) => [timerKey(this.#keys, owner, id), this.#keys.head(owner)]);
    this.#context.get(keys, (values) => {
      if (this.#closed) return;
      timers.advance(this.#context.time);
      const notes: Note[] = [];
      for (const [at, key] of taken.entries()) {
        const note = this.#fire(timers, key, values[2 * at], values[2 * at + 1]);
        if (note !== undefined) notes.push(note);
      }
      const [first, ...others] = notes;
      if (first !== undefined) {
        // The first of the entries tells of the numbers of all.
        const sent: RowChange = [this.#keys.clock('sent'), counterBytes(this.#sent)];
        this.#owner.note({ ...first, rows: [...first.rows, sent] });
        for (const note of others) this.#owner.note(note);
        this.#owner.flush();
      }
      this.#read(timers);
      this.#take(timers);
    });
  }

  #fire(timers: GroupTimers, key: DueKey, timer?: Uint8Array, storedHead?: Uint8Array): Note | undefined {
    if (!timers.isTaken(key)) return undefined;
    let content: TimerContent | undefined;
    let head: ActorHead | 'held' | undefined;
    try {
      content = timer && decodeTimer(timer);
      head = content && this.#headOf(key.owner, storedHead);
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      this.#context.log('error', 'timer-damaged', {
        path: key.owner,
        timer: key.id,
        problem: error.message,
      });
      head = 'held';
    }
    if (content === undefined) return this.#noteOf(timers.fire(key, undefined), []);
    const isGone = head === undefined || (head !== 'held' && !isAlive(head, content));
    if (isGone) {
      const gone = this.#row({ kind: 'delete-timer', owner: key.owner, id: key.id });
      return this.#noteOf(timers.fire(key, undefined), [gone]);
    }
    if (head === 'held' || head?.lifecycle !== 'running') {
      this.#left = true;
      timers.leave(key);
      return undefined;
    }
    const fired = timers.fire(key, content);
    const firing = this.#context.faults.has('timer-fires-twice') ? { ...fired, mutations: [] } : fired;
    const { deliver } = firing;
    if (deliver === undefined) return this.#noteOf(firing, []);
    this.#context.count('timers-fired');
    const sender: SenderName = `${key.owner}#${TIMER_SENDER}`;
    const payload = encodePayload({ kind: 'message', message: deliver.message, ask: null });
    const row: OutboxRow = [deliver.to, ++this.#sent, payload];
    return { ...this.#noteOf(firing, []), outbox: { sender, rows: [row] } };
  }

  #noteOf({ number, mutations }: TimerBatch, more: readonly RowChange[]): Note {
    this.#open.add(number);
    const ended = (committed: boolean) => {
      if (committed) this.#applied(number);
    };
    return { rows: [...mutations.map((mutation) => this.#row(mutation)), ...more], ended };
  }

  /** The newest head, committed or not. Throws `journal-damaged`. */
  #headOf(path: ActorPath, stored: Uint8Array | undefined): ActorHead | 'held' | undefined {
    const actor = this.#owner.find(path);
    if (actor?.phase === 'quarantined') return 'held';
    if (actor?.phase === 'ready') return actor.head;
    return stored && decodeHead(stored);
  }
}

/** R2 */
const isAlive = ({ incarnation, lifecycle }: ActorHead, { life }: TimerContent): boolean =>
  incarnation === life && lifecycle !== 'stopped';
