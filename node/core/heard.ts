// What a volatile actor has handled of late, lest it handle it again when it comes again: of whom, and how it ended. Messages
// between volatile actors are not in it; nobody sends these again.
import { type Data, encodedBytes } from '../base/value.ts';
import type { Origin } from '../runtime/envelope.ts';
import type { Mark } from './rows.ts';

/** Sources of which a message is remembered. */
export const HEARD_MAX = 1000;
/** Replies that are remembered, in bytes together. */
export const HEARD_REPLY_BYTES = 64 * 1024;

interface Kept {
  readonly mark: Mark;
  readonly bytes: number;
}

export class Heard {
  /** By source, whoever was heard last comes last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  find(source: string): Mark | undefined {
    return this.#kept.get(source)?.mark;
  }

  /** A message was handled. Forgets older ones for it. */
  add({ source, number, digest }: Origin, reply: Data | null): void {
    this.#forget(source);
    const bytes = reply === null ? 0 : encodedBytes(reply, HEARD_REPLY_BYTES + 1);
    if (bytes > HEARD_REPLY_BYTES) return;
    this.#kept.set(source, { mark: { number, digest, outcome: { ok: true, sequence: 0, reply } }, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= HEARD_MAX && this.#bytes <= HEARD_REPLY_BYTES) return;
      this.#forget(oldest);
    }
  }

  #forget(source: string): void {
    this.#bytes -= this.#kept.get(source)?.bytes ?? 0;
    this.#kept.delete(source);
  }
}
