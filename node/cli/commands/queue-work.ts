import { PASSING_CODES, SeqNodeError } from '../../base/errors.ts';
import type { Command, Context, Input } from '../command.ts';
import { remark } from '../output.ts';
import { LEASE_FLAG, QUEUE_ARGUMENT, QUEUE_FLAGS, takeTasks, WORKER_FLAG } from '../queues.ts';
import { doTask } from '../task-process.ts';

const WAIT_MS = 86_400_000;

export const queueWork: Command = {
  name: 'queue work',
  summary: 'Run a command for each task of a queue, one after another.',
  arguments: [
    QUEUE_ARGUMENT,
    {
      name: 'COMMAND',
      doc: 'What to run, after --. The message is its standard input: a String as it stands, all else as JSON.',
      required: true,
      many: true,
    },
  ],
  flags: [
    {
      name: 'tasks',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 1_000_000_000,
      doc: 'End after so many tasks. Default: never.',
    },
    { name: 'until-empty', type: 'boolean', doc: 'End as soon as there is no task to take.' },
    {
      name: 'json-result',
      type: 'boolean',
      doc: 'The command prints its result as JSON. Default: as a text, which is a String.',
    },
    LEASE_FLAG,
    WORKER_FLAG,
    ...QUEUE_FLAGS,
  ],
  examples: [
    [
      'queue work emails -- ./send-mail',
      'Completes a task with what the command prints if it exits with 0, and fails it otherwise.',
    ],
    [
      'queue work emails --lease 5m -- sh -c \'mail -s Hello "$SEQ_TASK_SENDER"\'',
      'SEQ_TASK_NUMBER, SEQ_TASK_ATTEMPT and SEQ_TASK_SENDER say more of the task.',
    ],
  ],
  async run(context, input) {
    let ended = false;
    const end = () => {
      ended = true;
    };
    // The task that is being done is done first.
    process.once('SIGTERM', end).once('SIGINT', end);
    try {
      await work(context, input, () => !ended);
    } finally {
      process.off('SIGTERM', end).off('SIGINT', end);
    }
    return 0;
  },
};

async function work(context: Context, input: Input, goesOn: () => boolean): Promise<void> {
  const waitMs = input.boolean('until-empty') ? 0 : WAIT_MS;
  let left = input.integer('tasks') ?? Number.POSITIVE_INFINITY;
  while (left > 0 && goesOn()) {
    try {
      const [task] = await takeTasks(context, input, { most: 1, waitMs }, goesOn);
      if (task !== undefined) {
        left--;
        await doTask(context, input, task);
      } else if (waitMs === 0) return;
    } catch (error) {
      if (!(error instanceof SeqNodeError) || waitMs === 0 || !PASSING_CODES.has(error.code)) throw error;
      remark(context, `seq-node: ${error.message} Going on.`);
    }
  }
}
