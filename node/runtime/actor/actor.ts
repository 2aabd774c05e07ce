// An actor in the memory of the node that leads its shard.
//
// Invariants
//  A1  `state`, `sequence` and `head` are those after the newest proposed turn; the store has the committed
//      ones.
//  A2  A message that is queued, being checked, or proposed is known by its source in `inFlight`, so a repeat
//      joins it.
//  A3  A committed mark stays in `recent` while a read is under way that may have missed it.
import type { ActorPath, Millis } from '../../base/ids.ts';
import { type Data, encodedBytes, SeqMap } from '../../base/value.ts';
import type { Behaviour } from '../behaviour.ts';
import { Casts, isChildOrder, type Origin, type Payload, type Upgrade } from '../envelope.ts';
import { InFlight } from '../inbox/in-flight.ts';
import { Mailbox } from '../inbox/mailbox.ts';
import { Queue } from '../inbox/queue.ts';
import type { ReplyCache } from '../inbox/reply-cache.ts';
import { Stash } from '../stash.ts';
import type { LongTurn } from '../turn/runner.ts';
import type { WatchRow } from '../watches.ts';
import type { ActorHead } from './head-row.ts';
import type { Item } from './item.ts';
import type { BeforePending, Mark } from './mark-row.ts';
import type { TurnSource } from './source.ts';

const NO_ORDERS: ReadonlySet<Payload['kind']> = new Set(['message', 'answer', 'spawn', 'task-order']);

/** What an operator or its supervisor orders of an actor: it overtakes messages. */
export function isOrder({ envelope: { payload, sender } }: Item): boolean {
  if (isChildOrder(payload)) return true;
  return sender === '' && !NO_ORDERS.has(payload.kind);
}

/** What a turn waits for, here or at whoever asks: it overtakes messages, and waits for no turn. */
export const overtakes = ({ envelope: { payload } }: Item): boolean =>
  payload.kind === 'answer' || payload.kind === 'whereis';

/** A turn that has had a slice and needs another. */
export interface RunningTurn {
  readonly turn: LongTurn;
  readonly item: Item;
  readonly source: TurnSource;
  readonly alsoMark: Origin | null;
  /** The turn makes the new state of the old one, for this. */
  readonly upgrade?: Upgrade;
  /** See Job. */
  readonly watch?: string | undefined;
  /** The order of an operator to stop the actor, which does not wait for the end of the turn. */
  stop: Item | undefined;
}

/** What the actors of a shard hold in memory, of their states and stashes, in bytes as they are stored. */
export interface Held {
  bytes: number;
}

export class Actor {
  readonly path: ActorPath;
  readonly #shard: Held;
  #heldBytes = 0;
  phase: 'loading' | 'ready' | 'quarantined' = 'loading';
  /** Undefined for a path at which no actor ever lived. */
  head: ActorHead | undefined;
  state: SeqMap = SeqMap.empty;
  sequence = 0;
  recordsSinceSnapshot = 0;
  bytesSinceSnapshot = 0;
  /** Turns of a volatile actor since its state was measured. */
  turnsUnmeasured = 0;
  /** The size of `state` at most, in bytes; measured when it passes the limit. */
  stateBytes = Number.POSITIVE_INFINITY;
  /** Watches of it, by their references. */
  readonly watches = new Map<string, WatchRow>();
  /** The behaviour of `head.code`, once it was needed. */
  behaviour: Behaviour | undefined;
  /** What arrived while the actor was loading. */
  arrivals: (Item | Casts)[] = [];
  readonly queue = new Queue();
  /** Volatile messages in `arrivals` and `queue` beyond the first one of each batch. */
  batched = 0;
  /** What overtakes other messages: see overtakes. */
  readonly answers = new Mailbox<Item>();
  /** So do the orders of operators, but not a turn that waits. */
  readonly orders = new Mailbox<Item>();
  /** What it has put aside. */
  readonly stash = new Stash();
  readonly inFlight = new InFlight();
  /** As it was read with a turn that waits: what was refused before its message, of an actor. */
  beforePending: BeforePending | undefined;
  recent: Map<string, Mark> | undefined;
  /** Of a volatile actor, whose messages leave no marks. */
  replies: ReplyCache | undefined;
  /** Messages wait: see shard/back-pressure.ts. */
  paused = false;
  /** While there is one, all other messages wait. */
  running: RunningTurn | undefined;
  /** Reads of marks that are under way. */
  checks = 0;
  /** Updates so far, since the actor was read from the store. */
  updates = 0;
  /** Those of them that are not yet committed. */
  uncommitted = 0;
  /** Whether it stands in its shard's queue of actors that can run. */
  scheduled = false;
  lastUsed: Millis = 0;

  constructor(path: ActorPath, shard: Held = { bytes: 0 }) {
    this.path = path;
    this.#shard = shard;
  }

  /** Its state and stash, in bytes as they are stored, or more: exact at each snapshot. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  set heldBytes(bytes: number) {
    this.#shard.bytes += bytes - this.#heldBytes;
    this.#heldBytes = bytes;
  }

  get isIdle(): boolean {
    return (
      this.phase !== 'loading' &&
      this.uncommitted === 0 &&
      this.checks === 0 &&
      this.running === undefined &&
      this.queue.length === 0 &&
      this.answers.length === 0 &&
      this.orders.length === 0 &&
      this.#unstashed === undefined &&
      !this.stash.isAwaited &&
      this.head?.mode !== 'volatile' &&
      !this.head?.pending
    );
  }

  /** Whether it has a message that it can handle now. */
  get isRunnable(): boolean {
    if (this.phase !== 'ready') return false;
    if (this.running !== undefined || this.answers.length > 0) return true;
    if (this.head?.pending) return false;
    if (this.orders.length > 0 || this.#unstashed !== undefined) return true;
    return this.queue.length > 0 && !this.#isRestarting && !this.paused;
  }

  /** The stashed message that comes next. It stays where it is until the entry of its turn is proposed. */
  get #unstashed(): Item | undefined {
    const { head, stash } = this;
    if (head?.stash === null || head?.stash === undefined || head.lifecycle !== 'running') return undefined;
    return stash.first(head.stash.released);
  }

  /** Messages wait until its supervisor has said how it goes on. */
  get #isRestarting(): boolean {
    return this.head?.lifecycle === 'restarting';
  }

  /** How many messages wait to be handled, or to be let into the mailbox. */
  get waiting(): number {
    return (this.phase === 'loading' ? this.arrivals.length : this.queue.length) + this.batched;
  }

  /**
   * Takes out the message that comes next. Volatile ones stay in the mailbox, until `takeCast` has taken the
   * last one.
   */
  next(): Item | Casts | undefined {
    if (this.answers.length > 0) return this.answers.shift();
    if (this.head?.pending) return undefined;
    if (this.orders.length > 0) return this.orders.shift();
    if (this.#isRestarting) return undefined;
    const unstashed = this.#unstashed;
    if (unstashed !== undefined) return unstashed;
    if (this.paused) return undefined;
    const { first } = this.queue;
    if (!(first instanceof Casts)) this.queue.shift();
    return first;
  }

  /** It is purged: what was known of its journal is so no more. Who lives here next is another. */
  forget(): void {
    this.sequence = 0;
    this.recordsSinceSnapshot = 0;
    this.bytesSinceSnapshot = 0;
    this.turnsUnmeasured = 0;
    this.stateBytes = Number.POSITIVE_INFINITY;
    this.heldBytes = 0;
    this.behaviour = undefined;
    this.replies = undefined;
  }

  /** Takes out the first message of the batch that is first in the mailbox. */
  takeCast(casts: Casts): Data {
    const { size } = casts;
    if (casts.length === 1) this.queue.shift();
    else this.batched--;
    const message = casts.take();
    if (casts.length > 0) this.queue.lost(size - casts.size);
    return message;
  }
}

/**
 * Whether `state`, which may have grown by `growth` bytes, is over `limit`. Measuring a state costs as much
 * as it is large, so it is measured only when it may have outgrown its limit.
 */
export function outgrows(actor: Actor, state: SeqMap, growth: number, limit: number): boolean {
  actor.stateBytes += growth;
  if (actor.stateBytes <= limit) return false;
  actor.stateBytes = encodedBytes(state, limit);
  if (actor.stateBytes <= limit) return false;
  actor.stateBytes = Number.POSITIVE_INFINITY;
  return true;
}
