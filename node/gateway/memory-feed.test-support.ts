// Event feeds of a node in memory, as they are opened: what they give is written by the test.
import type { EventFeed, FollowedEvent, FollowOptions } from '../host/api.ts';

export class MemoryFeed implements EventFeed {
  readonly options: FollowOptions;
  taken = 0;
  closed = false;
  /** Makes the events, by their number from 0; undefined while there is none. */
  #source: (number: number) => FollowedEvent | Error | undefined;
  #wake: (() => void) | undefined;

  constructor(options: FollowOptions, source: MemoryFeed['source'] = () => undefined) {
    this.options = options;
    this.#source = source;
  }

  get source() {
    return this.#source;
  }

  set source(source: (number: number) => FollowedEvent | Error | undefined) {
    this.#source = source;
    this.#wake?.();
  }

  async next(): Promise<FollowedEvent | undefined> {
    for (;;) {
      if (this.closed) return undefined;
      const event = this.#source(this.taken);
      if (event instanceof Error) throw event;
      if (event !== undefined) {
        this.taken++;
        return event;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }
}
