// One suite for every adapter of the log port: segment files and the simulated disk.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { InvariantError } from '../node/base/assert.ts';
import { SeqNodeError } from '../node/base/errors.ts';
import { groupId, logIndex, nodeId, term } from '../node/base/ids.ts';
import type { ConfigState, Entry, LogWrite, RecoveredGroup, SnapshotMeta } from '../node/base/log.ts';
import { SeededRandom } from '../node/base/random.ts';
import { openLog } from '../node/journal/io/log-files.ts';
import {
  LOG_OPTIONS,
  type LogOptions,
  type OpenedLog,
  type WriteAheadLog,
} from '../node/journal/log-port.ts';
import { LogState } from '../node/journal/log-state.ts';
import { SimDisk } from './disk.ts';
import type { Settled, SimLog } from './disk-log.ts';

interface Place {
  open(): Promise<OpenedLog>;
}
type Adapter = (t: ExecutionContext, options: Partial<LogOptions>) => Promise<Place>;

const SMALL: Partial<LogOptions> = { segmentBytes: 64 * 1024, frameBytesMax: 8 * 1024, lazyMillis: 1 };

const adapters: Record<string, Adapter> = {
  'segment files': async (t, options) => {
    const directory = await mkdtemp(join(tmpdir(), 'seq-log-'));
    t.teardown(() => rm(directory, { recursive: true }));
    return { open: () => openLog(join(directory, 'wal'), options) };
  },
  'simulated disk': async (_, options) => {
    const disk = new SimDisk(new SeededRandom(7), { log: { ...LOG_OPTIONS, ...options } });
    return { open: async () => promiseLog(disk.openLog()) };
  },
};

/** Gives the simulated log promises: disk operations end one by one, each in a task of its own. */
async function promiseLog(opened: ReturnType<SimDisk['openLog']>): Promise<OpenedLog> {
  const log = new PromiseLog(opened.log);
  await log.settledOf(opened.ready);
  return { groups: opened.groups, report: opened.report, log };
}

class PromiseLog implements WriteAheadLog {
  readonly #log: SimLog;
  readonly #waiting = new Map<number, (settled: Settled) => void>();

  constructor(log: SimLog) {
    this.#log = log;
  }

  async append(writes: readonly LogWrite[], sync: boolean) {
    await this.settledOf(this.#log.append(writes, sync));
  }

  rotateIfNeeded() {
    return this.settledOf(this.#log.rotateIfNeeded());
  }

  status() {
    return this.#log.status();
  }

  async close() {
    await this.settledOf(this.#log.close());
  }

  settledOf(ticket: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(ticket, ({ error, rotated }) => (error ? reject(error) : resolve(rotated)));
      this.#drive();
    });
  }

  #drive() {
    for (const io of this.#log.takeStarted())
      setImmediate(() => {
        this.#log.complete(io);
        this.#drive();
      });
    for (const settled of this.#log.takeSettled()) {
      this.#waiting.get(settled.ticket)?.(settled);
      this.#waiting.delete(settled.ticket);
    }
    if (this.#log.lazy)
      setTimeout(() => {
        this.#log.force();
        this.#drive();
      }, 1);
  }
}

const config: ConfigState = {
  voters: [nodeId('a'), nodeId('b')],
  outgoing: [nodeId('a')],
  learners: [nodeId('c')],
  learnersNext: [],
  autoLeave: true,
};

function entries(from: number, count: number, atTerm: number, bytes = 16): Entry[] {
  return Array.from({ length: count }, (_, at) => ({
    index: logIndex(from + at),
    term: term(atTerm),
    kind: at % 3 === 0 ? 'data' : at % 3 === 1 ? 'noop' : 'config',
    data: new Uint8Array(bytes).fill(from + at),
  }));
}

const snapshot = (index: number, atTerm: number): SnapshotMeta => ({
  index: logIndex(index),
  term: term(atTerm),
  config,
});
const hardState = (atTerm: number, vote: string | null, commit: number) => ({
  term: term(atTerm),
  vote: vote === null ? null : nodeId(vote),
  commit: logIndex(commit),
});
const write = (group: number, rest: Omit<LogWrite, 'group'>): LogWrite => ({
  group: groupId(group),
  ...rest,
});

/** Bytes compare as bytes, whatever class or buffer holds them. */
const plain = (groups: readonly RecoveredGroup[]) =>
  groups.map((group) => ({
    ...group,
    entries: group.entries.map((entry) => ({ ...entry, data: Array.from(entry.data) })),
  }));

/** Closes, opens again and returns what is there. */
async function reopened(place: Place, log: WriteAheadLog) {
  await log.close();
  const opened = await place.open();
  return { log: opened.log, groups: plain(opened.groups), report: opened.report };
}

function suite(name: string, adapter: Adapter) {
  test(`${name}: a new log is empty and says that it was created`, async (t) => {
    const place = await adapter(t, SMALL);
    const first = await place.open();
    t.deepEqual(first.groups, []);
    t.true(first.report.created);
    const second = await reopened(place, first.log);
    t.deepEqual(second.groups, []);
    t.false(second.report.created);
    t.is(second.report.torn, null);
    await second.log.close();
  });

  test(`${name}: what was appended is there after opening again`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    await log.append([write(1, { entries: entries(1, 5, 1), hardState: hardState(1, 'a', 3) })], true);
    await log.append(
      [write(2, { entries: entries(1, 2, 4, 0) }), write(0, { hardState: hardState(9, null, 0) })],
      true,
    );
    const again = await reopened(place, log);
    t.deepEqual(
      again.groups.map(({ group }) => group),
      [0, 1, 2] as never,
    );
    t.deepEqual(again.groups[0]?.hardState, hardState(9, null, 0));
    t.deepEqual(again.groups[1]?.hardState, hardState(1, 'a', 3));
    t.deepEqual(
      again.groups[1]?.entries,
      entries(1, 5, 1).map((entry) => ({ ...entry, data: Array.from(entry.data) })) as never,
    );
    t.is(again.groups[2]?.entries.length, 2);
    await again.log.close();
  });

  test(`${name}: entries replace from their index on, a snapshot moves the beginning`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    await log.append([write(1, { entries: entries(1, 10, 1) })], true);
    await log.append([write(1, { entries: entries(8, 1, 2) })], true);
    await log.append([write(1, { snapshot: { ...snapshot(5, 1), discard: false } })], true);
    const again = await reopened(place, log);
    t.deepEqual(again.groups[0]?.snapshot, snapshot(5, 1));
    t.deepEqual(
      again.groups[0]?.entries.map((entry) => [entry.index, entry.term]),
      [
        [6, 1],
        [7, 1],
        [8, 2],
      ] as never,
    );
    await again.log.append(
      [write(1, { snapshot: { ...snapshot(100, 7), discard: true }, entries: entries(101, 1, 7) })],
      true,
    );
    const third = await reopened(place, again.log);
    t.deepEqual(third.groups[0]?.snapshot, snapshot(100, 7));
    t.deepEqual(
      third.groups[0]?.entries.map((entry) => entry.index),
      [101] as never,
    );
    await third.log.close();
  });

  test(`${name}: many appends at once are all kept, in order`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    const settled: number[] = [];
    await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        await log.append([write(1, { entries: entries(at + 1, 1, 1, 100) })], at % 3 !== 0);
        settled.push(at);
      }),
    );
    t.deepEqual(
      settled,
      settled.toSorted((one, other) => one - other),
    );
    const again = await reopened(place, log);
    t.is(again.groups[0]?.entries.length, 200);
    await again.log.close();
  });

  test(`${name}: an append without sync is written before long, or with the next`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    await log.append([write(1, { entries: entries(1, 1, 1) })], false);
    const order: string[] = [];
    const lazy = log.append([write(1, { entries: entries(2, 1, 1) })], false).then(() => order.push('lazy'));
    const sync = log.append([], true).then(() => order.push('sync'));
    await Promise.all([lazy, sync]);
    t.deepEqual(order, ['lazy', 'sync']);
    log.append([write(1, { entries: entries(3, 1, 1) })], false);
    const again = await reopened(place, log);
    t.is(again.groups[0]?.entries.length, 3);
    await again.log.close();
  });

  test(`${name}: the log moves from segment to segment and keeps only what lives`, async (t) => {
    const place = await adapter(t, SMALL);
    let { log } = await place.open();
    for (let index = 1; index <= 400; index++) {
      const compact = index > 20 ? { snapshot: { ...snapshot(index - 20, 1), discard: false } } : {};
      await log.append([write(1, { ...compact, entries: entries(index, 1, 1, 500) })], true);
      if (index % 150 === 0) log = (await reopened(place, log)).log;
    }
    t.true(log.status().segment > 3);
    const again = await reopened(place, log);
    t.deepEqual(again.groups[0]?.snapshot, snapshot(380, 1));
    t.is(again.groups[0]?.entries.length, 20);
    t.deepEqual(again.report.removed, []);
    await again.log.close();
  });

  test(`${name}: live entries that fill a segment many times over move on too`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    const appends: Promise<void>[] = [];
    for (let index = 1; index <= 600; index++)
      appends.push(
        log.append([write(index % 7, { entries: entries(Math.ceil(index / 7), 1, 1, 700) })], true),
      );
    // Index ceil(i/7) of group i mod 7: each group gets 1, 2, 3 … in order, except group 0, which begins
    // later.
    await Promise.all(appends);
    const again = await reopened(place, log);
    t.is(again.groups.length, 7);
    t.is(
      again.groups.reduce((sum, { entries: all }) => sum + all.length, 0),
      600,
    );
    await again.log.close();
  });

  test(`${name}: rotateIfNeeded answers whether it made a segment`, async (t) => {
    const place = await adapter(t, { ...SMALL, segmentBytes: 128 * 1024 });
    const { log } = await place.open();
    t.false(await log.rotateIfNeeded());
    let made = false;
    for (let index = 1; index <= 30 && !made; index++) {
      await log.append([write(1, { entries: entries(index, 1, 1, 7000) })], true);
      made = await log.rotateIfNeeded();
    }
    t.true(made);
    t.is(log.status().segment, 2);
    await log.close();
  });

  test(`${name}: an append that is too large is refused and the log goes on`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    const error = await t.throwsAsync(log.append([write(1, { entries: entries(1, 1, 1, 9000) })], true));
    t.is((error as SeqNodeError).code, 'too-large');
    await log.append([write(1, { entries: entries(1, 1, 1) })], true);
    t.is((await reopened(place, log)).groups[0]?.entries.length, 1);
  });

  test(`${name}: a write that contradicts the log poisons it`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    await log.append([write(1, { entries: entries(1, 1, 1) })], true);
    await t.throwsAsync(log.append([write(1, { entries: entries(3, 1, 1) })], true), {
      instanceOf: InvariantError,
      message: /^S1 group 1: entry 3 leaves a gap/,
    });
    const error = await t.throwsAsync(log.append([write(1, { entries: entries(2, 1, 1) })], true));
    t.is((error as SeqNodeError).code, 'internal');
    t.is((await reopened(place, log)).groups[0]?.entries.length, 1);
  });

  test(`${name}: a closed log refuses`, async (t) => {
    const place = await adapter(t, SMALL);
    const { log } = await place.open();
    await log.close();
    const error = await t.throwsAsync(log.append([], true), { instanceOf: SeqNodeError });
    t.is(error?.code, 'stopping');
  });

  test(`${name}: any run of writes, rotations and restarts leaves what a plain fold leaves`, async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(99), fc.nat(2), fc.nat(1500)), { maxLength: 80 }),
        async (steps) => {
          const place = await adapter(t, SMALL);
          let { log } = await place.open();
          const model = new LogState();
          let last = Promise.resolve();
          for (const [choice, group, bytes] of steps) {
            if (choice < 5) {
              await last;
              const again = await reopened(place, log);
              t.deepEqual(again.groups, plain(model.groups()));
              log = again.log;
            } else {
              const next = randomWrite(model, group, choice, bytes);
              model.apply(next);
              last = log.append([next], choice % 2 === 0);
            }
          }
          const again = await reopened(place, log);
          await last;
          t.deepEqual(again.groups, plain(model.groups()));
          await again.log.close();
        },
      ),
      { numRuns: 25 },
    );
  });
}

/** A write that fits what the model holds. */
function randomWrite(model: LogState, group: number, choice: number, bytes: number): LogWrite {
  const present = model.groups().find((each) => each.group === group);
  const first = (present?.snapshot.index ?? 0) + 1;
  const end = first + (present?.entries.length ?? 0);
  const lastTerm = present?.entries.at(-1)?.term ?? present?.snapshot.term ?? 0;
  if (choice < 60) return write(group, { entries: entries(end, 1 + (choice % 3), lastTerm, bytes) });
  if (choice < 70)
    return write(group, { entries: entries(Math.max(first, end - 2), 1, lastTerm + 1, bytes) });
  if (choice < 80) {
    const { term: votedIn, commit } = present?.hardState ?? hardState(0, null, 0);
    return write(group, { hardState: hardState(votedIn + 1, choice % 2 ? 'a' : null, commit) });
  }
  if (choice < 95) {
    const at = present?.entries[Math.floor((present?.entries.length ?? 0) / 2)];
    return write(group, at ? { snapshot: { ...snapshot(at.index, at.term), discard: false } } : {});
  }
  return write(group, { snapshot: { ...snapshot(end + 10, lastTerm + 1), discard: true } });
}

for (const [name, adapter] of Object.entries(adapters)) suite(name, adapter);
