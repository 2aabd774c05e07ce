import test from 'ava';
import fc from 'fast-check';
import { encodeData } from './codec.ts';
import { SeqNodeError } from './errors.ts';
import { arbitraryData, arbitraryHeavy, arbitraryInt } from './testing/arbitrary-data.ts';
import { assertData, Bytes, boundedBytes, bytesOf, type Data, encodedBytes, equals, Float, intOf, isInt, List, SeqMap, Sym, sym, textOf, typeName, Variant } from './value.ts'; // biome-ignore format: one line

/** A value of the same content that shares nothing with `v`. */
function copy(v: Data): Data {
  if (v instanceof Float) return new Float(v.value);
  if (v instanceof Bytes) return new Bytes(v.bytes.slice());
  if (v instanceof List) return List.of(v.toArray().map(copy));
  if (v instanceof SeqMap)
    return SeqMap.from([...v.entries()].reverse().map(([key, value]) => [key, copy(value)]));
  if (v instanceof Variant) return new Variant(v.tag, v.fields.map(copy));
  return v;
}

test('a value equals its copy and no other', (t) => {
  fc.assert(
    fc.property(arbitraryData, (v) => equals(v, copy(v)) && equals(v, v)),
    { numRuns: 500 },
  );
  const others: unknown[] = [1, 1n << 60n, '1', true, new Float(1), new Float(Number.NaN), new Float(-0), new Float(0), sym('a'), 'a', new Bytes(Uint8Array.of(255)), List.empty, List.of([1]), SeqMap.empty, SeqMap.from([[1, 1]]), new Variant('List', []), new Variant('a', [1]), null, undefined, () => 1]; // biome-ignore format: one line
  for (const [i, a] of others.entries())
    for (const [j, b] of others.entries()) t.is(equals(a, b), i === j, `${typeName(a)} and ${typeName(b)}`);
});

test('equality takes any depth, and shared parts cost nothing', (t) => {
  let [a, b]: [unknown, unknown] = [0, 0];
  for (let i = 0; i < 100_000; i++)
    [a, b] = [new Variant<unknown>('Cons', [i, a]), new Variant<unknown>('Cons', [i, b])];
  t.true(equals(a, b));
  let shared: unknown = 1;
  for (let i = 0; i < 60; i++) shared = List.of([shared, shared]);
  t.true(equals(List.of([shared]), List.of([shared])));
});

test('Ints are canonical', (t) => {
  t.is(intOf(2n ** 62n), -(2n ** 62n));
  t.is(intOf(-(2n ** 62n) - 1n), 2n ** 62n - 1n);
  t.is(intOf(2n ** 53n - 1n), Number.MAX_SAFE_INTEGER);
  t.is(intOf(2n ** 53n), 2n ** 53n);
  t.is(intOf(2n ** 200n + 5n), 5);
  fc.assert(fc.property(arbitraryInt, (n) => isInt(n) && intOf(BigInt(n)) === n));
  for (const n of [1.5, -0, 2 ** 53, Number.NaN, 5n, 2n ** 62n, '1']) t.false(isInt(n), String(n));
});

test('text is a string exactly when its bytes are UTF-8', (t) => {
  t.is(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa');
  t.is(textOf(new Uint8Array(0)), '');
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
    t.true(textOf(Uint8Array.from(bytes)) instanceof Bytes);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => Buffer.compare(bytesOf(textOf(bytes)), bytes) === 0));
  const source = Uint8Array.of(255);
  const kept = textOf(source) as Bytes;
  source[0] = 254;
  t.is(kept.bytes[0], 255);
});

test('UTF-8 is told from other bytes as the platform does', (t) => {
  const fatal = new TextDecoder('utf-8', { fatal: true });
  const decodes = (bytes: Uint8Array) => {
    try {
      fatal.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const byte = fc.oneof(fc.constantFrom(0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff), fc.nat(255)); // biome-ignore format: one line
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 6 }).map((all) => Uint8Array.from(all)), (bytes) => typeof textOf(bytes) === 'string' === decodes(bytes)), // biome-ignore format: one line
    { numRuns: 5000 },
  );
  t.pass();
});

test('symbols of one name are one object', (t) => {
  t.is(sym('a'), sym('a'));
  t.not(sym('a'), sym('b'));
  t.true(sym('a') instanceof Sym);
  for (let i = 0; i < 5000; i++) sym(`name ${i}`);
  t.is(sym('a').name, 'a');
});

test('assertData takes all data and names the place of anything else', (t) => {
  fc.assert(fc.property(arbitraryData, (v) => assertData(v) === undefined));
  const quotation = () => 1;
  const cases: [unknown, string, string][] = [
    [quotation, 'state', 'state holds a Quotation, which is not data.'],
    [List.of([1, quotation]), 'event', 'event[1] holds a Quotation, which is not data.'],
    [SeqMap.from([['a b', SeqMap.from<unknown>([[7, quotation]])]]), 'state', 'state."a b".7 holds a Quotation, which is not data.'], // biome-ignore format: one line
    [SeqMap.from([[true, new Variant('Handler', [1, List.of([quotation])])]]), 'state', 'state.true.Handler.1[0] holds a Quotation, which is not data.'], // biome-ignore format: one line
    [new Variant('M', [new Map()]), 'message', 'message.M.0 holds a Map, which is not data.'],
    [1.5, 'value', 'value holds a malformed Int, which is not data.'],
    [new Bytes(Uint8Array.of(97)), 'value', 'value holds a malformed String, which is not data.'],
    ['\ud800', 'value', 'value holds a malformed String, which is not data.'],
  ];
  for (const [value, name, message] of cases) {
    const error = t.throws(() => assertData(value, name), { instanceOf: SeqNodeError });
    t.is(error?.code, 'not-data');
    t.is(error?.message, message);
    t.is(error?.details.keyPath, message.split(' holds')[0]);
    t.is(t.throws(() => boundedBytes(value, name), { instanceOf: SeqNodeError })?.message, message);
  }
});

test('assertData has limits', (t) => {
  t.throws(() => assertData(List.of([1]), 'value', 64), { code: 'too-large' });
  t.notThrows(() => assertData(1, 'value', 64));
  let deep: unknown = 1;
  for (let i = 0; i < 64; i++) deep = List.of([deep]);
  t.notThrows(() => assertData(deep));
  t.is(t.throws(() => assertData(List.of([deep])), { instanceOf: SeqNodeError })?.code, 'too-large');
  let shared: unknown = 1;
  for (let i = 0; i < 60; i++) shared = List.of([shared, shared]);
  t.is(t.throws(() => assertData(shared), { instanceOf: SeqNodeError })?.code, 'too-large');
});

test('boundedBytes is encodedBytes or more', (t) => {
  const few = fc
    .array(arbitraryData, { maxLength: 3 })
    .map((fields) => new Variant<Data>('Few\u00e9\u20ac', fields));
  fc.assert(
    fc.property(fc.oneof(arbitraryData, few), (v) => boundedBytes(v, 'value') >= encodedBytes(v)),
    { numRuns: 500 },
  );
  t.true(boundedBytes(new Variant('Add', [1, 'text', true, new Float(1)]), 'value') < 64);
});

test('encodedBytes is the size of the encoding, and stops at the limit', (t) => {
  fc.assert(
    fc.property(fc.oneof(arbitraryData, arbitraryHeavy), (v) => encodedBytes(v) === encodeData(v).length),
    { numRuns: 1000 },
  );
  let shared: Data = 'some text';
  for (let i = 0; i < 60; i++) shared = List.of<Data>([shared, shared]);
  t.true(encodedBytes(shared, 10_000) > 10_000);
  t.true(encodedBytes(List.of(new Array(1_000_000).fill(0)), 100) > 100);
});
