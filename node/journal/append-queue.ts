// Appends to the log that wait for a frame. They are written once one of them must be durable, once they are
// many bytes, or when forced.
import type { LogWrite } from '../base/log.ts';
import type { Ticket } from './log-effects.ts';

/** Queued appends are gathered into a frame up to about this size; beyond it only latency grows. */
export const GATHER_BYTES = 1024 * 1024;

export interface Append {
  readonly ticket: Ticket;
  readonly writes: readonly LogWrite[];
  readonly bytesMax: number;
  readonly sync: boolean;
}

export class AppendQueue {
  readonly #frameBytesMax: number;
  #appends: Append[] = [];
  #bytes = 0;
  #forced = false;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  get isEmpty(): boolean {
    return this.#appends.length === 0;
  }

  /** Whether they are to go now. */
  get isForced(): boolean {
    return this.#forced;
  }

  add(append: Append): void {
    this.#appends.push(append);
    this.#bytes += append.bytesMax;
    this.#forced ||= append.sync || this.#bytes >= GATHER_BYTES;
  }

  force(): void {
    this.#forced = !this.isEmpty;
  }

  /** Those at the head that go into one frame, and how many bytes it holds at most. */
  next(): { readonly appends: readonly Append[]; readonly bytesMax: number } {
    const limit = Math.min(GATHER_BYTES, this.#frameBytesMax);
    const appends: Append[] = [];
    let bytesMax = 0;
    for (const append of this.#appends) {
      if (appends.length > 0 && bytesMax + append.bytesMax > limit) break;
      appends.push(append);
      bytesMax += append.bytesMax;
    }
    return { appends, bytesMax };
  }

  /** Takes `count` from the head. */
  take(count: number): void {
    for (const { bytesMax } of this.#appends.splice(0, count)) this.#bytes -= bytesMax;
    this.#forced = this.#appends.some(({ sync }) => sync) || (this.#forced && !this.isEmpty);
  }

  /** Takes all of them. */
  clear(): Append[] {
    const appends = this.#appends;
    this.#appends = [];
    this.#bytes = 0;
    this.#forced = false;
    return appends;
  }
}
