// The port below the store: an ordered map from bytes to bytes, written in atomic batches. Two adapters:
// ../io/rocks-key-values.ts (RocksDB) and sim/key-values.ts (simulated). Everything above it, that is all of
// this folder, is the same in both.
//
// Each call takes effect before it returns, and throws what its medium says; see `faultOf` in
// store-engine.ts.
import type { KeyRange } from '../keys.ts';

export interface KeyValues {
  /** One result per key, in order. */
  get(keys: readonly Uint8Array[]): (Uint8Array | undefined)[];
  /** The rows of a range as they are now. To be closed, before anything is written. */
  iterate(range: KeyRange, options?: IterateOptions): RowIterator;
  /** All rows as they are now, whatever is written meanwhile. To be closed. */
  openView(): RowIterator;
  /** To be closed, written or not. */
  openBatch(): RowBatch;
  /** A batch of its own. Costs the same whatever lies in the range, whose `from` is below its `to`. */
  deleteRange(range: KeyRange): void;
  close(): void;
}

export interface IterateOptions {
  /** Leaves values out. */
  readonly keysOnly?: boolean;
}

export interface RowIterator {
  /** Goes to the first row at or behind `key`, which is not empty. */
  seek(key: Uint8Array): void;
  /**
   * The next rows as key, value, key, value …: up to `count`, fewer to bound their bytes, none only at the
   * end.
   */
  next(count: number): { readonly rows: readonly Uint8Array[]; readonly finished: boolean };
  close(): void;
}

export interface RowBatch {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** All or nothing. With `sync`, it and all before it are durable. */
  write(sync: boolean): void;
  close(): void;
}
