// What a volatile actor has handled of late, lest it handle it again when it comes again: of whom, and how it
// ended. Messages between volatile actors are not in it; nobody sends these again.
import { type Data, encodedBytes } from '../../base/value.ts';
import type { Mark } from '../actor/mark-row.ts';
import type { Origin } from '../envelope.ts';

/** Sources of which a message is remembered. */
export const REPLIES_MAX = 1000;
/** Replies that are remembered, in bytes together. */
export const REPLY_BYTES_MAX = 64 * 1024;

interface Kept {
  readonly mark: Mark;
  readonly bytes: number;
}

export class ReplyCache {
  /** By source, whoever was heard last comes last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  find(source: string): Mark | undefined {
    return this.#kept.get(source)?.mark;
  }

  /** A message was handled. Forgets older ones for it. */
  add({ source, number, digest: given }: Origin, reply: Data | null): void {
    // It shares its memory with much that is not kept.
    const digest = given?.slice();
    this.#forget(source);
    const bytes = reply === null ? 0 : encodedBytes(reply, REPLY_BYTES_MAX + 1);
    if (bytes > REPLY_BYTES_MAX) return;
    this.#kept.set(source, { mark: { number, digest, outcome: { ok: true, sequence: 0, reply } }, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= REPLIES_MAX && this.#bytes <= REPLY_BYTES_MAX) return;
      this.#forget(oldest);
    }
  }

  #forget(source: string): void {
    this.#bytes -= this.#kept.get(source)?.bytes ?? 0;
    this.#kept.delete(source);
  }
}
