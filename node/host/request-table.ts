// The requests that wait for the core's answer.
import { SeqNodeError } from '../base/errors.ts';
import { NumberedTable } from '../base/numbered-table.ts';
import { READS } from '../core/requests/router.ts';
import type { ClientRequest, ClientResult } from '../core/types.ts';

type Done = (result: ClientResult) => void;

interface Waiting {
  readonly op: ClientRequest['op'];
  readonly done: Done;
}

export class RequestTable {
  readonly #waiting = new NumberedTable<Waiting>(1);
  readonly #limit: number;
  #closed: SeqNodeError | undefined;
  /** Those that wait for events: the streams that they are of have a limit of their own. */
  #following = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Returns the id of a request whose result `done` will be called with; or undefined, when it was refused at
   * once.
   */
  open(op: ClientRequest['op'], done: Done): number | undefined {
    const follows = op === 'events';
    if (this.#closed === undefined && (follows || this.#waiting.size - this.#following < this.#limit)) {
      if (follows) this.#following++;
      return this.#waiting.add({ op, done });
    }
    const limit = this.#limit;
    const message = `The node already has ${limit} requests waiting for their outcome.`;
    done(failure(this.#closed ?? new SeqNodeError('overloaded', message, { limit })));
    return undefined;
  }

  settle(id: number, result: ClientResult): void {
    const settled = this.#waiting.take(id);
    if (settled?.op === 'events') this.#following--;
    settled?.done(result);
  }

  /**
   * The node answers nothing any more, for the reason that `sentence` gives. It is no fault of those who
   * wait: whoever read may read elsewhere, and of all else nobody here learns any more what becomes of it.
   */
  close(sentence: string): void {
    this.#closed ??= new SeqNodeError('stopping', sentence);
    const stopping = failure(this.#closed);
    const unknown = failure(
      new SeqNodeError('outcome-unknown', `${sentence} The request may or may not have taken effect.`),
    );
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { op, done } of waiting) done(READS.has(op) ? stopping : unknown);
  }
}

/** The error that a result stands for. */
export function errorOf({ code, message, details }: ClientResult & { ok: false }): SeqNodeError {
  return new SeqNodeError(code, message, details);
}

export function failure({ code, message, details }: SeqNodeError): ClientResult {
  return { ok: false, code, message, details };
}
