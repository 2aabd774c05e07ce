// RocksDB as the port below the store. Its calls block the calling thread.
import { type RocksBatch, type RocksIterator, RocksLevel } from '@nxtedition/rocksdb';
import { PAGE_BYTES } from '../../base/data-limits.ts';
import type { KeyRange } from '../keys.ts';
import type { IterateOptions, KeyValues, RowBatch, RowIterator } from '../store/key-values.ts';
import { yieldCompaction } from './background-threads.ts';

export const BUFFERS = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
const CACHE_BYTES = 32 * 1024 * 1024;
/**
 * A quarter of it is one table in memory; and all of it the first level, which is merged anew with what comes
 * and is rewritten with the second. With half of it, compaction took a fifth of all work once a node had
 * taken some millions of messages.
 */
const MEMTABLE_BYTES = 256 * 1024 * 1024;

const OPTIONS = {
  ...BUFFERS,
  createIfMissing: true,
  walCompression: false,
  cacheSize: CACHE_BYTES,
  // Larger than RocksDB's own: rows are small, and each block costs as much again as some of them when tables
  // are made.
  blockSize: 16 * 1024,
  // The first two levels are not compressed: what is written often is soon rewritten.
  compaction: 'level',
  // No dictionary is trained for each table, that is: behind the second level they are compressed all the
  // same.
  compression: false,
  memtableMemoryBudget: MEMTABLE_BYTES,
  // Most reads are of marks that are not there: of messages that nobody has sent before.
  optimize: 'point-lookup',
  filterPolicy: 'bloomfilter:10',
};

export class RocksKeyValues implements KeyValues {
  readonly #db: RocksLevel;
  /** Of calls that RocksDB carries out at once and answers later. */
  #late: Promise<void>[] = [];

  /** Rejects with what RocksDB says. */
  static async open(directory: string): Promise<RocksKeyValues> {
    const db = await RocksLevel.open(directory, OPTIONS);
    yieldCompaction();
    return new RocksKeyValues(db);
  }

  constructor(db: RocksLevel) {
    this.#db = db;
  }

  /** For single reads by another thread of this process, while this one keeps the database open. */
  get handle(): bigint {
    return this.#db.handle;
  }

  get(keys: readonly Uint8Array[]) {
    return this.#db._getManySync(keys, BUFFERS);
  }

  iterate({ from, to }: KeyRange, { keysOnly = false }: IterateOptions = {}): RowIterator {
    const options = { ...BUFFERS, gte: from, lt: to, values: !keysOnly, highWaterMarkBytes: PAGE_BYTES };
    return new RocksRows(this.#db._iterator(options));
  }

  openView(): RowIterator {
    return new RocksRows(this.#db._iterator({ ...BUFFERS, highWaterMarkBytes: PAGE_BYTES }));
  }

  openBatch(): RowBatch {
    return new RocksRowBatch(this.#db._chainedBatch());
  }

  deleteRange({ from, to }: KeyRange): void {
    this.#late.push(this.#db._clear({ gte: from, lt: to }));
  }

  /** Closing syncs what was written: see Database::Close in the package's binding.cc. */
  close(): void {
    this.#late.push(this.#db.close());
  }

  /** Rejects with what failed since it was last called and was not thrown. */
  async settled(): Promise<void> {
    if (this.#late.length > 0) await Promise.all(this.#late.splice(0));
  }
}

class RocksRows implements RowIterator {
  readonly #iterator: RocksIterator;

  constructor(iterator: RocksIterator) {
    this.#iterator = iterator;
  }

  seek(key: Uint8Array): void {
    this.#iterator._seekSync(key);
  }

  next(count: number) {
    return this.#iterator._nextvSync(count);
  }

  close(): void {
    this.#iterator._closeSync();
  }
}

class RocksRowBatch implements RowBatch {
  readonly #batch: RocksBatch;

  constructor(batch: RocksBatch) {
    this.#batch = batch;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#batch._put(key, value);
  }

  delete(key: Uint8Array): void {
    this.#batch._del(key);
  }

  write(sync: boolean): void {
    this.#batch._writeSync({ sync });
  }

  close(): void {
    this.#batch._closeSync();
  }
}
