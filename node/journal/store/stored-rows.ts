// Reads and writes of rows, where a stored row may stand for a run of records: see ../record-runs.ts.

import { compareBytes } from '../../base/bytes.ts';
import { PAGE_BYTES } from '../../base/data-limits.ts';
import { endOfRecords, isRecord, type KeyRange } from '../keys.ts';
import { loneRecord, rowsIn } from '../record-runs.ts';
import { isWithin } from '../store-batch.ts';
import type { PlainOp, ScanRange, ScanResult, StoreEntry } from '../store-port.ts';
import type { KeyValues, RowBatch, RowIterator } from './key-values.ts';

const PAGE_ROWS = 1000;

/**
 * Writes what `fill` puts and deletes, all or nothing. Throws what `fill` or the medium does; then nothing is
 * written.
 */
export function writeBatch(db: KeyValues, sync: boolean, fill: (batch: RowBatch) => void): void {
  const batch = db.openBatch();
  try {
    fill(batch);
    batch.write(sync);
  } finally {
    batch.close();
  }
}

/** The keys as they are stored. */
export function* keysIn(db: KeyValues, range: KeyRange): Generator<Uint8Array> {
  if (compareBytes(range.from, range.to) >= 0) return;
  const iterator = db.iterate(range, { keysOnly: true });
  try {
    for (const [key] of storedRows(iterator, PAGE_ROWS)) yield key;
  } finally {
    iterator.close();
  }
}

/** The keys as they are stored, if there are `most` of them or fewer. */
export function fewKeysIn(db: KeyValues, range: KeyRange, most: number): readonly Uint8Array[] | undefined {
  const keys: Uint8Array[] = [];
  for (const key of keysIn(db, range)) {
    if (keys.length === most) return undefined;
    keys.push(key);
  }
  return keys;
}

/** Reads `range` by an iterator of all rows. */
export function scanView(iterator: RowIterator, range: ScanRange): ScanResult {
  if (isEmpty(range)) return NOTHING;
  // A key is never empty, so that the smallest target stands before all of them.
  iterator.seek(range.from.length > 0 ? range.from : Uint8Array.of(0));
  return readRows(iterator, range);
}

export function scan(db: KeyValues, range: ScanRange): ScanResult {
  if (isEmpty(range)) return NOTHING;
  // The last records of the range may stand in a row behind it.
  const iterator = db.iterate({ from: range.from, to: endOfRecords(range.to) ?? range.to });
  try {
    return readRows(iterator, range);
  } finally {
    iterator.close();
  }
}

export function getRows(db: KeyValues, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
  if (!keys.some(isRecord)) return db.get(keys);
  return keys.map((key) => {
    if (!isRecord(key)) return db.get([key])[0];
    return rowsAt(db, key).find(([each]) => compareBytes(each, key) === 0)?.[1];
  });
}

/**
 * Makes rows of their own of the records in every run that the mutations would change or part, for they are
 * not of records one after the other. What the rows stand for is the same as before.
 */
export function partRuns(db: KeyValues, ops: readonly PlainOp[]): void {
  // Rows of a snapshot come sorted: mostly one look tells of many.
  let free: KeyRange | undefined;
  for (const op of ops) {
    if (op.kind === 'delete-range') partRunsAt(db, op);
    else if (isRecord(op.key) && (free === undefined || !isWithin(op.key, free)))
      free = partRunAt(db, op.key);
  }
}

/** The same for the bounds of a range. */
export function partRunsAt(db: KeyValues, { from, to }: KeyRange): void {
  partRunAt(db, from);
  partRunAt(db, to);
}

/** Returns a range that begins with `bound` and that no run holds anything of, if it came to know one. */
function partRunAt(db: KeyValues, bound: Uint8Array): KeyRange | undefined {
  const end = endOfRecords(bound);
  if (end === undefined) return;
  const rows = rowsAt(db, bound);
  const [first] = rows;
  if (first === undefined) return { from: bound, to: end };
  if (compareBytes(first[0], bound) > 0) return { from: bound, to: first[0] };
  if (rows.length < 2) return;
  writeBatch(db, false, (batch) => {
    for (const [key, record] of rows) batch.put(key, loneRecord(record));
  });
  return;
}

/**
 * What the row at or behind `bound` stands for, if `bound` lies among the records of an actor and that row is
 * of them.
 */
function rowsAt(db: KeyValues, bound: Uint8Array): readonly StoreEntry[] {
  const end = endOfRecords(bound);
  if (end === undefined) return [];
  const iterator = db.iterate({ from: bound, to: end });
  try {
    for (const [key, value] of storedRows(iterator, 1)) return rowsIn(key, value);
    return [];
  } finally {
    iterator.close();
  }
}

const NOTHING: ScanResult = { rest: [] };

const isEmpty = ({ from, to }: ScanRange) => compareBytes(from, to) >= 0;

/** Reads on from where `iterator` stands, which is the first row that can hold any of `range`. */
function readRows(iterator: RowIterator, { from, to, limit }: ScanRange): ScanResult {
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

function* storedRows(iterator: RowIterator, pageRows: number): Generator<StoreEntry> {
  for (let finished = false; !finished; ) {
    const page = iterator.next(pageRows);
    for (let at = 0; at < page.rows.length; at += 2) yield [page.rows[at]!, page.rows[at + 1]!];
    finished = page.finished;
  }
}
