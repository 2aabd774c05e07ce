// A node leaves a cluster of real processes while clients work.
import test from 'ava';
import { Cluster } from './cluster.ts';
import { seqNode, seqNodeOk } from './command.ts';
import { Deposits, differences, readJournal } from './deposits.ts';
import { type NodeProcess, sleep, until } from './node-process.ts';
import { spawnWorker, totalOf } from './programs.ts';

let cluster: Cluster;

test.before(async () => {
  cluster = await Cluster.start({ size: 4 });
});

test.after.always(async () => {
  await cluster?.dispose();
});

const http = (node: NodeProcess) => ['--node', node.client.base];

test.serial('a node that was removed under load is switched off, and nothing is lost', async (t) => {
  const [first, , , fourth] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess, NodeProcess];
  const paths = Array.from({ length: 6 }, (_, at) => `/test/moving-${at}`);
  for (const path of paths) await spawnWorker(first.client, path);
  const run = 'moving';
  const all = paths.map((path) =>
    Deposits.start(cluster, { path, clients: 1, outstanding: 4, pauseMs: 5, run: `${run}${path.at(-1)}` }),
  );
  const enough = async (count: number) => {
    for (const deposits of all) {
      const before = deposits.acknowledged.length;
      await until(`${count} further acknowledgements, or a refusal`, async () =>
        deposits.acknowledged.length >= before + count || deposits.refused.length > 0 ? true : undefined,
      );
      t.deepEqual(deposits.refused, []);
    }
  };
  await enough(10);
  const { node: id } = await fourth.client.cluster();
  const begun = await seqNodeOk(['members', 'remove', 'n4', '--no-wait', ...http(first)]);
  t.is(begun, 'n4 is leaving\n');
  const told = await seqNodeOk(['members', 'remove', id, ...http(first)], 120_000);
  t.is(told, 'n4 has left the cluster and may be switched off\n');
  t.deepEqual(await shardsThatCountOn(cluster, id), []);
  await fourth.kill();
  await enough(10);
  for (const deposits of all) await deposits.stop();
  for (const [at, deposits] of all.entries()) {
    const path = paths[at]!;
    t.deepEqual(deposits.refused, []);
    const journal = await readJournal(first.client, path);
    t.deepEqual(differences(journal, deposits.acknowledged, await totalOf(first.client, path)), []);
  }
  await cluster.untilReplicated(3);
  for (const node of cluster.running) {
    const { members, shards } = await node.client.cluster();
    t.deepEqual(
      members.map(({ name }) => name),
      ['n1', 'n2', 'n3'],
    );
    for (const { voters } of shards) t.false(voters.includes(id));
  }
  t.is(await seqNodeOk(['members', 'remove', id, ...http(first)]), told, 'removing twice is harmless');
});

/** Longer than the members take to look through their contacts anew. */
const FORGOTTEN_MS = 6000;

test.serial('a node that was removed while it was off says so when it is started again', async (t) => {
  const fourth = cluster.node(3);
  const { node: id } = JSON.parse(
    await seqNodeOk(['members', 'remove', 'n4', '--json', ...http(cluster.node(0))]),
  ) as { node: string };
  fourth.spawn([]);
  t.is((await fourth.ended()).code, 78, fourth.stderr);
  t.regex(fourth.stderr, /error\[not-admitted\]: The node was removed from its cluster\./);
  // For some seconds a member whose replica of a shard still names the node lets it in, to hear of its
  // removal.
  await sleep(FORGOTTEN_MS);
  const connectedBefore = linesAbout(cluster, id);
  fourth.spawn([]);
  t.is((await fourth.ended()).code, 78, fourth.stderr);
  t.deepEqual(linesAbout(cluster, id), connectedBefore, 'nobody connected to it');
});

test.serial('a node that runs on after its removal stops by itself', async (t) => {
  const [first, second, third] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
  const { node: id } = await third.client.cluster();
  const deposits = Deposits.start(cluster, {
    path: '/test/moving-0',
    clients: 1,
    outstanding: 8,
    pauseMs: 0,
    run: 'stays',
  });
  // Asked of the very node that goes.
  t.is(
    await seqNodeOk(['members', 'remove', 'n3', ...http(third)], 120_000),
    'n3 has left the cluster and may be switched off\n',
  );
  t.is((await third.ended()).code, 78, third.stderr);
  t.regex(third.stderr, /error\[not-admitted\]: The node was removed from its cluster\./);
  await deposits.stop();
  t.deepEqual(deposits.refused, [], 'its end is no refusal of what it was asked');
  t.true(deposits.acknowledged.length > 0);
  const before = [first, second].map((node) => linesAbout(cluster, id, node));
  for (const lines of before) t.regex(lines.at(-1) ?? '', /disconnected/);
  await sleep(3000);
  t.deepEqual(
    [first, second].map((node) => linesAbout(cluster, id, node)),
    before,
  );
});

test.serial('what cannot be removed is refused', async (t) => {
  const [first, second] = cluster.nodes as [NodeProcess, NodeProcess];
  const unknown = await seqNode(['members', 'remove', 'n9', ...http(first)]);
  t.is(unknown.code, 65, unknown.stderr);
  t.regex(unknown.stderr, /error\[no-such-member\]/);
  // Of two nodes each shard has one voter, and that may be the one that goes.
  t.is(
    await seqNodeOk(['members', 'remove', 'n2', ...http(first)], 120_000),
    'n2 has left the cluster and may be switched off\n',
  );
  t.is((await second.ended()).code, 78, second.stderr);
  const last = await seqNode(['members', 'remove', 'n1', ...http(first)]);
  t.is(last.code, 65, last.stderr);
  t.regex(last.stderr, /error\[last-member\]/);
  t.true((await totalOf(first.client, '/test/moving-0')) > 0);
});

/** By the view of the shards' own leaders. */
async function shardsThatCountOn({ running }: Cluster, id: string): Promise<number[]> {
  const views = await Promise.all(running.map(({ client }) => client.cluster()));
  return views.flatMap(({ node, shards }) =>
    shards
      .filter(({ leader, voters, learners }) => leader === node && [...voters, ...learners].includes(id))
      .map(({ shard }) => shard),
  );
}

/** What the running nodes, or one of them, logged of their connections with a node. */
function linesAbout({ running }: Cluster, id: string, only?: NodeProcess): string[] {
  return (only === undefined ? running : [only]).flatMap(({ stderr }) =>
    stderr.split('\n').filter((line) => line.includes(id) && line.includes('connected')),
  );
}
