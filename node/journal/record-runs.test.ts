import test from 'ava';
import fc from 'fast-check';
import { compareBytes } from '../base/bytes.ts';
import { type ActorPath, groupId } from '../base/ids.ts';
import { endOfRecords, GroupKeys, isRecord, sequenceOf } from './keys.ts';
import { loneRecord, rowsIn, runsOf } from './record-runs.ts';

const keys = new GroupKeys(groupId(3), 7);
const path = '/user/å' as ActorPath;
const plain = (bytes: Uint8Array) => [...bytes];

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }).map((rest) => Uint8Array.of(255, ...rest)),
  fc.integer({ min: 5000, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
);

test('runs stand for the records that they were made of, each at its key', (t) => {
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 40 }), fc.nat(2 ** 40), (records, before) => {
      let last = before;
      const rows = [...runsOf(records)].flatMap((run) => {
        last += run.records;
        return rowsIn(keys.record(path, last), run.value);
      });
      t.is(last, before + records.length);
      t.deepEqual(
        rows.map(([key, value]) => [plain(key), plain(value)]),
        records.map((record, at) => [plain(keys.record(path, before + 1 + at)), plain(record)]),
      );
    }),
  );
});

test('a run takes no record more once it is large', (t) => {
  const small = Array.from({ length: 1000 }, () => new Uint8Array(100));
  const runs = [...runsOf(small)];
  t.true(runs.length > 4 && runs.length < 10);
  t.true(runs.every(({ value }) => value.length < 20_000));
});

test('one record is kept as it is, unless it could be taken for a run', (t) => {
  const record = Uint8Array.of(2, 1, 0);
  t.is(loneRecord(record), record);
  const key = keys.record(path, 9);
  for (const odd of [Uint8Array.of(255), Uint8Array.of(255, 0xc4, 1, 7), new Uint8Array(0)])
    t.deepEqual(
      rowsIn(key, loneRecord(odd)).map(([at, value]) => [at, plain(value)]),
      [[key, plain(odd)]],
    );
});

test('whatever else stands at a key stands for itself: no bytes are refused, or lost', (t) => {
  const odd = fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.of(255, ...rest));
  const key = fc.oneof(
    fc.constantFrom(keys.record(path, 0), keys.record(path, 5), keys.mark(path, 'x'), keys.head(path)),
    fc.uint8Array({ maxLength: 30 }),
  );
  fc.assert(
    fc.property(key, odd, (at, value) => {
      const rows = rowsIn(at, value);
      t.true(rows.length > 0);
      if (rows.length === 1 && rows[0]![0] === at) t.is(rows[0]![1], value);
      else t.true(isRecord(at));
    }),
    { numRuns: 2000 },
  );
});

test('a bound among the records of an actor has their end, and only such a bound', (t) => {
  const record = keys.record(path, 8);
  for (const bound of [record, Uint8Array.of(...record, 0), record.subarray(0, -3), keys.record(path, 0)]) {
    const end = endOfRecords(bound)!;
    t.true(compareBytes(keys.record(path, Number.MAX_SAFE_INTEGER), end) < 0);
    t.true(compareBytes(end, keys.record('/user/å!' as ActorPath, 0)) < 0);
  }
  for (const bound of [keys.allRecords().from, keys.allRecords().to, keys.mark(path, 'x'), keys.range().to])
    t.is(endOfRecords(bound), undefined);
  t.is(sequenceOf(record), 8);
  for (const key of [Uint8Array.of(...record, 0), keys.outbox('/a#1', path, 8), keys.head(path)]) {
    t.false(isRecord(key));
    t.is(sequenceOf(key), undefined);
  }
});
