// Restarts of a supervised child: from the answer that a turn failed until the child, which was restarted by
// its supervisor, has answered the next ask. Beside durable asks of the same child in the same run.
import type { Cluster } from '../../integration/cluster.ts';
import { RefusedError } from '../../integration/node-client.ts';
import { until } from '../../integration/node-process.ts';
import { deployBench } from './bench-cluster.ts';
import { type Measured, measured, median } from './report.ts';

const SUPERVISOR = '/bench/supervised';
const CHILD = `${SUPERVISOR}/worker`;
const WARM_UP = 20;
const RESTARTS = 200;

export async function supervisedRestarts(cluster: Cluster): Promise<Measured> {
  const { hash } = await deployBench(cluster);
  const children = [{ id: 'worker', program: { Code: [hash, 'worker', []] } }];
  const supervisor = { intensity: 1_000_000, 'period-ms': 3_600_000, children };
  const { client } = cluster.node(0);
  await until('the supervisor is started', () =>
    client.call('POST', `/v1/actors${SUPERVISOR}`, { supervisor, id: 'supervisor' }),
  );
  const { nodeName } = await until('the child is started', () => client.inspect(CHILD));
  const near = cluster.named(nodeName).client;
  const [restarts, asks]: [number[], number[]] = [[], []];
  let id = 0;
  const run = `${process.pid}-${Date.now()}`;
  for (let round = 0; round < WARM_UP + RESTARTS; round++) {
    const asked = await timed(() => near.tell(CHILD, '(Add 1)', `${run}-${++id}`));
    await near.tell(CHILD, 'Fail', `${run}-${++id}`).catch((error: unknown) => {
      if (!(error instanceof RefusedError) || error.code !== 'turn-failed') throw error;
    });
    const restarted = await timed(() => near.ask(CHILD, '(Total)', `${run}-${++id}`));
    if (round < WARM_UP) continue;
    asks.push(asked);
    restarts.push(restarted);
  }
  return measured(
    'restart of a supervised child',
    'ms',
    [median(restarts)],
    median(asks),
    { kind: 'ratio-at-most', bound: 3 },
    'p50; limit: p50 of a durable message to the same child in the same run; from the fault known to the next ask answered',
  );
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}
