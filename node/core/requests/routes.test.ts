import test from 'ava';
import { groupId, nodeId } from '../../base/ids.ts';
import { Routes } from './routes.ts';

const GROUP = groupId(1);
const [here, there, third] = ['n1', 'n2', 'n3'].map(nodeId) as [never, never, never];

function routes() {
  return new Routes({
    self: here,
    knownLeader: () => null,
    candidates: () => [here, there, third],
    reaches: () => true,
  });
}

test('a hint is followed, and every third attempt asks around', (t) => {
  const known = routes();
  known.learn(GROUP, there, third);
  t.deepEqual(
    [0, 1, 2, 3].map((attempt) => known.target(GROUP, attempt)),
    [third, third, third, third],
  );
  known.learn(GROUP, third, null);
  t.deepEqual(
    [0, 1, 2, 3].map((attempt) => known.target(GROUP, attempt)),
    [here, there, third, here],
  );
});

test('who takes this node for the leader knows less than this node: all are asked in turn', (t) => {
  const known = routes();
  known.learn(GROUP, there, here);
  t.is(known.leaderOf(GROUP), null);
  t.deepEqual(
    [0, 1, 2].map((attempt) => known.target(GROUP, attempt)),
    [here, there, third],
  );
});
