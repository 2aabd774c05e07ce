import test from 'ava';
import fc from 'fast-check';
import { arbitraryIllFormed, arbitraryString } from './testing/arbitrary-data.ts';
import { bytesOf, equals, type Text, textOf } from './value.ts';
import { byteLength, chomp, codePointAt, codePointLength, concat, contains, find, findBytes, sameText, split, startsWith, substring, trim, utf8Length } from './value-text.ts'; // biome-ignore format: one line

const arbitraryText: fc.Arbitrary<Text> = fc.oneof(arbitraryString, arbitraryIllFormed);
const joined = (...texts: Text[]) => Buffer.concat(texts.map(bytesOf));

test('code points are counted and cut as an array of them would be', (t) => {
  const long = fc.string({ unit: 'binary', minLength: 0, maxLength: 60 });
  fc.assert(
    fc.property(
      fc.oneof(long, arbitraryString),
      fc.integer({ min: -2, max: 70 }),
      fc.integer({ min: -2, max: 70 }),
      (text, start, count) => {
        // biome-ignore format: one line
        const points = [...text];
        const cut = start < 0 || count < 0 ? '' : points.slice(start, start + count).join('');
        return (
          codePointLength(text) === points.length &&
          codePointAt(text, start) === (start < 0 ? undefined : points[start]?.codePointAt(0)) &&
          substring(text, start, count) === cut &&
          utf8Length(text) === Buffer.byteLength(text) &&
          (cut === '' || find(text, cut) <= Math.max(0, start))
        );
      },
    ),
    { numRuns: 500 },
  );
  t.is(find('\u{1f600}'.repeat(20), ''), 0);
  t.is(find(`${'\u{1f600}'.repeat(20)}x`, 'x'), 20);
});

test('what works on bytes agrees with the bytes', (t) => {
  fc.assert(
    fc.property(arbitraryText, arbitraryText, arbitraryText, (a, b, c) => {
      const whole = concat(concat(a, b), c);
      return (
        equals(whole, textOf(joined(a, b, c))) &&
        byteLength(whole) === joined(a, b, c).length &&
        contains(whole, b) &&
        startsWith(whole, a) &&
        contains(a, b) === joined(a).indexOf(joined(b)) >= 0 &&
        startsWith(a, b) === (joined(a).subarray(0, byteLength(b)).compare(joined(b)) === 0) &&
        sameText(a, b) === (joined(a).compare(joined(b)) === 0) &&
        findBytes(joined(whole), joined(b)) === joined(whole).indexOf(joined(b))
      );
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

test('parts that were split join to the whole', (t) => {
  fc.assert(
    fc.property(arbitraryText, arbitraryText, (text, separator) => {
      const parts = split(text, separator);
      const whole = parts.reduce((left, part) => concat(concat(left, separator), part));
      return equals(whole, text) && (separator === '' || parts.every((part) => !contains(part, separator)));
    }),
    { numRuns: 500 },
  );
  t.deepEqual(split('abc', ''), ['', 'a', 'b', 'c', '']);
  t.deepEqual(split('', ','), ['']);
});

test('white space and line ends', (t) => {
  t.is(trim('\t \u3000x y\u2028\n'), 'x y');
  t.is(trim(''), '');
  t.is(chomp('a\n'), 'a');
  t.is(chomp('a\r'), 'a\r');
  t.is(chomp('\n'), '');
});
