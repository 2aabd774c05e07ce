// A simulated disk with a log directory. It outlives the crashes of its node.
//
//   const disk = new SimDisk(random);
//   const { groups, log, ready } = disk.openLog();   // may throw log-damaged
//   const ticket = log.append(writes, true);
//   for (const io of log.takeStarted()) …            // schedule log.complete(io) some time later
//   for (const { ticket, error } of log.takeSettled()) …
//   disk.crash();                                    // then open again
import type { Random } from '../node/base/random.ts';
import { LOG_OPTIONS, type LogOptions } from '../node/journal/log-port.ts';
import { chooseSegment } from '../node/journal/log-recovery.ts';
import { DiskFaults } from './disk-faults.ts';
import { type LogFiles, openSimLog, type SimLog } from './disk-log.ts';

/** Small segments, so that a short run sees many rotations. */
const SIM_LOG_OPTIONS: LogOptions = {
  ...LOG_OPTIONS,
  segmentBytes: 256 * 1024,
  frameBytesMax: 4 * 1024 * 1024,
};

export interface SimDiskOptions {
  readonly log?: LogOptions;
}

export class SimDisk {
  readonly faults: DiskFaults;
  readonly #random: Random;
  readonly #options: LogOptions;
  #logFiles: LogFiles = new Map();
  #log: SimLog | null = null;

  constructor(random: Random, options: SimDiskOptions = {}) {
    this.#random = random;
    this.#options = options.log ?? SIM_LOG_OPTIONS;
    this.faults = new DiskFaults(random);
  }

  /** Throws `log-damaged`. The log takes calls at once; `ready` is settled when its first segment is made. */
  openLog() {
    const opened = openSimLog(this.#logFiles, this.faults, this.#random, this.#options);
    this.#log = opened.log;
    return { ...opened, ready: opened.log.start() };
  }

  /**
   * Power is lost. Log operations under way take effect in part. What was opened is dead: complete nothing of
   * it any more, and open again.
   */
  crash() {
    this.#log?.crash();
    this.#log = null;
  }

  /** The disk is replaced by an empty one. To be called after `crash`. */
  wipe() {
    this.#logFiles = new Map();
  }

  /**
   * Flips one bit in the log, among the bytes that hold frames or in the blank ones behind. Returns whether
   * there is a log.
   */
  corruptLog(): boolean {
    const { current } = chooseSegment([...this.#logFiles.keys()]);
    const bytes = current === undefined ? undefined : this.#logFiles.get(current);
    if (bytes === undefined) return false;
    let end = bytes.length;
    while (end > 1 && bytes[end - 1] === 0) end--;
    const at = this.#random.below(this.#random.below(4) === 0 ? bytes.length : end);
    bytes[at] = (bytes[at] as number) ^ (1 << this.#random.below(8));
    return true;
  }
}
