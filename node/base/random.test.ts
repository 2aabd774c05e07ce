import test from 'ava';
import { SeededRandom } from './random.ts';

test('one seed gives one sequence, another seed another', (t) => {
  const draw = (seed: number) =>
    Array.from(
      { length: 100 },
      (
        (random) => () =>
          random.uint32()
      )(new SeededRandom(seed)),
    );
  t.deepEqual(draw(7), draw(7));
  t.notDeepEqual(draw(7), draw(8));
  t.notDeepEqual(draw(7), draw(7 + 2 ** 32));
});

test('below stays below its bound and reaches every value', (t) => {
  const random = new SeededRandom(1);
  const seen = new Set(Array.from({ length: 1000 }, () => random.below(7)));
  t.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});
