/**
 * A queue on a ring that grows by doubling and takes no memory while it was never used or has been emptied.
 */
export class Mailbox<T> {
  #ring: (T | undefined)[] | undefined;
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What `shift` would take out. */
  get first(): T | undefined {
    return this.#ring?.[this.#head];
  }

  push(item: T): void {
    let ring = this.#ring;
    if (ring === undefined || this.#length === ring.length) ring = this.#room();
    ring[(this.#head + this.#length++) & (ring.length - 1)] = item;
  }

  /** Puts an item before all others. */
  unshift(item: T): void {
    const ring = this.#room();
    this.#head = (this.#head - 1) & (ring.length - 1);
    ring[this.#head] = item;
    this.#length++;
  }

  shift(): T | undefined {
    const ring = this.#ring;
    if (ring === undefined || this.#length === 0) return undefined;
    const item = ring[this.#head];
    ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (ring.length - 1);
    this.#length--;
    // A burst must not leave its memory behind.
    if (this.#length === 0 && ring.length > KEPT) this.#ring = undefined;
    return item;
  }

  /** Takes everything out, in order. */
  drain(): T[] {
    const items: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item);
    this.#ring = undefined;
    return items;
  }

  #room(): (T | undefined)[] {
    const ring = this.#ring;
    if (ring === undefined) {
      this.#head = 0;
      this.#ring = new Array<T | undefined>(SMALLEST).fill(undefined);
      return this.#ring;
    }
    if (this.#length < ring.length) return ring;
    const larger = new Array<T | undefined>(ring.length * 2).fill(undefined);
    for (let at = 0; at < this.#length; at++) larger[at] = ring[(this.#head + at) & (ring.length - 1)];
    this.#head = 0;
    this.#ring = larger;
    return larger;
  }
}

const SMALLEST = 4;
const KEPT = 1024;
