import type { Command } from '../command.ts';
import { notationOf, printJson, printTable, timeText } from '../output.ts';
import { LEASE_FLAG, QUEUE_ARGUMENT, QUEUE_FLAGS, takeTasks, WORKER_FLAG } from '../queues.ts';

export const queueTake: Command = {
  name: 'queue take',
  summary: 'Take tasks of a queue, each with a lease.',
  arguments: [QUEUE_ARGUMENT],
  flags: [
    {
      name: 'most',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 100,
      doc: 'Tasks at once, at most. Default: 1.',
    },
    {
      name: 'wait',
      type: 'duration',
      value: 'TIME',
      least: 0,
      most: 86_400_000,
      doc: 'How long to wait for a task. Default: not at all.',
    },
    LEASE_FLAG,
    WORKER_FLAG,
    ...QUEUE_FLAGS,
  ],
  examples: [
    ['queue take emails --wait 1m --json', 'The next task, or none: with the token that completes it.'],
  ],
  async run(context, input) {
    const [name] = input.arguments;
    const most = input.integer('most') ?? 1;
    const tasks = await takeTasks(context, input, { most, waitMs: input.duration('wait') ?? 0 });
    if (input.boolean('json')) printJson(context, { queue: name, tasks });
    else
      printTable(
        context,
        ['TASK', 'ATTEMPT', 'TOKEN', 'UNTIL', 'MESSAGE'],
        tasks.map(({ number, attempt, token, untilMillis, message }) => [
          String(number),
          String(attempt),
          token,
          timeText(untilMillis),
          notationOf(message),
        ]),
      );
    return 0;
  },
};
