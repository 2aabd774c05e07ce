// Durable asks: how many, and how long one takes.
import type { Cluster } from '../../integration/cluster.ts';
import type { AskerOptions, AskerResult } from './asker.ts';
import { byNode, deployBench, settled, spawnWorkers } from './bench-cluster.ts';
import type { Row } from './report.ts';
import { type Measured, measured } from './report.ts';
import { runJson } from './run-json.ts';

const ACTORS = 256;
const OUTSTANDING = 256;
/** Asks in one HTTP request: each connection has one under way. */
const BATCH = 64;
const SECONDS = 10;
/** Until the engine has compiled what is hot: a node serves for longer than this. */
const WARM_UP_MS = 20_000;
const LIMIT_SECONDS = '5';

async function targets(cluster: Cluster) {
  const { hash } = await deployBench(cluster);
  const paths = Array.from({ length: ACTORS }, (_, at) => `/bench/durable/a${at}`);
  return byNode(await settled(cluster, await spawnWorkers(cluster, hash, paths)));
}

const ask = (options: AskerOptions) => runJson<AskerResult>('asker.ts', [JSON.stringify(options)]);

export async function manyAsks(cluster: Cluster): Promise<Measured> {
  const options = {
    targets: await targets(cluster),
    outstanding: OUTSTANDING,
    batch: BATCH,
    warmUpMs: WARM_UP_MS,
  };
  const { perSecond } = await ask({ ...options, seconds: SECONDS, run: `many-${Date.now()}` });
  const limit = await runJson<{ perSecond: number }>('raw-limits.ts', ['group-commit', LIMIT_SECONDS]);
  return measured(
    'durable asks, 256 outstanding',
    'asks/s',
    perSecond,
    limit.perSecond,
    { kind: 'ratio-at-least', bound: 0.1 },
    'limit: one process, 256 writers, synced RocksDB batches of events of the same size',
  );
}

export async function oneAsk(cluster: Cluster): Promise<Measured> {
  const options = { targets: await targets(cluster), outstanding: 1, batch: 1, warmUpMs: WARM_UP_MS };
  const { times } = await ask({ ...options, seconds: SECONDS, run: `one-${Date.now()}` });
  const [disk, wire] = [
    await runJson<{ medianMs: number }>('raw-limits.ts', ['fdatasync', LIMIT_SECONDS]),
    await bareRoundTrip(),
  ];
  return measured(
    'durable asks, one outstanding',
    'ms',
    times,
    disk.medianMs + wire,
    { kind: 'ratio-at-most', bound: 4 },
    `limit: one fdatasync (${disk.medianMs.toFixed(3)} ms) + one bare libp2p round trip (${wire.toFixed(3)} ms)`,
  );
}

/** Milliseconds. */
export async function bareRoundTrip(): Promise<number> {
  const rows = await runJson<Row[]>('transport.ts', ['--json', '--rounds', '3']);
  const row = rows.find(({ name }) => name === 'libp2p: round trip');
  if (row === undefined) throw new Error('the bench of the transport has no bare round trip');
  return row.median / 1000;
}

/** Frames per second. */
export async function bareStream(): Promise<number> {
  const rows = await runJson<Row[]>('transport.ts', ['--json', '--rounds', '3']);
  const row = rows.find(({ name }) => name.startsWith('libp2p: one-way'));
  if (row === undefined) throw new Error('the bench of the transport has no bare stream');
  return row.median;
}
