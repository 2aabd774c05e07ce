// The disk of one simulated node: write-ahead log and store, with the time that each access takes and what a
// crash loses. It outlives the node's processes.
//
// Invariants
//  S1 Whatever was answered as durable is found again after every crash.
//  S2 What is found beyond that is a prefix of what was asked for, in whole calls.
import { SeqNodeError } from '../node/base/errors.ts';
import type { LogWrite, RecoveredGroup } from '../node/base/log.ts';
import type { Random } from '../node/base/random.ts';
import type { Input, KeyValue } from '../node/core/types.ts';
import type { KeyRange } from '../node/journal/keys.ts';
import { errorOf, faultOf } from '../node/journal/store/store-faults.ts';
import type { Reply, Request } from '../node/journal/store/store-messages.ts';
import { GATHER_MS } from '../node/journal/store/store-queue.ts';
import type { StoreOp } from '../node/journal/store-port.ts';
import { between, exponential, fork, happens, pick } from './chance.ts';
import { DiskFaults } from './disk-faults.ts';
import { type RowsWatcher, SimKeyValues } from './key-values.ts';
import {
  ByteLog,
  type DiskQuality,
  type LogDevice,
  MeaningLog,
  matchRecovered,
  type TailCut,
} from './log-device.ts';
import { LogFold } from './log-model.ts';
import type { Scheduler } from './scheduler.ts';
import { type Call, SimStore } from './sim-store.ts';
import { Violation } from './violation.ts';

type Answer = Extract<Input, { kind: 'persisted' | 'flushed' | 'got' | 'scanned' }>;

export interface StorageEvents {
  answer(input: Answer): void;
  /** These writes are durable as of now; called before their answers. */
  durable(writes: readonly LogWrite[]): void;
  /**
   * The disk met an error: the node must stop. What was under way is undecided until the crash that follows.
   */
  failed(error: Error): void;
}

export interface StorageOptions {
  /** Keep the log as bytes, not only as meaning. */
  readonly bytes: boolean;
  /** A mistake on purpose: see ByteLog. */
  readonly cutsDamage: boolean;
  /** Whether nothing here objects to what is left of a log that was cut, so that others must. */
  readonly trustsCut?: boolean;
}

interface Pending {
  readonly id: number;
  readonly writes: readonly LogWrite[];
}

export class SimStorage {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #events: StorageEvents;
  readonly #device: LogDevice;
  readonly #trustsCut: boolean;
  /** What is in the store, whoever runs. */
  readonly rows: SimKeyValues;
  #store: SimStore;
  readonly faults: DiskFaults;
  /** The log as it would be found after a crash that loses all that is under way. */
  durableLog = new LogFold();
  #pending: Pending[] = [];
  /** Counts processes: answers for an earlier one are dropped. */
  #life = 0;
  /** The store's worker takes one message after the other: the time at which it is done with the last. */
  #workedUntil = 0;
  #answeredUntil = 0;
  /** How long writes of this machine gather, in microseconds: often not at all, so that checkers see each. */
  readonly #gatherMicros: number;
  /** The numbers of views, by those that the core gave them. */
  readonly #views = new Map<number, number>();
  #viewCount = 0;
  #full = false;
  #damageNoted = false;
  /** Writes of the log that are durable. */
  #writes = 0;
  /** The log lost what was durable. */
  #forgot = false;

  constructor(
    scheduler: Scheduler,
    random: Random,
    events: StorageEvents,
    options: StorageOptions,
    watcher?: RowsWatcher,
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#events = events;
    this.#trustsCut = options.trustsCut ?? false;
    this.faults = new DiskFaults(fork(random));
    this.rows = new SimKeyValues(new DiskFaults(fork(random)), watcher);
    this.#store = this.#openStore();
    this.#gatherMicros = pick(random, [0, 1_000, GATHER_MS * 1_000]);
    const context = {
      scheduler,
      random: fork(random),
      faults: this.faults,
      events: {
        durable: (ids: readonly number[]) => this.#durable(ids),
        failed: () => events.failed(errorOf('disk-failed', 'simulated failure of the log')),
      },
    };
    this.#device = options.bytes ? new ByteLog(context, options.cutsDamage) : new MeaningLog(context);
  }

  set quality(quality: DiskQuality) {
    this.#device.quality = quality;
  }

  /** As `LogStatus.durable`. */
  get position(): number {
    return this.#device instanceof ByteLog ? this.#device.position : this.#writes;
  }

  get quality(): DiskQuality {
    return this.#device.quality;
  }

  // ---- what the driver does for its core ----

  /**
   * Reads the disk at the start of a process; `ready` gets what the log holds. False when the disk is
   * damaged.
   */
  open(ready: (groups: readonly RecoveredGroup[]) => void): boolean {
    if (this.#damageNoted) return false;
    let found: readonly RecoveredGroup[] | undefined;
    const start = () => ready(this.durableLog.recovered());
    try {
      let early = false;
      let opened = false;
      found = this.#device.open(() => {
        if (opened) start();
        else early = true;
      });
      opened = true;
      if (found !== undefined) this.#takeFound(found);
      this.#pending = [];
      if (early) start();
      return true;
    } catch (error) {
      if (!(error instanceof SeqNodeError) || error.code !== 'log-damaged') throw error;
      return false;
    }
  }

  persist(id: number, writes: readonly LogWrite[], sync: boolean): void {
    this.#pending.push({ id, writes });
    this.#device.append(id, writes, sync);
  }

  write(ops: readonly StoreOp[]): void {
    this.#ask({ kind: 'write', ops, sync: false }, () => {});
  }

  flush(id: number): void {
    this.#ask({ kind: 'flush' }, () => this.#events.answer({ kind: 'flushed', id }));
  }

  get(id: number, keys: readonly Uint8Array[]): void {
    const answer = (values: readonly (Uint8Array | undefined)[]) =>
      this.#events.answer({ kind: 'got', id, values });
    let values: readonly (Uint8Array | undefined)[] | undefined;
    try {
      values = this.#store.getNow(keys);
    } catch (cause) {
      const { code, message } = faultOf(cause);
      return this.#fail(errorOf(code, message));
    }
    if (values === undefined)
      this.#ask({ kind: 'get', keys }, (reply) => answer(reply.kind === 'values' ? reply.values : []));
    else this.#answerSoon(() => answer(values));
  }

  scan(id: number, from: Uint8Array, to: Uint8Array, limit: number, view?: number): void {
    // A scan may give fewer than it was asked for, to bound its bytes.
    const given = limit > 2 && happens(this.#random, 0.1) ? between(this.#random, 1, limit - 1) : limit;
    const call = { kind: 'scan', range: { from, to, limit: given }, view: this.#viewOf(view) } as const;
    this.#ask(call, (reply) => {
      if (reply.kind === 'scanned') this.#events.answer({ kind: 'scanned', id, found: reply.found });
    });
  }

  openView(view: number): void {
    this.#views.set(view, ++this.#viewCount);
    this.#ask({ kind: 'open-view', view: this.#viewCount }, () => {});
  }

  closeView(view: number): void {
    this.#ask({ kind: 'close-view', view: this.#viewOf(view)! }, () => {});
    this.#views.delete(view);
  }

  /** What a process reads before it begins: nothing is pending then. Throws `journal-damaged`. */
  readAll(range: KeyRange): readonly KeyValue[] {
    const { rows } = this;
    try {
      const iterator = rows.iterate(range);
      while (!iterator.next(1000).finished);
      iterator.close();
    } catch (cause) {
      this.#damageNoted = true;
      const { code, message } = faultOf(cause);
      throw errorOf(code, message);
    }
    return rows.rowsIn(range);
  }

  // ---- what the nemesis does ----

  get isFull(): boolean {
    return this.#full;
  }

  setFull(full: boolean): void {
    this.#full = full;
    this.#device.setFull(full);
  }

  /** While `failing`, the next write fails, of which the process dies. */
  failWrites(failing: boolean): void {
    this.faults.failOneIn = failing ? 1 : 0;
  }

  get isStoreFull(): boolean {
    return this.rows.faults.condition === 'full';
  }

  /** While the store is full, its next write fails; the log has its space already. */
  fillStore(full: boolean): void {
    this.rows.faults.condition = full ? 'full' : 'well';
  }

  /** Damages a row of the store behind the back of everybody. Returns whether there was one. */
  damageStore(): boolean {
    return this.rows.damage(this.#random);
  }

  /** What tends the tables in the background meets the damage. */
  readDamage(): void {
    if (this.rows.isDamaged) this.#fail(errorOf('journal-damaged', 'a table is damaged'));
  }

  /**
   * Takes the last frames off the log, whole, behind the back of everybody. Returns whether there were any to
   * be lost, see TailCut.
   */
  loseTail(cut: TailCut): boolean {
    const lost = this.#device instanceof ByteLog && this.#device.loseTail(cut);
    this.#forgot ||= lost;
    return lost;
  }

  get keepsBytes(): boolean {
    return this.#device instanceof ByteLog;
  }

  /** Whether nothing is about to fail. */
  get isWell(): boolean {
    return this.faults.failOneIn === 0 && this.rows.faults.condition === 'well';
  }

  /** Its process was told that the disk is not what it was. */
  noteDamage(): void {
    this.#damageNoted = true;
  }

  /** Damages the log behind the back of everybody. Returns whether there was anything to damage. */
  corruptLog(): boolean {
    return this.#device instanceof ByteLog && this.#device.corruptMiddle();
  }

  /**
   * The process died. With `powerLoss` some of what was not synced is lost; without, the operating system
   * still has what was handed to it. Either way nothing that was answered as durable is lost.
   */
  crash(powerLoss: boolean): void {
    this.#life++;
    this.faults.failOneIn = 0;
    const arrived = this.#device.crash(powerLoss);
    if (arrived !== undefined) {
      for (const { writes } of this.#pending.slice(0, arrived)) this.#makeDurable(writes);
      this.#pending = [];
    }
    this.#workedUntil = 0;
    this.#answeredUntil = 0;
    this.#views.clear();
    this.rows.crash(this.#random, powerLoss);
    this.#store = this.#openStore();
  }

  // ---- within ----

  /** S1, S2 */
  #takeFound(found: readonly RecoveredGroup[]) {
    const pending = this.#pending.map(({ writes }) => writes);
    const fold = matchRecovered(this.durableLog, pending, found);
    if (fold === undefined && (this.#trustsCut || this.#forgot)) {
      this.#forgot = false;
      this.durableLog = foldOf(found);
      return;
    }
    if (fold === undefined)
      throw new Violation('log-recovery', 'what is read back from the log is not what was made durable');
    this.durableLog = fold;
  }

  #durable(ids: readonly number[]) {
    const life = this.#life;
    for (const id of ids) {
      const first = this.#pending.shift();
      if (first?.id !== id)
        throw new Violation('log-order', `write ${id} is durable before write ${first?.id}`);
      this.#makeDurable(first.writes);
    }
    for (const id of ids) {
      if (life !== this.#life) return;
      this.#events.answer({ kind: 'persisted', id, position: this.position });
    }
  }

  #makeDurable(writes: readonly LogWrite[]) {
    this.#writes++;
    this.durableLog.apply(writes);
    this.#events.durable(writes);
  }

  #openStore(): SimStore {
    const after = (micros: number, run: () => void) => {
      const life = this.#life;
      this.#scheduler.after(micros, () => {
        if (life === this.#life) run();
      });
    };
    return new SimStore(this.rows, {
      gather: (post) => (this.#gatherMicros === 0 ? post() : after(this.#gatherMicros, post)),
      work: (requests, handle, answer) => {
        const begin = Math.max(this.#workedUntil, this.#scheduler.now);
        this.#workedUntil = begin + 1 + this.#workMicros(requests);
        after(this.#workedUntil - this.#scheduler.now, () => {
          handle();
          this.#answerSoon(answer);
        });
      },
    });
  }

  #workMicros(requests: readonly Request[]): number {
    const { syncMin, syncMean, readMean } = this.quality;
    let micros = 20;
    for (const { kind } of requests) {
      if (kind === 'flush') micros += syncMin * 2 + exponential(this.#random, syncMean * 3);
      else if (kind === 'scan' || kind === 'get') micros += exponential(this.#random, readMean);
    }
    return Math.floor(micros);
  }

  /** Answers keep the order in which they are known. */
  #answerSoon(answer: () => void): void {
    const life = this.#life;
    this.#answeredUntil =
      Math.max(this.#answeredUntil, this.#scheduler.now) + 1 + Math.floor(exponential(this.#random, 30));
    this.#scheduler.after(this.#answeredUntil - this.#scheduler.now, () => {
      if (life === this.#life) answer();
    });
  }

  /** Whatever fails, the node stops, and hears nothing of what else was in the same message. */
  #ask(call: Call, done: (reply: Reply) => void): void {
    const life = this.#life;
    this.#store.call(call, (reply) => {
      if (life !== this.#life) return;
      if (reply.kind === 'fault') this.#fail(errorOf(reply.code, reply.message));
      else done(reply);
    });
  }

  /** Damage is noted for the next start, which reads only a little (node/host/repair.ts). */
  #fail(error: Error): void {
    if (error instanceof SeqNodeError && error.code === 'journal-damaged') this.#damageNoted = true;
    this.#events.failed(error);
  }

  #viewOf(view: number | undefined): number | null {
    return view === undefined ? null : (this.#views.get(view) ?? null);
  }
}

function foldOf(groups: readonly RecoveredGroup[]): LogFold {
  const fold = new LogFold();
  fold.apply(
    groups.map(({ group, snapshot, hardState, entries }) => ({
      group,
      snapshot: { ...snapshot, discard: true },
      hardState,
      entries,
    })),
  );
  return fold;
}
