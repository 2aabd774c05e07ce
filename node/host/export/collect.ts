// Reads an export out of a cluster: actor by actor, the shards one behind the other. The rows of a shard lie
// by kind and then by path, so one reader for each kind goes through them, and they are merged by path.
import { SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, groupId } from '../../base/ids.ts';
import { applyPatch, SeqMap } from '../../base/value.ts';
import { decodeRecord } from '../../journal/journal-record.ts';
import { PLACE_BYTES } from '../../journal/key-kinds.ts';
import { GroupKeys, type KeyRange, parseCounter, parseKey, restOf } from '../../journal/keys.ts';
import type { PackedRow } from '../../journal/packed-rows.ts';
import { taskKey } from '../../journal/task-keys.ts';
import { askKey, stashKey, subscriptionKey, timerKey, watchKey } from '../../journal/timer-keys.ts';
import { decodeHead } from '../../runtime/actor/head-row.ts';
import { decodeSnapshot, encodeSnapshot } from '../../runtime/actor/snapshot-row.ts';
import type { BegunExport, Counters, ModuleText } from '../export-api.ts';
import { EXPORT_VERSION, type ExportItem } from './items.ts';
import { type ExportRow, type OwnedRow, rowOf, Summing, Totals } from './rows.ts';

export interface ExportSource {
  readonly begun: BegunExport;
  /** Rows of a shard whose keys lie in the range; `next` where it goes on. */
  rows(
    shard: number,
    from: Uint8Array,
    to: Uint8Array,
  ): Promise<{ readonly rows: readonly PackedRow[]; readonly next: Uint8Array | null }>;
  module(hash: string): Promise<ModuleText>;
}

const KEYS = new GroupKeys(groupId(1), 1);
/** Behind every character of a path. */
const LAST = '\x7f';
/** Rows that are handed on at once. */
const BATCH_ROWS = 1000;

/** All actors whose paths begin with `prefix`. Throws `journal-damaged` for one that cannot be read. */
export async function* collectExport(
  source: ExportSource,
  prefix: string,
  atMillis: number,
): AsyncGenerator<ExportItem> {
  const { begun } = source;
  const counters = await countersOf(source);
  const { export: name, cluster, version: program, shards } = begun;
  const header = {
    version: EXPORT_VERSION,
    export: name,
    cluster,
    program,
    atMillis,
    prefix,
    shards,
    counters,
  };
  const totals = new Totals();
  totals.before(header);
  yield { kind: 'header', header };
  for (const hash of begun.modules) {
    const { entry, files } = await source.module(hash);
    totals.before([hash, entry, files]);
    yield { kind: 'module', hash, entry, files };
  }
  for (const { shard } of shards) yield* collectShard(source, shard, prefix, totals);
  yield { kind: 'end', totals: totals.sum };
}

/** The highest of all shards: the actors may come to lie in others. */
async function countersOf(source: ExportSource): Promise<Counters> {
  const highest = { wall: 0, sent: 0, letters: 0 };
  const clocks = { from: KEYS.clock('sent'), to: KEYS.lone(KEYS.clock('wall')).to };
  const letters = KEYS.lone(KEYS.deadLetter(0));
  for (const { shard } of source.begun.shards)
    for (const range of [clocks, letters])
      for await (const page of pagesOf(source, shard, range))
        for (const [rest, value] of page) {
          const parsed = parseKey(KEYS.placed(rest));
          const name = parsed.kind === 'clock' ? parsed.name : 'letters';
          highest[name] = Math.max(highest[name], parseCounter(value));
        }
  return highest;
}

/** Each page is asked for while the one before it is worked upon. */
async function* pagesOf(
  source: ExportSource,
  shard: number,
  { from, to }: KeyRange,
): AsyncGenerator<readonly PackedRow[]> {
  const end = restOf(to);
  const ask = (at: Uint8Array) => {
    const page = source.rows(shard, at, end);
    // It is awaited later, if at all.
    page.catch(() => {});
    return page;
  };
  for (let due = ask(restOf(from)); ; ) {
    const { rows, next } = await due;
    if (next !== null) due = ask(next);
    yield rows;
    if (next === null) return;
  }
}

/** Rows of one kind, by their actors. */
class KindReader {
  readonly #pages: AsyncGenerator<readonly PackedRow[]>;
  readonly #read: typeof rowOf;
  #page: readonly PackedRow[] = [];
  #at = 0;
  #next: OwnedRow | undefined;

  constructor(pages: AsyncGenerator<readonly PackedRow[]>, read: typeof rowOf) {
    this.#pages = pages;
    this.#read = read;
  }

  /** The actor of the next row; undefined behind the last. */
  get path(): ActorPath | undefined {
    return this.#next?.path;
  }

  get row(): ExportRow {
    return this.#next!.row;
  }

  /** Goes to the next row. False when that must be waited for, by `fill`. */
  advance(): boolean {
    for (;;) {
      const row = this.#page[this.#at++];
      if (row === undefined) return false;
      this.#next = this.#read(...row);
      if (this.#next !== undefined) return true;
    }
  }

  async fill(): Promise<void> {
    while (!this.advance()) {
      const { value, done } = await this.#pages.next();
      if (done === true) {
        this.#next = undefined;
        return;
      }
      this.#page = value;
      this.#at = 0;
    }
  }
}

type Kind = Exclude<ExportRow['kind'], 'letter'>;

const NOBODY = '/a' as ActorPath;
/** A key of each kind, and of the counters of records. */
const SAMPLES: Readonly<Record<Kind | 'sequence', Uint8Array>> = {
  head: KEYS.head(NOBODY),
  sequence: KEYS.sequence(NOBODY),
  record: KEYS.record(NOBODY, 1),
  snapshot: KEYS.snapshot(NOBODY),
  mark: KEYS.mark(NOBODY, ''),
  outbox: KEYS.outbox(NOBODY, NOBODY, 1),
  timer: timerKey(KEYS, NOBODY, ''),
  watch: watchKey(KEYS, NOBODY, ''),
  stash: stashKey(KEYS, NOBODY, 1),
  subscription: subscriptionKey(KEYS, NOBODY, ''),
  task: taskKey(KEYS, NOBODY, 1),
  ask: askKey(KEYS, NOBODY),
};

/** The rows of a kind of all actors whose paths begin with `prefix`: all keys go on with the path. */
function rangeOf(kind: Kind | 'sequence', prefix: string): KeyRange {
  const bound = (path: string) => {
    const key = KEYS.head(path as ActorPath);
    key[PLACE_BYTES] = SAMPLES[kind][PLACE_BYTES]!;
    return key;
  };
  return { from: bound(prefix), to: bound(`${prefix}${LAST}`) };
}

async function* collectShard(
  source: ExportSource,
  shard: number,
  prefix: string,
  totals: Totals,
): AsyncGenerator<ExportItem> {
  const readerOf = (kind: Kind | 'sequence') =>
    new KindReader(pagesOf(source, shard, rangeOf(kind, prefix)), kind === 'sequence' ? counterRow : rowOf);
  const readers = {
    head: readerOf('head'),
    sequence: readerOf('sequence'),
    snapshot: readerOf('snapshot'),
    record: readerOf('record'),
    mark: readerOf('mark'),
    outbox: readerOf('outbox'),
    letter: new KindReader(lettersOf(source, shard, prefix), rowOf),
    timer: readerOf('timer'),
    watch: readerOf('watch'),
    stash: readerOf('stash'),
    task: readerOf('task'),
    subscription: readerOf('subscription'),
    ask: readerOf('ask'),
  };
  const all = Object.values(readers);
  await Promise.all(all.map((reader) => reader.fill()));
  for (;;) {
    let path: ActorPath | undefined;
    for (const reader of all)
      if (reader.path !== undefined && (path === undefined || reader.path < path)) path = reader.path;
    if (path === undefined) return;
    yield { kind: 'actor', path };
    const summing = new Summing();
    for await (const rows of rowsOfActor(path, readers)) {
      for (const row of rows) summing.add(row);
      yield { kind: 'rows', rows };
    }
    totals.add(path, summing.sum);
    yield { kind: 'actor-end', path, sum: summing.sum };
  }
}

type Readers = { readonly [kind in Kind | 'letter' | 'sequence']: KindReader };

/** In the order of ROW_KINDS. The snapshot is that of the last record, whichever the store holds. */
async function* rowsOfActor(path: ActorPath, readers: Readers): AsyncGenerator<readonly ExportRow[]> {
  const { head, sequence, snapshot, record, ...others } = readers;
  const [ownHead] = await allOf(head, path);
  const [counter] = await allOf(sequence, path);
  const [stored] = await allOf(snapshot, path);
  if (ownHead !== undefined) yield [ownHead];
  const last = counter === undefined ? 0 : parseCounter(counter.value);
  const fold = new Fold(path, stored);
  for (;;) {
    const batch: ExportRow[] = [];
    while (record.path === path && batch.length < BATCH_ROWS) {
      batch.push(fold.take(record.row));
      if (!record.advance()) await record.fill();
    }
    if (batch.length === 0) break;
    yield batch;
  }
  const isVolatile = ownHead !== undefined && decodeHead(ownHead.value).mode === 'volatile';
  const state = fold.finish(last);
  const rows: ExportRow[] = last > 0 && !isVolatile ? [state] : [];
  for (const reader of Object.values(others))
    while (reader.path === path) {
      rows.push(reader.row);
      if (!reader.advance()) await reader.fill();
      if (rows.length >= BATCH_ROWS) yield rows.splice(0);
    }
  if (rows.length > 0) yield rows;
}

async function allOf(reader: KindReader, path: ActorPath): Promise<ExportRow[]> {
  const rows: ExportRow[] = [];
  while (reader.path === path) {
    rows.push(reader.row);
    if (!reader.advance()) await reader.fill();
  }
  return rows;
}

/** The state of an actor, from its newest snapshot and the records behind that. */
class Fold {
  readonly #path: ActorPath;
  readonly #from: number;
  #state: SeqMap;
  #last = 0;

  constructor(path: ActorPath, stored: ExportRow | undefined) {
    this.#path = path;
    const { sequence, state } =
      stored === undefined ? { sequence: 0, state: SeqMap.empty } : decodeSnapshot(stored.value);
    this.#from = sequence;
    this.#state = state;
  }

  take(row: ExportRow): ExportRow {
    const record = decodeRecord(row.value);
    this.#last++;
    if (record.sequence !== this.#last || row.name !== String(this.#last)) throw this.#missing(this.#last);
    if (record.sequence > this.#from) this.#state = applyPatch(this.#state, record.patch);
    return { ...row, record };
  }

  finish(counter: number): ExportRow {
    if (this.#last !== counter) throw this.#missing(this.#last + 1);
    return { kind: 'snapshot', name: '', value: encodeSnapshot({ sequence: counter, state: this.#state }) };
  }

  #missing(sequence: number): SeqNodeError {
    const message = `Record ${sequence} of ${this.#path} is missing.`;
    return new SeqNodeError('journal-damaged', message, { path: this.#path });
  }
}

function counterRow(rest: Uint8Array, value: Uint8Array): OwnedRow | undefined {
  const parsed = parseKey(KEYS.placed(rest));
  if (parsed.kind !== 'sequence') return undefined;
  return { path: parsed.path, row: { kind: 'head', name: '', value } };
}

/** All of a shard, which keeps a bounded number of them, by their senders. */
async function* lettersOf(
  source: ExportSource,
  shard: number,
  prefix: string,
): AsyncGenerator<readonly PackedRow[]> {
  const letters: { readonly path: string; readonly packed: PackedRow }[] = [];
  for await (const page of pagesOf(source, shard, KEYS.deadLetters(1)))
    for (const packed of page) {
      const path = rowOf(...packed)?.path;
      if (path?.startsWith(prefix)) letters.push({ path, packed });
    }
  letters.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  yield letters.map(({ packed }) => packed);
}
