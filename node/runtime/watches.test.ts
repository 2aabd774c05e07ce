import test from 'ava';
import fc from 'fast-check';
import { type ActorPath, groupId } from '../base/ids.ts';
import { pack } from '../base/pack.ts';
import { sym, Variant } from '../base/value.ts';
import { GroupKeys } from '../journal/keys.ts';
import { parseWatchKey, watchesOf, watchKey } from '../journal/timer-keys.ts';
import { decodeWatch, encodeWatch } from './actor/watch-row.ts';
import {
  type EndReason,
  ended,
  type Notice,
  noticed,
  referenceOf,
  unwatch,
  type Watch,
  type WatchChange,
  type WatchedLife,
  type Watching,
  watch,
} from './watches.ts';

const path = (text: string) => text as ActorPath;
const KEYS = new GroupKeys(groupId(2), 1);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

type ToWatched =
  | { readonly kind: 'watch'; readonly given: Watch }
  | { readonly kind: 'unwatch'; readonly reference: string };

/**
 * Watchers and watched, in shards of their own: messages between two of them keep their order, and no other.
 */
class World {
  readonly rows = new Map<string, Uint8Array>();
  readonly lives = new Map<string, WatchedLife>();
  readonly toWatched = new Map<string, ToWatched[]>();
  readonly toWatcher = new Map<string, Notice[]>();
  readonly watching = new Map<string, Watching>();
  /** By reference: what its watcher took, and what it must be. */
  readonly taken = new Map<string, string[]>();
  readonly expected = new Map<string, string>();
  readonly takenBack = new Set<string>();
  numbers = 0;

  watch(watcher: string, watched: string, link: boolean): void {
    const reference = referenceOf(path(watcher), 'life', this.numbers++);
    const known = new Map(this.watching.get(watcher)).set(reference, path(watched));
    this.watching.set(watcher, known);
    const given = { watcher: path(watcher), reference, link };
    this.#queue(this.toWatched, `${watcher} ${watched}`).push({ kind: 'watch', given });
  }

  /** Takes back the newest one, if there is one. */
  unwatch(watcher: string): void {
    const known = new Map(this.watching.get(watcher));
    const [reference, watched] = [...known].at(-1) ?? [];
    if (reference === undefined) return;
    known.delete(reference);
    this.watching.set(watcher, known);
    this.takenBack.add(reference);
    this.#queue(this.toWatched, `${watcher} ${watched}`).push({ kind: 'unwatch', reference });
  }

  end(watched: string, reason: EndReason): void {
    if (this.lives.get(watched) !== 'alive') return;
    const after = reason === 'stopped' || reason === 'failed' ? reason : 'no-such-actor';
    this.lives.set(watched, after);
    const page = this.#watchesOf(watched);
    for (const { reference } of page) this.expected.set(reference, reason);
    this.#carryOut(watched, ended(path(watched), reason, page));
  }

  #watchesOf(watched: string): Watch[] {
    const { from, to } = watchesOf(KEYS, path(watched));
    return [...this.rows]
      .filter(([key]) => key >= hex(from) && key < hex(to))
      .map(([key, row]) => {
        const { reference } = parseWatchKey(new Uint8Array(Buffer.from(key, 'hex')));
        return { reference, ...decodeWatch(row) };
      });
  }

  arriveAtWatched(pair: string): void {
    const message = this.toWatched.get(pair)?.shift();
    if (message === undefined) return;
    const watched = pair.split(' ')[1]!;
    const life = this.lives.get(watched) ?? 'no-such-actor';
    if (message.kind === 'watch') {
      if (life !== 'alive') this.expected.set(message.given.reference, life);
      this.#carryOut(watched, watch(path(watched), life, message.given));
    } else {
      const { reference } = message;
      const known = this.rows.has(hex(watchKey(KEYS, path(watched), reference)));
      this.#carryOut(watched, unwatch(path(watched), reference, known));
    }
  }

  #carryOut(watched: string, { mutations, notices }: WatchChange): void {
    for (const mutation of mutations) {
      const key = hex(watchKey(KEYS, mutation.watched, mutation.reference));
      if (mutation.kind === 'put-watch') this.rows.set(key, encodeWatch(mutation));
      else if (!this.rows.delete(key)) throw new Error('a watch was ended twice');
    }
    for (const notice of notices) this.#queue(this.toWatcher, `${watched} ${notice.to}`).push(notice);
  }

  arriveAtWatcher(pair: string): void {
    const notice = this.toWatcher.get(pair)?.shift();
    if (notice === undefined) return;
    const [watched, watcher] = pair.split(' ') as [string, string];
    const outcome = noticed(this.watching.get(watcher) ?? new Map(), notice);
    if (outcome === undefined) return;
    this.watching.set(watcher, outcome.watching);
    const { message } = outcome;
    if (message instanceof Variant && message.fields[0] !== watched) throw new Error('the wrong path');
    const what = message instanceof Variant ? (message.fields[1] as { name: string }).name : notice.reason;
    this.#queue(this.taken, notice.reference).push(what);
  }

  rest(): void {
    for (const pair of this.toWatched.keys())
      while (this.toWatched.get(pair)!.length > 0) this.arriveAtWatched(pair);
    for (const pair of this.toWatcher.keys())
      while (this.toWatcher.get(pair)!.length > 0) this.arriveAtWatcher(pair);
  }

  #queue<T>(queues: Map<string, T[]>, name: string): T[] {
    const queue = queues.get(name) ?? [];
    queues.set(name, queue);
    return queue;
  }
}

test('each watch has exactly one notice, with the right reason, and none once it is taken back', (t) => {
  const watchers = ['/w/1', '/w/2'];
  const watched = ['/a', '/a/b', '/c'];
  const who = fc.constantFrom(...watchers);
  const whom = fc.constantFrom(...watched);
  const reason = fc.constantFrom<EndReason>('stopped', 'failed', 'purged', 'lost');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(who, whom, fc.boolean()).map(([a, b, link]) => (w: World) => w.watch(a, b, link)) }, // biome-ignore format: one line
    { weight: 1, arbitrary: who.map((a) => (w: World) => w.unwatch(a)) },
    {
      weight: 2,
      arbitrary: fc.tuple(whom, reason).map(
        ([b, why]) =>
          (w: World) =>
            w.end(b, why),
      ),
    },
    { weight: 2, arbitrary: whom.map((b) => (w: World) => void w.lives.set(b, 'alive')) },
    { weight: 6, arbitrary: fc.tuple(who, whom).map(([a, b]) => (w: World) => w.arriveAtWatched(`${a} ${b}`)) }, // biome-ignore format: one line
    { weight: 4, arbitrary: fc.tuple(who, whom).map(([a, b]) => (w: World) => w.arriveAtWatcher(`${b} ${a}`)) }, // biome-ignore format: one line
  );
  let notices = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const world = new World();
      for (const take of steps) take(world);
      world.rest();
      for (const each of watched) world.end(each, 'stopped');
      world.rest();
      t.is(world.rows.size, 0, 'no watch is left');
      for (let number = 0; number < world.numbers; number++) {
        const names = watchers.map((each) => referenceOf(path(each), 'life', number));
        const reference = names.find((name) => world.expected.has(name) || world.takenBack.has(name));
        t.truthy(reference, `watch ${number} is forgotten`);
        const taken = world.taken.get(reference!) ?? [];
        if (world.takenBack.has(reference!)) t.deepEqual(taken, []);
        else t.deepEqual(taken, [world.expected.get(reference!)]);
        notices += taken.length;
      }
    }),
    { numRuns: 500, endOnFailure: true },
  );
  t.true(notices > 2000, `${notices} notices`);
});

test('a watch of an actor that has ended, or never was, is answered at once and leaves no row', (t) => {
  const given = { watcher: path('/w'), reference: 'r', link: false };
  for (const life of ['no-such-actor', 'stopped', 'failed'] as const)
    t.deepEqual(watch(path('/a'), life, given), {
      mutations: [],
      notices: [{ to: path('/w'), reference: 'r', reason: life, link: false }],
    });
});

test('a notice is the message Terminated, and a link makes its watcher fail when the end is abnormal', (t) => {
  const watching = new Map([['r', path('/a')]]);
  const notice = { to: path('/w'), reference: 'r', link: false } as const;
  const outcome = noticed(watching, { ...notice, reason: 'failed' })!;
  t.deepEqual(outcome.message, new Variant('Terminated', ['/a', sym('failed')]));
  t.is(outcome.watching.size, 0);
  t.is(noticed(outcome.watching, { ...notice, reason: 'failed' }), undefined, 'a second one is dropped');
  for (const reason of ['stopped', 'failed', 'purged', 'no-such-actor', 'lost'] as const) {
    const linked = noticed(watching, { ...notice, link: true, reason })!;
    t.deepEqual(linked.message, new Variant('Terminated', ['/a', sym(reason)]));
    t.is(linked.fails, reason !== 'stopped' && reason !== 'purged', reason);
  }
});

test('rows of watches are the same after they were bytes, and other bytes are damage', (t) => {
  for (const link of [true, false]) {
    const row = { watcher: path('/user/w'), link };
    t.deepEqual(decodeWatch(encodeWatch(row)), row);
  }
  t.throws(() => decodeWatch(pack([9, '/a', true])), { code: 'journal-damaged', message: /version 9/ });
  t.throws(() => parseWatchKey(KEYS.head(path('/a'))), { code: 'journal-damaged' });
});
