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

  /** Calls `start` and counts its promise until it settles. Throws `overloaded` when the limit is reached. */
  track<T>(start: () => Promise<T>): Promise<T> {
    if (this.#count >= this.limit)
      throw new SeqNodeError('overloaded', `${this.limit} messages wait for their outcome already.`, {
        limit: this.limit,
      });
    const promise = start();
    this.#count++;
    const settled = () => {
      this.#count--;
    };
    promise.then(settled, settled);
    return promise;
  }
}
