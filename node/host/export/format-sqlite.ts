// An export as a SQLite database: see docs/FORMATS.md. The tables `events` and `snapshots` are what programs
// read; all else that an import needs stands beside them.
import { renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { SeqNodeError } from '../../base/errors.ts';
import { count, record as fieldsOf, text } from '../../base/tree.ts';
import { type Data, Variant } from '../../base/value.ts';
import { decodeRecord } from '../../journal/journal-record.ts';
import { kindOf } from './format-jsonl.ts';
import { damaged, type ExportHeader, type ExportItem, type ExportWriter, type Items } from './items.ts';
import { rowFromJson, rowToJson } from './row-json.ts';
import type { ExportRow, TotalSum } from './rows.ts';

const SCHEMA = `
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  actor_id TEXT NOT NULL,
  sequence_num INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  payload JSON NOT NULL,
  timestamp INTEGER NOT NULL,
  UNIQUE(actor_id, sequence_num)
);
CREATE TABLE snapshots (
  actor_id TEXT PRIMARY KEY,
  sequence_num INTEGER NOT NULL,
  state JSON NOT NULL
);
CREATE TABLE actors (
  actor_id TEXT PRIMARY KEY,
  row_count INTEGER NOT NULL,
  record_count INTEGER NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE rows (
  id INTEGER PRIMARY KEY,
  actor_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  value JSON NOT NULL,
  UNIQUE(actor_id, kind, name)
);
CREATE TABLE modules (hash TEXT PRIMARY KEY, entry TEXT NOT NULL, files JSON NOT NULL);
CREATE TABLE export (name TEXT PRIMARY KEY, value JSON NOT NULL);
`;

const PARTIAL = '.partial';
const COMMIT_ROWS = 50_000;
const BATCH_ROWS = 1000;

export class SqliteWriter implements ExportWriter {
  readonly #name: string;
  readonly #db: DatabaseSync;
  readonly #event: StatementSync;
  readonly #snapshot: StatementSync;
  readonly #row: StatementSync;
  readonly #actor: StatementSync;
  readonly #module: StatementSync;
  readonly #about: StatementSync;
  #path = '';
  #uncommitted = 0;

  constructor(name: string) {
    this.#name = name;
    rmSync(name + PARTIAL, { force: true });
    this.#db = new DatabaseSync(name + PARTIAL);
    // Nobody reads it before it is whole.
    this.#db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ${SCHEMA} BEGIN;`);
    this.#event = this.#db.prepare(
      'INSERT INTO events (actor_id, sequence_num, event_type, payload, timestamp) VALUES (?, ?, ?, ?, ?)',
    );
    this.#snapshot = this.#db.prepare('INSERT INTO snapshots VALUES (?, ?, ?)');
    this.#row = this.#db.prepare('INSERT INTO rows (actor_id, kind, name, value) VALUES (?, ?, ?, ?)');
    this.#actor = this.#db.prepare('INSERT INTO actors VALUES (?, ?, ?, ?)');
    this.#module = this.#db.prepare('INSERT INTO modules VALUES (?, ?, ?)');
    this.#about = this.#db.prepare('INSERT INTO export VALUES (?, ?)');
  }

  write(item: ExportItem): void {
    switch (item.kind) {
      case 'header':
        this.#about.run('header', JSON.stringify(item.header));
        return;
      case 'module':
        this.#module.run(item.hash, item.entry, JSON.stringify(item.files));
        return;
      case 'actor':
        this.#path = item.path;
        return;
      case 'rows':
        for (const row of item.rows) this.#put(row);
        this.#uncommitted += item.rows.length;
        return;
      case 'actor-end': {
        const { rows, records, crc } = item.sum;
        this.#actor.run(item.path, rows, records, crc);
        if (this.#uncommitted >= COMMIT_ROWS) {
          this.#db.exec('COMMIT; BEGIN;');
          this.#uncommitted = 0;
        }
        return;
      }
      case 'end':
        this.#about.run('totals', JSON.stringify(item.totals));
        return;
    }
  }

  #put(row: ExportRow): void {
    const json = rowToJson(row);
    if (row.kind === 'record') {
      const { sequence, atMillis, ...record } = row.record ?? decodeRecord(row.value);
      const type = eventType(record.kind, record.message);
      this.#event.run(this.#path, sequence, type, JSON.stringify(json), atMillis);
    } else if (row.kind === 'snapshot' && isState(json))
      this.#snapshot.run(this.#path, json.sequence, JSON.stringify(json.state));
    else this.#row.run(this.#path, row.kind, row.name, JSON.stringify(json));
  }

  async finish(): Promise<void> {
    this.#db.exec('COMMIT;');
    this.#db.close();
    renameSync(this.#name + PARTIAL, this.#name);
  }

  async abandon(): Promise<void> {
    this.#db.close();
    rmSync(this.#name + PARTIAL, { force: true });
  }
}

/** The tag of the message that a turn handled; else what happened to the actor. */
const eventType = (kind: string, message: Data | null): string =>
  kind === 'turn' && message instanceof Variant ? message.tag : kind;

function isState(json: unknown): json is { readonly sequence: number; readonly state: unknown } {
  return typeof json === 'object' && json !== null && 'state' in json;
}

/** Throws `export-damaged`. */
export async function* readSqlite(name: string): Items {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(name, { readOnly: true });
    yield* itemsOf(db);
  } catch (error) {
    if (error instanceof SeqNodeError && error.code !== 'bad-request') throw error;
    if (!(error instanceof Error)) throw error;
    throw damaged(`${name} is not as it was written. ${error.message}`, { file: name });
  } finally {
    db?.close();
  }
}

function* itemsOf(db: DatabaseSync): Generator<ExportItem> {
  const about = db.prepare('SELECT value FROM export WHERE name = ?');
  const [header, totals] = ['header', 'totals'].map((each) => {
    const found = about.get(each);
    if (found === undefined) throw damaged(`The database has no ${each}.`);
    return fieldsOf(JSON.parse(text(found.value)));
  });
  yield { kind: 'header', header: header as unknown as ExportHeader };
  for (const { hash, entry, files } of db.prepare('SELECT * FROM modules ORDER BY rowid').iterate())
    yield {
      kind: 'module',
      hash: text(hash),
      entry: text(entry),
      files: fieldsOf(JSON.parse(text(files))) as Record<string, string>,
    };
  const read = {
    rows: db.prepare('SELECT kind, name, value FROM rows WHERE actor_id = ? ORDER BY id'),
    events: db.prepare('SELECT * FROM events WHERE actor_id = ? ORDER BY sequence_num'),
    snapshot: db.prepare('SELECT * FROM snapshots WHERE actor_id = ?'),
  };
  for (const actor of db.prepare('SELECT * FROM actors ORDER BY rowid').iterate()) {
    const path = text(actor.actor_id);
    yield { kind: 'actor', path };
    yield* rowsOf(path, read);
    const { row_count: rows, record_count: records, checksum: crc } = actor;
    yield {
      kind: 'actor-end',
      path,
      sum: { rows: count(rows), records: count(records), crc: count(crc) },
    };
  }
  checkNothingElse(db);
  yield { kind: 'end', totals: totals as unknown as TotalSum };
}

function* rowsOf(
  path: string,
  read: { readonly [table in 'rows' | 'events' | 'snapshot']: StatementSync },
): Generator<ExportItem> {
  const others = read.rows
    .all(path)
    .map(({ kind, name, value }) => rowFromJson(kindOf(kind), text(name), JSON.parse(text(value))));
  const heads = others.filter(({ kind }) => kind === 'head');
  if (heads.length > 0) yield { kind: 'rows', rows: heads };
  let batch: ExportRow[] = [];
  for (const event of read.events.iterate(path)) {
    const row = rowFromJson('record', String(event.sequence_num), JSON.parse(text(event.payload)));
    const record = decodeRecord(row.value);
    if (
      record.sequence !== event.sequence_num ||
      record.atMillis !== event.timestamp ||
      eventType(record.kind, record.message) !== event.event_type
    )
      throw damaged(`Event ${event.sequence_num} of ${path} differs from its payload.`, { path });
    batch.push({ ...row, record });
    if (batch.length >= BATCH_ROWS) {
      yield { kind: 'rows', rows: batch };
      batch = [];
    }
  }
  const state = read.snapshot.get(path);
  if (state !== undefined) {
    const json = { sequence: state.sequence_num, state: JSON.parse(text(state.state)) as unknown };
    batch.push(rowFromJson('snapshot', '', json));
  }
  batch.push(...others.filter(({ kind }) => kind !== 'head'));
  if (batch.length > 0) yield { kind: 'rows', rows: batch };
}

/** Rows of actors that are not in the table of actors. */
function checkNothingElse(db: DatabaseSync): void {
  for (const table of ['events', 'snapshots', 'rows']) {
    const found = db
      .prepare(`SELECT actor_id FROM ${table} WHERE actor_id NOT IN (SELECT actor_id FROM actors) LIMIT 1`)
      .get();
    if (found !== undefined)
      throw damaged(`The table ${table} holds ${String(found.actor_id)}, and the table actors does not.`);
  }
}
