import test from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../base/assert.ts';
import { type ActorPath, groupId } from '../base/ids.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import { PLACE_BYTES } from './key-kinds.ts';
import { GroupKeys } from './keys.ts';
import { decodeMutations, isPlain, MutationsWriter } from './mutations.ts';
import { oldMutations, outboxUpTo } from './testing/old-mutations.ts';

const keys = new GroupKeys(groupId(7), 3);
const path = '/user/å' as ActorPath;
const value = (n: number) => Uint8Array.of(n, 255 - n);
const elsewhere = new GroupKeys(groupId(9), 8);

test('mutations are placed where the replica keeps the group', (t) => {
  const mutations = new MutationsWriter();
  mutations.taken(elsewhere, '/a#1', path, [3, 4, 2 ** 33]);
  mutations.actor(path);
  mutations.record(300, value(1));
  mutations.head(value(2));
  mutations.snapshot(value(3));
  mutations.mark('c:é', value(4));
  mutations.put(elsewhere.outbox('/a#1', path, 5), value(5));
  const bytes = mutations.take();
  t.deepEqual(decodeMutations(keys, bytes), [
    ...[3, 4, 2 ** 33].map((number) => ({ kind: 'delete', key: keys.outbox('/a#1', path, number) }) as const),
    { kind: 'sequence', key: keys.sequence(path), was: 299, now: 300 },
    { kind: 'put', key: keys.record(path, 300), value: value(1) },
    { kind: 'put', key: keys.head(path), value: value(2) },
    { kind: 'put', key: keys.snapshot(path), value: value(3) },
    { kind: 'put', key: keys.mark(path, 'c:é'), value: value(4) },
    { kind: 'put', key: keys.outbox('/a#1', path, 5), value: value(5) },
  ]);
  t.false(isPlain(bytes));
  t.deepEqual(decodeMutations(keys, mutations.take()), []);
});

test('the entries of a log that an earlier version wrote are read', (t) => {
  const writer = new MsgpackWriter();
  const write = (kind: number, key: Uint8Array) => {
    writer.count(kind, 'the kind');
    writer.binaryFrom(key, PLACE_BYTES);
  };
  write(2, elsewhere.sequence(path));
  writer.count(8, 'the sequence');
  write(0, elsewhere.record(path, 8));
  writer.binary(value(1));
  write(1, elsewhere.outbox('/a#1', path, 0));
  writer.binaryFrom(elsewhere.outbox('/a#1', path, 3), PLACE_BYTES);
  const bytes = writer.take();
  t.true(isPlain(bytes));
  t.deepEqual(decodeMutations(keys, bytes), [
    { kind: 'sequence', key: keys.sequence(path), was: 7, now: 8 },
    { kind: 'put', key: keys.record(path, 8), value: value(1) },
    { kind: 'delete-range', ...outboxUpTo(keys, '/a#1', path, 2) },
  ]);
  const mutations = new MutationsWriter();
  mutations.actor(path);
  mutations.head(value(1));
  const leading = oldMutations([outboxUpTo(elsewhere, '/a#1', path, 2)], mutations.take());
  t.true(isPlain(leading));
  t.deepEqual(decodeMutations(keys, leading), [
    { kind: 'delete-range', ...outboxUpTo(keys, '/a#1', path, 2) },
    { kind: 'put', key: keys.head(path), value: value(1) },
  ]);
});

test('rows of turns have mutations of their own, and need an actor', (t) => {
  const mutations = new MutationsWriter();
  t.throws(() => mutations.put(keys.mark(path, 'c:1'), value(1)), { instanceOf: InvariantError });
  t.throws(() => mutations.actor('/a\0b'), { instanceOf: InvariantError });
  mutations.mark('c:1', value(1));
  const bytes = mutations.take();
  t.throws(() => decodeMutations(keys, bytes), {
    instanceOf: InvariantError,
    message: /no mutation names the actor/,
  });
  // Kind 9, the number of a message, without its pair.
  t.throws(() => decodeMutations(keys, Uint8Array.of(9, 1)), {
    instanceOf: InvariantError,
    message: /no mutation names the pair/,
  });
});

test('whatever the bytes are, they are mutations or refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeMutations(keys, bytes);
      } catch (error) {
        t.true(error instanceof InvariantError);
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
