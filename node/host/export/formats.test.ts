// Every format gives back what was written into it, and refuses what was cut off or edited.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import fc from 'fast-check';
import { moduleHash } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import { arbitraryData, arbitraryKey, arbitraryMap } from '../../base/testing/arbitrary-data.ts';
import { encodeRecord, type JournalRecord } from '../../journal/journal-record.ts';
import { encodeHead } from '../../runtime/actor/head-row.ts';
import { encodeMark } from '../../runtime/actor/mark-row.ts';
import { encodeSnapshot } from '../../runtime/actor/snapshot-row.ts';
import { encodeTimer } from '../../runtime/actor/timer-row.ts';
import { folderOf } from './format-files.ts';
import { createExport, FORMATS, type Format, openExport } from './formats.ts';
import { EXPORT_VERSION, type ExportItem } from './items.ts';
import { rowFromJson, rowToJson } from './row-json.ts';
import { type ExportRow, NO_ROWS, Summing, Totals } from './rows.ts';

const RUNS = { numRuns: Number(process.env.FC_NUM_RUNS ?? 8) };
const MODULE = moduleHash('ab'.repeat(32));

const arbitraryCount = fc.nat(2 ** 40);
const arbitraryCode = fc.record({
  module: fc.constant(MODULE),
  target: fc.oneof(fc.record({ word: fc.string() }), fc.record({ quotation: fc.nat(9) })),
  captured: fc.array(arbitraryData, { maxLength: 2 }),
});
const orNull = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const arbitraryRecord: fc.Arbitrary<JournalRecord> = fc
  .record({
    kind: fc.constantFrom('spawned', 'turn', 'stopped', 'failed', 'resumed', 'suspended'),
    term: arbitraryCount,
    atMillis: arbitraryCount,
    code: arbitraryCode,
    origin: orNull(fc.record({ source: fc.string(), number: arbitraryCount })),
    message: orNull(arbitraryData),
    events: fc.array(arbitraryData, { maxLength: 2 }),
    patch: fc.record({
      set: fc.array(fc.tuple(arbitraryKey, arbitraryData), { maxLength: 3 }),
      removed: fc.array(arbitraryKey, { maxLength: 2 }),
    }),
    reply: orNull(arbitraryData),
    sent: fc.array(fc.tuple(fc.constant(parsePath('/user/b')), arbitraryCount), { maxLength: 2 }),
    inputs: orNull(
      fc.record({
        wall: arbitraryCount,
        seed: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
        answers: fc.array(
          fc.oneof(fc.record({ answered: arbitraryData }), fc.record({ refused: fc.string() })),
          { maxLength: 2 },
        ),
      }),
    ),
    upgrade: fc.option(fc.record({ from: arbitraryCode, migrate: orNull(fc.string()) }), { nil: undefined }),
  })
  .map((record) => ({ ...record, sequence: 1 }) as JournalRecord);

const arbitraryName = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
});
const arbitraryMark = fc
  .record({
    source: arbitraryName,
    digest: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    reply: orNull(arbitraryData),
  })
  .map(({ source, digest, reply }): ExportRow => {
    const outcome = { ok: true, sequence: 7, reply } as const;
    return { kind: 'mark', name: `c:${source}`, value: encodeMark({ number: 0, digest, outcome }) };
  });
const arbitraryTimer = fc.record({ name: arbitraryName, message: arbitraryData }).map(
  ({ name, message }): ExportRow => ({
    kind: 'timer',
    name,
    value: encodeTimer({ life: 'l', due: 9, to: parsePath('/user/b'), message, every: undefined }),
  }),
);
const arbitraryHead = arbitraryCode.map((code): ExportRow => {
  const nothing = {
    lastFault: null,
    pending: null,
    restarts: [],
    supervisor: null,
    stash: null,
    subscriptions: new Map(),
  };
  const life = { lifecycle: 'running', since: 3, mode: 'durable', incarnation: 'l', sent: 4 } as const;
  const watches = { journalReads: false, watching: new Map(), watchers: 0 };
  return { kind: 'head', name: '', value: encodeHead({ code, ...life, ...nothing, ...watches }) };
});

/** The rows of one actor, in order. */
const arbitraryActor: fc.Arbitrary<readonly ExportRow[]> = fc
  .record({
    head: arbitraryHead,
    records: fc.array(arbitraryRecord, { maxLength: 4 }),
    state: arbitraryMap,
    marks: fc.uniqueArray(arbitraryMark, { maxLength: 3, selector: ({ name }) => name }),
    timers: fc.uniqueArray(arbitraryTimer, { maxLength: 2, selector: ({ name }) => name }),
  })
  .map(({ head, records, state, marks, timers }) => {
    const rows = records.map((record, at): ExportRow => {
      const value = encodeRecord({ ...record, sequence: at + 1 });
      return { kind: 'record', name: String(at + 1), value };
    });
    const value = encodeSnapshot({ sequence: rows.length, state });
    const snapshot: ExportRow[] = rows.length > 0 ? [{ kind: 'snapshot', name: '', value }] : [];
    return [head, ...rows, ...snapshot, ...marks, ...timers];
  });

const PATHS = ['/user/a', '/user/a/journal.bin', '/user/snapshot.bin', '/user/a/b', '/name/~@:+-._'];

function exported(actors: readonly (readonly ExportRow[])[]): ExportItem[] {
  const totals = new Totals();
  const counters = { wall: 1, sent: 2, letters: 3 };
  const about = {
    export: 'e',
    cluster: 'c',
    program: '1',
    atMillis: 5,
    prefix: '/',
    shards: [{ shard: 1, index: 7 }],
  };
  const header = { version: EXPORT_VERSION, ...about, counters };
  const files = { 'm.seq': ': f ( -- ) ;\n' };
  totals.before(header);
  totals.before([MODULE, 'm.seq', files]);
  const items: ExportItem[] = [
    { kind: 'header', header },
    { kind: 'module', hash: MODULE, entry: 'm.seq', files },
  ];
  for (const [at, rows] of actors.entries()) {
    const path = PATHS[at]!;
    const summing = new Summing();
    for (const row of rows) summing.add(row);
    totals.add(path, summing.sum);
    items.push(
      { kind: 'actor', path },
      { kind: 'rows', rows },
      { kind: 'actor-end', path, sum: summing.sum },
    );
  }
  return [...items, { kind: 'end', totals: totals.sum }];
}

const arbitraryExport = fc.array(arbitraryActor, { maxLength: PATHS.length }).map(exported);

/** What the items hold, however its rows are parted. */
function flat(items: readonly ExportItem[]): unknown[] {
  return items.flatMap((item): unknown[] =>
    item.kind === 'rows'
      ? item.rows.map(({ kind, name, value }) => [kind, name, Buffer.from(value).toString('hex')])
      : [item],
  );
}

function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-export-'));
  return act(folder).finally(() => rmSync(folder, { recursive: true }));
}

async function written(format: Format, name: string, items: readonly ExportItem[]): Promise<void> {
  const writer = createExport(format, name);
  for (const item of items) await writer.write(item);
  await writer.finish();
}

async function read(name: string): Promise<ExportItem[]> {
  const items: ExportItem[] = [];
  for await (const item of openExport(name)) items.push(item);
  return items;
}

test('a row of any values is the same bit by bit after it was JSON, and readable there', (t) => {
  const same = (row: ExportRow) => {
    const text = JSON.stringify(rowToJson(row));
    t.false(text.startsWith('{"$row"'), text);
    t.deepEqual(rowFromJson(row.kind, row.name, JSON.parse(text)), row);
  };
  fc.assert(
    fc.property(arbitraryActor, (rows) => {
      for (const row of rows) same(row);
    }),
    { numRuns: 3 * RUNS.numRuns },
  );
});

test('a row that JSON cannot give back stands as its bytes', (t) => {
  const value = Uint8Array.of(0x92, 0x01, 0xcd, 0x00, 0x05);
  const json = rowToJson({ kind: 'mark', name: 'c:a', value });
  t.deepEqual(json, { $row: '9201cd0005' });
  t.deepEqual(rowFromJson('mark', 'c:a', json).value, value);
});

for (const format of FORMATS)
  test(`${format}: what is written is what is read`, async (t) => {
    await fc.assert(
      fc.asyncProperty(arbitraryExport, (items) =>
        inFolder(async (folder) => {
          const name = join(folder, 'out');
          await written(format, name, items);
          t.deepEqual(flat(await read(name)), flat(items));
        }),
      ),
      RUNS,
    );
  });

/** Every file of an export, the export itself where it is one. */
function filesIn(name: string): string[] {
  if (!statSync(name).isDirectory()) return [name];
  return readdirSync(name, { recursive: true, encoding: 'utf8' })
    .map((each) => join(name, each))
    .filter((each) => statSync(each).isFile());
}

async function refusedOrSame(
  name: string,
  items: readonly ExportItem[],
): Promise<'refused' | 'same' | string> {
  try {
    const found = JSON.stringify(flat(await read(name)));
    return found === JSON.stringify(flat(items)) ? 'same' : 'something else was read';
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return code === 'export-damaged' ? 'refused' : `${code}: ${message}`;
  }
}

for (const format of FORMATS) {
  test(`${format}: one that is cut off anywhere is refused`, async (t) => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryExport,
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (items, nth, part) =>
          inFolder(async (folder) => {
            const name = join(folder, 'out');
            await written(format, name, items);
            const files = filesIn(name);
            const file = files[nth % files.length]!;
            const bytes = readFileSync(file);
            if (bytes.length === 0) return;
            writeFileSync(file, bytes.subarray(0, Math.floor(part * (bytes.length - 1))));
            const is = await refusedOrSame(name, items);
            // A database may hold pages with nothing in them at its end.
            t.true(is === 'refused' || (format === 'sqlite' && is === 'same'), is);
          }),
      ),
      RUNS,
    );
  });

  test(`${format}: a byte that is another is noticed wherever it means anything`, async (t) => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        arbitraryExport,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (items, nth, at, mask) =>
          inFolder(async (folder) => {
            const name = join(folder, 'out');
            await written(format, name, items);
            const files = filesIn(name);
            const file = files[nth % files.length]!;
            const bytes = readFileSync(file);
            if (bytes.length === 0) return;
            bytes[at % bytes.length]! ^= mask;
            writeFileSync(file, bytes);
            const is = await refusedOrSame(name, items);
            t.true(is === 'refused' || is === 'same', is);
            if (is === 'refused') refused++;
          }),
      ),
      RUNS,
    );
    t.true(refused > 0);
  });
}

for (const format of FORMATS)
  test(`${format}: an actor whose name is no path is damage of the export`, (t) =>
    inFolder(async (folder) => {
      const path = '/user/\ufffd';
      const nobody: ExportItem[] = [
        { kind: 'actor', path },
        { kind: 'actor-end', path, sum: NO_ROWS },
      ];
      const items = exported([]).flatMap((item) => (item.kind === 'end' ? [...nobody, item] : [item]));
      await written(format, join(folder, 'out'), items);
      const error = await t.throwsAsync(read(join(folder, 'out')));
      t.like(error, { code: 'export-damaged' });
      t.regex(error.message, /"\/user\/\ufffd"/);
    }));

test('the sum of an actor tells kinds and names of rows apart', (t) => {
  const crcOf = (row: ExportRow) => {
    const summing = new Summing();
    summing.add(row);
    return summing.sum.crc;
  };
  const row: ExportRow = { kind: 'timer', name: 't', value: Uint8Array.of(1, 2) };
  t.not(crcOf({ ...row, kind: 'watch' }), crcOf(row));
  t.not(crcOf({ ...row, name: 'u' }), crcOf(row));
});

const SAMPLE = exported(fc.sample(arbitraryActor, { numRuns: 3, seed: 7 }));

test('files: a folder that is gone, or added, is refused, and so is one without a manifest', (t) =>
  inFolder(async (folder) => {
    const name = join(folder, 'out');
    await written('files', name, SAMPLE);
    const own = join(name, folderOf(PATHS[1]!));
    const manifest = join(name, 'manifest.json');
    const kept = readFileSync(manifest);
    rmSync(manifest);
    t.is(await refusedOrSame(name, SAMPLE), 'refused');
    writeFileSync(manifest, kept.toString('utf8').replace('"modules"', '"nodules"'));
    t.is(await refusedOrSame(name, SAMPLE), 'refused');
    writeFileSync(manifest, kept);
    t.is(await refusedOrSame(name, SAMPLE), 'same');
    writeFileSync(join(name, 'actors', 'more.bin'), '');
    t.is(await refusedOrSame(name, SAMPLE), 'refused');
    rmSync(join(name, 'actors', 'more.bin'));
    rmSync(own, { recursive: true });
    t.is(await refusedOrSame(name, SAMPLE), 'refused');
  }));

test('files: no byte of a manifest can be another', (t) =>
  inFolder(async (folder) => {
    const name = join(folder, 'out');
    const items = exported([]);
    await written('files', name, items);
    const manifest = join(name, 'manifest.json');
    const bytes = readFileSync(manifest);
    for (let at = 0; at < bytes.length; at++) {
      const edited = Buffer.from(bytes);
      edited[at]! ^= 1;
      writeFileSync(manifest, edited);
      const is = await refusedOrSame(name, items);
      t.true(is === 'refused' || is === 'same', `byte ${at}: ${is}`);
    }
  }));

test('sqlite: an edited row is refused by the name of its actor', (t) =>
  inFolder(async (folder) => {
    const items = exported(
      fc
        .sample(arbitraryActor, { numRuns: 20, seed: 3 })
        .filter((rows) => rows.length > 4)
        .slice(0, 2),
    );
    for (const edit of [
      "UPDATE events SET timestamp = timestamp + 1 WHERE actor_id = '/user/a' AND sequence_num = 1",
      "UPDATE events SET event_type = 'Other' WHERE actor_id = '/user/a' AND sequence_num = 1",
      "DELETE FROM events WHERE actor_id = '/user/a' AND sequence_num = 1",
      "UPDATE snapshots SET state = '{}' WHERE actor_id = '/user/a'",
      "DELETE FROM rows WHERE actor_id = '/user/a'",
      "DELETE FROM actors WHERE actor_id = '/user/a'",
    ]) {
      const name = join(folder, `out-${edit.length}`);
      await written('sqlite', name, items);
      const db = new DatabaseSync(name);
      t.is(Number(db.prepare(edit).run().changes) > 0, true, edit);
      db.close();
      const error = await t.throwsAsync(read(name), { code: 'export-damaged' }, edit);
      t.regex(error.message, /\/user\/a/, edit);
    }
  }));

test('an export replaces nothing', (t) =>
  inFolder(async (folder) => {
    const name = join(folder, 'out');
    writeFileSync(name, 'kept');
    for (const format of FORMATS) t.throws(() => createExport(format, name), { code: 'bad-usage' });
    t.is(readFileSync(name, 'utf8'), 'kept');
    await t.throwsAsync(read(join(folder, 'nothing')), { code: 'unreadable-file' });
  }));

test('an export that fails leaves nothing', (t) =>
  inFolder(async (folder) => {
    for (const format of FORMATS) {
      const writer = createExport(format, join(folder, 'out'));
      for (const item of SAMPLE.slice(0, 4)) await writer.write(item);
      await writer.abandon();
    }
    t.deepEqual(readdirSync(folder), []);
  }));

for (const [client, args] of [
  ['sqlite3', (name: string, sql: string) => [name, sql]],
  [
    'python3',
    (name: string, sql: string) => [
      '-c',
      'import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print("|".join(map(str, row)))',
      name,
      sql,
    ],
  ],
] as const)
  test(`${client} reads the database`, (t) =>
    inFolder(async (folder) => {
      if (spawnSync(client, ['--version']).error !== undefined)
        return t.pass(`${client} is not installed here: nothing was shown`);
      const name = join(folder, 'out');
      await written('sqlite', name, SAMPLE);
      const ask = (sql: string) => spawnSync(client, args(name, sql), { encoding: 'utf8' }).stdout.trim();
      const records = SAMPLE.flatMap((item) =>
        item.kind === 'rows' ? item.rows.filter(({ kind }) => kind === 'record') : [],
      );
      t.is(ask('SELECT count(*) FROM events'), String(records.length));
      t.is(ask('SELECT count(*) FROM events WHERE json_valid(payload)'), String(records.length));
      t.is(ask('PRAGMA integrity_check'), 'ok');
      t.is(
        ask('SELECT count(*) FROM snapshots WHERE json_valid(state)'),
        ask('SELECT count(DISTINCT actor_id) FROM events'),
      );
    }));
