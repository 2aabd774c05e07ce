// A turn, and the origin of its message.
import { SeqNodeError } from '../../base/errors.ts';
import type { Actor } from '../actor/actor.ts';
import { type Change, checkUpdate } from '../actor/change.ts';
import type { ActorHead } from '../actor/head-row.ts';
import type { Item } from '../actor/item.ts';
import type { TurnSource } from '../actor/source.ts';
import type { Origin } from '../envelope.ts';
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
