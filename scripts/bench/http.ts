// One request, one durable ask, over the gateways of all nodes, as clients that know nothing of leaders send
// them: rates, times, and what the three nodes spend on each. Beside it, in the same run, the machine's raw
// limit, and etcd where its binary is given. Many requests of one client are shown three ways: each on its
// own, in batches, and on streams.
import { setTimeout } from 'node:timers/promises';
import type { Cluster } from '../../integration/cluster.ts';
import { deployBench, settled, spawnWorkers } from './bench-cluster.ts';
import { cpuMicros } from './cpu.ts';
import { type Etcd, startEtcd } from './etcd.ts';
import type { HttpLoad, HttpLoadResult } from './http-asker.ts';
import { type Measured, measured, median } from './report.ts';
import { runJson } from './run-json.ts';

const ACTORS = 256;
const SECONDS = 5;
/** Until the engine has compiled what is hot. */
const WARM_UP_SECONDS = 20;
/** All shapes take turns: what else the machine does changes from minute to minute. */
const ROUNDS = 3;
const IDLE_MS = 5000;

interface Shape {
  readonly way: HttpLoad['way'];
  readonly outstanding: number;
}

interface Sample extends HttpLoadResult {
  /** Of all nodes, for one ask; without what they spend when nothing is asked. */
  readonly cpuMicros: number;
}

const SHAPES: readonly Shape[] = [
  { way: 'requests', outstanding: 1 },
  { way: 'requests', outstanding: 16 },
  { way: 'requests', outstanding: 256 },
  { way: 'batch', outstanding: 256 },
  { way: 'stream', outstanding: 256 },
];
const PEER_SHAPES: readonly Shape[] = SHAPES.filter(({ way }) => way === 'requests').map((shape) => ({
  ...shape,
  way: 'puts',
}));

const TITLES: Readonly<Record<Shape['way'], string>> = {
  requests: 'HTTP asks',
  batch: 'HTTP asks in batches',
  stream: 'asks on streams',
  puts: 'etcd: HTTP puts at its leader',
};

export async function httpAsks(
  cluster: Cluster,
  etcdBinary: string | undefined,
): Promise<readonly Measured[]> {
  const { hash } = await deployBench(cluster);
  const paths = Array.from({ length: ACTORS }, (_, at) => `/bench/durable/a${at}`);
  await settled(cluster, await spawnWorkers(cluster, hash, paths));
  const etcd = etcdBinary === undefined ? undefined : await startEtcd(etcdBinary);
  try {
    return await measureAll(cluster, paths, etcd);
  } finally {
    await etcd?.dispose();
  }
}

async function measureAll(
  cluster: Cluster,
  paths: readonly string[],
  etcd: Etcd | undefined,
): Promise<readonly Measured[]> {
  const addresses = cluster.nodes.map(({ httpAddress }) => httpAddress);
  const pids = cluster.nodes.map(({ pid }) => pid);
  const run = (shape: Shape, seconds: number) =>
    runJson<HttpLoadResult>('http-asker.ts', [
      JSON.stringify({
        ...shape,
        addresses: shape.way === 'puts' ? [etcd!.leader] : addresses,
        paths,
        seconds,
        run: `http-${Date.now()}`,
      } satisfies HttpLoad),
    ]);
  const shapes = [...SHAPES, ...(etcd === undefined ? [] : PEER_SHAPES)];
  for (const shape of shapes.filter(({ outstanding }) => outstanding === ACTORS))
    await run(shape, WARM_UP_SECONDS);
  const ofNodes = await idleMicros(pids);
  const ofPeer = etcd === undefined ? 0 : await idleMicros(etcd.pids);
  const samples = new Map<Shape, Sample[]>(shapes.map((shape) => [shape, []]));
  const limits = new Map<number, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const shape of shapes) {
      const isPeer = shape.way === 'puts';
      const [processes, idle] = isPeer ? [etcd!.pids, ofPeer] : [pids, ofNodes];
      const before = total(processes);
      const found = await run(shape, SECONDS);
      const spent = total(processes) - before - (idle * found.asked) / found.perSecond;
      samples.get(shape)!.push({ ...found, cpuMicros: spent / found.asked });
    }
    for (const { outstanding } of SHAPES.slice(0, 3))
      limits.set(outstanding, [...(limits.get(outstanding) ?? []), await rawLimit(outstanding)]);
  }
  return shapes.flatMap((shape) =>
    rowsOf(shape, samples.get(shape)!, median(limits.get(shape.outstanding)!)),
  );
}

const total = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + cpuMicros(pid), 0);

/** What the processes spend in a second when nothing is asked of them. */
async function idleMicros(pids: readonly number[]): Promise<number> {
  await setTimeout(1000);
  const before = total(pids);
  await setTimeout(IDLE_MS);
  return ((total(pids) - before) / IDLE_MS) * 1000;
}

async function rawLimit(writers: number): Promise<number> {
  const words = ['group-commit', '2', '', String(writers)];
  return (await runJson<{ perSecond: number }>('raw-limits.ts', words)).perSecond;
}

function rowsOf({ way, outstanding }: Shape, samples: readonly Sample[], limit: number): Measured[] {
  const name = `${TITLES[way]}, ${outstanding} outstanding`;
  const of = (pick: (sample: Sample) => number) => samples.map(pick);
  const [p50, p99] = [median(of(({ p50Ms }) => p50Ms)), median(of(({ p99Ms }) => p99Ms))];
  const note = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; limit: one process, as many writers, synced RocksDB batches of events of the same size`;
  return [
    measured(
      name,
      '/s',
      of(({ perSecond }) => perSecond),
      limit,
      { kind: 'none' },
      note,
    ),
    measured(
      `${name}: CPU`,
      'µs',
      of((sample) => sample.cpuMicros),
      null,
      { kind: 'none' },
      'of all three for one, without what they spend at rest',
    ),
  ];
}
