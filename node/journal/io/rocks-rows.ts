// How rows are read from RocksDB and written to it, where one row may stand for a run of records: see ../record-runs.ts.
import type { RocksBatch, RocksIterator, RocksLevel } from '@nxtedition/rocksdb';
import { PAGE_BYTES } from '../../base/data-limits.ts';
import { endOfRecords, isRecord, type KeyRange } from '../keys.ts';
import { loneRecord, rowsIn } from '../record-runs.ts';
import { compareBytes, isWithin } from '../store-batch.ts';
import type { PlainOp, ScanRange, ScanResult, StoreEntry } from '../store-port.ts';

export const BUFFERS = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
const PAGE_ROWS = 1000;

/** Writes what `fill` puts and deletes, all or nothing. Throws what `fill` or RocksDB does; then nothing is written. */
export function writeBatch(db: RocksLevel, sync: boolean, fill: (batch: RocksBatch) => void): void {
  const batch = db._chainedBatch();
  try {
    fill(batch);
    batch._writeSync({ sync });
  } finally {
    batch._closeSync();
  }
}

/** The keys as RocksDB has them. */
export function* keysIn(db: RocksLevel, { from, to }: KeyRange): Generator<Uint8Array> {
  if (compareBytes(from, to) >= 0) return;
  const iterator = db._iterator({ ...BUFFERS, gte: from, lt: to, values: false });
  try {
    for (const [key] of storedRows(iterator, PAGE_ROWS)) yield key;
  } finally {
    iterator._closeSync();
  }
}

/** Of all rows as they are now; to be closed. */
export function openView(db: RocksLevel): RocksIterator {
  return db._iterator({ ...BUFFERS, highWaterMarkBytes: PAGE_BYTES });
}

/** Reads `range` by an iterator of all rows. */
export function scanView(iterator: RocksIterator, range: ScanRange): ScanResult {
  if (isEmpty(range)) return NOTHING;
  // A key is never empty, so that the smallest target stands before all of them.
  iterator._seekSync(range.from.length > 0 ? range.from : Uint8Array.of(0));
  return readRows(iterator, range);
}

export function scan(db: RocksLevel, range: ScanRange): ScanResult {
  if (isEmpty(range)) return NOTHING;
  const iterator = db._iterator({
    ...BUFFERS,
    gte: range.from,
    // The last records of the range may stand in a row behind it.
    lt: endOfRecords(range.to) ?? range.to,
    highWaterMarkBytes: PAGE_BYTES,
  });
  try {
    return readRows(iterator, range);
  } finally {
    iterator._closeSync();
  }
}

export function getRows(db: RocksLevel, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
  if (!keys.some(isRecord)) return db._getManySync(keys, BUFFERS);
  return keys.map((key) => {
    if (!isRecord(key)) return db._getManySync([key], BUFFERS)[0];
    return rowsAt(db, key).find(([each]) => compareBytes(each, key) === 0)?.[1];
  });
}

/**
 * Makes rows of their own of the records in every run that the steps would change or part, for they are not of records one after the
 * other. What the rows stand for is the same as before.
 */
export function partRuns(db: RocksLevel, ops: readonly PlainOp[]): void {
  // Rows of a snapshot come sorted: mostly one look tells of many.
  let free: KeyRange | undefined;
  for (const op of ops) {
    if (op.kind === 'delete-range') partRunsAt(db, op);
    else if (isRecord(op.key) && (free === undefined || !isWithin(op.key, free)))
      free = partRunAt(db, op.key);
  }
}

/** The same for the bounds of a range. */
export function partRunsAt(db: RocksLevel, { from, to }: KeyRange): void {
  partRunAt(db, from);
  partRunAt(db, to);
}

/** Returns a range that begins with `bound` and that no run holds anything of, if it came to know one. */
function partRunAt(db: RocksLevel, bound: Uint8Array): KeyRange | undefined {
  const end = endOfRecords(bound);
  if (end === undefined) return;
  const rows = rowsAt(db, bound);
  const [first] = rows;
  if (first === undefined) return { from: bound, to: end };
  if (compareBytes(first[0], bound) > 0) return { from: bound, to: first[0] };
  if (rows.length < 2) return;
  writeBatch(db, false, (batch) => {
    for (const [key, record] of rows) batch._put(key, loneRecord(record));
  });
  return;
}

/** What the row at or behind `bound` stands for, if `bound` lies among the records of an actor and that row is of them. */
function rowsAt(db: RocksLevel, bound: Uint8Array): readonly StoreEntry[] {
  const end = endOfRecords(bound);
  if (end === undefined) return [];
  const iterator = db._iterator({ ...BUFFERS, gte: bound, lt: end });
  try {
    for (const [key, value] of storedRows(iterator, 1)) return rowsIn(key, value);
    return [];
  } finally {
    iterator._closeSync();
  }
}

const NOTHING: ScanResult = { rest: [] };

const isEmpty = ({ from, to }: ScanRange) => compareBytes(from, to) >= 0;

/** Reads on from where `iterator` stands, which is the first row that can hold any of `range`. */
function readRows(iterator: RocksIterator, { from, to, limit }: ScanRange): ScanResult {
  const entries: StoreEntry[] = [];
  let bytes = 0;
  for (const [key, value] of storedRows(iterator, Math.min(limit + 1, PAGE_ROWS)))
    for (const entry of rowsIn(key, value)) {
      if (compareBytes(entry[0], to) >= 0) return { rest: entries };
      if (compareBytes(entry[0], from) < 0) continue;
      bytes += entry[0].length + entry[1].length;
      if (entries.length > 0 && (entries.length >= limit || bytes > PAGE_BYTES))
        return { part: entries, next: entry[0] };
      entries.push(entry);
    }
  return { rest: entries };
}

function* storedRows(iterator: RocksIterator, pageRows: number): Generator<StoreEntry> {
  for (let finished = false; !finished; ) {
    const page = iterator._nextvSync(pageRows);
    for (let at = 0; at < page.rows.length; at += 2) yield [page.rows[at]!, page.rows[at + 1]!];
    finished = page.finished;
  }
}
