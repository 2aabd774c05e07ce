// What a batch of operations comes to, beside a plain map that takes them one by one; and what it costs.
import test from 'ava';
import fc from 'fast-check';
import { type ActorPath, groupId } from '../base/ids.ts';
import { counterBytes, GroupKeys, keyName, parseCounter } from './keys.ts';
import { MutationsWriter } from './mutations.ts';
import { type BatchBase, isWithin, type Mutation, plainOps, resolveBatch } from './store-batch.ts';
import type { StoreOp } from './store-port.ts';
import { oldMutations, outboxUpTo } from './testing/old-mutations.ts';

/** A store as a plain map, which counts what is read of it. */
class PlainStore implements BatchBase {
  readonly rows = new Map<string, readonly [Uint8Array, Uint8Array]>();
  keysRead = 0;

  get(key: Uint8Array) {
    return this.rows.get(keyName(key))?.[1];
  }

  *keysIn(range: { readonly from: Uint8Array; readonly to: Uint8Array }) {
    for (const [key] of [...this.rows.values()])
      if (isWithin(key, range)) {
        this.keysRead++;
        yield key;
      }
  }

  apply([key, value]: Mutation) {
    if (value === null) this.rows.delete(keyName(key));
    else this.rows.set(keyName(key), [key, value]);
  }

  /** One operation after the other, each on what the one before left. */
  take(ops: readonly StoreOp[]) {
    for (const op of plainOps(ops)) {
      if (op.kind === 'put') this.apply([op.key, op.value]);
      else if (op.kind === 'delete') this.apply([op.key, null]);
      else if (op.kind === 'delete-range') for (const key of [...this.keysIn(op)]) this.apply([key, null]);
      else this.apply([op.key, counterBytes(op.now)]);
    }
  }

  content() {
    return [...this.rows].map(([name, [, value]]) => `${name}=${value}`).sort();
  }
}

const keys = new GroupKeys(groupId(3), 1);
const [alice, bob] = ['/alice', '/bob'] as [ActorPath, ActorPath];

test('a batch leaves what its operations leave one by one, with hot pairs and ranges that overlap', (t) => {
  const pair = fc.constantFrom(['/alice#1', bob], ['/alice#1', alice], ['/bob#1', alice] as const);
  const row = fc
    .tuple(pair, fc.nat(12))
    .map(([[sender, to], at]) => keys.outbox(sender!, to as ActorPath, at));
  const op: fc.Arbitrary<StoreOp | 'count'> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('put' as const), key: row, value: fc.uint8Array() }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: row }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete-range' as const), from: row, to: row }) },
    {
      weight: 3,
      arbitrary: fc.tuple(pair, fc.nat(12)).map(([[sender, to], last]): StoreOp => {
        return {
          kind: 'mutations',
          keys,
          mutations: oldMutations([outboxUpTo(keys, sender!, to as ActorPath, last)]),
        };
      }),
    },
    { weight: 1, arbitrary: fc.constant('count' as const) },
  );
  fc.assert(
    fc.property(fc.array(op, { maxLength: 8 }), fc.array(op, { maxLength: 60 }), (before, batch) => {
      const store = new PlainStore();
      const plain = new PlainStore();
      const counter = keys.sequence(alice);
      let count = 0;
      const counted = (ops: readonly (StoreOp | 'count')[]) =>
        ops.map((each): StoreOp => {
          return each === 'count' ? { kind: 'sequence', key: counter, was: count, now: ++count } : each;
        });
      for (const ops of [counted(before), counted(batch)]) {
        const rowsBefore = store.rows.size;
        store.keysRead = 0;
        const mutations = resolveBatch(ops, store);
        // Each row of the store is read once at most, and whatever is there is deleted once.
        t.true(store.keysRead <= rowsBefore);
        t.true(mutations.length <= 2 * plainOps(ops).length + rowsBefore);
        for (const mutation of mutations) store.apply(mutation);
        plain.take(ops);
        t.deepEqual(store.content(), plain.content());
      }
      if (count > 0) t.is(parseCounter(store.get(counter)!), count);
    }),
    { numRuns: 300 },
  );
});

const ENTRIES = 100_000;

test(`${ENTRIES} entries of an earlier version about one pair cost what each of them says`, (t) => {
  const store = new PlainStore();
  const stored = 1000;
  for (let number = 1; number <= stored; number++)
    store.apply([keys.outbox('/alice#1', bob, number), new Uint8Array(1)]);
  const ops = Array.from({ length: ENTRIES }, (_, at): StoreOp => {
    const mutations = new MutationsWriter();
    mutations.actor(alice);
    mutations.put(keys.outbox('/alice#1', bob, stored + at + 1), new Uint8Array(1));
    const range = outboxUpTo(keys, '/alice#1', bob, at + 1);
    return { kind: 'mutations', keys, mutations: oldMutations([range], mutations.take()) };
  });
  const mutations = resolveBatch(ops, store);
  // One put for each entry, and one deletion of each row that was there.
  t.is(mutations.length, 2 * ENTRIES);
  t.is(store.keysRead, stored);
  for (const mutation of mutations) store.apply(mutation);
  t.deepEqual(
    [...store.rows.values()].map(([key]) => keys.parseOutbox(key)[2]),
    Array.from({ length: stored }, (_, at) => ENTRIES + at + 1),
  );
});
