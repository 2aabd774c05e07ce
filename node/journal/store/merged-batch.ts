// Merges the writes of several callers into one batch of rows.
//
// The rows of turns, records, counters and marks, are gathered by actor: rows that are neighbours in the
// store are then written in sequence, and it need not search the place of each.
//
// Invariants
//  B1  Rows of one key keep their order: every key has one place to be gathered in.
//  B2  A counter moves from what the newest write before left of it, in this batch or in the store.
//  B3  What a mutation costs does not depend on what was gathered before it: none reads the batch, or rows of
//      the store but one counter.
import { InvariantError } from '../../base/assert.ts';
import { hashBytes } from '../../base/hash.ts';
import type { ActorKeys } from '../actor-keys.ts';
import { counterBytes, type GroupKeys, isGroupRow, isOfTurns, parseCounter } from '../keys.ts';
import { isPlain, MutationsReader } from '../mutations.ts';
import { orderKey } from '../order-keys.ts';
import { type OrderRow, OrderWriter, orderRuns } from '../order-rows.ts';
import { runsOf } from '../record-runs.ts';
import { checkCounter } from '../store-batch.ts';
import type { StoreOp } from '../store-port.ts';
import type { KeyValues, RowBatch } from './key-values.ts';
import type { Request } from './store-messages.ts';
import { writeBatch } from './stored-rows.ts';

export type Write = Extract<Request, { kind: 'write' }>;
type GatheredOp = Extract<StoreOp, { kind: 'put' | 'delete' | 'mutations' }>;
/** Key, value, key, value …; a value is null where the row goes. */
type Rows = (Uint8Array | null)[];

const orderWriter = new OrderWriter();

/** Actors whose counter is remembered; then all are forgotten and read again. */
const ACTORS_MAX = 20_000;

interface ActorRows {
  readonly keys: ActorKeys;
  /** The sequence of its newest record. */
  counter: number;
  /** Those of the batch, which end with the one that the counter names. */
  readonly records: Uint8Array[];
  readonly marks: Rows;
  /** Has rows in the batch. */
  touched: boolean;
  /** Another with the same hash. */
  readonly next: ActorRows | undefined;
}

/** What batch after batch knows of the actors whose turns are written. */
export class Actors {
  readonly #db: KeyValues;
  /** By generation within group, then by the hash of the path. */
  readonly #places = new Map<number, Map<number, ActorRows>>();
  #size = 0;

  constructor(db: KeyValues) {
    this.#db = db;
  }

  find(place: GroupKeys, bytes: Uint8Array, from: number, to: number): ActorRows {
    const number = placeNumber(place);
    let actors = this.#places.get(number);
    if (actors === undefined) {
      actors = new Map();
      this.#places.set(number, actors);
    }
    const hash = hashBytes(bytes, from, to);
    const first = actors.get(hash);
    for (let actor = first; actor !== undefined; actor = actor.next)
      if (actor.keys.isOf(bytes, from, to)) return actor;
    const actor = this.#read(place.actor(bytes, from, to), first);
    actors.set(hash, actor);
    this.#size++;
    return actor;
  }

  #read(keys: ActorKeys, next: ActorRows | undefined): ActorRows {
    const [value] = this.#db.get([keys.sequence()]);
    const counter = value === undefined ? 0 : parseCounter(value);
    return { keys, counter, records: [], marks: [], touched: false, next };
  }

  /** Not while a batch is gathered. */
  forgetSome(): void {
    if (this.#size >= ACTORS_MAX) this.clear();
  }

  clear(): void {
    this.#places.clear();
    this.#size = 0;
  }
}

/** Whether a write can share a batch: its rows have a place to be gathered in. */
export function isGathered({ ops }: Write): boolean {
  return ops.every((op) => {
    if (op.kind === 'mutations') return !isPlain(op.mutations);
    return (op.kind === 'put' || op.kind === 'delete') && !isOfTurns(op.key);
  });
}

export class MergedBatch {
  readonly writes: Write[] = [];
  bytes = 0;
  readonly #db: KeyValues;
  readonly #actors: Actors;
  readonly #touched: ActorRows[] = [];
  readonly #rows: Rows = [];
  /** The newest row of each group, by its key's last two bytes: one is written with every entry. */
  readonly #groupRows = new Map<number, readonly [Uint8Array, Uint8Array | null]>();
  readonly #orders = new Map<number, { readonly keys: GroupKeys; readonly rows: OrderRow[] }>();

  constructor(db: KeyValues, actors: Actors) {
    this.#db = db;
    this.#actors = actors;
  }

  /**
   * Takes a write that is `isGathered`. Throws InvariantError for one that must be refused: then the batch is
   * of no use any more.
   */
  add(write: Write): void {
    for (const op of write.ops as readonly GatheredOp[]) {
      if (op.kind === 'mutations') this.#mutations(op.keys, op.mutations, op.index);
      else this.#row(op.key, op.kind === 'put' ? op.value : null);
    }
    this.writes.push(write);
  }

  /** Throws what the medium says; then nothing is written. */
  write(): void {
    const sync = this.writes.some((write) => write.sync);
    writeBatch(this.#db, sync, (batch) => {
      putRows(batch, this.#rows);
      for (const { keys, counter, records } of this.#touched)
        if (records.length > 0) batch.put(keys.sequence(), counterBytes(counter));
      for (const actor of this.#touched) putRecords(batch, actor);
      for (const { marks } of this.#touched) putRows(batch, marks);
      for (const { keys, rows } of this.#orders.values())
        for (const [index, row] of orderRuns(rows)) batch.put(orderKey(keys, index), row);
      for (const row of this.#groupRows.values()) putRows(batch, row);
    });
    for (const actor of this.#touched) {
      actor.records.length = 0;
      actor.marks.length = 0;
      actor.touched = false;
    }
    this.#actors.forgetSome();
  }

  #row(key: Uint8Array, value: Uint8Array | null): void {
    if (isGroupRow(key)) this.#groupRows.set(((key[3] ?? 0) << 8) | (key[4] ?? 0), [key, value]);
    else this.#rows.push(key, value);
    this.bytes += key.length + (value?.length ?? 0);
  }

  #mutations(place: GroupKeys, mutations: Uint8Array, index: number | undefined): void {
    const reader = new MutationsReader(mutations);
    let actor: ActorRows | undefined;
    let path: readonly [from: number, to: number] = [0, 0];
    let pair: Uint8Array | undefined;
    orderWriter.begin();
    for (let kind = reader.next(); kind !== undefined; kind = reader.next()) {
      const { bytes, from, to } = reader;
      if (kind === 'actor') {
        actor = this.#touch(this.#actors.find(place, bytes, from, to));
        path = [from, to];
      } else if (kind === 'put' || kind === 'row')
        this.#rows.push(place.placed(bytes, from, to), reader.value());
      else if (kind === 'gone') this.#rows.push(place.placed(bytes, from, to), null);
      else if (kind === 'pair') pair = bytes.subarray(from, to);
      else if (kind === 'taken') this.#rows.push(takenKey(place, pair, reader.sequence), null);
      else if (actor === undefined)
        throw new InvariantError('a log entry is malformed: no mutation names the actor');
      else if (kind === 'record') {
        addRecord(actor, reader);
        orderWriter.add(bytes, ...path, reader.sequence);
      } else if (kind === 'mark') actor.marks.push(actor.keys.mark(bytes, from, to), reader.value());
      else if (kind === 'head') this.#rows.push(actor.keys.head(), reader.value());
      else if (kind === 'snapshot') this.#rows.push(actor.keys.snapshot(), reader.value());
      else throw new InvariantError(`a log entry is malformed: ${kind} stands where it may not`);
    }
    this.bytes += mutations.length;
    this.#order(place, index, orderWriter.take());
  }

  #order(keys: GroupKeys, index: number | undefined, order: Uint8Array | undefined): void {
    if (index === undefined || order === undefined) return;
    const number = placeNumber(keys);
    let orders = this.#orders.get(number);
    if (orders === undefined) {
      orders = { keys, rows: [] };
      this.#orders.set(number, orders);
    }
    orders.rows.push([index, order]);
  }

  #touch(actor: ActorRows): ActorRows {
    if (!actor.touched) {
      actor.touched = true;
      this.#touched.push(actor);
    }
    return actor;
  }
}

const placeNumber = ({ group, generation }: GroupKeys) => group * 2 ** 32 + generation;

function takenKey(place: GroupKeys, pair: Uint8Array | undefined, number: number): Uint8Array {
  if (pair === undefined) throw new InvariantError('a log entry is malformed: no mutation names the pair');
  return place.numbered(pair, number);
}

function addRecord(actor: ActorRows, reader: MutationsReader): void {
  const { keys, counter } = actor;
  const { sequence } = reader;
  if (counter !== sequence - 1) checkCounter(keys.sequence(), counter, sequence - 1, sequence);
  actor.counter = sequence;
  actor.records.push(reader.value());
}

function putRecords(batch: RowBatch, { keys, counter, records }: ActorRows): void {
  let sequence = counter - records.length;
  for (const run of runsOf(records)) {
    sequence += run.records;
    batch.put(keys.record(sequence), run.value);
  }
}

function putRows(batch: RowBatch, rows: readonly (Uint8Array | null)[]): void {
  for (let at = 0; at < rows.length; at += 2) {
    const value = rows[at + 1]!;
    if (value === null) batch.delete(rows[at]!);
    else batch.put(rows[at]!, value);
  }
}
