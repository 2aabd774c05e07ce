import test from 'ava';
import fc from 'fast-check';
import { hashKey } from './map-key.ts';
import { emptyTrie, type TrieNode, TrieSetter, trieDelete, trieEntries, trieGet } from './persistent-trie.ts';
import {
  arbitraryIllFormed,
  arbitraryInt,
  arbitraryKey,
  arbitraryMap,
  arbitraryString,
} from './testing/arbitrary-data.ts';
import {
  applyPatch,
  Bytes,
  compareKeys,
  diff,
  equals,
  type Key,
  List,
  SeqMap,
  sameKey,
  Variant,
} from './value.ts';

/** A key as text that differs for different keys. */
const nameOf = (key: Key) => (key instanceof Bytes ? `bytes ${[...key.bytes]}` : `${typeof key} ${key}`);

/** Few enough keys that changes hit them again, many enough for both forms of a map. */
const clashing = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.boolean(), fc.constantFrom('a', 'b', '1', '-1', '__proto__', 'constructor'), arbitraryKey); // biome-ignore format: one line

test('any history of changes agrees with a Map of JavaScript', (t) => {
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete'), clashing, fc.nat());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      let map: SeqMap = SeqMap.empty;
      const model = new Map<string, [Key, number]>();
      for (const [kind, key, value] of steps) {
        const had = model.has(nameOf(key));
        if (kind === 'set') {
          map = map.set(key, value);
          model.set(nameOf(key), [key, value]);
        } else {
          const smaller = map.delete(key);
          if ((smaller === map) === had) return false;
          map = smaller;
          model.delete(nameOf(key));
        }
        if (map.size !== model.size) return false;
      }
      const entries = [...map.entries()];
      return (
        entries.length === model.size &&
        [...model.values()].every(([key, value]) => map.get(key) === value && map.has(key)) &&
        entries.every(([key, value]) => model.get(nameOf(key))?.[1] === value) &&
        JSON.stringify(map.sorted().map(([key]) => nameOf(key))) ===
          JSON.stringify(
            [...model.values()]
              .map(([key]) => key)
              .sort(compareKeys)
              .map(nameOf),
          )
      );
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('invariant 2: the order of iteration depends on the content alone', (t) => {
  const names = (map: SeqMap) => [...map.entries()].map(([key]) => nameOf(key)).join();
  fc.assert(
    fc.property(arbitraryMap, fc.array(clashing, { maxLength: 30 }), (map, others) => {
      const entries = [...map.entries()];
      let detour = SeqMap.from(entries.toReversed());
      for (const key of others) detour = detour.set(key, 0);
      for (const key of others) {
        const value = map.get(key);
        detour = value === undefined ? detour.delete(key) : detour.set(key, value);
      }
      return names(map) === names(detour) && equals(map, detour);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('keys of different types are different', (t) => {
  const map = SeqMap.from<number>([[1, 1], ['1', 2], [true, 3], ['true', 4], [2n ** 60n, 5], [String(2n ** 60n), 6]]); // biome-ignore format: one line
  t.is(map.size, 6);
  t.deepEqual(
    [1, '1', true, 'true', 2n ** 60n, String(2n ** 60n)].map((key) => map.get(key)),
    [1, 2, 3, 4, 5, 6],
  );
  t.is(map.get(false), undefined);
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) t.is(map.get(key), undefined);
});

test('equal keys have equal hashes and are the same; the order of keys is total', (t) => {
  const copy = (key: Key): Key => (key instanceof Bytes ? new Bytes(key.bytes.slice()) : key);
  fc.assert(
    fc.property(clashing, clashing, clashing, (a, b, c) => {
      const order = Math.sign(compareKeys(a, b));
      return (
        hashKey(a, 0) === hashKey(copy(a), 0) &&
        hashKey(a, 1) === hashKey(copy(a), 1) &&
        sameKey(a, copy(a)) &&
        compareKeys(a, copy(a)) === 0 &&
        order === -Math.sign(compareKeys(b, a)) &&
        (order === 0) === sameKey(a, b) &&
        (!(compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) || compareKeys(a, c) <= 0)
      );
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

/** Ints whose first hash is the same. */
const collidingInts = Array.from(
  { length: 3000 },
  (_, high) => high * 2 ** 32 + (Math.imul(high, 0x9e3779b1) >>> 0),
);

test('keys that collide in the first hash are kept apart by the second', (t) => {
  t.is(new Set(collidingInts.map((key) => hashKey(key, 0))).size, 1);
  t.is(new Set(collidingInts.map((key) => hashKey(key, 1))).size, collidingInts.length);
  let map = SeqMap.from(collidingInts.map((key) => [key, key] as const));
  t.is(map.size, 3000);
  t.true(collidingInts.every((key) => map.get(key) === key));
  const all = map;
  for (const key of collidingInts) map = map.delete(key);
  t.is(map, SeqMap.empty);
  t.is(diff(all, all.delete(collidingInts[5]!)).removed.length, 1);
});

for (const [name, hashOf] of [
  ['all hashes equal', () => 0x5a5a5a5a],
  ['the second hashes equal', (key: Key, round: number) => (round === 0 ? hashKey(key, 0) & 3 : 7)],
  ['the last bits only', (key: Key, round: number) => (round === 0 ? 1 : hashKey(key, 1) & 0xc0000000)],
] as const)
  test(`a trie is right under forced collisions: ${name}`, (t) => {
    const setter = new TrieSetter(hashOf);
    const put = (root: TrieNode, key: Key, value: unknown) => setter.set(root, hashOf(key, 0), key, value);
    const keys: Key[] = [...Array.from({ length: 200 }, (_, i) => i * 7), 'a', 'b', true, new Bytes(Uint8Array.of(255))]; // biome-ignore format: one line
    let root: TrieNode = emptyTrie;
    for (const [i, key] of keys.entries()) {
      root = put(root, key, i);
      t.true(setter.added);
    }
    const order = JSON.stringify([...trieEntries(root)].map(([key]) => nameOf(key)));
    let backwards: TrieNode = emptyTrie;
    for (const [i, key] of [...keys.entries()].reverse()) backwards = put(backwards, key, i);
    t.is(JSON.stringify([...trieEntries(backwards)].map(([key]) => nameOf(key))), order);
    t.is(put(root, 'a', 200), root);
    t.false(setter.added);
    for (const [i, key] of keys.entries()) t.is(trieGet(root, hashOf(key, 0), key, hashOf), i);
    t.is(trieGet(root, hashOf('absent', 0), 'absent', hashOf), undefined);
    t.is(trieDelete(root, hashOf('absent', 0), 'absent', hashOf), root);
    for (const [i, key] of keys.entries()) {
      root = trieDelete(root, hashOf(key, 0), key, hashOf);
      t.is([...trieEntries(root)].length, keys.length - 1 - i);
      t.is(trieGet(root, hashOf(key, 0), key, hashOf), undefined);
    }
    t.deepEqual(root, emptyTrie);
  });

test('a patch turns the one map into the other and names only what differs', (t) => {
  const change = fc.tuple(clashing, fc.option(fc.nat(3)));
  fc.assert(
    fc.property(arbitraryMap, fc.array(change, { maxLength: 40 }), (before, changes) => {
      let after = before;
      for (const [key, value] of changes) after = value === null ? after.delete(key) : after.set(key, value);
      const patch = diff(before, after);
      return (
        equals(applyPatch(before, patch), after) &&
        patch.set.length + patch.removed.length <= changes.length &&
        patch.removed.every((key) => before.has(key) && !after.has(key)) &&
        patch.set.every(([key, value]) => after.get(key) === value && !equals(before.get(key), value))
      );
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(arbitraryMap, arbitraryMap, (before, after) =>
      equals(applyPatch(before, diff(before, after)), after),
    ),
    { numRuns: 100 },
  );
  t.pass();
});

test('a patch sees through values that were made anew but are equal', (t) => {
  const made = () => new Variant('V', [List.of([1, 2]), SeqMap.from<number>([['k', 1]])]);
  const before = SeqMap.from([['v', made()]]);
  t.deepEqual(diff(before, before.set('v', made())), { set: [], removed: [] });
});

test('diff of two large maps visits no shared part', (t) => {
  const before = SeqMap.from(Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i] as const));
  let visited = 0;
  const after = before.set('key 7', -1).set('new', 1).delete('key 99');
  SeqMap.differences(before, after, () => {
    visited++;
    return true;
  });
  t.is(visited, 3);
  t.deepEqual(diff(before, after), { set: [['key 7', -1], ['new', 1]], removed: ['key 99'] }); // biome-ignore format: one line
  t.true(SeqMap.differences(before, before, () => false));
  t.false(SeqMap.differences(before, after, () => false));
});

test('strings, Ints and bytes spread over the slots of a trie', (t) => {
  for (const arbitrary of [arbitraryString, arbitraryInt, arbitraryIllFormed] as fc.Arbitrary<Key>[]) {
    const keys = fc.sample(arbitrary, { numRuns: 2000, seed: 5 });
    const distinct = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
    t.true(new Set(distinct.map((key) => hashKey(key, 0))).size >= distinct.length - 2);
    t.is(new Set(distinct.map((key) => hashKey(key, 0) & 31)).size, 32);
  }
});
