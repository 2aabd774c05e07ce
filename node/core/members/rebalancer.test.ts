// When the logs are cut, and how far; and whom a leader hands its group to.
import test from 'ava';
import { groupId, nodeId } from '../../base/ids.ts';
import { preferredLeader, wantedVoters } from '../../cluster/placement.ts';
import type { Replica } from '../../cluster/replica.ts';
import { testContext } from '../testing/context.ts';
import { LoneNode } from '../testing/lone-node.ts';
import { Rebalancer, type RebalancerOwner } from './rebalancer.ts';

const PROGRAM = `
union Note { Write { text: String } }
: keeper ( Map Note -- Map ) match Write { >text } -> "last" swap map.set end ;
`;

function written(limits: { readonly logTotalBytes: number }, messages: number): LoneNode {
  const node = new LoneNode(2, limits);
  node.deploy(PROGRAM);
  node.spawn('/user/a', 'keeper');
  for (let at = 0; at < messages; at++) node.tell('/user/a', `(Write "${at}${'x'.repeat(200)}")`);
  node.pass(2000);
  return node;
}

// A group begins behind entry 1, which holds its members.
const cuts = (node: LoneNode) => [...node.logStarts.values()].filter((index) => index > 1);

test('logs that are small together are left alone', (t) => {
  t.deepEqual(cuts(written({ logTotalBytes: 1024 * 1024 }, 100)), []);
});

test('logs that hold much together are cut, but for the last entries', (t) => {
  const starts = cuts(written({ logTotalBytes: 20_000 }, 300));
  t.is(Math.max(...starts) > 100, true);
  t.is(Math.max(...starts) < 300, true);
});

test('R3: a log is cut only up to what the store was asked to make durable, and has', (t) => {
  const node = written({ logTotalBytes: 20_000 }, 300);
  t.true(cuts(node).length > 0);
  t.is(node.unflushedCuts, 0);
});

test('an actor goes on from a log that was cut', (t) => {
  const node = written({ logTotalBytes: 20_000 }, 100);
  node.tell('/user/a', '(Write "end")');
  t.is(String(node.inspect('/user/a').sequence), '102');
});

const NODES = ['a', 'b', 'c', 'd'].map(nodeId);
const votersOf = (group: number) => wantedVoters(groupId(group), NODES, 3);
const preferredIn = (group: number) => preferredLeader(groupId(group), NODES, 3)!;

/** Whom a, which leads the group, hands it to while `present` are connected. The registry names all nodes. */
function heir(group: number, present: readonly string[]): string | undefined {
  const context = testContext(nodeId('a'), 64);
  for (const node of NODES) {
    context.registry.apply({ kind: 'token', secretHash: node, expiresAt: 1 }, 1);
    const peer = { node, name: node, addresses: [] };
    context.registry.apply({ kind: 'admit', secretHash: node, wall: 0, peer }, 2);
  }
  let given: string | undefined;
  const peers = present.map((node) => ({ node, active: true, match: 9 }));
  const config = { voters: votersOf(group), outgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const raft = {
    status: () => ({ peers, lastIndex: 9, transferringTo: null }),
    transferLeadership: (node: string) => {
      given = node;
    },
  };
  const replica = { group: groupId(group), isLeader: true, config, raft, pump() {} } as unknown as Replica;
  const rebalancer = new Rebalancer(context, {
    space: { own: 'enough', mayLead: () => true },
    groups: () => [replica],
    registryIndex: () => 0,
    submit: () => undefined,
    isConnected: (node: string) => present.includes(node),
    reaches: (node: string) => present.includes(node),
  } as unknown as RebalancerOwner);
  rebalancer.roleChanged(replica, 0);
  rebalancer.tick(1000);
  if (given !== undefined) throw new Error('it hands over at once');
  rebalancer.tick(4000);
  return given;
}

test('a leader hands its group to the preferred voter; without a vote, to any that is there', (t) => {
  const groups = Array.from({ length: 64 }, (_, at) => at + 1);
  const voting = groups.find((group) => votersOf(group).includes(nodeId('a')) && preferredIn(group) !== 'a')!;
  const without = groups.find((group) => !votersOf(group).includes(nodeId('a')))!;
  const others = (group: number) =>
    votersOf(group).filter((node) => !['a', preferredIn(group)].includes(node));
  t.is(heir(voting, votersOf(voting)), preferredIn(voting));
  t.is(heir(voting, others(voting)), undefined, 'it has a vote, and stays');
  t.is(heir(without, votersOf(without)), preferredIn(without));
  t.true(others(without).includes(nodeId(String(heir(without, others(without))))));
  t.is(heir(without, []), undefined);
});
