// The life of an actor: spawn, suspension, end and resumption, and the refusals that follow from it.
//
// Invariants
//  Y1  Every transition is a record of the journal, except a restart and a purge; and each is a line of the
//      log and a metric.
//  Y2  Only a new life and a purge discard state. A waiting turn is never continued by other code.
import { type BehaviourRef, targetName } from '../../base/behaviour-ref.ts';
import type { Millis } from '../../base/ids.ts';
import { type Actor, overtakes } from '../actor/actor.ts';
import * as changes from '../actor/change.ts';
import { type ActorHead, hasEnded, supervisorOf } from '../actor/head-row.ts';
import { type Item, settle } from '../actor/item.ts';
import * as lives from '../actor/life-change.ts';
import type { Fields, LifeMetric, RegistryState, RuntimeContext } from '../context.ts';
import { Casts, isChildOrder, type Lot, type Origin, type Payload } from '../envelope.ts';
import type { Proposals } from '../shard/proposals.ts';
import { fillOf, isQueue, isReservedForQueues, QUEUE_CODE } from '../tasks/queue-ref.ts';
import type { EndReason } from '../watches.ts';
import { isSupervisor } from './supervisor-behaviour.ts';
import { BY_OPERATOR, type TerminationReason } from './supervisor-message.ts';

const MODULE_WAIT_MS: Millis = 2000;

export class Lifecycle {
  readonly #context: RuntimeContext;
  readonly #term: number;
  readonly #proposals: Proposals;
  readonly #hold: (actor: Actor, item: Item) => void;
  readonly #putOff: (actor: Actor, item: Item) => void;
  /** Of what waits for a module for long: what is known of the registry here. */
  readonly #sought = new WeakMap<Item, RegistryState | 'asked'>();

  /** `hold` puts a message back until the module that it needs may have arrived. */
  constructor(
    context: RuntimeContext,
    term: number,
    proposals: Proposals,
    hold: (actor: Actor, item: Item) => void,
    putOff: (actor: Actor, item: Item) => void,
  ) {
    this.#putOff = putOff;
    this.#context = context;
    this.#term = term;
    this.#proposals = proposals;
    this.#hold = hold;
  }

  changeContext(): changes.ChangeContext {
    const { snapshotRecords, snapshotBytes } = this.#context.limits;
    return { wall: this.#context.time.wall, term: this.#term, snapshotRecords, snapshotBytes };
  }

  /**
   * Tells the log and the metrics of an arrow. Spawns and stops are many, and are told of where everything
   * is.
   */
  tell(arrow: LifeMetric, { path, head }: Actor, fields: Fields = {}): void {
    this.#context.count(arrow);
    const level = arrow === 'spawned' || arrow === 'stopped' ? 'debug' : 'info';
    if (arrow !== 'failed') this.#context.log(level, `actor-${arrow}`, { path, ...fields });
    else if (head !== undefined && isSupervisor(head.code)) {
      this.#context.count('escalations');
      const supervisor = supervisorOf(head)?.path ?? null;
      this.#context.log('warn', 'supervisor-failed', { path, supervisor, ...fields });
    }
  }

  // ── Begin ──

  spawn(actor: Actor, item: Item, payload: Payload & { kind: 'spawn' }): void {
    const { code, newLife } = payload;
    const { head, path } = actor;
    if (isReservedForQueues(path) || isQueue(code)) {
      const message = `Nothing is spawned at ${path}: a queue begins with its first use.`;
      return this.refuse(actor, item, 'reserved-path', message);
    }
    if (head !== undefined && !hasEnded(head)) {
      return this.refuse(actor, item, 'actor-exists', `An actor already lives at ${path}.`);
    }
    if (head !== undefined && !newLife) {
      const message = `The actor at ${path} ${howItEnded(head)} and keeps its state.`;
      return this.refuse(actor, item, 'actor-ended', message);
    }
    const behaviour = this.deployed(actor, item, code.module, this.#context.behaviour(code));
    if (behaviour === undefined) return;
    if (behaviour === 'unknown-word') return this.refuseUnknownWord(actor, item, code);
    actor.behaviour = behaviour;
    const { origin } = item.envelope;
    const change = lives.spawned(actor, origin, payload, this.incarnation(), this.changeContext());
    this.#proposals.add(actor, item, change);
    this.tell('spawned', actor);
  }

  /** A queue begins with whatever is said to it first. */
  beginQueue(actor: Actor): void {
    const payload = { kind: 'spawn', code: QUEUE_CODE, mode: 'durable', newLife: false } as const;
    const change = lives.spawned(actor, null, payload, this.incarnation(), this.changeContext());
    this.#proposals.add(actor, undefined, change);
    this.tell('spawned', actor);
  }

  /** A name for a new life. */
  incarnation(): string {
    const { random } = this.#context;
    return `${random.uint32().toString(36)}${random.uint32().toString(36)}`;
  }

  /**
   * What was found of a module, unless that is not here: then undefined. It may be deployed and on its way.
   * Only a client is told so, after a while and without a mark: what an actor runs, or spawns, is deployed
   * for certain.
   */
  deployed<T>(
    actor: Actor,
    item: Item,
    module: string,
    found: T | 'unknown-module',
  ): Exclude<T, 'unknown-module'> | undefined {
    if (found !== 'unknown-module') return found as Exclude<T, 'unknown-module'>;
    const { now } = this.#context.time;
    item.heldSince ??= now;
    if (item.envelope.sender !== '' || now - item.heldSince < MODULE_WAIT_MS) this.#hold(actor, item);
    else this.#seek(actor, item, module);
    return undefined;
  }

  /**
   * Whether the module is deployed only a registry tells that is up to date: this node may have missed a part
   * of it.
   */
  #seek(actor: Actor, item: Item, module: string): void {
    const sought = this.#sought.get(item);
    if (sought === undefined) {
      this.#sought.set(item, 'asked');
      this.#context.registryIsCurrent((state) => this.#sought.set(item, state));
    }
    if (sought === undefined || sought === 'asked') return this.#hold(actor, item);
    if (sought === 'behind') {
      this.#sought.delete(item);
      item.heldSince = undefined;
      return this.#hold(actor, item);
    }
    const { origin } = item.envelope;
    if (origin !== null) actor.inFlight.delete(origin.source);
    const message = `The module ${module} is not deployed.`;
    settle(item, sought === 'current' ? { ok: false, code: 'no-such-module', message } : 'undone');
  }

  // ── Suspend and resume ──

  suspend(actor: Actor, item: Item): void {
    const { head } = actor;
    const { origin } = item.envelope;
    if (head === undefined) return this.refuseMissing(actor, item);
    if (head.lifecycle === 'suspended')
      return this.#proposals.add(actor, item, lives.unchanged(actor, origin));
    if (hasEnded(head)) return this.refuseEnded(actor, item, head);
    this.#proposals.add(actor, item, lives.suspended(actor, head, origin, this.changeContext()));
    this.tell('suspended', actor);
    for (const waiting of actor.queue.drain()) {
      if (waiting instanceof Casts) this.#context.count('dead-letters', waiting.length);
      else if (isPutOff(actor, waiting)) this.#putOff(actor, waiting);
      else actor.queue.push(waiting);
    }
    actor.batched = 0;
  }

  resume(actor: Actor, item: Item): void {
    const { head } = actor;
    const { origin } = item.envelope;
    if (head === undefined) return this.refuseMissing(actor, item);
    if (head.lifecycle === 'running') return this.#proposals.add(actor, item, lives.unchanged(actor, origin));
    this.goOn(actor, head, item, null);
  }

  /** An actor that has ended, or is suspended, goes on. */
  goOn(actor: Actor, head: ActorHead, item: Item, reply: changes.RecordParts['reply']): void {
    // What a volatile actor became in its turns is lost with its state.
    if (head.mode === 'volatile' && hasEnded(head)) actor.behaviour = undefined;
    const { origin } = item.envelope;
    this.#proposals.add(actor, item, lives.resumed(actor, head, origin, this.changeContext(), reply));
    this.tell('resumed', actor);
  }

  // ── End ──

  stop(actor: Actor, item: Item): void {
    const { head } = actor;
    if (head === undefined) this.refuseMissing(actor, item);
    else if (hasEnded(head)) this.refuseEnded(actor, item, head);
    else {
      const told = item.envelope.sender === '' ? BY_OPERATOR : 'normal';
      this.end(actor, head, item, 'stopped', null, 'stopped', told);
    }
  }

  end(
    actor: Actor,
    head: ActorHead,
    item: Item | undefined,
    lifecycle: 'stopped' | 'failed',
    fault: string | null,
    reason: EndReason = lifecycle,
    told: TerminationReason = 'normal',
  ): void {
    const origin = item?.envelope.origin ?? null;
    // Of a fault its supervisor knows.
    const news = head.lifecycle === 'restarting' ? undefined : told;
    const change = lives.ended(actor, head, origin, lifecycle, fault, this.changeContext(), news);
    this.#proposals.add(actor, item, { ...change, reason });
    this.tell(lifecycle, actor);
  }

  purge(actor: Actor, item: Item, { force }: Payload & { kind: 'purge' }): void {
    const { head, path } = actor;
    const { origin } = item.envelope;
    if (head === undefined) return this.refuseMissing(actor, item);
    if (!hasEnded(head) && !force) {
      const state = head.lifecycle === 'running' ? 'runs' : `is ${head.lifecycle}`;
      return this.refuse(actor, item, 'not-ended', `The actor at ${path} ${state}.`);
    }
    const { size } = isQueue(head.code) ? fillOf(actor.state) : { size: 0 };
    if (size > 0) {
      const message = `The queue at ${path} holds ${size} tasks, for which somebody may wait.`;
      return this.refuse(actor, item, 'queue-not-empty', message);
    }
    if (!hasEnded(head)) this.end(actor, head, undefined, 'stopped', null, 'purged');
    const records = actor.sequence;
    const marks = !this.#context.faults.has('purge-leaves-marks');
    this.#proposals.add(actor, item, lives.purged(actor, origin, marks));
    this.tell('purged', actor, { records });
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

  refuseUnknownWord(actor: Actor, item: Item, { target }: Pick<BehaviourRef, 'target'>): void {
    this.refuse(actor, item, 'no-such-module', `The word ${targetName(target)} is not deployed.`);
  }
}

const howItEnded = ({ lifecycle }: ActorHead): string =>
  lifecycle === 'failed' ? 'has failed' : 'is stopped';

/**
 * Whether what the item holds waits elsewhere while the actor is suspended: a message, and all that actors
 * send, which must keep its order. Not the answer to an ask, for which a turn waits, nor what its supervisor
 * orders.
 */
export function isPutOff({ head }: Actor, item: Item): boolean {
  const { payload, sender } = item.envelope;
  return (
    head?.lifecycle === 'suspended' &&
    !overtakes(item) &&
    !isChildOrder(payload) &&
    (payload.kind === 'message' || payload.kind === 'task-order' || sender !== '')
  );
}

/** Says so to whoever waits for it. Its sender keeps it. */
export function putOff(actor: Actor, item: Item): void {
  const { origin } = item.envelope;
  if (origin !== null && actor.inFlight.get(origin.source)?.item === item)
    actor.inFlight.delete(origin.source);
  settle(item, suspendedRefusal(actor));
}

export const suspendedRefusal = ({ path }: Actor): NonNullable<Lot['putOff']> => ({
  ok: false,
  code: 'actor-suspended',
  message: `The actor at ${path} is suspended.`,
});
