// Arbitrary data for property tests: every type, the borders of each encoding, and deep and wide collections.
import fc from 'fast-check';
import {
  Bytes,
  type Data,
  Float,
  type Int,
  intOf,
  type Key,
  List,
  SeqMap,
  sym,
  textOf,
  Variant,
} from '../value.ts';

export const arbitraryInt: fc.Arbitrary<Int> = fc.oneof(
  fc.integer({ min: -40, max: 40 }),
  fc.maxSafeInteger().map((n) => n + 0),
  fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n - 1n }).map(intOf),
  // Both sides of every power of two, where encodings change their length.
  fc
    .tuple(fc.integer({ min: 0, max: 62 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([power, offset, negative]) =>
      intOf((negative ? -1n : 1n) * (1n << BigInt(power)) + BigInt(offset)),
    ),
);

export const arbitraryFloat: fc.Arbitrary<Float> = fc
  .oneof(fc.double(), fc.integer(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 1e21))
  .map((n) => new Float(n));

export const arbitraryString: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '__proto__', 'constructor', '\ufeffbom', '"\\\n', 'true', '1', '\u{1f600}'),
);

export const arbitraryIllFormed: fc.Arbitrary<Bytes> = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes) => textOf(bytes))
  .map((text) => (text instanceof Bytes ? text : new Bytes(Uint8Array.of(0xff, text.length & 0xff))));

export const arbitraryKey: fc.Arbitrary<Key> = fc.oneof(
  { weight: 3, arbitrary: arbitraryString },
  { weight: 2, arbitrary: arbitraryInt },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: arbitraryIllFormed },
);

const arbitraryTag: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('Deposit', 'None', 'Cons', 'Nil', 'Made-Up?'),
  arbitraryString,
);

const arbitraryScalar: fc.Arbitrary<Data> = fc.oneof(
  arbitraryInt,
  arbitraryFloat,
  fc.boolean(),
  arbitraryString,
  arbitraryIllFormed,
  fc.oneof(fc.constantFrom('ok', 'one-for-one', 'a'), arbitraryString).map(sym),
);

export const arbitraryData: fc.Arbitrary<Data> = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
    { weight: 3, arbitrary: arbitraryScalar },
    { weight: 1, arbitrary: fc.array(tie('data'), { maxLength: 40, size: 'small' }).map((v) => List.of(v)) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.tuple(arbitraryKey, tie('data')), { maxLength: 20, size: 'small' })
        .map((entries) => SeqMap.from(entries)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(arbitraryTag, fc.array(tie('data'), { maxLength: 12, size: 'small' }))
        .map(([tag, fields]) => new Variant(tag, fields)),
    },
  ),
})).data;

/** A map of up to 40 entries, so that both forms of a map come up. */
export const arbitraryMap: fc.Arbitrary<SeqMap> = fc
  .array(
    fc.tuple(
      arbitraryKey,
      fc.oneof({ weight: 6, arbitrary: arbitraryScalar }, { weight: 1, arbitrary: arbitraryData }),
    ),
    { maxLength: 40, size: 'medium' },
  )
  .map((entries) => SeqMap.from(entries));
