import { allocateBytes, copyInto } from '../base/small-bytes.ts';
import { HEAD, MARK, PREFIX_BYTES, RECORD, SEQUENCE, SNAPSHOT } from './key-kinds.ts';
import { putNumber } from './key-numbers.ts';

/** The keys of one actor, made without reading its path as a text. */
export class ActorKeys {
  /** As far as they are the same but for their kind. */
  readonly #start: Uint8Array;

  constructor(start: Uint8Array) {
    this.#start = start;
  }

  /** Whether they are of the actor whose path is the UTF-8 of `bytes[from, to)`, in the same place. */
  isOf(bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#start;
    if (start.length !== PREFIX_BYTES + to - from) return false;
    for (let at = PREFIX_BYTES; at < start.length; at++)
      if (start[at] !== bytes[from + at - PREFIX_BYTES]) return false;
    return true;
  }

  head(): Uint8Array {
    return this.#key(HEAD, 0);
  }

  sequence(): Uint8Array {
    return this.#key(SEQUENCE, 0);
  }

  snapshot(): Uint8Array {
    return this.#key(SNAPSHOT, 0);
  }

  record(sequence: number): Uint8Array {
    const key = this.#key(RECORD, 9);
    putNumber(key, key.length - 8, sequence);
    return key;
  }

  /** Of the source whose UTF-8 is `bytes[from, to)`. */
  mark(bytes: Uint8Array, from: number, to: number): Uint8Array {
    const key = this.#key(MARK, 1 + to - from);
    copyInto(key, this.#start.length + 1, bytes, from, to);
    return key;
  }

  #key(kind: number, more: number): Uint8Array {
    const start = this.#start;
    const key = allocateBytes(start.length + more);
    copyInto(key, 0, start, 0, start.length);
    key[6] = kind;
    return key;
  }
}
