// The writing side of the projection: one SQLite database, which one thread of the node writes.
//
// Invariants
//  P1  A batch and its cursor are one transaction: after a crash the projection goes on behind the last batch
//      that it holds, so that every record is in it once.
//  P2  What is here can be made again from the journals: a database that is damaged, of another cluster or of
//      another version is replaced by an empty one.
import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { targetName } from '../base/behaviour-ref.ts';
import { SeqNodeError } from '../base/errors.ts';
import { fromJson, toJson } from '../base/json.ts';
import { applyPatch, type Data, type MapPatch, SeqMap } from '../base/value.ts';
import { decodeRecord, type JournalRecord, originName, type RecordKind } from '../journal/journal-record.ts';
import type { Batch, ProjectedRow } from './batch.ts';
import type { CopiedRow, CopiedTable } from './copied-tables.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** States of actors that are kept in memory, lest each record of a busy one reads its state again. */
const STATES_MAX = 4096;

const LIFECYCLES: Readonly<Record<RecordKind, string | undefined>> = {
  spawned: 'running',
  resumed: 'running',
  stopped: 'stopped',
  failed: 'failed',
  suspended: 'suspended',
  turn: undefined,
  upgraded: undefined,
};

/** Null: a record of it cannot be read, so that its state is not known. */
interface State {
  sequence: number;
  value: SeqMap | null;
  changed: boolean;
}

interface Statements {
  readonly record: StatementSync;
  readonly event: StatementSync;
  readonly spawned: StatementSync;
  readonly changed: StatementSync;
  readonly readState: StatementSync;
  readonly state: StatementSync;
  readonly purge: readonly StatementSync[];
  readonly progress: StatementSync;
}

export class Tables {
  readonly #file: string;
  readonly #cluster: string;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #states = new Map<string, State>();
  /** Behind what is here; null while nothing is. */
  readonly cursor: string | null;

  /** Opens the database in `file`, or makes one: see P2. */
  static open(file: string, cluster: string): Tables {
    try {
      return new Tables(file, cluster);
    } catch (error) {
      if (!isUseless(error)) throw error;
      remove(file);
      return new Tables(file, cluster);
    }
  }

  /** An empty one in its place. */
  anew(): Tables {
    this.#db.close();
    remove(this.#file);
    return new Tables(this.#file, this.#cluster);
  }

  private constructor(file: string, cluster: string) {
    this.#file = file;
    this.#cluster = cluster;
    this.#db = new DatabaseSync(file);
    try {
      // What a crash of the machine undoes is made again: so nothing waits for the disk.
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 1000');
      this.#make(cluster);
      this.cursor = this.#read(cluster);
      this.#statements = prepare(this.#db);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #make(cluster: string): void {
    if (this.#db.prepare("SELECT 1 FROM sqlite_master WHERE name = '_progress'").get() !== undefined) return;
    this.#transaction(() => {
      this.#db.exec(SCHEMA);
      this.#db
        .prepare('INSERT INTO _progress VALUES (1, ?, ?, NULL, 0, 0, NULL)')
        .run(SCHEMA_VERSION, cluster);
    });
  }

  #read(cluster: string): string | null {
    const row = this.#db.prepare('SELECT version, cluster, cursor FROM _progress').get() as
      | { version: number; cluster: string; cursor: string | null }
      | undefined;
    if (row === undefined || row.version !== SCHEMA_VERSION || row.cluster !== cluster)
      throw new UselessError();
    return row.cursor;
  }

  /** Throws what SQLite says, and then nothing of the batch is there. */
  write({ rows, cursor, caughtUp }: Batch): void {
    try {
      this.#transaction(() => {
        let records = 0;
        let lastAt: number | null = null;
        for (const row of rows) {
          const at = this.#writeRow(row);
          if (at === undefined) continue;
          records++;
          lastAt = at;
        }
        this.#writeStates();
        this.#statements.progress.run(cursor, caughtUp ? 1 : 0, records, lastAt);
      });
    } catch (error) {
      // They may be ahead of what is stored.
      this.#states.clear();
      throw error;
    }
  }

  /** Returns when the record was written, if it is one. */
  #writeRow({ path, sequence, record }: ProjectedRow): number | undefined {
    if (sequence === 0) return this.#purge(path);
    const decoded = readable(record);
    const state = this.#stateOf(path);
    state.changed = true;
    if (decoded === undefined) {
      state.value = null;
      state.sequence = sequence;
      this.#statements.record.run(path, sequence, 'unreadable', 0, 0, null, null, null, null, null);
      return undefined;
    }
    if (state.value !== null)
      state.value = state.sequence === sequence - 1 ? applyPatch(state.value, decoded.patch) : null;
    state.sequence = sequence;
    this.#writeRecord(path, decoded);
    return decoded.atMillis;
  }

  #writeRecord(path: string, record: JournalRecord): void {
    const { sequence, kind, atMillis, term, origin, message, events, patch, reply, code } = record;
    this.#statements.record.run(
      path,
      sequence,
      kind,
      atMillis,
      term,
      origin === null ? null : originName(origin),
      jsonOf(message),
      patch.set.length === 0 ? null : entriesJson(patch.set),
      patch.removed.length === 0 ? null : JSON.stringify(patch.removed.map((key) => toJson(key))),
      jsonOf(reply),
    );
    for (const [at, event] of events.entries())
      this.#statements.event.run(path, sequence, at + 1, atMillis, JSON.stringify(toJson(event)));
    const [module, word] = [code.module, targetName(code.target)];
    const { spawned, changed } = this.#statements;
    if (kind === 'spawned') spawned.run(path, module, word, sequence, atMillis, atMillis);
    else changed.run(LIFECYCLES[kind] ?? null, module, word, sequence, atMillis, path);
  }

  #purge(path: string): undefined {
    for (const statement of this.#statements.purge) statement.run(path);
    this.#states.delete(path);
    return undefined;
  }

  // ── States ──

  #stateOf(path: string): State {
    const kept = this.#states.get(path);
    if (kept !== undefined) return kept;
    const row = this.#statements.readState.get(path) as
      | { sequence: number; state: string | null }
      | undefined;
    const state: State =
      row === undefined
        ? { sequence: 0, value: SeqMap.empty, changed: false }
        : { sequence: row.sequence, value: stateFrom(row.state), changed: false };
    this.#states.set(path, state);
    return state;
  }

  /** Once a batch, whatever it holds of each. */
  #writeStates(): void {
    for (const [path, state] of this.#states) {
      if (!state.changed) continue;
      state.changed = false;
      this.#statements.state.run(path, state.sequence, jsonOf(state.value));
    }
    // The oldest first.
    for (const path of this.#states.keys()) {
      if (this.#states.size <= STATES_MAX) break;
      this.#states.delete(path);
    }
  }

  // ── Copies ──

  replace(table: CopiedTable, rows: readonly CopiedRow[]): void {
    this.#transaction(() => {
      this.#db.exec(`DELETE FROM ${table}`);
      const [first] = rows;
      if (first === undefined) return;
      const insert = this.#db.prepare(`INSERT INTO ${table} VALUES (${first.map(() => '?').join()})`);
      for (const row of rows) insert.run(...row);
    });
  }

  close(): void {
    this.#db.close();
  }

  #transaction(write: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      write();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function prepare(db: DatabaseSync): Statements {
  return {
    record: db.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    event: db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?)'),
    spawned: db.prepare(
      `INSERT OR REPLACE INTO actors (actor, lifecycle, module, word, sequence, spawned_at, changed_at)
       VALUES (?, 'running', ?, ?, ?, ?, ?)`,
    ),
    changed: db.prepare(
      `UPDATE actors SET lifecycle = coalesce(?, lifecycle), module = ?, word = ?, sequence = ?, changed_at = ?
       WHERE actor = ?`,
    ),
    readState: db.prepare('SELECT sequence, state FROM state WHERE actor = ?'),
    state: db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?)'),
    purge: ['records', 'events', 'actors', 'state'].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE actor = ?`),
    ),
    progress: db.prepare(
      `UPDATE _progress SET cursor = ?, caught_up = ?, records = records + ?, last_at = coalesce(?, last_at)`,
    ),
  };
}

function readable(record: Uint8Array | null): JournalRecord | undefined {
  if (record === null) return undefined;
  try {
    return decodeRecord(record);
  } catch (error) {
    if (error instanceof SeqNodeError && error.code === 'journal-damaged') return undefined;
    throw error;
  }
}

const jsonOf = (data: Data | null): string | null => (data === null ? null : JSON.stringify(toJson(data)));

/** An object where the keys are texts, else pairs: as a Map. */
function entriesJson(entries: MapPatch['set']): string {
  return JSON.stringify(toJson(SeqMap.from(entries)));
}

function stateFrom(json: string | null): SeqMap | null {
  return json === null ? null : (fromJson(JSON.parse(json)) as SeqMap);
}

/** Of another version or cluster. */
class UselessError extends Error {
  override readonly name = 'UselessError';
}

/**
 * SQLITE_CORRUPT, SQLITE_CONSTRAINT (a record that is there, though the cursor says that it is not), and
 * SQLITE_NOTADB.
 */
const USELESS = new Set([11, 19, 26]);

export function isUseless(error: unknown): boolean {
  return error instanceof UselessError || USELESS.has((error as { errcode?: number }).errcode! & 0xff);
}

function remove(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
}
