// What was given to the store and is not in it yet, so that a read need not wait for it.
//
// Invariants
//  P1  A key that a pending write touches is answered from here, by the newest such write.
//  P2  A write leaves from here only after a read of the store would see it.
import { counterBytes, type KeyRange, keyName, neighbourhoodOf } from '../keys.ts';
import { isWithin } from '../store-batch.ts';
import type { StoreOp } from '../store-port.ts';

/** The value that a key will have, or null when it will be gone. */
type Value = Uint8Array | null;
type KeyOp = Exclude<StoreOp, { kind: 'delete-range' }>;

/** Writes to neighbouring keys. They are indexed when one of the keys is read: most never are. */
interface Bucket {
  readonly ops: KeyOp[];
  readonly index: Map<string, Value>;
  indexed: number;
}

interface Batch {
  readonly buckets: Map<number, Bucket>;
  readonly ranges: KeyRange[];
}

export class PendingWrites {
  /** Batches under way, oldest first, then the one that gathers. */
  readonly #batches: Batch[] = [newBatch()];

  add(ops: readonly StoreOp[]): void {
    const { buckets, ranges } = this.#batches.at(-1)!;
    for (const op of ops) {
      if (op.kind === 'delete-range') {
        ranges.push(op);
        continue;
      }
      const neighbourhood = neighbourhoodOf(op.key);
      const bucket = buckets.get(neighbourhood);
      if (bucket === undefined) buckets.set(neighbourhood, { ops: [op], index: new Map(), indexed: 0 });
      else bucket.ops.push(op);
    }
  }

  /** What was gathered so far is under way. */
  seal(): void {
    this.#batches.push(newBatch());
  }

  /** The oldest batch under way is in the store. */
  settle(): void {
    this.#batches.shift();
  }

  /** `unknown`: no pending write touches the key. `unclear`: it lies in a range that is being deleted; ask the store. */
  get(key: Uint8Array): Value | 'unknown' | 'unclear' {
    for (const { ranges } of this.#batches)
      for (const range of ranges) if (isWithin(key, range)) return 'unclear';
    const neighbourhood = neighbourhoodOf(key);
    for (let at = this.#batches.length - 1; at >= 0; at--) {
      const bucket = this.#batches[at]!.buckets.get(neighbourhood);
      if (bucket === undefined) continue;
      const value = indexOf(bucket).get(keyName(key));
      if (value !== undefined) return value;
    }
    return 'unknown';
  }
}

const newBatch = (): Batch => ({ buckets: new Map(), ranges: [] });

function indexOf(bucket: Bucket): Map<string, Value> {
  const { ops, index } = bucket;
  for (; bucket.indexed < ops.length; bucket.indexed++) {
    const op = ops[bucket.indexed]!;
    index.set(keyName(op.key), valueAfter(op));
  }
  return index;
}

function valueAfter(op: KeyOp): Value {
  if (op.kind === 'put') return op.value;
  // A counter that is not what the step expects makes the store refuse this and every later write.
  return op.kind === 'sequence' ? counterBytes(op.now) : null;
}
