// The requests that wait for the core's answer.
import { SeqNodeError } from '../base/errors.ts';
import { NumberedTable } from '../base/numbered-table.ts';
import type { ClientResult } from '../core/types.ts';

type Done = (result: ClientResult) => void;

export class RequestTable {
  readonly #waiting = new NumberedTable<Done>(1);
  readonly #limit: number;
  #closed: SeqNodeError | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Returns the id of a request whose result `done` will be called with; or undefined, when it was refused at once. */
  open(done: Done): number | undefined {
    if (this.#closed === undefined && this.#waiting.size < this.#limit) return this.#waiting.add(done);
    const limit = this.#limit;
    const message = `The node already has ${limit} requests waiting for their outcome.`;
    done(failure(this.#closed ?? new SeqNodeError('overloaded', message, { limit })));
    return undefined;
  }

  settle(id: number, result: ClientResult): void {
    this.#waiting.take(id)?.(result);
  }

  /** `error` is the result of everything that waits, and of all that comes later. */
  close(error: SeqNodeError): void {
    this.#closed ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const done of waiting) done(failure(error));
  }
}

/** The error that a result stands for. */
export function errorOf({ code, message, details }: ClientResult & { ok: false }): SeqNodeError {
  return new SeqNodeError(code, message, details);
}

export function failure({ code, message, details }: SeqNodeError): ClientResult {
  return { ok: false, code, message, details };
}
