// One suite for every adapter of the store port: RocksDB in its worker, and the simulated disk.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../node/base/assert.ts';
import { SeededRandom } from '../node/base/random.ts';
import { openStore } from '../node/journal/io/rocks-store.ts';
import { counterBytes, parseCounter } from '../node/journal/keys.ts';
import { compareBytes, isWithin } from '../node/journal/store-batch.ts';
import type { ScanRange, Store, StoreOp, ViewId } from '../node/journal/store-port.ts';
import { SimDisk } from './disk.ts';
import type { Settled } from './disk-log.ts';
import type { SimStore } from './disk-store.ts';

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
  'simulated disk': async () => {
    const disk = new SimDisk(new SeededRandom(7));
    return { open: async () => new PromiseStore(disk.openStore()) };
  },
};

/** Gives the simulated store promises: calls are settled one by one, each in a task of its own. */
class PromiseStore implements Store {
  readonly #store: SimStore;
  readonly #waiting = new Map<number, (settled: Settled) => void>();

  constructor(store: SimStore) {
    this.#store = store;
  }

  write(ops: readonly StoreOp[], options?: { readonly sync?: boolean }) {
    return this.#settled(this.#store.write(ops, options));
  }
  async get(keys: readonly Uint8Array[]) {
    return this.#store.get(keys);
  }
  getNow(keys: readonly Uint8Array[]) {
    return this.#store.get(keys);
  }
  async scan(range: ScanRange) {
    return this.#store.scan(range);
  }
  openView() {
    return this.#store.openView();
  }
  async scanView(view: ViewId, range: Omit<ScanRange, 'reverse'>) {
    return this.#store.scanView(view, range);
  }
  closeView(view: ViewId) {
    this.#store.closeView(view);
  }
  flush() {
    return this.#settled(this.#store.flush());
  }
  async close() {
    for (const settled of this.#store.close()) this.#waiting.get(settled.ticket)?.(settled);
  }

  #settled(ticket: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(ticket, ({ error }) => (error ? reject(error) : resolve()));
      setImmediate(() => {
        if (this.#store.pending === 0) return;
        const settled = this.#store.completeNext();
        this.#waiting.get(settled.ticket)?.(settled);
      });
    });
  }
}

const key = (text: string) => new TextEncoder().encode(text);
const put = (name: string, value: string): StoreOp => ({ kind: 'put', key: key(name), value: key(value) });
const range = (from: string, to: string) => ({ from: key(from), to: key(to) });
const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const names = (entries: readonly (readonly [Uint8Array, Uint8Array])[]) =>
  entries.map(([each]) => text(each));
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
    const writes: Promise<void>[] = [];
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

  test(`${name}: scans keep to their range, limit and direction`, async (t) => {
    const store = await filled(await adapter(t));
    const scanned = async (scan: Partial<ScanRange> & { from: Uint8Array; to: Uint8Array }) => {
      const { entries, more } = await store.scan({ limit: 100, ...scan });
      return [names(entries).join(''), more];
    };
    t.deepEqual(await scanned(range('c', 'f')), ['cde', false]);
    t.deepEqual(await scanned({ ...range('c', 'f'), limit: 2 }), ['cd', true]);
    t.deepEqual(await scanned({ ...range('c', 'f'), limit: 3 }), ['cde', false]);
    t.deepEqual(await scanned({ ...range('c', 'f'), limit: 0 }), ['', false]);
    t.deepEqual(await scanned({ ...range('c', 'f'), reverse: true }), ['edc', false]);
    t.deepEqual(await scanned({ ...range('c', 'f'), reverse: true, limit: 2 }), ['ed', true]);
    t.deepEqual(await scanned(range('bb', 'cc')), ['c', false]);
    t.deepEqual(await scanned(range('x', 'z')), ['', false]);
    t.deepEqual(await scanned(range('f', 'c')), ['', false]);
    t.deepEqual(await scanned(range('c', 'c')), ['', false]);
    t.deepEqual(await scanned(range('', 'c')), ['ab', false]);
    t.is(text((await store.scan({ ...range('c', 'd'), limit: 1 })).entries[0]?.[1]), 'C');
    await store.close();
  });

  test(`${name}: large values come in several scans, none lost`, async (t) => {
    const store = await (await adapter(t)).open();
    const value = new Uint8Array(900_000).fill(7);
    for (const letter of letters) await store.write([{ kind: 'put', key: key(letter), value }]);
    const view = store.openView();
    for (const scan of [store.scan.bind(store), store.scanView.bind(store, view)]) {
      const seen: (string | undefined)[] = [];
      for (let from = key('a'), more = true; more; ) {
        const page = await scan({ from, to: key('j'), limit: 50 });
        for (const [each, bytes] of page.entries) {
          seen.push(text(each));
          t.is(bytes.length, value.length);
        }
        more = page.more;
        const last = page.entries.at(-1)?.[0] as Uint8Array;
        from = Uint8Array.of(...last, 0);
      }
      t.deepEqual(seen, letters.slice(0, 9));
    }
    store.closeView(view);
    await store.close();
  });

  test(`${name}: delete-range deletes its range and nothing else, alone or beside other steps`, async (t) => {
    const store = await filled(await adapter(t));
    const left = async () => names((await store.scan({ ...range('', 'zz'), limit: 100 })).entries).join('');
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
    t.deepEqual(names(seen.entries), [...letters, 'queued']);
    t.false(seen.more);
    const page = await store.scanView(view, { ...range('c', 'g'), limit: 2 });
    t.deepEqual([names(page.entries), page.more], [['c', 'd'], true]);
    const end = await store.scanView(view, { ...range('e', 'g'), limit: 2 });
    t.deepEqual([names(end.entries), end.more], [['e', 'f'], false]);
    store.closeView(view);
    t.deepEqual((await store.scan({ ...range('', 'zz'), limit: 100 })).entries, []);
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
    const { entries } = await store.scan({
      from: new Uint8Array(0),
      to: new Uint8Array(4).fill(255),
      limit: 99,
    });
    t.deepEqual(
      entries.map(([each, value]) => [Array.from(each), Array.from(value)]),
      keys.map((each) => [Array.from(each), Array.from(each)]),
    );
    await store.close();
  });

  test(`${name}: any run of steps leaves what a plain map holds`, async (t) => {
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
    const whole = { from: new Uint8Array(0), to: new Uint8Array(9).fill(255) };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(op, { maxLength: 6 }), { maxLength: 12 }), async (batches) => {
        await store.write([{ kind: 'delete-range', ...whole }]);
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
        t.deepEqual(plain((await store.scan({ ...whole, limit: 999 })).entries), plain(model));
        await Promise.all(written);
      }),
      { numRuns: 60 },
    );
    await store.close();
  });
}

for (const [name, adapter] of Object.entries(adapters)) suite(name, adapter);
