import test from 'ava';
import fc from 'fast-check';
import { encodeData } from '../base/codec.ts';
import { type ActorPath, groupId } from '../base/ids.ts';
import { pack } from '../base/pack.ts';
import { arbitraryData } from '../base/testing/arbitrary-data.ts';
import { GroupKeys } from '../journal/keys.ts';
import {
  compareDue,
  type DueKey,
  dueKey,
  duesAfter,
  parseDueKey,
  timerKey,
  timersOf,
} from '../journal/timer-keys.ts';
import { decodeTimer, encodeTimer, type Missed, type TimerContent } from './actor/timer-row.ts';
import { type DuePage, GroupTimers, type TimerBatch } from './timers.ts';

const path = (text: string) => text as ActorPath;
const content = (every?: { periodMs: number; missed: Missed }): TimerContent => ({
  life: 'life',
  due: 0,
  to: path('/user/to'),
  message: 'tick',
  every,
});

type Entry = TimerBatch & {
  readonly fired?: { key: DueKey; wall: number; content: TimerContent | undefined };
};

/** A leader, its store, entries that are not applied, and what must come of all that was committed. */
class World {
  clock = 1_000_000;
  mono = 0;
  readonly limits = { windowRows: 4, perSecond: 1000 };
  readonly contents = new Map<string, TimerContent>();
  dues: DueKey[] = [];
  keptWall = 0;
  timers = new GroupTimers(this.limits, 0);
  entries: Entry[] = [];
  taken: DueKey[] = [];
  page: { after: DueKey | undefined; limit: number; found: DuePage } | undefined;
  readonly seen = new Map<DueKey, TimerContent | undefined>();
  /** Owners that do not run. */
  readonly left = new Set<string>();
  ids = 0;
  // The model: timers that are pending by the log, and what was delivered.
  readonly pending = new Map<string, { due: number; owner: string; content: TimerContent }>();
  delivered = 0;
  committed = 0;
  highest = 0;

  advance(ms: number, clockBack = 0): void {
    this.mono += ms;
    this.clock += ms - clockBack;
    this.timers.advance({ now: this.mono, wall: this.clock });
    if (this.timers.wall < this.highest) throw new Error('the wall time went back');
    this.highest = this.timers.wall;
  }

  set(owner: string, delay: number, every?: { periodMs: number; missed: Missed }): void {
    this.entries.push(this.timers.set(path(owner), `t${this.ids++}`, content(every), delay));
  }

  cancel(owner: string, id: number): void {
    this.entries.push(this.timers.cancel(path(owner), `t${id}`));
  }

  askPage(): void {
    const wanted = this.timers.pageToRead();
    if (wanted === undefined) return;
    const { after, limit } = wanted;
    const rows = this.dues.filter((key) => after === undefined || compareDue(key, after) > 0);
    const found = rows.length <= limit ? { rest: rows } : { part: rows.slice(0, limit) };
    this.page = { ...wanted, found };
  }

  hearPage(): void {
    if (this.page !== undefined) this.timers.read(this.page.found);
    this.page = undefined;
  }

  /** What they do is read at once, and may be old when they fire. */
  take(): void {
    for (const key of this.timers.take()) {
      if (this.left.has(key.owner)) {
        this.timers.leave(key);
        continue;
      }
      this.seen.set(key, this.contents.get(`${key.owner} ${key.id}`));
      this.taken.push(key);
    }
  }

  fireOne(): void {
    const key = this.taken.shift();
    if (key === undefined || !this.timers.isTaken(key)) return;
    const firing = this.timers.fire(key, this.seen.get(key));
    this.entries.push({ ...firing, fired: { key, wall: this.timers.wall, content: firing.deliver } });
  }

  apply(): void {
    const entry = this.entries.shift();
    if (entry === undefined) return;
    if (entry.fired !== undefined) this.#checkFiring(entry.fired);
    for (const mutation of entry.mutations) {
      if (mutation.kind === 'wall') this.keptWall = mutation.wall;
      else if (mutation.kind === 'put-timer') {
        this.contents.set(`${mutation.owner} ${mutation.id}`, mutation.content);
        this.committed++;
      } else if (mutation.kind === 'delete-timer') {
        this.contents.delete(`${mutation.owner} ${mutation.id}`);
        this.pending.delete(`${mutation.owner} ${mutation.id}`);
      } else {
        const { due, owner, id } = mutation;
        this.dues = this.dues.filter((each) => compareDue(each, mutation) !== 0);
        if (mutation.kind === 'delete-due') continue;
        this.dues = [...this.dues, { due, owner, id }].sort(compareDue);
        const stored = this.contents.get(`${owner} ${id}`);
        if (stored !== undefined) this.pending.set(`${owner} ${id}`, { due, owner, content: stored });
      }
    }
    this.timers.applied(entry.number);
  }

  #checkFiring({ key, wall, content: deliver }: NonNullable<Entry['fired']>): void {
    const name = `${key.owner} ${key.id}`;
    const pending = this.pending.get(name);
    if (pending === undefined) {
      if (deliver !== undefined) throw new Error(`${name} was delivered again, or after it was cancelled`);
      return;
    }
    const { every } = pending.content;
    const late = wall - pending.due;
    if (pending.due !== key.due || late < 0)
      throw new Error(`${name} fired at ${wall}, due at ${pending.due}`);
    const skipped = every?.missed === 'skip' && late >= every.periodMs;
    if ((deliver === undefined) !== skipped && deliver === undefined) throw new Error(`${name} was lost`);
    if (deliver !== undefined && skipped) throw new Error(`${name} made up what is to be skipped`);
    for (const other of this.pending.values())
      if (other.owner === key.owner && other.due < key.due) throw new Error(`${name} fired out of order`);
    if (deliver !== undefined) this.delivered++;
  }

  /** Another node leads, with what was committed: `lost` of the entries never were. */
  crash(lost: number): void {
    this.entries = this.entries.slice(0, Math.max(0, this.entries.length - lost));
    while (this.entries.length > 0) this.apply();
    this.taken = [];
    this.page = undefined;
    this.mono += 10;
    this.timers = new GroupTimers(this.limits, this.keptWall);
    // The next leader's clock may be behind: what counts is what the log holds.
    this.highest = this.keptWall;
    this.advance(0);
  }

  /** The owner of one does not run. */
  leave(): void {
    const key = this.taken.pop();
    if (key === undefined || !this.timers.isTaken(key)) return;
    this.timers.leave(key);
    this.left.add(key.owner);
  }

  /** All run again. */
  rewind(): void {
    this.timers.rewind();
    this.left.clear();
  }

  rest(): void {
    this.rewind();
    for (let round = 0; round < 2000; round++) {
      while (this.entries.length > 0) this.apply();
      this.hearPage();
      this.askPage();
      this.hearPage();
      if (this.taken.length === 0) this.take();
      if (this.taken.length > 0) this.fireOne();
      else if (this.dues.length === 0) return;
      else this.advance(Math.max(1, Math.min(1000, this.dues[0]!.due - this.timers.wall)));
    }
    throw new Error('the timers do not come to rest');
  }
}

test('each timer fires once, in due order per actor and never early, whatever happens between', (t) => {
  const owner = fc.constantFrom('/a', '/b', '/c');
  const every = fc.option(
    fc.record({ periodMs: fc.integer({ min: 1, max: 400 }), missed: fc.constantFrom('once', 'skip', 'all') }),
    { nil: undefined },
  ) as fc.Arbitrary<{ periodMs: number; missed: Missed } | undefined>;
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(owner, fc.nat(1500), fc.constant(undefined)).map(([who, delay, repeat]) => (w: World) => w.set(who, delay, repeat)) }, // biome-ignore format: one line
    { weight: 1, arbitrary: fc.tuple(owner, fc.nat(500), every).map(([who, delay, repeat]) => (w: World) => w.set(who, delay, repeat)) }, // biome-ignore format: one line
    {
      weight: 1,
      arbitrary: fc.tuple(owner, fc.nat(30)).map(
        ([who, id]) =>
          (w: World) =>
            w.cancel(who, id),
      ),
    },
    { weight: 2, arbitrary: fc.nat(600).map((ms) => (w: World) => w.advance(ms)) },
    { weight: 1, arbitrary: fc.nat(900).map((ms) => (w: World) => w.advance(100, ms)) },
    { weight: 3, arbitrary: fc.constant((w: World) => w.take()) },
    { weight: 4, arbitrary: fc.constant((w: World) => w.fireOne()) },
    { weight: 5, arbitrary: fc.constant((w: World) => w.apply()) },
    { weight: 2, arbitrary: fc.constant((w: World) => w.askPage()) },
    { weight: 2, arbitrary: fc.constant((w: World) => w.hearPage()) },
    { weight: 1, arbitrary: fc.constant((w: World) => w.leave()) },
    { weight: 1, arbitrary: fc.constant((w: World) => w.rewind()) },
    { weight: 1, arbitrary: fc.nat(4).map((lost) => (w: World) => w.crash(lost)) },
  );
  let delivered = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const world = new World();
      world.advance(0);
      for (const take of steps) take(world);
      while (world.entries.length > 0) world.apply();
      for (const [name, { content: repeating }] of world.pending)
        if (repeating.every !== undefined) world.cancel(name.split(' ')[0]!, Number(name.split(' t')[1]));
      world.rest();
      t.is(world.pending.size, 0, 'none is left');
      t.is(world.contents.size, 0);
      delivered += world.delivered;
    }),
    { numRuns: 1500, endOnFailure: true },
  );
  t.true(delivered > 3000, `${delivered} delivered`);
});

/** A leader with everything applied and the window read. */
function ready() {
  const world = new World();
  world.advance(0);
  world.askPage();
  world.hearPage();
  return world;
}

function firings(world: World): number[] {
  const lates: number[] = [];
  for (let round = 0; round < 20; round++) {
    while (world.entries.length > 0) world.apply();
    world.take();
    const [key] = world.taken;
    if (key === undefined) break;
    world.fireOne();
    if (world.entries[0]!.fired!.content !== undefined) lates.push(key.due - 1_000_000);
  }
  return lates;
}

test('missed occurrences are made up once, not at all, or each', (t) => {
  for (const [missed, expected] of [
    ['once', [100]],
    ['skip', []],
    ['all', [100, 200, 300, 400]],
  ] as const) {
    const world = ready();
    world.set('/a', 100, { periodMs: 100, missed });
    world.advance(450);
    t.deepEqual(firings(world), [...expected]);
    world.advance(50);
    t.deepEqual(firings(world), [500], 'the next one keeps the rhythm');
  }
});

test('wall time does not go back with the clock of another leader, and runs on', (t) => {
  const timers = new GroupTimers({ windowRows: 4, perSecond: 10 }, 5000);
  timers.advance({ now: 70, wall: 3000 });
  t.is(timers.wall, 5000);
  timers.advance({ now: 170, wall: 3100 });
  t.is(timers.wall, 5100);
  timers.advance({ now: 180, wall: 9000 });
  t.is(timers.wall, 9000);
});

test('overdue timers are let go at a bounded rate', (t) => {
  const world = ready();
  const timers = new GroupTimers({ windowRows: 1000, perSecond: 100 }, 0);
  timers.advance({ now: 0, wall: 1000 });
  timers.pageToRead();
  timers.read({
    rest: Array.from({ length: 500 }, (_, at) => ({ due: at, owner: path(`/a${at}`), id: 't' })),
  });
  t.is(timers.take().length, 100);
  t.is(timers.take().length, 0);
  timers.advance({ now: 250, wall: 1250 });
  t.is(timers.take().length, 25);
  timers.advance({ now: 100_000, wall: 100_000 });
  t.is(timers.take().length, 100, 'a long rest is no credit');
  t.is(world.timers.nextDue, undefined);
});

test('a million pending timers leave a window in memory', (t) => {
  const timers = new GroupTimers({ windowRows: 100, perSecond: 1e9 }, 0);
  timers.advance({ now: 0, wall: 0 });
  timers.pageToRead();
  timers.read({ rest: [] });
  for (let at = 0; at < 2000; at++)
    timers.applied(timers.set(path('/a'), `${at}`, content(), 2000 - at).number);
  timers.advance({ now: 10_000, wall: 10_000 });
  let known = 0;
  for (let key = timers.take()[0]; key !== undefined; key = timers.take()[0]) {
    known++;
    timers.applied(timers.fire(key, content()).number);
  }
  t.true(known <= 200, `${known} were in memory`);
  t.truthy(timers.pageToRead()?.after, 'the others are read when they are wanted');
});

test('keys sort as timers do, and rows are the same after they were bytes', (t) => {
  const keys = new GroupKeys(groupId(3), 7);
  const timer = fc.record({
    due: fc.oneof(fc.nat(300), fc.maxSafeNat()),
    owner: fc.constantFrom('/a', '/a/b', '/a-b', '/b').map(path),
    id: fc.constantFrom('1', '10', '2'),
  });
  const order = (n: number) => Math.sign(n);
  fc.assert(
    fc.property(timer, timer, (one, other) => {
      const [a, b] = [dueKey(keys, one), dueKey(keys, other)];
      t.deepEqual(parseDueKey(a), one);
      t.is(order(Buffer.compare(a, b)), order(compareDue(one, other)));
      const { from, to } = duesAfter(keys, one);
      t.is(Buffer.compare(from, b) <= 0 && Buffer.compare(b, to) < 0, compareDue(one, other) < 0);
      const own = timersOf(keys, one.owner);
      const key = timerKey(keys, other.owner, other.id);
      t.is(Buffer.compare(own.from, key) <= 0 && Buffer.compare(key, own.to) < 0, one.owner === other.owner);
    }),
  );
  const missed = fc.constantFrom<Missed>('once', 'skip', 'all');
  const repeat = fc.option(fc.record({ periodMs: fc.integer({ min: 1 }), missed }), { nil: undefined });
  fc.assert(
    fc.property(arbitraryData, repeat, (message, every) => {
      const row = { life: 'l1', due: 7, to: path('/user/x'), message, every };
      t.deepEqual(decodeTimer(encodeTimer(row)), row);
    }),
  );
  t.throws(() => parseDueKey(keys.head(path('/a'))), { code: 'journal-damaged' });
  t.throws(() => decodeTimer(pack([2, 'l', 1, '/a', 1, 0, 'once'])), {
    code: 'journal-damaged',
    message: /version 2/,
  });
  t.throws(() => decodeTimer(pack([1, 'l', 1, '/a', encodeData(1), 5, 'never'])), {
    code: 'journal-damaged',
  });
  t.throws(() => decodeTimer(encodeTimer(content()).subarray(0, 9)), { code: 'journal-damaged' });
});
