// The frames of WebSocket (RFC 6455), as a server reads and writes them: text messages, and what keeps the
// connection. No extension is agreed on, so that none of the reserved bits may be set.
//
// 1. A frame over the limit is refused at its head, before anything of it is kept; so is a message whose
//    frames come to more than that.
// 2. What breaks the protocol ends the connection with the close code that the RFC has for it; nothing behind
//    it is read.
// 3. Text is valid UTF-8, whole.
import { isUtf8 } from 'node:buffer';

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const CONTROL_BYTES_MAX = 125;
const MASK_BYTES = 4;

/** Close codes of the RFC, section 7.4.1. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocol: 1002,
  unsupported: 1003,
  notUtf8: 1007,
  tooLarge: 1009,
} as const;

/** The client broke the protocol; the connection closes with `code`. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

export type Incoming =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'ping'; readonly payload: Buffer }
  | { readonly kind: 'pong' }
  | { readonly kind: 'close' };

/** Cuts what a client sends into messages. */
export class ClientFrames {
  readonly #bytesMax: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** What must have arrived before it is worth looking again. */
  #needed = 2;
  /** Of a message whose last frame has not come. */
  #parts: Buffer[] | undefined;
  #partBytes = 0;

  /** `bytesMax`: of one message. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Gives `take` each message that `chunk` completes, in order, until it answers false: the client has
   * nothing more to say. Writes to `chunk`, which must be the caller's own. Throws StreamError; the reader is
   * of no use then.
   */
  read(chunk: Buffer, take: (incoming: Incoming) => boolean): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes < this.#needed) return;
    const bytes = this.#waiting.length === 1 ? chunk : Buffer.concat(this.#waiting, this.#waitingBytes);
    let at = 0;
    for (;;) {
      const frame = this.#frameAt(bytes, at);
      if (frame === undefined) break;
      at = frame.end;
      const incoming = this.#take(frame);
      if (incoming !== undefined && !take(incoming)) return;
    }
    const rest = bytes.subarray(at);
    this.#waiting = rest.length === 0 ? [] : [rest];
    this.#waitingBytes = rest.length;
  }

  /** The frame at `at`, its payload unmasked; undefined while it is not there whole. */
  #frameAt(bytes: Buffer, at: number): Frame | undefined {
    const there = bytes.length - at;
    this.#needed = 2;
    if (there < 2) return undefined;
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    if ((first & RESERVED) !== 0) throw new StreamError(CLOSE.protocol, 'A reserved bit is set.');
    if ((second & MASKED) === 0) throw new StreamError(CLOSE.protocol, 'A frame of a client is masked.');
    const short = second & ~MASKED;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const head = 2 + lengthBytes + MASK_BYTES;
    this.#needed = head;
    if (there < head) return undefined;
    const length =
      lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(at + 2) : longAt(bytes, at + 2);
    const opcode = first & 0x0f;
    this.#check(opcode, (first & FIN) !== 0, length);
    this.#needed = head + length;
    if (there < head + length) return undefined;
    this.#needed = 2;
    const payload = bytes.subarray(at + head, at + head + length);
    unmask(payload, bytes, at + head - MASK_BYTES);
    return { opcode, isLast: (first & FIN) !== 0, payload, end: at + head + length };
  }

  #check(opcode: number, isLast: boolean, length: number): void {
    if (opcode >= OPCODE.close) {
      if (opcode > OPCODE.pong) throw new StreamError(CLOSE.protocol, `There is no opcode ${opcode}.`);
      if (!isLast || length > CONTROL_BYTES_MAX)
        throw new StreamError(CLOSE.protocol, 'A control frame is short and in one piece.');
      return;
    }
    if (opcode > OPCODE.binary) throw new StreamError(CLOSE.protocol, `There is no opcode ${opcode}.`);
    if (opcode === OPCODE.binary) throw new StreamError(CLOSE.unsupported, 'Messages are text.');
    if ((opcode === OPCODE.continuation) !== (this.#parts !== undefined))
      throw new StreamError(CLOSE.protocol, 'A message begins where the one before it ends.');
    if (this.#partBytes + length > this.#bytesMax)
      throw new StreamError(CLOSE.tooLarge, `A message is at most ${this.#bytesMax} bytes.`);
  }

  #take({ opcode, isLast, payload }: Frame): Incoming | undefined {
    if (opcode === OPCODE.ping) return { kind: 'ping', payload };
    if (opcode === OPCODE.pong) return { kind: 'pong' };
    if (opcode === OPCODE.close) return { kind: 'close' };
    if (isLast && this.#parts === undefined) return { kind: 'text', text: textOf(payload) };
    this.#parts ??= [];
    // A copy: the piece may be a small part of a large chunk, which would be kept with it.
    this.#parts.push(Buffer.from(payload));
    this.#partBytes += payload.length;
    if (this.#parts.length > PARTS_MAX)
      throw new StreamError(CLOSE.tooLarge, `A message comes in at most ${PARTS_MAX} frames.`);
    if (!isLast) return undefined;
    const whole = Buffer.concat(this.#parts, this.#partBytes);
    this.#parts = undefined;
    this.#partBytes = 0;
    return { kind: 'text', text: textOf(whole) };
  }
}

interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
  readonly end: number;
}

/** Empty frames would otherwise make a list without end. */
const PARTS_MAX = 4096;

/** A length of 64 bits; what no limit allows comes as infinity. */
function longAt(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at);
  return high > 0 ? Number.POSITIVE_INFINITY : bytes.readUInt32BE(at + 4);
}

function unmask(payload: Buffer, bytes: Buffer, mask: number): void {
  const a = bytes[mask]!;
  const b = bytes[mask + 1]!;
  const c = bytes[mask + 2]!;
  const d = bytes[mask + 3]!;
  const end = payload.length;
  let at = 0;
  for (; at + 3 < end; at += 4) {
    payload[at]! ^= a;
    payload[at + 1]! ^= b;
    payload[at + 2]! ^= c;
    payload[at + 3]! ^= d;
  }
  if (at < end) payload[at]! ^= a;
  if (at + 1 < end) payload[at + 1]! ^= b;
  if (at + 2 < end) payload[at + 2]! ^= c;
}

function textOf(payload: Buffer): string {
  if (!isUtf8(payload)) throw new StreamError(CLOSE.notUtf8, 'A message is not UTF-8.');
  return payload.toString('utf8');
}

/** A whole text message, in one frame. */
export const textFrame = (text: string): Buffer =>
  frame(OPCODE.text, Buffer.byteLength(text), (bytes, at) => bytes.write(text, at));

export const pingFrame = (): Buffer => frame(OPCODE.ping, 0, () => 0);

export const pongFrame = (payload: Buffer): Buffer =>
  frame(OPCODE.pong, payload.length, (bytes, at) => payload.copy(bytes, at));

/** `reason`: ASCII, at most 123 characters. */
export function closeFrame(code: number, reason: string): Buffer {
  return frame(OPCODE.close, 2 + reason.length, (bytes, at) => {
    bytes.writeUInt16BE(code, at);
    return bytes.write(reason, at + 2, 'latin1');
  });
}

function frame(opcode: number, length: number, write: (bytes: Buffer, at: number) => number): Buffer {
  const head = length <= CONTROL_BYTES_MAX ? 2 : length < 0x10000 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(head + length);
  bytes[0] = FIN | opcode;
  if (head === 2) bytes[1] = length;
  else if (head === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeUInt32BE(0, 2);
    bytes.writeUInt32BE(length, 6);
  }
  write(bytes, head);
  return bytes;
}
