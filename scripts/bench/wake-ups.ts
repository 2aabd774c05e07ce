// Wake-ups: an ask of an actor that is not in memory, beside one that is, in the same run.
import type { Cluster } from '../../integration/cluster.ts';
import { sleep, until } from '../../integration/node-process.ts';
import { READ } from './asks.ts';
import { deployBench, type PlacedActor, settled, spawnWorkers } from './bench-cluster.ts';
import { HttpConnection } from './http-connection.ts';
import { type Measured, measured, quantile } from './report.ts';

const ACTORS = 3000;
const RESIDENT = 100;
const ROUNDS = 3;
/** Longer than an actor must be idle before it leaves memory. */
const IDLE_MS = 3000;

/** The actors that stay in memory are few, so that nearly every one of the others is asleep. */
export const WAKE_UP_SETTINGS = { SEQ_NODE_RUNTIME__RESIDENT_ACTORS_MAX: String(RESIDENT) };

export async function wakeUps(cluster: Cluster): Promise<Measured> {
  const { hash } = await deployBench(cluster);
  const paths = Array.from({ length: ACTORS }, (_, at) => `/bench/asleep/a${at}`);
  const actors = await settled(cluster, await spawnWorkers(cluster, hash, paths));
  for (const { path, node } of actors) await node.client.tell(path, '(Add 1)', `add-${path}`);
  const [asleep, awake]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    await untilAsleep(cluster);
    const times = await askAll(actors, `${process.pid}-${round}`);
    asleep.push(...times.map(([first]) => first));
    awake.push(...times.map(([, second]) => second));
  }
  return measured(
    'wake-up of an idle actor',
    'ms',
    [quantile(asleep, 0.99)],
    quantile(awake, 0.99),
    { kind: 'median-at-most', bound: 50 },
    `p99 of ${asleep.length} reads, one outstanding, of actors that were not in memory (p50 ${quantile(asleep, 0.5).toFixed(2)} ms); limit: p99 of a second read of each at once (p50 ${quantile(awake, 0.5).toFixed(2)} ms)`,
  );
}

async function untilAsleep(cluster: Cluster): Promise<void> {
  await sleep(IDLE_MS);
  for (const { client } of cluster.nodes)
    await until('idle actors have left memory', async () =>
      (await client.metric('seqnode_actors_resident')) <= 2 * RESIDENT ? true : undefined,
    );
}

/** Milliseconds of two reads of each actor, one after the other. */
async function askAll(actors: readonly PlacedActor[], run: string): Promise<[number, number][]> {
  const times: [number, number][] = [];
  const connections = new Map<string, HttpConnection>();
  for (const { path, node } of actors) {
    const connection = connections.get(node.httpAddress) ?? (await HttpConnection.open(node.httpAddress));
    connections.set(node.httpAddress, connection);
    const ask = async (id: string) => {
      const startedAt = performance.now();
      const answer = await connection.post(`/v1/actors${path}/ask`, `{"message":"${READ}","id":"${id}"}`);
      if (!answer.startsWith('{"response":1')) throw new Error(answer);
      return performance.now() - startedAt;
    };
    times.push([await ask(`${run}-1`), await ask(`${run}-2`)]);
  }
  for (const connection of connections.values()) connection.close();
  return times;
}
