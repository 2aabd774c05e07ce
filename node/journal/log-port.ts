// The port of the write-ahead log: one per node, shared by all consensus groups. Two adapters:
// node/journal/io/log-files.ts (segment files) and sim/disk-log.ts (simulated disk). Both run the same pure
// machine, node/journal/log-writer.ts.
import { FRAME_BYTES_MAX } from '../base/data-limits.ts';
import type { SeqNodeError } from '../base/errors.ts';
import type { LogWrite, RecoveredGroup } from '../base/log.ts';

/** Sizes in bytes. Both are decided per directory when a segment is made; a later start may use others. */
export interface LogOptions {
  /**
   * Size of a segment file, zero-filled when it is made. A segment grows only when its checkpoint needs more.
   */
  readonly segmentBytes: number;
  /** The most that one physical write carries, and so the most that one `append` may hold. */
  readonly frameBytesMax: number;
  /** How long an append without `sync` may wait for another one to ride with, in milliseconds. */
  readonly lazyMillis: number;
}

export const LOG_OPTIONS: LogOptions = {
  segmentBytes: 64 * 1024 * 1024,
  frameBytesMax: FRAME_BYTES_MAX,
  lazyMillis: 10,
};

/**
 * What was cut from the end of a log: the last write, which a crash left incomplete and which was never
 * acknowledged.
 */
export interface TornTail {
  readonly file: string;
  /** Byte offset at which the log now ends. */
  readonly offset: number;
  /** The sequence number that the torn frame would have had. */
  readonly sequence: number;
  readonly reason: string;
}

export interface LogReport {
  /** True when the directory held no log. */
  readonly created: boolean;
  readonly file: string;
  readonly frames: number;
  /** Bytes of the segment that hold frames. */
  readonly bytes: number;
  /** Files that were deleted: older segments, and segments that a crash left unfinished. */
  readonly removed: readonly string[];
  readonly torn: TornTail | null;
}

export interface LogStatus {
  /** Number of the segment that is written now. */
  readonly segment: number;
  readonly bytesUsed: number;
  readonly bytesCapacity: number;
  /**
   * A number for the end of what is durable. It grows with every write, over all starts, and is found again
   * by the next start: a smaller one later means that what was durable is gone.
   */
  readonly durable: number;
  /**
   * `refused`: the last attempt to make a new segment met a full disk. The log still takes what fits its
   * segment.
   */
  readonly rotation: 'idle' | 'running' | 'refused';
  /** Set once a write failed. Every later append is rejected with it. */
  readonly poison: SeqNodeError | null;
}

/**
 * Appends are durable in the order of the calls. The bytes inside `writes` must not change afterwards.
 *
 * Rejections:
 * - `disk-full` while `status().poison` is null: nothing was written; the refused append and all that were
 *   queued behind it are rejected. The caller may append the same writes again, beginning with the first that
 *   was refused.
 * - `disk-failed`, or `disk-full` with `status().poison` set: a write failed and what is on disk is unknown.
 *   The log takes nothing more; only opening it again tells what it holds.
 * - `too-large`: the append exceeds `frameBytesMax`. Nothing was written; the log goes on.
 * - `InvariantError`: the writes contradict the log (a gap, a term that goes back). A fault of ours: the log
 *   is poisoned.
 */
export interface WriteAheadLog {
  /** Resolves when durable. All writes of one call become durable together or not at all. */
  append(writes: readonly LogWrite[], sync: boolean): Promise<void>;
  /**
   * Makes a new segment when the present one is more than three quarters full, and deletes the old one.
   * Resolves to whether it did. Appends go on meanwhile. The log also does this by itself; call it after
   * entries were compacted, and from time to time while `status().rotation` is `refused`, to learn whether
   * space has returned. Rejects with `disk-full` when it has not.
   */
  rotateIfNeeded(): Promise<boolean>;
  status(): LogStatus;
  /** Writes what is queued, then releases the file. */
  close(): Promise<void>;
}

export interface OpenedLog {
  /** Sorted by group. A group of which nothing was ever written is absent. */
  readonly groups: readonly RecoveredGroup[];
  readonly log: WriteAheadLog;
  readonly report: LogReport;
}

/**
 * Opens the log in `directory`, or makes one if there is none. Throws `log-damaged` with {file, offset} when
 * the log is damaged anywhere but in an unfinished last write, `disk-full`, `disk-failed`.
 */
export type OpenLog = (directory: string, options?: Partial<LogOptions>) => Promise<OpenedLog>;
