// Appends to the write-ahead log in order, and rides out a full disk: what was refused is written again, from the first
// refused append on, once there is space. A log that failed otherwise is never written again.
import { SeqNodeError } from '../base/errors.ts';
import type { LogWrite } from '../base/log.ts';
import type { WriteAheadLog } from '../journal/log-port.ts';

export interface LogQueueEvents {
  /** The append `id`, and every one before it, is durable. */
  persisted(id: number): void;
  /** Whether the log refuses appends for lack of space. */
  full(full: boolean): void;
  failed(error: unknown): void;
}

interface Append {
  readonly id: number;
  readonly writes: readonly LogWrite[];
  readonly sync: boolean;
}

export const DISK_RETRY_MS = 500;

export class LogQueue {
  readonly #log: Pick<WriteAheadLog, 'append' | 'status'>;
  readonly #events: LogQueueEvents;
  /** Not yet durable, in order. The first `#handed` of them are with the log. */
  #pending: Append[] = [];
  #handed = 0;
  #refused = false;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(log: Pick<WriteAheadLog, 'append' | 'status'>, events: LogQueueEvents) {
    this.#log = log;
    this.#events = events;
  }

  append(id: number, writes: readonly LogWrite[], sync: boolean): void {
    this.#pending.push({ id, writes, sync });
    if (!this.#refused) this.#handOver();
  }

  /** Gives up what is not durable yet. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  #handOver(): void {
    while (this.#handed < this.#pending.length) {
      const append = this.#pending[this.#handed]!;
      this.#handed++;
      this.#log.append(append.writes, append.sync).then(
        () => this.#onDurable(append),
        (error: unknown) => this.#onRefused(error),
      );
    }
  }

  #onDurable(append: Append): void {
    if (this.#closed) return;
    if (this.#pending[0] !== append) {
      this.#events.failed(new SeqNodeError('internal', 'The write-ahead log finished appends out of order.'));
      return;
    }
    this.#pending.shift();
    this.#handed--;
    this.#events.persisted(append.id);
  }

  /** The log rejects the refused append and all behind it; the last of these rejections starts the wait. */
  #onRefused(error: unknown): void {
    if (this.#closed) return;
    const full =
      error instanceof SeqNodeError && error.code === 'disk-full' && this.#log.status().poison === null;
    if (!full) {
      this.close();
      this.#events.failed(error);
      return;
    }
    if (!this.#refused) {
      this.#refused = true;
      this.#events.full(true);
    }
    this.#handed--;
    if (this.#handed === 0) this.#retry = setTimeout(() => this.#tryAgain(), DISK_RETRY_MS);
  }

  /** One append alone first: when it is refused again, the rest would be too. */
  #tryAgain(): void {
    const append = this.#pending[0]!;
    this.#handed = 1;
    this.#log.append(append.writes, append.sync).then(
      () => {
        this.#refused = false;
        this.#onDurable(append);
        if (this.#closed) return;
        this.#events.full(false);
        this.#handOver();
      },
      (error: unknown) => this.#onRefused(error),
    );
  }
}
