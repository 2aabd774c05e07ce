// The life of an actor: how it begins and how it ends, and what is refused because of that.
import type { Millis } from '../../base/ids.ts';
import type { Actor } from '../actor/actor.ts';
import * as changes from '../actor/change.ts';
import type { ActorHead } from '../actor/head-row.ts';
import { type Item, settle } from '../actor/item.ts';
import { type Behaviour, type BehaviourRef, targetName } from '../behaviour.ts';
import type { RuntimeContext } from '../context.ts';
import type { Origin, Payload } from '../envelope.ts';
import type { Proposals } from '../shard/proposals.ts';

const MODULE_WAIT_MS: Millis = 2000;

export class Lifecycle {
  readonly #context: RuntimeContext;
  readonly #term: number;
  readonly #proposals: Proposals;
  readonly #hold: (actor: Actor, item: Item) => void;

  /** `hold` puts a message back until the module that it needs may have arrived. */
  constructor(
    context: RuntimeContext,
    term: number,
    proposals: Proposals,
    hold: (actor: Actor, item: Item) => void,
  ) {
    this.#context = context;
    this.#term = term;
    this.#proposals = proposals;
    this.#hold = hold;
  }

  changeContext(): changes.ChangeContext {
    const { snapshotRecords, snapshotBytes } = this.#context.limits;
    return { wall: this.#context.time.wall, term: this.#term, snapshotRecords, snapshotBytes };
  }

  // ── Begin ──

  spawn(actor: Actor, item: Item, { code, mode, newLife }: Payload & { kind: 'spawn' }): void {
    const { head, path } = actor;
    if (head?.lifecycle === 'running') {
      return this.refuse(actor, item, 'actor-exists', `An actor already lives at ${path}.`);
    }
    if (head !== undefined && !newLife) {
      const message = `The actor at ${path} ${howItEnded(head)} and keeps its state.`;
      return this.refuse(actor, item, 'actor-ended', message);
    }
    const behaviour = this.#behaviourToSpawn(actor, item, code);
    if (behaviour === undefined) return;
    const { random } = this.#context;
    const incarnation = `${random.uint32().toString(36)}${random.uint32().toString(36)}`;
    actor.behaviour = behaviour;
    this.#proposals.add(
      actor,
      item,
      changes.spawned(actor, item.envelope.origin, code, mode, incarnation, this.changeContext()),
    );
  }

  // A module may be deployed and not here yet. Only a client is told so, after a while and without a mark: what an actor runs,
  // or spawns, is deployed for certain.
  #behaviourToSpawn(actor: Actor, item: Item, code: BehaviourRef): Behaviour | undefined {
    const behaviour = this.#context.behaviour(code);
    if (typeof behaviour === 'object') return behaviour;
    const { now } = this.#context.time;
    item.heldSince ??= now;
    const { origin, sender } = item.envelope;
    if (behaviour === 'unknown-word') {
      this.refuse(actor, item, 'no-such-module', `The word ${targetName(code.target)} is not deployed.`);
    } else if (sender !== '' || now - item.heldSince < MODULE_WAIT_MS) {
      this.#hold(actor, item);
    } else {
      if (origin !== null) actor.inFlight.delete(origin.source);
      settle(item, {
        ok: false,
        code: 'no-such-module',
        message: `The module ${code.module} is not deployed.`,
      });
    }
    return undefined;
  }

  // ── End ──

  stop(actor: Actor, item: Item): void {
    const { head } = actor;
    if (head === undefined) this.refuseMissing(actor, item);
    else if (head.lifecycle !== 'running') this.refuseEnded(actor, item, head);
    else this.end(actor, head, item, 'stopped', null);
  }

  end(
    actor: Actor,
    head: ActorHead,
    item: Item | undefined,
    lifecycle: 'stopped' | 'failed',
    fault: string | null,
  ): void {
    const origin = item?.envelope.origin ?? null;
    this.#proposals.add(
      actor,
      item,
      changes.ended(actor, head, origin, lifecycle, fault, this.changeContext()),
    );
  }

  resume(actor: Actor, item: Item): void {
    const { head } = actor;
    const { origin } = item.envelope;
    if (head === undefined) return this.refuseMissing(actor, item);
    if (head.lifecycle === 'running') {
      return this.#proposals.add(actor, item, changes.runningAlready(actor, origin));
    }
    // What a volatile actor became in its turns is lost with its state.
    if (head.mode === 'volatile') actor.behaviour = undefined;
    this.#context.log('info', 'actor-resumed', { path: actor.path });
    this.#proposals.add(actor, item, changes.resumed(actor, head, origin, this.changeContext()));
  }

  // ── Refusals ──

  refuse(actor: Actor, item: Item, code: string, message: string, alsoMark: Origin | null = null): void {
    const origins = [item.envelope.origin, alsoMark];
    this.#proposals.add(actor, item, changes.refusal(actor, origins, code, message));
  }

  refuseMissing(actor: Actor, item: Item): void {
    this.refuse(actor, item, 'no-such-actor', `No actor lives at ${actor.path}.`);
  }

  refuseEnded(actor: Actor, item: Item, head: ActorHead, alsoMark: Origin | null = null): void {
    this.refuse(actor, item, 'actor-stopped', `The actor at ${actor.path} ${howItEnded(head)}.`, alsoMark);
  }
}

const howItEnded = ({ lifecycle }: ActorHead): string =>
  lifecycle === 'failed' ? 'has failed' : 'is stopped';
