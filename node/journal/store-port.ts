// The port of the store: an ordered map from bytes to bytes, written in atomic batches. Two adapters:
// node/journal/io/ rocks-store.ts (RocksDB in a worker thread) and sim/sim-store.ts (simulated), which share
// all of node/journal/store. Keys are compared as unsigned bytes.
import type { GroupKeys } from './keys.ts';

/**
 * One operation of a batch. Operations take effect in order; a later one sees the earlier ones.
 * - `delete-range` covers `from` ≤ key < `to`. Alone in its batch it costs the same whatever it covers;
 *   beside other operations it costs as much as it deletes.
 * - `sequence`: the counter at `key` (absent: 0) must be `was` and becomes `now`. If it is not, the whole
 *   batch is refused with an InvariantError that names the key, and so is every later write: what follows may
 *   build on what was refused.
 *
 * The counter of an actor's records (see keys.ts) is never put below, or deleted before, a record that is
 * there.
 */
export type PlainOp =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  | { readonly kind: 'delete-range'; readonly from: Uint8Array; readonly to: Uint8Array }
  | { readonly kind: 'sequence'; readonly key: Uint8Array; readonly was: number; readonly now: number };

/**
 * Plain operations, or the mutations of a log entry of the group whose keys are `keys`, which stand for plain
 * ones: see mutations.ts. `index` is that of the entry, whose records get a place in the group's order: see
 * order-rows.ts.
 */
export type StoreOp =
  | PlainOp
  | {
      readonly kind: 'mutations';
      readonly keys: GroupKeys;
      readonly mutations: Uint8Array;
      readonly index?: number;
    };

/** `from` ≤ key < `to`, at most `limit` entries; `limit` is 1 or more. */
export interface ScanRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly limit: number;
}

export type StoreEntry = readonly [key: Uint8Array, value: Uint8Array];

/**
 * What a scan found: all the rest of its range; or a part of it that holds one entry or more, behind which
 * the range goes on at `next`. A part ends at the limit, or before the entry with which it would hold more
 * than PAGE_BYTES (base/data-limits.ts). The two have no field in common, so that no reader takes a part for
 * the rest.
 */
export type ScanResult =
  | { readonly rest: readonly StoreEntry[] }
  | { readonly part: readonly StoreEntry[]; readonly next: Uint8Array };

/** A frozen view of the store, for reading much while writes go on. */
export type ViewId = number;

/**
 * All calls take effect in the order in which they are made. A write is atomic. After a crash of the machine
 * the store holds a prefix of the writes that contains everything before the last resolved `flush` or synced
 * write.
 *
 * Rejections: `disk-failed`, `disk-full` (both: the store takes no more writes until it is opened again),
 * `journal-damaged` (a checksum of the store did not match), InvariantError (a refused `sequence`).
 */
export interface Store {
  /** About how many bytes were given to `write` and are not in the store yet. */
  readonly backlogBytes: number;
  /**
   * Resolves when later reads see it, and with `sync` when it is durable. The bytes inside `ops` must not
   * change meanwhile.
   */
  write(ops: readonly StoreOp[], options?: { readonly sync?: boolean }): Promise<unknown>;
  /** One result per key, in order. Sees all writes that were queued before it. */
  get(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** The same at once, or undefined when it must be waited for. */
  getNow(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] | undefined;
  scan(range: ScanRange): Promise<ScanResult>;
  /** Sees all writes that were queued before it and none after. Must be closed. */
  openView(): ViewId;
  scanView(view: ViewId, range: ScanRange): Promise<ScanResult>;
  closeView(view: ViewId): void;
  /** Makes all that was written before durable. */
  flush(): Promise<void>;
  /** Finishes what is queued, makes it durable and releases the directory. */
  close(): Promise<void>;
}

/**
 * Throws `data-in-use` when another process has the directory open, `disk-full`, `disk-failed`,
 * `journal-damaged`.
 */
export type OpenStore = (directory: string) => Promise<Store>;
