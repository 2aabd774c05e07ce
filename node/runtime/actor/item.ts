// A message in the mailbox of an actor, and the waiters for its outcome.
import type { Millis } from '../../base/ids.ts';
import type { Envelope } from '../envelope.ts';
import type { Outcome, Refused } from './mark-row.ts';

/**
 * How a message ended, or that another node must be asked: `elsewhere`, it may yet take effect; `undone`, it
 * had none here. `replayed`: an earlier message was the same. `read`: its turn changed nothing, and nothing
 * was written; the sequence is that of the state it saw.
 */
export type Ending = (Outcome & { readonly replayed?: true; readonly read?: true }) | 'elsewhere' | 'undone';
export type Waiter = (ending: Ending) => void;

/** Refusals that do not concern the message itself: that of an actor is committed, so it waits. Some last. */
const PUT_OFF: ReadonlySet<string> = new Set(['overloaded', 'actor-quarantined', 'actor-suspended']);

export const isPutOff = (outcome: Outcome): boolean => !outcome.ok && PUT_OFF.has(outcome.code);

/** A message on its way through the mailbox. */
export interface Item {
  envelope: Envelope;
  waiters: Waiter[] | undefined;
  /** Since when it waits for a module that has not arrived. */
  heldSince: Millis | undefined;
  /** Its number in the stash, until the entry that deletes its row is proposed. */
  stashed?: number | undefined;
  /** Of an actor's message: those before it that were refused, and of which the actor may not know. */
  refused?: readonly Refused[] | undefined;
}

/** Gives the outcome to every waiter of the message. */
export function settle(item: Item, ending: Ending): void {
  const { waiters } = item;
  if (waiters === undefined) return;
  item.waiters = undefined;
  for (const waiter of waiters) waiter(ending);
}

/** Moves the waiters of `other` to `item`. */
export function join(item: Item, other: Item): void {
  if (other.waiters === undefined) return;
  if (item.waiters === undefined) item.waiters = other.waiters;
  else item.waiters.push(...other.waiters);
  other.waiters = undefined;
}
