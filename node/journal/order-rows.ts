// The order of a group's records: for each log entry that wrote some, whose records they are, in the order of
// the entry. With it the records of all actors of the group can be read in one order, which is the same on
// every replica and outlives the log.
//
//   order of an entry    for each stretch of records: path as a byte string of UTF-8, sequence of the first,
//                        number of records; a purge has the sequence 0
//   run                  ff, then for each entry: index, order as a byte string; oldest first
//
// A run is stored at the key of its newest entry, as records are: see record-runs.ts.
//
// Invariants
//  O1  The order of an entry is made of the entry alone, so it is the same wherever that is applied.
//  O2  It is written in the batch that applies the entry.
import { SeqNodeError } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import { parsePath } from '../base/path.ts';

const RUN = 0xff;
const RUN_HEAD = Uint8Array.of(RUN);
/** A run takes no further entry beyond this. */
const RUN_BYTES = 16 * 1024;

/** Records of one actor that follow each other in an entry. */
export interface Stretch {
  readonly path: ActorPath;
  /** 0: the actor was purged. */
  readonly first: number;
  readonly count: number;
}

/** Notes the order of one entry. Not re-entrant. */
export class OrderWriter {
  readonly #writer = new MsgpackWriter();
  #bytes: Uint8Array = RUN_HEAD;
  #from = 0;
  #to = 0;
  #first = 0;
  #count = 0;

  /** Forgets what was added of an entry that could not be read to its end. */
  begin(): void {
    this.#writer.clear();
    this.#count = 0;
  }

  /** A record of the actor whose path is the UTF-8 of `bytes[from, to)`; or, with sequence 0, its purge. */
  add(bytes: Uint8Array, from: number, to: number, sequence: number): void {
    const follows = this.#count > 0 && this.#first > 0 && sequence === this.#first + this.#count;
    if (follows && this.#isPath(bytes, from, to)) {
      this.#count++;
      return;
    }
    this.#close();
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#first = sequence;
    this.#count = 1;
  }

  /** Undefined when the entry wrote no record. */
  take(): Uint8Array | undefined {
    this.#close();
    return this.#writer.length === 0 ? undefined : this.#writer.take();
  }

  #isPath(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from !== this.#to - this.#from) return false;
    for (let at = 0; at < to - from; at++)
      if (bytes[from + at] !== this.#bytes[this.#from + at]) return false;
    return true;
  }

  #close(): void {
    if (this.#count === 0) return;
    this.#writer.binaryFrom(this.#bytes, this.#from, this.#to);
    this.#writer.count(this.#first, 'a sequence');
    this.#writer.count(this.#count, 'a number of records');
    this.#count = 0;
  }
}

const decoder = new TextDecoder();

/** Throws SeqNodeError for bytes that no `OrderWriter` made. */
export function readOrder(value: Uint8Array): Stretch[] {
  const reader = new MsgpackReader(value, damaged);
  const stretches: Stretch[] = [];
  while (!reader.isAtEnd) {
    const path = parsePath(decoder.decode(reader.binary('a path')));
    stretches.push({ path, first: reader.count('a sequence'), count: reader.count('a number of records') });
  }
  return stretches;
}

const damaged = (reason: string) =>
  new SeqNodeError('journal-damaged', `The order of a log entry is malformed: ${reason}.`);

export type OrderRow = readonly [index: number, order: Uint8Array];

const writer = new MsgpackWriter();

/** The orders of entries, oldest first, as rows: each is to be stored under the index that it comes with. */
export function* orderRuns(orders: readonly OrderRow[]): Generator<OrderRow> {
  for (let at = 0; at < orders.length; ) {
    const from = at;
    let bytes = 0;
    do bytes += orders[at++]![1].length;
    while (at < orders.length && bytes < RUN_BYTES);
    yield at - from === 1 ? orders[from]! : [orders[at - 1]![0], run(orders, from, at)];
  }
}

function run(orders: readonly OrderRow[], from: number, to: number): Uint8Array {
  writer.clear();
  writer.raw(RUN_HEAD);
  for (let at = from; at < to; at++) {
    writer.count(orders[at]![0], 'an index');
    writer.binary(orders[at]![1]);
  }
  return writer.take();
}

/** What one row stands for; undefined when that is itself, as it is for one that is damaged. */
export function ordersIn(value: Uint8Array): readonly OrderRow[] | undefined {
  if (value[0] !== RUN) return undefined;
  const reader = new MsgpackReader(value.subarray(RUN_HEAD.length), damaged);
  const orders: OrderRow[] = [];
  try {
    do orders.push([reader.count('an index'), reader.binary('an order')]);
    while (!reader.isAtEnd);
    return orders;
  } catch (error) {
    if (error instanceof SeqNodeError) return undefined;
    throw error;
  }
}
