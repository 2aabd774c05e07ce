import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DiskFaults } from '../../../sim/disk-faults.ts';
import { SimKeyValues } from '../../../sim/key-values.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, groupId, logIndex, META_GROUP, moduleHash, term } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import { diff, SeqMap, Variant } from '../../base/value.ts';
import { encodeGroupRow } from '../../core/groups/group-row.ts';
import { ROW_READERS } from '../../core/row-readers.ts';
import { encodeHead } from '../../runtime/actor/head-row.ts';
import { encodeMark } from '../../runtime/actor/mark-row.ts';
import { encodePayload } from '../../runtime/actor/payload.ts';
import { encodeSnapshot } from '../../runtime/actor/snapshot-row.ts';
import { JournalCheck } from '../journal-check.ts';
import { encodeRecord } from '../journal-record.ts';
import { counterBytes, GroupKeys, groupRowKey, groupRows, WHOLE_STORE } from '../keys.ts';
import type { RowJson } from '../row-json.ts';
import { StoreEngine } from '../store/store-engine.ts';
import type { StoreOp } from '../store-port.ts';
import { dumpJournal, type JournalDirectories, verifyJournal } from './journal-tools.ts';
import { openLog } from './log-files.ts';
import { openStore } from './rocks-store.ts';

const path = '/user/alice' as ActorPath;
const keys = new GroupKeys(groupId(3), 2);
const code = { module: moduleHash('ab'.repeat(32)), target: { word: 'account' }, captured: [] };
const config = { voters: [], outgoing: [], learners: [], learnersNext: [], autoLeave: false };
const stateAt = (sequence: number) =>
  sequence === 0 ? SeqMap.empty : SeqMap.from([['balance', sequence * 100]]);

function record(sequence: number): Uint8Array {
  return encodeRecord({
    sequence,
    kind: sequence === 1 ? 'spawned' : 'turn',
    term: 1,
    atMillis: 1,
    code,
    origin: { source: 'c:me', number: sequence },
    message: new Variant('Deposit', [100]),
    events: [],
    patch: diff(stateAt(sequence - 1), stateAt(sequence)),
    reply: null,
    sent: [],
    inputs: null,
  });
}

const put = (key: Uint8Array, value: Uint8Array): StoreOp => ({ kind: 'put', key, value });

function goodRows(): StoreOp[] {
  const head = {
    lifecycle: 'running',
    code,
    mode: 'durable',
    incarnation: 'i',
    sent: 0,
    lastFault: null,
    pending: null,
    restarts: [],
    watching: new Map(),
    watchers: 0,
    supervisor: null,
    stash: null,
    subscriptions: new Map(),
  };
  return [
    put(keys.head(path), encodeHead(head as never)),
    put(keys.sequence(path), counterBytes(5)),
    put(keys.snapshot(path), encodeSnapshot({ sequence: 3, state: stateAt(3) })),
    ...[1, 2, 3, 4, 5].map((sequence) => put(keys.record(path, sequence), record(sequence))),
    put(
      keys.mark(path, 'c:me'),
      encodeMark({ number: 5, digest: undefined, outcome: { ok: true, sequence: 5, reply: null } }),
    ),
    put(keys.outbox(`${path}#i`, '/user/bob' as ActorPath, 1), encodePayload({ kind: 'stop' })),
    put(groupRowKey(groupId(3)), groupRow(9)),
  ];
}

function groupRow(appliedIndex: number): Uint8Array {
  return encodeGroupRow({
    generation: 2,
    appliedIndex: logIndex(appliedIndex),
    appliedTerm: term(1),
    begins: logIndex(1),
    config,
  });
}

/** A data directory with the good rows and then `ops`, and a log whose group 3 begins after 9. */
async function directories(
  t: ExecutionContext,
  ops: readonly StoreOp[],
  logBegin = 9,
): Promise<JournalDirectories> {
  const root = await mkdtemp(join(tmpdir(), 'seq-tools-'));
  t.teardown(() => rm(root, { recursive: true }));
  const found = { log: join(root, 'log'), store: join(root, 'store') };
  const store = await openStore(found.store);
  await store.write([...goodRows(), ...ops]);
  await store.close();
  const { log } = await openLog(found.log, { segmentBytes: 64 * 1024, frameBytesMax: 16 * 1024 });
  const snapshot = { index: logIndex(9), term: term(1), config, discard: true };
  const entry = {
    index: logIndex(logBegin + 1),
    term: term(1),
    kind: 'data' as const,
    data: Uint8Array.of(1),
  };
  await log.append([{ group: groupId(3), snapshot, entries: [entry] }], true);
  await log.close();
  return found;
}

/** What the check says of the good rows and then `ops`, without any disk. */
function problemsOf(ops: readonly StoreOp[], logBegin = 9): string[] {
  const rows = new SimKeyValues(new DiskFaults(new SeededRandom(1)));
  new StoreEngine(rows).handle([{ kind: 'write', id: 1, sync: false, ops: [...goodRows(), ...ops] }]);
  const snapshot = { index: logIndex(logBegin), term: term(1), config };
  const hardState = { term: term(1), vote: null, commit: logIndex(logBegin) };
  const check = new JournalCheck(ROW_READERS);
  for (const [key, value] of rows.rowsIn(groupRows()))
    check.groupRow(key, value, { group: groupId(3), snapshot, hardState, entries: [] });
  for (const [key, value] of rows.rowsIn(WHOLE_STORE)) check.row(key, value);
  check.finish();
  return check.problems.map(({ where, reason }) => `${where}: ${reason}`);
}

test('a good directory has no problem', async (t) => {
  const where = await directories(t, [
    put(new GroupKeys(groupId(3), 7).record(path, 4), Uint8Array.of(1)),
    put(new GroupKeys(META_GROUP, 1).item('node/x'), Uint8Array.of(0xc0)),
  ]);
  const { problems, counts, log, torn } = await verifyJournal(where, ROW_READERS);
  t.deepEqual(problems, []);
  t.deepEqual(counts, { actors: 1, records: 5, superseded: 1, rows: 13 });
  t.deepEqual(log, { file: 'wal-0000000001.log', frames: 2, groups: 1, entries: 1 });
  t.is(torn, null);
});

const place = '(group 3, generation 2)';
const damages: Record<string, readonly [ops: StoreOp[], wanted: string[]]> = {
  'a flipped bit': [
    [
      put(
        keys.record(path, 2),
        record(2).map((byte, at) => (at === 40 ? byte ^ 4 : byte)),
      ),
    ],
    [`record 2 of ${path} ${place}: A journal record does not match its checksum.`],
  ],
  'a missing record': [
    [{ kind: 'delete', key: keys.record(path, 4) }],
    [`record 5 of ${path} ${place}: Record 4 is missing before it.`],
  ],
  'a missing last record': [
    [{ kind: 'delete', key: keys.record(path, 5) }],
    [`record 1 of ${path} ${place}: The counter of the actor is 5, and its last record is 4.`],
  ],
  'a record at the wrong place': [
    [put(keys.record(path, 2), record(3))],
    [`record 2 of ${path} ${place}: It says that it is record 3.`],
  ],
  'a snapshot that is not what the journal gives': [
    [put(keys.snapshot(path), encodeSnapshot({ sequence: 3, state: stateAt(4) }))],
    [
      `record 3 of ${path} ${place}: The state snapshot of this record differs from the state that the journal gives.`,
    ],
  ],
  'a snapshot ahead of the journal': [
    [put(keys.snapshot(path), encodeSnapshot({ sequence: 6, state: stateAt(6) }))],
    [`record 1 of ${path} ${place}: The snapshot of the actor is of record 6, and its last record is 5.`],
  ],
  'records that are gone without a snapshot for them': [
    [{ kind: 'delete-range', ...keys.records(path, 1, 5) }],
    [`record 5 of ${path} ${place}: The records before it are gone, and no snapshot stands for them.`],
  ],
  'a counter without records': [
    [put(keys.sequence('/user/none' as ActorPath), counterBytes(2))],
    [`the sequence of /user/none ${place}: The counter is 2, and there is no record.`],
  ],
  'records without a counter': [
    [{ kind: 'delete', key: keys.sequence(path) }],
    [`record 1 of ${path} ${place}: The actor has records and no counter.`],
  ],
  'rows that make no sense': [
    [
      put(keys.head(path), Uint8Array.of(1)),
      put(keys.mark(path, 'c:me'), Uint8Array.of(0xc1)),
      put(keys.outbox('a', path, 1), new Uint8Array(0)),
      put(keys.snapshot(path), Uint8Array.of(0x90)),
    ],
    [
      `the head of ${path} ${place}: `,
      `the snapshot of ${path} ${place}: `,
      `the mark of c:me at ${path} ${place}: `,
      `message 1 from a to ${path} ${place}: `,
    ],
  ],
  'a key that is none': [
    [put(Uint8Array.of(0, 3, 0, 0, 0, 2, 99, 1), new Uint8Array(1))],
    ['an unknown row: A key of the store is malformed: 0003000000026301.'],
  ],
};

for (const [name, [ops, wanted]] of Object.entries(damages))
  test(`verify finds ${name}`, (t) => {
    const found = problemsOf(ops);
    t.is(found.length, wanted.length, found.join('\n'));
    for (const [at, problem] of wanted.entries()) t.true(found[at]?.startsWith(problem), found[at]);
  });

test('verify finds a log that begins after what the store has applied', (t) => {
  t.deepEqual(problemsOf([], 9), []);
  t.deepEqual(problemsOf([], 12), [
    'the row of group 3: The store has applied up to 9, and the log begins after 12.',
  ]);
});

test('verify finds a damaged log, and goes on with the store', async (t) => {
  const where = await directories(t, [{ kind: 'delete', key: keys.record(path, 4) }]);
  const file = join(where.log, (await readdir(where.log))[0] as string);
  const bytes = await readFile(file);
  bytes[600] = (bytes[600] as number) ^ 1;
  await writeFile(file, bytes);
  const { problems, log } = await verifyJournal(where, ROW_READERS);
  t.deepEqual(
    problems.map(({ part }) => part),
    ['log', 'store'],
  );
  t.regex(problems[0]?.reason ?? '', /^wal-0000000001\.log, byte 512: the checkpoint is not whole/);
  t.is(log.frames, 0);
});

async function all(rows: AsyncGenerator<RowJson>): Promise<RowJson[]> {
  const found: RowJson[] = [];
  for await (const row of rows) found.push(JSON.parse(JSON.stringify(row)));
  return found;
}

test('dump gives every row and frame as JSON, and says what cannot be read', async (t) => {
  const where = await directories(t, [put(keys.record(path, 2), Uint8Array.of(9, 9, 9, 9, 9, 9))]);
  const rows = await all(dumpJournal(where));
  t.is(rows.length, 13);
  t.deepEqual(rows[1], { group: 3, generation: 2, kind: 'sequence', path, value: 5 });
  t.like(rows[3], {
    kind: 'record',
    path,
    sequence: 1,
    value: { kind: 'spawned', message: { Deposit: [100] } },
  });
  t.like(rows[3]?.value, { set: [['balance', 100]], removed: [], origin: { source: 'c:me', number: 1 } });
  t.like(rows[4], { kind: 'record', sequence: 2, problem: 'A journal record does not match its checksum.' });
  t.like(rows[2], { kind: 'snapshot', value: [1, 3, { balance: 300 }] });
  t.like(rows.at(-1), { kind: 'log', frame: 'append', sequence: 2 });
});

test('a directory without a store is refused, and stays without', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'seq-tools-'));
  t.teardown(() => rm(root, { recursive: true }));
  const where = { log: join(root, 'log'), store: join(root, 'store') };
  const error = await t.throwsAsync(verifyJournal(where, ROW_READERS), { instanceOf: SeqNodeError });
  t.is(error?.code, 'not-a-cluster');
  t.deepEqual(await readdir(root), []);
});

test('a store that is open elsewhere is data-in-use', async (t) => {
  const where = await directories(t, []);
  const store = await openStore(where.store);
  const error = await t.throwsAsync(verifyJournal(where, ROW_READERS), { instanceOf: SeqNodeError });
  t.is(error?.code, 'data-in-use');
  await store.close();
});
