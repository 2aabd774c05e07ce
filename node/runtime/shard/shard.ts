// The actors of one shard, on the node that leads it: mailboxes, scheduling of turns, and the releases after
// a commit.
//
// Invariants
//  L1  Nothing leaves before its entry is committed in the term in which it was proposed.
//  L2  One message of one source takes effect once: a duplicate is refused or joined while it is under way,
//      and answered from its mark afterwards.
//  L3  Turns of one actor are proposed in the order in which they ran, and the log keeps that order.
//  L4  Losing the leadership drops everything that is not committed; waiters are told to ask elsewhere.
import type { ActorPath, GroupId, SenderName } from '../../base/ids.ts';
import type { SeqMap } from '../../base/value.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { readRange } from '../../journal/scanning.ts';
import type { Actor } from '../actor/actor.ts';
import type { Item, Waiter } from '../actor/item.ts';
import { afterLoad } from '../actor/watch-change.ts';
import type { Behaviour } from '../behaviour.ts';
import type { RuntimeContext } from '../context.ts';
import { DeadLetters } from '../dead-letters.ts';
import type { Casts, Envelope } from '../envelope.ts';
import { Inbox, isQueueFull } from '../inbox/inbox.ts';
import { type Dispatch, Outbox } from '../outbox.ts';
import { findQueues } from '../tasks/find-queues.ts';
import { ShardTasks } from '../tasks/shard-tasks.ts';
import { ActorCache, type Shares } from './actor-cache.ts';
import { BackPressure } from './back-pressure.ts';
import type { Note } from './entry.ts';
import { decodeImportState, type ImportState, importKey } from './import-entry.ts';
import { Proposals } from './proposals.ts';
import { ReadTurns } from './read-turns.ts';
import { ShardHold } from './shard-hold.ts';
import { type Follow, ShardSubscriptions, type SubscriptionView } from './subscriptions.ts';
import { ShardTimers } from './timers.ts';
import { ShardTurns } from './turns.ts';
import { findUnfinished } from './unfinished.ts';

/** What the leader of a shard asks of its node beside the context. */
export interface ShardOwner {
  /** Proposes one entry; returns its index, or undefined when this node leads no more or the log is full. */
  propose(group: GroupId, data: Uint8Array): number | undefined;
  /** `done` learns whether this node has led the group from now on until then, which a majority says. */
  confirm(group: GroupId, done: (leads: boolean) => void): void;
  readonly dispatch: Dispatch;
  readonly follow: Follow;
  /** Sends the volatile messages of a turn. */
  cast(casts: readonly Casts[]): void;
  /** The actors whose outboxes wait for room at `path`. */
  waitingFor(path: ActorPath): Iterable<ActorPath>;
}

/** What an actor does in this moment, as far as memory tells. */
export interface Activity {
  /** A turn that takes long is under way. */
  readonly runs: boolean;
  /** Messages that wait for their turn. */
  readonly mailbox: number;
  /** Turns that are not committed yet. */
  readonly uncommitted: number;
  /** What it sent, and that its receivers have not taken. */
  readonly outboxes: readonly {
    readonly receiver: string;
    readonly messages: number;
    /** The code of why the receiver takes none at the moment, if it said so. */
    readonly putOff: string | null;
  }[];
  /** It handles no messages until its receivers have taken more of what it sent. */
  readonly paused: boolean;
  /** Actors whose outboxes wait for room in its mailbox: a few, and how many there are. */
  readonly senders: { readonly count: number; readonly first: readonly string[] };
  readonly subscriptions: readonly SubscriptionView[];
}

const SENDERS_SHOWN = 5;

export class Shard {
  readonly group: GroupId;
  readonly term: number;
  /** Whether it may take messages: its term is open and its outbox is loaded. */
  ready = false;
  /** The newest import; null where there was none, undefined until that is known. */
  imported: ImportState | null | undefined;
  readonly hold: ShardHold;
  readonly keys: GroupKeys;
  readonly #context: RuntimeContext;
  readonly #actors: ActorCache;
  readonly #inbox: Inbox;
  readonly #turns: ShardTurns;
  #runnable: Actor[] = [];
  readonly outbox: Outbox;
  readonly pressure: BackPressure;
  readonly deadLetters: DeadLetters;
  readonly #timers: ShardTimers;
  readonly #subscriptions: ShardSubscriptions;
  readonly tasks: ShardTasks;
  /** What requests add to the next entry. */
  #notes: Note[] = [];
  readonly #proposals: Proposals;
  readonly #reads: ReadTurns;
  readonly #waitingFor: ShardOwner['waitingFor'];
  #closed = false;

  constructor(group: GroupId, term: number, keys: GroupKeys, context: RuntimeContext, owner: ShardOwner) {
    this.group = group;
    this.term = term;
    this.keys = keys;
    this.#context = context;
    this.#waitingFor = (path) => owner.waitingFor(path);
    this.hold = new ShardHold(() => context.time.now);
    this.deadLetters = new DeadLetters(context, keys);
    this.outbox = new Outbox(context, owner.dispatch, this.deadLetters, (envelope, waiter) =>
      this.deliver(envelope, waiter),
    );
    this.pressure = new BackPressure(context.limits, {
      now: () => context.time.now,
      find: (path) => this.#actors.find(path),
      schedule: (actor) => this.#schedule(actor),
      receiversOf: (path) => this.outbox.receiversOf(path),
      waitingFor: this.#waitingFor,
    });
    this.outbox.counts = (from, to, bytes, by) => this.pressure.count(from, to, bytes, by);
    this.#actors = new ActorCache(context, keys, (actor) => this.#loaded(actor));
    this.#inbox = new Inbox(
      context,
      keys,
      this.#actors,
      (actor) => this.#schedule(actor),
      (actor, item, told) => {
        this.#reads.tell(actor, item, told);
        this.#reads.flush();
      },
    );
    this.#proposals = new Proposals({
      propose: (data) => owner.propose(group, data),
      sends: ({ path, outbox }) => {
        for (const [receiver, , payload] of outbox) this.pressure.count(path, receiver, payload.length, 1);
      },
      outbox: this.outbox,
      deadLetters: this.deadLetters,
      subscribed: (path, subscriptions) => this.#subscriptions.changed(path, subscriptions),
      committed: (actor) => this.#reads.committed(actor),
      resumed: () => this.#timers.resumed(),
    });
    this.#timers = new ShardTimers(context, keys, {
      find: (path) => this.#actors.find(path),
      note: (note) => this.#notes.push(note),
      flush: () => this.flush(),
    });
    this.#subscriptions = new ShardSubscriptions(context, keys, {
      follow: owner.follow,
      deliver: (envelope, waiter) => this.deliver(envelope, waiter),
    });
    this.tasks = new ShardTasks(context, keys, this.deadLetters, {
      find: (path) => this.#actors.find(path),
      deliver: (envelope) => this.deliver(envelope),
    });
    this.#reads = new ReadTurns(context, (done) => owner.confirm(group, done));
    this.#turns = new ShardTurns(
      context,
      term,
      this.#proposals,
      this.#timers,
      this.tasks,
      this.#reads,
      (envelope) => this.deliver(envelope),
      (casts) => owner.cast(casts),
      (path) => this.pressure.isOverdrawn(path),
    );
  }

  /** The entry that opens the term is applied: load what waits to be sent, then begin. */
  open(): void {
    this.#context.get([importKey(this.keys)], ([bytes]) => {
      if (this.#closed) return;
      this.imported = bytes === undefined ? null : decodeImportState(bytes);
      if (!this.isImporting) this.#load();
    });
  }

  /**
   * What is loaded of the outbox is sent at once, and may be refused before anything else is loaded: dead
   * letters come first.
   */
  #load(): void {
    const goesOn = () => this.ready;
    const begin = () => {
      this.ready = !this.#closed;
      findUnfinished(this.#context, this.keys, goesOn, (path) => this.#actors.require(path));
      this.#subscriptions.load();
      findQueues(this.#context, this.keys, goesOn, (path) => this.#actors.require(path));
    };
    this.deadLetters.load(() => this.#loadOutbox(() => this.#timers.load(begin)));
  }

  #loadOutbox(end: () => void): void {
    readRange(this.#context, this.keys.outboxRange(), {
      page: (rows) => {
        if (this.#closed) return false;
        for (const [key, value] of rows) {
          const [sender, receiver, number] = this.keys.parseOutbox(key);
          this.outbox.load(sender as SenderName, receiver, number, value);
        }
        return true;
      },
      end,
    });
  }

  /** Leadership is lost, or the node stops. */
  close(): void {
    this.#closed = true;
    this.ready = false;
    this.#reads.close();
    this.#proposals.close();
    for (const { ended } of this.#notes.splice(0)) ended?.(false);
    this.#inbox.close();
    this.#actors.close();
    this.#turns.close();
    this.#timers.close();
    this.#subscriptions.close();
    this.tasks.close();
    this.#runnable = [];
  }

  get actorCount(): number {
    return this.#actors.size;
  }

  /** What its actors hold in memory: see Held. */
  get actorBytes(): number {
    return this.#actors.bytes;
  }

  get hasWork(): boolean {
    return this.#runnable.length > 0 && !this.#proposals.blocked;
  }

  // ── Arrival ──

  /** Takes a message for an actor of this shard. `waiter` learns how it ended. */
  deliver(envelope: Envelope, waiter?: Waiter): void {
    this.#inbox.deliver(envelope, waiter);
  }

  /** Takes volatile messages to one actor. */
  cast(casts: Casts): void {
    if (this.ready) this.#inbox.cast(casts);
  }

  #loaded(actor: Actor): void {
    const pending = actor.head?.pending;
    if (pending) {
      this.#turns.asks.begin(actor, pending.to, pending.timeoutMs);
      // The leader before had the message of the waiting turn in flight: a repeat joins it here too (A2).
      const { origin, sender, message, answersAsk, askers, asks = false } = pending;
      const payload = { kind: 'message', message, ask: answersAsk, askers } as const;
      const item: Item = {
        envelope: { to: actor.path, sender, origin, payload, asks },
        waiters: [],
        heldSince: undefined,
      };
      if (origin !== null) actor.inFlight.set(origin, item);
    }
    this.tasks.loaded(actor);
    this.pressure.judge(actor.path);
    for (const change of afterLoad(actor)) this.#proposals.add(actor, undefined, change);
    this.#inbox.loaded(actor);
    this.#schedule(actor);
  }

  #schedule(actor: Actor): void {
    if (actor.scheduled || !actor.isRunnable) return;
    actor.scheduled = true;
    this.#runnable.push(actor);
  }

  // ── Turns ──

  /**
   * Lets actors handle messages, a few each in turn, until about `reductions` reductions are done. Returns
   * how many are left.
   */
  run(reductions: number): number {
    let left = reductions;
    const { begun } = this.#turns;
    while (left > 0 && this.hasWork && !this.#closed) {
      const round = this.#runnable;
      this.#runnable = [];
      for (let at = 0; at < round.length; at++) {
        const actor = round[at]!;
        if (left <= 0 || this.#proposals.blocked) {
          this.#runnable.push(...round.slice(at));
          break;
        }
        actor.scheduled = false;
        left = this.#turns.visit(actor, left);
        this.#schedule(actor);
      }
    }
    this.#turns.rest();
    this.tasks.pump();
    this.#context.count('turns', this.#turns.begun - begun);
    this.flush();
    return Math.max(left, 0);
  }

  // ── Proposal and commit ──

  /** Proposes what the turns so far, and the deliveries, have to say. */
  flush(): void {
    if (this.#closed) return;
    this.#reads.flush();
    const notes = this.ready && !this.hold.isOn ? this.outbox.takeNotes() : [];
    if (this.ready && this.#notes.length > 0) notes.push(...this.#notes.splice(0));
    this.#proposals.flush(notes);
  }

  /** Proposes a note, in the order of all else that the shard proposes. */
  note(note: Note): void {
    if (this.#closed) return note.ended?.(false);
    this.#notes.push(note);
    this.flush();
  }

  get isImporting(): boolean {
    return this.imported?.done === false;
  }

  /** Proposes rows of an import, in a shard that takes nothing else. */
  proposeImport(data: Uint8Array, ended: (committed: boolean) => void): void {
    this.#proposals.entry(data, ended);
  }

  cancelTimer(owner: ActorPath, id: string, ended: (committed: boolean) => void): void {
    this.#timers.cancel(owner, id, ended);
  }

  /** The entry at `index` is committed and stored: let out what waited for it. */
  committed(index: number): void {
    this.#proposals.committed(index);
  }

  // ── Time ──

  /** `resident`: how much of its actors may stay in memory while they are idle. */
  tick(resident: Shares): void {
    if (!this.ready) return;
    const { now } = this.#context.time;
    this.#runnable.push(...this.#turns.takeHeld());
    this.#turns.asks.tick(now);
    this.outbox.tick(now);
    this.pressure.tick();
    this.#timers.tick();
    this.#subscriptions.tick(now);
    this.tasks.tick(now);
    this.#actors.evict(now, resident);
    this.flush();
  }

  /** Whether the actor at `path`, which had no room, takes messages again: some, not one. */
  hasRoom(path: ActorPath): boolean {
    const actor = this.#actors.find(path);
    if (actor === undefined) return true;
    const { mailboxMessages, mailboxBytes } = this.#context.limits;
    const isEmptier = actor.waiting <= mailboxMessages / 2 && actor.queue.bytes <= mailboxBytes / 2;
    return isEmptier && !isQueueFull(actor);
  }

  /** Another actor waits for room at `path`. */
  awaited(path: ActorPath): void {
    this.pressure.judge(path);
  }

  /** Whether the actor at `path` is known to be held, because what is stored of it cannot be read. */
  isHeld(path: ActorPath): boolean {
    return this.#actors.find(path)?.phase === 'quarantined';
  }

  /**
   * The state in which the volatile actor at `path` is in this life of it; undefined while it is not in
   * memory.
   */
  volatileState(path: ActorPath, incarnation: string): SeqMap | undefined {
    const actor = this.#actors.find(path);
    const { head, phase } = actor ?? {};
    const isIt = phase === 'ready' && head?.mode === 'volatile' && head.incarnation === incarnation;
    return isIt ? actor?.state : undefined;
  }

  activityOf(path: ActorPath): Activity {
    const actor = this.#actors.find(path);
    const senders = [...new Set(this.#waitingFor(path))];
    return {
      runs: actor?.running !== undefined,
      mailbox: actor?.waiting ?? 0,
      uncommitted: actor?.uncommitted ?? 0,
      outboxes: this.outbox.waitingFrom(path),
      paused: actor?.paused ?? false,
      senders: { count: senders.length, first: senders.slice(0, SENDERS_SHOWN) },
      subscriptions: this.#subscriptions.viewOf(path),
    };
  }

  /** What the actor at `path` runs, if it is in memory. */
  behaviourOf(path: ActorPath): Behaviour | undefined {
    const actor = this.#actors.find(path);
    if (actor?.head === undefined) return undefined;
    const behaviour = actor.behaviour ?? this.#context.behaviour(actor.head.code);
    return typeof behaviour === 'object' ? behaviour : undefined;
  }
}
