// The write-ahead log on segment files: runs the machine of ../log-writer.ts, carries its effects out and
// settles promises.
import { getRandomValues } from 'node:crypto';
import { SeqNodeError } from '../../base/errors.ts';
import type { LogWrite } from '../../base/log.ts';
import { NumberedTable } from '../../base/numbered-table.ts';
import type { Random } from '../../base/random.ts';
import { SeededRandom } from '../../base/random.ts';
import type { IoFailure, LogEffect, Ticket } from '../log-effects.ts';
import {
  LOG_OPTIONS,
  type LogOptions,
  type LogReport,
  type LogStatus,
  type OpenedLog,
  type WriteAheadLog,
} from '../log-port.ts';
import { chooseSegment, type RecoveredSegment, recoverSegment } from '../log-recovery.ts';
import { LogState } from '../log-state.ts';
import { LogWriter } from '../log-writer.ts';
import { openDirectory, type SegmentFiles, WriteFailure } from './segment-files.ts';

/**
 * Opens the log in `directory`: see `OpenLog`. The directory must be guarded by the caller against a second
 * process; the node opens its store first, whose lock covers both.
 */
export async function openLog(directory: string, options: Partial<LogOptions> = {}): Promise<OpenedLog> {
  try {
    return await openLogOn(await openDirectory(directory), options);
  } catch (cause) {
    throw openError(cause);
  }
}

/**
 * The same on any `SegmentFiles`, which are closed when it fails. Failures of the system come through as they
 * are.
 */
export async function openLogOn(files: SegmentFiles, options: Partial<LogOptions>): Promise<OpenedLog> {
  try {
    return await openOn(files, { ...LOG_OPTIONS, ...options });
  } catch (cause) {
    await files.close();
    throw cause;
  }
}

async function openOn(files: SegmentFiles, options: LogOptions): Promise<OpenedLog> {
  const { current, obsolete } = chooseSegment(await files.list());
  const recovered = current === undefined ? undefined : await recoverOn(files, current);
  // Only now: until the newest segment has proven whole, nothing of the directory may go.
  for (const file of obsolete) await files.remove(file);
  const state = recovered?.state ?? new LogState();
  const machine = new LogWriter(options, cryptoRandom(), state, recovered?.end ?? null);
  const log = new FileLog(machine, files, options.lazyMillis);
  const groups = state.groups();
  await log.start();
  const status = log.status();
  const report: LogReport = {
    created: recovered === undefined,
    file: current ?? `segment ${status.segment}`,
    frames: recovered?.frames ?? 0,
    bytes: recovered?.end.at ?? 0,
    removed: obsolete,
    torn: recovered?.torn ?? null,
  };
  return { groups, log, report };
}

async function recoverOn(files: SegmentFiles, file: string): Promise<RecoveredSegment> {
  const bytes = await files.read(file);
  const recovered = recoverSegment(bytes, file);
  const { at, lastFrameAt } = recovered.end;
  await files.open(file);
  // What was just read may be only in the system's memory: a process that died in a write leaves it there
  // unsynced, and after a failed sync the system may hold it for clean. Writing the last frame once more,
  // synced, puts it on the disk for certain.
  if (at > lastFrameAt) await files.write(file, lastFrameAt, bytes.subarray(lastFrameAt, at));
  // A later torn write must again be told by its zeros.
  if (recovered.zeroBytes > 0) await files.write(file, at, new Uint8Array(recovered.zeroBytes));
  return recovered;
}

/** A seeded generator: the salt must differ between segments, it is no secret. */
function cryptoRandom(): Random {
  const words = getRandomValues(new Uint32Array(3));
  return new SeededRandom([words[0] as number, words[1] as number, words[2] as number]);
}

function isFull(cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function isForbidden(cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null)?.code;
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
}

/** What opening or reading the log met, by its code. */
export function openError(cause: unknown): unknown {
  // A failure of the system carries its errno name; anything else is an error of ours and goes on as it is.
  if (cause instanceof SeqNodeError || typeof (cause as { code?: unknown } | null)?.code !== 'string')
    return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = isFull(cause) ? 'disk-full' : isForbidden(cause) ? 'bad-config' : 'disk-failed';
  return new SeqNodeError(code, `The write-ahead log cannot be opened: ${message}.`);
}

function ioFailure(cause: unknown): IoFailure {
  return {
    full: isFull(cause),
    untouched: !(cause instanceof WriteFailure) || cause.written === 0,
    message: cause instanceof Error ? cause.message : String(cause),
  };
}

interface Waiting {
  readonly resolve: (rotated: boolean) => void;
  readonly reject: (error: Error) => void;
}

class FileLog implements WriteAheadLog {
  readonly #machine: LogWriter;
  readonly #files: SegmentFiles;
  readonly #lazyMillis: number;
  readonly #waiting = new NumberedTable<Waiting>(1);
  #running = 0;
  /** To be called when nothing runs any more. */
  #rested: (() => void) | undefined;
  /** Removals under way, by file. */
  readonly #removals = new Map<string, Promise<void>>();
  #lazyTimer: NodeJS.Timeout | undefined;

  constructor(machine: LogWriter, files: SegmentFiles, lazyMillis: number) {
    this.#machine = machine;
    this.#files = files;
    this.#lazyMillis = lazyMillis;
  }

  async start() {
    await this.#call((ticket) => this.#machine.start(ticket));
  }

  async append(writes: readonly LogWrite[], sync: boolean) {
    await this.#call((ticket) => this.#machine.append(ticket, writes, sync));
  }

  rotateIfNeeded(): Promise<boolean> {
    return this.#call((ticket) => this.#machine.rotateIfNeeded(ticket));
  }

  status(): LogStatus {
    return this.#machine.status();
  }

  async close() {
    await this.#call((ticket) => this.#machine.close(ticket));
    clearTimeout(this.#lazyTimer);
    // After a failure operations may still be under way; their files must not be closed below them.
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#rested = resolve));
    await this.#files.close();
  }

  #call(start: (ticket: Ticket) => LogEffect[]): Promise<boolean> {
    return new Promise((resolve, reject) => this.#carryOut(start(this.#waiting.add({ resolve, reject }))));
  }

  #carryOut(effects: readonly LogEffect[]) {
    for (const effect of effects) {
      if (effect.kind === 'settle') this.#settle(effect);
      else this.#track(effect.kind === 'remove' ? this.#remove(effect.file) : this.#perform(effect));
    }
    if (this.#machine.lazy && this.#lazyTimer === undefined)
      this.#lazyTimer = setTimeout(() => {
        this.#lazyTimer = undefined;
        this.#carryOut(this.#machine.force());
      }, this.#lazyMillis);
  }

  #settle({ ticket, error, rotated }: Extract<LogEffect, { kind: 'settle' }>) {
    const waiting = this.#waiting.take(ticket);
    if (error) waiting?.reject(error);
    else waiting?.resolve(rotated);
  }

  #track(operation: Promise<void>) {
    this.#running++;
    operation.finally(() => {
      this.#running--;
      if (this.#running === 0) this.#rested?.();
    });
  }

  async #perform(effect: Extract<LogEffect, { io: number }>) {
    const failure = await this.#attempt(effect);
    this.#carryOut(failure ? this.#machine.failed(effect.io, failure) : this.#machine.done(effect.io));
  }

  async #attempt(effect: Extract<LogEffect, { io: number }>): Promise<IoFailure | null> {
    try {
      if (effect.kind === 'write') await this.#files.write(effect.file, effect.at, effect.bytes);
      else if (effect.kind === 'create') {
        // A refused segment is made again under the same name.
        await this.#removals.get(effect.file);
        await this.#files.create(effect.file, effect.bytes, effect.header);
      } else await this.#files.rename(effect.from, effect.to);
      return null;
    } catch (cause) {
      return ioFailure(cause);
    }
  }

  #remove(file: string): Promise<void> {
    // When it fails nothing rests on it; the next start removes the file.
    const removal = this.#files.remove(file).catch(() => undefined);
    this.#removals.set(file, removal);
    return removal.finally(() => this.#removals.delete(file));
  }
}
