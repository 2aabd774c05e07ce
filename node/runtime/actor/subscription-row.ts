// A subscription, as a row beside the actor that has it. Whose it is, and its reference, are in its key: see
// node/journal/timer-keys.ts.
import { pack } from '../../base/pack.ts';
import { orNull, text } from '../../base/tree.ts';
import { ROW_VERSION, readRow } from './row.ts';

export interface SubscriptionRow {
  readonly prefix: string;
  /** Behind the events that the actor has taken: see core/requests/cursor.ts. Null: it has taken none. */
  readonly cursor: string | null;
}

export function encodeSubscription({ prefix, cursor }: SubscriptionRow): Uint8Array {
  return pack([ROW_VERSION, prefix, cursor]);
}

/** Throws `journal-damaged` for bytes that `encodeSubscription` did not make. */
export function decodeSubscription(bytes: Uint8Array): SubscriptionRow {
  return readRow(bytes, 'A subscription', ([prefix, cursor]) => ({
    prefix: text(prefix),
    cursor: orNull(cursor, text),
  }));
}
