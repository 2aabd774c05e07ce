import { SeqNodeError } from '../base/errors.ts';

/** Counts the messages and asks that wait for their outcome, and refuses more than the limit. */
export class Outstanding {
  readonly limit: number;
  #count = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Takes a place, to be given back by `leave` once the outcome is there. Throws `overloaded` when the limit
   * is reached.
   */
  enter(): void {
    if (this.#count >= this.limit)
      throw new SeqNodeError('overloaded', `${this.limit} messages wait for their outcome already.`, {
        limit: this.limit,
      });
    this.#count++;
  }

  leave(): void {
    this.#count--;
  }

  /** Waits for the outcome of `start` with a place taken. Rejects with `overloaded` when there is none. */
  async track<T>(start: () => Promise<T>): Promise<T> {
    this.enter();
    try {
      return await start();
    } finally {
      this.leave();
    }
  }
}
