// Turns an order into a durable update of an actor's life: one function per transition. Pure.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { type Data, SeqMap, Variant } from '../../base/value.ts';
import type { ActorMode, Origin, Payload } from '../envelope.ts';
import { beginRow, reportRow, reportRows } from '../lifecycle/report.ts';
import { isSupervisor } from '../lifecycle/supervisor-behaviour.ts';
import type { TerminationReason } from '../lifecycle/supervisor-message.ts';
import type { OutboxRow } from '../shard/entry.ts';
import { NO_SUBSCRIPTIONS } from '../subscriptions.ts';
import type { TurnInputs } from '../turn/host.ts';
import { NO_WATCHES } from '../watches.ts';
import type { Actor } from './actor.ts';
import { type Change, type ChangeContext, journaled, NO_ROWS, recorded, unrecorded } from './change.ts';
import type { ActorHead, SupervisorLink } from './head-row.ts';

/** Of a record that no message made. */
const NO_TURN = {
  message: null,
  events: [],
  reply: null,
  inputs: null,
  outbox: NO_ROWS,
  forceSnapshot: false,
} as const;

/** The first message of a supervisor, with what starts it. */
const begins = (actor: Actor, { code, sent }: ActorHead): readonly OutboxRow[] =>
  isSupervisor(code) ? [beginRow(actor.path, sent + 1)] : NO_ROWS;

/**
 * A new life at a path. Its state is an empty Map; its sequence numbers go on where an earlier life ended.
 */
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
    supervisor: null,
    stash: null,
    subscriptions: NO_SUBSCRIPTIONS,
  };
  const outbox = begins(actor, head);
  const after = { ...head, sent: outbox.length };
  const parts = {
    kind: 'spawned',
    code,
    head: after,
    state: SeqMap.empty,
    origins: [origin],
    outbox,
  } as const;
  return recorded(actor, context, { ...NO_TURN, ...parts, forceSnapshot: true });
}

/** How a supervisor starts a child. */
export interface Started {
  readonly code: BehaviourRef;
  readonly mode: ActorMode;
  readonly fresh: boolean;
  readonly link: SupervisorLink;
  /** Of a child that never was. */
  readonly incarnation: string;
}

/** A supervisor starts its child: for the first time, or again, where it left off or with an empty state. */
export function started(actor: Actor, origin: Origin | null, start: Started, context: ChangeContext): Change {
  const { code, mode, fresh, link } = start;
  const before = actor.head;
  // An operator has resumed it: it is running, and goes on.
  const isTaken = before?.lifecycle === 'running';
  const incarnation = before?.incarnation ?? start.incarnation;
  const sent = before?.sent ?? 0;
  const head: ActorHead = {
    lifecycle: 'running',
    since: context.wall,
    code,
    mode,
    incarnation,
    sent: sent + 1,
    lastFault: before?.lastFault ?? null,
    pending: isTaken ? before.pending : null,
    restarts: [],
    journalReads: before?.journalReads ?? false,
    watching: before?.watching ?? NO_WATCHES,
    watchers: before?.watchers ?? 0,
    supervisor: link,
    stash: fresh ? null : (before?.stash ?? null),
    subscriptions:
      fresh || mode === 'volatile' ? NO_SUBSCRIPTIONS : (before?.subscriptions ?? NO_SUBSCRIPTIONS),
  };
  const outbox = isSupervisor(code)
    ? [beginRow(actor.path, head.sent)]
    : reportRows(head, head.sent, { kind: 'started' });
  const kind = before === undefined ? 'spawned' : 'resumed';
  const isEmpty = !isTaken && (fresh || mode === 'volatile');
  const state = isEmpty ? SeqMap.empty : isTaken ? actor.state : journaled(actor);
  const parts = { kind, code, head, state, origins: [origin], outbox } as const;
  return recorded(actor, context, { ...NO_TURN, ...parts, forceSnapshot: before === undefined || isEmpty });
}

/**
 * The actor ends: because it was told to (`stopped`), or because it failed too often (`failed`). Its
 * supervisor is told `reason`, unless that is undefined.
 */
export function ended(
  actor: Actor,
  head: ActorHead,
  origin: Origin | null,
  lifecycle: 'stopped' | 'failed',
  fault: string | null,
  context: ChangeContext,
  reason: TerminationReason | undefined,
): Change {
  const lastFault = fault ?? head.lastFault;
  const outbox =
    reason === undefined ? NO_ROWS : reportRows(head, head.sent + 1, { kind: 'terminated', reason });
  const sent = head.sent + outbox.length;
  const after: ActorHead = { ...head, lifecycle, since: context.wall, lastFault, pending: null, sent };
  const parts = {
    kind: lifecycle,
    code: head.code,
    head: after,
    state: actor.state,
    origins: [origin],
    outbox,
  };
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
 * An actor that had ended, or was suspended, goes on: same life, same numbers of its messages, no restart
 * that counts. Its state is the one of its journal; a volatile actor that had ended has none there, and
 * begins with an empty one. One that had ended or failed is nobody's child until its supervisor, which is
 * told, starts it.
 */
export function resumed(
  actor: Actor,
  head: ActorHead,
  origin: Origin | null,
  context: ChangeContext,
  reply: Data | null = null,
): Change {
  const state = head.lifecycle === 'suspended' ? actor.state : journaled(actor);
  const outbox = [...begins(actor, head)];
  const { supervisor: link, code } = head;
  const leaves = link !== null && head.lifecycle !== 'suspended';
  if (leaves)
    outbox.push(
      reportRow(link.path, head.sent + 1 + outbox.length, link.child, link.life, { kind: 'resumed' }),
    );
  const after: ActorHead = {
    ...head,
    lifecycle: 'running',
    since: context.wall,
    restarts: [],
    sent: head.sent + outbox.length,
    supervisor: leaves ? { ...link, resumed: true } : link,
  };
  const parts = { kind: 'resumed', code, head: after, state, origins: [origin], reply, outbox } as const;
  return recorded(actor, context, { ...NO_TURN, ...parts });
}

/** What made the state of an upgrade of the one before: a word of the new module. */
export interface Migration extends Pick<TurnInputs, 'wall' | 'seed'> {
  readonly word: string;
}

/**
 * From here on the actor runs `code`. Its state of life stays what it is; what failed before does not count
 * for new code.
 */
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
    head: { ...head, code, restarts: [], pending: null },
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
