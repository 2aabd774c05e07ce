// The caller's side of a store whose requests a worker carries out: requests that wait for a message to the
// worker, messages under way, and reads of both. Its owner has the timers and sends the messages.
//
// Invariants
//  U1  Messages are answered in the order in which they were taken.
//  U2  Writes gather for a while; a request with an answer is sent as soon as the worker takes a message,
//      with all before it.
import { isRecord } from '../keys.ts';
import type { StoreOp } from '../store-port.ts';
import { PendingWrites } from './pending-writes.ts';
import type { Request } from './store-messages.ts';

/**
 * How long a write may wait for others to share its message, and with how many bytes it waits no longer. The
 * more records an actor has in a message, the less each costs; above this, what that saves goes into
 * collecting what waits.
 */
export const GATHER_MS = 150;
const GATHER_BYTES = 1024 * 1024;
/** While the worker carries one message out, the next may wait at its door; more only makes each smaller. */
const MESSAGES_IN_FLIGHT_MAX = 2;
/** About what an operation of a write costs beside its value. */
const OP_BYTES = 96;
const REQUEST_BYTES = 32;

export interface Message {
  readonly requests: readonly Request[];
  /** About how long it will be. */
  readonly bytes: number;
}

export class StoreQueue {
  readonly #pending = new PendingWrites();
  #requests: Request[] = [];
  #bytes = 0;
  /** Of the messages that are under way, oldest first. */
  readonly #sentBytes: number[] = [];
  #backlogBytes = 0;
  /** Waiting requests are to be sent as soon as the worker takes another message. */
  #held = false;

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** Returns whether to send now, rather than in GATHER_MS. */
  add(request: Request): boolean {
    this.#requests.push(request);
    if (request.kind !== 'write') return true;
    this.#pending.add(request.ops);
    const before = this.#bytes;
    for (const op of request.ops) this.#bytes += OP_BYTES + bytesOf(op);
    this.#backlogBytes += this.#bytes - before;
    return request.sync || this.#bytes >= GATHER_BYTES || this.#held;
  }

  /** Whether the worker has enough to do: then `answered` says when it takes what waits. */
  hold(): boolean {
    this.#held = this.#sentBytes.length >= MESSAGES_IN_FLIGHT_MAX;
    return this.#held;
  }

  /** What waits, to be sent to the worker now. */
  take(): Message | undefined {
    const requests = this.#requests;
    if (requests.length === 0) return undefined;
    const bytes = this.#bytes + REQUEST_BYTES * requests.length;
    this.#sentBytes.push(this.#bytes);
    this.#requests = [];
    this.#bytes = 0;
    this.#pending.seal();
    return { requests, bytes };
  }

  /** The worker carried the oldest message out. Returns whether to send the waiting requests now. */
  answered(): boolean {
    this.#backlogBytes -= this.#sentBytes.shift() ?? 0;
    this.#pending.settle();
    return this.#held;
  }

  /**
   * The values of keys, which `read` gives where no write is pending; undefined when the worker must be
   * asked.
   */
  values(
    keys: readonly Uint8Array[],
    read: (keys: readonly Uint8Array[]) => (Uint8Array | undefined)[],
  ): (Uint8Array | undefined)[] | undefined {
    const values: (Uint8Array | undefined)[] = [];
    const stored: Uint8Array[] = [];
    const places: number[] = [];
    for (const key of keys) {
      const value = this.#pending.get(key);
      if (value === 'unclear' || (value === 'unknown' && isRecord(key))) return undefined;
      if (value === 'unknown') {
        stored.push(key);
        places.push(values.length);
      }
      values.push(typeof value === 'string' ? undefined : (value ?? undefined));
    }
    if (stored.length === 0) return values;
    const found = read(stored);
    if (stored.length === keys.length) return found;
    for (let at = 0; at < places.length; at++) values[places[at]!] = found[at];
    return values;
  }
}

function bytesOf(op: StoreOp): number {
  return op.kind === 'put' ? op.value.byteLength : op.kind === 'mutations' ? op.mutations.byteLength : 0;
}
