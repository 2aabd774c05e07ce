// Messages from the actors of one shard to other actors, on the node that leads the shard. They were
// committed with the turns that sent them, and wait here, as in the store, until their receivers have taken
// them.
//
// Invariants
//  O1  For each pair of sender and receiver one frame is under way, with all that waits from the first on: so
//      no gap and no change of order can arise, whatever the network does; repeats are seen by their numbers.
//  O2  A message leaves the outbox only after its receiver's mark, or the refusal of an ask at its sender, is
//      committed.
//  O3  What follows a dead letter leaves only once the letter is committed: from then on the receiver may
//      forget that it refused the message.
import { BATCH_BYTES } from '../base/data-limits.ts';
import type { ErrorCode, Refusal } from '../base/errors.ts';
import { type ActorPath, type Millis, type SenderName, senderPath } from '../base/ids.ts';
import type { Waiter } from './actor/item.ts';
import { decodePayload, encodePayload, isUrgent } from './actor/payload.ts';
import type { RuntimeContext } from './context.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Envelope, Payload } from './envelope.ts';
import type { Note, RowChange } from './shard/entry.ts';
import { terminatedMessage } from './watches.ts';

/**
 * Sends the messages of a pair to the leader of its receiver's shard, if one is known; the answer comes to
 * `taken` or `missed`.
 */
export type Dispatch = (outbox: Outbox, pair: Pair) => void;

export interface Pair {
  readonly sender: SenderName;
  readonly receiver: ActorPath;
  /** In the order of their numbers. */
  readonly waiting: (readonly [number: number, payload: Uint8Array])[];
  /** How many of `waiting` are under way; 0 when none. */
  underWay: number;
  /** Names the frame that is under way; an answer to an older one counts for nothing. */
  attempt: number;
  retryAt: Millis;
  retryMs: number;
  /** What turns wait for goes beside the messages of the same two actors: it is never put off. */
  readonly lane: 'messages' | 'answers';
  /** Why the receiver put off the first that waits, if it did. */
  putOff: string | undefined;
}

const FRAME_MESSAGES = 64;
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 2000;
/** Of a pair whose refused messages are being recorded: nothing of it is sent again. */
const RECORDING = Number.POSITIVE_INFINITY;

export class Outbox {
  readonly #context: Pick<RuntimeContext, 'time' | 'log' | 'count' | 'faults'>;
  readonly #dispatch: Dispatch;
  readonly #deliverLocally: (envelope: Envelope, waiter: Waiter) => void;
  readonly #pairs = new Map<string, Pair>();
  readonly #deadLetters: Pick<DeadLetters, 'add'>;
  #notes: Note[] = [];
  /** Is told of each message that joins an outbox here, or leaves it. */
  counts: (from: ActorPath, to: ActorPath, bytes: number, by: 1 | -1) => void = () => undefined;
  /** Pairs that have something to send and nothing under way. */
  readonly #idle = new Set<Pair>();

  constructor(
    context: Pick<RuntimeContext, 'time' | 'log' | 'count' | 'faults'>,
    dispatch: Dispatch,
    deadLetters: Pick<DeadLetters, 'add'>,
    deliverLocally: (envelope: Envelope, waiter: Waiter) => void,
  ) {
    this.#context = context;
    this.#dispatch = dispatch;
    this.#deadLetters = deadLetters;
    this.#deliverLocally = deliverLocally;
  }

  get size(): number {
    let size = 0;
    for (const pair of this.#pairs.values()) size += pair.waiting.length;
    return size;
  }

  /** How many messages of the actor at `path` wait, by their receivers, and why they were put off. */
  waitingFrom(path: ActorPath) {
    const waiting = new Map<ActorPath, { receiver: ActorPath; messages: number; putOff: string | null }>();
    for (const pair of this.#pairs.values()) {
      if (senderPath(pair.sender) !== path || pair.waiting.length === 0) continue;
      const { receiver, putOff = null } = pair;
      const { messages = 0, putOff: other = null } = waiting.get(receiver) ?? {};
      waiting.set(receiver, { receiver, messages: messages + pair.waiting.length, putOff: putOff ?? other });
    }
    return [...waiting.values()];
  }

  /** Those that have not taken what the actor at `path` sends. */
  *receiversOf(path: ActorPath): Iterable<ActorPath> {
    for (const { sender, receiver } of this.#pairs.values()) if (senderPath(sender) === path) yield receiver;
  }

  /** The receiver, which had none, has room. */
  hasRoom(sender: SenderName, receiver: ActorPath): void {
    const pair = this.#pairs.get(keyOf({ sender, receiver, lane: 'messages' }));
    if (pair?.putOff === undefined || pair.underWay === 0 || pair.retryAt === RECORDING) return;
    pair.retryMs = RETRY_MS_MIN;
    this.#send(pair);
  }

  /** A committed message of which `counts` was not told. */
  load(sender: SenderName, receiver: ActorPath, number: number, payload: Uint8Array): void {
    this.counts(senderPath(sender), receiver, payload.length, 1);
    this.add(sender, receiver, number, payload);
  }

  /** A committed message. Numbers of one pair come in growing order. */
  add(sender: SenderName, receiver: ActorPath, number: number, payload: Uint8Array): void {
    const lane = isUrgent(payload) ? 'answers' : 'messages';
    const key = keyOf({ sender, receiver, lane });
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      const fresh = { waiting: [], underWay: 0, attempt: 0, retryAt: 0, retryMs: RETRY_MS_MIN };
      pair = { sender, receiver, lane, ...fresh, putOff: undefined };
      this.#pairs.set(key, pair);
    }
    pair.waiting.push([number, payload]);
    if (pair.underWay === 0) this.#idle.add(pair);
  }

  /** Sends what waits. To be called once per step, so that the messages of a step share a frame. */
  pump(): void {
    for (const pair of this.#idle) {
      this.#idle.delete(pair);
      this.#send(pair);
    }
  }

  get hasWork(): boolean {
    return this.#idle.size > 0;
  }

  #send(pair: Pair): void {
    pair.underWay = frameOf(pair.waiting);
    pair.attempt++;
    pair.retryAt = this.#context.time.now + pair.retryMs;
    this.#dispatch(this, pair);
  }

  /**
   * The receiver's node took the first `count` messages of the frame of `attempt`: each took effect, or is
   * refused for good. It cannot read the next one, if there is one, or puts it off, and is asked again at the
   * usual pace.
   */
  taken(
    pair: Pair,
    attempt: number,
    count: number,
    refused: readonly Refusal[],
    putOff?: string | undefined,
  ): void {
    if (pair.attempt !== attempt || pair.underWay === 0) return;
    pair.putOff = putOff;
    if (putOff !== undefined && this.#context.faults.has('dead-letter-and-delivery'))
      this.#giveUp(pair, count);
    if (count === 0) return;
    const messages = pair.waiting.slice(0, Math.min(count, pair.underWay));
    pair.retryMs = RETRY_MS_MIN;
    // While refusals are being recorded at their sender, the pair stays under way.
    pair.attempt++;
    pair.retryAt = RECORDING;
    let open = 1;
    const dead: RowChange[] = [];
    const close = () => {
      open--;
      if (open === 0) this.#finish(pair, messages.length, dead);
    };
    for (const [number, code, reason] of refused) {
      const payload = messages.find(([at]) => at === number)?.[1];
      if (payload === undefined) continue;
      const { sender, receiver } = pair;
      const decoded = decodePayload(payload);
      // A supervisor that has ended waits for no reports.
      if (decoded.kind === 'report') continue;
      const ask = decoded.kind === 'message' || decoded.kind === 'whereis' ? decoded.ask : null;
      if (ask === null) {
        const letter = letterOf(pair, decoded, payload, code);
        if (letter !== undefined)
          dead.push(...this.#deadLetters.add({ sender, receiver, code, reason, payload: letter }));
        continue;
      }
      open++;
      const outcome = { refused: `${code}: ${reason}` };
      const answer = { kind: 'answer', ask, outcome } as const;
      const to = senderPath(sender);
      this.#deliverLocally({ to, sender: receiver, origin: null, payload: answer }, (ending) => {
        // Elsewhere: the next leader finds the message still in the outbox and comes here again.
        if (typeof ending !== 'string') close();
      });
    }
    close();
  }

  /** A seeded mistake: what is put off becomes a dead letter, and waits all the same. */
  #giveUp({ sender, receiver, waiting }: Pair, at: number): void {
    const payload = waiting[at]?.[1];
    if (payload === undefined || decodePayload(payload).kind !== 'message') return;
    const letter = { sender, receiver, code: 'overloaded', reason: 'It was put off.', payload } as const;
    this.#notes.push({ rows: this.#deadLetters.add(letter) });
  }

  #finish(pair: Pair, count: number, rows: readonly RowChange[]): void {
    const taken = pair.waiting.splice(0, count);
    const from = senderPath(pair.sender);
    for (const [, payload] of taken) this.counts(from, pair.receiver, payload.length, -1);
    const next = () => {
      pair.underWay = 0;
      if (pair.waiting.length > 0) this.#idle.add(pair);
      else this.#pairs.delete(keyOf(pair));
    };
    const delivered = [pair.sender, pair.receiver, taken.map(([number]) => number)] as const;
    if (rows.length === 0) {
      this.#notes.push({ delivered, rows });
      return next();
    }
    // Where it is not committed, the next leader begins with the same messages.
    this.#notes.push({ delivered, rows, ended: (committed) => committed && next() });
  }

  /** The frame of `attempt` did not reach a leader; `at` says when to try again. */
  missed(pair: Pair, attempt: number, at: Millis): void {
    if (pair.attempt === attempt && pair.underWay > 0) pair.retryAt = Math.min(pair.retryAt, at);
  }

  tick(now: Millis): void {
    for (const pair of this.#pairs.values()) {
      if (pair.underWay === 0 || now < pair.retryAt) continue;
      pair.retryMs = Math.min(pair.retryMs * 2, RETRY_MS_MAX);
      this.#send(pair);
    }
  }

  /** What the receivers have taken since the last call, and what they refused, to be written to the log. */
  takeNotes(): Note[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }
}

/**
 * What is kept of a message that its receiver refused; undefined where nobody misses it. `bytes` are its
 * payload.
 */
function letterOf({ sender }: Pair, payload: Payload, bytes: Uint8Array, code: ErrorCode) {
  switch (payload.kind) {
    // Nobody waits any more for an answer that came too late.
    case 'answer':
    case 'watch':
    case 'unwatch':
      return undefined;
    case 'terminated': {
      // A watcher that has ended begins its watches anew when it is resumed.
      if (code === 'actor-stopped' || code === 'no-such-actor') return undefined;
      const message = terminatedMessage(senderPath(sender), payload.reason);
      return encodePayload({ kind: 'message', message, ask: null });
    }
    default:
      return bytes;
  }
}

const keyOf = ({ sender, receiver, lane }: Pick<Pair, 'sender' | 'receiver' | 'lane'>): string =>
  `${sender}${lane === 'answers' ? '=' : ''}>${receiver}`;

/** How many of the first go in one frame: one at least. */
function frameOf(waiting: Pair['waiting']): number {
  const most = Math.min(waiting.length, FRAME_MESSAGES);
  let bytes = 0;
  for (let count = 0; count < most; count++) {
    bytes += waiting[count]![1].length;
    if (count > 0 && bytes > BATCH_BYTES) return count;
  }
  return most;
}
