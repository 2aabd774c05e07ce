// The projection as a node keeps it: its thread, its processes, and SQLite on disk.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { SeqMap } from '../base/value.ts';
import type { ProjectedRow } from './batch.ts';
import type { Feed, Handed } from './batches.ts';
import { Projection, type ProjectionOptions } from './projection.ts';
import { rowOf } from './testing/journals.ts';

const none = async () => [];
const NONE = { dead_letters: none, tasks: none, timers: none };
const TIMEOUT_MS = 20_000;

function row(at: number): ProjectedRow {
  const before = at === 1 ? SeqMap.empty : SeqMap.from([['n', at - 1] as const]);
  return rowOf({ path: '/user/a', sequence: at, before, after: SeqMap.from([['n', at] as const]) });
}

/** Everything from 1 to `count()`, behind a cursor. */
function counting(count: () => number, cursor: string | null): Feed {
  let at = Number(cursor ?? 0);
  let told = false;
  return {
    next(done) {
      if (at < count()) {
        at++;
        done({ kind: 'event', ...row(at) });
      } else if (!told) {
        told = true;
        done({ kind: 'caught-up' });
      }
    },
    cursor: () => String(at),
    close() {},
  };
}

function folder(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'seq-projection-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function open(
  t: ExecutionContext,
  options: Partial<ProjectionOptions> & Pick<ProjectionOptions, 'file' | 'feed'>,
) {
  const logged: string[] = [];
  const projection = new Projection({
    cluster: 'c',
    copy: NONE,
    log: (_, event, { problem }) => logged.push(`${event} ${problem ?? ''}`),
    ...options,
  });
  t.teardown(() => projection.close());
  const select = async (sql: string, timeoutMs = TIMEOUT_MS) => {
    const { rows } = await projection.query({ sql, parameters: [], rowsMax: 10 }, timeoutMs);
    return rows;
  };
  const until = async (sql: string, expected: unknown) => {
    const end = performance.now() + TIMEOUT_MS;
    while ((await select(sql))[0]?.[0] !== expected)
      if (performance.now() > end)
        throw new Error(`not within ${TIMEOUT_MS} ms: ${sql} = ${expected}; ${logged}`);
  };
  return { projection, select, until, logged };
}

test('records are asked about once they are written, and a restart goes on where it was', async (t) => {
  const file = join(folder(t), 'projection.sqlite');
  const cursors: (string | null)[] = [];
  const feed = (count: number) => (cursor: string | null) => {
    cursors.push(cursor);
    return counting(() => count, cursor);
  };
  const one = open(t, { file, feed: feed(5000) });
  await one.until('SELECT count(*) FROM records', 5000n);
  await one.until('SELECT caught_up FROM lag', 1n);
  await one.projection.close();
  const two = open(t, { file, feed: feed(7000) });
  await two.until('SELECT count(*) FROM records', 7000n);
  t.deepEqual(cursors, [null, '5000']);
  t.deepEqual(await two.select('SELECT state FROM state'), [['{"n":7000}']]);
});

test('a feed that fails is asked again from behind what is written', async (t) => {
  const file = join(folder(t), 'projection.sqlite');
  const cursors: (string | null)[] = [];
  const failing = (cursor: string | null): Feed => {
    cursors.push(cursor);
    const inner = counting(() => 20, cursor);
    let left = 8;
    return {
      next(done: (handed: Handed) => void) {
        if (left-- > 0 || cursors.length > 2) inner.next(done);
        else done({ kind: 'failed', code: 'no-quorum', message: 'nobody' });
      },
      cursor: () => inner.cursor(),
      close: () => inner.close(),
    };
  };
  const { until, logged } = open(t, { file, feed: failing });
  await until('SELECT count(*) FROM records', 20n);
  t.deepEqual(cursors, [null, '8', '16']);
  t.regex(logged[0]!, /projection-waits .*nobody/);
});

test('a cursor that the cluster does not know begins everything anew', async (t) => {
  const file = join(folder(t), 'projection.sqlite');
  const one = open(t, { file, feed: (cursor) => counting(() => 10, cursor) });
  await one.until('SELECT count(*) FROM records', 10n);
  await one.projection.close();
  const refusing = (cursor: string | null): Feed =>
    cursor === null
      ? counting(() => 3, cursor)
      : {
          next: (done) => done({ kind: 'failed', code: 'bad-cursor', message: 'unknown' }),
          cursor: () => '',
          close() {},
        };
  const two = open(t, { file, feed: refusing });
  await two.until('SELECT count(*) FROM records', 3n);
  t.deepEqual(await two.select('SELECT state FROM state'), [['{"n":3}']]);
});

test('a query can only read, is one statement, and is stopped when it takes too long', async (t) => {
  const directory = folder(t);
  const { projection, select, until } = open(t, {
    file: join(directory, 'projection.sqlite'),
    feed: (cursor) => counting(() => 100, cursor),
  });
  await until('SELECT count(*) FROM records', 100n);
  const other = join(directory, 'other.sqlite');
  for (const sql of [
    'DELETE FROM records',
    "UPDATE _progress SET cursor = ''",
    'CREATE TABLE mine (a)',
    'CREATE TEMP TABLE mine (a)',
    'DROP TABLE records',
    `ATTACH '${other}' AS other`,
    `VACUUM INTO '${other}'`,
    'PRAGMA query_only = 0',
    'PRAGMA writable_schema = 1',
    "SELECT * FROM pragma_table_info('records')",
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT fts3_tokenizer('x', 1)",
    'BEGIN',
    'SELECT 1; DELETE FROM records',
    'SELEC 1',
    'SELECT nothing FROM records',
    '',
    '-- nothing',
    'SELECT zeroblob(1000000000)',
    'WITH RECURSIVE r(x) AS (SELECT zeroblob(15000000) UNION ALL SELECT x FROM r) SELECT count(DISTINCT x || random()) FROM r',
    `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`,
  ]) {
    const error = await t.throwsAsync<SeqNodeError>(select(sql, 3000), { instanceOf: SeqNodeError }, sql);
    t.true(['bad-query', 'query-too-long'].includes(error.code), `${sql}: ${error.message}`);
  }
  t.false(existsSync(other));
  for (const sql of [
    'WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r',
    'SELECT count(*) FROM records a, records b, records c, records d, records e, records f',
  ])
    await t.throwsAsync(select(sql, 300), { code: 'query-too-long' }, sql);
  t.deepEqual(await select('SELECT count(*) FROM records'), [[100n]]);
  const limited = await projection.query(
    { sql: 'SELECT sequence FROM records WHERE sequence > ? ORDER BY 1', parameters: [10n], rowsMax: 3 },
    TIMEOUT_MS,
  );
  t.deepEqual(limited, { columns: ['sequence'], rows: [[11n], [12n], [13n]], more: true });
});

test('copies are those of the moment of the query, and only where it reads them', async (t) => {
  let asked = 0;
  const timers = async () => {
    asked++;
    return [['/user/a', `t${asked}`, 1, '/user/b', '{}', null]];
  };
  const { select } = open(t, {
    file: join(folder(t), 'projection.sqlite'),
    feed: (cursor) => counting(() => 1, cursor),
    copy: { ...NONE, timers },
  });
  await select('SELECT * FROM records');
  await select('SELECT * FROM tasks');
  t.is(asked, 0);
  t.deepEqual(await select('SELECT id FROM timers'), [['t1']]);
});
