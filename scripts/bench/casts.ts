// Volatile sends from actor to actor: not journaled, not acknowledged, as fast as they go.
import type { Cluster } from '../../integration/cluster.ts';
import { until } from '../../integration/node-process.ts';
import { bareStream } from './asks.ts';
import { deployBench, type PlacedActor, settled, spawnWorkers } from './bench-cluster.ts';
import { type Bar, type Measured, measured } from './report.ts';
import { runJson } from './run-json.ts';

const CANDIDATES = 24;
/** Bursts that are under way at once. */
const CHAINS = 4;
const BURST = 1000;
/**
 * How often each comes back: for about a second of messages, beside which the look at what has arrived is
 * short.
 */
const ROUNDS = { local: 1500, remote: 500 };
const TRIALS = 5;

export async function remoteSends(cluster: Cluster): Promise<Measured> {
  const limit = await bareStream();
  const bar = { kind: 'ratio-at-least', bound: 0.3 } as const;
  return sends(
    cluster,
    'remote volatile sends',
    false,
    limit,
    bar,
    'limit: a bare libp2p stream of batched 64 B frames',
  );
}

export async function localSends(cluster: Cluster): Promise<Measured> {
  const { perSecond } = await runJson<{ perSecond: number }>('raw-limits.ts', ['ring-buffer', '5']);
  const bar = { kind: 'ratio-at-least', bound: 0.15 } as const;
  return sends(
    cluster,
    'local volatile sends',
    true,
    perSecond,
    bar,
    'limit: 16 bare ring buffers in turn; each message is made, put, taken, and handed to a function',
  );
}

async function sends(
  cluster: Cluster,
  name: string,
  local: boolean,
  limit: number,
  bar: Bar,
  note: string,
): Promise<Measured> {
  const { hash } = await deployBench(cluster);
  const run = local ? 'local' : 'remote';
  const paths = Array.from({ length: CANDIDATES }, (_, at) => `/bench/${run}/v${at}`);
  const actors = await settled(cluster, await spawnWorkers(cluster, hash, paths, 'volatile'));
  const source = actors[0]!;
  const sink = actors.slice(1).find(({ node }) => (node === source.node) === local);
  if (sink === undefined) throw new Error(`no ${run} receiver among ${CANDIDATES} actors`);
  const rates: number[] = [];
  for (let trial = 0; trial <= TRIALS; trial++) {
    const rate = await flood(source, sink, `${run}-${trial}-${Date.now()}`, ROUNDS[run]);
    // The first one warms up.
    if (trial > 0) rates.push(rate);
  }
  return measured(name, 'messages/s', rates, limit, bar, note);
}

/** Messages per second, from the order to send until the receiver has counted them all. */
async function flood(source: PlacedActor, sink: PlacedActor, run: string, rounds: number): Promise<number> {
  const before = await totalOf(sink);
  const startedAt = performance.now();
  const orders = Array.from({ length: CHAINS }, (_, chain) =>
    source.node.client.tell(source.path, `(Burst "${sink.path}" ${BURST} ${rounds})`, `${run}-${chain}`),
  );
  await Promise.all(orders);
  let previous = -1;
  const received = await until(
    'the messages arrive',
    async () => {
      const now = (await totalOf(sink)) - before;
      // Volatile messages may be lost: what has come to rest has arrived.
      const rested = now === previous && now > 0;
      previous = now;
      return now === CHAINS * BURST * rounds || rested ? now : undefined;
    },
    { timeoutMs: 60_000, everyMs: 20 },
  );
  return (received / (performance.now() - startedAt)) * 1000;
}

let asks = 0;

async function totalOf({ path, node }: PlacedActor): Promise<number> {
  const { response } = await node.client.ask(path, '(Total)', `total-${process.pid}-${++asks}`);
  return response as number;
}
