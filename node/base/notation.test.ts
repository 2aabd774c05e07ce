import test from 'ava';
import fc from 'fast-check';
import { SeqNodeError } from './errors.ts';
import { formatNotation, parseNotation } from './notation.ts';
import { arbitrarySent } from './testing/arbitrary-data.ts';
import { Bytes, type Data, equals, Float, List, SeqMap, sym, Variant } from './value.ts';

const reads = (text: string, v: Data) => {
  const read = parseNotation(text);
  if (!equals(read, v)) throw new Error(`${text} was read as ${formatNotation(read)}`);
};

test('every kind of value is read', (t) => {
  reads('(Deposit 100)', new Variant('Deposit', [100]));
  reads('[1 2]', List.of([1, 2]));
  reads('{"k" 1 2 :b true "x"}', SeqMap.from<Data>([['k', 1], [2, sym('b')], [true, 'x']])); // biome-ignore format: one line
  reads(':sym', sym('sym'));
  reads(':"a b"', sym('a b'));
  reads('"text\\n\\"\\\\\\t\\r\\u{1f600}\\u00e9\\ud83d\\ude00"', 'text\n"\\\t\r\u{1f600}é\u{1f600}');
  reads('3.0', new Float(3));
  reads('-2.5e-3', new Float(-0.0025));
  reads('1e3', new Float(1000));
  reads('#inf', new Float(Number.POSITIVE_INFINITY));
  reads('#nan', new Float(Number.NaN));
  reads('-0.0', new Float(-0));
  reads('-0', 0);
  reads('4611686018427387903', 2n ** 62n - 1n);
  reads('-4611686018427387904', -(2n ** 62n));
  reads('007', 7);
  reads('true', true);
  reads('#x"00ff"', new Bytes(Uint8Array.of(0, 255)));
  reads('#x"6869"', 'hi');
  reads('(Cons 1\n  (Cons 2 (Nil)))', new Variant('Cons', [1, new Variant('Cons', [2, new Variant('Nil', [])])])); // biome-ignore format: one line
  reads('("odd tag" [])', new Variant('odd tag', [List.empty]));
  reads('(x)', new Variant('x', []));
  t.pass();
});

test('outer parentheses may be left out where that is asked for', (t) => {
  const message = (text: string) => formatNotation(parseNotation(text, { outerParensOptional: true }));
  t.is(message('Deposit 100'), '(Deposit 100)');
  t.is(message('  Ping  '), '(Ping)');
  t.is(message('Put "k" [1 (Some 2)]'), '(Put "k" [1 (Some 2)])');
  t.is(message('(Deposit 100)'), '(Deposit 100)');
  t.is(message('42'), '42');
  t.is(message('true'), 'true');
  t.is(message('[1]'), '[1]');
  t.is(message(':a'), ':a');
  t.is(message('#x"ff"'), '#x"ff"');
  t.is(t.throws(() => parseNotation('Deposit 100'), { instanceOf: SeqNodeError })?.code, 'bad-notation');
  t.throws(() => message('Deposit alice'), { instanceOf: SeqNodeError, message: /text is written "alice"/ });
});

test('values print in one way', (t) => {
  const map = SeqMap.from<Data>([['b', new Float(1)], ['a', List.of<Data>([true, sym('x y')])], [10, 1], [9, 1]]); // biome-ignore format: one line
  t.is(formatNotation(map), '{9 1 10 1 "a" [true :"x y"] "b" 1.0}');
  t.is(formatNotation(new Float(1e21)), '1e+21');
  t.is(formatNotation(new Variant('true', [])), '("true")');
  t.is(formatNotation(new Variant('1', [])), '("1")');
  t.is(formatNotation('a\u0000\u2028b'), '"a\\u{0}\\u{2028}b"');
  t.is(formatNotation(List.of<unknown>([() => 1])), '[#<Quotation>]');
});

test('a long value can be cut', (t) => {
  const list = List.of(Array.from({ length: 100_000 }, (_, i) => i));
  t.is(formatNotation(list, { charsMax: 10 }), '[0 1 2 3 4…');
  let deep: unknown = 0;
  for (let i = 0; i < 100_000; i++) deep = new Variant('S', [deep]);
  t.true(formatNotation(deep).includes('…'));
});

test('a bad text is refused at its place', (t) => {
  const bad: [string, number, RegExp][] = [
    ['', 1, /missing/],
    ['[1 2', 1, /not closed with "]"/],
    ['[1, 2]', 3, /not by commas/],
    ['"abc', 1, /not closed/],
    ['"\\q"', 2, /after \\/],
    ['"\\ud800"', 1, /surrogate/],
    ['"\\u{110000}"', 2, /no character/],
    ['{1}', 1, /no value/],
    ['{1 2 1 3}', 1, /twice/],
    ['{[] 1}', 1, /List cannot be a key/],
    ['(1', 1, /not closed/],
    ['()', 1, /begins with its tag/],
    ['1 2', 3, /more text/],
    [')', 1, /closes nothing/],
    ['4611686018427387904', 1, /range/],
    ['99999999999999999999999999', 1, /range/],
    ['alice', 1, /is not a value/],
    ['#x"0"', 1, /pairs/],
    [':', 1, /no name/],
    ['['.repeat(65), 65, /deeper/],
  ];
  for (const [text, column, message] of bad) {
    const error = t.throws(() => parseNotation(text), { instanceOf: SeqNodeError, message }, text);
    t.is(error?.code, 'bad-notation');
    t.is(error?.details.column, column, text);
  }
  const error = t.throws(() => parseNotation('[1\n 2 x]'), { instanceOf: SeqNodeError });
  t.deepEqual(error?.details, { line: 2, column: 4 });
});

test('invariant 1: any value is read back from its text', (t) => {
  fc.assert(
    fc.property(arbitrarySent, (v) => {
      const text = formatNotation(v);
      return equals(parseNotation(text), v) && equals(parseNotation(text, { outerParensOptional: true }), v);
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

test('invariant 2: any text gives a value or bad-notation', (t) => {
  const piece = fc.constantFrom('(', ')', '[', ']', '{', '}', '"', ' ', ':', '#x', '\\', 'u{', '1', '.', '-', 'e', 'A', 'true'); // biome-ignore format: one line
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((all) => all.join('')),
      ),
      fc.boolean(),
      (text, optional) => {
        // biome-ignore format: one line
        try {
        parseNotation(text, { outerParensOptional: optional });
        return true;
      } catch (error) {
        return error instanceof SeqNodeError && error.code === 'bad-notation';
      }
      },
    ),
    { numRuns: 3000 },
  );
  t.pass();
});
