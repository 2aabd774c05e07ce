// Turns of volatile actors: nothing is recorded, so many run in sequence, and their effects are carried out
// at once.
import { encodedBytes, SeqMap } from '../../base/value.ts';
import type { Actor } from '../actor/actor.ts';
import * as changes from '../actor/change.ts';
import type { ActorHead } from '../actor/head-row.ts';
import { settle } from '../actor/item.ts';
import type { Behaviour } from '../behaviour.ts';
import type { RuntimeContext } from '../context.ts';
import type { Casts } from '../envelope.ts';
import { ReplyCache } from '../inbox/reply-cache.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Proposals } from '../shard/proposals.ts';
import { itemOf, sourceOf, VolatileInputs } from './inputs.ts';
import { type Job, MESSAGE_REDUCTIONS, TOO_LARGE } from './job.ts';
import type { TurnOutcome, TurnRunner } from './runner.ts';
import type { TurnWants } from './wants.ts';

/** A volatile actor's state is measured after so many turns. */
const CHECK_TURNS = 64;

export interface VolatileOwner {
  readonly runner: TurnRunner;
  readonly proposals: Proposals;
  readonly life: Lifecycle;
  /** Sends volatile messages. */
  cast(casts: readonly Casts[]): void;
  /** A turn has begun. */
  begun(): void;
  /** Goes on with a turn that takes long. Returns about how many reductions that took. */
  begin(behaviour: Behaviour, job: Job): number;
  /** Takes what a turn came to that did more than change the state. */
  end(job: Job, head: ActorHead, outcome: TurnOutcome, wants: TurnWants): void;
}

export class VolatileTurns {
  readonly #context: RuntimeContext;
  readonly #owner: VolatileOwner;
  readonly #inputs: VolatileInputs;

  constructor(context: RuntimeContext, owner: VolatileOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#inputs = new VolatileInputs(context);
  }

  /**
   * Handles volatile messages to a volatile actor, `most` at most, until about `reductions` reductions are
   * done or something other than the state of the actor has changed. Returns about how many reductions that
   * took.
   */
  casts(
    actor: Actor,
    head: ActorHead,
    behaviour: Behaviour,
    casts: Casts,
    reductions: number,
    most: number,
  ): number {
    const inputs = this.#inputs;
    inputs.self = casts.to;
    inputs.sender = casts.sender;
    const { runner } = this.#owner;
    // The engine charges for each young state that an old actor refers to, so of many the actor gets the last
    // one only.
    const holder = casts.length === 1 ? actor : { state: actor.state };
    runner.set(holder, inputs);
    let taken = 0;
    for (let left = Math.min(most, casts.length); left > 0 && taken < reductions; left--) {
      const message = actor.takeCast(casts);
      if (behaviour.problemOf(message) !== undefined) {
        this.#context.count('dead-letters');
        taken += MESSAGE_REDUCTIONS;
        continue;
      }
      this.#owner.begun();
      const outcome = runner.run(behaviour, message);
      if (!(outcome instanceof SeqMap && this.#keeps(actor, holder.state, outcome))) {
        actor.state = holder.state;
        const job = {
          actor,
          item: itemOf(casts, message),
          source: sourceOf(inputs, message),
          alsoMark: null,
        };
        if (outcome === 'long') return taken + this.#owner.begin(behaviour, job);
        this.#owner.end(job, head, outcome instanceof SeqMap ? TOO_LARGE : outcome, runner.wants);
        return taken + this.#context.limits.sliceReductions;
      }
      taken += MESSAGE_REDUCTIONS + runner.reductionsOf(behaviour);
      holder.state = outcome;
      if (runner.wanted) {
        actor.state = outcome;
        if (!this.#wants(actor, runner.wants)) return taken;
      }
    }
    actor.state = holder.state;
    return taken;
  }

  /**
   * Takes what a turn came to that ended well. False when the state is over its limit: then nothing is done.
   */
  end(job: Job, head: ActorHead, state: SeqMap, wants: TurnWants): boolean {
    const { actor } = job;
    if (!this.#keeps(actor, actor.state, state)) return false;
    this.#answer(job, head, wants);
    actor.state = state;
    this.#wants(actor, wants);
    return true;
  }

  /** Whether the state that a volatile actor was left in is within its limit. */
  #keeps(actor: Actor, before: SeqMap, state: SeqMap): boolean {
    if (state === before || ++actor.turnsUnmeasured < CHECK_TURNS) return true;
    actor.turnsUnmeasured = 0;
    const { stateBytes } = this.#context.limits;
    return encodedBytes(state, stateBytes) <= stateBytes;
  }

  /** Does what a turn wants. Returns whether the actor goes on as the same. */
  #wants(actor: Actor, wants: TurnWants): boolean {
    const { life, cast } = this.#owner;
    if (wants.casts.length > 0) cast(wants.casts);
    printOutput(this.#context, actor, wants);
    if (wants.become !== undefined) {
      const behaviour = this.#context.behaviour(wants.become);
      if (typeof behaviour === 'object') actor.behaviour = behaviour;
    }
    if (wants.stopSelf) life.end(actor, actor.head!, undefined, 'stopped', null);
    return wants.become === undefined && !wants.stopSelf;
  }

  #answer({ actor, item, source }: Job, head: ActorHead, { reply }: TurnWants): void {
    if (source.answersAsk !== null && source.sender !== '')
      return this.#owner.proposals.add(actor, item, changes.answered(actor, head, source, reply));
    if (source.origin !== null) {
      actor.inFlight.delete(source.origin.source);
      actor.replies ??= new ReplyCache();
      actor.replies.add(source.origin, reply ?? null);
    }
    settle(item, { ok: true, sequence: 0, reply: reply ?? null });
  }
}

/** What a turn printed goes to the log of the node, and is kept for a while. */
export function printOutput(context: RuntimeContext, { path }: Actor, { output }: TurnWants): void {
  if (output === '') return;
  context.log('info', 'actor-output', { path, text: output });
  context.printed(path, output);
}
