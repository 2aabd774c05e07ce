// Timers that actors set to themselves and that are due at once: from the order to set them until each has
// been handled.
import type { Cluster } from '../../integration/cluster.ts';
import { until } from '../../integration/node-process.ts';
import { deployBench, type PlacedActor, settled, spawnWorkers } from './bench-cluster.ts';
import { type Measured, measured } from './report.ts';
import { runJson } from './run-json.ts';

const ACTORS = 64;
/** Timers that one turn sets. */
const SET = 50;
const TURNS = 8;
const TRIALS = 3;
const WANTED_PER_SECOND = 5000;

export async function timersSetAndFired(cluster: Cluster): Promise<Measured> {
  const { hash } = await deployBench(cluster);
  const paths = Array.from({ length: ACTORS }, (_, at) => `/bench/timers/t${at}`);
  const actors = await settled(cluster, await spawnWorkers(cluster, hash, paths));
  const rates: number[] = [];
  // The first one warms up.
  for (let trial = 0; trial <= TRIALS; trial++) {
    const rate = await setAndFired(actors, trial);
    if (trial > 0) rates.push(rate);
  }
  return measured(
    'timers set and fired',
    'timers/s',
    rates,
    WANTED_PER_SECOND,
    { kind: 'ratio-at-least', bound: 1 },
    `limit: the bar itself; ${ACTORS} durable actors, ${SET} timers a turn, each fires as a durable message and is handled`,
  );
}

/** Megabytes of a node with a million pending timers. */
export async function pendingTimerMemory(): Promise<Measured> {
  const { timers, bytes } = await runJson<{ timers: number; bytes: number }>(
    'pending-timers.ts',
    ['1000000'],
    ['--expose-gc'],
  );
  return measured(
    'memory of pending timers',
    'MB',
    [bytes / 1e6],
    null,
    { kind: 'median-at-most', bound: 200 },
    `growth of heap and external memory of a node, after garbage collection, by ${timers} timers that are due in an hour`,
  );
}

async function setAndFired(actors: readonly PlacedActor[], trial: number): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    actors.flatMap(({ path, node }) =>
      Array.from({ length: TURNS }, (_, turn) =>
        node.client.tell(path, `(Arm ${SET} 0)`, `arm-${process.pid}-${trial}-${turn}`),
      ),
    ),
  );
  const wanted = (trial + 1) * TURNS * SET;
  let asks = 0;
  for (const { path, node } of actors)
    await until(
      'all timers of an actor have fired',
      async () => {
        const id = `fired-${process.pid}-${trial}-${++asks}`;
        const { response } = await node.client.ask(path, '(Total)', id);
        return response === wanted ? true : undefined;
      },
      { timeoutMs: 60_000, everyMs: 20 },
    );
  return ((actors.length * TURNS * SET) / (performance.now() - startedAt)) * 1000;
}
