import type { ClusterView } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printTable } from '../output.ts';

export const members: Command = {
  name: 'members',
  summary: 'List the nodes of the cluster, and how many shards each leads and keeps.',
  arguments: [],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [
    ['members', 'Names, liveness as the asked node sees it, and shards.'],
    ['members remove n3', 'Lets a node leave; see seq-node members remove --help.'],
    ['members keep n3', 'Takes that back; see seq-node members keep --help.'],
  ],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const { members: rows } = (await client.call({ method: 'GET', address: '/v1/cluster' })) as ClusterView;
    if (input.boolean('json')) printJson(context, { members: rows });
    else
      printTable(
        context,
        ['NAME', 'LIVENESS', 'LEADS', 'REPLICAS', 'UP TO DATE', 'ADDRESSES', 'NODE'],
        rows.map((row) => [
          row.self ? `${row.name} (asked)` : row.name,
          row.leaving ? `${row.liveness}, leaving` : row.liveness,
          String(row.leads),
          String(row.replicas),
          String(row.healthy),
          row.addresses.join(' '),
          row.node,
        ]),
      );
    return 0;
  },
};
