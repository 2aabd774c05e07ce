// Two ways to keep the write-ahead log of a simulated node. `MeaningLog` keeps what the writes say; `ByteLog`
// runs the real machine of node/journal over files of bytes, tears them in a crash and reads them back. The
// second costs several times more.
import { SeqNodeError } from '../node/base/errors.ts';
import type { LogWrite, RecoveredGroup } from '../node/base/log.ts';
import type { Random } from '../node/base/random.ts';
import { decodeSegmentHeader } from '../node/journal/log-format.ts';
import { LOG_OPTIONS, type LogOptions } from '../node/journal/log-port.ts';
import { framesOf } from '../node/journal/log-recovery.ts';
import { positionOf } from '../node/journal/log-writer.ts';
import { between, exponential, happens } from './chance.ts';
import type { DiskFaults } from './disk-faults.ts';
import { type LogFiles, openSimLog, type SimLog } from './disk-log.ts';
import type { LogFold } from './log-model.ts';
import type { Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';

/** Delays in microseconds. */
export interface DiskQuality {
  readonly syncMin: number;
  /** Mean of what is added, exponentially distributed. */
  readonly syncMean: number;
  readonly readMean: number;
}

export const GOOD_DISK: DiskQuality = { syncMin: 250, syncMean: 150, readMean: 100 };
export const SLOW_DISK: DiskQuality = { syncMin: 5_000, syncMean: 60_000, readMean: 3_000 };

/**
 * What a log loses: all but its first frames, or from some frame on that was written between two positions
 * (`LogStatus.durable`).
 */
export type TailCut = { readonly keeps: number } | { readonly from: number; readonly to: number };

export interface LogDeviceEvents {
  /** The appends with these ids, and all before them, are durable. */
  durable(ids: readonly number[]): void;
  /** A write failed: the process must stop. */
  failed(): void;
}

export interface LogDevice {
  quality: DiskQuality;
  append(id: number, writes: readonly LogWrite[], sync: boolean): void;
  /** While full, what needs new space waits or is refused. */
  setFull(full: boolean): void;
  /**
   * The process died. Returns how much of the appends that were never answered is on the disk, if that is
   * known.
   */
  crash(powerLoss: boolean): number | undefined;
  /** Reads the log back; `ready` is called once it takes appends. Throws SeqNodeError `log-damaged`. */
  open(ready: () => void): readonly RecoveredGroup[] | undefined;
}

export interface DeviceContext {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: DiskFaults;
  readonly events: LogDeviceEvents;
}

interface Append {
  readonly id: number;
  readonly writes: readonly LogWrite[];
}

/** How long an append that needs no sync waits for one that does, in microseconds. */
const LAZY_MICROS = 10_000;

/**
 * Keeps no bytes: one write at a time is under way, and everything that comes meanwhile goes with the next
 * one.
 */
export class MeaningLog implements LogDevice {
  quality = GOOD_DISK;
  readonly #context: DeviceContext;
  #life = 0;
  #queued: Append[] = [];
  #writing: Append[] = [];
  #busy = false;
  #full = false;
  #lazyArmed = false;

  constructor(context: DeviceContext) {
    this.#context = context;
  }

  append(id: number, writes: readonly LogWrite[], sync: boolean): void {
    this.#queued.push({ id, writes });
    if (sync) this.#start();
    else this.#startLazily();
  }

  setFull(full: boolean): void {
    this.#full = full;
    if (!full) this.#start();
  }

  crash(powerLoss: boolean): number {
    this.#life++;
    // What is under way arrives whole or not at all. What was queued behind it was in the memory of the
    // process.
    const arrived = !powerLoss || happens(this.#context.random, 0.5) ? this.#writing.length : 0;
    this.#writing = [];
    this.#queued = [];
    this.#busy = false;
    this.#lazyArmed = false;
    return arrived;
  }

  open(ready: () => void): undefined {
    ready();
    return undefined;
  }

  #startLazily() {
    if (this.#lazyArmed) return;
    this.#lazyArmed = true;
    const life = this.#life;
    this.#context.scheduler.after(LAZY_MICROS, () => {
      if (life !== this.#life) return;
      this.#lazyArmed = false;
      this.#start();
    });
  }

  #start() {
    if (this.#busy || this.#full || this.#queued.length === 0) return;
    this.#busy = true;
    this.#writing = this.#queued;
    this.#queued = [];
    const life = this.#life;
    const delay = this.quality.syncMin + exponential(this.#context.random, this.quality.syncMean);
    this.#context.scheduler.after(delay, () => {
      if (life === this.#life) this.#complete();
    });
  }

  #complete() {
    const { faults, events } = this.#context;
    if (faults.strike('write') !== null) {
      events.failed();
      return;
    }
    const done = this.#writing;
    this.#writing = [];
    this.#busy = false;
    const life = this.#life;
    events.durable(done.map(({ id }) => id));
    if (life === this.#life) this.#start();
  }
}

const SMALL_LOG: LogOptions = {
  ...LOG_OPTIONS,
  segmentBytes: 128 * 1024,
  frameBytesMax: 4 * 1024 * 1024,
};

/** The real machine over bytes. */
export class ByteLog implements LogDevice {
  quality = GOOD_DISK;
  readonly files: LogFiles = new Map();
  /**
   * A mistake to make on purpose: whatever stands behind a damaged frame is cut, as if it were a torn end.
   */
  readonly #cutsDamage: boolean;
  readonly #context: DeviceContext;
  readonly #ids = new Map<number, number>();
  #log: SimLog | undefined;
  #life = 0;
  #startTicket = 0;
  #ready: () => void = () => {};
  #lazyArmed = false;
  /** Appends that were refused for want of space, to be tried again in order. */
  #refused: { id: number; writes: readonly LogWrite[]; sync: boolean }[] = [];
  readonly #appends = new Map<number, { writes: readonly LogWrite[]; sync: boolean }>();

  constructor(context: DeviceContext, cutsDamage: boolean) {
    this.#context = context;
    this.#cutsDamage = cutsDamage;
  }

  append(id: number, writes: readonly LogWrite[], sync: boolean): void {
    this.#appends.set(id, { writes, sync });
    if (this.#refused.length > 0) {
      this.#refused.push({ id, writes, sync });
      return;
    }
    const log = this.#log as SimLog;
    const ticket = log.append(writes, sync);
    this.#ids.set(ticket, id);
    this.#pump();
  }

  setFull(full: boolean): void {
    this.#context.faults.condition = full ? 'full' : 'well';
    if (full) return;
    const again = this.#refused.splice(0);
    for (const { id, writes, sync } of again) this.append(id, writes, sync);
  }

  crash(): undefined {
    this.#life++;
    this.#log?.crash();
    this.#log = undefined;
    this.#ids.clear();
    this.#appends.clear();
    this.#refused = [];
    this.#lazyArmed = false;
    return undefined;
  }

  open(ready: () => void): readonly RecoveredGroup[] {
    this.#life++;
    this.#ready = ready;
    const opened = this.#openFiles();
    this.#log = opened.log;
    this.#startTicket = opened.log.start();
    const life = this.#life;
    this.#context.scheduler.after(0, () => {
      if (life === this.#life) this.#pump();
    });
    return opened.groups;
  }

  get position(): number {
    return this.#log?.status().durable ?? 0;
  }

  /** Cuts the present segment, behind its checkpoint. Returns whether there was anything to be lost. */
  loseTail(cut: TailCut): boolean {
    const [file, bytes] = [...this.files].filter(([name]) => name.endsWith('.log')).at(-1) ?? ['', undefined];
    if (bytes === undefined) return false;
    const { number } = decodeSegmentHeader(bytes, file);
    const frames = [...framesOf(bytes, file)].filter(({ kind }) => kind === 'append');
    const endOf = (sequence: number) => positionOf(number, sequence + 1);
    const mayBegin = frames.filter(({ sequence }, at) =>
      'keeps' in cut ? at === cut.keeps : endOf(sequence) > cut.from && endOf(sequence) <= cut.to,
    );
    const first = mayBegin[this.#context.random.below(Math.max(1, mayBegin.length))];
    if (first === undefined) return false;
    const last = frames.at(-1) ?? first;
    bytes.fill(0, first.at, last.at + last.bytes);
    return true;
  }

  /** Flips a bit within a frame that is durable and not the last. Returns whether there was one. */
  corruptMiddle(): boolean {
    const { random } = this.#context;
    for (const [file, bytes] of this.files) {
      if (!file.endsWith('.log')) continue;
      const frames = [...framesOf(bytes, file)];
      if (frames.length < 4) continue;
      const frame = frames[between(random, Math.floor(frames.length / 2), frames.length - 2)];
      if (frame === undefined) continue;
      const at = frame.at + between(random, 40, frame.bytes - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << between(random, 0, 7));
      return true;
    }
    return false;
  }

  #openFiles() {
    const { faults, random } = this.#context;
    const open = () => openSimLog(this.files, faults, random, SMALL_LOG);
    try {
      return open();
    } catch (error) {
      const damaged = error instanceof SeqNodeError && error.code === 'log-damaged';
      if (!damaged || !this.#cutsDamage) throw error;
      const bytes = this.files.get(String(error.details.file));
      bytes?.fill(0, Number(error.details.offset));
      return open();
    }
  }

  #pump() {
    const { scheduler, random } = this.#context;
    const log = this.#log;
    if (log === undefined) return;
    const life = this.#life;
    for (const io of log.takeStarted()) {
      const delay = this.quality.syncMin + exponential(random, this.quality.syncMean);
      scheduler.after(delay, () => {
        if (life !== this.#life) return;
        log.complete(io);
        this.#pump();
      });
    }
    if (log.lazy && !this.#lazyArmed) {
      this.#lazyArmed = true;
      scheduler.after(LAZY_MICROS, () => {
        if (life !== this.#life) return;
        this.#lazyArmed = false;
        log.force();
        this.#pump();
      });
    }
    this.#settle(log);
  }

  #settle(log: SimLog) {
    const life = this.#life;
    const durable: number[] = [];
    for (const { ticket, error } of log.takeSettled()) {
      if (ticket === this.#startTicket) {
        if (error === null) this.#ready();
        else this.#context.events.failed();
        continue;
      }
      const id = this.#ids.get(ticket);
      if (id === undefined) continue;
      this.#ids.delete(ticket);
      const append = this.#appends.get(id);
      this.#appends.delete(id);
      if (error === null) durable.push(id);
      else if (error instanceof SeqNodeError && error.code === 'disk-full' && log.status().poison === null)
        this.#refused.push({ id, writes: append?.writes ?? [], sync: append?.sync ?? true });
      else if (error instanceof SeqNodeError && error.code === 'disk-failed') {
        this.#context.events.failed();
        return;
      } else throw new Violation('log-refused', `the log refused a write: ${error.message}`);
    }
    if (durable.length > 0 && life === this.#life) this.#context.events.durable(durable);
  }
}

/**
 * Whether what was read back is the fold of the durable writes and the first so many of the pending ones;
 * that fold.
 */
export function matchRecovered(
  durable: LogFold,
  pending: readonly (readonly LogWrite[])[],
  found: readonly RecoveredGroup[],
): LogFold | undefined {
  const fold = durable.copy();
  for (let count = 0; ; count++) {
    if (sameGroups(fold.recovered().filter(holdsSomething), found.filter(holdsSomething))) return fold;
    const next = pending[count];
    if (next === undefined) return undefined;
    fold.apply(next);
  }
}

// A group that was named and given nothing is the same as one that was never named: a log need not keep its
// name.
function holdsSomething({ hardState, snapshot, entries }: RecoveredGroup): boolean {
  return hardState.term > 0 || hardState.vote !== null || snapshot.index > 0 || entries.length > 0;
}

function sameGroups(a: readonly RecoveredGroup[], b: readonly RecoveredGroup[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((one, at) => {
    const other = b[at] as RecoveredGroup;
    return (
      one.group === other.group &&
      one.hardState.term === other.hardState.term &&
      one.hardState.vote === other.hardState.vote &&
      one.hardState.commit === other.hardState.commit &&
      one.snapshot.index === other.snapshot.index &&
      one.snapshot.term === other.snapshot.term &&
      one.entries.length === other.entries.length &&
      one.entries.every((entry, index) => {
        const same = other.entries[index];
        return same !== undefined && same.term === entry.term && sameBytes(same.data, entry.data);
      })
    );
  });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
