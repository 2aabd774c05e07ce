// Writes MessagePack (specification of msgpack.org) of a known shape, field by field, without a tree of the
// fields: what is written for every turn should not first be built out of objects. Every length and number
// has its shortest form.
import { invariant } from './assert.ts';
import { allocateBytes, copyInto } from './small-bytes.ts';
import { codeUnitAt } from './text-units.ts';
import { utf8Length } from './value-text.ts';

const FIRST_BYTES = 4096;
const KEEP_BYTES_MAX = 1 << 20;
/** Up to so many characters, a loop is faster than the encoder of the platform. */
const SHORT_TEXT = 64;
const utf8 = new TextEncoder();

/**
 * Writes one value after the other into a buffer of its own, which the next text is written into again. Not
 * re-entrant.
 */
export class MsgpackWriter {
  protected buffer = new Uint8Array(FIRST_BYTES);
  protected view = new DataView(this.buffer.buffer);
  #length = 0;

  /** Bytes written since the last `take` or `clear`. */
  get length(): number {
    return this.#length;
  }

  /** What was written, as a view that lasts until the next call. */
  get written(): Uint8Array {
    return this.buffer.subarray(0, this.#length);
  }

  /** A copy of what was written, and begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    return this.takeBehind(0);
  }

  /** The same behind `room` bytes, which are zero. */
  takeBehind(room: number): Uint8Array<ArrayBuffer> {
    const bytes = allocateBytes(room + this.#length);
    copyInto(bytes, room, this.buffer, 0, this.#length);
    this.clear();
    return bytes;
  }

  clear(): void {
    this.cut(0);
    if (this.buffer.length <= KEEP_BYTES_MAX) return;
    this.buffer = new Uint8Array(FIRST_BYTES);
    this.view = new DataView(this.buffer.buffer);
  }

  nil(): void {
    this.byte(0xc0);
  }

  truth(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  /** A number from 0 up to the largest safe integer; anything else is an InvariantError that names `what`. */
  count(n: number, what: string): void {
    invariant(Number.isSafeInteger(n) && n >= 0, () => `${what} is ${n}, not a count`);
    this.natural(n);
  }

  /** Well-formed text; anything else is an InvariantError that names `what`. */
  text(text: string, what: string): void {
    const length = utf8Length(text);
    invariant(length === text.length || text.isWellFormed(), () => `${what} is no well-formed text`);
    this.textHead(length);
    this.utf8(text, length);
  }

  binary(bytes: Uint8Array): void {
    this.binaryFrom(bytes, 0);
  }

  /** The head of an array, whose `length` items follow. */
  list(length: number): void {
    if (length < 16) this.byte(0x90 | length);
    else if (length < 0x10000) this.byte2(0xdc, length);
    else this.byte4(0xdd, length);
  }

  /** MessagePack that was written before. */
  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    copyInto(this.buffer, at, bytes, 0, bytes.length);
  }

  /** What `other` has written, as a byte string. */
  binaryOf(other: MsgpackWriter): void {
    this.binaryHead(other.#length);
    const at = this.reserve(other.#length);
    copyInto(this.buffer, at, other.buffer, 0, other.#length);
  }

  /** A byte string of `bytes[from, to)`. */
  binaryFrom(bytes: Uint8Array, from: number, to = bytes.length): void {
    this.binaryHead(to - from);
    const at = this.reserve(to - from);
    copyInto(this.buffer, at, bytes, from, to);
  }

  protected binaryHead(length: number): void {
    if (length < 0x100) this.byte1(0xc4, length);
    else if (length < 0x10000) this.byte2(0xc5, length);
    else this.byte4(0xc6, length);
  }

  protected textHead(length: number): void {
    if (length < 32) this.byte(0xa0 | length);
    else if (length < 0x100) this.byte1(0xd9, length);
    else if (length < 0x10000) this.byte2(0xda, length);
    else this.byte4(0xdb, length);
  }

  protected utf8(text: string, length: number): void {
    const at = this.reserve(length);
    const { buffer } = this;
    if (length === text.length && length <= SHORT_TEXT)
      for (let i = 0; i < length; i++) buffer[at + i] = codeUnitAt(text, i);
    else utf8.encodeInto(text, buffer.subarray(at, at + length));
  }

  protected natural(n: number): void {
    if (n < 0x80) this.byte(n);
    else if (n < 0x100) this.byte1(0xcc, n);
    else if (n < 0x10000) this.byte2(0xcd, n);
    else if (n < 0x100000000) this.byte4(0xce, n);
    else {
      const at = this.reserve(9);
      this.buffer[at] = 0xcf;
      this.view.setUint32(at + 1, Math.floor(n / 2 ** 32));
      this.view.setUint32(at + 5, n % 2 ** 32);
    }
  }

  /** Makes room for `count` bytes and returns where they start. */
  protected reserve(count: number): number {
    const at = this.#length;
    const end = at + count;
    if (end > this.buffer.length) this.grow(end);
    this.#length = end;
    return at;
  }

  protected grow(end: number): void {
    const larger = new Uint8Array(Math.max(end, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.#length));
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  /** Forgets what was written from `length` on. */
  protected cut(length: number): void {
    this.#length = length;
  }

  protected byte(byte: number): void {
    const at = this.reserve(1);
    this.buffer[at] = byte;
  }

  protected byte1(head: number, n: number): void {
    const at = this.reserve(2);
    this.buffer[at] = head;
    this.buffer[at + 1] = n;
  }

  protected byte2(head: number, n: number): void {
    const at = this.reserve(3);
    this.buffer[at] = head;
    this.view.setUint16(at + 1, n);
  }

  protected byte4(head: number, n: number): void {
    const at = this.reserve(5);
    this.buffer[at] = head;
    this.view.setUint32(at + 1, n);
  }
}
