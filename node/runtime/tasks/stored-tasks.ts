// Reads tasks of a queue from the store: their rows, then the records that hold what was sent.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { taskKey } from '../../journal/task-keys.ts';
import type { RuntimeContext } from '../context.ts';
import { decodeTask, type QueuedTask, type TaskRow, withMessage } from './task-row.ts';

type Context = Pick<RuntimeContext, 'get' | 'log'>;
/** In the order of the numbers; undefined for a task that is not there, or cannot be read. */
type Done = (tasks: readonly (QueuedTask | undefined)[]) => void;

export function readTasks(
  context: Context,
  keys: GroupKeys,
  queue: ActorPath,
  numbers: readonly number[],
  done: Done,
): void {
  const rowKeys = numbers.map((number) => taskKey(keys, queue, number));
  context.get(rowKeys, (rows) => withMessages(context, keys, queue, numbers, rows, done));
}

/** The tasks with these rows. */
export function withMessages(
  context: Context,
  keys: GroupKeys,
  queue: ActorPath,
  numbers: readonly number[],
  rows: readonly (Uint8Array | undefined)[],
  done: Done,
): void {
  const found = rows.map((bytes, at) => readTaskRow(context, queue, numbers[at]!, bytes));
  const records = found.flatMap((row) =>
    row !== undefined && 'record' in row ? [keys.record(queue, row.record)] : [],
  );
  const finish = (values: readonly (Uint8Array | undefined)[]) => {
    let next = 0;
    const tasks = found.map((row, at) => {
      if (row === undefined) return undefined;
      const record = 'record' in row ? values[next++] : undefined;
      return readable(context, queue, numbers[at]!, () => withMessage(row, record));
    });
    done(tasks);
  };
  if (records.length === 0) finish([]);
  else context.get(records, finish);
}

/** Undefined for a row that is not there, or cannot be read. */
export function readTaskRow(
  context: Pick<Context, 'log'>,
  queue: ActorPath,
  number: number,
  bytes: Uint8Array | undefined,
): TaskRow | undefined {
  return bytes && readable(context, queue, number, () => decodeTask(bytes));
}

function readable<T>(
  context: Pick<Context, 'log'>,
  queue: ActorPath,
  number: number,
  read: () => T,
): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
    context.log('error', 'task-damaged', { path: queue, task: number, problem: error.message });
    return undefined;
  }
}
