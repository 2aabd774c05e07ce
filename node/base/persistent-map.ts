// A persistent map: a sorted flat array while small, a compressed hash trie (CHAMP: M. Steindorfer and J. Vinju,
// "Optimizing Hash-Array Mapped Tries for Fast and Lean Immutable JVM Collections", 2015) when large.
// 1. Up to FLAT_MAX entries are one sorted array; more are a trie. Deleting goes back across the same line.
// 2. A trie node holds at least two entries, itself and below, except that the root may hold any number.
// 3. Seven levels use up the 32 bits of a hash; below, keys whose hashes are equal share one sorted bucket.
// 4. So maps of the same content have the same shape, and the same order of iteration, whatever their history.

import { compareKeys, hashKey, type Key, sameKey } from './map-key.ts';
import type { Data } from './value.ts';

export const FLAT_MAX = 8;
const BITS = 5;
const MASK = 31;
const HASH_BITS = 32;

/** Keys and values by turns, sorted by key. */
type Flat = readonly unknown[];

/**
 * `entryBits` has a bit for each slot that holds an entry, `childBits` for each that holds a node below.
 * `slots` is the entries' keys and values by turns, in slot order, then the nodes in slot order.
 */
interface Branch {
  readonly entryBits: number;
  readonly childBits: number;
  readonly slots: readonly unknown[];
}

interface Bucket {
  readonly hash: number;
  readonly sorted: Flat;
}

type Node = Branch | Bucket;

function isBucket(node: Node): node is Bucket {
  return 'sorted' in node;
}

function bitCount(n: number): number {
  n -= (n >>> 1) & 0x55555555;
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const bitAt = (hash: number, shift: number) => 1 << ((hash >>> shift) & MASK);
const rankOf = (bits: number, bit: number) => bitCount(bits & (bit - 1));

/** Where `key` is in a sorted flat array (an even index), or the bitwise complement of where it belongs. */
function flatFind(flat: Flat, key: Key): number {
  if (flat.length <= 2 * FLAT_MAX) {
    for (let i = 0; i < flat.length; i += 2) {
      const order = compareKeys(flat[i] as Key, key);
      if (order >= 0) return order === 0 ? i : ~i;
    }
    return ~flat.length;
  }
  let low = 0;
  let high = flat.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareKeys(flat[2 * middle] as Key, key);
    if (order === 0) return 2 * middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return ~(2 * low);
}

function flatSet(flat: Flat, key: Key, value: unknown): Flat {
  const at = flatFind(flat, key);
  if (at >= 0) {
    if (flat[at + 1] === value) return flat;
    const copy = flat.slice();
    copy[at + 1] = value;
    return copy;
  }
  return spliced(flat, ~at, 0, key, value);
}

/** A copy with `removed` items at `at` replaced by a key and its value, or by nothing. */
function spliced(items: readonly unknown[], at: number, removed: number, ...inserted: unknown[]): unknown[] {
  const length = items.length - removed + inserted.length;
  const copy = new Array<unknown>(length);
  for (let i = 0; i < at; i++) copy[i] = items[i];
  for (let i = 0; i < inserted.length; i++) copy[at + i] = inserted[i];
  for (let i = at + inserted.length; i < length; i++) copy[i] = items[i + removed - inserted.length];
  return copy;
}

function find(node: Node, key: Key, hash: number): unknown {
  for (let shift = 0; ; shift += BITS) {
    if (isBucket(node)) {
      const at: number = flatFind(node.sorted, key);
      return at >= 0 ? node.sorted[at + 1] : undefined;
    }
    const bit = bitAt(hash, shift);
    if ((node.entryBits & bit) !== 0) {
      const at = 2 * rankOf(node.entryBits, bit);
      return sameKey(node.slots[at] as Key, key) ? node.slots[at + 1] : undefined;
    }
    if ((node.childBits & bit) === 0) return undefined;
    node = node.slots[2 * bitCount(node.entryBits) + rankOf(node.childBits, bit)] as Node;
  }
}

/** Set while a node is made that holds one entry more than before. */
let grew = false;

function withEntry(node: Node, shift: number, hash: number, key: Key, value: unknown): Node {
  if (isBucket(node)) {
    const sorted = flatSet(node.sorted, key, value);
    if (sorted === node.sorted) return node;
    grew = sorted.length > node.sorted.length;
    return { hash, sorted };
  }
  const { entryBits, childBits, slots } = node;
  const bit = bitAt(hash, shift);
  if ((entryBits & bit) !== 0) {
    const at = 2 * rankOf(entryBits, bit);
    const present = slots[at] as Key;
    if (sameKey(present, key)) {
      if (slots[at + 1] === value) return node;
      const copy = slots.slice();
      copy[at + 1] = value;
      return { entryBits, childBits, slots: copy };
    }
    grew = true;
    const child = pairNode(shift + BITS, hashKey(present), present, slots[at + 1], hash, key, value);
    const without = spliced(slots, at, 2);
    const childAt = without.length - bitCount(childBits) + rankOf(childBits, bit);
    return {
      entryBits: entryBits ^ bit,
      childBits: childBits | bit,
      slots: spliced(without, childAt, 0, child),
    };
  }
  if ((childBits & bit) !== 0) {
    const at = 2 * bitCount(entryBits) + rankOf(childBits, bit);
    const child = slots[at] as Node;
    const changed = withEntry(child, shift + BITS, hash, key, value);
    if (changed === child) return node;
    const copy = slots.slice();
    copy[at] = changed;
    return { entryBits, childBits, slots: copy };
  }
  grew = true;
  const at = 2 * rankOf(entryBits, bit);
  return { entryBits: entryBits | bit, childBits, slots: spliced(slots, at, 0, key, value) };
}

/** The smallest node of two entries with different keys. */
function pairNode(
  shift: number,
  hashA: number,
  keyA: Key,
  valueA: unknown,
  hashB: number,
  keyB: Key,
  valueB: unknown,
): Node {
  if (shift >= HASH_BITS) return { hash: hashA, sorted: flatSet([keyA, valueA], keyB, valueB) };
  const bitA = bitAt(hashA, shift);
  const bitB = bitAt(hashB, shift);
  if (bitA === bitB) {
    const child = pairNode(shift + BITS, hashA, keyA, valueA, hashB, keyB, valueB);
    return { entryBits: 0, childBits: bitA, slots: [child] };
  }
  const slots = bitA >>> 0 < bitB >>> 0 ? [keyA, valueA, keyB, valueB] : [keyB, valueB, keyA, valueA];
  return { entryBits: bitA | bitB, childBits: 0, slots };
}

/** The node without a key that may be absent, in which case it is the same node. Its parent mends rule 2. */
function withoutEntry(node: Node, shift: number, hash: number, key: Key): Node {
  if (isBucket(node)) {
    const at = flatFind(node.sorted, key);
    return at < 0 ? node : { hash, sorted: spliced(node.sorted, at, 2) };
  }
  const { entryBits, childBits, slots } = node;
  const bit = bitAt(hash, shift);
  if ((entryBits & bit) !== 0) {
    const at = 2 * rankOf(entryBits, bit);
    if (!sameKey(slots[at] as Key, key)) return node;
    return { entryBits: entryBits ^ bit, childBits, slots: spliced(slots, at, 2) };
  }
  if ((childBits & bit) === 0) return node;
  const childAt = 2 * bitCount(entryBits) + rankOf(childBits, bit);
  const child = slots[childAt] as Node;
  const changed = withoutEntry(child, shift + BITS, hash, key);
  if (changed === child) return node;
  const single = singleEntry(changed);
  if (single === undefined) {
    const copy = slots.slice();
    copy[childAt] = changed;
    return { entryBits, childBits, slots: copy };
  }
  const at = 2 * rankOf(entryBits, bit);
  const pulledUp = spliced(spliced(slots, childAt, 1), at, 0, single[0], single[1]);
  return { entryBits: entryBits | bit, childBits: childBits ^ bit, slots: pulledUp };
}

/** The key and value of a node that holds one entry and nothing below. */
function singleEntry(node: Node): readonly unknown[] | undefined {
  if (isBucket(node)) return node.sorted.length === 2 ? node.sorted : undefined;
  return node.childBits === 0 && node.slots.length === 2 ? node.slots : undefined;
}

function* entriesOf(node: Node): Generator<[Key, unknown], undefined> {
  const items = isBucket(node) ? node.sorted : node.slots;
  const end = isBucket(node) ? items.length : 2 * bitCount(node.entryBits);
  for (let i = 0; i < end; i += 2) yield [items[i] as Key, items[i + 1]];
  for (let i = end; i < items.length; i++) yield* entriesOf(items[i] as Node);
  return undefined;
}

const emptyBranch: Branch = { entryBits: 0, childBits: 0, slots: [] };

/** An immutable map. `get`, `set` and `delete` cost O(log32 n). A value may be anything but undefined. */
export class SeqMap<V = Data> {
  static readonly empty: SeqMap<never> = new SeqMap<never>(0, []);

  readonly size: number;
  readonly #content: Flat | Node;

  private constructor(size: number, content: Flat | Node) {
    this.size = size;
    this.#content = content;
  }

  /** Later entries win over earlier ones of the same key. */
  static from<V>(entries: Iterable<readonly [Key, V]>): SeqMap<V> {
    let map: SeqMap<V> = SeqMap.empty;
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  get(key: Key): V | undefined {
    if (this.size <= FLAT_MAX) {
      const flat = this.#content as Flat;
      const at = flatFind(flat, key);
      return at >= 0 ? (flat[at + 1] as V) : undefined;
    }
    return find(this.#content as Node, key, hashKey(key)) as V | undefined;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  /** This map with `key` bound to `value`; the same map when it is bound to that very value. */
  set(key: Key, value: V): SeqMap<V> {
    if (this.size > FLAT_MAX) {
      const root = this.#content as Node;
      grew = false;
      const changed = withEntry(root, 0, hashKey(key), key, value);
      return changed === root ? this : new SeqMap<V>(grew ? this.size + 1 : this.size, changed);
    }
    const flat = this.#content as Flat;
    const changed = flatSet(flat, key, value);
    if (changed === flat) return this;
    const size = changed.length / 2;
    if (size <= FLAT_MAX) return new SeqMap<V>(size, changed);
    let node: Node = emptyBranch;
    for (let i = 0; i < changed.length; i += 2) {
      const each = changed[i] as Key;
      node = withEntry(node, 0, hashKey(each), each, changed[i + 1]);
    }
    return new SeqMap<V>(size, node);
  }

  /** This map without `key`; the same map when it has no such key. */
  delete(key: Key): SeqMap<V> {
    if (this.size > FLAT_MAX) {
      const root = this.#content as Node;
      const changed = withoutEntry(root, 0, hashKey(key), key);
      if (changed === root) return this;
      if (this.size - 1 > FLAT_MAX) return new SeqMap<V>(this.size - 1, changed);
      let flat: Flat = [];
      for (const [each, value] of entriesOf(changed)) flat = flatSet(flat, each, value);
      return new SeqMap<V>(this.size - 1, flat);
    }
    const flat = this.#content as Flat;
    const at = flatFind(flat, key);
    if (at < 0) return this;
    return this.size === 1 ? SeqMap.empty : new SeqMap<V>(this.size - 1, spliced(flat, at, 2));
  }

  /** The entries: sorted by key in a map of up to eight, in hash order in a larger one; see rule 4. */
  *entries(): Generator<[Key, V], undefined> {
    if (this.size > FLAT_MAX) yield* entriesOf(this.#content as Node) as Generator<[Key, V], undefined>;
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
    const all = [...this.entries()];
    return this.size > FLAT_MAX ? all.sort((a, b) => compareKeys(a[0], b[0])) : all;
  }

  /**
   * Calls `visit` once with each key that is bound differently in the two maps, and its two values (undefined:
   * not bound), until `visit` returns false. Two values differ when they are not the same JavaScript value.
   * Shared parts are not visited. Returns false if it was stopped.
   */
  static differences<V>(before: SeqMap<V>, after: SeqMap<V>, visit: DifferenceVisitor<V>): boolean {
    if (before === after) return true;
    const inBefore = (key: Key): boolean => {
      const was = before.get(key);
      const is = after.get(key);
      return was === is || visit(key, was, is);
    };
    const inAfter = (key: Key): boolean => before.has(key) || visit(key, undefined, after.get(key));
    if (before.size > FLAT_MAX && after.size > FLAT_MAX)
      return walkBoth(before.#content as Node, after.#content as Node, inBefore, inAfter);
    for (const [key] of before.entries()) if (!inBefore(key)) return false;
    for (const [key] of after.entries()) if (!inAfter(key)) return false;
    return true;
  }
}

export type DifferenceVisitor<V> = (key: Key, was: V | undefined, is: V | undefined) => boolean;
type KeyVisitor = (key: Key) => boolean;

/** Visits each key of the unshared parts of x, and each of y; false as soon as a visitor says so. */
function walkBoth(x: Node, y: Node, inX: KeyVisitor, inY: KeyVisitor): boolean {
  if (x === y) return true;
  if (isBucket(x) || isBucket(y)) return visitAll(x, inX) && visitAll(y, inY);
  let bits = x.entryBits | x.childBits | y.entryBits | y.childBits;
  while (bits !== 0) {
    const bit = bits & -bits;
    bits ^= bit;
    const childX = childAt(x, bit);
    const childY = childAt(y, bit);
    const goOn =
      childX !== undefined && childY !== undefined
        ? walkBoth(childX, childY, inX, inY)
        : visitSlot(x, bit, inX) && visitSlot(y, bit, inY);
    if (!goOn) return false;
  }
  return true;
}

function visitAll(node: Node, visit: KeyVisitor): boolean {
  for (const [key] of entriesOf(node)) if (!visit(key)) return false;
  return true;
}

function childAt(node: Branch, bit: number): Node | undefined {
  if ((node.childBits & bit) === 0) return undefined;
  return node.slots[2 * bitCount(node.entryBits) + rankOf(node.childBits, bit)] as Node;
}

function visitSlot(node: Branch, bit: number, visit: KeyVisitor): boolean {
  if ((node.entryBits & bit) !== 0) return visit(node.slots[2 * rankOf(node.entryBits, bit)] as Key);
  const child = childAt(node, bit);
  return child === undefined || visitAll(child, visit);
}
