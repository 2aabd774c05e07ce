// What was given to the store and is not in it yet, so that a read need not wait for it.
//
// Invariants
//  P1  A key that a pending write touches is answered from here, by the newest such write.
//  P2  A write leaves from here only after a read of the store would see it.
import { counterBytes } from '../keys.ts';
import type { StoreOp } from '../store-port.ts';

/** The value a key will have, or null when it will be gone. */
type Values = Map<string, Uint8Array | null>;

const nameOf = (key: Uint8Array) =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');

export class PendingWrites {
  /** Batches under way, oldest first, then the one that gathers. */
  readonly #batches: { values: Values; ranges: number }[] = [{ values: new Map(), ranges: 0 }];
  #ranges = 0;

  /** While a range is being deleted, what a key will hold is for the store to say. */
  get unclear(): boolean {
    return this.#ranges > 0;
  }

  add(ops: readonly StoreOp[]): void {
    const gathering = this.#batches.at(-1)!;
    for (const op of ops) {
      if (op.kind === 'delete-range') {
        gathering.ranges++;
        this.#ranges++;
      } else gathering.values.set(nameOf(op.key), valueAfter(op));
    }
  }

  /** What was gathered so far is under way. */
  seal(): void {
    this.#batches.push({ values: new Map(), ranges: 0 });
  }

  /** The oldest batch under way is in the store. */
  settle(): void {
    this.#ranges -= this.#batches.shift()!.ranges;
  }

  /** Undefined when no pending write touches the key. */
  get(key: Uint8Array): Uint8Array | null | undefined {
    const name = nameOf(key);
    for (let at = this.#batches.length - 1; at >= 0; at--) {
      const value = this.#batches[at]!.values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function valueAfter(op: Exclude<StoreOp, { kind: 'delete-range' }>): Uint8Array | null {
  if (op.kind === 'put') return op.value;
  // A counter that is not what the step expects makes the store refuse this and every later write.
  return op.kind === 'sequence' ? counterBytes(op.now) : null;
}
