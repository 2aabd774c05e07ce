// RocksDB as the store's worker thread uses it: requests in, replies out, in order. Every call blocks the thread it is made on.
import { type RocksIterator, RocksLevel } from '@nxtedition/rocksdb';
import { InvariantError, invariant } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { isRecord, type KeyRange } from '../keys.ts';
import { loneRecord } from '../record-runs.ts';
import { compareBytes, plainOps, resolveBatch } from '../store-batch.ts';
import type { ScanRange, ScanResult, StoreOp, ViewId } from '../store-port.ts';
import { yieldCompaction } from './background-threads.ts';
import { Actors, isGathered, MergedBatch, type Write } from './merged-batch.ts';
import {
  BUFFERS,
  getRows,
  keysIn,
  openView,
  partRuns,
  partRunsAt,
  scan,
  scanView,
  writeBatch,
} from './rocks-rows.ts';
import type { FaultCode, Reply, Request } from './store-messages.ts';

/** Queued writes are merged into one RocksDB batch up to about this size. */
const MERGE_BYTES = 4 * 1024 * 1024;
const CACHE_BYTES = 32 * 1024 * 1024;
/**
 * A quarter of it is one table in memory; and all of it the first level, which is merged anew with what comes and is rewritten with
 * the second. With half of it, compaction took a fifth of all work once a node had taken some millions of messages.
 */
const MEMTABLE_BYTES = 256 * 1024 * 1024;
/** Deleted where it never is: a write that changes nothing and still can be synced. */
const FLUSH_MARK = Uint8Array.of(0xff, 0xff, 0, 0);

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Throws Fault. */
export async function openEngine(directory: string): Promise<RocksEngine> {
  try {
    const options = {
      ...BUFFERS,
      createIfMissing: true,
      walCompression: false,
      cacheSize: CACHE_BYTES,
      // Larger than RocksDB's own: rows are small, and each block costs as much again as some of them when tables are made.
      blockSize: 16 * 1024,
      // The first two levels are not compressed: what is written often is soon rewritten.
      compaction: 'level',
      // No dictionary is trained for each table, that is: behind the second level they are compressed all the same.
      compression: false,
      memtableMemoryBudget: MEMTABLE_BYTES,
      // Most reads are of marks that are not there: of messages that nobody has sent before.
      optimize: 'point-lookup',
      filterPolicy: 'bloomfilter:10',
    };
    const db = await RocksLevel.open(directory, options);
    yieldCompaction();
    return new RocksEngine(db);
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw faultOf(inner);
  }
}

export class RocksEngine {
  readonly #db: RocksLevel;
  readonly #views = new Map<ViewId, RocksIterator>();
  readonly #actors: Actors;
  /** Set by the first failed or refused write: none is taken after it. */
  #poison: Fault | null = null;

  constructor(db: RocksLevel) {
    this.#db = db;
    this.#actors = new Actors(db);
  }

  /** For single reads by another thread of this process, while this one keeps the database open. */
  get database(): bigint {
    return this.#db.handle;
  }

  /** Carries requests out in order; neighbouring writes share a RocksDB batch. */
  async handle(requests: readonly Request[]): Promise<Reply[]> {
    const replies: Reply[] = [];
    let merged = new MergedBatch(this.#db, this.#actors);
    const commit = () => {
      if (merged.writes.length === 0) return;
      const done = this.#commit(merged.writes, () => merged.write());
      replies.push(...done);
      merged = new MergedBatch(this.#db, this.#actors);
    };
    for (const request of requests) {
      if (request.kind !== 'write') {
        commit();
        replies.push(await this.#answer(request));
      } else if (!isGathered(request)) {
        commit();
        replies.push(await this.#writeAlone(request));
      } else {
        if (merged.bytes > MERGE_BYTES) commit();
        if (this.#poison) replies.push(faultReply(request.id, this.#poison));
        else merged = this.#join(merged, request, replies);
      }
    }
    commit();
    return replies;
  }

  /** Adds a write to the batch. One that must be refused poisons; what came before it is written. */
  #join(merged: MergedBatch, request: Write, replies: Reply[]): MergedBatch {
    try {
      merged.add(request);
      return merged;
    } catch (cause) {
      // Some of it may be in the batch already: gather the others anew.
      this.#actors.clear();
      const before = new MergedBatch(this.#db, this.#actors);
      for (const write of merged.writes) before.add(write);
      replies.push(...this.#commit(before.writes, () => before.write()));
      this.#poison ??= faultOf(cause);
      replies.push(faultReply(request.id, this.#poison));
      return new MergedBatch(this.#db, this.#actors);
    }
  }

  #commit(writes: readonly Write[], write: () => void): Reply[] {
    try {
      write();
      return writes.map(({ id }): Reply => ({ kind: 'done', id }));
    } catch (cause) {
      const fault = faultOf(cause);
      this.#poison ??= fault;
      this.#actors.clear();
      return writes.map(({ id }) => faultReply(id, fault));
    }
  }

  /** For writes of rows that others may have gathered or remembered. */
  async #writeAlone(request: Write): Promise<Reply> {
    if (this.#poison) return faultReply(request.id, this.#poison);
    this.#actors.clear();
    const range = loneRange(request.ops);
    if (range !== undefined) return this.#clear(request.id, range, request.sync);
    const [reply] = this.#commit([request], () => this.#writePlain(request));
    return reply!;
  }

  #writePlain({ ops, sync }: Write): void {
    const plain = plainOps(ops);
    partRuns(this.#db, plain);
    const mutations = resolveBatch(plain, {
      get: (key) => getRows(this.#db, [key])[0],
      keysIn: (range) => keysIn(this.#db, range),
    });
    writeBatch(this.#db, sync, (batch) => {
      for (const [key, value] of mutations) {
        if (value === null) batch._del(key);
        else batch._put(key, isRecord(key) ? loneRecord(value) : value);
      }
    });
  }

  async #clear(id: number, range: KeyRange, sync: boolean): Promise<Reply> {
    try {
      partRunsAt(this.#db, range);
      if (compareBytes(range.from, range.to) < 0) await this.#db._clear({ gte: range.from, lt: range.to });
      if (sync) this.#sync();
      return { kind: 'done', id };
    } catch (cause) {
      this.#poison ??= faultOf(cause);
      return faultReply(id, this.#poison);
    }
  }

  async #answer(request: Exclude<Request, { kind: 'write' }>): Promise<Reply> {
    const { id } = request;
    try {
      switch (request.kind) {
        case 'get':
          return { kind: 'values', id, values: getRows(this.#db, request.keys) };
        case 'scan':
          return { kind: 'scanned', id, found: this.#scan(request.range, request.view) };
        case 'open-view':
          this.#views.set(request.view, openView(this.#db));
          break;
        case 'close-view':
          this.#views.get(request.view)?._closeSync();
          this.#views.delete(request.view);
          break;
        case 'flush':
          if (this.#poison) return faultReply(id, this.#poison);
          this.#sync();
          break;
        case 'close':
          await this.#close();
          break;
      }
      return { kind: 'done', id };
    } catch (cause) {
      const fault = faultOf(cause);
      // A failed sync must never be followed by one that seems to succeed.
      if (request.kind === 'flush') this.#poison ??= fault;
      return faultReply(id, fault);
    }
  }

  #sync() {
    writeBatch(this.#db, true, (batch) => batch._del(FLUSH_MARK));
  }

  #scan(range: ScanRange, view: ViewId | null): ScanResult {
    if (view === null) return scan(this.#db, range);
    const iterator = this.#views.get(view);
    invariant(iterator, () => `view ${view} is not open`);
    return scanView(iterator, range);
  }

  async #close() {
    for (const iterator of this.#views.values()) iterator._closeSync();
    this.#views.clear();
    // Closing syncs what was written: see Database::Close in the package's binding.cc.
    await this.#db.close();
  }
}

function loneRange(ops: readonly StoreOp[]): KeyRange | undefined {
  const [only] = ops;
  return ops.length === 1 && only?.kind === 'delete-range' ? only : undefined;
}

function faultReply(id: number, { code, message }: Fault): Reply {
  return { kind: 'fault', id, code, message };
}

export function faultOf(cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof InvariantError) return new Fault('invariant', message);
  if (cause instanceof SeqNodeError) return new Fault(cause.code as FaultCode, message);
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === 'LEVEL_LOCKED') return new Fault('data-in-use', message);
  if (code === 'LEVEL_CORRUPTION') return new Fault('journal-damaged', message);
  // RocksDB names the errno, and the call, only in its sentence. After a failed sync nobody knows what the disk holds.
  if (/While f?(data)?sync/i.test(message)) return new Fault('disk-failed', message);
  if (/No space left on device|Disk quota exceeded/i.test(message)) return new Fault('disk-full', message);
  return new Fault('disk-failed', message);
}
