/** A source of randomness. The core gets a seeded one as an argument, so that a run can be repeated. */
export interface Random {
  /** A uniform integer in [0, 2^32). */
  uint32(): number;
  /** A uniform integer in [0, bound). `bound` is an integer from 1 to 2^32. */
  below(bound: number): number;
  /** A uniform number in [0, 1). */
  fraction(): number;
}

/** A small seeded generator (sfc32, public domain, by Chris Doty-Humphrey). Not for secrets. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` is a number, of which the low 53 bits count; or three 32-bit words. */
  constructor(seed: number | readonly [number, number, number]) {
    if (typeof seed === 'number') {
      this.#a = 0x9e3779b9;
      this.#b = seed >>> 0;
      this.#c = Math.floor(seed / 2 ** 32) >>> 0;
    } else {
      [this.#a, this.#b, this.#c] = seed;
    }
    // The first outputs of a small seed are alike; twelve rounds mix it, as the author advises.
    for (let round = 0; round < 12; round++) this.uint32();
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  fraction(): number {
    return this.uint32() / 2 ** 32;
  }
}
