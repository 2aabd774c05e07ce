// What a node costs while it has nothing to do, and whether it is heard while an actor keeps it busy.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../integration/cluster.ts';
import { sleep } from '../../integration/node-process.ts';
import { deployBench, spawnWorkers } from './bench-cluster.ts';
import { type Measured, measured } from './report.ts';
import { runJson } from './run-json.ts';

/** A node that has just started still compiles and collects. */
const SETTLE_MS = 30_000;
const WINDOW_MS = 10_000;
/** Clock ticks per second of /proc: USER_HZ is 100 on every Linux that Node runs on. */
const USER_HZ = 100;

export async function idleCpu(cluster: Cluster): Promise<Measured> {
  await sleep(SETTLE_MS);
  const before = cluster.nodes.map(({ pid }) => cpuSeconds(pid));
  await sleep(WINDOW_MS);
  const percent = cluster.nodes.map(
    ({ pid }, at) => ((cpuSeconds(pid) - before[at]!) / (WINDOW_MS / 1000)) * 100,
  );
  return measured(
    'CPU of an idle node',
    '% of a core',
    percent,
    null,
    { kind: 'median-at-most', bound: 2 },
    'one value for each of three nodes, over 10 s',
  );
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / USER_HZ;
}

const LOOP_MS = 15_000;
const LOOPS = 2;

/** The cluster must let an actor be restarted as often as it fails, so that it goes on looping. */
export async function heartbeatJitter(cluster: Cluster): Promise<Measured> {
  const { hash } = await deployBench(cluster);
  const worst: number[] = [];
  for (let loop = 0; loop < LOOPS; loop++) {
    const [actor] = await spawnWorkers(cluster, hash, [`/bench/loop/${Date.now()}`]);
    const { client } = actor!.node;
    const until = performance.now() + LOOP_MS;
    let number = 0;
    while (performance.now() < until)
      await client.tell(actor!.path, '(Loop)', `loop-${loop}-${++number}`).catch(() => undefined);
    worst.push((await client.metric('seqnode_tick_delay_worst_seconds')) * 1000);
  }
  return measured(
    'heartbeat jitter while an actor loops forever',
    'ms',
    worst,
    null,
    { kind: 'max-at-most', bound: 100 },
    'the latest tick of the node that runs the actor; heartbeats leave with ticks',
  );
}

export async function idleActorBytes(): Promise<Measured> {
  const { bytes } = await runJson<{ bytes: number[] }>('idle-actors.ts', [], ['--expose-gc']);
  return measured(
    'bytes per idle resident actor',
    'bytes',
    bytes,
    null,
    { kind: 'median-at-most', bound: 2000 },
    'growth of heap and external memory of a node, after garbage collection, per actor that was spawned and ran one turn',
  );
}

const MANY = 1_000_000;

/** A node with a million durable actors: how long it takes to start, and what it holds in memory. */
export async function manyActors(): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
  try {
    const phase = <T>(name: string) =>
      runJson<T>('million-actors.ts', [name, directory, String(MANY)], ['--expose-gc']);
    const { perSecond } = await phase<{ perSecond: number }>('fill');
    const opened = await phase<{ startMs: number; bytes: number; resident: number }>('open');
    const made = `${MANY} durable actors on one node, made at ${Math.round(perSecond)}/s`;
    return [
      measured(
        'start of a node with a million actors',
        's',
        [opened.startMs / 1000],
        null,
        { kind: 'median-at-most', bound: 5 },
        `${made}; until the first ask is answered`,
      ),
      measured(
        'memory of a node with a million actors',
        'MB',
        [opened.bytes / 1e6],
        null,
        { kind: 'median-at-most', bound: 200 },
        `heap and external memory after garbage collection, once 20,000 of them were sent messages; ${opened.resident} are resident`,
      ),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
