import type { QueueView } from '../../host/api.ts';
import type { Command, Context } from '../command.ts';
import { NodeClient } from '../node-client.ts';
import { printFields, printJson } from '../output.ts';
import { QUEUE_ARGUMENT, QUEUE_FLAGS, queueAddress } from '../queues.ts';

export const queueShow: Command = {
  name: 'queue show',
  summary: 'Show how many tasks a queue holds, and how it is set.',
  arguments: [QUEUE_ARGUMENT],
  flags: QUEUE_FLAGS,
  examples: [['queue show emails', 'Its tasks by what they wait for, and its options.']],
  async run(context, input) {
    const address = queueAddress(input.arguments[0] ?? '');
    const client = new NodeClient(context, input);
    const view = (await client.call({ method: 'GET', confirmed: true, address })) as QueueView;
    if (input.boolean('json')) printJson(context, view);
    else printQueue(context, view);
    return 0;
  },
};

export function printQueue(context: Context, view: QueueView): void {
  const { ready, leased, waiting, completed, failed, expired, dropped, options } = view;
  const { leaseMs, attemptsMax, backOffMs, capacity } = options;
  printFields(context, [
    ['ready', String(ready)],
    ['leased', String(leased)],
    ['waiting', String(waiting)],
    ['completed', String(completed)],
    ['failed', String(failed)],
    ['leases expired', String(expired)],
    ['dropped', String(dropped)],
    ['lease', `${leaseMs} ms`],
    ['attempts', `${attemptsMax} at most`],
    ['back-off', `${backOffMs} ms, then twice as long each time`],
    ['capacity', `${capacity} tasks`],
  ]);
}
