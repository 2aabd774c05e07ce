// A child's handling of its supervisor's orders.
//
// Invariants
//  C1  An order takes effect once, and only on the life that it names: orders for an earlier one change
//      nothing.
//  C2  The answer to an order, and the report of a child's end, are in the entry of the event that they
//      report.
//  C3  A start keeps the journaled state, unless the child is to begin fresh; and with its state the code
//      that it ran.
import type { Actor } from '../actor/actor.ts';
import * as changes from '../actor/change.ts';
import { type ActorHead, hasEnded, type SupervisorLink } from '../actor/head-row.ts';
import type { Item } from '../actor/item.ts';
import * as lives from '../actor/life-change.ts';
import type { RuntimeContext } from '../context.ts';
import type { ChildOrder } from '../envelope.ts';
import type { Proposals } from '../shard/proposals.ts';
import { isQueue, isReservedForQueues } from '../tasks/queue-ref.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ChildNews } from './report.ts';
import { isSupervisor } from './supervisor-behaviour.ts';

type Start = ChildOrder & { readonly kind: 'start-child' };

export class ChildOrders {
  readonly #context: RuntimeContext;
  readonly #proposals: Proposals;
  readonly #life: Lifecycle;

  constructor(context: RuntimeContext, proposals: Proposals, life: Lifecycle) {
    this.#context = context;
    this.#proposals = proposals;
    this.#life = life;
  }

  /**
   * Returns `forward` where the child is a supervisor that has to stop its own children first: it is to
   * handle the order.
   */
  take(actor: Actor, item: Item, order: ChildOrder): 'forward' | undefined {
    const { head } = actor;
    const link = linkOf(item, order);
    const found = head?.supervisor ?? undefined;
    const isMine = found !== undefined && isSame(found, link);
    // C1
    if (isMine && link.life < found.life) this.#ignore(actor, item);
    else if (order.kind === 'start-child') this.#start(actor, item, order, link, isMine);
    else if (!isMine || link.life > found.life) this.#isOver(actor, item, order, link);
    else if (order.kind === 'stop-child') return this.#stop(actor, head!, item, order);
    else if (head!.lifecycle === 'restarting') this.#life.end(actor, head!, item, 'failed', head!.lastFault);
    else this.#ignore(actor, item);
    return undefined;
  }

  #start(actor: Actor, item: Item, order: Start, link: SupervisorLink, isMine: boolean): void {
    const { head } = actor;
    const repeats = isMine && link.life === head?.supervisor?.life;
    if (repeats) return this.#ignore(actor, item);
    const isAnothers = head !== undefined && !hasEnded(head) && head.supervisor?.path !== link.path;
    if (isAnothers) {
      const reason = `actor-exists: An actor lives at ${actor.path} already.`;
      return this.#answer(actor, item, link, { kind: 'start-failed', reason });
    }
    if (isReservedForQueues(actor.path) || isQueue(order.code)) {
      const reason = 'reserved-path: Nothing but queues lives below /queue.';
      return this.#answer(actor, item, link, { kind: 'start-failed', reason });
    }
    const code = isMine && !order.fresh ? head!.code : order.code;
    const behaviour = this.#life.deployed(actor, item, code.module, this.#context.behaviour(code));
    if (behaviour === undefined) return;
    if (behaviour === 'unknown-word') {
      const reason = 'no-such-module: The module has no such behaviour.';
      return this.#answer(actor, item, link, { kind: 'start-failed', reason });
    }
    const fresh = order.fresh && !isSupervisor(code);
    const started = { code, mode: order.mode, fresh, link, incarnation: this.#life.incarnation() };
    const context = this.#life.changeContext();
    if (this.#context.faults.has('supervisor-order-twice'))
      this.#proposals.add(actor, undefined, lives.started(actor, null, started, context));
    const change = lives.started(actor, item.envelope.origin, started, context);
    actor.behaviour = behaviour;
    this.#proposals.add(actor, item, change);
    if (head === undefined) return this.#life.tell('spawned', actor);
    this.#context.count('restarts');
    this.#context.log('info', 'actor-restarted', {
      path: actor.path,
      supervisor: link.path,
      life: link.life,
    });
  }

  #stop(
    actor: Actor,
    head: ActorHead,
    item: Item,
    { kill }: ChildOrder & { readonly kind: 'stop-child' },
  ): 'forward' | undefined {
    // Its end was told when it came.
    if (hasEnded(head) || head.lifecycle === 'restarting') this.#ignore(actor, item);
    else if (isSupervisor(head.code) && head.lifecycle === 'running') return 'forward';
    else this.#life.end(actor, head, item, 'stopped', null, 'stopped', kill ? 'killed' : 'shutdown');
    return undefined;
  }

  /** The life that the order names is over, or never was. */
  #isOver(actor: Actor, item: Item, order: ChildOrder, link: SupervisorLink): void {
    if (order.kind === 'let-go') this.#ignore(actor, item);
    else this.#answer(actor, item, link, { kind: 'terminated', reason: 'shutdown' });
  }

  #ignore(actor: Actor, item: Item): void {
    this.#proposals.add(actor, item, lives.unchanged(actor, item.envelope.origin));
  }

  /** For what this actor is not, or not any more: its own life does not change. */
  #answer(actor: Actor, item: Item, link: SupervisorLink, news: ChildNews): void {
    const { origin } = item.envelope;
    this.#proposals.add(
      actor,
      item,
      changes.answeredOrder(actor, origin, link, news, this.#life.incarnation()),
    );
  }
}

function linkOf({ envelope: { sender, origin } }: Item, { child, life }: ChildOrder): SupervisorLink {
  const source = origin?.source ?? '';
  return {
    path: sender as SupervisorLink['path'],
    incarnation: source.slice(source.indexOf('#') + 1),
    child,
    life,
  };
}

const isSame = (one: SupervisorLink, other: SupervisorLink): boolean =>
  one.path === other.path && one.incarnation === other.incarnation && one.child === other.child;
