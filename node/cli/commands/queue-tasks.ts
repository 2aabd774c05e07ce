import type { TaskView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { listFlags, listRows, remarkMore } from '../listing.ts';
import { NodeClient } from '../node-client.ts';
import { notationOf, printJson, printTable, timeText } from '../output.ts';
import { QUEUE_ARGUMENT, QUEUE_FLAGS, queueAddress } from '../queues.ts';

type Task = Omit<TaskView, 'message'> & { readonly message: unknown };

export const queueTasks: Command = {
  name: 'queue tasks',
  summary: 'List the tasks of a queue.',
  arguments: [QUEUE_ARGUMENT],
  flags: [...listFlags('TASK', 'Begin after the task of this number.'), ...QUEUE_FLAGS],
  examples: [['queue tasks emails', 'The oldest first: who has each, and why it failed before.']],
  async run(context, input) {
    const [name = ''] = input.arguments;
    const client = new NodeClient(context, input);
    const listed = await listRows<Task>(client, input, queueAddress(name, 'tasks'), 'tasks');
    const { rows, next } = listed;
    if (input.boolean('json')) printJson(context, { queue: name, tasks: rows, next });
    else
      printTable(
        context,
        ['TASK', 'STATUS', 'UNTIL', 'ATTEMPT', 'WORKER', 'FROM', 'MESSAGE'],
        rows.map(({ number, status, untilMillis, attempt, worker, sender, message }) => [
          String(number),
          status,
          untilMillis === null ? '-' : timeText(untilMillis),
          String(attempt),
          worker ?? '-',
          sender,
          notationOf(message),
        ]),
      );
    remarkMore(context, listed);
    return 0;
  },
};
