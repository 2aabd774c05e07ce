// Durable asks: how many, and how long one takes.
import type { Cluster } from '../../integration/cluster.ts';
import type { AskerOptions, AskerResult } from './asker.ts';
import { byNode, deployBench, settled, spawnWorkers } from './bench-cluster.ts';
import type { Row } from './report.ts';
import { type Measured, measured, median } from './report.ts';
import { runJson } from './run-json.ts';

const ACTORS = 256;
export const OUTSTANDING = 256;
const SECONDS = 10;
/** Until the engine has compiled what is hot: a node serves for longer than this. */
export const WARM_UP_MS = 20_000;
const LIMIT_SECONDS = '5';
/** Asks and their limit are measured by turns: what else the machine does changes from minute to minute. */
const ROUNDS = 3;
export const NEXT_WARM_UP_MS = 3000;

export async function targets(cluster: Cluster) {
  const { hash } = await deployBench(cluster);
  const paths = Array.from({ length: ACTORS }, (_, at) => `/bench/durable/a${at}`);
  return byNode(await settled(cluster, await spawnWorkers(cluster, hash, paths)));
}

interface Limit {
  readonly perSecond: number;
}

/** A message that changes the state, and one that does not. */
export const WRITE = '(AddAndTell 1)';
export const READ = 'Total';

export const ask = (options: AskerOptions) => runJson<AskerResult>('asker.ts', [JSON.stringify(options)]);

export async function manyAsks(cluster: Cluster): Promise<Measured> {
  const found = await targets(cluster);
  // One connection to each node.
  const options = {
    targets: found,
    message: WRITE,
    outstanding: OUTSTANDING,
    connections: found.length,
    seconds: SECONDS,
  };
  const seconds: number[] = [];
  const limits: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const warmUpMs = round === 0 ? WARM_UP_MS : NEXT_WARM_UP_MS;
    seconds.push(...(await ask({ ...options, warmUpMs, run: `many-${Date.now()}` })).perSecond);
    limits.push((await runJson<Limit>('raw-limits.ts', ['group-commit', LIMIT_SECONDS])).perSecond);
  }
  return measured(
    'durable asks, 256 outstanding',
    'asks/s',
    seconds,
    median(limits),
    { kind: 'ratio-at-least', bound: 0.1 },
    'limit: one process, 256 writers, synced RocksDB batches of events of the same size',
  );
}

export async function oneAsk(cluster: Cluster): Promise<Measured> {
  const options = {
    targets: await targets(cluster),
    message: WRITE,
    outstanding: 1,
    connections: 1,
    warmUpMs: WARM_UP_MS,
  };
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
