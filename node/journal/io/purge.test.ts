// What it takes to delete a long journal.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { DiskFaults } from '../../../sim/disk-faults.ts';
import { SimKeyValues } from '../../../sim/key-values.ts';
import { type ActorPath, groupId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import { encodeCommands } from '../../runtime/shard/entry.ts';
import { GroupKeys, parseCounter, parseKey, WHOLE_STORE } from '../keys.ts';
import { StoreEngine } from '../store/store-engine.ts';
import type { StoreOp } from '../store-port.ts';
import { openStore } from './rocks-store.ts';

const keys = new GroupKeys(groupId(3), 2);
const LONG = '/user/long' as ActorPath;
const BESIDE = ['/user/lon', '/user/long/child'] as ActorPath[];
const none = { sender: null, head: null, snapshot: null, marks: [], outbox: [] };
const bytes = (length: number) => new Uint8Array(length).fill(7);

function turn(path: ActorPath, sequence: number): StoreOp {
  const marks = [[`c:${sequence}`, bytes(20)] as const, ['a:/user/x#1', bytes(9)] as const];
  const head = sequence % 1000 === 1 ? bytes(50) : null;
  const snapshot = sequence % 1000 === 1 ? bytes(500) : null;
  const update = { ...none, path, record: { sequence, bytes: bytes(100) }, head, snapshot, marks };
  return { kind: 'mutations', keys, mutations: encodeCommands([update], []) };
}

function purge(path: ActorPath): StoreOp {
  const update = {
    ...none,
    path,
    record: null,
    marks: [['c:purge', bytes(20)] as const],
    purge: { marks: true },
  };
  return { kind: 'mutations', keys, mutations: encodeCommands([update], []) };
}

test('a journal of 100,000 records is gone with one entry, and nothing beside it', async (t) => {
  t.timeout(120_000);
  const directory = await mkdtemp(join(tmpdir(), 'seq-node-purge-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const store = await openStore(directory);
  for (const path of BESIDE) await store.write([1, 2, 3].map((each) => turn(path, each)));
  for (let from = 1; from <= 100_000; from += 1000)
    await store.write(Array.from({ length: 1000 }, (_, at) => turn(LONG, from + at)));
  const begun = performance.now();
  await store.write([purge(LONG)]);
  t.log(`${Math.round(performance.now() - begun)} ms`);
  const left: string[] = [];
  const found = await store.scan({ ...WHOLE_STORE, limit: 1000 });
  t.true('rest' in found);
  for (const [key] of 'rest' in found ? found.rest : []) {
    const parsed = parseKey(key);
    if ('path' in parsed && parsed.path === LONG)
      left.push(parsed.kind === 'mark' ? parsed.source : parsed.kind);
  }
  t.deepEqual(left, ['a:/user/x#1', 'c:purge']);
  for (const path of BESIDE)
    t.is((await store.get([1, 2, 3].map((each) => keys.record(path, each)))).filter(Boolean).length, 3);
  // Numbers begin anew, whatever was known of the actor.
  await store.write([turn(LONG, 1)]);
  const [counter] = await store.get([keys.sequence(LONG)]);
  t.is(counter && parseCounter(counter), 1);
  await store.close();
});

test('a purge reads and writes as many rows as there are, and no more', (t) => {
  const costOf = (records: number) => {
    const rows = new SimKeyValues(new DiskFaults(new SeededRandom(1)));
    const engine = new StoreEngine(rows);
    const write = (id: number, op: StoreOp) => engine.handle([{ kind: 'write', id, sync: false, ops: [op] }]);
    for (let sequence = 1; sequence <= records; sequence++) write(sequence, turn(LONG, sequence));
    const before = [rows.rowsRead, rows.rowsWritten] as const;
    write(0, purge(LONG));
    t.is(rows.rowCount, 2);
    return [rows.rowsRead - before[0], rows.rowsWritten - before[1]];
  };
  for (const records of [100, 10_000])
    for (const cost of costOf(records)) t.true(cost <= 2 * records + 20, `${cost} rows for ${records}`);
});
