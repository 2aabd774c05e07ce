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
  NESTING_MAX,
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

/** One value in another, `kinds.length` levels deep. */
export function nested(
  kinds: readonly ('list' | 'variant' | 'int' | 'bool' | 'text')[],
  innermost: Data,
): Data {
  let value = innermost;
  for (const kind of kinds) {
    if (kind === 'list') value = List.of([value]);
    else if (kind === 'variant') value = new Variant('In', [value]);
    else value = SeqMap.from<Data>([[kind === 'int' ? -1 : kind === 'bool' ? false : '$map', value]]);
  }
  return value;
}

const arbitraryNested: fc.Arbitrary<Data> = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: NESTING_MAX }), fc.constantFrom(31, 32, 33, 34, 63, 64)),
    fc.array(fc.constantFrom('list', 'variant', 'int', 'bool', 'text'), { minLength: 1, maxLength: 3 }),
    arbitraryScalar,
  )
  .map(([levels, kinds, inner]) =>
    nested(
      Array.from({ length: levels }, (_, at) => kinds[at % kinds.length]!),
      inner,
    ),
  );

/** Lengths at which the head of a text, a list or an extension changes its form. */
const LENGTHS = [0, 1, 2, 4, 8, 15, 16, 17, 31, 32, 33, 34, 255, 256, 4095, 4096, 4097, 65_535, 65_536];

const arbitraryRun: fc.Arbitrary<Data> = fc
  .tuple(
    fc.constantFrom(
      0x91,
      0x81,
      0xc1,
      0x80,
      0x90,
      0xa1,
      0xc4,
      0xd4,
      0xdc,
      0xdd,
      0xde,
      0xdf,
      0xff,
      0,
      0x22,
      0x5c,
      0x61,
    ),
    fc.constantFrom(...LENGTHS),
  )
  .map(([byte, length]) => textOf(new Uint8Array(length).fill(byte)));

const arbitraryLong: fc.Arbitrary<Data> = fc
  .tuple(fc.constantFrom('a', 'é', '€', '\u{1f600}', '\u0000'), fc.constantFrom(...LENGTHS))
  .chain(([unit, length]) => {
    const text = unit.repeat(Math.floor(length / unit.length));
    const short = text.slice(0, 300 - (300 % unit.length));
    return fc.constantFrom<Data>(text, sym(short), new Variant(short, []), SeqMap.from<Data>([[text, text]]));
  });

const arbitraryWide: fc.Arbitrary<Data> = fc
  .tuple(fc.constantFrom(...LENGTHS.filter((length) => length < 65_535)), arbitraryScalar)
  .chain(([length, item]) => {
    const items = new Array<Data>(length).fill(item);
    const map = SeqMap.from<Data>(items.map((value, at) => [at, value]));
    return fc.constantFrom<Data>(List.of(items), new Variant('Wide', items), map);
  });

/**
 * What people send and readers stumble over: runs of equal bytes, one-item containers in each other, lengths
 * at each border.
 */
export const arbitraryHeavy: fc.Arbitrary<Data> = fc.oneof(
  arbitraryRun,
  arbitraryNested,
  arbitraryLong,
  arbitraryWide,
);

/** Any value that may be sent: mostly small ones. */
export const arbitrarySent: fc.Arbitrary<Data> = fc.oneof(
  { weight: 3, arbitrary: arbitraryData },
  { weight: 1, arbitrary: arbitraryHeavy },
);
