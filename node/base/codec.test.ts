import test from 'ava';
import fc from 'fast-check';
import { decodeData, decodeSequence, encodeData, readPatch, SequenceWriter, writePatch } from './codec.ts';
import { SeqNodeError } from './errors.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { arbitraryData, arbitraryMap, arbitrarySent, nested } from './testing/arbitrary-data.ts';
import {
  applyPatch,
  Bytes,
  type Data,
  diff,
  encodedBytes,
  equals,
  Float,
  List,
  NESTING_MAX,
  SeqMap,
  sym,
  textOf,
  Variant,
} from './value.ts';

const hex = (v: Data) => Buffer.from(encodeData(v)).toString('hex');

/** Decodes, and checks that the only way to fail is a SeqNodeError with the code asked for. */
function decodes(bytes: Uint8Array): Data | undefined {
  try {
    return decodeData(bytes, { code: 'bad-message' });
  } catch (error) {
    if (error instanceof SeqNodeError && error.code === 'bad-message') return undefined;
    throw error;
  }
}

test('the bytes are plain MessagePack', (t) => {
  t.is(hex(1), '01');
  t.is(hex(-32), 'e0');
  t.is(hex(-33), 'd0df');
  t.is(hex(2n ** 53n), 'cf0020000000000000');
  t.is(hex(-(2n ** 62n)), 'd3c000000000000000');
  t.is(hex(new Float(3)), 'cb4008000000000000');
  t.is(hex('é'), 'a2c3a9');
  t.is(hex(textOf(Uint8Array.of(0xff))), 'c401ff');
  t.is(hex(sym('ok')), 'd5016f6b');
  t.is(hex(new Variant('Deposit', [100])), '92c707024465706f73697464');
  t.is(hex(SeqMap.from<Data>([['b', true], ['a', List.of([1])], [2, false]])), '8302c2a1619101a162c3'); // biome-ignore format: one line
});

test('3.0 and 3 differ, as do 0.0 and -0.0', (t) => {
  t.not(hex(new Float(3)), hex(3));
  t.not(hex(new Float(0)), hex(new Float(-0)));
  t.true(Object.is((decodeData(encodeData(new Float(-0))) as Float).value, -0));
});

test('invariant 1: any value comes back from its bytes', (t) => {
  fc.assert(
    fc.property(arbitrarySent, (v) => equals(decodeData(encodeData(v)), v)),
    { numRuns: 1000 },
  );
  t.pass();
});

test('values one behind the other come back, and one that is no data leaves no trace', (t) => {
  const writer = new SequenceWriter();
  fc.assert(
    fc.property(fc.array(arbitrarySent, { maxLength: 5 }), fc.nat(), (values, at) => {
      values.forEach((value, i) => {
        if (i === at % values.length)
          t.throws(() => writer.add(new Variant('Bad', [{} as never, value])), { code: 'not-data' });
        writer.add(value);
      });
      const bytes = writer.take();
      t.is(writer.length, 0);
      t.true(Buffer.concat(values.map((value) => encodeData(value))).equals(bytes));
      return equals(List.of(decodeSequence(bytes)), List.of(values));
    }),
  );
  t.throws(() => decodeSequence(Uint8Array.of(1, 0xc1), { code: 'bad-request' }), { code: 'bad-request' });
});

test('invariant 2: values are equal exactly when their bytes are', (t) => {
  fc.assert(
    fc.property(arbitraryData, arbitraryData, (a, b) => equals(a, b) === (hex(a) === hex(b))),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(arbitraryMap, (map) => {
      const backwards = SeqMap.from([...map.entries()].reverse());
      return equals(map, backwards) && hex(map) === hex(backwards);
    }),
  );
  t.pass();
});

test('invariant 3: random bytes give a value or a SeqNodeError', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const v = decodes(bytes);
      return v === undefined || Buffer.compare(encodeData(v), bytes) === 0;
    }),
    { numRuns: 5000 },
  );
  t.pass();
});

test('invariants 2 and 3: mutated bytes give another value or a SeqNodeError', (t) => {
  const mutation = fc.tuple(fc.nat(), fc.constantFrom('set', 'cut', 'insert', 'flip'), fc.nat({ max: 255 }));
  // Each run copies the bytes several times.
  const mostlySmall = arbitrarySent.filter((v) => encodedBytes(v) < 1000);
  let accepted = 0;
  fc.assert(
    fc.property(mostlySmall, fc.array(mutation, { minLength: 1, maxLength: 3 }), (v, mutations) => {
      let bytes = [...encodeData(v)];
      for (const [where, kind, byte] of mutations) {
        const at = where % Math.max(1, bytes.length);
        if (kind === 'set') bytes[at] = byte;
        else if (kind === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << (byte & 7));
        else if (kind === 'cut') bytes = bytes.slice(0, at);
        else bytes.splice(at, 0, byte);
      }
      const mutant = decodes(Uint8Array.from(bytes));
      if (mutant === undefined) return true;
      accepted++;
      return Buffer.compare(encodeData(mutant), Uint8Array.from(bytes)) === 0;
    }),
    { numRuns: 3000 },
  );
  t.true(accepted > 0);
});

test('a claimed length allocates nothing', (t) => {
  for (const head of ['ddffffffff', 'dfffffffff', 'dbffffffff', 'c6ffffffff', 'c9ffffffff01'])
    t.is(decodes(Buffer.from(head, 'hex')), undefined);
});

test('longer forms than necessary are refused', (t) => {
  const longer = ['cc01', 'cd0001', 'ce00000001', 'cf0000000000000001', 'd0ff', 'd30000000000000001', 'd90161', 'dc000101', 'c40161', 'c7016101', 'cb7ff8000000000001', 'd3ffffffffffffffff', 'c0', 'c1', 'ca00000000', 'd40361', 'cf7fffffffffffffff']; // biome-ignore format: one line
  for (const text of longer) t.is(decodes(Buffer.from(text, 'hex')), undefined, text);
  t.is(decodes(Buffer.from('82a16101a16102', 'hex')), undefined, 'a key twice');
  t.is(decodes(Buffer.from('82a16201a16102', 'hex')), undefined, 'keys out of order');
  t.is(decodes(Buffer.from('819001', 'hex')), undefined, 'a list as a key');
});

test('nesting ends at 64 levels, both ways', (t) => {
  const nested = (levels: number) => {
    let v: Data = 1;
    for (let i = 0; i < levels; i++) v = List.of([v]);
    return v;
  };
  t.true(equals(decodeData(encodeData(nested(64))), nested(64)));
  t.is(t.throws(() => encodeData(nested(65)), { instanceOf: SeqNodeError })?.code, 'too-large');
  t.is(decodes(new Uint8Array(65).fill(0x91)), undefined);
  t.is(decodes(new Uint8Array(1_000_000).fill(0x91)), undefined);
});

test('what is not data is refused with its key path', (t) => {
  const state = SeqMap.from<unknown>([
    ['handlers', List.of<unknown>([1, new Variant<unknown>('Handler', [() => 1])])],
  ]);
  const error = t.throws(() => encodeData(state as Data, { name: 'state' }), { instanceOf: SeqNodeError });
  t.is(error?.code, 'not-data');
  t.deepEqual(error?.details, { keyPath: 'state."handlers"[1].Handler.0' });
  t.is(t.throws(() => encodeData(1.5), { instanceOf: SeqNodeError })?.code, 'not-data');
});

test('what would not come back is not written', (t) => {
  for (const odd of [
    'a\ud800',
    new Bytes(Uint8Array.of(97)),
    sym('\udc00'),
    new Variant('\ud800', []),
    2 ** 53,
  ])
    t.is(t.throws(() => encodeData(List.of<Data>([odd])), { instanceOf: SeqNodeError })?.code, 'not-data');
});

test('a size limit holds in both directions, also for a value that shares itself', (t) => {
  t.is(
    t.throws(() => encodeData('x'.repeat(100), { bytesMax: 100 }), { instanceOf: SeqNodeError })?.code,
    'too-large',
  );
  t.is(encodeData('x'.repeat(98), { bytesMax: 100 }).length, 100);
  let twice: Data = 'seed';
  for (let i = 0; i < 60; i++) twice = List.of<Data>([twice, twice]);
  t.is(
    t.throws(() => encodeData(twice, { bytesMax: 100_000 }), { instanceOf: SeqNodeError })?.code,
    'too-large',
  );
  const bytes = encodeData('x'.repeat(98));
  t.is(t.throws(() => decodeData(bytes, { bytesMax: 99 }), { instanceOf: SeqNodeError })?.code, 'too-large');
});

test('a patch survives as a value', (t) => {
  fc.assert(
    fc.property(arbitraryMap, arbitraryMap, (before, after) => {
      const written = new MsgpackWriter();
      writePatch(written, diff(before, after));
      const reader = new MsgpackReader(written.take(), (reason) => new Error(reason));
      const patch = readPatch(reader.binary('the patch'));
      return equals(applyPatch(before, patch), after);
    }),
    { numRuns: 200 },
  );
  // As deep as a state may be: its Map is the first level.
  const deepest = nested(new Array<'list'>(NESTING_MAX - 1).fill('list'), 1);
  const written = new MsgpackWriter();
  writePatch(written, { set: [['k', deepest]], removed: [] });
  const reader = new MsgpackReader(written.take(), (reason) => new Error(reason));
  t.deepEqual(readPatch(reader.binary('the patch')), { set: [['k', deepest]], removed: [] });
  t.throws(() => readPatch(encodeData(1)), { instanceOf: SeqNodeError });
  t.throws(() => readPatch(encodeData(List.of<Data>([List.of<Data>([1]), List.empty]))), {
    instanceOf: SeqNodeError,
  });
  t.throws(() => readPatch(encodeData(List.of<Data>([List.empty, List.of<Data>([new Float(1)])]))), {
    instanceOf: SeqNodeError,
  });
});
