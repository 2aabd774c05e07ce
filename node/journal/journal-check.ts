// Checks the consistency of a data directory, row by row in the order of the keys. Changes nothing.
import { SeqNodeError } from '../base/errors.ts';
import type { RecoveredGroup } from '../base/log.ts';
import { applyPatch, equals, SeqMap } from '../base/value.ts';
import { decodeRecord } from './journal-record.ts';
import { type ParsedKey, parseCounter, parseKey } from './keys.ts';
import { readOrder } from './order-rows.ts';
import { describeKey, reasonOf } from './row-json.ts';
import { hex } from './store-batch.ts';

export interface JournalProblem {
  readonly part: 'log' | 'store';
  /** Key of the row in hexadecimal, or name of the file. */
  readonly key: string;
  /** The same in words. */
  readonly where: string;
  readonly reason: string;
}

/** An actor's whole state as of one record. */
interface StateAt {
  readonly sequence: number;
  readonly state: SeqMap;
}

/** Reads rows whose form the journal does not know. Each throws for a row that makes no sense. */
export interface RowReaders {
  readonly snapshot: (value: Uint8Array) => StateAt;
  readonly groupRow: (value: Uint8Array) => { readonly generation: number; readonly appliedIndex: number };
  /** Only has to throw for what is no head. */
  readonly head: (value: Uint8Array) => unknown;
  readonly mark: (value: Uint8Array) => unknown;
  readonly outbox: (value: Uint8Array) => unknown;
  readonly deadLetter: (value: Uint8Array) => unknown;
  readonly task: (value: Uint8Array) => unknown;
  readonly timer: (value: Uint8Array) => unknown;
  readonly watch: (value: Uint8Array) => unknown;
  readonly stash: (value: Uint8Array) => unknown;
  readonly subscription: (value: Uint8Array) => unknown;
}

export interface JournalCounts {
  actors: number;
  records: number;
  /** Rows of generations that no group row names: what an unfinished snapshot left. They are harmless. */
  superseded: number;
  rows: number;
}

/** Problems beyond this are counted and not listed. */
const PROBLEMS_MAX = 1000;

/** The journal of one actor, as far as it was read. */
interface Journal {
  readonly key: Uint8Array;
  readonly where: ParsedKey;
  readonly counter: number | undefined;
  readonly snapshot: StateAt | undefined;
  first: number;
  last: number;
  state: SeqMap | undefined;
}

export class JournalCheck {
  readonly problems: JournalProblem[] = [];
  readonly counts: JournalCounts = { actors: 0, records: 0, superseded: 0, rows: 0 };
  problemCount = 0;
  readonly #readers: RowReaders;
  /** Group → generation that is in force. Groups without a row are checked in every generation. */
  readonly #generations = new Map<number, number>();
  /**
   * Of the group and generation that is being read: counters and snapshots by path, until their records come.
   */
  #place = '';
  #counters = new Map<string, readonly [key: Uint8Array, where: ParsedKey, counter: number]>();
  #snapshots = new Map<string, StateAt>();
  #journal: Journal | null = null;

  constructor(readers: RowReaders) {
    this.#readers = readers;
  }

  /**
   * The row of a group; all of them come before the first `row`. `logged` is what the log holds of the group.
   */
  groupRow(key: Uint8Array, value: Uint8Array, logged: RecoveredGroup | undefined) {
    this.#guard(key, () => {
      const parsed = parseKey(key);
      if (parsed.kind !== 'group-row') throw new SeqNodeError('journal-damaged', 'The key is no group row.');
      const { generation, appliedIndex } = this.#readers.groupRow(value);
      this.#generations.set(parsed.group, generation);
      const begin = logged?.snapshot.index ?? 0;
      if (appliedIndex < begin)
        this.#report(key, `The store has applied up to ${appliedIndex}, and the log begins after ${begin}.`);
    });
  }

  /** Any row, in the order of the keys. */
  row(key: Uint8Array, value: Uint8Array) {
    this.counts.rows++;
    this.#guard(key, () => {
      const parsed = parseKey(key);
      if (!('generation' in parsed)) return;
      const place = `${parsed.group}/${parsed.generation}`;
      if (place !== this.#place) this.#enter(place);
      const inForce = this.#generations.get(parsed.group);
      if (inForce !== undefined && inForce !== parsed.generation) this.counts.superseded++;
      else this.#check(parsed, key, value);
    });
  }

  /** After the last row. */
  finish() {
    this.#enter('');
  }

  #enter(place: string) {
    this.#endJournal();
    for (const [, [key, , counter]] of this.#counters)
      this.#report(key, `The counter is ${counter}, and there is no record.`);
    this.#counters = new Map();
    this.#snapshots = new Map();
    this.#place = place;
  }

  #check(parsed: Extract<ParsedKey, { generation: number }>, key: Uint8Array, value: Uint8Array) {
    switch (parsed.kind) {
      case 'head':
        this.counts.actors++;
        this.#readers.head(value);
        break;
      case 'sequence':
        this.#counters.set(parsed.path, [key, parsed, parseCounter(value)]);
        break;
      case 'snapshot':
        this.#snapshots.set(parsed.path, this.#readers.snapshot(value));
        break;
      case 'record':
        this.counts.records++;
        this.#record(parsed, key, value);
        break;
      case 'mark':
        this.#readers.mark(value);
        break;
      case 'outbox':
        this.#readers.outbox(value);
        break;
      case 'dead-letter':
        if (parsed.number === 0) parseCounter(value);
        else this.#readers.deadLetter(value);
        break;
      case 'task':
        this.#readers.task(value);
        break;
      case 'timer':
        this.#readers.timer(value);
        break;
      case 'stash':
        this.#readers.stash(value);
        break;
      case 'watch':
        this.#readers.watch(value);
        break;
      case 'subscription':
        this.#readers.subscription(value);
        break;
      case 'clock':
      case 'purged':
        parseCounter(value);
        break;
      case 'order':
        readOrder(value);
        break;
      case 'due':
      case 'ask':
      case 'item':
        break;
    }
  }

  #record(parsed: Extract<ParsedKey, { kind: 'record' }>, key: Uint8Array, value: Uint8Array) {
    if (this.#journal === null || pathOf(this.#journal.where) !== parsed.path)
      this.#beginJournal(parsed, key);
    const journal = this.#journal as Journal;
    const expected = journal.last + 1;
    journal.last = parsed.sequence;
    if (parsed.sequence !== expected) this.#report(key, `Record ${expected} is missing before it.`);
    // From here on the state is not known, until every record of it was read.
    const before = parsed.sequence === expected ? journal.state : undefined;
    journal.state = undefined;
    const record = decodeRecord(value);
    if (record.sequence !== parsed.sequence)
      this.#report(key, `It says that it is record ${record.sequence}.`);
    if (before === undefined) return;
    journal.state = applyPatch(before, record.patch);
    if (journal.snapshot?.sequence === parsed.sequence && !equals(journal.snapshot.state, journal.state))
      this.#report(key, 'The state snapshot of this record differs from the state that the journal gives.');
  }

  #beginJournal(parsed: Extract<ParsedKey, { kind: 'record' }>, key: Uint8Array) {
    this.#endJournal();
    const { path, sequence } = parsed;
    const counter = this.#counters.get(path)?.[2];
    const snapshot = this.#snapshots.get(path);
    if (counter === undefined) this.#report(key, 'The actor has records and no counter.');
    if (sequence > 1 && (snapshot === undefined || snapshot.sequence < sequence - 1))
      this.#report(key, `The records before it are gone, and no snapshot stands for them.`);
    const state = sequence === 1 ? SeqMap.empty : undefined;
    this.#journal = { key, where: parsed, counter, snapshot, first: sequence, last: sequence - 1, state };
    this.#counters.delete(path);
  }

  #endJournal() {
    const journal = this.#journal;
    this.#journal = null;
    if (journal === null) return;
    const { key, counter, last, snapshot } = journal;
    if (counter !== undefined && counter !== last)
      this.#report(key, `The counter of the actor is ${counter}, and its last record is ${last}.`);
    if (snapshot !== undefined && snapshot.sequence > last)
      this.#report(
        key,
        `The snapshot of the actor is of record ${snapshot.sequence}, and its last record is ${last}.`,
      );
  }

  #guard(key: Uint8Array, check: () => void) {
    try {
      check();
    } catch (error) {
      this.#report(key, reasonOf(error));
    }
  }

  #report(key: Uint8Array, reason: string) {
    this.problemCount++;
    if (this.problems.length >= PROBLEMS_MAX) return;
    let where = 'an unknown row';
    try {
      where = describeKey(parseKey(key));
    } catch {
      // The reason says that the key is malformed.
    }
    this.problems.push({ part: 'store', key: hex(key), where, reason });
  }
}

function pathOf(parsed: ParsedKey): string | undefined {
  return 'path' in parsed ? parsed.path : undefined;
}
