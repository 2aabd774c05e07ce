import test from 'ava';
import type { ErrorCode } from '../base/errors.ts';
import { type GroupId, groupId, nodeId } from '../base/ids.ts';
import type { GroupState } from '../core/requests/results.ts';
import { clusterView, keptShards } from './cluster-view.ts';

test('a shard that was moved elsewhere is not missed here', (t) => {
  const status = { role: 'follower', term: 1, commit: 1, applied: 1, lastIndex: 1 } as const;
  const config = { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const group = (number: number, leader: string | null, wanted: boolean) => ({
    ...status,
    config,
    group: groupId(number),
    leader: leader === null ? null : nodeId(leader),
    isWanted: () => wanted,
  });
  const groups = [
    group(0, 'a', true),
    group(1, 'a', true),
    group(2, null, true),
    group(3, 'a', false),
    group(4, null, false),
  ];
  const kept = keptShards({ groups: () => groups as never });
  t.deepEqual(
    kept.map((shard) => shard.group as number),
    [1, 2, 3],
  );
});

test('shards are shown as their leaders say, and those without one by what is known here', (t) => {
  const config = { voters: ['a', 'b'], outgoing: ['c'], learners: ['d'], learnersNext: [], autoLeave: false };
  const own = (number: number) => ({
    role: 'follower',
    term: 4,
    commit: 9,
    applied: 9,
    lastIndex: 9,
    config,
    group: groupId(number),
    leader: nodeId('a'),
    isWanted: () => true,
  });
  const member = (node: string) => ({ node: nodeId(node), name: node, addresses: [], liveness: 'alive' });
  const core = {
    self: { node: nodeId('a'), name: 'a', addresses: [] },
    cluster: { id: 'c', shards: 4, replicas: 3 },
    groups: () => [0, 2, 4].map(own),
    members: () => ['a', 'b', 'e'].map(member),
    modules: () => [],
  };
  const said = {
    leader: 'e',
    term: 7,
    voters: ['a', 'b', 'e'],
    learners: [],
    healthy: ['e', 'b'],
    commit: 30,
  };
  const states = new Map<GroupId, GroupState | ErrorCode>([
    [groupId(1), said],
    [groupId(2), 'no-quorum'],
    [groupId(3), 'no-quorum'],
    [groupId(4), 'stopping'],
  ]);
  const view = clusterView(core as never, '0', states);
  t.deepEqual(view.shards as unknown, [
    {
      shard: 1,
      leader: 'e',
      term: 7,
      voters: ['a', 'b', 'e'],
      learners: [],
      healthy: ['e', 'b'],
      commitIndex: 30,
      mode: 'quorum-fsync',
    },
    ...[
      { shard: 2, leader: null, known: true },
      { shard: 3, leader: null, known: false },
      { shard: 4, leader: 'a', known: true },
    ].map(({ shard, leader, known }) => ({
      shard,
      leader,
      term: known ? 4 : 0,
      voters: known ? ['a', 'b', 'c'] : [],
      learners: known ? ['d'] : [],
      healthy: [],
      commitIndex: known ? 9 : 0,
      mode: known ? 'quorum-fsync' : null,
    })),
  ]);
  t.deepEqual(
    view.members.map(({ name, leads, replicas, healthy }) => ({ name, leads, replicas, healthy })),
    [
      { name: 'a', leads: 1, replicas: 3, healthy: 0 },
      { name: 'b', leads: 0, replicas: 3, healthy: 1 },
      { name: 'e', leads: 1, replicas: 1, healthy: 1 },
    ],
  );
});
