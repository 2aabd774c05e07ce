// While a shard is held for an export, it takes no messages of other actors and forgets none that it sent. So
// what its view shows fits the views of the other shards, all of which are held before the first view opens:
//
//  X1  What one view shows as received, another shows as sent: nobody receives anything new between the first
//      hold and the opening of its own view.
//  X2  What one view shows as sent, another shows as received, or it waits in the outbox of the first:
//      nothing leaves an outbox between the first hold and the opening of its own view.
//
// A message may be in both places: its receiver's mark then tells that it was taken.
import type { Millis } from '../../base/ids.ts';

/** Senders are put off for no longer than this. */
const HOLD_MS = 3000;

export class ShardHold {
  readonly #now: () => Millis;
  #name: string | undefined;
  #until: Millis = 0;

  constructor(now: () => Millis) {
    this.#now = now;
  }

  get isOn(): boolean {
    return this.#name !== undefined && this.#now() < this.#until;
  }

  /** False while it is held for another. */
  begin(name: string): boolean {
    if (this.isOn) return this.#name === name;
    this.#name = name;
    this.#until = this.#now() + HOLD_MS;
    return true;
  }

  isFor(name: string): boolean {
    return this.isOn && this.#name === name;
  }

  end(name: string): void {
    if (this.#name === name) this.#name = undefined;
  }
}
