// A task as a row of its group: who sent it, and which record of the queue's journal holds what was sent, so
// that it is written once. The row is written in the entry that takes the task in, deleted in the one that
// closes it, and never changed between.
import { decodeData, encodeData } from '../../base/codec.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { SenderName } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { bytesView, count, text } from '../../base/tree.ts';
import type { Data } from '../../base/value.ts';
import { decodeRecord } from '../../journal/journal-record.ts';
import { ROW_VERSION, readRow } from '../actor/row.ts';

interface TaskSource {
  /** When it came, in milliseconds since 1970. */
  readonly atMillis: number;
  readonly sender: SenderName;
  /** The ask that the task answers, as a name for whoever asked; empty where nobody did. */
  readonly asker: string;
}

/** Earlier versions wrote the message into the row. */
export type TaskRow = TaskSource & ({ readonly record: number } | { readonly message: Data });

/** A task with what was sent. */
export type QueuedTask = TaskSource & { readonly message: Data };

export function encodeTask(row: TaskRow): Uint8Array {
  const { atMillis, sender, asker } = row;
  return pack([ROW_VERSION, atMillis, sender, asker, 'record' in row ? row.record : encodeData(row.message)]);
}

/** Throws `journal-damaged`. */
export function decodeTask(bytes: Uint8Array): TaskRow {
  return readRow(bytes, 'A task', ([atMillis, sender, asker, sent]) => ({
    atMillis: count(atMillis),
    sender: text(sender) as SenderName,
    asker: text(asker),
    ...(typeof sent === 'number' ? { record: count(sent) } : { message: decodeData(bytesView(sent)) }),
  }));
}

/** `record` is the one that the row names. Throws `journal-damaged`. */
export function withMessage(row: TaskRow, record: Uint8Array | undefined): QueuedTask {
  if ('message' in row) return row;
  const message = record && decodeRecord(record).message;
  if (message === undefined || message === null)
    throw new SeqNodeError('journal-damaged', `Record ${row.record} does not hold the task.`);
  return { ...row, message };
}
