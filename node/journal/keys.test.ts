import test from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type ActorPath, groupId } from '../base/ids.ts';
import {
  counterBytes,
  GroupKeys,
  groupRowKey,
  groupRows,
  type KeyRange,
  parseCounter,
  parseKey,
  WHOLE_STORE,
} from './keys.ts';
import { dueKey, parseStashKey, stashKey, timerKey, watchKey } from './timer-keys.ts';

const path = (text: string) => text as ActorPath;
const keys = new GroupKeys(groupId(7), 0x01020304);
const compare = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other);
const inside = (key: Uint8Array, { from, to }: KeyRange) => compare(from, key) <= 0 && compare(key, to) < 0;

test('every key says what it was made of', (t) => {
  const place = { group: groupId(7), generation: 0x01020304 };
  t.deepEqual(parseKey(keys.head(path('/a/b'))), { ...place, kind: 'head', path: path('/a/b') });
  t.deepEqual(parseKey(keys.sequence(path('/a'))), { ...place, kind: 'sequence', path: path('/a') });
  t.deepEqual(parseKey(keys.snapshot(path('/a'))), { ...place, kind: 'snapshot', path: path('/a') });
  t.deepEqual(parseKey(keys.item('node/x')), { ...place, kind: 'item', name: 'node/x' });
  for (const name of ['wall', 'sent'] as const)
    t.deepEqual(parseKey(keys.clock(name)), { ...place, kind: 'clock', name });
  t.deepEqual(parseKey(groupRowKey(groupId(300))), { kind: 'group-row', group: groupId(300) });
  const numbers = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 255, 2 ** 32, 2 ** 53 - 1));
  const texts = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(texts, texts, numbers, (one, other, number) => {
      t.deepEqual(parseKey(keys.record(path(one), number)), {
        ...place,
        kind: 'record',
        path: path(one),
        sequence: number,
      });
      t.deepEqual(parseKey(keys.mark(path(one), other)), {
        ...place,
        kind: 'mark',
        path: path(one),
        source: other,
      });
      t.deepEqual(parseKey(timerKey(keys, path(one), other)), {
        ...place,
        kind: 'timer',
        path: path(one),
        name: other,
      });
      t.deepEqual(parseKey(watchKey(keys, path(one), other)), {
        ...place,
        kind: 'watch',
        path: path(one),
        name: other,
      });
      t.deepEqual(parseKey(dueKey(keys, { due: number, owner: path(one), id: other })), {
        ...place,
        kind: 'due',
        due: number,
        path: path(one),
        name: other,
      });
      const stashed = stashKey(keys, path(one), Math.max(1, number));
      t.like(parseKey(stashed), { ...place, kind: 'stash', path: path(one) });
      t.deepEqual(parseStashKey(stashed), { owner: path(one), number: Math.max(1, number) });
      t.deepEqual(keys.parseOutbox(keys.outbox(one, path(other), number)), [one, path(other), number]);
      t.is(parseCounter(counterBytes(number)), number);
    }),
  );
});

test('keys sort by group, generation, kind, text and number', (t) => {
  const later = new GroupKeys(groupId(7), 0x01020305);
  const sorted = [
    new GroupKeys(groupId(6), 0xffffffff).item('z'),
    keys.head(path('/b')),
    keys.record(path('/a'), 255),
    keys.record(path('/a'), 256),
    keys.record(path('/a'), 2 ** 40),
    keys.record(path('/a!'), 1),
    keys.record(path('/a/b'), 1),
    keys.mark(path('/a'), 'x'),
    keys.outbox('/a#1', path('/b'), 9),
    keys.outbox('/a#1', path('/b'), 10),
    keys.outbox('/a#1', path('/b/c'), 1),
    keys.item('a'),
    later.head(path('/a')),
    new GroupKeys(groupId(256), 0).head(path('/a')),
    groupRowKey(groupId(0)),
    groupRowKey(groupId(256)),
  ];
  t.deepEqual(sorted.toSorted(compare), sorted);
  t.true(sorted.every((key) => inside(key, WHOLE_STORE)));
});

test('ranges hold their keys and no others', (t) => {
  const all = ['/a', '/a/b', '/a-b', '/ab', '/b'].map(path);
  for (const each of all) {
    for (const other of all) {
      t.is(inside(keys.record(other, 5), keys.records(each)), each === other);
      t.is(inside(keys.mark(other, 'x'), keys.marks(each)), each === other);
      t.is(inside(keys.mark(other, 'c:x'), keys.clientMarks(each)), each === other);
      t.is(inside(keys.head(other), keys.lone(keys.head(each))), each === other);
    }
    for (const source of ['a:/a#1', 'r:/a#1'])
      t.false(inside(keys.mark(each, source), keys.clientMarks(each)));
    t.true(inside(keys.mark(each, '\u{10ffff}'), keys.marks(each)));
    t.false(inside(keys.record(each, 5), keys.records(each, 6)));
    t.false(inside(keys.record(each, 5), keys.records(each, 1, 5)));
    for (const key of [keys.head(each), keys.record(each, 1), keys.item(each), keys.sequence(each)]) {
      t.true(inside(key, keys.range()));
      t.false(inside(key, new GroupKeys(groupId(7), 5).range()));
    }
    t.true(inside(keys.head(each), keys.heads()));
    t.false(inside(keys.sequence(each), keys.heads()));
    t.true(inside(keys.record(each, 1), keys.allRecords()));
    t.true(inside(keys.outbox('/s#1', each, 1), keys.outboxRange()));
    t.true(inside(keys.item(each), keys.items()));
  }
  t.true(inside(groupRowKey(groupId(0xfffe)), groupRows()));
});

test('a text with a zero byte, or a number out of range, makes no key', (t) => {
  for (const make of [
    () => keys.head(path('/a\0b')),
    () => keys.mark(path('/a'), '\ud800'),
    () => keys.record(path('/a'), -1),
    () => keys.record(path('/a'), 2 ** 53),
    () => new GroupKeys(groupId(0xffff), 0),
    () => new GroupKeys(groupId(0), 2 ** 32),
  ])
    t.throws(make, { instanceOf: InvariantError });
});

test('bytes that are no key are journal-damaged', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      try {
        parseKey(bytes);
      } catch (error) {
        t.is((error as SeqNodeError).code, 'journal-damaged');
      }
    }),
    { numRuns: 2000 },
  );
  for (const wrong of [
    [],
    [0xff],
    [0xff, 0xff, 9],
    [0, 1, 0, 0, 0, 0, 99, 47],
    [0, 1, 0, 0, 0, 0, 4, 47, 0, 1],
  ])
    t.throws(() => parseKey(Uint8Array.from(wrong)), { instanceOf: SeqNodeError });
  t.throws(() => parseCounter(new Uint8Array(7)), { instanceOf: SeqNodeError });
  t.throws(() => parseCounter(new Uint8Array(8).fill(255)), { instanceOf: SeqNodeError });
});
