// What an order does to the life of an actor, as the update that makes it last: one function per arrow. Pure.
import { type Data, SeqMap, Variant } from '../../base/value.ts';
import type { BehaviourRef } from '../behaviour.ts';
import type { Origin, Payload } from '../envelope.ts';
import type { TurnInputs } from '../turn/host.ts';
import { NO_WATCHES } from '../watches.ts';
import type { Actor } from './actor.ts';
import { type Change, type ChangeContext, journaled, NO_ROWS, recorded, unrecorded } from './change.ts';
import type { ActorHead } from './head-row.ts';

/** Of a record that no message made. */
const NO_TURN = {
  message: null,
  events: [],
  reply: null,
  inputs: null,
  outbox: NO_ROWS,
  forceSnapshot: false,
} as const;

/** A new life at a path. Its state is an empty Map; its sequence numbers go on where an earlier life ended. */
export function spawned(
  actor: Actor,
  origin: Origin | null,
  { code, mode, journalReads }: Payload & { readonly kind: 'spawn' },
  incarnation: string,
  context: ChangeContext,
): Change {
  const head: ActorHead = {
    lifecycle: 'running',
    since: context.wall,
    code,
    mode,
    journalReads: journalReads === true,
    incarnation,
    sent: 0,
    lastFault: null,
    pending: null,
    restarts: [],
    watching: NO_WATCHES,
    watchers: 0,
  };
  const parts = { kind: 'spawned', code, head, state: SeqMap.empty, origins: [origin] } as const;
  return recorded(actor, context, { ...NO_TURN, ...parts, forceSnapshot: true });
}

/** The actor ends: because it was told to (`stopped`), or because it failed too often (`failed`). */
export function ended(
  actor: Actor,
  head: ActorHead,
  origin: Origin | null,
  lifecycle: 'stopped' | 'failed',
  fault: string | null,
  context: ChangeContext,
): Change {
  const lastFault = fault ?? head.lastFault;
  const after: ActorHead = { ...head, lifecycle, since: context.wall, lastFault, pending: null };
  const parts = { kind: lifecycle, code: head.code, head: after, state: actor.state, origins: [origin] };
  return recorded(actor, context, { ...NO_TURN, ...parts });
}

/** The actor takes no messages until it is resumed. */
export function suspended(
  actor: Actor,
  head: ActorHead,
  origin: Origin | null,
  context: ChangeContext,
): Change {
  const after: ActorHead = { ...head, lifecycle: 'suspended', since: context.wall };
  const parts = { kind: 'suspended', code: head.code, head: after, state: actor.state } as const;
  return recorded(actor, context, { ...NO_TURN, ...parts, origins: [origin] });
}

/**
 * An actor that had ended, or was suspended, goes on: same life, same numbers of its messages, no restart that counts. Its state is the
 * one of its journal; a volatile actor that had ended has none there, and begins with an empty one.
 */
export function resumed(
  actor: Actor,
  head: ActorHead,
  origin: Origin | null,
  context: ChangeContext,
  reply: Data | null = null,
): Change {
  const state = head.lifecycle === 'suspended' ? actor.state : journaled(actor);
  const after: ActorHead = { ...head, lifecycle: 'running', since: context.wall, restarts: [] };
  const parts = { kind: 'resumed', code: head.code, head: after, state, origins: [origin], reply } as const;
  return recorded(actor, context, { ...NO_TURN, ...parts });
}

/** What made the state of an upgrade of the one before: a word of the new module. */
export interface Migration extends Pick<TurnInputs, 'wall' | 'seed'> {
  readonly word: string;
}

/** From here on the actor runs `code`. Its state of life stays what it is; what failed before does not count for new code. */
export function upgraded(
  actor: Actor,
  head: ActorHead,
  origin: Origin | null,
  code: BehaviourRef,
  state: SeqMap,
  migration: Migration | null,
  context: ChangeContext,
): Change {
  const { wall, seed } = migration ?? {};
  return recorded(actor, context, {
    ...NO_TURN,
    kind: 'upgraded',
    code,
    head: { ...head, code, restarts: [] },
    state,
    origins: [origin],
    inputs: wall === undefined || seed === undefined ? null : { wall, seed, answers: [] },
    reply: upgradeReply(true, head.lifecycle),
    upgrade: { from: head.code, migrate: migration?.word ?? null },
  });
}

/** Nothing that is stored of the actor is left but what says that its purge was: see Update.purge. */
export function purged(actor: Actor, origin: Origin | null, marks: boolean): Change {
  const outcome = { ok: true, sequence: actor.sequence, reply: null } as const;
  const change = unrecorded(actor, undefined, outcome, [origin]);
  return { ...change, state: SeqMap.empty, update: { ...change.update, purge: { marks } } };
}

/** The reply that stands for an order which found done what it asks for. */
export const WAS_SO = false;

/** An order that finds done what it asks for changes nothing, which is remembered. */
export function unchanged(actor: Actor, origin: Origin | null, reply: Data = WAS_SO): Change {
  return unrecorded(actor, actor.head, { ok: true, sequence: actor.sequence, reply }, [origin]);
}

/** What an upgrade is answered: whether it changed the code, and the state of life that the actor is in. */
export const upgradeReply = (changed: boolean, lifecycle: ActorHead['lifecycle']): Data =>
  new Variant(changed ? 'Upgraded' : 'Unchanged', [lifecycle]);
