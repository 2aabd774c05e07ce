// Appends to the write-ahead log in order. What one turn of the event loop persists goes to the log in one
// append; the log gathers further ones while a write is in flight. A full disk is ridden out: what was
// refused is written again, from the first refused append on, once there is space. A log that failed
// otherwise is never written again.
import { SeqNodeError } from '../base/errors.ts';
import type { LogWrite } from '../base/log.ts';
import type { WriteAheadLog } from '../journal/log-port.ts';

export interface LogQueueEvents {
  /** Everything up to and including the write `id` is durable. */
  persisted(id: number): void;
  /** Whether the log refuses appends for lack of space. */
  full(full: boolean): void;
  failed(error: unknown): void;
}

interface Append {
  /** Of the last write that ends in it, if one does. */
  id: number | undefined;
  readonly writes: LogWrite[];
  sync: boolean;
  bytes: number;
}

export const DISK_RETRY_MS = 500;
/** An append takes no further write once it is this long. */
const APPEND_BYTES = 1024 * 1024;
/** About what an entry costs beside its data. */
const ENTRY_BYTES = 32;

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

  /**
   * Queues writes for the next `flush`. An append takes some of them, or several times them; it never parts
   * one.
   */
  add(id: number, writes: readonly LogWrite[], sync: boolean): void {
    let last = this.#pending.length > this.#handed ? this.#pending.at(-1) : undefined;
    for (const write of writes) {
      const bytes = bytesOf(write);
      if (last === undefined || last.bytes + bytes > APPEND_BYTES) {
        last = { id: undefined, writes: [], sync: false, bytes: 0 };
        this.#pending.push(last);
      }
      last.writes.push(write);
      last.sync ||= sync;
      last.bytes += bytes;
    }
    if (last !== undefined) last.id = id;
  }

  /** Hands what is queued to the log. */
  flush(): void {
    if (!this.#refused && !this.#closed) this.#handOver();
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
    if (append.id !== undefined) this.#events.persisted(append.id);
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

function bytesOf({ entries }: LogWrite): number {
  let bytes = 2 * ENTRY_BYTES;
  for (const entry of entries ?? []) bytes += entry.data.byteLength + ENTRY_BYTES;
  return bytes;
}
