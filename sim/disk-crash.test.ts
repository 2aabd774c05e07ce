// Crashes and faults of the simulated disk, thousands of them: nothing acknowledged is lost, nothing comes
// back in the wrong order.
import test from 'ava';
import { SeqNodeError } from '../node/base/errors.ts';
import { groupId, logIndex, nodeId, term } from '../node/base/ids.ts';
import type { LogWrite } from '../node/base/log.ts';
import { SeededRandom } from '../node/base/random.ts';
import { WHOLE_STORE } from '../node/journal/keys.ts';
import { LOG_OPTIONS } from '../node/journal/log-port.ts';
import { LogState } from '../node/journal/log-state.ts';
import type { Reply } from '../node/journal/store/store-messages.ts';
import type { StoreOp } from '../node/journal/store-port.ts';
import { SimDisk } from './disk.ts';
import { DiskFaults } from './disk-faults.ts';
import type { SimLog } from './disk-log.ts';
import { type RowsWatcher, SimKeyValues } from './key-values.ts';
import { type Call, SimStore } from './sim-store.ts';
import { Violation } from './violation.ts';

const codeOf = (error: unknown) => (error instanceof SeqNodeError ? error.code : error);
const OPTIONS = { ...LOG_OPTIONS, segmentBytes: 16 * 1024, frameBytesMax: 8 * 1024 };
const config = { voters: [nodeId('a')], outgoing: [], learners: [], learnersNext: [], autoLeave: false };

/** A write that fits `model`. */
function nextWrite(model: LogState, random: SeededRandom): LogWrite {
  const group = groupId(random.below(3));
  const present = model.groups().find((each) => each.group === group);
  const begin = (present?.snapshot.index ?? 0) + 1;
  const end = begin + (present?.entries.length ?? 0);
  const lastTerm = present?.entries.at(-1)?.term ?? present?.snapshot.term ?? 0;
  const choice = random.below(10);
  if (choice < 2 && present && present.entries.length > 3) {
    const at = present.entries[random.below(present.entries.length)]!;
    return { group, snapshot: { index: at.index, term: at.term, config, discard: false } };
  }
  if (choice === 2) {
    const { term: votedIn, commit } = present?.hardState ?? { term: 0, commit: logIndex(0) };
    return { group, hardState: { term: term(votedIn + 1), vote: nodeId('v'), commit } };
  }
  const replaces = choice === 3 && end > begin + 1;
  const data = new Uint8Array(random.below(1200)).fill(random.below(256));
  const index = logIndex(replaces ? end - 1 : end);
  return { group, entries: [{ index, term: term(lastTerm + (replaces ? 1 : 0)), kind: 'data', data }] };
}

/**
 * The states that a model passes through; the log must come back as one of them, not earlier than the last
 * acknowledged.
 */
class History {
  readonly states: ReturnType<LogState['groups']>[] = [[]];
  readonly model = new LogState();
  #tickets = new Map<number, number>();
  acknowledged = 0;

  append(log: SimLog, random: SeededRandom) {
    const write = nextWrite(this.model, random);
    this.model.apply(write);
    this.states.push(this.model.groups());
    this.#tickets.set(log.append([write], random.below(4) > 0), this.states.length - 1);
  }

  settle(log: SimLog) {
    for (const { ticket, error } of log.takeSettled()) {
      const state = this.#tickets.get(ticket);
      if (state === undefined || error) continue;
      this.acknowledged = Math.max(this.acknowledged, state);
    }
  }

  /** Whether `groups` is a state that may come back. */
  restart(groups: ReturnType<LogState['groups']>): boolean {
    const text = digest(groups);
    let at = this.states.length - 1;
    while (at >= this.acknowledged && digest(this.states[at] ?? []) !== text) at--;
    return at >= this.acknowledged;
  }
}

/** Data are filled with one byte. */
function digest(groups: ReturnType<LogState['groups']>): string {
  return JSON.stringify(groups, (_, value) =>
    value instanceof Uint8Array ? [value.length, value[0], value.every((byte) => byte === value[0])] : value,
  );
}

/** Runs until the crash, which comes after a random number of steps. */
function runToCrash(log: SimLog, history: History, random: SeededRandom) {
  const running: number[] = [];
  for (let steps = random.below(60); steps > 0; steps--) {
    if (random.below(3) > 0) history.append(log, random);
    if (log.lazy && random.below(3) === 0) log.force();
    if (random.below(20) === 0) log.rotateIfNeeded();
    running.push(...log.takeStarted());
    // Operations on two files may be under way; they end in any order.
    if (running.length > 0 && random.below(2) === 0)
      log.complete(running.splice(random.below(running.length), 1)[0] as number);
    history.settle(log);
  }
}

test('R1 R2 W2 W3: after any crash the log is a prefix that holds everything acknowledged', (t) => {
  let torn = 0;
  let rotated = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = new SeededRandom(seed);
    const disk = new SimDisk(random, { log: OPTIONS });
    let history = new History();
    for (let life = 0; life < 8; life++) {
      const { log, groups, report } = disk.openLog();
      if (report.torn) torn++;
      if (!history.restart(groups)) return t.fail(`seed ${seed}, life ${life}: what came back never was`);
      // The log goes on from what came back.
      history = new History();
      for (const { group, snapshot, entries, hardState } of groups)
        history.model.apply({ group, snapshot: { ...snapshot, discard: true }, entries, hardState });
      history.states[0] = history.model.groups();
      runToCrash(log, history, random);
      rotated = Math.max(rotated, log.status().segment);
      disk.crash();
    }
  }
  // The test has tested something.
  t.true(torn > 20, `${torn} torn tails`);
  t.true(rotated > 3, `segment ${rotated}`);
  return t.pass();
});

test('W4: after a failed write nothing is acknowledged, and what was acknowledged is there', (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new SeededRandom(seed);
    const disk = new SimDisk(random, { log: OPTIONS });
    const history = new History();
    const { log } = disk.openLog();
    disk.faults.failOneIn = 0;
    runToCrash(log, history, random);
    disk.faults.condition = 'failing';
    for (let at = 0; at < 5; at++) history.append(log, random);
    log.force();
    for (let started = log.takeStarted(); started.length > 0; started = log.takeStarted())
      for (const io of started) log.complete(io);
    history.settle(log);
    disk.faults.condition = 'well';
    const late = log.append([], true);
    const settled = log.takeSettled().find(({ ticket }) => ticket === late);
    if (log.status().poison) t.is(codeOf(settled?.error), 'disk-failed');
    t.deepEqual(log.takeStarted(), []);
    disk.crash();
    t.true(history.restart(disk.openLog().groups), `seed ${seed}`);
  }
});

test('a full disk refuses in order, poisons nothing, and takes the same writes once there is space', (t) => {
  const random = new SeededRandom(1);
  const disk = new SimDisk(random, { log: OPTIONS });
  const { log } = disk.openLog();
  const finish = () => {
    for (let started = log.takeStarted(); started.length > 0; started = log.takeStarted())
      for (const io of started) log.complete(io);
    return log.takeSettled();
  };
  finish();
  disk.faults.condition = 'full';
  const write = (index: number): LogWrite => ({
    group: groupId(1),
    entries: [{ index: logIndex(index), term: term(1), kind: 'data', data: new Uint8Array(2000) }],
  });
  let index = 0;
  let refused: number[] = [];
  while (refused.length === 0 && index < 100) {
    const first = index + 1;
    for (let each = 0; each < 3; each++) log.append([write(++index)], true);
    refused = finish().flatMap(({ error }, at) => {
      if (error) t.is(codeOf(error), 'disk-full');
      return error ? [first + at] : [];
    });
  }
  // What was taken is a prefix: no append overtook a refused one.
  t.true(refused.length > 0);
  t.is(log.status().poison, null);
  t.is(log.status().rotation, 'refused');
  log.rotateIfNeeded();
  t.is(codeOf(finish()[0]?.error), 'disk-full');
  disk.faults.condition = 'well';
  const firstRefused = refused[0] as number;
  log.append([write(firstRefused)], true);
  t.deepEqual(
    finish().map(({ error }) => error),
    [null],
  );
  t.is(log.status().rotation, 'idle');
  disk.crash();
  t.is(disk.openLog().groups[0]?.entries.length, firstRefused);
});

test('a disk that is full from the start makes no log, and makes one later', (t) => {
  const disk = new SimDisk(new SeededRandom(1), { log: OPTIONS });
  disk.faults.condition = 'full';
  const opened = disk.openLog();
  for (const io of opened.log.takeStarted()) opened.log.complete(io);
  t.deepEqual(opened.log.takeStarted(), []);
  const [settled] = opened.log.takeSettled();
  t.is(settled?.ticket, opened.ready);
  t.is(codeOf(settled?.error), 'disk-full');
  disk.faults.condition = 'well';
  disk.crash();
  t.true(disk.openLog().report.created);
});

test('a flipped bit is found, or lies where nothing was written', (t) => {
  let found = 0;
  for (let seed = 1; seed <= 80; seed++) {
    const random = new SeededRandom(seed);
    const disk = new SimDisk(random, { log: OPTIONS });
    const history = new History();
    const { log } = disk.openLog();
    runToCrash(log, history, random);
    disk.crash();
    if (!disk.corruptLog()) continue;
    try {
      t.true(history.restart(disk.openLog().groups), `seed ${seed}`);
    } catch (error) {
      t.is(codeOf(error), 'log-damaged');
      found++;
    }
  }
  t.true(found > 20, `${found} found`);
});

const put = (name: number): StoreOp => ({
  kind: 'put',
  key: Uint8Array.of(name),
  value: Uint8Array.of(name),
});

/** A store of a process that does whatever it is asked at once. */
function openStore(rows: SimKeyValues) {
  const store = new SimStore(rows, {
    gather: (post) => post(),
    work: (_, handle, answer) => {
      handle();
      answer();
    },
  });
  return (call: Call): Reply => {
    let answer: Reply | undefined;
    store.call(call, (reply) => {
      answer = reply;
    });
    return answer!;
  };
}

const write = (...ops: StoreOp[]): Call => ({ kind: 'write', ops, sync: false });

test('a crash takes the newest writes of the store that no flush confirmed, and no others', (t) => {
  const kept = new Set<number>();
  for (let seed = 1; seed <= 40; seed++) {
    const random = new SeededRandom(seed);
    const rows = new SimKeyValues(new DiskFaults(random));
    const ask = openStore(rows);
    for (let each = 1; each <= 5; each++) ask(write(put(each)));
    ask({ kind: 'flush' });
    for (let each = 6; each <= 9; each++) ask(write(put(each)));
    rows.crash(random, true);
    const names = rows.rowsIn(WHOLE_STORE).map(([key]) => key[0]!);
    t.deepEqual(
      names.filter((each) => each < 10),
      Array.from({ length: names.length }, (_, at) => at + 1),
    );
    t.true(names.length >= 5);
    kept.add(names.length);
  }
  t.deepEqual([...kept].sort(), [5, 6, 7, 8, 9]);
});

test('a process that is killed loses no write that its store had taken', (t) => {
  const random = new SeededRandom(1);
  const rows = new SimKeyValues(new DiskFaults(random));
  openStore(rows)(write(put(1)));
  rows.crash(random, false);
  t.is(rows.rowsIn(WHOLE_STORE).length, 1);
});

test('a store that failed takes nothing more', (t) => {
  for (const [condition, code] of [
    ['failing', 'disk-failed'],
    ['full', 'disk-full'],
  ] as const) {
    const rows = new SimKeyValues(new DiskFaults(new SeededRandom(3)));
    const ask = openStore(rows);
    t.like(ask(write(put(1))), { kind: 'done' });
    rows.faults.condition = condition;
    t.like(ask(write(put(2))), { kind: 'fault', code });
    rows.faults.condition = 'well';
    t.like(ask(write(put(3))), { kind: 'fault', code });
    t.like(ask({ kind: 'flush' }), { kind: 'fault', code });
    t.like(openStore(rows)(write(put(3))), { kind: 'done' });
    t.deepEqual(
      rows.rowsIn(WHOLE_STORE).map(([key]) => key[0]),
      [1, 3],
    );
  }
});

test('what a watcher of rows objects to is no failure of the disk, and ends the run', (t) => {
  const objection = new Violation('rows', 'no such row may be written');
  for (const [kind, watcher] of Object.entries<RowsWatcher>({
    row: { row: () => throwIt(objection), written: () => {} },
    batch: { row: () => {}, written: () => throwIt(objection) },
  })) {
    const rows = new SimKeyValues(new DiskFaults(new SeededRandom(5)), watcher);
    const thrown = t.throws(() => openStore(rows)(write(put(1))), { instanceOf: Violation }, kind);
    t.is(thrown, objection, kind);
  }
});

function throwIt(error: Error): never {
  throw error;
}

test('a row that is damaged is never read as another: whoever reads it is told', (t) => {
  const random = new SeededRandom(4);
  const rows = new SimKeyValues(new DiskFaults(random));
  t.false(rows.damage(random));
  const ask = openStore(rows);
  ask(write(put(1)));
  t.true(rows.damage(random));
  const damaged = { kind: 'fault', code: 'journal-damaged' };
  t.like(ask({ kind: 'get', keys: [Uint8Array.of(1)] }), damaged);
  t.like(ask({ kind: 'scan', range: { ...WHOLE_STORE, limit: 9 }, view: null }), damaged);
  t.like(ask({ kind: 'get', keys: [Uint8Array.of(2)] }), { kind: 'values', values: [undefined] });
  t.like(ask({ kind: 'scan', range: { ...WHOLE_STORE, limit: 9 }, view: 9 }), {
    kind: 'fault',
    code: 'invariant',
  });
});
