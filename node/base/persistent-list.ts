// A persistent vector: a 32-way trie of full leaves and a tail of 1 to 32 elements (P. Bagwell and T. Rompf,
// "RRB-Trees", 2011; as in Clojure, without relaxed nodes).
// 1. An array may be written after it was made only at its end, past all that every list that shares it looks
//    at: `push` appends in place if this list ends where the array ends, else it copies at most 32 elements.
//    That holds for the tail and for each node above the leaves, so a node can hold more than belongs to a
//    list; its length says how much does.
// 2. All leaves in the trie hold exactly 32 elements and never change.
// 3. A list with at least one element has a non-empty tail.

const BITS = 5;
const WIDTH = 1 << BITS;
const MASK = WIDTH - 1;

type Node = readonly unknown[];

/** An immutable list. `get`, `set` and `push` cost O(log32 n); building n elements by `push` is O(n). */
export class List<T> {
  static readonly empty: List<never> = new List<never>(0, 0, [], []);

  readonly length: number;
  /** Height of the trie in bits: 0 when all its content is one leaf. */
  readonly #shift: number;
  readonly #root: unknown[];
  readonly #tail: T[];

  private constructor(length: number, shift: number, root: unknown[], tail: T[]) {
    this.length = length;
    this.#shift = shift;
    this.#root = root;
    this.#tail = tail;
  }

  static of<T>(items: Iterable<T>): List<T> {
    const array: readonly T[] = Array.isArray(items) ? items : [...items];
    if (array.length === 0) return List.empty;
    const tailStart = (array.length - 1) & ~MASK;
    let level: Node[] = [];
    for (let at = 0; at < tailStart; at += WIDTH) level.push(array.slice(at, at + WIDTH));
    let shift = BITS;
    while (level.length > WIDTH) {
      const above: Node[] = [];
      for (let at = 0; at < level.length; at += WIDTH) above.push(level.slice(at, at + WIDTH));
      level = above;
      shift += BITS;
    }
    return new List<T>(array.length, tailStart === 0 ? 0 : shift, level, array.slice(tailStart));
  }

  /** The element at `index`, an integer; undefined when it is outside [0, length). */
  get(index: number): T | undefined {
    if (!(index >= 0 && index < this.length)) return undefined;
    const tailStart = (this.length - 1) & ~MASK;
    if (index >= tailStart) return this.#tail[index - tailStart];
    let node: Node = this.#root;
    for (let shift = this.#shift; shift > 0; shift -= BITS) node = node[(index >>> shift) & MASK] as Node;
    return node[index & MASK] as T;
  }

  push(value: T): List<T> {
    const count = this.length;
    if (count === 0) return new List<T>(1, 0, [], [value]);
    const used = ((count - 1) & MASK) + 1;
    let tail = this.#tail;
    if (used < WIDTH) {
      if (tail.length !== used) tail = tail.slice(0, used);
      tail.push(value);
      return new List<T>(count + 1, this.#shift, this.#root, tail);
    }
    // The tail is full: it becomes the last leaf of the trie.
    const leafIndex = (count - WIDTH) >>> BITS;
    let shift = this.#shift === 0 ? BITS : this.#shift;
    let root = this.#root;
    if (leafIndex >>> shift > 0) {
      root = [root];
      shift += BITS;
    }
    return new List<T>(count + 1, shift, withLeaf(root, shift, leafIndex, tail), [value]);
  }

  /** This list without its last element; the empty list stays empty. */
  pop(): List<T> {
    const count = this.length - 1;
    if (count <= 0) return List.empty;
    const { items } = this.run(count - 1);
    // No push writes into the array that becomes the tail (see 1): it is full, or longer than what this list
    // has of it.
    return count <= WIDTH
      ? new List<T>(count, 0, [], items as T[])
      : new List<T>(count, this.#shift, this.#root, items as T[]);
  }

  /** This list with `value` at `index`, which must be in [0, length). */
  set(index: number, value: T): List<T> {
    if (!(index >= 0 && index < this.length)) throw new RangeError(`index ${index} is outside the list`);
    const tailStart = (this.length - 1) & ~MASK;
    if (index >= tailStart) {
      const tail = this.#tail.slice(0, this.length - tailStart);
      tail[index - tailStart] = value;
      return new List<T>(this.length, this.#shift, this.#root, tail);
    }
    return new List<T>(
      this.length,
      this.#shift,
      withValue(this.#root, this.#shift, index, value),
      this.#tail,
    );
  }

  /**
   * The elements from `index` (which must be in [0, length)) to the end of its run of at most 32, as the
   * array that stores them and its bounds. For loops that visit every element; do not write into the array.
   */
  run(index: number): { readonly items: readonly T[]; readonly from: number; readonly to: number } {
    const tailStart = (this.length - 1) & ~MASK;
    if (index >= tailStart)
      return { items: this.#tail, from: index - tailStart, to: this.length - tailStart };
    let node: Node = this.#root;
    for (let shift = this.#shift; shift > 0; shift -= BITS) node = node[(index >>> shift) & MASK] as Node;
    return { items: node as readonly T[], from: index & MASK, to: WIDTH };
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    for (let at = 0; at < this.length; ) {
      const { items, from, to } = this.run(at);
      for (let i = from; i < to; i++) yield items[i] as T;
      at += to - from;
    }
    return undefined;
  }

  forEach(visit: (value: T, index: number) => void): void {
    for (let at = 0; at < this.length; ) {
      const { items, from, to } = this.run(at);
      for (let i = from; i < to; i++) visit(items[i] as T, at + i - from);
      at += to - from;
    }
  }

  toArray(): T[] {
    const all: T[] = [];
    for (let at = 0; at < this.length; ) {
      const { items, from, to } = this.run(at);
      for (let i = from; i < to; i++) all.push(items[i] as T);
      at += to - from;
    }
    return all;
  }
}

/** The node with `leaf` behind the `leafIndex` leaves that are the list's own. */
function withLeaf(node: unknown[], shift: number, leafIndex: number, leaf: Node): unknown[] {
  const at = (leafIndex >>> (shift - BITS)) & MASK;
  let child: unknown = leaf;
  if (shift > BITS) {
    const below = shift - BITS;
    const isNew = (leafIndex & ((1 << below) - 1)) === 0;
    child = withLeaf(isNew ? [] : (node[at] as unknown[]), below, leafIndex, leaf);
    if (!isNew && child === node[at]) return node;
  }
  const own = node.length === at ? node : node.slice(0, at);
  own.push(child);
  return own;
}

function withValue(node: Node, shift: number, index: number, value: unknown): unknown[] {
  const copy = node.slice();
  const at = (index >>> shift) & MASK;
  copy[at] = shift === 0 ? value : withValue(node[at] as Node, shift - BITS, index, value);
  return copy;
}
