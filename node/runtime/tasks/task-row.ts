// A task as a row of its group: what was sent to the queue, and by whom. It is written in the entry that
// takes the task in, deleted in the one that closes it, and never changed between.
import { decodeData, encodeData } from '../../base/codec.ts';
import type { SenderName } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { bytesView, count, text } from '../../base/tree.ts';
import type { Data } from '../../base/value.ts';
import { ROW_VERSION, readRow } from '../actor/row.ts';

export interface TaskRow {
  /** When it came, in milliseconds since 1970. */
  readonly atMillis: number;
  readonly sender: SenderName;
  /** The ask that the task answers, as a name for whoever asked; empty where nobody did. */
  readonly asker: string;
  readonly message: Data;
}

export function encodeTask({ atMillis, sender, asker, message }: TaskRow): Uint8Array {
  return pack([ROW_VERSION, atMillis, sender, asker, encodeData(message)]);
}

/** Throws `journal-damaged`. */
export function decodeTask(bytes: Uint8Array): TaskRow {
  return readRow(bytes, 'A task', ([atMillis, sender, asker, message]) => ({
    atMillis: count(atMillis),
    sender: text(sender) as SenderName,
    asker: text(asker),
    message: decodeData(bytesView(message)),
  }));
}
