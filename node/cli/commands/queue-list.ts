import type { QueueView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { listFlags, listRows, remarkMore } from '../listing.ts';
import { NodeClient } from '../node-client.ts';
import { printJson, printTable } from '../output.ts';
import { QUEUE_FLAGS } from '../queues.ts';

export const queueList: Command = {
  name: 'queue list',
  summary: 'List the queues and how many tasks they hold.',
  arguments: [],
  flags: [...listFlags('NAME', 'Begin after this one.'), ...QUEUE_FLAGS],
  examples: [['queue list', 'Of each, the tasks that are ready, at workers, and waiting to be tried again.']],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const listed = await listRows<QueueView>(client, input, '/v1/queues', 'queues');
    const { rows, next } = listed;
    if (input.boolean('json')) printJson(context, { queues: rows, next });
    else
      printTable(
        context,
        ['NAME', 'READY', 'LEASED', 'WAITING', 'COMPLETED', 'FAILED'],
        rows.map(({ name, ready, leased, waiting, completed, failed }) => [
          name,
          ...[ready, leased, waiting, completed, failed].map(String),
        ]),
      );
    remarkMore(context, listed);
    return 0;
  },
};
