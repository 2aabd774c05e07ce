// The disk of one simulated node: a log directory and a store. It outlives the crashes of its node.
import type { Random } from '../node/base/random.ts';
import { LOG_OPTIONS, type LogOptions } from '../node/journal/log-port.ts';
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
  readonly #logFiles: LogFiles = new Map();
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

  /** Power is lost. What was opened is dead; open again. */
  crash() {
    this.#log?.crash();
    this.#log = null;
  }
}
