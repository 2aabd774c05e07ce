import { SeqNodeError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { printJson, printLine } from '../output.ts';
import { QUEUE_ARGUMENT, QUEUE_FLAGS, tellQueue } from '../queues.ts';

interface Dropped {
  readonly dropped: number;
  readonly left: number;
}

export const queueDrop: Command = {
  name: 'queue drop',
  summary: 'Drop one task of a queue, or all.',
  arguments: [
    QUEUE_ARGUMENT,
    { name: 'TASK', doc: 'The number of the task, as seq-node queue tasks lists it.', required: false },
  ],
  flags: [{ name: 'all', type: 'boolean', doc: 'All that there are, in the place of TASK.' }, ...QUEUE_FLAGS],
  examples: [
    ['queue drop emails 7', 'Whoever asked for it is told; nobody gets it any more.'],
    ['queue drop emails --all', 'So that the queue can be purged.'],
  ],
  async run(context, input) {
    const [name = '', task] = input.arguments;
    const isAll = input.boolean('all');
    if (isAll === (task !== undefined))
      throw new SeqNodeError('bad-usage', 'Give the number of a task, or --all.');
    if (!isAll && !/^[1-9]\d{0,14}$/.test(task!))
      throw new SeqNodeError('bad-usage', `${JSON.stringify(task)} is no number of a task.`);
    let dropped = 0;
    let left = 0;
    for (let goesOn = true; goesOn; ) {
      const body = isAll ? { all: true } : { task: Number(task) };
      const answer = (await tellQueue(context, input, 'drop', body)) as Dropped;
      dropped += answer.dropped;
      left = answer.left;
      goesOn = isAll && answer.dropped > 0 && left > 0;
    }
    if (input.boolean('json')) printJson(context, { queue: name, dropped, left });
    else printLine(context, `dropped ${dropped} of ${name}, ${left} left`);
    return 0;
  },
};
