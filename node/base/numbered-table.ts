// Values by number, where each gets the next number and most are soon taken out again, as requests are.
//
// A Map does the same, but not for the collector of V8: the table inside a Map points to the one that
// replaces it when it is full, and keeps what was in it. Once such a table is old, every later one and what
// it held become old too, though nobody needs them.

const SLOTS_MIN = 64;
const SLOTS_MAX = 65_536;
/** Of the slots, those that stay for long may be one in so many without costing the others their place. */
const LATE_SHARE = 4;

export class NumberedTable<T> {
  /** Of the newest numbers, as many as there are slots; -1 where there is none. */
  #numbers: number[] = [];
  #values: (T | undefined)[] = [];
  /** Those that are here for so long that their slot was needed, in order. */
  readonly #late = new Map<number, T>();
  #inSlots = 0;
  #next: number;

  constructor(first: number) {
    this.#next = first;
    this.#empty(SLOTS_MIN);
  }

  get size(): number {
    return this.#inSlots + this.#late.size;
  }

  /** Returns the number of the value. */
  add(value: T): number {
    const number = this.#next++;
    this.#put(number, value);
    const slots = this.#numbers.length;
    if (this.#late.size > slots / LATE_SHARE && slots < SLOTS_MAX) this.#grow(slots * 2);
    return number;
  }

  get(number: number): T | undefined {
    const slot = number % this.#numbers.length;
    return this.#numbers[slot] === number ? this.#values[slot] : this.#late.get(number);
  }

  /** Takes the value out. Undefined when there is none. */
  take(number: number): T | undefined {
    const slot = number % this.#numbers.length;
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

  /**
   * In the order in which they were added. What is taken out meanwhile is left out; after something is added,
   * others may be, too.
   */
  *values(): Generator<T> {
    for (const [, value] of this.#entries()) yield value;
  }

  clear(): void {
    this.#late.clear();
    this.#empty(SLOTS_MIN);
  }

  *#entries(): Generator<readonly [number: number, value: T]> {
    yield* this.#late;
    const slots = this.#numbers.length;
    for (let left = slots, at = this.#next; left > 0 && this.#inSlots > 0; left--, at++) {
      const number = this.#numbers[at % slots]!;
      if (number >= 0) yield [number, this.#values[at % slots]!];
    }
  }

  #put(number: number, value: T): void {
    const slot = number % this.#numbers.length;
    const held = this.#numbers[slot]!;
    if (held >= 0) this.#late.set(held, this.#values[slot]!);
    else this.#inSlots++;
    this.#numbers[slot] = number;
    this.#values[slot] = value;
  }

  #grow(slots: number): void {
    const entries = [...this.#entries()];
    this.#late.clear();
    this.#empty(slots);
    for (const [number, value] of entries)
      if (number < this.#next - slots) this.#late.set(number, value);
      else this.#put(number, value);
  }

  #empty(slots: number): void {
    this.#numbers = new Array<number>(slots).fill(-1);
    this.#values = new Array<T | undefined>(slots).fill(undefined);
    this.#inSlots = 0;
  }
}
