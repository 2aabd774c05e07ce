// The turns of the actors of one shard, on the node that leads it: what an actor does with its next message.
//
// Invariants
//  S1  A turn runs for one slice at most before others have their turn; one that needs more goes on in slices.
//  S2  What a turn does to its actor depends on the state before it, its inputs and its budget, never on how it was sliced.
//  S3  While a turn goes on in slices, its actor handles nothing else but the order to stop, which ends the turn as refused.
import { SeqNodeError } from '../../base/errors.ts';
import type { Millis } from '../../base/ids.ts';
import { encodedBytes, SeqMap } from '../../base/value.ts';
import { type Actor, type Item, join, outgrows, type RunningTurn, settle } from '../actor/actor.ts';
import * as changes from '../actor/change.ts';
import type { ActorHead, PendingTurn } from '../actor/head-row.ts';
import { type Behaviour, messageProblem, targetName } from '../behaviour.ts';
import type { RuntimeContext } from '../context.ts';
import { Casts, type Envelope, type Origin } from '../envelope.ts';
import { ReplyCache } from '../inbox/reply-cache.ts';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { addRestart } from '../lifecycle/restart-intensity.ts';
import type { TurnAwaiting, TurnWants } from '../turn/host.ts';
import { itemOf, NO_ANSWERS, seedFrom, sourceOf, VolatileInputs } from '../turn/inputs.ts';
import { LongTurn, type TurnFault, type TurnOutcome, TurnRunner } from '../turn/runner.ts';
import type { Proposals } from './proposals.ts';

/** Messages that one actor handles before the next one has its turn. */
const VISIT_MESSAGES = 64;
/** What a message costs beside the steps of its turn, in steps. */
const MESSAGE_STEPS = 100;
/** A volatile actor's state is measured after so many turns. */
const VOLATILE_CHECK_TURNS = 64;
/** The fault of an ask that was not answered. What it asked has failed, not its program: that it goes on as before is all it needs. */
const NO_ANSWER = 'no-answer';
const TOO_LARGE = {
  kind: 'fault',
  code: 'too-large',
  message: 'The state outgrew runtime.state-bytes-max.',
} as const;

/** The change, unless it is more than one entry of the log holds: then the fault of its turn. */
function checked(make: () => changes.Change): changes.Change | TurnFault {
  try {
    const change = make();
    changes.checkUpdate(change);
    return change;
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
    return { kind: 'fault', code: error.code, message: error.message };
  }
}

/** A turn, and where its message came from. */
interface Job {
  readonly actor: Actor;
  readonly item: Item;
  readonly source: changes.TurnSource;
  /** The answer that woke the turn, if it had to wait for one. */
  readonly alsoMark: Origin | null;
}

export class ShardTurns {
  readonly #context: RuntimeContext;
  readonly #cast: (casts: readonly Casts[]) => void;
  readonly #proposals: Proposals;
  readonly #deliver: (envelope: Envelope) => void;
  readonly #life: Lifecycle;
  readonly #runner: TurnRunner;
  readonly #volatileInputs: VolatileInputs;
  /** How many turns have begun. */
  begun = 0;
  /** Actors whose turn waits for an answer, and until when. */
  readonly #waiting = new Map<Actor, Millis>();
  /** Actors whose next message waits for a module. */
  #held: Actor[] = [];
  #closed = false;

  /** `deliver` takes what the shard says to its own actors, `cast` the volatile messages of a turn. */
  constructor(
    context: RuntimeContext,
    term: number,
    proposals: Proposals,
    deliver: (envelope: Envelope) => void,
    cast: (casts: readonly Casts[]) => void,
  ) {
    this.#context = context;
    this.#cast = cast;
    this.#proposals = proposals;
    this.#deliver = deliver;
    this.#life = new Lifecycle(context, term, proposals, (actor, item) => this.#hold(actor, item));
    this.#runner = new TurnRunner(context.limits);
    this.#volatileInputs = new VolatileInputs(context);
  }

  /** Lets an actor handle some messages, or go on with the turn that it is in. Returns how many of the `steps` are left. */
  visit(actor: Actor, steps: number): number {
    let left = steps;
    // Until it has nothing to do, or is held.
    for (let messages = VISIT_MESSAGES; messages > 0 && left > 0 && !this.#closed && !actor.scheduled; ) {
      if (this.#proposals.blocked) break;
      if (actor.running !== undefined) {
        left -= this.#goOn(actor, actor.running);
        messages--;
        continue;
      }
      const next = actor.next();
      if (next === undefined) break;
      if (next instanceof Casts) {
        const before = next.length;
        left -= this.#casts(actor, next, left, messages);
        messages -= before - next.length;
      } else {
        left -= this.#handle(actor, next);
        messages--;
      }
    }
    return left;
  }

  /** To be called when no turn follows at once: what the newest one sent is not kept any longer. */
  rest(): void {
    this.#runner.forget();
  }

  /** The actors whose message may find its module now. */
  takeHeld(): Actor[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#held = [];
  }

  // ── Messages ──

  /**
   * Handles volatile messages, `most` at most, until about `steps` steps are done or something other than the state of the
   * actor has changed. Returns about how many steps that took.
   */
  #casts(actor: Actor, casts: Casts, steps: number, most: number): number {
    const { head } = actor;
    if (head?.lifecycle !== 'running') {
      actor.takeCast(casts);
      this.#context.count('dead-letters');
      return 1;
    }
    const behaviour = actor.behaviour ?? this.#context.behaviour(head.code);
    if (head.mode === 'durable' || typeof behaviour !== 'object')
      return this.#handle(actor, itemOf(casts, actor.takeCast(casts)));
    if (actor.behaviour === undefined) actor.behaviour = behaviour;
    const inputs = this.#volatileInputs;
    inputs.self = casts.to;
    inputs.sender = casts.sender;
    const runner = this.#runner;
    // The engine charges for each young state that an old actor refers to, so of many the actor gets the last one only.
    const holder = casts.length === 1 ? actor : { state: actor.state };
    runner.set(holder, inputs);
    let taken = 0;
    for (let left = Math.min(most, casts.length); left > 0 && taken < steps; left--) {
      const message = actor.takeCast(casts);
      if (behaviour.problemOf(message) !== undefined) {
        this.#context.count('dead-letters');
        taken += MESSAGE_STEPS;
        continue;
      }
      this.begun++;
      const outcome = runner.run(behaviour, message);
      if (!(outcome instanceof SeqMap && this.#keeps(actor, holder.state, outcome))) {
        actor.state = holder.state;
        const job = {
          actor,
          item: itemOf(casts, message),
          source: sourceOf(inputs, message),
          alsoMark: null,
        };
        if (outcome === 'long') return taken + this.#begin(behaviour, job);
        this.#end(job, head, outcome instanceof SeqMap ? TOO_LARGE : outcome, runner.wants);
        return taken + this.#context.limits.sliceSteps;
      }
      taken += MESSAGE_STEPS + runner.stepsOf(behaviour);
      holder.state = outcome;
      if (runner.wanted) {
        actor.state = outcome;
        if (!this.#volatileWants(actor, runner.wants)) return taken;
      }
    }
    actor.state = holder.state;
    return taken;
  }

  #handle(actor: Actor, item: Item): number {
    const { payload, origin, sender } = item.envelope;
    switch (payload.kind) {
      case 'spawn':
        this.#life.spawn(actor, item, payload);
        return MESSAGE_STEPS;
      case 'stop':
        this.#life.stop(actor, item);
        return MESSAGE_STEPS;
      case 'resume':
        this.#life.resume(actor, item);
        return MESSAGE_STEPS;
      case 'answer':
        return this.#answer(actor, item, payload.ask, payload.outcome);
      case 'message': {
        const source: changes.TurnSource = {
          self: actor.path,
          mode: actor.head?.mode ?? 'durable',
          origin,
          sender,
          message: payload.message,
          answersAsk: payload.ask,
          wall: this.#context.time.wall,
          seed: seedFrom(this.#context.random),
          answers: NO_ANSWERS,
        };
        return this.#turn({ actor, item, source, alsoMark: null });
      }
    }
  }

  /** Puts the message back to the head of its queue, until the module that it needs arrives. */
  #hold(actor: Actor, item: Item): void {
    if (item.envelope.payload.kind === 'answer') actor.answers.unshift(item);
    else actor.queue.unshift(item);
    actor.scheduled = true;
    this.#held.push(actor);
  }

  #answer(actor: Actor, item: Item, ask: string, outcome: PendingTurn['answers'][number]): number {
    const pending = actor.head?.pending;
    const { origin } = item.envelope;
    // An answer that nobody waits for any more: its ask timed out.
    if (!pending || pending.ask !== ask) {
      this.#life.refuse(actor, item, 'outcome-unknown', 'Nobody waits for this answer.');
      return MESSAGE_STEPS;
    }
    const { sender, message, answersAsk, wall, seed } = pending;
    const source: changes.TurnSource = {
      self: actor.path,
      mode: 'durable',
      origin: pending.origin,
      sender,
      message,
      answersAsk,
      wall,
      seed,
      answers: [...pending.answers, outcome],
    };
    this.#waiting.delete(actor);
    // Whoever sent the message that the waiting turn handles is still in `inFlight`, unless the leader changed meanwhile.
    const held = pending.origin && actor.inFlight.get(pending.origin.source);
    if (!held || held.number !== pending.origin?.number)
      return this.#turn({ actor, item, source, alsoMark: origin });
    join(held.item, item);
    return this.#turn({ actor, item: held.item, source, alsoMark: origin });
  }

  // ── Turns ──

  #turn(job: Job): number {
    const { actor, item, source } = job;
    const { head } = actor;
    if (head?.lifecycle !== 'running') {
      if (head === undefined) this.#life.refuseMissing(actor, item);
      else this.#life.refuseEnded(actor, item, head, job.alsoMark);
      return MESSAGE_STEPS;
    }
    const behaviour = actor.behaviour ?? this.#context.behaviour(head.code);
    if (behaviour === 'unknown-module') {
      this.#hold(actor, item);
      return MESSAGE_STEPS;
    }
    if (behaviour === 'unknown-word') {
      const message = `The word ${targetName(head.code.target)} is gone.`;
      this.#fault(job, head, { code: 'no-such-module', message });
      return MESSAGE_STEPS;
    }
    actor.behaviour = behaviour;
    const problem = messageProblem(behaviour, source.message);
    if (problem !== undefined) {
      this.#life.refuse(actor, item, problem.code, problem.message);
      return MESSAGE_STEPS;
    }
    this.begun++;
    const runner = this.#runner;
    runner.set(actor, source);
    const outcome = runner.run(behaviour, source.message);
    if (outcome === 'long') return this.#begin(behaviour, job);
    this.#end(job, head, outcome, runner.wants);
    return outcome instanceof SeqMap
      ? MESSAGE_STEPS + runner.stepsOf(behaviour)
      : this.#context.limits.sliceSteps;
  }

  #begin(behaviour: Behaviour, { actor, ...job }: Job): number {
    const { limits } = this.#context;
    const turn = new LongTurn(behaviour, actor, job.source, job.source.message, limits);
    actor.running = { turn, stop: undefined, ...job };
    return limits.sliceSteps;
  }

  /** One more slice of a turn that takes long. */
  #goOn(actor: Actor, running: RunningTurn): number {
    const { turn, stop, item, source, alsoMark } = running;
    const job = { actor, item, source, alsoMark };
    if (stop !== undefined) {
      actor.running = undefined;
      this.#life.stop(actor, stop);
      this.#life.refuseEnded(actor, item, actor.head!, alsoMark);
      return MESSAGE_STEPS;
    }
    const outcome = turn.resume();
    if (outcome !== 'running') {
      actor.running = undefined;
      this.#end(job, actor.head!, outcome, turn.wants);
    }
    return this.#context.limits.sliceSteps;
  }

  /** Takes what a turn came to. */
  #end(job: Job, head: ActorHead, state: TurnOutcome, wants: TurnWants): void {
    const { actor, item, source, alsoMark } = job;
    if (!(state instanceof SeqMap))
      return state.kind === 'fault' ? this.#fault(job, head, state) : this.#suspend(job, head, state);
    if (head.mode === 'volatile') {
      if (!this.#keeps(actor, actor.state, state)) return this.#fault(job, head, TOO_LARGE);
      this.#volatileAnswer(job, head, wants);
      actor.state = state;
      this.#volatileWants(actor, wants);
      return;
    }
    this.#print(actor, wants);
    const context = this.#life.changeContext();
    const change = checked(() => changes.turned(actor, head, source, state, wants, alsoMark, context));
    if ('kind' in change) return this.#fault(job, head, change);
    if (outgrows(actor, state, change.growth, this.#context.limits.stateBytes))
      return this.#fault(job, head, TOO_LARGE);
    this.#proposals.add(actor, item, change);
    if (wants.become !== undefined) actor.behaviour = undefined;
  }

  #print({ path }: Actor, { output }: TurnWants): void {
    if (output !== '') this.#context.log('info', 'actor-output', { path, text: output });
  }

  /** Whether the state that a volatile actor was left in is within its limit. */
  #keeps(actor: Actor, before: SeqMap, state: SeqMap): boolean {
    if (state === before || ++actor.turnsUnmeasured < VOLATILE_CHECK_TURNS) return true;
    actor.turnsUnmeasured = 0;
    const { stateBytes } = this.#context.limits;
    return encodedBytes(state, stateBytes) <= stateBytes;
  }

  /** Does what a turn of a volatile actor wants. Returns whether the actor goes on as the same. */
  #volatileWants(actor: Actor, wants: TurnWants): boolean {
    if (wants.casts.length > 0) this.#cast(wants.casts);
    this.#print(actor, wants);
    if (wants.become !== undefined) {
      const behaviour = this.#context.behaviour(wants.become);
      if (typeof behaviour === 'object') actor.behaviour = behaviour;
    }
    if (wants.stopSelf) this.#life.end(actor, actor.head!, undefined, 'stopped', null);
    return wants.become === undefined && !wants.stopSelf;
  }

  #volatileAnswer({ actor, item, source }: Job, head: ActorHead, { reply }: TurnWants): void {
    if (source.answersAsk !== null && source.sender !== '')
      return this.#proposals.add(actor, item, changes.answered(actor, head, source, reply));
    if (source.origin !== null) {
      actor.inFlight.delete(source.origin.source);
      actor.replies ??= new ReplyCache();
      actor.replies.add(source.origin, reply ?? null);
    }
    settle(item, { ok: true, sequence: 0, reply: reply ?? null });
  }

  #suspend({ actor, item, source, alsoMark }: Job, head: ActorHead, wanted: TurnAwaiting): void {
    const ask = `${head.incarnation}.${head.sent + 1}`;
    const { self: _self, mode: _mode, ...kept } = source;
    const pending: PendingTurn = { ask, timeoutMs: wanted.timeoutMs, ...kept };
    const change = checked(() => changes.waiting(actor, head, pending, wanted.to, wanted.message, alsoMark));
    if ('kind' in change) return this.#fault({ actor, item, source, alsoMark }, head, change);
    this.awaitAnswer(actor, wanted.timeoutMs);
    // The sender of the message that waits stays in `inFlight`, so that a repeat joins it; only the answer is settled.
    this.#proposals.add(actor, undefined, change);
    const { origin } = source;
    if (origin !== null && actor.inFlight.get(origin.source) === undefined)
      actor.inFlight.set({ ...origin, item });
  }

  #fault(
    { actor, item, source, alsoMark }: Job,
    head: ActorHead,
    fault: { readonly code: string; readonly message: string },
  ): void {
    const { restarts, restartPeriodMs: periodMs } = this.#context.limits;
    const text = changes.faultText(fault);
    this.#context.count('faults');
    if (fault.code === NO_ANSWER) {
      this.#context.log('warn', 'ask-failed', { path: actor.path, fault: text });
      this.#proposals.add(actor, item, changes.faulted(actor, head, source, 'ask-failed', text, alsoMark));
      return;
    }
    const { history, exceeded } = addRestart(head.restarts, this.#context.time.wall, { restarts, periodMs });
    this.#context.log('warn', exceeded ? 'actor-failed' : 'actor-restarted', {
      path: actor.path,
      fault: text,
      restarts: history.length,
    });
    this.#proposals.add(
      actor,
      item,
      changes.faulted(actor, { ...head, restarts: history }, source, 'turn-failed', text, alsoMark),
    );
    if (exceeded && actor.head) this.#life.end(actor, actor.head, undefined, 'failed', text);
    else this.#context.count('restarts');
  }

  // ── Answers that are waited for ──

  awaitAnswer(actor: Actor, timeoutMs: number | undefined): void {
    this.#waiting.set(actor, this.#context.time.now + (timeoutMs ?? this.#context.limits.askTimeoutMs));
  }

  tick(now: Millis): void {
    for (const [actor, deadline] of this.#waiting) if (now >= deadline) this.#askTimedOut(actor);
  }

  #askTimedOut(actor: Actor): void {
    this.#waiting.delete(actor);
    const pending = actor.head?.pending;
    if (!pending) return;
    // While the ask itself is not committed there is nothing to give up yet.
    if (actor.uncommitted > 0) return this.awaitAnswer(actor, 100);
    const outcome = { refused: 'timeout: No answer came in time.' };
    this.#deliver({
      to: actor.path,
      sender: '',
      origin: null,
      payload: { kind: 'answer', ask: pending.ask, outcome },
    });
  }
}
