// The store as its worker runs it: requests in, replies out, in order. It blocks the thread that it runs on.
//
// Invariants
//  E1  A write takes effect whole, or not at all and no later one does.
//  E2  Each request sees the writes before it, and none behind it.
import { invariant } from '../../base/assert.ts';
import { isRecord, type KeyRange } from '../keys.ts';
import { loneRecord } from '../record-runs.ts';
import { plainOps, resolveBatch } from '../store-batch.ts';
import type { ScanRange, ScanResult, StoreOp, ViewId } from '../store-port.ts';
import type { KeyValues, RowIterator } from './key-values.ts';
import { Actors, isGathered, MergedBatch, type Write } from './merged-batch.ts';
import { type Fault, faultOf } from './store-faults.ts';
import type { Reply, Request } from './store-messages.ts';
import {
  fewKeysIn,
  getRows,
  keysIn,
  partRuns,
  partRunsAt,
  scan,
  scanView,
  writeBatch,
} from './stored-rows.ts';

/** Queued writes are merged into one batch up to about this size. */
const MERGE_BYTES = 4 * 1024 * 1024;
/**
 * So few rows of a range are deleted one by one. RocksDB asks no filter of a table in memory that holds the
 * deletion of a range, and then searches it for each key that is not there, as marks of new messages are.
 */
const FEW_ROWS = 1000;
/** Deleted where it never is: a write that changes nothing and still can be synced. */
const FLUSH_MARK = Uint8Array.of(0xff, 0xff, 0, 0);

export class StoreEngine {
  readonly #db: KeyValues;
  readonly #views = new Map<ViewId, RowIterator>();
  readonly #actors: Actors;
  /** Set by the first failed or refused write: none is taken after it. */
  #poison: Fault | null = null;

  constructor(db: KeyValues) {
    this.#db = db;
    this.#actors = new Actors(db);
  }

  /** Carries requests out in order; neighbouring writes share a batch. */
  handle(requests: readonly Request[]): Reply[] {
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
        replies.push(this.#answer(request));
      } else if (!isGathered(request)) {
        commit();
        replies.push(this.#writeAlone(request));
      } else {
        if (merged.bytes > MERGE_BYTES) commit();
        if (this.#poison) replies.push(faultReply(request.id, this.#poison));
        else merged = this.#join(merged, request, replies);
      }
    }
    commit();
    return replies;
  }

  /** The medium says late that what these requests asked for failed. */
  fail(requests: readonly Request[], cause: unknown): Reply[] {
    const fault = faultOf(cause);
    this.#poison ??= fault;
    this.#actors.clear();
    return requests.map(({ id }) => faultReply(id, fault));
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
  #writeAlone(request: Write): Reply {
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
        if (value === null) batch.delete(key);
        else batch.put(key, isRecord(key) ? loneRecord(value) : value);
      }
    });
  }

  #clear(id: number, range: KeyRange, sync: boolean): Reply {
    try {
      partRunsAt(this.#db, range);
      const few = fewKeysIn(this.#db, range, FEW_ROWS);
      if (few === undefined) this.#db.deleteRange(range);
      else if (few.length > 0)
        writeBatch(this.#db, false, (batch) => {
          for (const key of few) batch.delete(key);
        });
      if (sync) this.#sync();
      return { kind: 'done', id };
    } catch (cause) {
      this.#poison ??= faultOf(cause);
      return faultReply(id, this.#poison);
    }
  }

  #answer(request: Exclude<Request, { kind: 'write' }>): Reply {
    const { id } = request;
    try {
      switch (request.kind) {
        case 'get':
          return { kind: 'values', id, values: getRows(this.#db, request.keys) };
        case 'scan':
          return { kind: 'scanned', id, found: this.#scan(request.range, request.view) };
        case 'open-view':
          this.#views.set(request.view, this.#db.openView());
          break;
        case 'close-view':
          this.#views.get(request.view)?.close();
          this.#views.delete(request.view);
          break;
        case 'flush':
          if (this.#poison) return faultReply(id, this.#poison);
          this.#sync();
          break;
        case 'close':
          this.#close();
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
    writeBatch(this.#db, true, (batch) => batch.delete(FLUSH_MARK));
  }

  #scan(range: ScanRange, view: ViewId | null): ScanResult {
    if (view === null) return scan(this.#db, range);
    const iterator = this.#views.get(view);
    invariant(iterator, () => `view ${view} is not open`);
    return scanView(iterator, range);
  }

  #close() {
    for (const iterator of this.#views.values()) iterator.close();
    this.#views.clear();
    this.#db.close();
  }
}

function loneRange(ops: readonly StoreOp[]): KeyRange | undefined {
  const [only] = ops;
  return ops.length === 1 && only?.kind === 'delete-range' ? only : undefined;
}

function faultReply(id: number, { code, message }: Fault): Reply {
  return { kind: 'fault', id, code, message };
}
