import test from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../../base/assert.ts';
import { logIndex, term } from '../../base/ids.ts';
import type { Entry } from '../../base/log.ts';
import { entryBytes, RaftLog } from './log.ts';

const entry = (index: number, of: number, bytes = 1): Entry => ({
  index: logIndex(index),
  term: term(of),
  kind: 'data',
  data: new Uint8Array(bytes),
});
/** A log after snapshot `from`@1, with entries of these terms. */
const logOf = (terms: readonly number[], from = 1) =>
  new RaftLog(
    { index: logIndex(from), term: term(1) },
    terms.map((of, at) => entry(from + 1 + at, of)),
    logIndex(from),
    logIndex(from),
  );
const indexesOf = (entries: readonly Entry[]) => entries.map(({ index }) => Number(index));

test('terms are known from the snapshot to the end', (t) => {
  const log = logOf([1, 2, 2], 5);
  t.deepEqual(
    [4, 5, 6, 7, 8, 9].map((index) => log.termAt(index)),
    [undefined, 1, 1, 2, 2, undefined].map((of) => (of === undefined ? undefined : term(of))),
  );
  t.is<number, number>(log.lastIndex, 8);
  t.is<number, number>(log.lastTerm, 2);
});

test('another log covers this one by its last term, then by its length', (t) => {
  const log = logOf([1, 2, 2]);
  const covered = (index: number, of: number) => log.isCoveredBy(logIndex(index), term(of));
  t.true(covered(4, 2));
  t.true(covered(2, 3));
  t.false(covered(3, 2));
  t.false(covered(9, 1));
});

test('L3: only what continues the log is appended', (t) => {
  t.throws(() => logOf([2]).append([entry(4, 2)]), { instanceOf: InvariantError });
  t.throws(() => logOf([2]).append([entry(3, 1)]), { instanceOf: InvariantError });
});

test('L4: what is committed is not cut', (t) => {
  const log = logOf([1, 2]);
  log.commitTo(2);
  t.throws(() => log.truncate(2, false), { instanceOf: InvariantError });
  log.truncate(3, false);
  t.is<number, number>(log.lastIndex, 2);
  t.throws(() => log.commitTo(3), { instanceOf: InvariantError });
});

test('a range ends before the entry that exceeds its bytes, but has one entry at least', (t) => {
  const log = logOf([1, 1, 1, 1]);
  const size = entryBytes(entry(2, 1));
  t.deepEqual(indexesOf(log.range(2, 5, 2 * size)), [2, 3]);
  t.deepEqual(indexesOf(log.range(3, 5, 1)), [3]);
  t.deepEqual(indexesOf(log.range(3, 4, 9 * size)), [3, 4]);
  t.deepEqual(indexesOf(log.range(6, 9, 9 * size)), []);
});

test('L2: what is committed comes out when it is durable, once', (t) => {
  const log = logOf([]);
  log.append([entry(2, 1), entry(3, 1)]);
  t.deepEqual(indexesOf(log.takeUnwritten(1)), [2, 3]);
  t.deepEqual(indexesOf(log.takeUnwritten(2)), []);
  log.commitTo(3);
  t.false(log.hasCommitted);
  log.written(1);
  t.deepEqual(indexesOf(log.takeCommitted(1)), [2]);
  t.deepEqual(indexesOf(log.takeCommitted(1)), [3]);
  t.false(log.hasCommitted);
  t.throws(() => log.appliedTo(4), { instanceOf: InvariantError });
  log.appliedTo(3);
  t.is(log.unappliedBytes, 0);
});

test('L5: a write that was overtaken by a truncation makes durable only what is left of it', (t) => {
  const log = logOf([]);
  log.append([entry(2, 1), entry(3, 1)]);
  log.takeUnwritten(1);
  log.truncate(3, false);
  log.append([entry(3, 2)]);
  log.takeUnwritten(2);
  // The same entry as in the first write comes back: still not durable when that write ends.
  log.truncate(3, false);
  log.append([entry(3, 3)]);
  log.takeUnwritten(3);
  log.written(1);
  t.is<number, number>(log.durable, 2);
  log.written(2);
  t.is<number, number>(log.durable, 2);
  log.written(3);
  t.is<number, number>(log.durable, 3);
});

test('compaction forgets entries, and not what it knows of its beginning', (t) => {
  const log = logOf([1, 2, 3]);
  log.commitTo(4);
  log.takeCommitted(1000);
  t.throws(() => log.compact(logIndex(3)), { instanceOf: InvariantError });
  log.appliedTo(3);
  log.compact(logIndex(3));
  t.deepEqual(log.snapshot, { index: logIndex(3), term: term(2) });
  t.is(log.termAt(2), undefined);
  t.is(log.termAt(4), term(3));
  t.is(log.bytes, entryBytes(entry(4, 3)));
  log.assertSound();
});

test('a snapshot replaces the log, and the writes under way count no more', (t) => {
  const log = logOf([1, 1, 1]);
  log.append([entry(5, 2)]);
  log.takeUnwritten(1);
  log.restore({ index: logIndex(4), term: term(3) });
  log.append([entry(5, 3)]);
  log.written(1);
  t.is<number, number>(log.durable, 4);
  t.is(log.unappliedBytes, entryBytes(entry(5, 3)));
  t.throws(() => log.restore({ index: logIndex(4), term: term(3) }), { instanceOf: InvariantError });
});

test('the hint is the highest position at which the logs may agree', (t) => {
  const terms = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 }).map((all) => all.sort());
  fc.assert(
    fc.property(terms, fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 5 }), (own, index, of) => {
      const log = logOf(own);
      const hint = log.agreementHint(index, term(of));
      const may = (place: number) =>
        place === 1 || (place <= Math.min(index, log.lastIndex) && log.termAt(place)! <= of);
      return (
        may(hint.index) &&
        ![...Array(14).keys()].some((place) => place > hint.index && place > 1 && may(place))
      );
    }),
  );
  t.pass();
});

test('bytes are counted through appends, cuts and compactions', (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('truncate' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('apply' as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('compact' as const), count: fc.integer({ min: 0, max: 3 }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const log = logOf([]);
      let serial = 0;
      for (const { kind, count } of steps) {
        if (kind === 'append')
          log.append(Array.from({ length: count }, (_, at) => entry(log.lastIndex + 1 + at, 1, count)));
        if (kind === 'truncate') log.truncate(Math.max(log.committed + 1, log.lastIndex - count), false);
        if (kind === 'apply') {
          log.takeUnwritten(++serial);
          log.written(serial);
          log.commitTo(Math.min(log.lastIndex, log.committed + count));
          log.appliedTo(log.takeCommitted(1e9).at(-1)?.index ?? log.applied);
        }
        if (kind === 'compact') log.compact(logIndex(Math.max(log.snapshot.index, log.applied - count)));
        log.assertSound();
      }
      const all = log.range(log.snapshot.index + 1, log.lastIndex, 1e9);
      const sum = (entries: readonly Entry[]) => entries.reduce((bytes, one) => bytes + entryBytes(one), 0);
      t.is(log.bytes, sum(all));
      t.is(log.unappliedBytes, sum(all.filter(({ index }) => index > log.applied)));
    }),
  );
});
