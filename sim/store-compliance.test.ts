// One suite for the store above every adapter of the rows below it: RocksDB in its worker, and simulated
// rows.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../node/base/assert.ts';
import { compareBytes } from '../node/base/bytes.ts';
import { PAGE_BYTES } from '../node/base/data-limits.ts';
import { type ActorPath, groupId } from '../node/base/ids.ts';
import { SeededRandom } from '../node/base/random.ts';
import { openStore } from '../node/journal/io/rocks-store.ts';
import { counterBytes, GroupKeys, groupRowKey, keyName, parseCounter } from '../node/journal/keys.ts';
import { MutationsWriter } from '../node/journal/mutations.ts';
import { errorOf } from '../node/journal/store/store-faults.ts';
import type { Reply } from '../node/journal/store/store-messages.ts';
import { isWithin, resolveBatch } from '../node/journal/store-batch.ts';
import type {
  ScanRange,
  ScanResult,
  Store,
  StoreEntry,
  StoreOp,
  ViewId,
} from '../node/journal/store-port.ts';
import { oldMutations, outboxUpTo } from '../node/journal/testing/old-mutations.ts';
import { whole } from '../node/journal/testing/whole.ts';
import { DiskFaults } from './disk-faults.ts';
import { SimKeyValues } from './key-values.ts';
import { type Call, SimStore } from './sim-store.ts';

interface Place {
  open(): Promise<Store>;
}
type Adapter = (t: ExecutionContext) => Promise<Place>;

const adapters: Record<string, Adapter> = {
  RocksDB: async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'seq-store-'));
    t.teardown(() => rm(directory, { recursive: true }));
    return { open: () => openStore(directory) };
  },
  'simulated rows': async () => {
    const rows = new SimKeyValues(new DiskFaults(new SeededRandom(7)));
    return { open: async () => new PromiseStore(rows) };
  },
};

/**
 * Gives the simulated store promises. Its worker takes a task of the event loop for each message, and one for
 * its answer.
 */
class PromiseStore implements Store {
  readonly #store: SimStore;
  #views = 0;

  constructor(rows: SimKeyValues) {
    this.#store = new SimStore(rows, {
      gather: (post) => setTimeout(post, 1),
      work: (_, handle, answer) =>
        setImmediate(() => {
          handle();
          setImmediate(answer);
        }),
    });
  }

  get backlogBytes() {
    return this.#store.backlogBytes;
  }
  write(ops: readonly StoreOp[], options?: { readonly sync?: boolean }) {
    return this.#ask({ kind: 'write', ops, sync: options?.sync ?? false });
  }
  async get(keys: readonly Uint8Array[]) {
    const reply = await this.#ask({ kind: 'get', keys });
    return [...(reply as Extract<Reply, { kind: 'values' }>).values];
  }
  getNow(keys: readonly Uint8Array[]) {
    return this.#store.getNow(keys);
  }
  scan(range: ScanRange) {
    return this.#scan({ kind: 'scan', range, view: null });
  }
  openView() {
    this.#ask({ kind: 'open-view', view: ++this.#views });
    return this.#views;
  }
  scanView(view: ViewId, range: ScanRange) {
    return this.#scan({ kind: 'scan', range, view });
  }
  closeView(view: ViewId) {
    this.#ask({ kind: 'close-view', view });
  }
  async flush() {
    await this.#ask({ kind: 'flush' });
  }
  async close() {
    await this.#ask({ kind: 'close' });
  }

  async #scan(call: Call) {
    return ((await this.#ask(call)) as Extract<Reply, { kind: 'scanned' }>).found;
  }

  #ask(call: Call): Promise<Reply> {
    return new Promise((resolve, reject) =>
      this.#store.call(call, (reply) => {
        if (reply.kind === 'fault') reject(errorOf(reply.code, reply.message));
        else resolve(reply);
      }),
    );
  }
}

const key = (text: string) => new TextEncoder().encode(text);
const put = (name: string, value: string): StoreOp => ({ kind: 'put', key: key(name), value: key(value) });
const range = (from: string, to: string) => ({ from: key(from), to: key(to) });
const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const names = (entries: readonly (readonly [Uint8Array, Uint8Array])[]) =>
  entries.map(([each]) => text(each));
const nextOf = (found: ScanResult) => ('rest' in found ? false : text(found.next));
const letters = 'abcdefghij'.split('');

async function filled(place: Place): Promise<Store> {
  const store = await place.open();
  await store.write(letters.map((letter) => put(letter, letter.toUpperCase())));
  return store;
}

function suite(name: string, adapter: Adapter) {
  test(`${name}: what was put is got, what was deleted is not`, async (t) => {
    const store = await filled(await adapter(t));
    await store.write([
      { kind: 'delete', key: key('b') },
      put('c', 'new'),
      { kind: 'delete', key: key('nothing') },
    ]);
    const got = await store.get(['a', 'b', 'c', 'x'].map(key));
    t.deepEqual(got.map(text), ['A', undefined, 'new', undefined]);
    t.deepEqual(await store.get([]), []);
    await store.close();
  });

  test(`${name}: a read sees every write that was queued before it`, async (t) => {
    const store = await (await adapter(t)).open();
    const reads: Promise<(Uint8Array | undefined)[]>[] = [];
    const writes: Promise<unknown>[] = [];
    for (let at = 0; at < 200; at++) {
      writes.push(store.write([put('k', String(at))]));
      reads.push(store.get([key('k')]));
    }
    t.deepEqual(
      (await Promise.all(reads)).map(([value]) => text(value)),
      Array.from({ length: 200 }, (_, at) => String(at)),
    );
    await Promise.all(writes);
    await store.close();
  });

  test(`${name}: reads between writes see what a plain map holds, at once or after a wait`, async (t) => {
    const store = await (await adapter(t)).open();
    const random = new SeededRandom(5);
    const model = new Map<string, string>();
    const waiting: Promise<unknown>[] = [];
    let atOnce = 0;
    for (let step = 0; step < 2000; step++) {
      const name = 'abcd'[random.below(4)]!;
      const ops: StoreOp[] = [];
      const kind = random.below(20);
      if (kind < 12) {
        ops.push(put(name, String(step)));
        model.set(name, String(step));
      } else if (kind < 16) {
        ops.push({ kind: 'delete', key: key(name) });
        model.delete(name);
      } else if (kind < 17) {
        ops.push({ kind: 'delete-range', from: key('a'), to: key(name) });
        for (const each of 'abcd') if (each < name) model.delete(each);
      }
      ops.push({ kind: 'sequence', key: key('n'), was: step, now: step + 1 });
      waiting.push(store.write(ops));
      const expected = [...'abcd'].map((each) => model.get(each));
      const check = (values: readonly (Uint8Array | undefined)[]) => {
        t.deepEqual(values.slice(0, 4).map(text), expected);
        t.is(parseCounter(values[4]!), step + 1);
      };
      const keys = [...'abcdn'].map(key);
      const values = store.getNow(keys);
      if (values === undefined) waiting.push(store.get(keys).then(check));
      else {
        check(values);
        atOnce++;
      }
      if (random.below(50) === 0) await Promise.all(waiting.splice(0));
    }
    await Promise.all(waiting);
    t.true(atOnce > 100);
    await store.close();
  });

  test(`${name}: a store keeps its content over being closed`, async (t) => {
    const place = await adapter(t);
    const store = await filled(place);
    store.write([put('last', 'one')]);
    await store.close();
    const again = await place.open();
    t.deepEqual((await again.get([key('a'), key('last')])).map(text), ['A', 'one']);
    await again.close();
  });

  test(`${name}: scans keep to their range and limit`, async (t) => {
    const store = await filled(await adapter(t));
    const scanned = async (scan: Partial<ScanRange> & { from: Uint8Array; to: Uint8Array }) => {
      const found = await store.scan({ limit: 100, ...scan });
      return [names('rest' in found ? found.rest : found.part).join(''), nextOf(found)];
    };
    t.deepEqual(await scanned(range('c', 'f')), ['cde', false]);
    t.deepEqual(await scanned({ ...range('c', 'f'), limit: 2 }), ['cd', 'e']);
    t.deepEqual(await scanned({ ...range('c', 'f'), limit: 3 }), ['cde', false]);
    t.deepEqual(await scanned({ ...range('c', 'f'), limit: 1 }), ['c', 'd']);
    t.deepEqual(await scanned(range('bb', 'cc')), ['c', false]);
    t.deepEqual(await scanned(range('x', 'z')), ['', false]);
    t.deepEqual(await scanned(range('f', 'c')), ['', false]);
    t.deepEqual(await scanned(range('c', 'c')), ['', false]);
    t.deepEqual(await scanned(range('', 'c')), ['ab', false]);
    t.is(text(whole(await store.scan({ ...range('c', 'd'), limit: 1 }))[0]?.[1]), 'C');
    await store.close();
  });

  test(`${name}: large values come in several scans, none lost`, async (t) => {
    const store = await (await adapter(t)).open();
    const value = new Uint8Array(900_000).fill(7);
    let parts = 0;
    for (const letter of letters) await store.write([{ kind: 'put', key: key(letter), value }]);
    const view = store.openView();
    for (const scan of [store.scan.bind(store), store.scanView.bind(store, view)]) {
      const seen: (string | undefined)[] = [];
      for (let from: Uint8Array | undefined = key('a'); from !== undefined; ) {
        const found: ScanResult = await scan({ from, to: key('j'), limit: 50 });
        const entries: readonly StoreEntry[] = 'rest' in found ? found.rest : found.part;
        for (const [each, bytes] of entries) {
          seen.push(text(each));
          t.is(bytes.length, value.length);
        }
        t.true(entries.length * value.length <= PAGE_BYTES);
        from = 'rest' in found ? undefined : found.next;
        parts++;
      }
      t.deepEqual(seen, letters.slice(0, 9));
    }
    t.true(parts >= 6);
    store.closeView(view);
    // One that is larger than a part comes by itself.
    await store.write([{ kind: 'put', key: key('b'), value: new Uint8Array(PAGE_BYTES + 1) }]);
    const first = await store.scan({ ...range('a', 'j'), limit: 50 });
    const second = await store.scan({ ...range('b', 'j'), limit: 50 });
    t.deepEqual([nextOf(first), nextOf(second)], ['b', 'c']);
    await store.close();
  });

  test(`${name}: delete-range deletes its range and nothing else, alone or beside other operations`, async (t) => {
    const store = await filled(await adapter(t));
    const left = async () => names(whole(await store.scan({ ...range('', 'zz'), limit: 100 }))).join('');
    await store.write([{ kind: 'delete-range', ...range('b', 'd') }]);
    t.is(await left(), 'adefghij');
    await store.write([put('dd', ''), { kind: 'delete-range', ...range('d', 'f') }, put('e', 'again')]);
    t.is(await left(), 'aefghij');
    await store.write([{ kind: 'delete-range', ...range('j', 'a') }]);
    t.is(await left(), 'aefghij');
    const both = [
      store.write([put('ee', '')]),
      store.write([{ kind: 'delete-range', ...range('e', 'h') }, put('z', '')]),
    ];
    await Promise.all([...both, store.write([put('f', 'F')])]);
    t.is(await left(), 'afhijz');
    await store.close();
  });

  test(`${name}: a counter moves only from what it is`, async (t) => {
    const store = await (await adapter(t)).open();
    const step = (was: number, now: number): StoreOp => ({ kind: 'sequence', key: key('counter'), was, now });
    await store.write([step(0, 1)]);
    await Promise.all([store.write([step(1, 2)]), store.write([step(2, 3), step(3, 2 ** 40)])]);
    const [value] = await store.get([key('counter')]);
    t.deepEqual(Array.from(value ?? []), Array.from(counterBytes(2 ** 40)));
    await store.write([{ kind: 'delete', key: key('counter') }, step(0, 7)]);
    t.is(parseCounter((await store.get([key('counter')]))[0] as Uint8Array), 7);
    await store.write([{ kind: 'put', key: key('counter'), value: counterBytes(70) }, step(70, 71)]);
    t.is(parseCounter((await store.get([key('counter')]))[0] as Uint8Array), 71);
    await store.close();
  });

  test(`${name}: a refused counter refuses its batch and all that follows, never what came before`, async (t) => {
    const store = await (await adapter(t)).open();
    const before = store.write([put('before', '1')]);
    const wrong = store.write([put('with', '1'), { kind: 'sequence', key: key('counter'), was: 4, now: 5 }]);
    const after = store.write([put('after', '1')]);
    await before;
    const error = await t.throwsAsync(wrong, { instanceOf: InvariantError });
    t.regex(error?.message ?? '', /counter at 636f756e746572 is 0; the batch would move it from 4 to 5/);
    await t.throwsAsync(after, { instanceOf: InvariantError });
    await t.throwsAsync(store.flush(), { instanceOf: InvariantError });
    t.deepEqual((await store.get(['before', 'with', 'after', 'counter'].map(key))).map(text), [
      '1',
      undefined,
      undefined,
      undefined,
    ]);
    await store.close();
  });

  test(`${name}: a view sees what was before it and nothing since`, async (t) => {
    const store = await filled(await adapter(t));
    const queued = store.write([put('queued', '1')]);
    const view = store.openView();
    await Promise.all([queued, store.write([put('later', '1'), { kind: 'delete', key: key('a') }])]);
    await store.write([{ kind: 'delete-range', ...range('b', 'zz') }]);
    const seen = await store.scanView(view, { ...range('', 'zz'), limit: 100 });
    t.deepEqual(names(whole(seen)), [...letters, 'queued']);
    const page = await store.scanView(view, { ...range('c', 'g'), limit: 2 });
    t.deepEqual(['part' in page && names(page.part), nextOf(page)], [['c', 'd'], 'e']);
    const end = await store.scanView(view, { ...range('e', 'g'), limit: 2 });
    t.deepEqual(names(whole(end)), ['e', 'f']);
    store.closeView(view);
    t.deepEqual(await store.scan({ ...range('', 'zz'), limit: 100 }), { rest: [] });
    await store.close();
  });

  test(`${name}: keys are any bytes and sort as unsigned ones`, async (t) => {
    const store = await (await adapter(t)).open();
    const keys = [[0], [0, 0], [1], [127, 255], [128], [128, 0], [255], [255, 255, 254]].map((each) =>
      Uint8Array.from(each),
    );
    // From the middle of a larger buffer, as keys from the network are.
    const padded = (bytes: Uint8Array) => {
      const buffer = new Uint8Array(bytes.length + 20).fill(9);
      buffer.set(bytes, 10);
      return buffer.subarray(10, 10 + bytes.length);
    };
    await store.write(
      keys.toReversed().map((each) => ({ kind: 'put', key: padded(each), value: padded(each) })),
    );
    const all = { from: new Uint8Array(0), to: new Uint8Array(4).fill(255), limit: 99 };
    const entries = whole(await store.scan(all));
    t.deepEqual(
      entries.map(([each, value]) => [Array.from(each), Array.from(value)]),
      keys.map((each) => [Array.from(each), Array.from(each)]),
    );
    await store.close();
  });

  test(`${name}: any run of operations leaves what a plain map holds`, async (t) => {
    const byte = fc.constantFrom(0, 1, 127, 128, 255);
    const bytes = fc.array(byte, { minLength: 1, maxLength: 3 }).map((each) => Uint8Array.from(each));
    const op = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), key: bytes, value: bytes }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: bytes }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('delete-range' as const), from: bytes, to: bytes }),
      },
    );
    const place = await adapter(t);
    const store = await place.open();
    const every = { from: new Uint8Array(0), to: new Uint8Array(9).fill(255) };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(op, { maxLength: 6 }), { maxLength: 12 }), async (batches) => {
        await store.write([{ kind: 'delete-range', ...every }]);
        let model: [Uint8Array, Uint8Array][] = [];
        const written = batches.map((batch) => store.write(batch, { sync: batch.length === 6 }));
        for (const each of batches.flat()) {
          model = model.filter(([known]) =>
            each.kind === 'delete-range' ? !isWithin(known, each) : compareBytes(known, each.key) !== 0,
          );
          if (each.kind === 'put') model.push([each.key, each.value]);
        }
        model.sort(([one], [other]) => compareBytes(one, other));
        const plain = (all: readonly (readonly [Uint8Array, Uint8Array])[]) =>
          all.map((pair) => pair.map((b) => [...b]));
        t.deepEqual(plain(whole(await store.scan({ ...every, limit: 999 }))), plain(model));
        await Promise.all(written);
      }),
      { numRuns: 60 },
    );
    await store.close();
  });

  test(`${name}: mutations of entries leave what the plain operations leave that they stand for, beside plain ones`, async (t) => {
    const store = await (await adapter(t)).open();
    const random = new SeededRandom(11);
    const model = new Model();
    const waiting: Promise<unknown>[] = [];
    for (let round = 0; round < 600; round++) {
      const ops = someOps(random, model);
      model.write(ops);
      waiting.push(store.write(ops));
      // The shapes in which the leader of a group reads: a mark, mostly one that is not there, and what an
      // actor is read by.
      const place = places[random.below(places.length)]!;
      const [path, source] = [paths[random.below(3)]!, sources[random.below(sources.length)]!];
      const keys = [place.mark(path, source), place.head(path), place.sequence(path), place.snapshot(path)];
      const expected = keys.map((each) => model.get(each));
      const seen = store.getNow(keys);
      if (seen === undefined)
        waiting.push(store.get(keys).then((values) => t.deepEqual(values.map(plainBytes), expected)));
      else t.deepEqual(seen.map(plainBytes), expected);
      if (random.below(40) === 0) await Promise.all(waiting.splice(0));
    }
    await Promise.all(waiting);
    const all = { from: new Uint8Array(0), to: new Uint8Array(9).fill(255), limit: 10_000 };
    const rows = whole(await store.scan(all)).map((row) => row.map(plainBytes));
    t.deepEqual(rows, model.rows());
    t.true(rows.length > 100);
    await store.close();
  });

  test(`${name}: records are rows of their own, however they were written and are read, changed or deleted`, async (t) => {
    const place = await adapter(t);
    let store = await place.open();
    const random = new SeededRandom(23);
    const model = new Model();
    const recordKey = (group = places[random.below(2)]!) =>
      group.record(paths[random.below(paths.length)]!, random.below(400));
    const bound = (group?: GroupKeys) =>
      random.below(3) > 0 ? recordKey(group) : Uint8Array.of(...recordKey(group), random.below(2));
    for (let round = 0; round < 60; round++) {
      const writes = Array.from({ length: 1 + random.below(6) }, () => someTurns(random, model));
      const written = writes.map((ops) => store.write(ops));
      if (random.below(3) === 0) {
        // The counter stays, so that what is deleted or put here is never a record that a later turn writes.
        const changed = [...model.recordsOf(places.slice(0, 2))];
        const key = changed[random.below(changed.length)];
        const kind = random.below(3);
        const group = places[random.below(2)];
        const range = { from: bound(group), to: bound(group) };
        const ops: StoreOp[] = [];
        if (kind === 0 && key) ops.push({ kind: 'put', key, value: Uint8Array.of(255, random.below(256)) });
        else if (kind === 1 && key) ops.push({ kind: 'delete', key });
        else if (isBelow(range.from, range.to)) ops.push({ kind: 'delete-range', ...range });
        if (random.below(2) === 0) ops.push(put('beside', String(round)));
        model.write(ops);
        written.push(store.write(ops));
      }
      await Promise.all(written);
      if (random.below(10) === 0) {
        await store.close();
        store = await place.open();
      }
      const view = store.openView();
      for (let scans = 8; scans > 0; scans--) {
        const range = { from: bound(), to: bound(), limit: 1 + random.below(12) };
        const expected = model.scan(range);
        for (const found of [await store.scan(range), await store.scanView(view, range)]) {
          t.deepEqual(
            ('rest' in found ? found.rest : found.part).map((row) => row.map(plainBytes)),
            expected.rows,
          );
          t.deepEqual('rest' in found ? undefined : [...found.next], expected.next);
        }
        const one = recordKey();
        t.deepEqual((await store.get([key('beside'), one])).map(plainBytes), [
          model.get(key('beside')),
          model.get(one),
        ]);
      }
      store.closeView(view);
    }
    t.true(model.rows().length > 500);
    await store.close();
  });

  test(`${name}: a record that does not follow its actor's last is refused with all of its write`, async (t) => {
    const store = await (await adapter(t)).open();
    const keys = places[0]!;
    const write = (sequence: number, source: string) =>
      store.write([
        { kind: 'mutations', keys, mutations: turn('/a', sequence, source) },
        put(`row ${source}`, ''),
      ]);
    const before = [write(1, 'x'), write(2, 'y')];
    const wrong = write(4, 'z');
    const after = write(3, 'z');
    await Promise.all(before);
    await t.throwsAsync(wrong, {
      instanceOf: InvariantError,
      message: /is 2; the batch would move it from 3 to 4/,
    });
    await t.throwsAsync(after, { instanceOf: InvariantError });
    const path = '/a' as ActorPath;
    const rows = [keys.record(path, 2), keys.mark(path, 'y'), keys.record(path, 4), keys.mark(path, 'z')];
    const values = await store.get([...rows, key('row y'), key('row z')]);
    t.deepEqual(
      values.map((value) => value !== undefined),
      [true, true, false, false, true, false],
    );
    t.is(parseCounter((await store.get([keys.sequence(path)]))[0]!), 2);
    await store.close();
  });
}

const places = [new GroupKeys(groupId(1), 3), new GroupKeys(groupId(1), 4), new GroupKeys(groupId(2), 3)];
const paths = ['/a', '/a/b', '/å'] as ActorPath[];
const sources = ['c:1', 'c:2', 'a:/x#1', 'c:é'];
const plainBytes = (bytes: Uint8Array | undefined) => bytes && [...bytes];

function turn(path: string, sequence: number, source: string): Uint8Array {
  const mutations = new MutationsWriter();
  mutations.actor(path);
  mutations.record(sequence, key(`record ${sequence}`));
  mutations.mark(source, key(`mark ${sequence}`));
  return mutations.take();
}

/** Further on: below a record that is there, no counter is ever put. */
function movedCounter(counter: Uint8Array, by: number, model: Model): StoreOp {
  return { kind: 'put', key: counter, value: counterBytes(model.counter(counter) + by) };
}

const isBelow = (one: Uint8Array, other: Uint8Array) => compareBytes(one, other) < 0;

/** Some turns of one or two actors, with records of many sizes. */
function someTurns(random: SeededRandom, model: Model): StoreOp[] {
  const keys = places[random.below(2)]!;
  const mutations = new MutationsWriter();
  const moved = new Map<ActorPath, number>();
  for (let turns = 1 + random.below(20); turns > 0; turns--) {
    const path = paths[random.below(2)]!;
    const before = moved.get(path) ?? model.counter(keys.sequence(path));
    moved.set(path, before + 1);
    mutations.actor(path);
    const bytes = new Uint8Array(random.below(30) === 0 ? 9000 : random.below(300)).fill(before);
    if (bytes.length > 0 && random.below(4) === 0) bytes[0] = 255;
    mutations.record(before + 1, bytes);
    mutations.mark('c:1', Uint8Array.of(before));
  }
  const ops: StoreOp[] = [{ kind: 'mutations', keys, mutations: mutations.take() }];
  model.write(ops);
  return ops;
}

/**
 * One write as a replica makes it, of several entries and the row of their group; now and then a plain one.
 */
function someOps(random: SeededRandom, model: Model): StoreOp[] {
  const keys = places[random.below(places.length)]!;
  const path = () => paths[random.below(paths.length)]!;
  const source = () => sources[random.below(sources.length)]!;
  const value = () => Uint8Array.of(random.below(256), random.below(256));
  if (random.below(12) === 0) {
    const plain: StoreOp[] = [{ kind: 'put', key: keys.mark(path(), source()), value: value() }];
    if (random.below(3) === 0) plain.push(movedCounter(keys.sequence(path()), random.below(9), model));
    if (random.below(8) === 0) plain.splice(0, 2, { kind: 'delete-range', ...keys.range() });
    return plain;
  }
  const moved = new Map<ActorPath, number>();
  const ops = Array.from({ length: 1 + random.below(3) }, (): StoreOp => {
    const mutations = new MutationsWriter();
    if (random.below(5) === 0) mutations.taken(keys, '/a#1', path(), [random.below(6), 6 + random.below(3)]);
    const ranges = random.below(9) === 0 ? [outboxUpTo(keys, '/a#1', path(), random.below(6))] : [];
    for (let actors = random.below(4); actors > 0; actors--) {
      const name = path();
      mutations.actor(name);
      if (random.below(4) > 0) {
        const before = moved.get(name) ?? model.counter(keys.sequence(name));
        moved.set(name, before + 1);
        mutations.record(before + 1, value());
      }
      if (random.below(3) === 0) mutations.head(value());
      if (random.below(5) === 0) mutations.snapshot(value());
      for (let marks = random.below(3); marks > 0; marks--) mutations.mark(source(), value());
      if (random.below(3) === 0) mutations.put(keys.outbox('/a#1', path(), random.below(9)), value());
    }
    return { kind: 'mutations', keys, mutations: oldMutations(ranges, mutations.take()) };
  });
  return [...ops, { kind: 'put', key: groupRowKey(keys.group), value: value() }];
}

/** What `resolveBatch` says, kept in a plain map. */
class Model {
  readonly #rows = new Map<string, [Uint8Array, Uint8Array]>();

  *recordsOf(groups: readonly GroupKeys[]): Generator<Uint8Array> {
    for (const [each] of this.#rows.values())
      if (groups.some((group) => isWithin(each, group.allRecords()))) yield each;
  }

  scan({ limit, ...range }: ScanRange) {
    const within = [...this.#rows.values()]
      .filter(([each]) => isWithin(each, range))
      .sort(([one], [other]) => compareBytes(one, other));
    return {
      rows: within.slice(0, limit).map((row) => row.map(plainBytes)),
      next: plainBytes(within[limit]?.[0]),
    };
  }

  write(ops: readonly StoreOp[]) {
    const mutations = resolveBatch(ops, {
      get: (each) => this.#rows.get(keyName(each))?.[1],
      keysIn: (within) =>
        [...this.#rows.values()].map(([each]) => each).filter((each) => isWithin(each, within)),
    });
    for (const [each, value] of mutations) {
      if (value === null) this.#rows.delete(keyName(each));
      else this.#rows.set(keyName(each), [each, value]);
    }
  }

  get(each: Uint8Array) {
    return plainBytes(this.#rows.get(keyName(each))?.[1]);
  }

  counter(each: Uint8Array): number {
    const value = this.#rows.get(keyName(each))?.[1];
    return value === undefined ? 0 : parseCounter(value);
  }

  rows() {
    const sorted = [...this.#rows.values()].sort(([one], [other]) => compareBytes(one, other));
    return sorted.map((row) => row.map(plainBytes));
  }
}

for (const [name, adapter] of Object.entries(adapters)) suite(name, adapter);
