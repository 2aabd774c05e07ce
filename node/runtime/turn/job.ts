// A turn, and the origin of its message.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { Actor } from '../actor/actor.ts';
import { type Change, checkUpdate } from '../actor/change.ts';
import type { ActorHead } from '../actor/head-row.ts';
import type { Item } from '../actor/item.ts';
import type { TurnSource } from '../actor/source.ts';
import type { Origin, Payload } from '../envelope.ts';
import { isSupervisor } from '../lifecycle/supervisor-behaviour.ts';
import type { TurnFault } from './runner.ts';

export interface Job {
  readonly actor: Actor;
  readonly item: Item;
  readonly source: TurnSource;
  /** The answer that woke the turn, if it had to wait for one. */
  readonly alsoMark: Origin | null;
  /** The watch whose end the message tells of. */
  readonly watch?: string | undefined;
}

/** Of the message of a turn. */
export interface MessageDetails {
  readonly ask?: string | null;
  readonly askers?: readonly ActorPath[];
  /** See Job. */
  readonly watch?: string;
  /** What is said to a queue, and the row of the task that it names. */
  readonly taskOrder?: Payload & { readonly kind: 'task-order' };
}

/** The head that the turn begins with: its actor does not watch any more whose end it is told. */
export function headOf({ actor: { head }, watch }: Pick<Job, 'actor' | 'watch'>): ActorHead | undefined {
  if (head === undefined || watch === undefined) return head;
  const watching = new Map(head.watching);
  watching.delete(watch);
  return { ...head, watching };
}

/** The change, unless it is more than one entry of the log holds: then the fault of its turn. */
export function checked(make: () => Change): Change | TurnFault {
  try {
    const change = make();
    checkUpdate(change);
    return change;
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
    return { kind: 'fault', code: error.code, message: error.message };
  }
}

/** What a message costs beside the reductions of its turn, in reductions. */
export const MESSAGE_REDUCTIONS = 100;

export const TOO_LARGE = {
  kind: 'fault',
  code: 'too-large',
  message: 'The state outgrew runtime.state-bytes-max.',
} as const;

export const OUTBOX_FULL = {
  code: 'outbox-full',
  message: 'What the actor sent is not taken: its outbox is over four times its limit.',
};

/**
 * Not so of orders and reports, nor of what the timers of a supervisor send it: the node itself made them.
 */
export function isOfUser({ path, head }: Actor, { envelope: { payload, sender } }: Item): boolean {
  const { kind } = payload;
  if (kind === 'message') return sender !== path || head === undefined || !isSupervisor(head.code);
  return kind === 'answer' || kind === 'terminated' || kind === 'event';
}
