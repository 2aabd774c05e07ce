// Turns that wait for the answer to an ask, with their deadlines and timeouts.
import type { ActorPath, Millis } from '../base/ids.ts';
import type { Actor } from './actor/actor.ts';
import type { ActorHead, PendingTurn } from './actor/head-row.ts';
import type { TurnSource } from './actor/source.ts';
import type { RuntimeContext } from './context.ts';
import type { Answer, Envelope } from './envelope.ts';
import { isQueuePath } from './tasks/queue-ref.ts';
import type { TurnAwaiting } from './turn/host.ts';
import type { Job } from './turn/job.ts';

/** How long a time-out waits again for the ask itself to be committed, in milliseconds. */
const UNCOMMITTED_MS = 100;

export class Asks {
  readonly #context: RuntimeContext;
  readonly #deliver: (envelope: Envelope) => void;
  /** Actors whose turn waits for an answer, and until when. */
  readonly #waiting = new Map<Actor, Millis>();

  /** `deliver` takes what the shard says to its own actors. */
  constructor(context: RuntimeContext, deliver: (envelope: Envelope) => void) {
    this.#context = context;
    this.#deliver = deliver;
  }

  begin(actor: Actor, to: ActorPath | undefined, timeoutMs: number | undefined): void {
    if (!hasDeadline({ to, timeoutMs })) return;
    this.#waiting.set(actor, this.#context.time.now + (timeoutMs ?? this.#context.limits.askTimeoutMs));
  }

  end(actor: Actor): void {
    this.#waiting.delete(actor);
  }

  close(): void {
    this.#waiting.clear();
  }

  tick(now: Millis): void {
    for (const [actor, deadline] of this.#waiting) if (now >= deadline) this.#timedOut(actor);
  }

  #timedOut(actor: Actor): void {
    this.#waiting.delete(actor);
    const pending = actor.head?.pending;
    if (!pending) return;
    // While the ask itself is not committed there is nothing to give up yet.
    if (actor.uncommitted > 0) return this.begin(actor, undefined, UNCOMMITTED_MS);
    const outcome = { refused: 'timeout: No answer came in time.' };
    this.#deliver({
      to: actor.path,
      sender: '',
      origin: null,
      payload: { kind: 'answer', ask: pending.ask, outcome },
    });
  }
}

/**
 * `timeoutMs` is undefined for `actor-ask`. A queue answers for certain, however long its task takes: if the
 * asker gave up, it would send the task again.
 */
export const hasDeadline = ({ to, timeoutMs }: Pick<PendingTurn, 'to' | 'timeoutMs'>): boolean =>
  timeoutMs !== undefined || to === undefined || !isQueuePath(to);

/** What the turn of `job`, which asks, is kept as until its answer comes. */
export function pendingTurn(
  { source, item }: Job,
  head: ActorHead,
  { to, timeoutMs }: TurnAwaiting,
  now: number,
): PendingTurn {
  const ask = `${head.incarnation}.${head.sent + 1}`;
  const { self: _self, mode: _mode, ...kept } = source;
  // The item of a turn that waits again is that of the newest answer.
  const asks = head.pending?.asks ?? item.envelope.asks === true;
  return { ask, timeoutMs, to, since: Math.floor(now), ...kept, asks };
}

/** What the turn is given that waited and has its answer: all that it was given before, and the answer. */
export function resumedSource({ path }: Actor, pending: PendingTurn, outcome: Answer): TurnSource {
  const { origin, sender, message, answersAsk, wall, seed, askers } = pending;
  const answers = [...pending.answers, outcome];
  return { self: path, mode: 'durable', origin, sender, message, answersAsk, wall, seed, answers, askers };
}
