// The requests that wait for the core's answer.
import { SeqNodeError } from '../base/errors.ts';
import { NumberedTable } from '../base/numbered-table.ts';
import type { ClientResult } from '../core/types.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SeqNodeError) => void;
}

export class RequestTable {
  readonly #waiting = new NumberedTable<Waiting>(1);
  readonly #limit: number;
  #closed: SeqNodeError | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Hands the new request's id to `start`; resolves with the result's value, rejects with its error. */
  open(start: (id: number) => void): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#waiting.size >= this.#limit)
      return Promise.reject(
        new SeqNodeError(
          'overloaded',
          `The node already has ${this.#limit} requests waiting for their outcome.`,
          {
            limit: this.#limit,
          },
        ),
      );
    return new Promise((resolve, reject) => {
      start(this.#waiting.add({ resolve, reject }));
    });
  }

  settle(id: number, result: ClientResult): void {
    const waiting = this.#waiting.take(id);
    if (waiting === undefined) return;
    if (result.ok) waiting.resolve(result.value);
    else waiting.reject(new SeqNodeError(result.code, result.message, result.details));
  }

  /** Rejects everything that waits, and all that comes later, with `error`. */
  close(error: SeqNodeError): void {
    this.#closed ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
