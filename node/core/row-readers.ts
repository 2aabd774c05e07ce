// How the rows of a store are decoded, by their kind: for checks of a stopped node's store.

import type { RowReaders } from '../journal/journal-check.ts';
import { decodeHead } from '../runtime/actor/head-row.ts';
import { decodeMark } from '../runtime/actor/mark-row.ts';
import { decodePayload } from '../runtime/actor/payload.ts';
import { decodeSnapshot } from '../runtime/actor/snapshot-row.ts';
import { decodeStashed } from '../runtime/actor/stash-row.ts';
import { decodeTimer } from '../runtime/actor/timer-row.ts';
import { decodeWatch } from '../runtime/actor/watch-row.ts';
import { decodeDeadLetter } from '../runtime/dead-letters.ts';
import { decodeTask } from '../runtime/tasks/task-row.ts';
import { decodeGroupRow } from './groups/group-row.ts';

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
};
