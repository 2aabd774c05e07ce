import test from 'ava';
import { groupId, nodeId } from '../base/ids.ts';
import { keptShards } from './cluster-view.ts';

test('a shard that was moved elsewhere is not missed here', (t) => {
  const status = { role: 'follower', term: 1, commit: 1, applied: 1, lastIndex: 1 } as const;
  const config = { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const group = (number: number, leader: string | null, wanted: boolean) => ({
    ...status,
    config,
    group: groupId(number),
    leader: leader === null ? null : nodeId(leader),
    wanted,
  });
  const groups = [
    group(0, 'a', true),
    group(1, 'a', true),
    group(2, null, true),
    group(3, 'a', false),
    group(4, null, false),
  ];
  const kept = keptShards({ inspectGroups: () => groups as never });
  t.deepEqual(
    kept.map((shard) => shard.group as number),
    [1, 2, 3],
  );
});
