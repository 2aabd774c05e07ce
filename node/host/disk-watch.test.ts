import test from 'ava';
import { judgeSpace, reservesOf } from './disk-watch.ts';

test('a disk gets worse below its reserves, and better only a quarter above them', (t) => {
  const reserves = reservesOf(100);
  t.deepEqual(reserves, { low: 400, full: 200 });
  const judged = (free: number) =>
    (['enough', 'low', 'full'] as const).map((before) => judgeSpace(free, reserves, before));
  t.deepEqual(judged(600), ['enough', 'enough', 'enough']);
  t.deepEqual(judged(500), ['enough', 'enough', 'enough']);
  t.deepEqual(judged(499), ['enough', 'low', 'low']);
  t.deepEqual(judged(400), ['enough', 'low', 'low']);
  t.deepEqual(judged(399), ['low', 'low', 'low']);
  t.deepEqual(judged(250), ['low', 'low', 'low']);
  t.deepEqual(judged(249), ['low', 'low', 'full']);
  t.deepEqual(judged(199), ['full', 'full', 'full']);
});
