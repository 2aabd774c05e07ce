// Gathers what a feed of events hands out into batches.
//
// Invariants
//  J1  Of the feed no more is taken than one batch holds, until that is asked for.
//  J2  The cursor of a batch covers its rows and those of all before it, and nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import { SeqNodeError } from '../base/errors.ts';
import type { Batch, ProjectedRow } from './batch.ts';

/** See Followed of core/requests/follower.ts. */
export type Handed =
  | (ProjectedRow & { readonly kind: 'event' })
  | { readonly kind: 'caught-up' }
  | {
      readonly kind: 'failed';
      readonly code: ConstructorParameters<typeof SeqNodeError>[0];
      readonly message: string;
    };

export interface Feed {
  /** `done` is called once, maybe before this returns. Not to be called again before that. */
  next(done: (handed: Handed) => void): void;
  /** Behind all that was handed out so far. */
  cursor(): string;
  close(): void;
}

const ROWS_MAX = 2000;
const BYTES_MAX = 4 * 1024 * 1024;
/** What comes one by one shares a transaction. */
const GATHER_MS = 50;

export class Batches {
  readonly #feed: Feed;
  #rows: ProjectedRow[] = [];
  #bytes = 0;
  /** Whether anything was handed out that no batch has covered. */
  #has = false;
  #failed: SeqNodeError | undefined;
  /** The feed was asked, and has nothing yet. */
  #asked = false;
  #taking = false;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Resolves to undefined once this is closed. Rejects with what ended the feed. */
  async next(): Promise<Batch | undefined> {
    this.#take();
    if (!this.#has) await this.#change();
    if (!this.#isReady) await Promise.race([sleep(GATHER_MS), this.#change()]);
    if (this.#closed) return undefined;
    if (!this.#has) throw this.#failed;
    const batch = { rows: this.#rows, cursor: this.#feed.cursor(), caughtUp: this.#asked };
    this.#rows = [];
    this.#bytes = 0;
    this.#has = false;
    return batch;
  }

  close(): void {
    this.#closed = true;
    this.#feed.close();
    this.#wake?.();
  }

  /** Nothing is gained by waiting. */
  get #isReady(): boolean {
    return (
      this.#closed || this.#failed !== undefined || this.#rows.length >= ROWS_MAX || this.#bytes >= BYTES_MAX
    );
  }

  /** Resolves once there is something, where there was nothing, or nothing is gained by waiting. */
  #change(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #take(): void {
    if (this.#taking) return;
    this.#taking = true;
    while (!this.#asked && !this.#isReady) {
      this.#asked = true;
      this.#feed.next((handed) => {
        this.#asked = false;
        this.#add(handed);
        this.#take();
      });
    }
    this.#taking = false;
  }

  #add(handed: Handed): void {
    const isFirst = !this.#has;
    if (handed.kind === 'failed') this.#failed = new SeqNodeError(handed.code, handed.message);
    else {
      this.#has = true;
      if (handed.kind === 'event') {
        this.#rows.push(handed);
        this.#bytes += handed.record?.length ?? 0;
      }
    }
    if (isFirst || this.#isReady) this.#wake?.();
  }
}
