// The part of @nxtedition/rocksdb that the store uses; the package has no types. The calls with an underscore
// are synchronous or skip the encodings of abstract-level; they are the package's own and change only with
// its major version.
declare module '@nxtedition/rocksdb' {
  export interface RocksOptions {
    readonly createIfMissing?: boolean;
    readonly keyEncoding?: 'buffer';
    readonly valueEncoding?: 'buffer';
    readonly walCompression?: boolean;
    readonly cacheSize?: number;
    readonly parallelism?: number;
    readonly blockSize?: number;
  }

  export interface IteratorOptions {
    readonly gte?: Uint8Array;
    readonly lt?: Uint8Array;
    readonly keys?: boolean;
    readonly values?: boolean;
    readonly keyEncoding: 'buffer';
    readonly valueEncoding: 'buffer';
    readonly highWaterMarkBytes?: number;
  }

  export interface RocksIterator {
    _seekSync(target: Uint8Array): void;
    /** `rows` holds key, value, key, value … */
    _nextvSync(size: number): { readonly rows: readonly Uint8Array[]; readonly finished: boolean };
    _closeSync(): void;
  }

  export interface RocksBatch {
    _put(key: Uint8Array, value: Uint8Array): void;
    _del(key: Uint8Array): void;
    _writeSync(options: { readonly sync: boolean }): void;
    _closeSync(): void;
  }

  export class RocksLevel {
    static open(directory: string, options: RocksOptions): Promise<RocksLevel>;
    /**
     * The database that another thread of this process has open, by its `handle`. Must not be closed, nor
     * outlive it.
     */
    static open(handle: bigint, options: RocksOptions): Promise<RocksLevel>;
    readonly handle: bigint;
    _chainedBatch(): RocksBatch;
    _getManySync(
      keys: readonly Uint8Array[],
      options?: { readonly valueEncoding: 'buffer' },
    ): (Uint8Array | undefined)[];
    _iterator(options: IteratorOptions): RocksIterator;
    /** Deletes a range with one tombstone. */
    _clear(range: { readonly gte: Uint8Array; readonly lt: Uint8Array }): Promise<void>;
    close(): Promise<void>;
  }
}
