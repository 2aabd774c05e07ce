// The disk of one simulated node: write-ahead log and store, with the time that each access takes and what a crash loses. It
// outlives the node's processes.
//
// Invariants
//  S1 Whatever was answered as durable is found again after every crash.
//  S2 What is found beyond that is a prefix of what was asked for, in whole calls.
import { SeqNodeError } from '../node/base/errors.ts';
import type { LogWrite, RecoveredGroup } from '../node/base/log.ts';
import type { Random } from '../node/base/random.ts';
import type { Input } from '../node/core/types.ts';
import { between, exponential, fork, happens } from './chance.ts';
import { DiskFaults } from './disk-faults.ts';
import { ByteLog, type DiskQuality, type LogDevice, MeaningLog, matchRecovered } from './log-device.ts';
import { LogFold } from './log-model.ts';
import type { Scheduler } from './scheduler.ts';
import { type RowWatcher, StoreModel } from './store-model.ts';
import { Violation } from './violation.ts';

type Answer = Extract<Input, { kind: 'persisted' | 'flushed' | 'got' | 'scanned' }>;

export interface StorageEvents {
  answer(input: Answer): void;
  /** These writes are durable as of now; called before their answers. */
  durable(writes: readonly LogWrite[]): void;
  /** A write met an error: the node must stop. What was under way is undecided until the crash that follows. */
  failed(): void;
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
  readonly store: StoreModel;
  readonly faults: DiskFaults;
  /** The log as it would be found after a crash that loses all that is under way. */
  durableLog = new LogFold();
  #pending: Pending[] = [];
  /** Counts processes: answers for an earlier one are dropped. */
  #life = 0;
  /** The store answers in order: time of the last answer. */
  #storeBusyUntil = 0;
  #full = false;

  constructor(
    scheduler: Scheduler,
    random: Random,
    events: StorageEvents,
    options: StorageOptions,
    watch?: RowWatcher,
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#events = events;
    this.#trustsCut = options.trustsCut ?? false;
    this.store = new StoreModel(watch);
    this.faults = new DiskFaults(fork(random));
    const context = {
      scheduler,
      random: fork(random),
      faults: this.faults,
      events: { durable: (ids: readonly number[]) => this.#durable(ids), failed: () => events.failed() },
    };
    this.#device = options.bytes ? new ByteLog(context, options.cutsDamage) : new MeaningLog(context);
  }

  set quality(quality: DiskQuality) {
    this.#device.quality = quality;
  }

  get quality(): DiskQuality {
    return this.#device.quality;
  }

  // ---- what the driver does for its core ----

  /** Reads the disk at the start of a process; `ready` gets what the log holds. False when the log is damaged. */
  open(ready: (groups: readonly RecoveredGroup[]) => void): boolean {
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

  flush(id: number): void {
    const written = this.store.batchesWritten;
    this.#later(this.quality.syncMin * 2, this.quality.syncMean * 3, () => {
      this.store.markDurable(written);
      this.#events.answer({ kind: 'flushed', id });
    });
  }

  get(id: number, keys: readonly Uint8Array[]): void {
    const values = keys.map((key) => this.store.get(key));
    this.#later(20, this.quality.readMean, () => this.#events.answer({ kind: 'got', id, values }));
  }

  scan(id: number, from: Uint8Array, to: Uint8Array, limit: number, view?: number): void {
    // A scan may give fewer than it was asked for, to bound its bytes.
    const given = limit > 2 && happens(this.#random, 0.1) ? between(this.#random, 1, limit - 1) : limit;
    const found = this.store.scan({ from, to, limit: given }, view);
    this.#later(30, this.quality.readMean, () => this.#events.answer({ kind: 'scanned', id, found }));
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

  /** Damages the log behind the back of everybody. Returns whether there was anything to damage. */
  corruptLog(): boolean {
    return this.#device instanceof ByteLog && this.#device.corruptMiddle();
  }

  /**
   * The process died. With `powerLoss` some of what was not synced is lost; without, the operating system still has what was
   * handed to it. Either way nothing that was answered as durable is lost.
   */
  crash(powerLoss: boolean): void {
    this.#life++;
    this.faults.failOneIn = 0;
    const arrived = this.#device.crash(powerLoss);
    if (arrived !== undefined) {
      for (const { writes } of this.#pending.slice(0, arrived)) this.#makeDurable(writes);
      this.#pending = [];
    }
    this.#storeBusyUntil = 0;
    this.store.crash(between(this.#random, 0, this.store.batchesUnflushed));
  }

  // ---- within ----

  /** S1, S2 */
  #takeFound(found: readonly RecoveredGroup[]) {
    const pending = this.#pending.map(({ writes }) => writes);
    const fold = matchRecovered(this.durableLog, pending, found);
    if (fold === undefined && this.#trustsCut) {
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
      this.#events.answer({ kind: 'persisted', id });
    }
  }

  #makeDurable(writes: readonly LogWrite[]) {
    this.durableLog.apply(writes);
    this.#events.durable(writes);
  }

  #later(min: number, mean: number, run: () => void) {
    const life = this.#life;
    const at = Math.max(
      this.#storeBusyUntil + 1,
      this.#scheduler.now + min + Math.floor(exponential(this.#random, mean)),
    );
    this.#storeBusyUntil = at;
    this.#scheduler.after(at - this.#scheduler.now, () => {
      if (life === this.#life) run();
    });
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
