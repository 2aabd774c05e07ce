import test from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type ActorPath, moduleHash } from '../base/ids.ts';
import { arbitraryData } from '../base/testing/arbitrary-data.ts';
import { type Data, diff, equals, List, SeqMap, sym, Variant } from '../base/value.ts';
import { decodeRecord, encodeRecord, type JournalRecord } from './journal-record.ts';
import { snapshotDue } from './snapshot-policy.ts';

const code = { module: moduleHash('ab'.repeat(32)), target: { word: 'account' }, captured: [] };

function record(
  sequence: number,
  before: SeqMap = SeqMap.empty,
  after: SeqMap = SeqMap.empty,
): JournalRecord {
  return {
    sequence,
    kind: 'turn',
    term: 3,
    atMillis: 1_700_000_000_000,
    code,
    origin: { source: 'client-1', number: 9 },
    message: new Variant('Deposit', [100]),
    events: [sym('deposited'), List.of<never>([])],
    patch: diff(before, after),
    reply: 'ok',
    sent: [['/user/audit' as ActorPath, 4]],
    inputs: {
      wall: 1_700_000_000_000,
      seed: [1, 2, 2 ** 32 - 1],
      answers: [{ answered: 7 }, { refused: 'no' }],
    },
  };
}

/** Equality that knows data. */
function sameRecord(one: JournalRecord, other: JournalRecord): boolean {
  const flat = ({ message, events, reply, patch, code: ref, inputs, upgrade, ...rest }: JournalRecord) => ({
    data: [message, reply, ...events, ...ref.captured, ...patch.removed, ...patch.set.flat()].concat(
      (inputs?.answers ?? []).map((answer) => ('answered' in answer ? answer.answered : answer.refused)),
    ),
    plain: JSON.stringify([rest, ref.module, ref.target, inputs?.wall, inputs?.seed, events.length, upgrade]),
  });
  const [a, b] = [flat(one), flat(other)];
  return (
    a.plain === b.plain &&
    a.data.length === b.data.length &&
    a.data.every((value, at) => equals(value, b.data[at]))
  );
}

test('J1: a record that an earlier version wrote is read', (t) => {
  const stored = Uint8Array.fromHex(
    '012897868b9f040103cf0000018bcfe56800d940616261626162616261626162616261626162616261626162616261626162' +
      '61626162616261626162616261626162616261626162616261626162616261626162a76163636f756e74c09092a8636c6965' +
      '6e742d3109c40c92c707024465706f7369746492c40cc709016465706f7369746564c40190c403929090c403a26f6b9192ab' +
      '2f757365722f61756469740493cf0000018bcfe56800930102ceffffffff9292c0c4010792a26e6fc0',
  );
  t.is(stored[0], 1);
  t.true(sameRecord(decodeRecord(stored), record(4)));
  stored[0] = 4;
  new DataView(stored.buffer).setUint32(1, crc32c(stored, crc32c(stored, 0, 0, 1), 5), true);
  const error = t.throws(() => decodeRecord(stored), { instanceOf: SeqNodeError });
  t.regex(error?.message ?? '', /has version 4; this program reads up to version 3/);
});

test('J1: a turn that began before its record keeps the time at which it began', (t) => {
  const { inputs, ...rest } = record(2);
  const waited = { ...rest, inputs: { ...inputs!, wall: rest.atMillis - 70 } };
  t.is(decodeRecord(encodeRecord(waited)).inputs?.wall, rest.atMillis - 70);
});

test('J1: what is encoded decodes to the same', (t) => {
  const state = SeqMap.from<Data>([
    ['a', 1],
    [true, List.of([1, 2])],
  ]);
  const records: JournalRecord[] = [
    record(1, SeqMap.empty, state),
    { ...record(2, state), origin: null, message: null, reply: null, inputs: null, sent: [], events: [] },
    { ...record(3), kind: 'upgraded', upgrade: { from: { ...code, captured: ['x'] }, migrate: 'to-cents' } },
    {
      ...record(4),
      kind: 'upgraded',
      upgrade: { from: { ...code, target: { quotation: 3 } }, migrate: null },
    },
    { ...record(2 ** 53 - 1), code: { ...code, target: { quotation: 12 }, captured: ['x', 2n ** 61n] } },
  ];
  for (const each of records) t.true(sameRecord(decodeRecord(encodeRecord(each)), each));
});

test('J1: any data come back', (t) => {
  fc.assert(
    fc.property(arbitraryData, arbitraryData, (message, reply) => {
      const each = { ...record(5), message, reply, events: [reply, message] };
      t.true(sameRecord(decodeRecord(encodeRecord(each)), each));
    }),
  );
});

test('J1: every flipped bit and every cut is journal-damaged', (t) => {
  const bytes = encodeRecord(record(1));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    t.is(
      codeOf(() => decodeRecord(flipped)),
      'journal-damaged',
    );
  }
  for (let length = 0; length < bytes.length; length++)
    t.is(
      codeOf(() => decodeRecord(bytes.subarray(0, length))),
      'journal-damaged',
    );
});

test('J1: bytes with a right checksum and a wrong content are journal-damaged', (t) => {
  const seal = (bytes: Uint8Array) => {
    const whole = new Uint8Array(5 + bytes.length);
    whole[0] = 1;
    whole.set(bytes, 5);
    new DataView(whole.buffer).setUint32(1, crc32c(whole, crc32c(whole, 0, 0, 1), 5), true);
    return whole;
  };
  const good = encodeRecord(record(1)).slice(5);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      t.is(
        codeOf(() => decodeRecord(seal(bytes))),
        'journal-damaged',
      );
    }),
  );
  // A changed byte may give another valid record, and must never give anything but a record or this error.
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
      const changed = good.slice();
      changed[at] = byte;
      t.true([undefined, 'journal-damaged'].includes(codeOf(() => decodeRecord(seal(changed)))));
    }),
    { numRuns: 2000 },
  );
});

test('a record that could not be decoded again is not encoded', (t) => {
  for (const wrong of [
    { ...record(1), sequence: 0 },
    { ...record(1), term: 1.5 },
    { ...record(1), atMillis: -1 },
    { ...record(1), origin: { source: '\ud800', number: 1 } },
    { ...record(1), inputs: { wall: 1, seed: [-1, 0, 0] as const, answers: [] } },
  ])
    t.throws(() => encodeRecord(wrong), { instanceOf: InvariantError });
});

test('a snapshot is due at either limit', (t) => {
  const limit = { records: 100, bytes: 1000 };
  t.false(snapshotDue({ records: 99, bytes: 999 }, limit));
  t.true(snapshotDue({ records: 100, bytes: 0 }, limit));
  t.true(snapshotDue({ records: 1, bytes: 1000 }, limit));
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof SeqNodeError) return error.code;
    throw error;
  }
}
