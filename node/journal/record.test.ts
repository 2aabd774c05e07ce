import test from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { groupId, logIndex, nodeId, term } from '../base/ids.ts';
import type { Entry, EntryKind, LogWrite } from '../base/log.ts';
import { decodeWrites, encodeWrites, writeBytesMax } from './record.ts';

const nodes = fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }).map(nodeId), { maxLength: 3 });
const count = fc.oneof(fc.maxSafeNat(), fc.nat(200), fc.constantFrom(2 ** 32, 2 ** 53 - 1));
const snapshot = fc.record({
  index: count.map(logIndex),
  term: count.map(term),
  discard: fc.boolean(),
  config: fc.record({
    voters: nodes,
    outgoing: nodes,
    learners: nodes,
    learnersNext: nodes,
    autoLeave: fc.boolean(),
  }),
});
const entries = fc
  .tuple(
    fc.nat(2 ** 40),
    fc.array(
      fc.tuple(
        count,
        fc.constantFrom<EntryKind>('noop', 'data', 'config'),
        fc.uint8Array({ maxLength: 300 }),
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
  )
  .map(([first, all]): Entry[] =>
    all.map(([of, kind, data], at) => ({ index: logIndex(first + at), term: term(of), kind, data })),
  );
const hardState = fc.record({
  term: count.map(term),
  vote: fc.option(fc.string({ unit: 'grapheme' }).map(nodeId)),
  commit: count.map(logIndex),
});
const write: fc.Arbitrary<LogWrite> = fc
  .record({ group: fc.nat(0xfffe).map(groupId), snapshot, entries, hardState }, { requiredKeys: ['group'] })
  .map((each) => each as LogWrite);

test('writes come back, and are never longer than foretold', (t) => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 5 }), (writes) => {
      const bytes = encodeWrites(writes);
      t.deepEqual(decodeWrites(bytes), writes);
      t.true(bytes.length <= writes.reduce((sum, each) => sum + writeBytesMax(each), 8));
    }),
    { numRuns: 500 },
  );
});

test('an empty list of entries is left out', (t) => {
  t.deepEqual(decodeWrites(encodeWrites([{ group: groupId(1), entries: [] }])), [{ group: groupId(1) }]);
});

const refused = (call: () => unknown) => {
  try {
    call();
    return undefined;
  } catch (error) {
    return error instanceof SeqNodeError ? error.code : error;
  }
};

test('random bytes are log-damaged or writes, never a crash', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      t.true([undefined, 'log-damaged'].includes(refused(() => decodeWrites(bytes)) as string));
    }),
    { numRuns: 5000 },
  );
  const good = encodeWrites(
    fc.sample(fc.array(write, { minLength: 3, maxLength: 3 }), { seed: 3, numRuns: 1 })[0]!,
  );
  for (let bit = 0; bit < good.length * 8; bit++) {
    const flipped = good.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    t.true([undefined, 'log-damaged'].includes(refused(() => decodeWrites(flipped)) as string));
  }
  for (let length = 0; length < good.length; length++)
    t.is(
      refused(() => decodeWrites(good.subarray(0, length))),
      'log-damaged',
    );
  t.is(
    refused(() => decodeWrites(Uint8Array.of(...good, 0))),
    'log-damaged',
  );
});

test('a claimed length that is not there sets no memory aside', (t) => {
  // A list of 2^32-1 items, deep inside lists that claim as much.
  const claims = new Uint8Array(100_000);
  for (let at = 0; at < claims.length; at += 5) claims.set([0xdd, 0xff, 0xff, 0xff, 0xff], at);
  t.is(
    refused(() => decodeWrites(claims)),
    'log-damaged',
  );
});

test('what could not be decoded again is not encoded', (t) => {
  const wrong: LogWrite[] = [
    { group: groupId(0xffff) },
    { group: groupId(1), hardState: { term: term(-1), vote: null, commit: logIndex(0) } },
    { group: groupId(1), hardState: { term: term(1.5), vote: null, commit: logIndex(0) } },
    {
      group: groupId(1),
      entries: [{ index: logIndex(1), term: term(2 ** 53), kind: 'data', data: new Uint8Array() }],
    },
  ];
  for (const each of wrong) t.throws(() => encodeWrites([each]), { instanceOf: InvariantError });
});
