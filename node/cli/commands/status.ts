import { SeqNodeError } from '../../base/errors.ts';
import type { ClusterView, Readiness } from '../../host/api.ts';
import type { Command } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printFields, printJson, printLine } from '../output.ts';

export const status: Command = {
  name: 'status',
  summary: 'Tell how a node and its cluster are.',
  arguments: [],
  flags: [
    {
      name: 'ready',
      type: 'boolean',
      doc: 'Only tell whether the node can serve: exit 0, else 69. For health checks.',
    },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['status', 'Cluster, node, shards and checks.'],
    ['status --ready --timeout 2s', 'A health check.'],
  ],
  async run(context, input) {
    const client = new NodeClient(context, input);
    const readiness = await readReadiness(client);
    if (input.boolean('ready')) {
      if (input.boolean('json')) printJson(context, readiness);
      else printLine(context, readiness.ready ? 'ready' : `not ready: ${failedChecks(readiness)}`);
      return readiness.ready ? 0 : new SeqNodeError('no-quorum').exit;
    }
    const cluster = (await client.call({ method: 'GET', address: '/v1/cluster' })) as ClusterView;
    if (input.boolean('json')) {
      const { members: _members, shards: _shards, ...node } = cluster;
      printJson(context, { ...node, ...summary(cluster), readiness });
    } else {
      const { shards, led, noQuorum, alive, members, replicas, healthy, modes } = summary(cluster);
      const without = noQuorum.length === 0 ? '' : `; no quorum: ${noQuorum.join(', ')}`;
      printFields(context, [
        ['cluster', cluster.cluster],
        ['node', `${cluster.name} (${cluster.node})`],
        ['version', cluster.version],
        ['members', `${alive} of ${members} alive`],
        ['shards', `${led} of ${shards} have a leader${without}`],
        ['replicas', `${healthy} of ${replicas} up to date`],
        ['modes', modes.join(', ')],
        ['ready', readiness.ready ? 'yes' : `no: ${failedChecks(readiness)}`],
      ]);
    }
    return 0;
  },
};

async function readReadiness(client: NodeClient): Promise<Readiness> {
  return (await client.call({ method: 'GET', address: '/readyz?verbose=json', accept: [503] })) as Readiness;
}

const failedChecks = ({ checks }: Readiness): string =>
  checks
    .filter(({ ok }) => !ok)
    .map(({ name, text }) => `${name}: ${text}`)
    .join('; ');

function summary({ members, shards }: ClusterView) {
  return {
    members: members.length,
    alive: members.filter(({ liveness }) => liveness === 'alive').length,
    shards: shards.length,
    led: shards.filter(({ leader }) => leader !== null).length,
    noQuorum: shards.filter(({ leader }) => leader === null).map(({ shard }) => shard),
    replicas: shards.reduce((sum, { voters, learners }) => sum + voters.length + learners.length, 0),
    healthy: shards.reduce((sum, { healthy }) => sum + healthy.length, 0),
    modes: [...new Set(shards.map(({ mode }) => mode ?? 'unknown'))],
  };
}
