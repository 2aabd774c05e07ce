// The framing of a lane: each frame is its length (unsigned, 32 bits, big-endian) and then its bytes.
//
// 1. No length makes the reader allocate more than about twice what has arrived.
// 2. A length over the limit is refused as soon as its four bytes are there.
// 3. A frame that lies within one chunk is handed on without a copy.
// 4. A frame of length 0 is a pulse: it carries nothing but "I am here", and is not handed on.

const HEADER_BYTES = 4;
const ASSEMBLY_BYTES_MIN = 4 * 1024;
/**
 * Frames of this length travel as they are; shorter ones are copied into one buffer with their neighbours.
 */
const DIRECT_BYTES_MIN = 32 * 1024;
/** The size at which a buffer of copied frames is passed on. */
const BATCH_BYTES_MAX = 256 * 1024;

export const PULSE: Uint8Array = new Uint8Array(HEADER_BYTES);

/** A peer broke the framing. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** Packs frames, in order, into as few buffers as is cheap. `write` gets each buffer. */
export function packFrames(frames: readonly Uint8Array[], write: (bytes: Uint8Array) => void): void {
  let from = 0;
  while (from < frames.length) {
    let size = 0;
    let to = from;
    let direct: Uint8Array | undefined;
    while (to < frames.length && direct === undefined && size < BATCH_BYTES_MAX) {
      const frame = frames[to++]!;
      size += HEADER_BYTES;
      if (frame.byteLength >= DIRECT_BYTES_MIN) direct = frame;
      else size += frame.byteLength;
    }
    write(packRun(frames, from, to, size));
    if (direct !== undefined) write(direct);
    from = to;
  }
}

function packRun(frames: readonly Uint8Array[], from: number, to: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let index = from; index < to; index++) {
    const frame = frames[index]!;
    const length = frame.byteLength;
    bytes[at] = length >>> 24;
    bytes[at + 1] = length >>> 16;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length;
    at += HEADER_BYTES;
    if (length < DIRECT_BYTES_MIN) {
      bytes.set(frame, at);
      at += length;
    }
  }
  return bytes;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  readonly #frameBytesMax: number;
  #header = 0;
  #headerBytes = 0;
  /** The part of a frame that began in an earlier chunk; undefined between frames. */
  #partial: Uint8Array | undefined;
  #partialBytes = 0;
  #partialLength = 0;
  /** Pulses seen since the start. */
  pulses = 0;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /**
   * Appends the frames that `chunk` completes to `frames`. Throws FramingError; the reader is of no use then.
   */
  read(chunk: Uint8Array, frames: Uint8Array[]): void {
    let at = 0;
    const end = chunk.byteLength;
    while (at < end) {
      if (this.#partial !== undefined) {
        at = this.#assemble(chunk, at, frames);
        continue;
      }
      if (this.#headerBytes > 0 || end - at < HEADER_BYTES) {
        this.#header = this.#header * 256 + chunk[at++]!;
        if (++this.#headerBytes < HEADER_BYTES) continue;
        this.#headerBytes = 0;
      } else {
        this.#header =
          chunk[at]! * 0x1000000 + ((chunk[at + 1]! << 16) | (chunk[at + 2]! << 8) | chunk[at + 3]!);
        at += HEADER_BYTES;
      }
      const length = this.#header;
      this.#header = 0;
      if (length === 0) this.pulses++;
      else if (length > this.#frameBytesMax)
        throw new FramingError(`a frame of ${length} bytes; at most ${this.#frameBytesMax}`);
      else if (end - at >= length) {
        // Not `subarray`: of a Buffer it makes a Buffer, at several times the cost.
        frames.push(new Uint8Array(chunk.buffer, chunk.byteOffset + at, length));
        at += length;
      } else this.#begin(length);
    }
  }

  #begin(length: number): void {
    this.#partial = new Uint8Array(Math.min(length, ASSEMBLY_BYTES_MIN));
    this.#partialBytes = 0;
    this.#partialLength = length;
  }

  #assemble(chunk: Uint8Array, at: number, frames: Uint8Array[]): number {
    const taken = Math.min(chunk.byteLength - at, this.#partialLength - this.#partialBytes);
    const needed = this.#partialBytes + taken;
    let partial = this.#partial!;
    if (needed > partial.byteLength) {
      const grown = new Uint8Array(Math.min(this.#partialLength, Math.max(needed, partial.byteLength * 2)));
      grown.set(partial.subarray(0, this.#partialBytes));
      partial = grown;
      this.#partial = grown;
    }
    partial.set(chunk.subarray(at, at + taken), this.#partialBytes);
    this.#partialBytes = needed;
    if (needed === this.#partialLength) {
      frames.push(partial);
      this.#partial = undefined;
    }
    return at + taken;
  }
}
