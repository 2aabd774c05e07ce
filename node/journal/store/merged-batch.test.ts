// What many writes leave that go into one batch, beside a plain map that takes them one by one; and what the
// batch costs.
import test from 'ava';
import fc from 'fast-check';
import { DiskFaults } from '../../../sim/disk-faults.ts';
import { SimKeyValues } from '../../../sim/key-values.ts';
import { type ActorPath, groupId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import { counterBytes, GroupKeys, groupRowKey, keyName, WHOLE_STORE } from '../keys.ts';
import { MutationsWriter } from '../mutations.ts';
import { plainOps } from '../store-batch.ts';
import type { StoreOp } from '../store-port.ts';
import { Actors, isGathered, MergedBatch, type Write } from './merged-batch.ts';

/** Without the runs in which records are kept. */
const contentOf = (rows: SimKeyValues) =>
  rows.rowsIn(WHOLE_STORE).map(([key, value]) => `${keyName(key)}=${value}`);

const noRows = () => new SimKeyValues(new DiskFaults(new SeededRandom(1)));

/** One operation after the other. */
function takeInto(rows: Map<string, Uint8Array>, ops: readonly StoreOp[]) {
  for (const op of plainOps(ops)) {
    if (op.kind === 'put') rows.set(keyName(op.key), op.value);
    else if (op.kind === 'delete') rows.delete(keyName(op.key));
    else if (op.kind === 'sequence') rows.set(keyName(op.key), counterBytes(op.now));
    else throw new Error('no operation deletes a range');
  }
}

const keys = new GroupKeys(groupId(3), 1);
const paths = ['/alice', '/bob', '/carol'] as ActorPath[];

interface Turn {
  readonly actor: number;
  readonly to: number;
  readonly sends: number;
  readonly takes: number;
  readonly closes: boolean;
}

/**
 * Entries as leaders make them: each takes the oldest messages of a pair that earlier entries sent, and sends
 * others.
 */
class Leaders {
  readonly #sequences = new Map<string, number>();
  readonly #waiting = new Map<string, number[]>();
  #sent = 0;

  entry({ actor, to, sends, takes }: Turn): StoreOp {
    const [path, receiver] = [paths[actor]!, paths[to]!];
    const mutations = new MutationsWriter();
    const pair = `${path}>${receiver}`;
    const waiting = this.#waiting.get(pair) ?? [];
    const taken = waiting.splice(0, takes);
    if (taken.length > 0) mutations.taken(keys, `${path}#1`, receiver, taken);
    const sequence = (this.#sequences.get(path) ?? 0) + 1;
    this.#sequences.set(path, sequence);
    mutations.actor(path);
    mutations.record(sequence, Uint8Array.of(sequence % 256));
    mutations.head(Uint8Array.of(sequence % 256));
    for (let each = 0; each < sends; each++) {
      const number = ++this.#sent;
      waiting.push(number);
      mutations.put(keys.outbox(`${path}#1`, receiver, number), Uint8Array.of(number % 256));
    }
    this.#waiting.set(pair, waiting);
    return { kind: 'mutations', keys, mutations: mutations.take() };
  }
}

test('a batch of many writes leaves what their operations leave one by one, and costs what they say', (t) => {
  const turn: fc.Arbitrary<Turn> = fc.record({
    actor: fc.nat(2),
    to: fc.nat(2),
    sends: fc.nat(3),
    takes: fc.nat(4),
    closes: fc.boolean(),
  });
  const writes = fc.array(fc.array(turn, { minLength: 1, maxLength: 6 }), { maxLength: 20 });
  fc.assert(
    fc.property(writes, (turns) => {
      const db = noRows();
      const actors = new Actors(db);
      const leaders = new Leaders();
      const model = new Map<string, Uint8Array>();
      let batch = new MergedBatch(db, actors);
      let operations = 0;
      for (const [id, entries] of turns.entries()) {
        const ops = entries.map((each) => leaders.entry(each));
        ops.push({ kind: 'put', key: groupRowKey(keys.group), value: Uint8Array.of(id) });
        operations += plainOps(ops).length;
        takeInto(model, ops);
        const write: Write = { kind: 'write', id, sync: false, ops };
        t.true(isGathered(write));
        batch.add(write);
        if (!entries[0]!.closes) continue;
        batch.write();
        batch = new MergedBatch(db, actors);
      }
      batch.write();
      t.true(db.rowsWritten <= operations);
      t.true(db.rowsRead <= paths.length);
      t.deepEqual(contentOf(db), [...model].map(([name, value]) => `${name}=${value}`).sort());
    }),
    { numRuns: 300 },
  );
});

const ENTRIES = 100_000;

test(`${ENTRIES} entries of one pair in one write hand over as many rows for each as a hundred do`, (t) => {
  const rowsOf = (count: number) => {
    const db = noRows();
    const batch = new MergedBatch(db, new Actors(db));
    const leaders = new Leaders();
    const ops = Array.from({ length: count }, () =>
      leaders.entry({ actor: 0, to: 1, sends: 1, takes: 1, closes: false }),
    );
    batch.add({ kind: 'write', id: 1, sync: false, ops });
    batch.write();
    // What waits at the end is the message that the last entry sent; beside it are the counter, the head, and
    // runs of records.
    const waiting = db.rowsIn(keys.outboxRange());
    t.deepEqual(
      waiting.map(([key]) => keys.parseOutbox(key)[2]),
      [count],
    );
    t.is(db.rowsRead, 1);
    return db.rowsWritten;
  };
  // A head, a message sent and one taken for each entry; records are in runs.
  t.true(rowsOf(100) <= 3 * 100 + 2);
  t.true(rowsOf(ENTRIES) <= 3.2 * ENTRIES);
});
