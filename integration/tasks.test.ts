// Tasks flow through a queue while the node that leads it is killed, and workers are: none is lost, and none
// is completed twice.
import test from 'ava';
import { Cluster } from './cluster.ts';
import { dumpJournal } from './deposits.ts';
import { until } from './node-process.ts';
import { flowDifferences, QUEUE_PATH, TaskFlow } from './task-flow.ts';

const MORE = 30;

test('no task is lost or completed twice while the leader of the queue and workers are killed', async (t) => {
  t.timeout(240_000);
  const cluster = await Cluster.start({ size: 3 });
  t.teardown(() => cluster.dispose());
  const flow = await TaskFlow.start(cluster);
  t.teardown(() => flow.killProcess());
  const more = async () => {
    const before = flow.completed;
    await until(`${MORE} further tasks`, async () => (flow.completed >= before + MORE ? true : undefined), {
      timeoutMs: 60_000,
    });
  };
  await more();
  for (let round = 0; round < 2; round++) {
    flow.startProcess();
    await more();
    await flow.killProcess();
    const leader = await cluster.leaderOf(QUEUE_PATH);
    await leader.kill();
    await more();
    await leader.start();
    await more();
  }
  await flow.stop();
  t.log(`${flow.sent.length} tasks`);
  await cluster.untilReplicated(3);
  await cluster.untilEqual();
  for (const node of cluster.nodes) t.is(await node.stop(), 0, node.stderr);
  for (const node of cluster.nodes) {
    const journal = await dumpJournal(node.place.data, QUEUE_PATH);
    t.true(journal.length > flow.sent.length);
    t.deepEqual(flowDifferences(journal, flow.sent), [], node.place.name);
  }
});
