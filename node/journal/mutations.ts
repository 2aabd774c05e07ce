// The changes of one log entry of a shard to the store, as mutations that every replica applies: concatenated
// MessagePack, each mutation its kind and the fields of the kind. They are independent of the place of the
// group in a replica's store (see keys.ts), and of the meaning of the rows.
//
//   pair          key                      names the outbox of what follows: the key without a number
//   taken         number                   deletes the row: its receiver has taken the message
//   actor         path                     names the actor of the mutations that follow, up to the next one
//   record        sequence, record         puts the record, and moves the actor's counter by one
//   head          head
//   snapshot      snapshot
//   mark          source, mark
//   put           key, value               rows of an outbox
//   row           key, value               puts any other row
//   gone          key                      deletes such a row
//   purged        path                     notes that all records of the actor are gone
//   delete-range  key, key                 deletes what lies from the first up to the second, without it
//
// Keys omit group and generation. Every mutation names the rows that it changes, so that its cost does not
// depend on other writes or stored rows; except `delete-range`, which purges an actor and begins a separate
// entry. Logs of earlier versions hold it anywhere, and `sequence`, a counter by its key.
import { InvariantError, invariant } from '../base/assert.ts';
import type { ActorPath } from '../base/ids.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import type { ActorKeys } from './actor-keys.ts';
import { NUMBER_BYTES, PLACE_BYTES } from './key-kinds.ts';
import { counterBytes, type GroupKeys, isOfTurns, type KeyRange } from './keys.ts';
import { orderKey, purgedKey } from './order-keys.ts';
import { OrderWriter } from './order-rows.ts';
import type { PlainOp } from './store-port.ts';

const PUT = 0;
const DELETE_RANGE = 1;
const SEQUENCE = 2;
const ACTOR = 3;
const RECORD = 4;
const HEAD = 5;
const SNAPSHOT = 6;
const MARK = 7;
const PAIR = 8;
const TAKEN = 9;
const ROW = 10;
const GONE = 11;
const PURGED = 12;
const KINDS = [
  'put',
  'delete-range',
  'sequence',
  'actor',
  'record',
  'head',
  'snapshot',
  'mark',
  'pair',
  'taken',
  'row',
  'gone',
  'purged',
] as const;

export type MutationKind = (typeof KINDS)[number];

const malformed = (reason: string) => new InvariantError(`a log entry is malformed: ${reason}`);

/** Writes the mutations of one entry. Not re-entrant. */
export class MutationsWriter {
  readonly #writer = new MsgpackWriter();

  /** Messages from `sender` to `receiver`, by their numbers; `keys` are those of any group. */
  taken(keys: GroupKeys, sender: string, receiver: ActorPath, numbers: readonly number[]): void {
    this.#kind(PAIR);
    const key = keys.outbox(sender, receiver, 0);
    this.#writer.binaryFrom(key.subarray(0, key.length - NUMBER_BYTES), PLACE_BYTES);
    for (const number of numbers) {
      this.#kind(TAKEN);
      this.#writer.count(number, 'the number of a message');
    }
  }

  actor(path: string): void {
    this.#text(ACTOR, path);
  }

  record(sequence: number, record: Uint8Array): void {
    this.#kind(RECORD);
    this.#writer.count(sequence, 'the sequence');
    this.#writer.binary(record);
  }

  head(head: Uint8Array): void {
    this.#kind(HEAD);
    this.#writer.binary(head);
  }

  snapshot(snapshot: Uint8Array): void {
    this.#kind(SNAPSHOT);
    this.#writer.binary(snapshot);
  }

  mark(source: string, mark: Uint8Array): void {
    this.#text(MARK, source);
    this.#writer.binary(mark);
  }

  /** `key` is one of some group's keys. */
  put(key: Uint8Array, value: Uint8Array): void {
    invariant(!isOfTurns(key), 'a mutation puts a row of which a kind of its own tells');
    this.#kind(PUT);
    this.#writer.binaryFrom(key, PLACE_BYTES);
    this.#writer.binary(value);
  }

  /**
   * A row of another kind than turns write in great number; null deletes it. `key` is one of some group's
   * keys.
   */
  row(key: Uint8Array, value: Uint8Array | null): void {
    invariant(!isOfTurns(key), 'a mutation changes a row of which a kind of its own tells');
    this.#kind(value === null ? GONE : ROW);
    this.#writer.binaryFrom(key, PLACE_BYTES);
    if (value !== null) this.#writer.binary(value);
  }

  /** That the ranges which were deleted hold all records of the actor. */
  purged(path: string): void {
    this.#text(PURGED, path);
  }

  /** Before all else of the entry. The range is one of some group's keys. */
  deleteRange({ from, to }: KeyRange): void {
    this.#kind(DELETE_RANGE);
    this.#writer.binaryFrom(from, PLACE_BYTES);
    this.#writer.binaryFrom(to, PLACE_BYTES);
  }

  /** What was written, and begins anew. */
  take(): Uint8Array {
    return this.#writer.take();
  }

  #kind(kind: number): void {
    this.#writer.count(kind, 'the kind of a mutation');
  }

  #text(kind: number, text: string): void {
    invariant(!text.includes('\0'), () => `${JSON.stringify(text)} cannot be part of a key`);
    this.#kind(kind);
    this.#writer.text(text, 'a part of a key');
  }
}

/**
 * Whether the mutations begin with range deletions, or are of an earlier version, which deletes ranges
 * anywhere.
 */
export const isPlain = (mutations: Uint8Array): boolean =>
  mutations[0] === PUT || mutations[0] === SEQUENCE || mutations[0] === DELETE_RANGE;

/**
 * Iterates over mutations without decoding them: the fields of a mutation are given as offsets into `bytes`.
 * Every function throws InvariantError for bytes that `MutationsWriter` did not make: a committed entry is
 * never skipped.
 */
export class MutationsReader {
  readonly bytes: Uint8Array;
  readonly #reader: MsgpackReader;
  /** Of the text or key of the mutation. */
  from = 0;
  to = 0;
  /** Of the value of the mutation, or of the second key of a range. */
  valueFrom = 0;
  valueTo = 0;
  /** Of a record, a counter or a message. */
  sequence = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#reader = new MsgpackReader(bytes, malformed);
  }

  /** Goes to the next mutation; undefined behind the last. */
  next(): MutationKind | undefined {
    const reader = this.#reader;
    if (reader.isAtEnd) return undefined;
    const kind = KINDS[reader.count('the kind of a mutation')];
    switch (kind) {
      case 'put':
      case 'row':
      case 'delete-range':
        this.#place(reader.skipBinary('a key'));
        this.#placeValue();
        return kind;
      case 'gone':
        this.#place(reader.skipBinary('a key'));
        return kind;
      case 'sequence':
        this.#place(reader.skipBinary('a key'));
        this.sequence = reader.count('a sequence');
        return kind;
      case 'actor':
      case 'purged':
        this.#place(reader.skipText('a path'));
        return kind;
      case 'pair':
        this.#place(reader.skipBinary('a pair'));
        return kind;
      case 'taken':
        this.sequence = reader.count('the number of a message');
        return kind;
      case 'record':
        this.sequence = reader.count('a sequence');
        this.#placeValue();
        return kind;
      case 'head':
      case 'snapshot':
        this.#placeValue();
        return kind;
      case 'mark':
        this.#place(reader.skipText('a source'));
        this.#placeValue();
        return kind;
      default:
        throw malformed('a mutation is of no known kind');
    }
  }

  value(): Uint8Array {
    return this.bytes.subarray(this.valueFrom, this.valueTo);
  }

  #place(length: number): void {
    this.to = this.#reader.at;
    this.from = this.to - length;
  }

  #placeValue(): void {
    const length = this.#reader.skipBinary('a value');
    this.valueTo = this.#reader.at;
    this.valueFrom = this.valueTo - length;
  }
}

/**
 * The mutations as operations of the store, for the group whose keys are `keys`. Values share memory with
 * `mutations`. Without the index of their entry they get no place in the group's order.
 */
export function decodeMutations(keys: GroupKeys, mutations: Uint8Array, index?: number): PlainOp[] {
  orderWriter.begin();
  const { ops, purged } = contentOps(keys, mutations);
  if (index === undefined) return ops;
  for (const path of purged)
    ops.push({ kind: 'put', key: purgedKey(keys, path), value: counterBytes(index) });
  const row = orderWriter.take();
  if (row !== undefined) ops.push({ kind: 'put', key: orderKey(keys, index), value: row });
  return ops;
}

/** Where the records of an entry stand in the order of the group. */
const orderWriter = new OrderWriter();
const utf8 = new TextDecoder();
const NO_PURGES: ReadonlySet<ActorPath> = new Set();

/** Tells `orderWriter` of the records and purges. `purged`: those actors, and '' for that there are some. */
function contentOps(
  keys: GroupKeys,
  mutations: Uint8Array,
): { readonly ops: PlainOp[]; readonly purged: ReadonlySet<ActorPath> } {
  const reader = new MutationsReader(mutations);
  const ops: PlainOp[] = [];
  let named: ActorKeys | undefined;
  let pair: Uint8Array | undefined;
  let purged = NO_PURGES;
  /** Where the path of the actor is. */
  let pathFrom = 0;
  let pathTo = 0;
  const actor = () => {
    if (named === undefined) throw malformed('no mutation names the actor');
    return named;
  };
  for (let kind = reader.next(); kind !== undefined; kind = reader.next()) {
    const { bytes, from, to, sequence } = reader;
    if (kind === 'actor') {
      named = keys.actor(bytes, from, to);
      pathFrom = from;
      pathTo = to;
    } else if (kind === 'pair') pair = bytes.subarray(from, to);
    else if (kind === 'taken') {
      if (pair === undefined) throw malformed('no mutation names the pair');
      ops.push({ kind: 'delete', key: keys.numbered(pair, sequence) });
    } else if (kind === 'record') {
      ops.push({ kind: 'sequence', key: actor().sequence(), was: sequence - 1, now: sequence });
      ops.push({ kind: 'put', key: actor().record(sequence), value: reader.value() });
      orderWriter.add(bytes, pathFrom, pathTo, sequence);
    } else if (kind === 'mark')
      ops.push({ kind: 'put', key: actor().mark(bytes, from, to), value: reader.value() });
    else if (kind === 'head') ops.push({ kind: 'put', key: actor().head(), value: reader.value() });
    else if (kind === 'snapshot') ops.push({ kind: 'put', key: actor().snapshot(), value: reader.value() });
    else if (kind === 'put' || kind === 'row')
      ops.push({ kind: 'put', key: keys.placed(bytes, from, to), value: reader.value() });
    else if (kind === 'gone') ops.push({ kind: 'delete', key: keys.placed(bytes, from, to) });
    else if (kind === 'purged') {
      orderWriter.add(bytes, from, to, 0);
      purged = new Set(purged).add('' as ActorPath).add(utf8.decode(bytes.subarray(from, to)) as ActorPath);
    } else if (kind === 'sequence')
      ops.push({ kind: 'sequence', key: keys.placed(bytes, from, to), was: sequence - 1, now: sequence });
    else {
      const { valueFrom, valueTo } = reader;
      const range = { from: keys.placed(bytes, from, to), to: keys.placed(bytes, valueFrom, valueTo) };
      ops.push({ kind: 'delete-range', ...range });
    }
  }
  return { ops, purged };
}
