// A persistent map: a sorted flat array while small, a hash trie when large.
// 1. Up to FLAT_MAX entries are one sorted array; more are a trie. Deleting goes back across the same line.
// 2. So maps of the same content have the same shape, and the same order of iteration, whatever their
//    history.

import { compareKeys, hashKey, type Key } from './map-key.ts';
import {
  emptyTrie,
  type Flat,
  flatDifferences,
  flatFind,
  flatSet,
  flatWith,
  type TrieNode,
  TrieSetter,
  trieDelete,
  trieDifferences,
  trieEntries,
  trieGet,
  withoutPair,
} from './persistent-trie.ts';
import { Bytes } from './value-scalars.ts';

const FLAT_MAX = 8;

const setter = new TrieSetter(hashKey);

function trieOf(flat: Flat): TrieNode {
  let root = emptyTrie;
  for (let i = 0; i < flat.length; i += 2) {
    const key = flat[i] as Key;
    root = setter.set(root, hashKey(key, 0), key, flat[i + 1]);
  }
  return root;
}

/**
 * Sees a key that is bound differently in two maps, and its two values (undefined: not bound). Says whether
 * to go on.
 */
export type DifferenceVisitor<V> = (key: Key, was: V | undefined, is: V | undefined) => boolean;

/** An immutable map. `get`, `set` and `delete` cost O(log32 n). A value may be anything but undefined. */
export class SeqMap<V> {
  static readonly empty: SeqMap<never> = new SeqMap<never>(0, []);

  readonly size: number;
  readonly #content: Flat | TrieNode;

  private constructor(size: number, content: Flat | TrieNode) {
    this.size = size;
    this.#content = content;
  }

  /** Later entries win over earlier ones of the same key. */
  static from<V>(entries: Iterable<readonly [Key, V]>): SeqMap<V> {
    let map: SeqMap<V> = SeqMap.empty;
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  /**
   * The map of keys and values by turns, the keys in ascending order (compareKeys) and none twice. Takes the
   * array.
   */
  static fromSorted<V>(flat: readonly (Key | V)[]): SeqMap<V> {
    if (flat.length === 0) return SeqMap.empty;
    return new SeqMap<V>(flat.length / 2, flat.length <= 2 * FLAT_MAX ? flat : trieOf(flat));
  }

  get(key: Key): V | undefined {
    if (this.size > FLAT_MAX)
      return trieGet(this.#content as TrieNode, hashKey(key, 0), key, hashKey) as V | undefined;
    const flat = this.#content as Flat;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === key) return flat[i + 1] as V;
    if (!(key instanceof Bytes)) return undefined;
    const at = flatFind(flat, key);
    return at >= 0 ? (flat[at + 1] as V) : undefined;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  /** This map with `key` bound to `value`; the same map when it is bound to that very value. */
  set(key: Key, value: V): SeqMap<V> {
    if (this.size > FLAT_MAX) {
      const root = this.#content as TrieNode;
      const changed = setter.set(root, hashKey(key, 0), key, value);
      return changed === root ? this : new SeqMap<V>(setter.added ? this.size + 1 : this.size, changed);
    }
    const flat = this.#content as Flat;
    // Most changes are of an entry that is there.
    for (let i = 0; i < flat.length; i += 2)
      if (flat[i] === key)
        return flat[i + 1] === value ? this : new SeqMap<V>(this.size, flatWith(flat, i + 1, value));
    const changed = flatSet(flat, key, value);
    if (changed === flat) return this;
    const size = changed.length / 2;
    return new SeqMap<V>(size, size <= FLAT_MAX ? changed : trieOf(changed));
  }

  /** This map without `key`; the same map when it has no such key. */
  delete(key: Key): SeqMap<V> {
    if (this.size > FLAT_MAX) {
      const root = this.#content as TrieNode;
      const changed = trieDelete(root, hashKey(key, 0), key, hashKey);
      if (changed === root) return this;
      if (this.size - 1 > FLAT_MAX) return new SeqMap<V>(this.size - 1, changed);
      let flat: Flat = [];
      for (const [each, value] of trieEntries(changed)) flat = flatSet(flat, each, value);
      return new SeqMap<V>(this.size - 1, flat);
    }
    const flat = this.#content as Flat;
    const at = flatFind(flat, key);
    if (at < 0) return this;
    return this.size === 1 ? SeqMap.empty : new SeqMap<V>(this.size - 1, withoutPair(flat, at));
  }

  /**
   * The entries: sorted by key in a map of up to eight, in the order of their hashes in a larger one; see
   * rule 2.
   */
  *entries(): Generator<[Key, V], undefined> {
    if (this.size > FLAT_MAX) yield* trieEntries(this.#content as TrieNode) as Generator<[Key, V], undefined>;
    else {
      const flat = this.#content as Flat;
      for (let i = 0; i < flat.length; i += 2) yield [flat[i] as Key, flat[i + 1] as V];
    }
    return undefined;
  }

  [Symbol.iterator](): Generator<[Key, V], undefined> {
    return this.entries();
  }

  /** The entries sorted by key. */
  sorted(): [Key, V][] {
    if (this.size <= FLAT_MAX) return [...this.entries()];
    const strings: string[] = [];
    const others: Key[] = [];
    for (const [key] of this.entries()) {
      if (typeof key === 'string') strings.push(key);
      else others.push(key);
    }
    // Without a comparator, strings are sorted by UTF-16 unit, as compareKeys does, but much faster.
    strings.sort();
    others.sort(compareKeys);
    const firstBytes = others.findIndex((key) => key instanceof Bytes);
    const end = firstBytes < 0 ? others.length : firstBytes;
    const keys: Key[] = [...others.slice(0, end), ...strings, ...others.slice(end)];
    return keys.map((key) => [key, this.get(key)!]);
  }

  /**
   * Whether the two maps have the same few keys, and each value of `after` is one that `test` holds for, or
   * that of `before`.
   */
  static sameBut<V>(before: SeqMap<V>, after: SeqMap<V>, test: (is: V) => boolean): boolean {
    const { size } = after;
    if (size > FLAT_MAX || before.size !== size) return false;
    const x = before.#content as Flat;
    const y = after.#content as Flat;
    for (let i = 0; i < y.length; i += 2)
      if (x[i] !== y[i] || (!test(y[i + 1] as V) && x[i + 1] !== y[i + 1])) return false;
    return true;
  }

  /**
   * Calls `visit` once with each key that is bound differently in the two maps, until it returns false. Two
   * values differ when they are not the same JavaScript value. Shared parts are not visited. Returns false if
   * it was stopped.
   */
  static differences<V>(before: SeqMap<V>, after: SeqMap<V>, visit: DifferenceVisitor<V>): boolean {
    if (before === after) return true;
    if (before.size <= FLAT_MAX && after.size <= FLAT_MAX)
      return flatDifferences(
        before.#content as Flat,
        after.#content as Flat,
        visit as DifferenceVisitor<unknown>,
      );
    const inBefore = (key: Key): boolean => {
      const was = before.get(key);
      const is = after.get(key);
      return was === is || visit(key, was, is);
    };
    const inAfter = (key: Key): boolean => before.has(key) || visit(key, undefined, after.get(key));
    if (before.size > FLAT_MAX && after.size > FLAT_MAX)
      return trieDifferences(before.#content as TrieNode, after.#content as TrieNode, inBefore, inAfter);
    for (const [key] of before.entries()) if (!inBefore(key)) return false;
    for (const [key] of after.entries()) if (!inAfter(key)) return false;
    return true;
  }
}
