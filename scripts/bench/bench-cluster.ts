// The cluster that is measured: three nodes on this machine, and actors of bench.seq on it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Cluster } from '../../integration/cluster.ts';
import type { NodeProcess } from '../../integration/node-process.ts';
import { ROOT, until } from '../../integration/node-process.ts';

const SPAWNS_AT_ONCE = 64;
/** Longer than a leader waits before it hands over to the preferred node. */
const SETTLE_MS = 4000;

export interface PlacedActor {
  readonly path: string;
  /** The node that leads its shard. */
  readonly node: NodeProcess;
}

export async function startBenchCluster(settings: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  return Cluster.start({ size: 3, settings: { SEQ_NODE_LOG__LEVEL: 'warn', ...settings } });
}

export function deployBench(cluster: Cluster): Promise<{ readonly hash: string }> {
  const source = readFileSync(join(ROOT, 'scripts', 'bench', 'bench.seq'), 'utf8');
  return until('the program of the bench is deployed', () =>
    cluster.node(0).client.call<{ hash: string }>('POST', '/v1/modules', {
      entry: 'bench.seq',
      files: { 'bench.seq': source },
    }),
  );
}

/** Spawns workers and says who leads each. */
export async function spawnWorkers(
  cluster: Cluster,
  module: string,
  paths: readonly string[],
  mode?: 'volatile',
): Promise<PlacedActor[]> {
  const placed: PlacedActor[] = [];
  for (let from = 0; from < paths.length; from += SPAWNS_AT_ONCE)
    placed.push(
      ...(await Promise.all(
        paths.slice(from, from + SPAWNS_AT_ONCE).map((path) => spawnWorker(cluster, module, path, mode)),
      )),
    );
  return placed;
}

async function spawnWorker(
  cluster: Cluster,
  module: string,
  path: string,
  mode: 'volatile' | undefined,
): Promise<PlacedActor> {
  const { client } = cluster.node(0);
  const body = { module, word: 'worker', id: `spawn-${path}`, ...(mode && { mode }) };
  await until(`${path} is spawned`, () => client.call('POST', `/v1/actors${path}`, body));
  const { nodeName } = await client.inspect(path);
  return { path, node: cluster.named(nodeName) };
}

/**
 * The same actors, where they are once no leader moves any more: a volatile actor does not survive that, and
 * pairs come apart.
 */
export async function settled(cluster: Cluster, actors: readonly PlacedActor[]): Promise<PlacedActor[]> {
  let before = actors;
  for (;;) {
    await setTimeout(SETTLE_MS);
    const now = await Promise.all(
      actors.map(async ({ path }) => {
        const { nodeName } = await cluster.node(0).client.inspect(path);
        return { path, node: cluster.named(nodeName) };
      }),
    );
    if (now.every(({ node }, at) => node === before[at]!.node)) return now;
    before = now;
  }
}

/** The actors by the HTTP address of the node that leads them. */
export function byNode(actors: readonly PlacedActor[]): { address: string; paths: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { path, node } of actors) {
    const group = groups.get(node.httpAddress);
    if (group === undefined) groups.set(node.httpAddress, [path]);
    else group.push(path);
  }
  return [...groups].map(([address, paths]) => ({ address, paths }));
}
