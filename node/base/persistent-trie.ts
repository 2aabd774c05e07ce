// A compressed hash trie (CHAMP: M. Steindorfer and J. Vinju, "Optimizing Hash-Array Mapped Tries for Fast
// and Lean Immutable JVM Collections", 2015). Pure functions on nodes, for SeqMap alone.
// 1. A node never changes. It holds at least two entries, itself and below, except that a root may hold any
//    number.
// 2. Seven levels use up the 32 bits of a key's first hash, seven more those of its second; below that, keys
//    whose hashes are all equal share one sorted bucket. So the depth is at most fifteen, whatever the keys.
// 3. So tries of the same entries have the same shape, and the same order of iteration, whatever their
//    history.

import { compareKeys, type Key, sameKey } from './map-key.ts';

const BITS = 5;
const MASK = 31;
const LEVELS_PER_HASH = 7;
const LEVELS = 14;
const SHORT = 16;

/** Keys and values by turns, sorted by key. */
export type Flat = readonly unknown[];

/** The hash of a key for a round, 0 or 1: 32 bits, the same for equal keys. */
export type KeyHash = (key: Key, round: number) => number;

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
  readonly sorted: Flat;
}

export type TrieNode = Branch | Bucket;

export const emptyTrie: TrieNode = { entryBits: 0, childBits: 0, slots: [] };

function isBucket(node: TrieNode): node is Bucket {
  return 'sorted' in node;
}

function bitCount(n: number): number {
  n -= (n >>> 1) & 0x55555555;
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const bitAt = (hash: number, level: number) => 1 << ((hash >>> (BITS * (level % LEVELS_PER_HASH))) & MASK);
const rankOf = (bits: number, bit: number) => bitCount(bits & (bit - 1));

/** The hash that counts one level below `level`, given the one that counts there. */
const hashBelow = (hash: number, level: number, key: Key, hashOf: KeyHash) =>
  level + 1 === LEVELS_PER_HASH ? hashOf(key, 1) : hash;

/** Where `key` is in a sorted array (an even index), or the bitwise complement of where it belongs. */
export function flatFind(flat: Flat, key: Key): number {
  // Most look-ups are of a key that is there, and a short array is searched through sooner than halved.
  if (flat.length <= SHORT) for (let at = 0; at < flat.length; at += 2) if (flat[at] === key) return at;
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

/** Sees each key of two sorted arrays that is not bound to the same value in both, until it returns false. */
export function flatDifferences(
  before: Flat,
  after: Flat,
  visit: (key: Key, was: unknown, is: unknown) => boolean,
): boolean {
  let x = 0;
  let y = 0;
  while (x < before.length || y < after.length) {
    const order =
      x === before.length ? 1 : y === after.length ? -1 : compareKeys(before[x] as Key, after[y] as Key);
    const was = order <= 0 ? before[x + 1] : undefined;
    const is = order >= 0 ? after[y + 1] : undefined;
    if (was !== is && !visit((order <= 0 ? before[x] : after[y]) as Key, was, is)) return false;
    if (order <= 0) x += 2;
    if (order >= 0) y += 2;
  }
  return true;
}

/** The sorted array with `key` bound to `value`; the same array when it is bound to that very value. */
export function flatSet(flat: Flat, key: Key, value: unknown): Flat {
  const at = flatFind(flat, key);
  if (at < 0) return withPair(flat, ~at, key, value);
  return flat[at + 1] === value ? flat : flatWith(flat, at + 1, value);
}

/** A copy with another value at `at`. */
export function flatWith(flat: Flat, at: number, value: unknown): Flat {
  // A literal is made without a call.
  return flat.length === 2 ? [flat[0], value] : replaced(flat, at, value);
}

/** A copy with a key and its value inserted at `at`. */
function withPair(items: readonly unknown[], at: number, key: unknown, value: unknown): unknown[] {
  const copy = new Array<unknown>(items.length + 2);
  for (let i = 0; i < at; i++) copy[i] = items[i];
  copy[at] = key;
  copy[at + 1] = value;
  for (let i = at; i < items.length; i++) copy[i + 2] = items[i];
  return copy;
}

/** A copy without the key and value at `at`. */
export function withoutPair(items: readonly unknown[], at: number): unknown[] {
  const copy = new Array<unknown>(items.length - 2);
  for (let i = 0; i < at; i++) copy[i] = items[i];
  for (let i = at + 2; i < items.length; i++) copy[i - 2] = items[i];
  return copy;
}

function replaced(items: readonly unknown[], at: number, item: unknown): unknown[] {
  const copy = items.slice();
  copy[at] = item;
  return copy;
}

/** The value of `key`, or undefined. `hash` is its first one. */
export function trieGet(root: TrieNode, hash: number, key: Key, hashOf: KeyHash): unknown {
  let node = root;
  for (let level = 0; ; level++) {
    if (isBucket(node)) {
      const at: number = flatFind(node.sorted, key);
      return at >= 0 ? node.sorted[at + 1] : undefined;
    }
    const { entryBits, childBits, slots }: Branch = node;
    const bit = bitAt(hash, level);
    if ((entryBits & bit) !== 0) {
      const at = 2 * rankOf(entryBits, bit);
      return sameKey(slots[at] as Key, key) ? slots[at + 1] : undefined;
    }
    if ((childBits & bit) === 0) return undefined;
    node = slots[2 * bitCount(entryBits) + rankOf(childBits, bit)] as TrieNode;
    hash = hashBelow(hash, level, key, hashOf);
  }
}

/** One change to a trie: binds a key to a value. */
export class TrieSetter {
  /** Whether the last `set` added an entry. */
  added = false;
  readonly #hashOf: KeyHash;

  constructor(hashOf: KeyHash) {
    this.#hashOf = hashOf;
  }

  /**
   * The trie with `key` bound to `value`; the same node when it is bound to that very value. `hash` is its
   * first one.
   */
  set(root: TrieNode, hash: number, key: Key, value: unknown): TrieNode {
    this.added = false;
    return this.#within(root, 0, hash, key, value);
  }

  #within(node: TrieNode, level: number, hash: number, key: Key, value: unknown): TrieNode {
    if (isBucket(node)) {
      const sorted = flatSet(node.sorted, key, value);
      if (sorted === node.sorted) return node;
      this.added = sorted.length > node.sorted.length;
      return { sorted };
    }
    const { entryBits, childBits, slots } = node;
    const bit = bitAt(hash, level);
    if ((entryBits & bit) !== 0) {
      const at = 2 * rankOf(entryBits, bit);
      const present = slots[at] as Key;
      if (!sameKey(present, key)) return this.#split(node, at, bit, level, hash, key, value);
      return slots[at + 1] === value ? node : { entryBits, childBits, slots: replaced(slots, at + 1, value) };
    }
    if ((childBits & bit) !== 0) {
      const at = 2 * bitCount(entryBits) + rankOf(childBits, bit);
      const child = slots[at] as TrieNode;
      const changed = this.#within(child, level + 1, hashBelow(hash, level, key, this.#hashOf), key, value);
      return changed === child ? node : { entryBits, childBits, slots: replaced(slots, at, changed) };
    }
    this.added = true;
    const at = 2 * rankOf(entryBits, bit);
    return { entryBits: entryBits | bit, childBits, slots: withPair(slots, at, key, value) };
  }

  /**
   * Moves the entry at `at`, whose slot the new key wants too, into a new node below together with the new
   * one.
   */
  #split(
    node: Branch,
    at: number,
    bit: number,
    level: number,
    hash: number,
    key: Key,
    value: unknown,
  ): TrieNode {
    this.added = true;
    const { entryBits, childBits, slots } = node;
    const present = slots[at] as Key;
    const presentHash = this.#hashOf(present, level + 1 < LEVELS_PER_HASH ? 0 : 1);
    const newHash = hashBelow(hash, level, key, this.#hashOf);
    const child = this.#pair(level + 1, presentHash, present, slots[at + 1], newHash, key, value);
    const changed = withoutPair(slots, at);
    changed.splice(changed.length - bitCount(childBits) + rankOf(childBits, bit), 0, child);
    return { entryBits: entryBits ^ bit, childBits: childBits | bit, slots: changed };
  }

  /** The smallest node of two entries with different keys. */
  #pair(
    level: number,
    hashA: number,
    a: Key,
    valueA: unknown,
    hashB: number,
    b: Key,
    valueB: unknown,
  ): TrieNode {
    if (level === LEVELS) return { sorted: flatSet([a, valueA], b, valueB) };
    const bitA = bitAt(hashA, level);
    const bitB = bitAt(hashB, level);
    if (bitA === bitB) {
      const belowA = hashBelow(hashA, level, a, this.#hashOf);
      const belowB = hashBelow(hashB, level, b, this.#hashOf);
      const child = this.#pair(level + 1, belowA, a, valueA, belowB, b, valueB);
      return { entryBits: 0, childBits: bitA, slots: [child] };
    }
    const slots = bitA >>> 0 < bitB >>> 0 ? [a, valueA, b, valueB] : [b, valueB, a, valueA];
    return { entryBits: bitA | bitB, childBits: 0, slots };
  }
}

/** The trie without a key; the same node when it has no such key. `hash` is its first one. */
export function trieDelete(node: TrieNode, hash: number, key: Key, hashOf: KeyHash, level = 0): TrieNode {
  if (isBucket(node)) {
    const at = flatFind(node.sorted, key);
    return at < 0 ? node : { sorted: withoutPair(node.sorted, at) };
  }
  const { entryBits, childBits, slots } = node;
  const bit = bitAt(hash, level);
  if ((entryBits & bit) !== 0) {
    const at = 2 * rankOf(entryBits, bit);
    if (!sameKey(slots[at] as Key, key)) return node;
    return { entryBits: entryBits ^ bit, childBits, slots: withoutPair(slots, at) };
  }
  if ((childBits & bit) === 0) return node;
  const childAt = 2 * bitCount(entryBits) + rankOf(childBits, bit);
  const child = slots[childAt] as TrieNode;
  const changed = trieDelete(child, hashBelow(hash, level, key, hashOf), key, hashOf, level + 1);
  if (changed === child) return node;
  const single = singleEntry(changed);
  if (single === undefined) return { entryBits, childBits, slots: replaced(slots, childAt, changed) };
  // Rule 1: an entry that is alone below moves up here.
  const at = 2 * rankOf(entryBits, bit);
  const pulledUp = withPair(slots, at, single[0], single[1]);
  pulledUp.splice(childAt + 2, 1);
  return { entryBits: entryBits | bit, childBits: childBits ^ bit, slots: pulledUp };
}

/** The key and value of a node that holds one entry and nothing below. */
function singleEntry(node: TrieNode): readonly unknown[] | undefined {
  if (isBucket(node)) return node.sorted.length === 2 ? node.sorted : undefined;
  return node.childBits === 0 && node.slots.length === 2 ? node.slots : undefined;
}

/** The entries, those of a node before those below it. */
export function* trieEntries(root: TrieNode): Generator<[Key, unknown], undefined> {
  const pending: TrieNode[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const items = isBucket(node) ? node.sorted : node.slots;
    const end = isBucket(node) ? items.length : 2 * bitCount(node.entryBits);
    for (let i = 0; i < end; i += 2) yield [items[i] as Key, items[i + 1]];
    for (let i = items.length - 1; i >= end; i--) pending.push(items[i] as TrieNode);
  }
  return undefined;
}

/** Says whether to go on. */
export type KeyVisitor = (key: Key) => boolean;

/** Visits each key of the unshared parts of x, and each of y, until a visitor says no; then returns false. */
export function trieDifferences(x: TrieNode, y: TrieNode, inX: KeyVisitor, inY: KeyVisitor): boolean {
  if (x === y) return true;
  if (isBucket(x) || isBucket(y)) return visitAll(x, inX) && visitAll(y, inY);
  let bits = x.entryBits | x.childBits | y.entryBits | y.childBits;
  while (bits !== 0) {
    const bit = bits & -bits;
    bits ^= bit;
    const childX = childOf(x, bit);
    const childY = childOf(y, bit);
    const goOn =
      childX !== undefined && childY !== undefined
        ? trieDifferences(childX, childY, inX, inY)
        : visitSlot(x, bit, inX) && visitSlot(y, bit, inY);
    if (!goOn) return false;
  }
  return true;
}

function visitAll(node: TrieNode, visit: KeyVisitor): boolean {
  for (const [key] of trieEntries(node)) if (!visit(key)) return false;
  return true;
}

function childOf(node: Branch, bit: number): TrieNode | undefined {
  if ((node.childBits & bit) === 0) return undefined;
  return node.slots[2 * bitCount(node.entryBits) + rankOf(node.childBits, bit)] as TrieNode;
}

function visitSlot(node: Branch, bit: number, visit: KeyVisitor): boolean {
  if ((node.entryBits & bit) !== 0) return visit(node.slots[2 * rankOf(node.entryBits, bit)] as Key);
  const child = childOf(node, bit);
  return child === undefined || visitAll(child, visit);
}
