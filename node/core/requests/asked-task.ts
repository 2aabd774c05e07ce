// Which task of a queue an actor waits for: found without a search, by the mark that its ask left.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import { decodeRecord } from '../../journal/journal-record.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { taskKey } from '../../journal/task-keys.ts';
import { loadActor } from '../../runtime/actor/load.ts';
import { decodeMark } from '../../runtime/actor/mark-row.ts';
import { QueueState } from '../../runtime/tasks/queue-state.ts';
import { decodeTask } from '../../runtime/tasks/task-row.ts';
import { readable } from '../row-readers.ts';
import type { StepContext } from '../step-context.ts';
import type { Asker } from '../types.ts';
import type { AskedTask } from './results.ts';

type Done = (task: AskedTask | undefined) => void;

/**
 * The ask of a turn that waits is the newest message of its actor, so the mark tells the record of the turn
 * that took the task in, and that its number.
 */
export function findTask(
  context: StepContext,
  keys: GroupKeys,
  queue: ActorPath,
  { path, ask }: Asker,
  done: Done,
): void {
  const incarnation = ask.slice(0, ask.lastIndexOf('.'));
  context.get([keys.mark(queue, `a:${path}#${incarnation}`)], ([mark]) => {
    const sequence = readable(() => mark && sequenceOf(mark));
    if (sequence === undefined) return done(undefined);
    context.get([keys.record(queue, sequence)], ([record]) => {
      const number = readable(() => record && numberOf(record));
      if (number === undefined) return done(undefined);
      context.get([taskKey(keys, queue, number)], ([row]) => {
        const isIt = readable(() => row && decodeTask(row).asker) === `${path} ${ask}`;
        if (!isIt) return done(undefined);
        loadActor(context, keys, queue, (loaded) => {
          if (loaded instanceof SeqNodeError) return done(undefined);
          const entry = QueueState.read(loaded.state).task(number);
          const { status = 'ready', attempt = 0, at = 0, worker = '' } = entry ?? {};
          const ends = status === 'leased' || status === 'waiting';
          done({ number, status, attempt, at: ends ? at : 0, worker });
        });
      });
    });
  });
}

function sequenceOf(mark: Uint8Array): number | undefined {
  const { outcome } = decodeMark(mark);
  return outcome.ok ? outcome.sequence : undefined;
}

function numberOf(record: Uint8Array): number | undefined {
  const next = decodeRecord(record).patch.set.find(([key]) => key === 'next')?.[1];
  return typeof next === 'number' ? next - 1 : undefined;
}
