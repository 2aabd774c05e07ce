// The rows of actors as an export holds them: apart from the shard in which they lay, and named by what they
// are to their actor.
import { crc32c } from '../../base/crc32c.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, groupId, type SenderName, senderPath } from '../../base/ids.ts';
import { ROW_READERS } from '../../core/row-readers.ts';
import { decodeRecord, type JournalRecord } from '../../journal/journal-record.ts';
import { GroupKeys, parseKey, restOf } from '../../journal/keys.ts';
import { taskKey } from '../../journal/task-keys.ts';
import { askKey, stashKey, subscriptionKey, timerKey, watchKey } from '../../journal/timer-keys.ts';
import { decodeDeadLetter } from '../../runtime/dead-letters.ts';

/** In the order in which the rows of an actor stand in an export. The place in the list is kept in files. */
export const ROW_KINDS = [
  'head',
  'record',
  'snapshot',
  'mark',
  'outbox',
  'letter',
  'timer',
  'watch',
  'stash',
  'task',
  'subscription',
  'ask',
] as const;

export type RowKind = (typeof ROW_KINDS)[number];

export interface ExportRow {
  readonly kind: RowKind;
  /**
   * Tells it from the others of its kind: the sequence of a record, the source of a mark, the id of a timer,
   * the reference of a watch, the number of a stashed message, a task or a dead letter; of a message in the
   * outbox, its incarnation, receiver and number, parted by spaces. Empty for a head, a snapshot and an ask.
   */
  readonly name: string;
  /** As the store holds it. */
  readonly value: Uint8Array;
  /** The same of a record, where it was decoded already. */
  readonly record?: JournalRecord;
}

/** Of its keys only what is the same in every shard is used. */
const KEYS = new GroupKeys(groupId(1), 1);

export interface OwnedRow {
  readonly path: ActorPath;
  readonly row: ExportRow;
}

/** The row of an actor; undefined for the rows of a shard. Throws `journal-damaged`. */
export function rowOf(rest: Uint8Array, value: Uint8Array): OwnedRow | undefined {
  const parsed = parseKey(KEYS.placed(rest));
  switch (parsed.kind) {
    case 'head':
    case 'snapshot':
      return { path: parsed.path, row: { kind: parsed.kind, name: '', value } };
    case 'record':
      return { path: parsed.path, row: { kind: 'record', name: String(parsed.sequence), value } };
    case 'mark':
      return { path: parsed.path, row: { kind: 'mark', name: parsed.source, value } };
    case 'timer':
    case 'watch':
    case 'subscription':
    case 'ask':
      return { path: parsed.path, row: { kind: parsed.kind, name: parsed.name, value } };
    case 'stash': {
      const name = String(Number.parseInt(parsed.name, 16));
      return { path: parsed.path, row: { kind: 'stash', name, value } };
    }
    case 'task':
      return { path: parsed.path, row: { kind: 'task', name: String(parsed.number), value } };
    case 'outbox': {
      const { sender, receiver, number } = parsed;
      const name = `${sender.slice(sender.indexOf('#') + 1)} ${receiver} ${number}`;
      return { path: senderPath(sender as SenderName), row: { kind: 'outbox', name, value } };
    }
    case 'dead-letter': {
      if (parsed.number === 0) return undefined;
      const path = senderPath(decodeDeadLetter(value).sender);
      return { path, row: { kind: 'letter', name: String(parsed.number), value } };
    }
    default:
      return undefined;
  }
}

/** The key without group and generation. Throws `export-damaged` for a name that no row of the kind has. */
export function restOfRow(path: ActorPath, { kind, name }: Pick<ExportRow, 'kind' | 'name'>): Uint8Array {
  return restOf(keyOfRow(path, kind, name));
}

function keyOfRow(path: ActorPath, kind: RowKind, name: string): Uint8Array {
  switch (kind) {
    case 'head':
      return KEYS.head(path);
    case 'snapshot':
      return KEYS.snapshot(path);
    case 'record':
      return KEYS.record(path, numberOf(name));
    case 'mark':
      return KEYS.mark(path, name);
    case 'timer':
      return timerKey(KEYS, path, name);
    case 'watch':
      return watchKey(KEYS, path, name);
    case 'stash':
      return stashKey(KEYS, path, numberOf(name));
    case 'subscription':
      return subscriptionKey(KEYS, path, name);
    case 'ask':
      return askKey(KEYS, path);
    case 'task':
      return taskKey(KEYS, path, numberOf(name));
    case 'letter':
      return KEYS.deadLetter(numberOf(name));
    case 'outbox': {
      const [, incarnation, receiver, number] = /^(.*) (\/\S+) (\d+)$/.exec(name) ?? [];
      if (incarnation === undefined) throw badName(kind, name);
      return KEYS.outbox(`${path}#${incarnation}`, receiver as ActorPath, numberOf(number!));
    }
  }
}

function numberOf(name: string): number {
  const number = /^\d{1,16}$/.test(name) ? Number(name) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw badName('record', name);
  return number;
}

const badName = (kind: RowKind, name: string) =>
  new SeqNodeError('export-damaged', `No ${kind} has the name ${JSON.stringify(name.slice(0, 80))}.`);

const READERS: Readonly<Record<Exclude<RowKind, 'record'>, (value: Uint8Array) => unknown>> = {
  head: ROW_READERS.head,
  snapshot: ROW_READERS.snapshot,
  mark: ROW_READERS.mark,
  outbox: ROW_READERS.outbox,
  letter: ROW_READERS.deadLetter,
  timer: ROW_READERS.timer,
  watch: ROW_READERS.watch,
  stash: ROW_READERS.stash,
  task: ROW_READERS.task,
  subscription: ROW_READERS.subscription,
  ask: () => undefined,
};

/** Throws SeqNodeError for a value that a node could not read. */
export function checkRow({ kind, value, record }: ExportRow): void {
  if (kind !== 'record') READERS[kind](value);
  else if (record === undefined) decodeRecord(value);
}

/** What the rows of an actor, or of all, come to. */
export interface Sum {
  readonly rows: number;
  readonly records: number;
  readonly crc: number;
}

export const NO_ROWS: Sum = { rows: 0, records: 0, crc: 0 };

/** Counts and checks rows one behind the other: CRC-32C of kind, name, length and value of each. */
export class Summing {
  #rows = 0;
  #records = 0;
  #crc = 0;
  readonly #head = new Uint8Array(5);
  readonly #view = new DataView(this.#head.buffer);

  add({ kind, name, value }: ExportRow): void {
    this.#rows++;
    if (kind === 'record') this.#records++;
    this.#head[0] = ROW_KINDS.indexOf(kind);
    this.#view.setUint32(1, value.length, true);
    // Of a record the name is a part of its value.
    const named = kind === 'record' || name === '' ? 0 : crc32c(Buffer.from(name));
    this.#crc = crc32c(value, crc32c(this.#head, this.#crc ^ named));
  }

  get sum(): Sum {
    return { rows: this.#rows, records: this.#records, crc: this.#crc };
  }
}

/** The sum of all: of what stands before the actors, and of each actor's own sum. */
export class Totals {
  actors = 0;
  #rows = 0;
  #records = 0;
  #crc = 0;

  /** The header, or a module. */
  before(fields: unknown): void {
    this.#crc = crc32c(Buffer.from(`${JSON.stringify(fields)}\n`), this.#crc);
  }

  add(path: string, { rows, records, crc }: Sum): void {
    this.actors++;
    this.#rows += rows;
    this.#records += records;
    this.#crc = crc32c(Buffer.from(`${path} ${rows} ${records} ${crc}\n`), this.#crc);
  }

  get sum(): TotalSum {
    return { actors: this.actors, rows: this.#rows, records: this.#records, crc: this.#crc };
  }
}

export interface TotalSum extends Sum {
  readonly actors: number;
}
