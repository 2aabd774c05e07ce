import { SeqNodeError } from '../../base/errors.ts';
import type { QueueView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { printJson } from '../output.ts';
import { given, LEASE_FLAG, QUEUE_ARGUMENT, QUEUE_FLAGS, tellQueue } from '../queues.ts';
import { printQueue } from './queue-show.ts';

export const queueSet: Command = {
  name: 'queue set',
  summary: 'Change the options of a queue.',
  arguments: [QUEUE_ARGUMENT],
  flags: [
    { ...LEASE_FLAG, doc: 'How long a worker has a task, unless it renews the lease. 30s at first.' },
    {
      name: 'attempts',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 1000,
      doc: 'How often a task is given to workers before it has failed. 5 at first.',
    },
    {
      name: 'back-off',
      type: 'duration',
      value: 'TIME',
      least: 0,
      most: 3_600_000,
      doc: 'Before the second attempt, and twice as long before each further one. 1s at first.',
    },
    {
      name: 'capacity',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 10_000_000,
      doc: 'Tasks that the queue holds; more wait at their senders. 100000 at first.',
    },
    ...QUEUE_FLAGS,
  ],
  examples: [['queue set emails --lease 2m --attempts 10', 'The other options stay as they are.']],
  async run(context, input) {
    const options = given({
      leaseMs: input.duration('lease'),
      attemptsMax: input.integer('attempts'),
      backOffMs: input.duration('back-off'),
      capacity: input.integer('capacity'),
    });
    if (Object.keys(options).length === 0)
      throw new SeqNodeError('bad-usage', 'No option is given: --lease, --attempts, --back-off, --capacity.');
    const view = (await tellQueue(context, input, 'configure', options)) as QueueView;
    if (input.boolean('json')) printJson(context, view);
    else printQueue(context, view);
    return 0;
  },
};
