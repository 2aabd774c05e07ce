// An actor whose receivers do not take what it sends: it waits, and so do those that send to it.
//
// Invariants
//  B1  An actor of which `outboxWaiting` messages, or `outboxBytes` of them, wait for others handles no more
//      messages until half of them are taken. Answers, orders and what it stashed go on.
//  B2  Two actors never wait for each other: one for whose room a receiver of its own waits goes on. So what
//      it has to send may grow over its limit, up to OVERDRAFT times; then a turn that sends more fails.
//  B3  What an actor sends to itself does not make it wait, and counts towards that.
//  B4  Nor do more of them for ever: one that is waited for, and of which nothing was taken for STALL_MS,
//      goes on for a moment, unless it is at OVERDRAFT times its limit. Whoever has a message in its mailbox
//      waits for it, too.
import type { ActorPath, Millis } from '../../base/ids.ts';
import type { Actor } from '../actor/actor.ts';
import type { ActorLimits } from '../context.ts';

export const OVERDRAFT = 4;
const STALL_MS = 1000;

/** What an actor has sent and nobody has taken: by the newest turn that was proposed. */
export interface Sent {
  messages: number;
  bytes: number;
  /** Those that it sent to itself. */
  own: number;
  /** When one was taken last, or the actor went on without. */
  movedAt: Millis;
}

export interface BackPressureOwner {
  now(): Millis;
  find(path: ActorPath): Actor | undefined;
  schedule(actor: Actor): void;
  /** Those that have not taken what it sent. */
  receiversOf(path: ActorPath): Iterable<ActorPath>;
  /** The actors that wait for room at `path`. */
  waitingFor(path: ActorPath): Iterable<ActorPath>;
}

export class BackPressure {
  readonly #limits: ActorLimits;
  readonly #owner: BackPressureOwner;
  readonly #sent = new Map<ActorPath, Sent>();
  /** Those over a limit, and not yet below half of it. */
  readonly #full = new Set<ActorPath>();

  constructor(limits: ActorLimits, owner: BackPressureOwner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  /** How many actors wait. */
  get paused(): number {
    let paused = 0;
    for (const path of this.#full) if (this.#owner.find(path)?.paused) paused++;
    return paused;
  }

  /** A message of the actor at `from` joins its outbox (1), or leaves it (-1). */
  count(from: ActorPath, to: ActorPath, bytes: number, by: 1 | -1): void {
    let sent = this.#sent.get(from);
    if (sent === undefined) {
      sent = { messages: 0, bytes: 0, own: 0, movedAt: this.#owner.now() };
      this.#sent.set(from, sent);
    }
    if (by < 0) sent.movedAt = this.#owner.now();
    if (from === to) sent.own += by;
    else {
      sent.messages += by;
      sent.bytes += by * bytes;
    }
    if (sent.messages === 0 && sent.own === 0) this.#sent.delete(from);
    const { outboxWaiting, outboxBytes } = this.#limits;
    const wasFull = this.#full.has(from);
    const share = wasFull ? 2 : 1;
    const isFull = sent.messages >= Math.max(1, outboxWaiting / share) || sent.bytes >= outboxBytes / share;
    if (isFull === wasFull) return;
    if (isFull) this.#full.add(from);
    else this.#full.delete(from);
    this.judge(from);
  }

  /** Whether the actor has so much to send that a turn which sends more fails. */
  isOverdrawn(path: ActorPath): boolean {
    const sent = this.#sent.get(path);
    if (sent === undefined) return false;
    const { outboxWaiting, outboxBytes } = this.#limits;
    return sent.messages + sent.own >= OVERDRAFT * outboxWaiting || sent.bytes >= OVERDRAFT * outboxBytes;
  }

  /** Sees whether the actor at `path` has to wait: also when it came from the store, or is waited for. */
  judge(path: ActorPath): void {
    const actor = this.#owner.find(path);
    if (actor === undefined) return;
    const before = actor.paused;
    actor.paused = this.#full.has(path) && !this.#closesCircle(path) && !this.#isStalled(path, actor);
    if (before && !actor.paused) this.#owner.schedule(actor);
  }

  /** B2 holds also where a frame was lost. */
  tick(): void {
    for (const path of this.#full) this.judge(path);
  }

  /** B4. True once for each time. */
  #isStalled(path: ActorPath, { queue }: Actor): boolean {
    const sent = this.#sent.get(path);
    const now = this.#owner.now();
    if (sent === undefined || now - sent.movedAt < STALL_MS || this.isOverdrawn(path)) return false;
    const [waits] = this.#owner.waitingFor(path);
    if (waits === undefined && queue.fromOthers === 0) return false;
    sent.movedAt = now;
    return true;
  }

  #closesCircle(path: ActorPath): boolean {
    const receivers = new Set(this.#owner.receiversOf(path));
    if (receivers.size === 0) return false;
    for (const sender of this.#owner.waitingFor(path)) if (receivers.has(sender)) return true;
    return false;
  }
}
