// Mistakes with exports, imports and the projection.
import type { Mutant, MutantTest } from './mutant.ts';

const of = (ava: string, match?: string): MutantTest => (match === undefined ? { ava } : { ava, match });
const MOVING = 'node/host/export/moving.test.ts';
const FORMATS = 'node/host/export/formats.test.ts';
const PROJECTION = 'node/projection/projection.test.ts';
const TABLES = 'node/projection/tables.test.ts';

export const OF_STORES: readonly Mutant[] = [
  {
    name: 'import-repeats-lots',
    file: 'node/host/export/moving.ts',
    before: 'if (progress !== undefined && (progress.done || number <= progress.taken)) return;',
    after: 'if (progress?.done) return;',
    why: 'An import that goes on sends again what its shards have.',
    test: of(MOVING, 'an import that is interrupted sends only what is not there'),
  },
  {
    name: 'export-without-fold',
    file: 'node/host/export/collect.ts',
    before: 'if (record.sequence > this.#from) this.#state',
    after: 'if (record.sequence <= this.#from) this.#state',
    why: 'A state in an export lacks the records behind the stored snapshot.',
    test: of(MOVING, 'what is exported of a cluster*'),
  },
  {
    name: 'sum-without-kinds',
    file: 'node/host/export/rows.ts',
    before: 'this.#head[0] = ROW_KINDS.indexOf(kind);',
    after: '',
    why: 'A row that an edited export gives as one of another kind is imported.',
    test: of(FORMATS, 'the sum of an actor tells kinds and names of rows apart'),
  },
  {
    name: 'import-forgets-letters',
    file: 'node/host/export/place.ts',
    before: 'String(this.#letters++)',
    after: 'String(this.#letters)',
    why: 'Dead letters of an import take the place of each other.',
    test: of(MOVING, 'what is exported of a cluster*'),
  },
  {
    name: 'query-that-writes',
    file: 'node/projection/query-process.ts',
    before: "return action === SQLITE_FUNCTION && name !== 'load_extension' ? SQLITE_OK : SQLITE_DENY;",
    after: 'return action === SQLITE_FUNCTION && name === null ? SQLITE_DENY : SQLITE_OK;',
    why: 'A query changes settings of the database, and attaches others.',
    test: of(PROJECTION, 'a query can only read*'),
  },
  {
    name: 'query-of-two-statements',
    file: 'node/projection/query-process.ts',
    before: 'if (statement.sourceSQL.trim() !== sql.trim())',
    after: 'if (statement.sourceSQL.length > sql.length)',
    why: 'What stands behind the first statement of a query is passed over without a word.',
    test: of(PROJECTION, 'a query can only read*'),
  },
  {
    name: 'projection-forgets-its-cursor',
    file: 'node/projection/projection.ts',
    before: 'for await (const written of this.#follow(cursor)) cursor = written;',
    after: 'for await (const _ of this.#follow(cursor));',
    why: 'A projection whose feed failed writes again what it holds.',
    test: of(PROJECTION, 'a feed that fails*'),
  },
  {
    name: 'state-over-a-gap',
    file: 'node/projection/tables.ts',
    before: 'state.value = state.sequence === sequence - 1 ? applyPatch(state.value, decoded.patch) : null;',
    after: 'state.value = applyPatch(state.value, decoded.patch);',
    why: 'A state is made up where a record before it is missing.',
    test: of(TABLES, 'a state is not known behind a gap'),
  },
  {
    name: 'projection-of-another-cluster',
    file: 'node/projection/tables.ts',
    before: ' || row.cluster !== cluster',
    after: '',
    why: 'A node that joins another cluster answers from the journals of its old one.',
    test: of(TABLES, 'what is damaged*'),
  },
];
