import test from 'ava';
import fc from 'fast-check';
import { List } from './persistent-list.ts';

const BORDERS = [
  0, 1, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, 1055, 1056, 1057, 32_768, 32_800, 32_801, 33_000,
];
const range = (length: number) => Array.from({ length }, (_, i) => i);

test('pushing and List.of make the same list at every border of the trie', (t) => {
  let pushed: List<number> = List.empty;
  for (let i = 0; i <= 33_000; i++) {
    if (BORDERS.includes(i)) {
      const made = List.of(range(i));
      t.deepEqual(pushed.toArray(), range(i));
      t.deepEqual(made.toArray(), range(i));
      t.is(made.push(i).get(i), i);
      t.deepEqual([...made], range(i));
      for (const at of [0, 31, 32, i - 1, i, -1])
        t.is(pushed.get(at), at >= 0 && at < i ? at : undefined, `${at} of ${i}`);
    }
    pushed = pushed.push(i);
  }
});

test('set changes one element and leaves the old list as it was', (t) => {
  for (const length of BORDERS.slice(1)) {
    const list = List.of(range(length));
    for (const at of new Set([0, length >> 1, length - 1])) {
      const changed = list.set(at, -1);
      t.deepEqual(changed.toArray(), range(length).with(at, -1));
      t.is(list.get(at), at);
      t.deepEqual(changed.push(7).toArray().slice(-2), [changed.get(length - 1), 7]);
    }
  }
  t.throws(() => List.empty.set(0, 1 as never), { instanceOf: RangeError });
  t.throws(() => List.of([1]).set(-1, 1), { instanceOf: RangeError });
});

test('invariant 1: lists that share a tail do not see each other\u2019s pushes', (t) => {
  const base = List.of(range(5));
  const a = base.push(10);
  const b = base.push(20);
  const c = a.push(11);
  const d = a.push(12);
  t.deepEqual(base.toArray(), range(5));
  t.deepEqual(a.toArray(), [...range(5), 10]);
  t.deepEqual(b.toArray(), [...range(5), 20]);
  t.deepEqual(c.toArray(), [...range(5), 10, 11]);
  t.deepEqual(d.toArray(), [...range(5), 10, 12]);
});

test('invariant 1: lists that share nodes of the trie do not see each other\u2019s leaves', (t) => {
  for (const length of [32, 64, 1024, 1056, 2080, 32_768, 32_800, 33_824]) {
    const base = List.of(range(length));
    const more = (from: number) => Array.from({ length: 1100 }, (_, i) => from + i);
    const pushAll = (list: List<number>, values: number[]) =>
      values.reduce<List<number>>((sum, n) => sum.push(n), list);
    const a = pushAll(base, more(1_000_000));
    const b = pushAll(base, more(2_000_000));
    const c = pushAll(a.pop(), more(3_000_000));
    const d = pushAll(b.set(length - 1, -1), more(4_000_000));
    t.deepEqual(base.toArray(), range(length));
    t.deepEqual(a.toArray(), [...range(length), ...more(1_000_000)]);
    t.deepEqual(b.toArray(), [...range(length), ...more(2_000_000)]);
    t.deepEqual(c.toArray(), [...a.toArray().slice(0, -1), ...more(3_000_000)]);
    t.deepEqual(d.toArray(), [...b.toArray().with(length - 1, -1), ...more(4_000_000)]);
  }
});

test('any history of pushes, pops and sets on any earlier list agrees with arrays', (t) => {
  const step = fc.record({
    from: fc.nat(),
    count: fc.integer({ min: 1, max: 70 }),
    change: fc.constantFrom('push', 'set', 'pop'),
    at: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const versions: { list: List<number>; model: number[] }[] = [{ list: List.empty, model: [] }];
      let next = 0;
      for (const { from, count, change, at } of steps) {
        const { list: old, model: oldModel } = versions[from % versions.length]!;
        let list = old;
        const model = [...oldModel];
        if (change === 'pop')
          for (let i = 0; i < count; i++) {
            list = list.pop();
            model.pop();
          }
        else if (change === 'set' && model.length > 0) {
          list = list.set(at % model.length, next);
          model[at % model.length] = next++;
        } else
          for (let i = 0; i < count; i++) {
            list = list.push(next);
            model.push(next++);
          }
        versions.push({ list, model });
      }
      return versions.every(
        ({ list, model }) =>
          list.length === model.length &&
          model.every((v, i) => list.get(i) === v) &&
          JSON.stringify([...list]) === JSON.stringify(model),
      );
    }),
    { numRuns: 200 },
  );
  t.pass();
});
