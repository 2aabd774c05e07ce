// The order of entries: what was noted is read again, alone and in runs, and nothing that is damaged is taken
// for it.
import test from 'ava';
import fc from 'fast-check';
import { type ActorPath, groupId } from '../base/ids.ts';
import { GroupKeys, keyName } from './keys.ts';
import { orderKey } from './order-keys.ts';
import { OrderWriter, orderRuns, readOrder, type Stretch } from './order-rows.ts';
import { rowsIn } from './record-runs.ts';

const utf8 = new TextEncoder();
const keys = new GroupKeys(groupId(3), 2);
const path = fc.constantFrom('/a', '/b', '/user/accounts/alice').map((text) => text as ActorPath);
const noted = fc.array(fc.tuple(path, fc.nat(5)), { minLength: 1, maxLength: 20 });

const flat = (stretches: readonly Stretch[]) =>
  stretches.flatMap(({ path: of, first, count }) =>
    Array.from({ length: count }, (_, at) => [of, first === 0 ? 0 : first + at] as const),
  );

function orderOf(records: readonly (readonly [ActorPath, number])[]): Uint8Array {
  const writer = new OrderWriter();
  for (const [of, sequence] of records) {
    const bytes = utf8.encode(`..${of}.`);
    writer.add(bytes, 2, bytes.length - 1, sequence);
  }
  return writer.take()!;
}

test('the order of an entry names each of its records, as they came', (t) => {
  fc.assert(
    fc.property(noted, (records) => {
      t.deepEqual(
        flat(readOrder(orderOf(records))),
        records.map(([of, sequence]) => [of, sequence]),
      );
    }),
  );
  t.is(new OrderWriter().take(), undefined);
  const three = [1, 2, 3].map((sequence) => ['/a' as ActorPath, sequence] as const);
  t.is(readOrder(orderOf(three)).length, 1);
});

test('what was noted of an entry that could not be read to its end is not taken for the next one', (t) => {
  const writer = new OrderWriter();
  const bytes = utf8.encode('/a/b');
  for (const [to, sequence] of [
    [2, 1],
    [4, 7],
  ] as const)
    writer.add(bytes, 0, to, sequence);
  writer.begin();
  writer.add(bytes, 0, 4, 2);
  t.deepEqual(readOrder(writer.take()!), [{ path: '/a/b' as ActorPath, first: 2, count: 1 }]);
});

test('runs stand for the orders that they were made of, each at its key', (t) => {
  fc.assert(
    fc.property(fc.array(noted, { minLength: 1, maxLength: 400 }), (entries) => {
      const orders = entries.map((records, at) => [2 * at + 7, orderOf(records)] as const);
      const rows = [...orderRuns(orders)].flatMap(([index, row]) => rowsIn(orderKey(keys, index), row));
      t.deepEqual(
        rows.map(([key, value]) => [keyName(key), [...value]]),
        orders.map(([index, value]) => [keyName(orderKey(keys, index)), [...value]]),
      );
    }),
    { numRuns: 20 },
  );
});

test('bytes that are no order are refused, or stand for themselves', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const run = Uint8Array.of(0xff, ...bytes);
      t.true(rowsIn(orderKey(keys, 9), run).length > 0);
      try {
        readOrder(bytes);
      } catch (error) {
        t.is((error as Error).name, 'SeqNodeError');
      }
    }),
  );
});
