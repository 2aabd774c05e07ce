import test from 'ava';
import fc from 'fast-check';
import type { ActorPath } from '../base/ids.ts';
import { ACTOR_LENGTH_MAX, ACTOR_LINES_MAX, LINE_LENGTH_MAX, RecentOutput } from './output.ts';

const A = '/user/a' as ActorPath;
const B = '/user/b' as ActorPath;
const texts = (output: RecentOutput, path: ActorPath, number = 0) =>
  output.after(path, number).map(({ text }) => text);

test('lines are those of each actor, in order, and go on behind a number', (t) => {
  const output = new RecentOutput();
  output.add(A, 'one\ntwo\n', 5);
  output.add(B, 'other', 6);
  output.add(A, '\nthree', 7);
  t.deepEqual(output.after(A, 0), [
    { number: 1, atMillis: 5, text: 'one' },
    { number: 2, atMillis: 5, text: 'two' },
    { number: 4, atMillis: 7, text: '' },
    { number: 5, atMillis: 7, text: 'three' },
  ]);
  t.deepEqual(texts(output, A, 2), ['', 'three']);
  t.deepEqual(texts(output, B), ['other']);
  t.deepEqual(texts(output, '/user/c' as ActorPath), []);
});

test('a long line is cut', (t) => {
  const output = new RecentOutput();
  output.add(A, 'x'.repeat(LINE_LENGTH_MAX + 5), 1);
  t.is(texts(output, A)[0], `${'x'.repeat(LINE_LENGTH_MAX)}…`);
});

test('the newest lines are kept, as far as lines and characters allow', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(9000), { maxLength: 300 }), (lengths) => {
      const output = new RecentOutput();
      for (const [at, length] of lengths.entries()) output.add(A, `${at} ${'x'.repeat(length)}`, at);
      const kept = output.after(A, 0);
      const numbers = kept.map(({ number }) => number);
      t.deepEqual(
        numbers,
        numbers.map((_, at) => lengths.length - numbers.length + at + 1),
      );
      t.true(kept.length <= ACTOR_LINES_MAX);
      t.true(kept.reduce((sum, { text }) => sum + text.length, 0) <= ACTOR_LENGTH_MAX);
      t.is(kept.length > 0, lengths.length > 0);
    }),
  );
});

test('actors that printed longest ago make room for others', (t) => {
  const output = new RecentOutput();
  const paths = Array.from({ length: 200 }, (_, at) => `/user/${at}` as ActorPath);
  const block = 'x'.repeat(4000);
  for (const path of paths) {
    output.add(path, Array(7).fill(block).join('\n'), 1);
    output.add(paths[0]!, 'again', 1);
  }
  const left = paths.filter((path) => output.after(path, 0).length > 0);
  t.true(left.length < 150, `${left.length} actors`);
  t.true(left.includes(paths[0]!));
  t.deepEqual(left.slice(1), paths.slice(-(left.length - 1)));
});
