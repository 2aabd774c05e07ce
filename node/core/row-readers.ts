// How the rows of a store are decoded, and what is left of those that are damaged.
import { SeqNodeError } from '../base/errors.ts';
import type { RowReaders } from '../journal/journal-check.ts';
import { decodeHead } from '../runtime/actor/head-row.ts';
import { decodeMark } from '../runtime/actor/mark-row.ts';
import { decodePayload } from '../runtime/actor/payload.ts';
import { decodeSnapshot } from '../runtime/actor/snapshot-row.ts';
import { decodeStashed } from '../runtime/actor/stash-row.ts';
import { decodeSubscription } from '../runtime/actor/subscription-row.ts';
import { decodeTimer } from '../runtime/actor/timer-row.ts';
import { decodeWatch } from '../runtime/actor/watch-row.ts';
import { decodeDeadLetter } from '../runtime/dead-letters.ts';
import { decodeTask } from '../runtime/tasks/task-row.ts';
import { decodeGroupRow } from './groups/group-row.ts';

/** By their kind: for checks of a stopped node's store. */
export const ROW_READERS: RowReaders = {
  snapshot: decodeSnapshot,
  groupRow: decodeGroupRow,
  head: decodeHead,
  mark: decodeMark,
  outbox: decodePayload,
  deadLetter: decodeDeadLetter,
  task: decodeTask,
  timer: decodeTimer,
  watch: decodeWatch,
  stash: decodeStashed,
  subscription: decodeSubscription,
};

/** Undefined when `read` meets something damaged. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SeqNodeError) return undefined;
    throw error;
  }
}
