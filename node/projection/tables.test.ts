import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { fromJson } from '../base/json.ts';
import { arbitraryData, arbitraryMap } from '../base/testing/arbitrary-data.ts';
import { equals, SeqMap, sym } from '../base/value.ts';
import { type ProjectedRow, packBatch, unpackBatch } from './batch.ts';
import { Tables } from './tables.ts';
import { FIRST_MILLIS, rowOf } from './testing/journals.ts';

const [ALICE, BOB] = ['/user/accounts/alice', '/user/accounts/bob'];
const map = (...entries: [string, number][]) => SeqMap.from(entries);

function folder(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'seq-projection-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'projection.sqlite');
}

function select(file: string, sql: string): unknown[][] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all() as unknown as unknown[][];
  } finally {
    db.close();
  }
}

const batch = (rows: readonly ProjectedRow[], cursor: string, caughtUp = true) => ({
  rows,
  cursor,
  caughtUp,
});

test('records, events, actors and states are what the journals say', (t) => {
  const file = folder(t);
  const tables = Tables.open(file, 'c');
  t.is(tables.cursor, null);
  const [first, second] = [map(['balance', 70]), map(['balance', 40], ['limit', 9])];
  tables.write(
    batch(
      [
        rowOf({ path: ALICE, sequence: 1, before: SeqMap.empty, after: first }),
        rowOf({ path: ALICE, sequence: 2, before: first, after: second, events: [sym('low'), 'mail'] }),
        rowOf({ path: BOB, sequence: 1, before: SeqMap.empty, after: SeqMap.empty }),
        rowOf({ path: BOB, sequence: 2, kind: 'failed', before: SeqMap.empty, after: SeqMap.empty }),
      ],
      'one',
    ),
  );
  tables.close();
  const at = FIRST_MILLIS;
  t.deepEqual(select(file, 'SELECT * FROM actors'), [
    [ALICE, 'running', 'ab'.repeat(32), 'account', 2, at + 1, at + 2],
    [BOB, 'failed', 'ab'.repeat(32), 'account', 2, at + 1, at + 2],
  ]);
  t.deepEqual(
    select(
      file,
      `SELECT sequence, kind, origin, message, changed, removed, reply FROM records WHERE actor = '${ALICE}'`,
    ),
    [
      [1, 'spawned', 'client:order', null, '{"balance":70}', null, null],
      [2, 'turn', 'client:order', '{"Put":[2]}', '{"balance":40,"limit":9}', null, '2'],
    ],
  );
  t.deepEqual(select(file, 'SELECT * FROM events'), [
    [ALICE, 2, 1, at + 2, '{"$sym":"low"}'],
    [ALICE, 2, 2, at + 2, '"mail"'],
  ]);
  t.deepEqual(select(file, "SELECT actor, state ->> 'balance' FROM state ORDER BY actor"), [
    [ALICE, 40],
    [BOB, null],
  ]);
  t.deepEqual(select(file, 'SELECT caught_up, records, behind_ms FROM lag'), [[1, 4, 0]]);
});

test('a purge deletes what is known of an actor, and its next life begins with nothing', (t) => {
  const file = folder(t);
  const tables = Tables.open(file, 'c');
  const before = map(['balance', 70]);
  tables.write(
    batch([rowOf({ path: ALICE, sequence: 1, before: SeqMap.empty, after: before, events: ['e'] })], 'one'),
  );
  tables.write(batch([{ path: ALICE, sequence: 0, record: null }], 'two'));
  for (const table of ['actors', 'records', 'events', 'state'])
    t.deepEqual(select(file, `SELECT * FROM ${table}`), []);
  tables.write(
    batch([rowOf({ path: ALICE, sequence: 1, before: SeqMap.empty, after: SeqMap.empty })], 'three'),
  );
  t.deepEqual(select(file, 'SELECT * FROM state'), [[ALICE, 1, '{}']]);
  tables.close();
});

test('a record that cannot be read is named, and the state is not known from there on', (t) => {
  const file = folder(t);
  const tables = Tables.open(file, 'c');
  const known = map(['balance', 70]);
  tables.write(batch([rowOf({ path: ALICE, sequence: 1, before: SeqMap.empty, after: known })], 'one'));
  tables.write(batch([{ path: ALICE, sequence: 2, record: new Uint8Array([1, 2, 3]) }], 'two'));
  tables.write(
    batch([rowOf({ path: ALICE, sequence: 3, before: known, after: map(['balance', 71]) })], 'three'),
  );
  t.deepEqual(select(file, 'SELECT sequence, kind FROM records'), [
    [1, 'spawned'],
    [2, 'unreadable'],
    [3, 'turn'],
  ]);
  t.deepEqual(select(file, 'SELECT * FROM state'), [[ALICE, 3, null]]);
  tables.close();
});

test('a state is not known behind a gap', (t) => {
  const file = folder(t);
  const tables = Tables.open(file, 'c');
  const known = map(['balance', 70]);
  tables.write(
    batch(
      [
        rowOf({ path: ALICE, sequence: 1, before: SeqMap.empty, after: known }),
        rowOf({ path: ALICE, sequence: 3, before: known, after: map(['balance', 71]) }),
      ],
      'one',
    ),
  );
  tables.close();
  t.deepEqual(select(file, 'SELECT * FROM state'), [[ALICE, 3, null]]);
});

test('a batch that fails leaves nothing, and the next one goes on from what was there', (t) => {
  const file = folder(t);
  const tables = Tables.open(file, 'c');
  const [one, two] = [map(['a', 1]), map(['a', 2])];
  const first = rowOf({ path: ALICE, sequence: 1, before: SeqMap.empty, after: one });
  const second = rowOf({ path: ALICE, sequence: 2, before: one, after: two });
  tables.write(batch([first], 'one'));
  t.throws(() => tables.write(batch([second, first], 'two')));
  t.is(select(file, 'SELECT cursor FROM _progress')[0]![0], 'one');
  tables.write(batch([second], 'two'));
  t.deepEqual(select(file, 'SELECT * FROM state'), [[ALICE, 2, '{"a":2}']]);
  tables.close();
});

test('what is damaged, or of another cluster, is made anew', (t) => {
  const file = folder(t);
  const tables = Tables.open(file, 'c');
  tables.write(
    batch([rowOf({ path: ALICE, sequence: 1, before: SeqMap.empty, after: SeqMap.empty })], 'one'),
  );
  tables.close();
  const again = Tables.open(file, 'c');
  t.is(again.cursor, 'one');
  again.close();
  const other = Tables.open(file, 'd');
  t.is(other.cursor, null);
  t.deepEqual(select(file, 'SELECT * FROM records'), []);
  other.close();
  writeFileSync(file, 'no database at all, but long enough to be taken for one '.repeat(100));
  const anew = Tables.open(file, 'd');
  t.is(anew.cursor, null);
  anew.close();
});

test('states of any data come back equal, over any batches and restarts', (t) => {
  const file = folder(t);
  const steps = fc.array(
    fc.record({ actor: fc.nat(2), after: arbitraryMap, event: arbitraryData, cut: fc.nat(3) }),
    { minLength: 1, maxLength: 12 },
  );
  let run = 0;
  fc.assert(
    fc.property(steps, (all) => {
      // Another cluster's projection is replaced by an empty one.
      const cluster = `c${++run}`;
      let tables = Tables.open(file, cluster);
      const states = new Map<string, { sequence: number; state: SeqMap }>();
      let rows: ProjectedRow[] = [];
      const write = () => {
        tables.write(unpackBatch(packBatch(batch(rows, `to ${states.size}`))));
        rows = [];
      };
      for (const { actor, after, event, cut } of all) {
        const path = `/user/a${actor}`;
        const { sequence, state } = states.get(path) ?? { sequence: 0, state: SeqMap.empty };
        rows.push(rowOf({ path, sequence: sequence + 1, before: state, after, events: [event] }));
        states.set(path, { sequence: sequence + 1, state: after });
        if (cut > 0) write();
        if (cut < 3) continue;
        tables.close();
        tables = Tables.open(file, cluster);
      }
      write();
      tables.close();
      for (const [path, state, sequence] of select(file, 'SELECT actor, state, sequence FROM state')) {
        const expected = states.get(path as string)!;
        t.is(sequence, expected.sequence);
        t.true(equals(fromJson(JSON.parse(state as string)), expected.state), state as string);
      }
      t.is(select(file, 'SELECT * FROM events').length, all.length);
    }),
    { numRuns: 40 },
  );
});
