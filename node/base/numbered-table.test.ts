import test from 'ava';
import fc from 'fast-check';
import { NumberedTable } from './numbered-table.ts';

test('a table holds what a Map holds, in its order, however long a value stays', (t) => {
  const steps = fc.array(
    fc.record({ adds: fc.constantFrom(1, 1, 1, 3, 300, 1023, 1024), take: fc.nat(1500), clear: fc.nat(40) }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(fc.nat(5000), steps, (first, all) => {
      const table = new NumberedTable<string>(first);
      const model = new Map<number, string>();
      let next = first;
      for (const { adds, take, clear } of all) {
        for (let left = adds; left > 0; left--, next++) {
          t.is(table.add(`v${next}`), next);
          model.set(next, `v${next}`);
        }
        // Few stay of many.
        for (let old = Math.max(first, next - take); old < next; old++) {
          t.is(table.get(old), model.get(old));
          if (old % 7 === 0) continue;
          t.is(table.take(old), model.get(old));
          model.delete(old);
        }
        t.is(table.take(next), undefined);
        if (clear === 0) {
          table.clear();
          model.clear();
        }
        t.is(table.size, model.size);
      }
      t.deepEqual([...table.values()], [...model.values()]);
    }),
    { numRuns: 100 },
  );
});

test('values can be taken out while they are gone through', (t) => {
  const table = new NumberedTable<number>(0);
  for (let number = 0; number < 3000; number++) table.add(number);
  const seen: number[] = [];
  for (const value of table.values()) {
    seen.push(value);
    table.take(value);
    table.take(value + 1);
  }
  t.deepEqual(
    seen,
    Array.from({ length: 1500 }, (_, at) => at * 2),
  );
  t.is(table.size, 0);
});
