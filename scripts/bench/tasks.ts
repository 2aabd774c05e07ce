// Tasks that clients send to one queue, and that workers take and complete over HTTP. Then what a task costs
// the disks with none waiting, and behind a backlog that no worker takes.
import type { Cluster } from '../../integration/cluster.ts';
import type { NodeClient } from '../../integration/node-client.ts';
import { bytesWritten } from './reads.ts';
import { type Measured, measured } from './report.ts';

const QUEUE = 'bench';
const PATH = `/queue/${QUEUE}`;
const TASKS = 3000;
const TRIALS = 3;
const WORKERS = 16;
/** Tasks of one take, and items of one batch. */
const TAKEN = 20;
const BATCH = 100;
const BACKLOG = 100_000;

interface Taken {
  readonly tasks: readonly { readonly token: string }[];
}

export async function tasksDone(cluster: Cluster): Promise<readonly Measured[]> {
  const { client } = cluster.node(0);
  await client.call('POST', `/v1/queues/${QUEUE}/configure`, { leaseMs: 600_000, capacity: 1_000_000 });
  const leader = await cluster.leaderOf(PATH);
  const rates: number[] = [];
  // The first one warms up.
  for (let trial = 0; trial <= TRIALS; trial++) {
    await send(leader.client, TASKS, `t${trial}`);
    const startedAt = performance.now();
    await work(leader.client, TASKS);
    if (trial > 0) rates.push((TASKS / (performance.now() - startedAt)) * 1000);
  }
  const few = await writtenFor(cluster, leader.client, TASKS, 'few');
  await send(leader.client, BACKLOG, 'backlog');
  const many = await writtenFor(cluster, leader.client, TASKS, 'many');
  return [
    measured(
      'tasks taken and completed',
      'tasks/s',
      rates,
      null,
      { kind: 'none' },
      `one queue on three nodes, ${WORKERS} workers over HTTP, ${TAKEN} tasks a take, one request for each completion`,
    ),
    measured(
      'bytes of a task behind a backlog',
      'bytes/task',
      [many],
      few,
      { kind: 'none' },
      `written to disk by all three nodes for each of ${TASKS} tasks that come behind ${BACKLOG}; limit: the same with none waiting. Background work of the stores is in both`,
    ),
  ];
}

async function writtenFor(cluster: Cluster, client: NodeClient, count: number, run: string): Promise<number> {
  const before = bytesWritten(cluster);
  await send(client, count, run);
  return (bytesWritten(cluster) - before) / count;
}

async function send(client: NodeClient, count: number, run: string): Promise<void> {
  for (let sent = 0; sent < count; sent += 4 * BATCH)
    await Promise.all(
      [0, 1, 2, 3].map((part) => {
        const from = sent + part * BATCH;
        const items = Array.from({ length: Math.max(0, Math.min(BATCH, count - from)) }, (_, at) => ({
          path: PATH,
          op: 'send',
          message: `"${'x'.repeat(100)}"`,
          id: `${process.pid}-${run}-${from + at}`,
          timeoutMs: 60_000,
        }));
        return client.call('POST', '/v1/batch', items, 90_000);
      }),
    );
}

async function work(client: NodeClient, count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      const { tasks } = await client.call<Taken>('POST', `/v1/queues/${QUEUE}/take`, {
        most: TAKEN,
        waitMs: 100,
      });
      await Promise.all(
        tasks.map(({ token }) => client.call('POST', `/v1/queues/${QUEUE}/complete`, { token, result: 1 })),
      );
      left -= tasks.length;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}
