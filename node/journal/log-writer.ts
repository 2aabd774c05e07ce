// The write-ahead log as a machine: calls and disk completions in, effects out. The segment files of
// node/journal/io and the simulated disk both run it, so that the simulator tests the production code.
//
// Invariants
// W1 At most one write to the present segment is in flight, and it carries one frame (F1 of log-format.ts).
// W2 An append is settled as durable only after the write of its frame is done.
// W3 A new segment takes over only when its checkpoint holds the complete content of the old one: from the
//    last of its frames until the rename is durable no frame is formed. The old segment is removed after
//    that.
// W4 After a failed write to the present segment, or a failed rename, nothing is written any more.
// W5 The mirror (`LogState`) holds exactly the writes of the frames that were formed.

import { InvariantError, invariant } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { LogWrite } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { type Append, AppendQueue, GATHER_BYTES } from './append-queue.ts';
import type { IoFailure, IoId, LogEffect, Ticket } from './log-effects.ts';
import {
  encodeSegmentHeader,
  FrameCodec,
  type FrameKind,
  frameBytes,
  headerCrc,
  SECTOR_BYTES,
  type SegmentHeader,
  wholeSectors,
} from './log-format.ts';
import type { LogOptions, LogStatus } from './log-port.ts';
import { type SegmentEnd, segmentName, unfinishedName } from './log-recovery.ts';
import { imageOf, type LogState } from './log-state.ts';
import { encodeWrites, writeBytesMax } from './record.ts';

/**
 * Once what is left to copy into a new segment is below this, or after so many rounds, appends wait for the
 * switch.
 */
const HOLD_BYTES = 256 * 1024;
const HOLD_ROUNDS = 4;
/**
 * What of a segment's room for appends is used when the next one is begun. The rest must last until that is
 * in place; but each segment is written twice, first as zeros, and has room for what the old one may still
 * take.
 */
const ROTATE_AT = 3 / 4;

interface Segment {
  file: string;
  readonly header: SegmentHeader;
  readonly codec: FrameCodec;
  at: number;
  checkpointEnd: number;
  sequence: number;
  previous: number;
}

interface Rotation {
  phase: 'create' | 'fill' | 'end' | 'rename';
  io: IoId | null;
  readonly target: Segment;
  image: Iterator<LogWrite[]> | null;
  /** Writes of the frames that were formed since the image was taken and are not yet in the target. */
  delta: LogWrite[];
  deltaBytes: number;
  rounds: number;
}

export class LogWriter {
  readonly #options: LogOptions;
  readonly #random: Random;
  readonly #state: LogState;
  #segment: Segment | null;
  #durable = 0;
  readonly #queue: AppendQueue;
  #inflight: { readonly io: IoId; readonly appends: readonly Append[] } | null = null;
  #rotation: Rotation | null = null;
  #rotationTickets: Ticket[] = [];
  /** Set by a refused rotation: the offset in the segment from which to try again. */
  #refusedUntil: number | null = null;
  #closing: Ticket | null = null;
  #poison: SeqNodeError | null = null;
  #ioIds = 0;
  #effects: LogEffect[] = [];

  /** `end` is where recovery left off; null without a log, and then `start` makes the first segment. */
  constructor(options: LogOptions, random: Random, state: LogState, end: SegmentEnd | null) {
    this.#options = options;
    this.#queue = new AppendQueue(options.frameBytesMax);
    this.#random = random;
    this.#state = state;
    this.#segment = end && {
      file: segmentName(end.header.number),
      header: end.header,
      codec: new FrameCodec(end.header),
      at: end.at,
      checkpointEnd: end.checkpointEnd,
      sequence: end.sequence,
      previous: end.previous,
    };
    if (this.#segment) this.#durable = endOf(this.#segment);
  }

  /** To be called once, first. A first segment is in place when `ticket` is settled. */
  start(ticket: Ticket): LogEffect[] {
    if (this.#segment) this.#settle(ticket, null, false);
    else {
      this.#rotationTickets.push(ticket);
      this.#startRotation();
    }
    return this.#taken();
  }

  append(ticket: Ticket, writes: readonly LogWrite[], sync: boolean): LogEffect[] {
    let bytesMax = 8;
    for (const write of writes) bytesMax += writeBytesMax(write);
    const refusal = this.#refusal(bytesMax);
    if (refusal) {
      this.#settle(ticket, refusal, false);
    } else {
      this.#queue.add({ ticket, writes, bytesMax, sync });
      this.#pump();
    }
    return this.#taken();
  }

  /** Whether something waits for another append; the driver then calls `force` within `lazyMillis`. */
  get lazy(): boolean {
    return !this.#queue.isEmpty && !this.#queue.isForced;
  }

  force(): LogEffect[] {
    this.#queue.force();
    this.#pump();
    return this.#taken();
  }

  rotateIfNeeded(ticket: Ticket): LogEffect[] {
    const refusal = this.#refusal(0);
    if (refusal) this.#settle(ticket, refusal, false);
    else if (this.#rotation === null && !this.#isNearlyFull()) this.#settle(ticket, null, false);
    else {
      this.#rotationTickets.push(ticket);
      if (this.#rotation === null) this.#startRotation();
    }
    return this.#taken();
  }

  close(ticket: Ticket): LogEffect[] {
    invariant(this.#closing === null, 'the log is closed twice');
    this.#closing = ticket;
    this.#queue.force();
    this.#pump();
    return this.#taken();
  }

  done(io: IoId): LogEffect[] {
    const rotation = this.#rotation;
    if (this.#poison === null && this.#inflight?.io === io) {
      for (const { ticket } of this.#inflight.appends) this.#settle(ticket, null, false);
      this.#inflight = null;
      // W1: nothing behind it is under way.
      if (this.#segment) this.#durable = endOf(this.#segment);
    } else if (this.#poison === null && rotation?.io === io) {
      rotation.io = null;
      this.#rotationAdvanced(rotation);
    }
    this.#pump();
    return this.#taken();
  }

  failed(io: IoId, failure: IoFailure): LogEffect[] {
    const code = failure.full && failure.untouched ? 'disk-full' : 'disk-failed';
    if (this.#poison !== null) return this.#taken();
    if (this.#inflight?.io === io) {
      this.#poisonAll(new SeqNodeError(code, `A write to the log failed: ${failure.message}.`));
    } else if (this.#rotation?.io === io) {
      // Until the rename nothing rests on the new segment, so that a full disk only puts the change off.
      if (failure.full && this.#rotation.phase !== 'rename') this.#refuseRotation(failure.message);
      else
        this.#poisonAll(
          new SeqNodeError('disk-failed', `A new log segment could not be made: ${failure.message}.`),
        );
    }
    this.#pump();
    return this.#taken();
  }

  status(): LogStatus {
    return {
      durable: this.#durable,
      segment: this.#segment?.header.number ?? 0,
      bytesUsed: this.#segment?.at ?? 0,
      bytesCapacity: this.#segment?.header.fileBytes ?? 0,
      rotation: this.#rotation ? 'running' : this.#refusedUntil === null ? 'idle' : 'refused',
      poison: this.#poison,
    };
  }

  #taken(): LogEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #settle(ticket: Ticket, error: Error | null, rotated: boolean) {
    this.#effects.push({ kind: 'settle', ticket, error, rotated });
  }

  #refusal(bytesMax: number): SeqNodeError | null {
    if (this.#poison) return this.#poison;
    if (this.#closing !== null) return new SeqNodeError('stopping', 'The log is being closed.');
    const limit = this.#options.frameBytesMax;
    if (bytesMax <= limit) return null;
    return new SeqNodeError('too-large', `One write to the log would take over ${limit} bytes.`, {
      bytes: bytesMax,
      limit,
    });
  }

  #pump() {
    if (this.#poison === null) {
      this.#pumpAppends();
      if (this.#rotation === null && this.#shouldRotate()) this.#startRotation();
      if (this.#rotation?.io === null) this.#fillTarget(this.#rotation);
    }
    const idle = this.#queue.isEmpty && this.#inflight === null && this.#rotation === null;
    if (this.#closing !== null && (idle || this.#poison !== null)) {
      this.#settle(this.#closing, null, false);
      this.#closing = null;
      this.#poison ??= new SeqNodeError('stopping', 'The log is closed.');
    }
  }

  #pumpAppends() {
    const segment = this.#segment;
    const holding = this.#rotation?.phase === 'end' || this.#rotation?.phase === 'rename';
    if (segment === null || this.#inflight !== null || holding || !this.#queue.isForced) return;
    const { appends, bytesMax } = this.#queue.next();
    if (appends.length === 0) return;
    if (segment.at + frameBytes(bytesMax) > segment.header.fileBytes) {
      // The appends stay queued: the switch to a new segment, or its refusal, comes back to them.
      if (this.#rotation === null) this.#startRotation();
      return;
    }
    this.#queue.take(appends.length);
    this.#formFrame(segment, appends);
  }

  #formFrame(segment: Segment, appends: readonly Append[]) {
    const writes = appends.flatMap((append) => append.writes);
    if (writes.length === 0) {
      for (const { ticket } of appends) this.#settle(ticket, null, false);
      this.#pumpAppends();
      return;
    }
    try {
      for (const write of writes) this.#state.apply(write);
    } catch (cause) {
      if (!(cause instanceof InvariantError)) throw cause;
      for (const { ticket } of appends) this.#settle(ticket, cause, false);
      this.#poisonAll(new SeqNodeError('internal', `A write contradicts the log: ${cause.message}.`));
      return;
    }
    if (this.#rotation?.image) {
      for (const write of writes) this.#rotation.delta.push(write);
      for (const append of appends) this.#rotation.deltaBytes += append.bytesMax;
    }
    this.#inflight = { io: this.#writeFrame(segment, 'append', writes), appends };
  }

  #writeFrame(segment: Segment, kind: FrameKind, writes: readonly LogWrite[]): IoId {
    const { at, codec, file } = segment;
    const { bytes, crc } = codec.encode(kind, segment.sequence, segment.previous, encodeWrites(writes));
    invariant(
      at + bytes.length <= segment.header.fileBytes,
      () => `a frame does not fit the rest of ${file}`,
    );
    segment.at += bytes.length;
    segment.sequence++;
    segment.previous = crc;
    const io = ++this.#ioIds;
    this.#effects.push({ kind: 'write', io, file, at, bytes });
    return io;
  }

  #isNearlyFull(): boolean {
    const segment = this.#segment;
    if (segment === null) return true;
    const { checkpointEnd, at, header } = segment;
    return at - checkpointEnd > (header.fileBytes - checkpointEnd) * ROTATE_AT;
  }

  #shouldRotate(): boolean {
    const at = this.#segment?.at ?? 0;
    return (
      this.#segment !== null &&
      this.#closing === null &&
      this.#isNearlyFull() &&
      (this.#refusedUntil === null || at >= this.#refusedUntil)
    );
  }

  #startRotation() {
    const number = (this.#segment?.header.number ?? 0) + 1;
    const fileBytes = this.#nextFileBytes();
    const header = { number, fileBytes, salt: [this.#random.uint32(), this.#random.uint32()] as const };
    const headerBytes = encodeSegmentHeader(header);
    const target: Segment = {
      file: unfinishedName(number),
      header,
      codec: new FrameCodec(header),
      at: SECTOR_BYTES,
      checkpointEnd: 0,
      sequence: 1,
      previous: headerCrc(headerBytes),
    };
    const io = ++this.#ioIds;
    this.#rotation = { phase: 'create', io, target, image: null, delta: [], deltaBytes: 0, rounds: 0 };
    this.#effects.push({ kind: 'create', io, file: target.file, bytes: fileBytes, header: headerBytes });
  }

  /**
   * Room for the image, for all that the old segment may still take meanwhile, and then for half a segment
   * and the largest frame. What is formed after now is bounded by the old segment's room; the image is taken
   * later and may hold it too.
   */
  #nextFileBytes(): number {
    const segment = this.#segment;
    const { segmentBytes, frameBytesMax } = this.#options;
    const oldRoom = segment ? segment.header.fileBytes - segment.at : 0;
    const image = this.#state.imageBytesMax();
    const perChunk = frameBytes(0) + SECTOR_BYTES;
    const chunks = Math.ceil(image / this.#chunkBytes()) + HOLD_ROUNDS + 4;
    const checkpoint = SECTOR_BYTES + image + chunks * perChunk + 2 * oldRoom;
    const after = Math.max(segmentBytes / 2, frameBytes(frameBytesMax));
    return wholeSectors(Math.max(segmentBytes, checkpoint + after));
  }

  #chunkBytes(): number {
    return Math.min(GATHER_BYTES, this.#options.frameBytesMax);
  }

  #rotationAdvanced(rotation: Rotation) {
    if (rotation.phase === 'create') {
      rotation.phase = 'fill';
      rotation.image = imageOf(this.#state.groups(), this.#chunkBytes());
    } else if (rotation.phase === 'end') {
      rotation.phase = 'rename';
      const from = rotation.target.file;
      const to = segmentName(rotation.target.header.number);
      rotation.io = ++this.#ioIds;
      this.#effects.push({ kind: 'rename', io: rotation.io, from, to });
    } else if (rotation.phase === 'rename') {
      this.#switchTo(rotation.target);
    }
  }

  /**
   * One step of copying into the new segment: a chunk of the image, then what was written since, then the end
   * (W3).
   */
  #fillTarget(rotation: Rotation) {
    if (rotation.phase === 'fill') {
      const chunk = rotation.image?.next();
      if (chunk && !chunk.done) {
        rotation.io = this.#writeFrame(rotation.target, 'checkpoint', chunk.value);
        return;
      }
      if (rotation.deltaBytes > HOLD_BYTES && rotation.rounds < HOLD_ROUNDS) {
        rotation.rounds++;
        rotation.io = this.#writeFrame(rotation.target, 'checkpoint', takeDelta(rotation));
        return;
      }
      rotation.phase = 'end';
    }
    if (rotation.phase !== 'end' || this.#inflight !== null) return;
    rotation.io = this.#writeFrame(rotation.target, 'checkpoint-end', takeDelta(rotation));
  }

  #switchTo(target: Segment) {
    if (this.#segment) this.#effects.push({ kind: 'remove', file: this.#segment.file });
    target.file = segmentName(target.header.number);
    target.checkpointEnd = target.at;
    this.#segment = target;
    this.#durable = endOf(target);
    this.#rotation = null;
    this.#refusedUntil = null;
    for (const ticket of this.#rotationTickets.splice(0)) this.#settle(ticket, null, true);
  }

  #refuseRotation(message: string) {
    const rotation = this.#rotation as Rotation;
    this.#rotation = null;
    this.#effects.push({ kind: 'remove', file: rotation.target.file });
    const segment = this.#segment;
    const room = segment ? segment.header.fileBytes - segment.at : 0;
    // Beyond the present offset even when there is no room, or a full disk would be asked over and over.
    this.#refusedUntil = (segment?.at ?? 0) + Math.max(room / 4, 1);
    const error = new SeqNodeError('disk-full', `No space for a new log segment: ${message}.`);
    for (const ticket of this.#rotationTickets.splice(0)) this.#settle(ticket, error, false);
    const { bytesMax } = this.#queue.next();
    if (room >= frameBytes(bytesMax)) return;
    // Later appends build on earlier ones, so that none of them may overtake.
    for (const { ticket } of this.#queue.clear()) this.#settle(ticket, error, false);
  }

  #poisonAll(error: SeqNodeError) {
    this.#poison = error;
    const tickets = [...(this.#inflight?.appends ?? []), ...this.#queue.clear()].map(({ ticket }) => ticket);
    for (const ticket of [...tickets, ...this.#rotationTickets.splice(0)]) this.#settle(ticket, error, false);
    this.#inflight = null;
    this.#rotation = null;
  }
}

/** More than the frames that a segment of any size holds. */
const FRAMES_PER_SEGMENT = 2 ** 26;

/** As `LogStatus.durable`, where `sequence` is that of the next frame. */
export function positionOf(segment: number, sequence: number): number {
  return segment * FRAMES_PER_SEGMENT + sequence;
}

const endOf = ({ header, sequence }: Segment) => positionOf(header.number, sequence);

function takeDelta(rotation: Rotation): LogWrite[] {
  const delta = rotation.delta;
  rotation.delta = [];
  rotation.deltaBytes = 0;
  return delta;
}
