// What a running node offers to exports and imports: the rows of actors as they are stored, of one moment of
// the cluster, and back.

export interface ShardMoment {
  readonly shard: number;
  /** The index of the last log entry that the export shows. */
  readonly index: number;
}

export interface BegunExport {
  /** Names the export in what follows. */
  readonly export: string;
  readonly cluster: string;
  readonly version: string;
  readonly shards: readonly ShardMoment[];
  /** Hashes of the deployed modules. */
  readonly modules: readonly string[];
}

export interface ExportedRows {
  /** See node/journal/packed-rows.ts. */
  readonly rows: Uint8Array;
  /** The key with which the range goes on; null at its end. */
  readonly next: Uint8Array | null;
}

export interface ModuleText {
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

/** How far an import is in one shard: lots of rows that it has taken, and whether it has ended. */
export interface ShardProgress {
  readonly shard: number;
  readonly taken: number;
  readonly done: boolean;
}

/** What the new cluster must not fall behind of: see ImportedCounters of node/core/types.ts. */
export interface Counters {
  readonly wall: number;
  readonly sent: number;
  readonly letters: number;
}

/** Methods reject with SeqNodeError, as those of NodeApi. */
export interface MoveApi {
  /** Opens a view of every shard, all of one moment. Rejects with `export-lost` where that was missed. */
  beginExport(): Promise<BegunExport>;
  /**
   * Rows whose keys, without group and generation, lie from `from` up to `to`. Rejects with `export-lost`
   * once the view is gone.
   */
  exportRows(id: string, shard: number, from: Uint8Array, to: Uint8Array): Promise<ExportedRows>;
  endExport(id: string): Promise<void>;
  moduleText(hash: string): Promise<ModuleText>;
  /**
   * Closes every shard to all but this import; begun again, says how far it is. Rejects with `not-empty`
   * where the cluster holds anything.
   */
  beginImport(id: string): Promise<readonly ShardProgress[]>;
  importRows(id: string, shard: number, number: number, rows: Uint8Array): Promise<ShardProgress>;
  /** Opens the shards with what was imported. */
  endImport(id: string, counters: Counters): Promise<void>;
  /** Opens them without it. */
  abandonImport(id: string): Promise<void>;
}
