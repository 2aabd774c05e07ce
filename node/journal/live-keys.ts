// The keys that the ranges of one batch may have to delete: those of the store, and those that the batch
// itself has put. A range finds them at a cost proportional to its deletions, whatever the number of ranges
// and rows in the batch.
import { type KeyRange, keyName } from './keys.ts';

export class LiveKeys {
  readonly #keys: readonly Uint8Array[];
  /** Of `#keys`, sorted, as they are. */
  readonly #names: readonly string[];
  readonly #width: number;
  /** A binary tree in an array: how many keys below each node are live. The leaves are the keys. */
  readonly #counts: Int32Array;

  /** `stored` are live from the start, `written` are not; each may hold a key more than once. */
  constructor(stored: readonly Uint8Array[], written: readonly Uint8Array[]) {
    const byName = new Map<string, Uint8Array>();
    for (const keys of [stored, written]) for (const key of keys) byName.set(keyName(key), key);
    this.#names = [...byName.keys()].sort();
    this.#keys = this.#names.map((name) => byName.get(name)!);
    this.#width = 2 ** Math.ceil(Math.log2(Math.max(1, this.#names.length)));
    this.#counts = new Int32Array(2 * this.#width);
    for (const key of stored) this.set(key, true);
  }

  /** `key` is one of those that the constructor was given. */
  set(key: Uint8Array, live: boolean): void {
    const leaf = this.#width + lowerBound(this.#names, keyName(key));
    const change = (live ? 1 : 0) - this.#counts[leaf]!;
    for (let at = leaf; change !== 0 && at >= 1; at >>>= 1) this.#counts[at]! += change;
  }

  /** The live keys of the range, in order. They are live no more. */
  take({ from, to }: KeyRange): Uint8Array[] {
    const taken: Uint8Array[] = [];
    const end = lowerBound(this.#names, keyName(to));
    this.#collect(1, 0, this.#width, lowerBound(this.#names, keyName(from)), end, taken);
    for (const key of taken) this.set(key, false);
    return taken;
  }

  /** Of the node `at`, below which the leaves `low` ≤ leaf < `high` stand. */
  #collect(at: number, low: number, high: number, from: number, end: number, into: Uint8Array[]): void {
    if (this.#counts[at] === 0 || high <= from || end <= low) return;
    if (high - low === 1) {
      into.push(this.#keys[low]!);
      return;
    }
    const middle = (low + high) / 2;
    this.#collect(2 * at, low, middle, from, end, into);
    this.#collect(2 * at + 1, middle, high, from, end, into);
  }
}

/** The index of the first that is not below `name`. */
function lowerBound(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same keys in ranges that have none in common, sorted. */
export function disjoint(ranges: readonly KeyRange[]): KeyRange[] {
  const named = ranges.map((range) => ({ range, from: keyName(range.from), to: keyName(range.to) }));
  const sorted = named.filter(({ from, to }) => from < to).sort((a, b) => (a.from < b.from ? -1 : 1));
  const joined: { from: Uint8Array; to: Uint8Array; end: string }[] = [];
  for (const { range, from, to } of sorted) {
    const last = joined.at(-1);
    if (last === undefined || from > last.end) joined.push({ ...range, end: to });
    else if (to > last.end) {
      last.to = range.to;
      last.end = to;
    }
  }
  return joined.map(({ from, to }) => ({ from, to }));
}
