// The process that asks the projection. SQLite cannot be stopped in the middle of a statement from here; a
// process can, whatever it does. It reads only: see `allow`.
import { constants, DatabaseSync, type SQLOutputValue } from 'node:sqlite';

export interface Query {
  readonly sql: string;
  readonly parameters: readonly (string | number | bigint | null)[];
  readonly rowsMax: number;
}

/** `more`: there are rows beyond `rowsMax`, or beyond what an answer may hold. */
export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SQLOutputValue[])[];
  readonly more: boolean;
}

export type QueryReply = QueryAnswer | { readonly refused: string };

const MIB = 1024 * 1024;
/** What all values of an answer may take together, and one of them, and SQLite in all. */
const ANSWER_BYTES_MAX = 16 * MIB;
const VALUE_BYTES_MAX = 16 * MIB;
const HEAP_BYTES_MAX = 256 * MIB;

const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE } = constants;
const SQLITE_AUTH = 23;
const READING = new Set([SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE]);

/** Nothing but reading, whatever a statement is made of. */
function allow(action: number, _: string | null, name: string | null): number {
  if (READING.has(action)) return SQLITE_OK;
  return action === SQLITE_FUNCTION && name !== 'load_extension' ? SQLITE_OK : SQLITE_DENY;
}

function ask(file: string, { sql, parameters, rowsMax }: Query): QueryReply {
  const limits = { length: VALUE_BYTES_MAX, sqlLength: MIB, attach: 0 };
  const db = new DatabaseSync(file, { readOnly: true, limits });
  try {
    db.exec(`PRAGMA hard_heap_limit = ${HEAP_BYTES_MAX}; PRAGMA query_only = 1; PRAGMA temp_store = MEMORY`);
    db.setAuthorizer(allow);
    const statement = db.prepare(sql);
    if (statement.sourceSQL.trim() !== sql.trim())
      return { refused: 'It is more than one statement, or something stands behind its end.' };
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const columns = statement.columns().map(({ name }) => name);
    const rows: (readonly SQLOutputValue[])[] = [];
    let bytes = 0;
    for (const row of statement.iterate(...parameters) as Iterable<unknown> as Iterable<SQLOutputValue[]>) {
      bytes += sizeOf(row);
      if (rows.length === rowsMax || (bytes > ANSWER_BYTES_MAX && rows.length > 0))
        return { columns, rows, more: true };
      rows.push(row);
    }
    return { columns, rows, more: false };
  } finally {
    db.close();
  }
}

function sizeOf(row: readonly SQLOutputValue[]): number {
  let bytes = 0;
  for (const value of row)
    bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
  return bytes;
}

function reply(file: string, query: Query): QueryReply {
  try {
    return ask(file, query);
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_AUTH) return { refused: 'It may only read.' };
    return { refused: `SQLite says: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

const [file] = process.argv.slice(2);
process.on('message', (query: Query) => process.send!(reply(file!, query)));
// Whoever asks has ended.
process.on('disconnect', () => process.exit(0));
