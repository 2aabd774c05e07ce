// What the store's engine asks of its medium, and what it takes after the medium has failed.
import test from 'ava';
import { DiskFaults } from '../../../sim/disk-faults.ts';
import { SimKeyValues } from '../../../sim/key-values.ts';
import { groupId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import { groupRowKey, groupRows, type KeyRange } from '../keys.ts';
import type { RowBatch } from './key-values.ts';
import { StoreEngine } from './store-engine.ts';
import type { Request } from './store-messages.ts';

class Medium extends SimKeyValues {
  /** Of the batches that were written, whether they were synced. */
  readonly syncs: boolean[] = [];
  /** How many ranges were deleted as such. */
  ranges = 0;
  fails = false;

  constructor() {
    super(new DiskFaults(new SeededRandom(1)));
  }

  override deleteRange(range: KeyRange): void {
    this.ranges++;
    super.deleteRange(range);
  }

  override openBatch(): RowBatch {
    const batch = super.openBatch();
    return {
      put: (key, value) => batch.put(key, value),
      delete: (key) => batch.delete(key),
      write: (sync) => {
        if (this.fails) throw new Error('IO error: While fdatasync: told to fail');
        this.syncs.push(sync);
        batch.write(sync);
      },
      close: () => batch.close(),
    };
  }
}

const put = (id: number): Request => ({
  kind: 'write',
  id,
  ops: [{ kind: 'put', key: groupRowKey(groupId(id)), value: Uint8Array.of(id) }],
  sync: false,
});
const flush = (id: number): Request => ({ kind: 'flush', id });

test('a flush is a synced batch; other writes are not, unless that is asked for', (t) => {
  const medium = new Medium();
  const engine = new StoreEngine(medium);
  engine.handle([put(1), put(2)]);
  t.deepEqual(medium.syncs, [false]);
  engine.handle([flush(3)]);
  t.deepEqual(medium.syncs, [false, true]);
});

for (const [what, first] of [
  ['flush', flush(1)],
  ['write', put(1)],
] as const)
  test(`after a ${what} that failed nothing is taken any more`, (t) => {
    const medium = new Medium();
    const engine = new StoreEngine(medium);
    medium.fails = true;
    t.like(engine.handle([first])[0], { kind: 'fault', code: 'disk-failed' });
    medium.fails = false;
    for (const request of [flush(2), put(3), flush(4)])
      t.like(engine.handle([request])[0], { kind: 'fault', code: 'disk-failed' });
    t.deepEqual(medium.syncs, []);
  });

test('a range with few rows, or none, is deleted row by row', (t) => {
  const all: KeyRange = groupRows();
  const deletion = (id: number, sync: boolean): Request => ({
    kind: 'write',
    id,
    ops: [{ kind: 'delete-range', ...all }],
    sync,
  });
  const rows = (count: number) => Array.from({ length: count }, (_, at) => put(at));
  for (const [count, ranges] of [
    [0, 0],
    [1, 0],
    [1000, 0],
    [1001, 1],
  ] as const) {
    const medium = new Medium();
    const engine = new StoreEngine(medium);
    engine.handle(rows(count));
    t.deepEqual(engine.handle([deletion(2000, true)]), [{ kind: 'done', id: 2000 }]);
    t.is(medium.ranges, ranges, `${count} rows`);
    t.true(medium.syncs.at(-1), 'what is asked to be synced is');
    const scan: Request = { kind: 'scan', id: 2001, range: { ...all, limit: 1 }, view: null };
    t.deepEqual(engine.handle([scan]), [{ kind: 'scanned', id: 2001, found: { rest: [] } }]);
  }
});
