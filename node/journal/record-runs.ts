// Records of one actor that are written together, as one row of RocksDB: each row costs in writes, compaction
// and storage.
//
//   run      ff, then the records as MessagePack byte strings, oldest first
//
// A run is stored at the key of its newest record, so that the first row at or behind the key of a record
// holds it. No record begins with ff; a value that does is stored in a run of one. A value that begins with
// ff and is no run stands for itself: decoding it as a record fails.
//
// Invariants
//  R1  The rows of an actor's records do not overlap: a run holds records behind all that are there (see
//      store-port.ts).
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import { recordBeside, sequenceOf } from './keys.ts';
import { isOrder, orderBeside } from './order-keys.ts';
import { ordersIn } from './order-rows.ts';
import type { StoreEntry } from './store-port.ts';

const RUN = 0xff;
const RUN_HEAD = Uint8Array.of(RUN);
/** A run takes no further record beyond this: reading one record reads its run. */
const RUN_BYTES = 16 * 1024;

const writer = new MsgpackWriter();

export interface Run {
  readonly records: number;
  readonly value: Uint8Array;
}

/** Records that follow each other, as rows. A value may be one of `records` itself. */
export function* runsOf(records: readonly Uint8Array[]): Generator<Run> {
  for (let at = 0; at < records.length; ) {
    const from = at;
    let bytes = 0;
    do bytes += records[at++]!.length;
    while (at < records.length && bytes < RUN_BYTES);
    const count = at - from;
    yield { records: count, value: count === 1 ? loneRecord(records[from]!) : run(records, from, at) };
  }
}

/** The value of the row that holds one record. */
export function loneRecord(record: Uint8Array): Uint8Array {
  return record[0] === RUN ? run([record], 0, 1) : record;
}

function run(records: readonly Uint8Array[], from: number, to: number): Uint8Array {
  writer.clear();
  writer.raw(RUN_HEAD);
  for (let at = from; at < to; at++) writer.binary(records[at]!);
  return writer.take();
}

/** The rows that one row of RocksDB stands for: mostly itself. */
export function rowsIn(key: Uint8Array, value: Uint8Array): readonly StoreEntry[] {
  if (isOrder(key))
    return ordersIn(value)?.map(([at, order]) => [orderBeside(key, at), order]) ?? [[key, value]];
  const last = value[0] === RUN ? sequenceOf(key) : undefined;
  const records = last === undefined ? undefined : recordsIn(value);
  if (last === undefined || records === undefined || records.length > last + 1) return [[key, value]];
  const first = last + 1 - records.length;
  return records.map((record, at) => [recordBeside(key, first + at), record]);
}

/** Undefined when it is no run. */
function recordsIn(value: Uint8Array): readonly Uint8Array[] | undefined {
  const reader = new MsgpackReader(value.subarray(RUN_HEAD.length), (reason) => new NoRun(reason));
  const records: Uint8Array[] = [];
  try {
    do records.push(reader.binary('a record'));
    while (!reader.isAtEnd);
    return records;
  } catch (cause) {
    if (cause instanceof NoRun) return undefined;
    throw cause;
  }
}

class NoRun extends Error {}
