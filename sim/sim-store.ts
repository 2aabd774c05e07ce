// The store of one simulated process: that of production, above simulated rows. Its owner has the clock.
//
// Invariant
//  K1  What a message of writes costs is bounded by its operations, whatever they are of and however many
//      came before.

import { isPlain, MutationsReader } from '../node/journal/mutations.ts';
import type { KeyValues } from '../node/journal/store/key-values.ts';
import { StoreEngine } from '../node/journal/store/store-engine.ts';
import {
  packReplies,
  packRequests,
  type Reply,
  type Request,
  unpackReplies,
  unpackRequests,
} from '../node/journal/store/store-messages.ts';
import { StoreQueue } from '../node/journal/store/store-queue.ts';
import type { StoreOp } from '../node/journal/store-port.ts';
import type { SimKeyValues } from './key-values.ts';
import { demand } from './violation.ts';

/** A request without its number. */
export type Call = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

export interface StoreClock {
  /** Calls `post` once writes have gathered for long enough. */
  gather(post: () => void): void;
  /**
   * Calls `handle` once the worker comes to the message, and `answer` when its answer is there. Messages keep
   * their order.
   */
  work(requests: readonly Request[], handle: () => void, answer: () => void): void;
}

export class SimStore {
  readonly #rows: SimKeyValues;
  readonly #clock: StoreClock;
  readonly #engine: StoreEngine;
  readonly #queue = new StoreQueue();
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #calls = 0;
  #gathering = false;

  constructor(rows: SimKeyValues, clock: StoreClock, engine = new StoreEngine(rows satisfies KeyValues)) {
    this.#rows = rows;
    this.#clock = clock;
    this.#engine = engine;
  }

  get backlogBytes(): number {
    return this.#queue.backlogBytes;
  }

  call(call: Call, done: (reply: Reply) => void): void {
    const id = ++this.#calls;
    this.#waiting.set(id, done);
    if (this.#queue.add({ ...call, id })) this.#post();
    else if (!this.#gathering) {
      this.#gathering = true;
      this.#clock.gather(() => {
        this.#gathering = false;
        this.#post();
      });
    }
  }

  /** The values at once, or undefined when the worker must be asked. Throws what the rows do. */
  getNow(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] | undefined {
    return this.#queue.values(keys, (stored) => this.#rows.get(stored));
  }

  #post(): void {
    const message = this.#queue.hold() ? undefined : this.#queue.take();
    if (message === undefined) return;
    const packed = packRequests(message.requests, message.bytes);
    const requests = unpackRequests(packed);
    let replies: Reply[] = [];
    this.#clock.work(
      requests,
      () => {
        replies = this.#handle(requests);
      },
      () => this.#receive(replies),
    );
  }

  #handle(requests: readonly Request[]): Reply[] {
    const { rowsWritten, rowsRead } = this.#rows;
    const replies = unpackReplies(packReplies(this.#engine.handle(requests)));
    this.#rows.throwObjection();
    const bound = boundOf(requests);
    if (bound !== undefined) {
      const [written, read] = [this.#rows.rowsWritten - rowsWritten, this.#rows.rowsRead - rowsRead];
      demand(
        written <= bound && read <= bound,
        'store-work',
        () => `a message of ${bound} operations writes ${written} rows and reads ${read}`,
      );
    }
    return replies;
  }

  #receive(replies: readonly Reply[]): void {
    const goes = this.#queue.answered();
    for (const reply of replies) {
      const done = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      done?.(reply);
    }
    if (goes) this.#post();
  }
}

/**
 * How many rows the requests may write, and read; undefined when they read or delete ranges, which cost what
 * lies in them.
 */
function boundOf(requests: readonly Request[]): number | undefined {
  let operations = 1;
  for (const request of requests) {
    if (request.kind === 'flush') operations++;
    else if (request.kind === 'write') {
      for (const op of request.ops) {
        const count = operationsOf(op);
        if (count === undefined) return undefined;
        operations += count;
      }
    } else if (request.kind !== 'open-view' && request.kind !== 'close-view') return undefined;
  }
  return operations;
}

function operationsOf(op: StoreOp): number | undefined {
  if (op.kind === 'delete-range' || (op.kind === 'mutations' && isPlain(op.mutations))) return undefined;
  if (op.kind !== 'mutations') return 1;
  const reader = new MutationsReader(op.mutations);
  // The order of the entry.
  let count = op.index === undefined ? 0 : 1;
  // A record comes with the counter of its actor.
  for (let kind = reader.next(); kind !== undefined; kind = reader.next()) count += kind === 'record' ? 2 : 1;
  return count;
}
