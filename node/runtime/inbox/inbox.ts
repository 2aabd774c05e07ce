// What a message passes before it is in a mailbox: is it a repeat, is there room, is it of a form that the
// actor takes.
//
// Invariants
//  E1  A message that took effect, or is under way, does not pass again: it gets the ending of the first.
//  E2  Messages of one source pass in the order in which they came.
//  E3  An id of a client stands for one message for ever: another one with it is refused, and leaves no
//      trace.

import { sameBytes } from '../../base/bytes.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { encodedBytes } from '../../base/value.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { type Actor, isOrder, overtakes } from '../actor/actor.ts';
import { type Ending, type Item, isPutOff, join, settle, type Waiter } from '../actor/item.ts';
import { decodeMark, type Mark, outcomeBefore, refusedSince, refusedUpTo } from '../actor/mark-row.ts';
import { shapedMessage } from '../behaviour.ts';
import type { RuntimeContext } from '../context.ts';
import { Casts, type Envelope, markName, type Origin } from '../envelope.ts';
import { isPutOff as putsOff, suspendedRefusal } from '../lifecycle/lifecycle.ts';
import type { ActorCache } from '../shard/actor-cache.ts';
import { fillOf, isQueue } from '../tasks/queue-ref.ts';
import { isSystem } from './queue.ts';

/** Orders to one actor that wait. */
const ORDERS_MAX = 100;

type Told = Exclude<Ending, string>;

export class Inbox {
  readonly #context: RuntimeContext;
  readonly #keys: GroupKeys;
  readonly #actors: ActorCache;
  readonly #passed: (actor: Actor) => void;
  readonly #confirmed: (actor: Actor, item: Item, told: Told) => void;
  #closed = false;

  /**
   * `passed` is called when a message was put into the mailbox of an actor. `confirmed` tells a client what
   * leaves no mark, once this node is known to lead still: what it knows of the actor may be out of date.
   */
  constructor(
    context: RuntimeContext,
    keys: GroupKeys,
    actors: ActorCache,
    passed: (actor: Actor) => void,
    confirmed: (actor: Actor, item: Item, told: Told) => void,
  ) {
    this.#confirmed = confirmed;
    this.#context = context;
    this.#keys = keys;
    this.#actors = actors;
    this.#passed = passed;
  }

  close(): void {
    this.#closed = true;
  }

  /** Takes a message for an actor of the shard. `waiter` learns how it ended. */
  deliver(envelope: Envelope, waiter?: Waiter): void {
    const actor = this.#actors.require(envelope.to);
    const item: Item = { envelope, waiters: waiter && [waiter], heldSince: undefined };
    const { origin } = envelope;
    if (origin === null) return this.#arrive(actor, item);
    actor.checks++;
    const name = markName(origin);
    this.#context.get([this.#keys.mark(actor.path, name)], ([bytes]) => {
      if (this.#closed) return settle(item, 'elsewhere');
      const stored = actor.recent?.get(name) ?? this.#markOf(actor, bytes);
      actor.checks--;
      if (actor.checks === 0) actor.recent = undefined;
      if (stored === 'damaged') return settle(item, held(actor));
      const found = newer(stored, actor.replies?.find(origin.source));
      const mark = isOfAnother(origin, found) ? undefined : found;
      if (mark === undefined || origin.number > mark.number || this.#context.faults.has('dedup-expires')) {
        if (mark !== undefined) item.refused = refusedSince(origin.oldest, refusedUpTo(mark));
        return this.#arrive(actor, item);
      }
      if (isReused(origin, mark)) return this.#tell(actor, item, reused(actor, origin));
      this.#context.count('duplicates');
      // A seeded mistake: whatever is older than the newest took effect.
      const refused = this.#context.faults.has('refusal-forgotten') ? undefined : mark.refused;
      const outcome = mark.number === origin.number ? mark.outcome : outcomeBefore(origin.number, refused);
      this.#tell(actor, item, { ...outcome, replayed: true });
    });
  }

  /** `damaged`: it cannot be known whether the message took effect. */
  #markOf({ path }: Actor, bytes: Uint8Array | undefined): Mark | 'damaged' | undefined {
    if (bytes === undefined) return undefined;
    try {
      return decodeMark(bytes);
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      this.#context.log('error', 'mark-damaged', { path, problem: error.message });
      return 'damaged';
    }
  }

  /** Takes volatile messages to one actor. What finds no room is lost. */
  cast(casts: Casts): void {
    const actor = this.#actors.require(casts.to);
    const room =
      actor.phase === 'quarantined' || isQueueFull(actor) || this.#isFullOfBytes(actor, casts.size)
        ? 0
        : Math.max(0, this.#context.limits.mailboxMessages - actor.waiting);
    if (casts.length > room) {
      this.#context.count('dead-letters', casts.length - room);
      casts.cut(room);
    }
    if (room === 0) return;
    actor.batched += casts.length - 1;
    if (actor.phase === 'loading') actor.arrivals.push(casts);
    else actor.queue.push(casts);
    if (!actor.scheduled) this.#passed(actor);
  }

  /** Lets in what came while the actor was being read. */
  loaded(actor: Actor): void {
    actor.batched = 0;
    for (const item of actor.arrivals.splice(0)) {
      if (item instanceof Casts) this.cast(item);
      else this.#arrive(actor, item);
    }
  }

  #arrive(actor: Actor, item: Item): void {
    if (actor.phase === 'loading') {
      actor.arrivals.push(item);
      return;
    }
    const { origin, payload } = item.envelope;
    const same = origin === null ? undefined : actor.inFlight.get(origin.source);
    if (same !== undefined && origin !== null && origin.number <= same.number) {
      if (isReused(origin, same)) return this.#tell(actor, item, reused(actor, origin));
      this.#context.count('duplicates');
      item.waiters = item.waiters?.map((waiter) => (ending: Ending) => {
        if (typeof ending === 'string') return waiter(ending);
        const isOlder = origin.number < same.number && !isPutOff(ending);
        const { refused } = actor.inFlight.get(origin.source)?.item ?? same.item;
        waiter({ ...(isOlder ? outcomeBefore(origin.number, refused) : ending), replayed: true });
      });
      join(same.item, item);
      return;
    }
    if (same?.item.refused !== undefined) item.refused = refusedSince(origin?.oldest, same.item.refused);
    const putOff = this.#putOff(actor, item);
    if (putOff !== undefined) return this.#tell(actor, item, putOff);
    const refused = this.#refusal(actor, item);
    if (refused !== undefined) return settle(item, refused);
    const unfit = this.#shape(actor, item);
    if (unfit !== undefined) return this.#tell(actor, item, unfit);
    if (origin !== null) actor.inFlight.set(origin, item);
    const { running } = actor;
    const dropsAsk = payload.kind === 'upgrade' && this.#context.faults.has('upgrade-drops-pending-ask');
    if (overtakes(item) || dropsAsk) actor.answers.push(item);
    else if (!isOrder(item)) actor.queue.push(item);
    else if (payload.kind === 'stop' && running !== undefined && running.stop === undefined)
      running.stop = item;
    else actor.orders.push(item);
    this.#passed(actor);
  }

  /**
   * By what is known here of the actor. Another actor takes that as it is: its messages are told apart by
   * number, whatever became of the receiver since.
   */
  #tell(actor: Actor, item: Item, told: Told): void {
    if (item.envelope.sender === '') this.#confirmed(actor, item, told);
    else settle(item, told);
  }

  /**
   * Nothing of an actor may overtake what was put off before it. What a turn waits for is counted apart.
   */
  #putOff(actor: Actor, item: Item): Told | undefined {
    const { lot } = item.envelope;
    if (!overtakes(item) && lot?.putOff !== undefined) return lot.putOff;
    return putsOff(actor, item) ? suspendedRefusal(actor) : undefined;
  }

  /** The system and operators have room of their own. */
  #fullness(actor: Actor, item: Item): Ending | undefined {
    const { mailboxMessages, mailboxBytes } = this.#context.limits;
    const { system } = actor.queue;
    const order = isOrder(item);
    const waiting = order ? actor.orders.length : isSystem(item) ? system : actor.waiting - system;
    const { envelope } = item;
    if (envelope.bytes === undefined && envelope.payload.kind === 'message')
      item.envelope = { ...envelope, bytes: encodedBytes(envelope.payload.message) };
    const isFull =
      waiting >= (order ? ORDERS_MAX : mailboxMessages) ||
      this.#isFullOfBytes(actor, item.envelope.bytes ?? 0);
    if (!isFull) return undefined;
    this.#context.count('overloaded');
    const bytes = actor.queue.bytes >= mailboxBytes / 2 ? ` of ${actor.queue.bytes} bytes` : '';
    const message = `The mailbox of ${actor.path} holds ${actor.waiting} messages${bytes}.`;
    return { ok: false, code: 'overloaded', message };
  }

  /** One message is taken, however large. */
  #isFullOfBytes({ queue }: Actor, more: number): boolean {
    return more > 0 && queue.bytes > 0 && queue.bytes + more > this.#context.limits.mailboxBytes;
  }

  #refusal(actor: Actor, item: Item): Ending | undefined {
    const { payload } = item.envelope;
    if (actor.phase === 'quarantined') return held(actor);
    if (overtakes(item)) return undefined;
    const full = this.#fullness(actor, item);
    if (full !== undefined) return full;
    if (payload.kind === 'message' && isQueueFull(actor)) {
      const message = `The queue at ${actor.path} holds as many tasks as its capacity allows.`;
      return { ok: false, code: 'overloaded', message };
    }
    return undefined;
  }

  /** Gives a client's message the shape that the behaviour declares, or says why it has none of its forms. */
  #shape(actor: Actor, item: Item): Told | undefined {
    const { payload, sender } = item.envelope;
    // What another actor sends is refused in its turn, through the log, so that the refusal is remembered
    // with it.
    if (payload.kind !== 'message' || sender !== '' || actor.head?.lifecycle !== 'running') return undefined;
    const behaviour = actor.behaviour ?? this.#context.behaviour(actor.head.code);
    if (typeof behaviour !== 'object') return undefined;
    const shaped = shapedMessage(behaviour, payload.message);
    if (shaped instanceof SeqNodeError) return { ok: false, code: shaped.code, message: shaped.message };
    if (shaped === payload.message) return undefined;
    // An Int may have become a Float, which takes more.
    const { messageBytes } = this.#context.limits;
    if (encodedBytes(shaped, messageBytes) > messageBytes)
      return { ok: false, code: 'too-large', message: `The message takes more than ${messageBytes} bytes.` };
    item.envelope = { ...item.envelope, payload: { ...payload, message: shaped } };
    return undefined;
  }
}

/** Whether a queue has no room for more tasks than those that it has and those in its mailbox. */
export function isQueueFull({ head, state, queue }: Actor): boolean {
  if (head === undefined || !isQueue(head.code)) return false;
  const { size, capacity } = fillOf(state);
  return size + queue.length >= capacity;
}

const held = ({ path }: Actor): Ending => ({
  ok: false,
  code: 'actor-quarantined',
  message: `The actor at ${path} is held.`,
});

/** Whether the id of a client stood for something else before. */
function isReused({ digest }: Origin, before: { readonly digest?: Uint8Array | undefined }): boolean {
  return digest !== undefined && before.digest !== undefined && !sameBytes(digest, before.digest);
}

/** Whether the mark is that of an earlier message with the same slot. */
function isOfAnother(origin: Origin, mark: Mark | undefined): boolean {
  return origin.slot !== undefined && mark !== undefined && isReused(origin, mark);
}

const reused = ({ path }: Actor, { source }: Origin): Told => ({
  ok: false,
  code: 'id-reused',
  message: `The id ${source.slice(2)} was used at ${path} before, for something else.`,
});

function newer(one: Mark | undefined, other: Mark | undefined): Mark | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.number >= one.number ? other : one;
}
