// The cluster of the demonstrations: three nodes on this machine, and an account that lives on it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Cluster } from '../integration/cluster.ts';
import type { NodeClient } from '../integration/node-client.ts';
import { ROOT, until } from '../integration/node-process.ts';
import { type GroupId, META_GROUP, type NodeId } from '../node/base/ids.ts';
import { preferredLeader } from '../node/cluster/placement.ts';
import { table } from './progress.ts';

export const ACCOUNT = '/user/accounts/alice';
export const EXAMPLE = 'examples/accounts.seq';
/** The behaviour of the example. */
export const WORD = 'account';

export const P2P_PORTS = [7400, 7401, 7402];
export const HTTP_PORTS = [7480, 7481, 7482];

/** Deploys the example and spawns the account; both are harmless when they are done already. */
export async function openAccount(client: NodeClient, path: string): Promise<void> {
  const source = readFileSync(join(ROOT, EXAMPLE), 'utf8');
  const module = await until('the example is deployed', () =>
    client.call<{ hash: string }>('POST', '/v1/modules', {
      entry: 'accounts.seq',
      files: { 'accounts.seq': source },
    }),
  );
  const id = `open-${path}`;
  await until(`${path} is spawned`, () =>
    client.call('POST', `/v1/actors${path}`, { module: module.hash, word: WORD, id }),
  );
}

/**
 * Leaders move once nodes have joined: resolves to true when every shard is led where it is to stay, to false
 * after `timeoutMs`.
 */
export async function untilLed(cluster: Cluster, timeoutMs = 15_000): Promise<boolean> {
  const { client } = cluster.running[0]!;
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const { members, shards } = await client.cluster();
    const nodes = members.map(({ node }) => node as NodeId);
    const isLed = ({ shard, leader, voters }: (typeof shards)[number]) =>
      shard === META_GROUP || leader === preferredLeader(shard as GroupId, nodes, voters.length);
    if (shards.every(isLed)) return true;
    await setTimeout(200);
  }
  return false;
}

/** The balance of an account; 0 while nothing was deposited. */
export async function balanceOf(client: NodeClient, path: string): Promise<number> {
  const { state } = await client.inspect(path);
  const balance = (state as { balance?: unknown } | null)?.balance ?? 0;
  if (typeof balance !== 'number') throw new Error(`the balance of ${path} is ${JSON.stringify(balance)}`);
  return balance;
}

export async function membersTable(cluster: Cluster): Promise<string> {
  const { members } = await cluster.running[0]!.client.cluster();
  const rows = cluster.nodes.map((node) => {
    const member = members.find(({ name }) => name === node.place.name);
    return [
      node.place.name,
      member?.liveness ?? 'unknown',
      String(member?.leads ?? 0),
      String(member?.replicas ?? 0),
      node.p2pAddress,
      `http://${node.httpAddress}`,
      node.running ? String(node.pid) : '-',
    ];
  });
  return table([['node', 'state', 'leads', 'replicas', 'p2p', 'http', 'pid'], ...rows]);
}
