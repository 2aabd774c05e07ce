// Linearizable reads: asks that change nothing, beside durable asks of the same actors in the same run.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Cluster } from '../../integration/cluster.ts';
import { ask, NEXT_WARM_UP_MS, OUTSTANDING, READ, targets, WARM_UP_MS, WRITE } from './asks.ts';
import { type Measured, measured, median } from './report.ts';

/** Reads and asks take turns: what else the machine does changes from minute to minute. */
const ROUNDS = 3;
const SECONDS = 6;
const QUIET_MS = 3000;

/** Bytes that the nodes gave to their disks so far, logs of all kinds included. */
export function bytesWritten(cluster: Cluster): number {
  let bytes = 0;
  for (const { pid } of cluster.nodes) {
    const text = readFileSync(`/proc/${pid}/io`, 'utf8');
    bytes += Number(/^write_bytes: (\d+)$/m.exec(text)?.[1]);
  }
  return bytes;
}

/** Resolves once nothing was written for a while: what came before is in its tables. */
async function quiet(cluster: Cluster): Promise<void> {
  for (let before = -1, now = bytesWritten(cluster); now !== before; now = bytesWritten(cluster)) {
    before = now;
    await setTimeout(QUIET_MS);
  }
}

export async function manyReads(cluster: Cluster): Promise<readonly Measured[]> {
  const found = await targets(cluster);
  const options = {
    targets: found,
    outstanding: OUTSTANDING,
    connections: found.length,
    seconds: SECONDS,
  };
  const [reads, asks, written]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const warmUpMs = round === 0 ? WARM_UP_MS : NEXT_WARM_UP_MS;
    asks.push(...(await ask({ ...options, message: WRITE, warmUpMs, run: `w-${Date.now()}` })).perSecond);
    await quiet(cluster);
    const before = bytesWritten(cluster);
    reads.push(...(await ask({ ...options, message: READ, warmUpMs, run: `r-${Date.now()}` })).perSecond);
    written.push(bytesWritten(cluster) - before);
  }
  return [
    measured(
      'linearizable reads, 256 outstanding',
      'asks/s',
      reads,
      median(asks),
      { kind: 'ratio-at-least', bound: 2.5 },
      'limit: durable asks, 256 outstanding, of the same actors in the same run',
    ),
    measured(
      'bytes written meanwhile',
      'B',
      written,
      null,
      { kind: 'max-at-most', bound: 0 },
      'by all nodes to their disks while they answered reads only',
    ),
  ];
}

export async function oneRead(cluster: Cluster): Promise<Measured> {
  const options = { targets: await targets(cluster), outstanding: 1, connections: 1, seconds: SECONDS };
  const [reads, asks]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const warmUpMs = round === 0 ? WARM_UP_MS : NEXT_WARM_UP_MS;
    asks.push(...(await ask({ ...options, message: WRITE, warmUpMs, run: `w-${Date.now()}` })).times);
    reads.push(...(await ask({ ...options, message: READ, warmUpMs, run: `r-${Date.now()}` })).times);
  }
  return measured(
    'linearizable reads, one outstanding',
    'ms',
    reads,
    median(asks),
    { kind: 'ratio-at-most', bound: 0.6 },
    'limit: durable asks, one outstanding, of the same actors in the same run',
  );
}
