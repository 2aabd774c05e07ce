// The write-ahead log on a simulated disk: the machine of node/journal/log-writer.ts over files in memory.
// What the disk has confirmed survives a crash; what was under way survives in part, sector by sector.
import { invariant } from '../node/base/assert.ts';
import type { LogWrite } from '../node/base/log.ts';
import type { Random } from '../node/base/random.ts';
import type { IoId, LogEffect, Ticket } from '../node/journal/log-effects.ts';
import { SECTOR_BYTES } from '../node/journal/log-format.ts';
import type { LogOptions, LogReport, LogStatus } from '../node/journal/log-port.ts';
import { chooseSegment, recoverSegment } from '../node/journal/log-recovery.ts';
import { LogState } from '../node/journal/log-state.ts';
import { LogWriter } from '../node/journal/log-writer.ts';
import type { DiskFaults } from './disk-faults.ts';

/** The end of a call on a simulated log or store. */
export interface Settled {
  readonly ticket: Ticket;
  readonly error: Error | null;
  /** Of a `rotateIfNeeded`: whether a new segment was made. */
  readonly rotated: boolean;
}

type DiskOperation = Extract<LogEffect, { io: IoId }>;

/** The files of one log directory. Outlives the logs that are opened on it. */
export type LogFiles = Map<string, Uint8Array>;

export function openSimLog(files: LogFiles, faults: DiskFaults, random: Random, options: LogOptions) {
  const { current, obsolete } = chooseSegment([...files.keys()]);
  const bytes = current === undefined ? undefined : files.get(current);
  const recovered = bytes && current !== undefined ? recoverSegment(bytes, current) : undefined;
  for (const file of obsolete) files.delete(file);
  if (bytes && recovered) bytes.fill(0, recovered.end.at, recovered.end.at + recovered.zeroBytes);
  const state = recovered?.state ?? new LogState();
  const groups = state.groups();
  const log = new SimLog(files, faults, new LogWriter(options, random, state, recovered?.end ?? null));
  const report: LogReport = {
    created: recovered === undefined,
    file: current ?? 'segment 1',
    frames: recovered?.frames ?? 0,
    bytes: recovered?.end.at ?? 0,
    removed: obsolete,
    torn: recovered?.torn ?? null,
  };
  return { groups, log, report };
}

/**
 * Calls give tickets. Disk operations that begin are found in `takeStarted`, and end when the simulator says
 * so with `complete`; calls that ended are found in `takeSettled`. Operations may be completed in any order.
 */
export class SimLog {
  readonly #files: LogFiles;
  readonly #faults: DiskFaults;
  readonly #machine: LogWriter;
  readonly #running = new Map<IoId, DiskOperation>();
  #started: IoId[] = [];
  #settled: Settled[] = [];
  #tickets = 0;

  constructor(files: LogFiles, faults: DiskFaults, machine: LogWriter) {
    this.#files = files;
    this.#faults = faults;
    this.#machine = machine;
  }

  /** To be called once, first: the log is ready when the ticket is settled. */
  start(): Ticket {
    return this.#call((ticket) => this.#machine.start(ticket));
  }

  append(writes: readonly LogWrite[], sync: boolean): Ticket {
    return this.#call((ticket) => this.#machine.append(ticket, writes, sync));
  }

  rotateIfNeeded(): Ticket {
    return this.#call((ticket) => this.#machine.rotateIfNeeded(ticket));
  }

  close(): Ticket {
    return this.#call((ticket) => this.#machine.close(ticket));
  }

  status(): LogStatus {
    return this.#machine.status();
  }

  /**
   * True while an append waits for another to ride with; the simulator then calls `force` within
   * `lazyMillis`.
   */
  get lazy(): boolean {
    return this.#machine.lazy;
  }

  force() {
    this.#carryOut(this.#machine.force());
  }

  takeStarted(): IoId[] {
    return this.#started.splice(0);
  }

  takeSettled(): Settled[] {
    return this.#settled.splice(0);
  }

  /** Ends a disk operation, well or, if a fault is set, badly. */
  complete(io: IoId) {
    const operation = this.#running.get(io);
    invariant(operation, `disk operation ${io} is not under way`);
    this.#running.delete(io);
    const failure = this.#faults.strike(operation.kind);
    // What a failed write leaves behind is undefined; here as much as a crash in its middle would.
    if (failure && operation.kind === 'write' && !failure.untouched) this.#tear(operation);
    if (!failure) this.#takeEffect(operation);
    this.#carryOut(failure ? this.#machine.failed(io, failure) : this.#machine.done(io));
  }

  /** The machine loses power: operations under way take effect in part. The log is dead afterwards. */
  crash() {
    for (const operation of this.#running.values()) this.#tear(operation);
    this.#running.clear();
  }

  #call(start: (ticket: Ticket) => LogEffect[]): Ticket {
    const ticket = ++this.#tickets;
    this.#carryOut(start(ticket));
    return ticket;
  }

  #carryOut(effects: readonly LogEffect[]) {
    for (const effect of effects) {
      if (effect.kind === 'settle') this.#settled.push(effect);
      else if (effect.kind === 'remove') this.#files.delete(effect.file);
      else {
        this.#running.set(effect.io, effect);
        this.#started.push(effect.io);
      }
    }
  }

  #takeEffect(operation: DiskOperation) {
    if (operation.kind === 'create') {
      const bytes = new Uint8Array(operation.bytes);
      bytes.set(operation.header);
      this.#files.set(operation.file, bytes);
    } else if (operation.kind === 'write') {
      this.#fileOf(operation.file).set(operation.bytes, operation.at);
    } else {
      this.#files.set(operation.to, this.#fileOf(operation.from));
      this.#files.delete(operation.from);
    }
  }

  /** Any subset of the sectors of a write; a creation or a rename wholly or not at all. */
  #tear(operation: DiskOperation) {
    const { random } = this.#faults;
    if (operation.kind !== 'write') {
      if (random.below(2) === 0) this.#takeEffect(operation);
      return;
    }
    const file = this.#fileOf(operation.file);
    // The likely shapes get their share: nothing, a prefix, everything; and any mixture.
    const sectors = operation.bytes.length / SECTOR_BYTES;
    const shape = random.below(4);
    const prefix = random.below(sectors + 1);
    for (let sector = 0; sector < sectors; sector++) {
      const written =
        shape === 0 ? false : shape === 1 ? sector < prefix : shape === 2 || random.below(2) === 0;
      if (!written) continue;
      const at = sector * SECTOR_BYTES;
      file.set(operation.bytes.subarray(at, at + SECTOR_BYTES), operation.at + at);
    }
  }

  #fileOf(name: string): Uint8Array {
    const file = this.#files.get(name);
    invariant(file, `there is no file ${name}`);
    return file;
  }
}
