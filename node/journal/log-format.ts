// The bytes of a log segment: a header sector, then frames, then zeros up to the end of the file.
//
//   segment header (one sector)            frame (whole sectors)
//   0  magic "SEQNWAL\n"                    0  magic "SQNF"
//   8  format version       u32             4  payload bytes        u32
//   12 sector bytes         u32             8  sequence             u64
//   16 segment number       u64             16 CRC of the frame before (of the header, for the first)  u32
//   24 file bytes           u64             20 kind                 u8
//   32 salt                 u64             21 mask variant         u8
//   40 zeros                                22 zero                 u16
//   508 CRC of bytes 0–507  u32             24 CRC of bytes 0–23    u32
//                                           28 CRC of the whole frame but these four bytes  u32
// Numbers are little-endian.                32 payload and zeros up to the sector's end, both masked
//
// Invariants
// F1 One physical write carries exactly one frame, and a frame owns its sectors alone. So at most the last
//    frame can be torn, and a torn write never touches an acknowledged one.
// F2 A file is all zeros before its first frame is written, and no sector of a frame is all zeros: the
//    payload is masked with a word made from the salt, and another variant is taken in the rare case that a
//    sector still comes out empty. So a sector that a crash kept from being written is known by its zeros.
// F3 Every CRC of a frame starts from the segment's salt, so that bytes copied into a message never pass for
//    a frame.
// F4 Each frame names the CRC of the one before, so that a frame cannot be lost, doubled or moved unseen.
import { invariant } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import { SeqNodeError } from '../base/errors.ts';

/**
 * The unit that a disk writes whole or not at all. Larger physical sectors only make the assumption stronger.
 */
export const SECTOR_BYTES = 512;
export const FORMAT_VERSION = 1;
export const FRAME_HEADER_BYTES = 32;

const SEGMENT_MAGIC = [0x53, 0x45, 0x51, 0x4e, 0x57, 0x41, 0x4c, 0x0a] as const;
const FRAME_MAGIC = 0x464e5153;
const SEGMENT_CRC_AT = SECTOR_BYTES - 4;
const MASK_VARIANTS_MAX = 256;

/** `checkpoint` and `checkpoint-end` open a segment; `append` follows. All carry log writes. */
export type FrameKind = 'checkpoint' | 'checkpoint-end' | 'append';
const KINDS: readonly FrameKind[] = ['checkpoint', 'checkpoint-end', 'append'];

export interface SegmentHeader {
  /** 1, 2, 3 …: the segment with the highest number is the log. */
  readonly number: number;
  /** Size of the file. Shorter than this, it has been cut by something that is not the log. */
  readonly fileBytes: number;
  /** Two random 32-bit words. */
  readonly salt: readonly [number, number];
}

export interface Frame {
  readonly kind: FrameKind;
  readonly sequence: number;
  /** Unmasked, a copy. */
  readonly payload: Uint8Array;
  /** The CRC that the next frame names as its `previous`. */
  readonly crc: number;
  /** Whole sectors. */
  readonly bytes: number;
}

export const wholeSectors = (bytes: number) => Math.ceil(bytes / SECTOR_BYTES) * SECTOR_BYTES;
export const frameBytes = (payloadBytes: number) => wholeSectors(FRAME_HEADER_BYTES + payloadBytes);

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function setUint64(view: DataView, at: number, value: number) {
  invariant(
    Number.isSafeInteger(value) && value >= 0,
    () => `a 64-bit field of the log cannot hold ${value}`,
  );
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

/** Undefined beyond the safe integers, which no field of a log reaches. */
function getUint64(view: DataView, at: number): number | undefined {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The CRC that every CRC of this segment's frames starts from (F3). */
export function saltSeed(header: SegmentHeader): number {
  const words = new Uint8Array(8);
  viewOf(words).setUint32(0, header.salt[0], true);
  viewOf(words).setUint32(4, header.salt[1], true);
  return crc32c(words);
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  const view = viewOf(bytes);
  bytes.set(SEGMENT_MAGIC);
  view.setUint32(8, FORMAT_VERSION, true);
  view.setUint32(12, SECTOR_BYTES, true);
  setUint64(view, 16, header.number);
  setUint64(view, 24, header.fileBytes);
  view.setUint32(32, header.salt[0], true);
  view.setUint32(36, header.salt[1], true);
  view.setUint32(SEGMENT_CRC_AT, crc32c(bytes, 0, 0, SEGMENT_CRC_AT), true);
  return bytes;
}

/** The CRC that the first frame names as its `previous`. */
export const headerCrc = (bytes: Uint8Array) => viewOf(bytes).getUint32(SEGMENT_CRC_AT, true);

/** Reads the header sector at the start of `bytes`, the content of `file`. Throws `log-damaged`. */
export function decodeSegmentHeader(bytes: Uint8Array, file: string): SegmentHeader {
  const damaged = (reason: string) =>
    new SeqNodeError('log-damaged', `${file}: the segment header ${reason}.`, { file, offset: 0 });
  if (bytes.length < SECTOR_BYTES) throw damaged('is incomplete');
  const view = viewOf(bytes);
  if (SEGMENT_MAGIC.some((byte, at) => bytes[at] !== byte)) throw damaged('is not that of a log');
  if (view.getUint32(SEGMENT_CRC_AT, true) !== crc32c(bytes, 0, 0, SEGMENT_CRC_AT))
    throw damaged('does not match its checksum');
  const version = view.getUint32(8, true);
  if (version !== FORMAT_VERSION || view.getUint32(12, true) !== SECTOR_BYTES)
    throw damaged(`has format version ${version}; this program reads version ${FORMAT_VERSION}`);
  const number = getUint64(view, 16);
  const fileBytes = getUint64(view, 24);
  if (number === undefined || fileBytes === undefined) throw damaged('holds numbers beyond reason');
  return { number, fileBytes, salt: [view.getUint32(32, true), view.getUint32(36, true)] };
}

/** Whether `bytes[at, at + SECTOR_BYTES)`, which may end early, is all zeros. */
export function isZeroSector(bytes: Uint8Array, at: number): boolean {
  const end = Math.min(at + SECTOR_BYTES, bytes.length);
  for (let each = at; each < end; each++) if (bytes[each] !== 0) return false;
  return true;
}

/** Writes and checks the frames of one segment. */
export class FrameCodec {
  readonly #seed: number;
  readonly #salt: readonly [number, number];

  constructor(header: SegmentHeader) {
    this.#seed = saltSeed(header);
    this.#salt = header.salt;
  }

  /** The frame's bytes, whole sectors, and its CRC. `previous` is the CRC of the frame before. */
  encode(
    kind: FrameKind,
    sequence: number,
    previous: number,
    payload: Uint8Array,
  ): { bytes: Uint8Array; crc: number } {
    const bytes = new Uint8Array(frameBytes(payload.length));
    const view = viewOf(bytes);
    view.setUint32(0, FRAME_MAGIC, true);
    view.setUint32(4, payload.length, true);
    setUint64(view, 8, sequence);
    view.setUint32(16, previous, true);
    view.setUint8(20, KINDS.indexOf(kind));
    bytes.set(payload, FRAME_HEADER_BYTES);
    view.setUint8(21, this.#maskBody(bytes));
    view.setUint32(24, crc32c(bytes, this.#seed, 0, 24), true);
    const crc = this.#frameCrc(bytes);
    view.setUint32(28, crc, true);
    return { bytes, crc };
  }

  /**
   * The frame that begins at `at`, or undefined when there is none or it is not whole. Says nothing about the
   * order of frames: the caller compares `sequence` and `previous`.
   */
  decode(bytes: Uint8Array, at: number): (Frame & { readonly previous: number }) | undefined {
    const length = this.payloadBytes(bytes, at);
    if (length === undefined || at + frameBytes(length) > bytes.length) return undefined;
    // A copy, also when `bytes` is a Node Buffer, whose own `slice` would give a view.
    const frame = new Uint8Array(frameBytes(length));
    frame.set(bytes.subarray(at, at + frame.length));
    const view = viewOf(frame);
    const crc = view.getUint32(28, true);
    const kind = KINDS[view.getUint8(20)];
    const sequence = getUint64(view, 8);
    if (crc !== this.#frameCrc(frame) || kind === undefined || sequence === undefined) return undefined;
    xorBody(frame, this.#maskWord(view.getUint8(21)));
    const payload = frame.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length);
    return { kind, sequence, previous: view.getUint32(16, true), payload, crc, bytes: frame.length };
  }

  /** The payload length that a frame header at `at` names, or undefined when no whole header stands there. */
  payloadBytes(bytes: Uint8Array, at: number): number | undefined {
    if (at + FRAME_HEADER_BYTES > bytes.length) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
    if (view.getUint32(0, true) !== FRAME_MAGIC) return undefined;
    if (view.getUint32(24, true) !== crc32c(bytes, this.#seed, at, at + 24)) return undefined;
    return view.getUint32(4, true);
  }

  #frameCrc(frame: Uint8Array): number {
    return crc32c(frame, crc32c(frame, this.#seed, 0, 28), FRAME_HEADER_BYTES);
  }

  #maskWord(variant: number): number {
    return this.#salt[0] ^ Math.imul(variant + 1, 0x9e3779b1) ^ this.#salt[1];
  }

  /** Masks all behind the frame header and returns the variant that leaves no sector empty (F2). */
  #maskBody(frame: Uint8Array): number {
    for (let variant = 0; variant < MASK_VARIANTS_MAX; variant++) {
      const word = this.#maskWord(variant);
      xorBody(frame, word);
      if (!hasEmptySector(frame)) return variant;
      xorBody(frame, word);
    }
    throw new SeqNodeError('internal', 'No mask keeps the sectors of a log frame from being empty.');
  }
}

/** `frame` begins at an address that a 32-bit view can have: it was made by `new Uint8Array`. */
function xorBody(frame: Uint8Array, word: number) {
  const words = new Uint32Array(frame.buffer, frame.byteOffset, frame.length / 4);
  const end = words.length;
  for (let at = FRAME_HEADER_BYTES / 4; at < end; at++) words[at] = (words[at] as number) ^ word;
}

function hasEmptySector(frame: Uint8Array): boolean {
  // The first sector holds the frame's magic.
  for (let at = SECTOR_BYTES; at < frame.length; at += SECTOR_BYTES) if (isZeroSector(frame, at)) return true;
  return false;
}
