// Reads a log back. Determines the file of the log, its content, and whether its end is torn or its middle
// damaged.
//
// Invariants
// R1 The log is the finished segment with the highest number. A segment gets its final name only when its
//    checkpoint is durable, so an older one is never needed again and falling back to it would lose what was
//    acknowledged since.
// R2 The end is cut only when it can be nothing but a write that never finished: behind the last whole frame
//    there is exactly one frame's worth of sectors, and at least one of them was never written (see
//    log-format.ts, F1 and F2).
// R3 Everything else that is off (a whole frame behind a broken one, a frame whose sectors were all written
//    and that still does not match, stray bytes, a shortened file) throws `log-damaged` and changes nothing.
//
// Not distinguishable: an acknowledged last frame of which a whole sector later turned to zeros looks torn,
// and one that turned to zeros altogether looks as if it had never been written. The disk would have to lose
// a confirmed sector. Consensus covers this like a lost disk: peers hold the entries.
import { InvariantError } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import {
  decodeSegmentHeader,
  type Frame,
  FrameCodec,
  frameBytes,
  headerCrc,
  isZeroSector,
  SECTOR_BYTES,
  type SegmentHeader,
} from './log-format.ts';
import type { TornTail } from './log-port.ts';
import { LogState } from './log-state.ts';
import { decodeWrites } from './record.ts';

const FINISHED = /^wal-(\d{10})\.log$/;
const UNFINISHED = /^wal-(\d{10})\.log\.new$/;

export const segmentName = (number: number) => `wal-${String(number).padStart(10, '0')}.log`;
export const unfinishedName = (number: number) => `${segmentName(number)}.new`;

/** Sorts the files of a log directory. Other files are left alone. */
export function chooseSegment(names: readonly string[]): {
  readonly current: string | undefined;
  readonly obsolete: readonly string[];
} {
  const finished = names.filter((name) => FINISHED.test(name)).sort();
  const current = finished.pop();
  return { current, obsolete: [...finished, ...names.filter((name) => UNFINISHED.test(name)).sort()] };
}

/** Where the next frame goes. */
export interface SegmentEnd {
  readonly header: SegmentHeader;
  /** Byte offset behind the last whole frame. */
  readonly at: number;
  /** Byte offset behind the checkpoint. */
  readonly checkpointEnd: number;
  /** Of the next frame. */
  readonly sequence: number;
  /** CRC of the last frame. */
  readonly previous: number;
  /** Where the last whole frame begins; equal to `at` when there is none. */
  readonly lastFrameAt: number;
}

export interface RecoveredSegment {
  readonly state: LogState;
  readonly end: SegmentEnd;
  readonly frames: number;
  readonly torn: TornTail | null;
  /** Bytes from `end.at` that must be zeroed before anything is appended; 0 when nothing is torn. */
  readonly zeroBytes: number;
}

/** A frame with the place where it stands. */
export interface PlacedFrame extends Frame {
  readonly at: number;
}

/**
 * The whole frames of a segment from its first, in order, up to the first place where none follows. Throws on
 * its header.
 */
export function* framesOf(bytes: Uint8Array, file: string): Generator<PlacedFrame> {
  const codec = new FrameCodec(decodeSegmentHeader(bytes, file));
  let previous = headerCrc(bytes);
  let sequence = 1;
  for (let at = SECTOR_BYTES; ; ) {
    const frame = codec.decode(bytes, at);
    if (frame === undefined || frame.sequence !== sequence || frame.previous !== previous) return;
    yield { ...frame, at };
    at += frame.bytes;
    previous = frame.crc;
    sequence++;
  }
}

/**
 * Folds the content of the finished segment `file`. Throws `log-damaged` with {file, offset, sequence}.
 * `frameBytesMax` bounds how far a torn frame may reach.
 */
export function recoverSegment(bytes: Uint8Array, file: string): RecoveredSegment {
  const header = decodeSegmentHeader(bytes, file);
  if (bytes.length !== header.fileBytes)
    throw damaged(file, Math.min(bytes.length, header.fileBytes), 0, 'the file does not have its first size');
  const state = new LogState();
  let end: SegmentEnd = {
    header,
    at: SECTOR_BYTES,
    checkpointEnd: 0,
    sequence: 1,
    previous: headerCrc(bytes),
    lastFrameAt: SECTOR_BYTES,
  };
  for (const frame of framesOf(bytes, file)) {
    applyFrame(state, frame, file);
    if (end.checkpointEnd > 0 && frame.kind !== 'append')
      throw damaged(file, frame.at, frame.sequence, 'a second checkpoint stands in the segment');
    end = {
      header,
      at: frame.at + frame.bytes,
      checkpointEnd: frame.kind === 'checkpoint-end' ? frame.at + frame.bytes : end.checkpointEnd,
      sequence: frame.sequence + 1,
      previous: frame.crc,
      lastFrameAt: frame.at,
    };
  }
  if (end.checkpointEnd === 0) throw damaged(file, end.at, end.sequence, 'the checkpoint is not whole');
  const zeroBytes = judgeTail(bytes, file, end);
  const torn: TornTail | null =
    zeroBytes === 0
      ? null
      : {
          file,
          offset: end.at,
          sequence: end.sequence,
          reason: 'the last write did not finish: some of its sectors were never written',
        };
  return { state, end, frames: end.sequence - 1, torn, zeroBytes };
}

function damaged(file: string, offset: number, sequence: number, reason: string): SeqNodeError {
  return new SeqNodeError('log-damaged', `${file}, byte ${offset}: ${reason}.`, { file, offset, sequence });
}

function applyFrame(state: LogState, frame: PlacedFrame, file: string) {
  try {
    for (const write of decodeWrites(frame.payload)) state.apply(write);
  } catch (cause) {
    if (!(cause instanceof SeqNodeError || cause instanceof InvariantError)) throw cause;
    throw damaged(
      file,
      frame.at,
      frame.sequence,
      `the frame is whole and yet makes no sense (${cause.message})`,
    );
  }
}

/**
 * Returns how many bytes from `end.at` belong to a torn last write, 0 when the rest is blank; throws when it
 * is neither.
 */
function judgeTail(bytes: Uint8Array, file: string, end: SegmentEnd): number {
  const lastWritten = lastNonZeroSector(bytes, end.at);
  if (lastWritten === undefined) return 0;
  const refuse = (reason: string) => damaged(file, end.at, end.sequence, reason);
  const codec = new FrameCodec(end.header);
  for (let at = end.at; at <= lastWritten; at += SECTOR_BYTES) {
    if (codec.decode(bytes, at) !== undefined) {
      if (at === end.at) throw refuse('the frame is whole but does not follow the one before');
      throw refuse(`the frame does not match its checksum, and a whole frame follows at byte ${at}`);
    }
  }
  const writtenEnd = lastWritten + SECTOR_BYTES;
  if (isZeroSector(bytes, end.at)) return writtenEnd - end.at;
  const payload = codec.payloadBytes(bytes, end.at);
  if (payload === undefined) throw refuse('a sector was written that begins no frame');
  const frameEnd = end.at + frameBytes(payload);
  if (writtenEnd > frameEnd) throw refuse('the frame does not match its checksum, and more follows it');
  for (let at = end.at; at < frameEnd; at += SECTOR_BYTES)
    if (isZeroSector(bytes, at)) return writtenEnd - end.at;
  throw refuse('the last frame was written in full and does not match its checksum');
}

function lastNonZeroSector(bytes: Uint8Array, from: number): number | undefined {
  // Back from the end, which is blank nearly always; in words where the file's bytes are aligned as words
  // are.
  let at = bytes.length - 1;
  if (bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    let word = words.length - 1;
    while (word >= from / 4 && words[word] === 0) word--;
    at = word * 4 + 3;
  }
  while (at >= from && bytes[at] === 0) at--;
  return at < from ? undefined : at - (at % SECTOR_BYTES);
}
