import type { ActorRow } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { listFlags, listRows, remarkMore } from '../listing.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printTable, timeText } from '../output.ts';

export const actors: Command = {
  name: 'actors',
  summary: 'List the actors of the cluster, in the order of their paths.',
  arguments: [{ name: 'PREFIX', doc: 'Only paths that begin so. Default: all.', required: false }],
  flags: [...listFlags('PATH', 'Begin after this path.'), JSON_FLAG, ...CLIENT_FLAGS],
  examples: [
    ['actors', 'All actors.'],
    ['actors /user/accounts/ --json', 'The accounts, for a program.'],
  ],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const listed = await listRows<ActorRow>(client, input, '/v1/actors', 'actors', {
      prefix: input.arguments[0] ?? '/',
    });
    const { rows, next } = listed;
    if (input.boolean('json')) printJson(context, { actors: rows, next });
    else
      printTable(
        context,
        ['PATH', 'SEQUENCE', 'LIFECYCLE', 'SINCE', 'SHARD', 'NODE'],
        rows.map(({ path, sequence, lifecycle, since, shard, nodeName }) => {
          const from = since === null ? '' : timeText(since);
          return [path, String(sequence), lifecycle, from, String(shard), nodeName];
        }),
      );
    remarkMore(context, listed);
    return 0;
  },
};
