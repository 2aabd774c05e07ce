// Values by number, where each gets the next number and most are soon taken out again, as requests are.
//
// A Map does the same, but not for the collector of V8: the table inside a Map points to the one that replaces it when it is full,
// and keeps what was in it. Once such a table is old, every later one and what it held become old too, though nobody needs them.

const SLOTS = 1024;

export class NumberedTable<T> {
  readonly #numbers = new Array<number>(SLOTS).fill(-1);
  readonly #values = new Array<T | undefined>(SLOTS).fill(undefined);
  /** Those that are here for so long that their slot was needed, in order. */
  readonly #late = new Map<number, T>();
  #inSlots = 0;
  #next: number;

  constructor(first: number) {
    this.#next = first;
  }

  get size(): number {
    return this.#inSlots + this.#late.size;
  }

  /** Returns the number of the value. */
  add(value: T): number {
    const number = this.#next++;
    const slot = number % SLOTS;
    const held = this.#numbers[slot]!;
    if (held >= 0) this.#late.set(held, this.#values[slot]!);
    else this.#inSlots++;
    this.#numbers[slot] = number;
    this.#values[slot] = value;
    return number;
  }

  get(number: number): T | undefined {
    const slot = number % SLOTS;
    return this.#numbers[slot] === number ? this.#values[slot] : this.#late.get(number);
  }

  /** Takes the value out. Undefined when there is none. */
  take(number: number): T | undefined {
    const slot = number % SLOTS;
    if (this.#numbers[slot] !== number) {
      const late = this.#late.get(number);
      if (late !== undefined) this.#late.delete(number);
      return late;
    }
    const value = this.#values[slot];
    this.#numbers[slot] = -1;
    this.#values[slot] = undefined;
    this.#inSlots--;
    return value;
  }

  /** In the order in which they were added. What is taken out meanwhile is left out; after something is added, others may be, too. */
  *values(): Generator<T> {
    yield* this.#late.values();
    for (let left = SLOTS, at = this.#next; left > 0 && this.#inSlots > 0; left--, at++) {
      const slot = at % SLOTS;
      if (this.#numbers[slot]! >= 0) yield this.#values[slot]!;
    }
  }

  clear(): void {
    this.#numbers.fill(-1);
    this.#values.fill(undefined);
    this.#late.clear();
    this.#inSlots = 0;
  }
}
