import test from 'ava';
import { groupId, META_GROUP, nodeId } from '../base/ids.ts';
import type { ConfigState } from '../base/log.ts';
import { parsePath } from '../base/path.ts';
import { nextConfigStep, preferredLeader, shardOf, wantedVoters } from './placement.ts';

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'].map(nodeId);
const config = (voters: readonly string[], learners: readonly string[] = []): ConfigState => ({
  voters: voters.map(nodeId),
  learners: learners.map(nodeId),
  outgoing: [],
  learnersNext: [],
  autoLeave: false,
});

test('the shard of a path never changes', (t) => {
  t.deepEqual(
    ['/user/accounts/alice', '/user/accounts/bob', '/name/x', '/uuid/1'].map((path) =>
      shardOf(parsePath(path), 32),
    ),
    [17, 15, 12, 23].map(groupId),
  );
});

test('a child lives in the shard of its ancestor of three segments', (t) => {
  t.is(shardOf(parsePath('/user/a/b/c/d'), 32), shardOf(parsePath('/user/a/b'), 32));
});

test('leaders spread evenly: exactly among three nodes, and each is a voter', (t) => {
  const led = (members: typeof nodes) => {
    const counts = new Map(members.map((node) => [node, 0]));
    for (let shard = 1; shard <= 420; shard++) {
      const leader = preferredLeader(groupId(shard), members, 3)!;
      t.true(wantedVoters(groupId(shard), members, 3).includes(leader));
      counts.set(leader, counts.get(leader)! + 1);
    }
    return [...counts.values()];
  };
  t.deepEqual(led(nodes.slice(0, 3)), [140, 140, 140]);
  for (const count of led(nodes)) t.true(count > 40 && count < 80, `${count} of 60`);
  t.is(preferredLeader(META_GROUP, nodes, 3), nodes[0]);
  t.is(preferredLeader(groupId(1), [], 3), undefined);
});

test('paths spread evenly', (t) => {
  const counts = new Map<number, number>();
  for (let at = 0; at < 32_000; at++) {
    const shard = shardOf(parsePath(`/user/accounts/${at}`), 32);
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  t.is(counts.size, 32);
  for (const count of counts.values()) t.true(count > 800 && count < 1200);
});

test('a removed node moves only its own replicas', (t) => {
  const fewer = nodes.filter((node) => node !== 'n3');
  for (let shard = 1; shard <= 64; shard++) {
    const before = wantedVoters(groupId(shard), nodes, 3);
    const after = wantedVoters(groupId(shard), fewer, 3);
    if (!before.includes(nodeId('n3'))) t.deepEqual(after, before);
    else t.is(after.filter((node) => before.includes(node)).length, 2);
  }
});

test('growth from one to three: learners first, then one joint change', (t) => {
  const three = nodes.slice(0, 3);
  const ask = (state: ConfigState, members = three, ready = true) =>
    nextConfigStep(groupId(1), state, members, 3, () => ready);
  t.deepEqual(ask(config(['n1']), nodes.slice(0, 1)), undefined);
  t.deepEqual(ask(config(['n1']), nodes.slice(0, 2)), {
    addLearners: [nodes[1]!],
    addVoters: [],
    remove: [],
  });
  t.is(ask(config(['n1'], ['n2']), nodes.slice(0, 2)), undefined);
  const first = ask(config(['n1']));
  t.deepEqual([...first!.addLearners].sort(), ['n2', 'n3'].map(nodeId));
  t.is(ask(config(['n1'], ['n2', 'n3']), three, false), undefined);
  const lags = (node: string) => node !== 'n3';
  t.is(nextConfigStep(groupId(1), config(['n1'], ['n2', 'n3']), three, 3, lags), undefined, 'not by halves');
  const second = ask(config(['n1'], ['n2', 'n3']));
  t.deepEqual([...second!.addVoters].sort(), ['n2', 'n3'].map(nodeId));
  t.is(ask(config(['n1', 'n2', 'n3'])), undefined);
});

test('the meta group has at most five voters and everybody else follows', (t) => {
  t.is(wantedVoters(META_GROUP, nodes, 3).length, 5);
  t.is(wantedVoters(META_GROUP, nodes.slice(0, 4), 3).length, 3);
  const step = nextConfigStep(META_GROUP, config(['n1', 'n2', 'n3', 'n4', 'n5']), nodes, 3, () => true);
  t.deepEqual(step, { addLearners: ['n6', 'n7'].map(nodeId), addVoters: [], remove: [] });
});

test('no change is proposed while one is under way', (t) => {
  t.is(
    nextConfigStep(groupId(1), { ...config(['n1']), outgoing: [nodeId('n2')] }, nodes, 3, () => true),
    undefined,
  );
});

test('a node that leaves loses its vote in the registry and follows it on', (t) => {
  const [n1, n2, n3, n4] = nodes.slice(0, 4);
  const state = config(['n1', 'n2', 'n3'], ['n4']);
  const ready = () => true;
  const step = nextConfigStep(META_GROUP, state, [n1!, n3!, n4!], 3, ready, [n2!]);
  t.deepEqual(step, { addLearners: [n2!], addVoters: [n4!], remove: [] });
  const after = config(['n1', 'n3', 'n4'], ['n2']);
  t.is(nextConfigStep(META_GROUP, after, [n1!, n3!, n4!], 3, ready, [n2!]), undefined);
  t.deepEqual(nextConfigStep(META_GROUP, after, [n1!, n3!, n4!], 3, ready)?.remove, [n2!]);
});

test('a node that leaves loses its place in a shard', (t) => {
  const staying = nodes.slice(0, 3);
  const step = nextConfigStep(groupId(1), config(['n1', 'n2', 'n4'], ['n3']), staying, 3, () => true, [
    nodes[3]!,
  ]);
  t.deepEqual(step, { addLearners: [], addVoters: [nodes[2]!], remove: [nodes[3]!] });
});

test('no voter is let go while a majority of those that stay is away', (t) => {
  const staying = nodes.slice(0, 2);
  const [wanted, other] =
    wantedVoters(groupId(1), staying, 3)[0] === nodes[0] ? staying : [...staying].reverse();
  const ask = (away: string) =>
    nextConfigStep(groupId(1), config(['n1', 'n2', 'n3']), staying, 3, (node) => node !== away, [nodes[2]!]);
  t.is(ask(wanted!), undefined);
  t.deepEqual(ask(other!), { addLearners: [other!], addVoters: [], remove: [nodes[2]!] });
});
