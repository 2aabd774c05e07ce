// RocksDB as the store's worker thread uses it: requests in, replies out, in order. Every call blocks the thread it is made on.
import { type RocksBatch, type RocksIterator, RocksLevel } from '@nxtedition/rocksdb';
import { InvariantError, invariant } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { isGroupRow, type KeyRange, keyName, neighbourhoodOf } from '../keys.ts';
import { compareBytes, type Mutation, resolveBatch } from '../store-batch.ts';
import type { ScanRange, StoreEntry, StoreOp, ViewId } from '../store-port.ts';
import type { FaultCode, Reply, Request } from './store-messages.ts';

/** A scan returns less than it was asked for once it has read about so much. */
const SCAN_BYTES = 4 * 1024 * 1024;
/** Queued writes are merged into one RocksDB batch up to about this size. */
const MERGE_BYTES = 4 * 1024 * 1024;
const CACHE_BYTES = 32 * 1024 * 1024;
/** A quarter of it is one table in memory. */
const MEMTABLE_BYTES = 128 * 1024 * 1024;
const KEYS_PAGE = 1000;
/** Counters whose value is remembered; then all are forgotten and read again. */
const COUNTERS_MAX = 20_000;
export const BUFFERS = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
/** Deleted where it never is: a write that changes nothing and still can be synced. */
const FLUSH_MARK = Uint8Array.of(0xff, 0xff, 0, 0);

type Write = Extract<Request, { kind: 'write' }>;

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
      // The first two levels are not compressed: what is written often is soon rewritten.
      compaction: 'level',
      memtableMemoryBudget: MEMTABLE_BYTES,
      // Most reads are of marks that are not there: of messages that nobody has sent before.
      optimize: 'point-lookup',
      filterPolicy: 'bloomfilter:10',
    };
    return new RocksEngine(await RocksLevel.open(directory, options));
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw faultOf(inner);
  }
}

export class RocksEngine {
  readonly #db: RocksLevel;
  readonly #views = new Map<ViewId, RocksIterator>();
  readonly #counters = new Counters();
  /** Set by the first failed or refused write: none is taken after it. */
  #poison: Fault | null = null;

  constructor(db: RocksLevel) {
    this.#db = db;
  }

  /** For single reads by another thread of this process, while this one keeps the database open. */
  get database(): bigint {
    return this.#db.handle;
  }

  /** Carries requests out in order; neighbouring writes share a RocksDB batch. */
  async handle(requests: readonly Request[]): Promise<Reply[]> {
    const replies: Reply[] = [];
    let merged = new MergedBatch(this.#db, this.#counters);
    const commit = () => {
      replies.push(...this.#commit(merged));
      merged = new MergedBatch(this.#db, this.#counters);
    };
    for (const request of requests) {
      const alone = request.kind === 'write' && loneRange(request.ops);
      const met = request.kind === 'write' && this.#counters.meet(request.ops);
      const joins = request.kind === 'write' && !alone && !met && request.ops.every(isPlain);
      if (!joins || merged.bytes > MERGE_BYTES) commit();
      if (request.kind !== 'write') replies.push(await this.#answer(request));
      else if (this.#poison) replies.push(faultReply(request.id, this.#poison));
      else if (alone) replies.push(await this.#clear(request.id, alone, request.sync));
      else if (!this.#join(merged, request, replies)) commit();
    }
    commit();
    return replies;
  }

  /** Adds a write to the batch; a refused one commits what came before it, and poisons. */
  #join(merged: MergedBatch, request: Write, replies: Reply[]): boolean {
    try {
      merged.add(request);
      return true;
    } catch (cause) {
      replies.push(...this.#commit(merged));
      merged.close();
      this.#poison ??= faultOf(cause);
      replies.push(faultReply(request.id, this.#poison));
      return false;
    }
  }

  #commit(merged: MergedBatch): Reply[] {
    const { ids } = merged;
    if (ids.length === 0) return [];
    try {
      merged.write();
      return ids.splice(0).map((id): Reply => ({ kind: 'done', id }));
    } catch (cause) {
      const fault = faultOf(cause);
      this.#poison ??= fault;
      return ids.splice(0).map((id) => faultReply(id, fault));
    }
  }

  async #clear(id: number, range: KeyRange, sync: boolean): Promise<Reply> {
    this.#counters.clear();
    try {
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
          return { kind: 'values', id, values: this.#db._getManySync(request.keys, BUFFERS) };
        case 'scan':
          return { id, ...this.#scan(request.range, request.view) };
        case 'open-view':
          this.#views.set(request.view, this.#db._iterator({ ...BUFFERS, highWaterMarkBytes: SCAN_BYTES }));
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
    const batch = this.#db._chainedBatch();
    batch._del(FLUSH_MARK);
    batch._writeSync({ sync: true });
    batch._closeSync();
  }

  #scan(range: ScanRange, view: ViewId | null) {
    if (range.limit <= 0 || compareBytes(range.from, range.to) >= 0)
      return { kind: 'entries', entries: [], more: false } as const;
    if (view !== null) {
      const iterator = this.#views.get(view);
      invariant(iterator, () => `view ${view} is not open`);
      // A key is never empty, so that the smallest target stands before all of them.
      iterator._seekSync(range.from.length > 0 ? range.from : Uint8Array.of(0));
      return readEntries(iterator, range);
    }
    const iterator = this.#db._iterator({
      ...BUFFERS,
      gte: range.from,
      lt: range.to,
      reverse: range.reverse ?? false,
      highWaterMarkBytes: SCAN_BYTES,
    });
    try {
      return readEntries(iterator, range);
    } finally {
      iterator._closeSync();
    }
  }

  async #close() {
    for (const iterator of this.#views.values()) iterator._closeSync();
    this.#views.clear();
    // Closing syncs what was written: see Database::Close in the package's binding.cc.
    await this.#db.close();
  }
}

/** Writes of several callers on their way into one RocksDB batch. Later ones see the earlier ones. */
class MergedBatch {
  readonly ids: number[] = [];
  bytes = 0;
  readonly #db: RocksLevel;
  readonly #counters: Counters;
  #batch: RocksBatch | null = null;
  #sync = false;
  /** Rows that are written again and again: of each the last is put into the batch, as it is written. By keyName. */
  readonly #last = new Map<string, Mutation>();

  /** `counters` is brought up to date when the batch is written, and forgotten when it fails. */
  constructor(db: RocksLevel, counters: Counters) {
    this.#db = db;
    this.#counters = counters;
  }

  add({ id, ops, sync }: Write) {
    const mutations = resolveBatch(ops, {
      get: (key) => this.#counter(key),
      // A write with a range is merged with none before it, so that the store alone has the answer.
      keysIn: (range) => keysIn(this.#db, range),
    });
    this.#batch ??= this.#db._chainedBatch();
    for (const mutation of mutations) this.#put(this.#batch, mutation);
    this.ids.push(id);
    this.#sync ||= sync;
  }

  write() {
    try {
      const batch = this.#batch;
      if (batch === null) return;
      for (const [key, value] of this.#last.values()) put(batch, key, value);
      batch._writeSync({ sync: this.#sync });
      for (const [name, [, value]] of this.#last) this.#counters.written(name, value ?? undefined);
    } catch (cause) {
      this.#counters.clear();
      throw cause;
    } finally {
      this.close();
    }
  }

  close() {
    this.#batch?._closeSync();
    this.#batch = null;
  }

  #counter(key: Uint8Array): Uint8Array | undefined {
    const name = keyName(key);
    const last = this.#last.get(name);
    if (last !== undefined) return last[1] ?? undefined;
    return this.#counters.get(name, () => this.#db._getManySync([key], BUFFERS)[0]);
  }

  #put(batch: RocksBatch, mutation: Mutation) {
    const [key, value] = mutation;
    if (isGroupRow(key) || this.#counters.liesNear(key)) this.#last.set(keyName(key), mutation);
    else put(batch, key, value);
    this.bytes += key.length + (value?.length ?? 0);
  }
}

function put(batch: RocksBatch, key: Mutation[0], value: Mutation[1]) {
  if (value === null) batch._del(key);
  else batch._put(key, value);
}

/** Counters as the store has them: every turn of an actor moves its own. Keys in Latin-1. */
class Counters {
  readonly #values = new Map<string, Uint8Array | undefined>();
  /** Groups and kinds of keys in which counters were met. Other keys need not be remembered while they are being written. */
  readonly #neighbourhoods = new Set<number>();

  /** Whether `ops` hold a counter in a neighbourhood that had none: what is being written there was not remembered. */
  meet(ops: readonly StoreOp[]): boolean {
    const before = this.#neighbourhoods.size;
    for (const op of ops) if (op.kind === 'sequence') this.#neighbourhoods.add(neighbourhoodOf(op.key));
    return this.#neighbourhoods.size > before;
  }

  liesNear(key: Uint8Array): boolean {
    return this.#neighbourhoods.has(neighbourhoodOf(key));
  }

  get(name: string, read: () => Uint8Array | undefined): Uint8Array | undefined {
    if (this.#values.has(name)) return this.#values.get(name);
    if (this.#values.size >= COUNTERS_MAX) this.#values.clear();
    const value = read();
    this.#values.set(name, value);
    return value;
  }

  written(name: string, value: Uint8Array | undefined): void {
    if (this.#values.has(name)) this.#values.set(name, value?.slice());
  }

  clear(): void {
    this.#values.clear();
  }
}

const isPlain = (op: StoreOp) => op.kind !== 'delete-range';

function loneRange(ops: readonly StoreOp[]): KeyRange | undefined {
  const [only] = ops;
  return ops.length === 1 && only?.kind === 'delete-range' ? only : undefined;
}

function* keysIn(db: RocksLevel, { from, to }: KeyRange): Generator<Uint8Array> {
  if (compareBytes(from, to) >= 0) return;
  const iterator = db._iterator({ ...BUFFERS, gte: from, lt: to, values: false });
  try {
    for (let finished = false; !finished; ) {
      const page = iterator._nextvSync(KEYS_PAGE);
      for (let at = 0; at < page.rows.length; at += 2) yield page.rows[at] as Uint8Array;
      finished = page.finished;
    }
  } finally {
    iterator._closeSync();
  }
}

/** Reads on from where `iterator` stands: what belongs to `range`, up to its limit or SCAN_BYTES. */
function readEntries(iterator: RocksIterator, { to, limit, reverse }: ScanRange) {
  const entries: StoreEntry[] = [];
  const first = iterator._nextvSync(limit + 1);
  let rows = first.rows;
  // Stopped by its bytes, not by its count: one row more tells whether there is another.
  if (!first.finished && rows.length / 2 <= limit) rows = rows.concat(iterator._nextvSync(1).rows);
  const stoppedAt = first.finished || first.rows.length / 2 > limit ? limit : first.rows.length / 2;
  for (let at = 0; at < rows.length; at += 2) {
    const key = rows[at] as Uint8Array;
    // An iterator of a view has no bounds of its own.
    if (!reverse && compareBytes(key, to) >= 0) break;
    if (entries.length === stoppedAt) return { kind: 'entries', entries, more: true } as const;
    entries.push([key, rows[at + 1] as Uint8Array]);
  }
  return { kind: 'entries', entries, more: false } as const;
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
  // RocksDB names the errno only in its sentence.
  if (/No space left on device|Disk quota exceeded/i.test(message)) return new Fault('disk-full', message);
  return new Fault('disk-failed', message);
}
