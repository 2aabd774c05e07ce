import { EXT_SYMBOL, EXT_TAG } from './codec-writer.ts';
import { compareKeys, isKey, type Key } from './map-key.ts';
import {
  Bytes,
  type Data,
  Float,
  INT_MAX,
  INT_MIN,
  type Int,
  interned,
  intOf,
  List,
  SeqMap,
  sym,
  textOf,
  Variant,
} from './value.ts';

/** Why and where bytes are not an encoded value. */
export class MalformedData extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Names that were read before, so that the same name is the same text. Those of ASCII characters only. */
const NAMES = 256;
const NAME_MAX = 64;
const names: (string | undefined)[] = new Array(NAMES).fill(undefined);

/**
 * Reads one value, in the form that codec.ts describes. Every method throws MalformedData for other bytes.
 */
export class DataReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #nestingMax: number;
  #at = 0;

  constructor(bytes: Uint8Array, nestingMax: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#nestingMax = nestingMax;
  }

  whole(): Data {
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) this.#fail('more bytes follow');
    return value;
  }

  /** The values that stand one behind the other. */
  sequence(): Data[] {
    const values: Data[] = [];
    while (this.#at < this.#bytes.length) values.push(this.#value(0));
    return values;
  }

  #fail(message: string): never {
    throw new MalformedData(this.#at, message);
  }

  /** Takes `count` bytes and returns where they start. */
  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) this.#fail('it ends too soon');
    this.#at = at + count;
    return at;
  }

  /** A big-endian unsigned number of 1, 2 or 4 bytes that is at least `least`: else a shorter form exists. */
  #count(width: number, least: number): number {
    const at = this.#take(width);
    const n =
      width === 1 ? this.#bytes[at]! : width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
    if (n < least) this.#fail('a number is longer than it needs to be');
    return n;
  }

  #value(depth: number): Data {
    const head = this.#bytes[this.#take(1)]!;
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f, depth + 1);
    if (head < 0xa0) return this.#array(head & 0x0f, depth + 1);
    if (head < 0xc0) return this.#string(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#illFormed(this.#count(1, 1));
      case 0xc5:
        return this.#illFormed(this.#count(2, 0x100));
      case 0xc6:
        return this.#illFormed(this.#count(4, 0x10000));
      case 0xcb:
        return this.#float();
      case 0xcc:
        return this.#count(1, 0x80);
      case 0xcd:
        return this.#count(2, 0x100);
      case 0xce:
        return this.#count(4, 0x10000);
      case 0xcf:
        return this.#wide(this.#view.getBigUint64(this.#take(8)), 0x100000000n);
      default:
        return this.#otherValue(head, depth);
    }
  }

  #otherValue(head: number, depth: number): Data {
    switch (head) {
      case 0xd0:
        return this.#negative(this.#view.getInt8(this.#take(1)), -0x20);
      case 0xd1:
        return this.#negative(this.#view.getInt16(this.#take(2)), -0x80);
      case 0xd2:
        return this.#negative(this.#view.getInt32(this.#take(4)), -0x8000);
      case 0xd3: {
        const n = this.#view.getBigInt64(this.#take(8));
        return n < 0n ? this.#wide(n, 0n) : this.#fail('a number is longer than it needs to be');
      }
      case 0xd9:
        return this.#string(this.#count(1, 32));
      case 0xda:
        return this.#string(this.#count(2, 0x100));
      case 0xdb:
        return this.#string(this.#count(4, 0x10000));
      case 0xdc:
        return this.#array(this.#count(2, 16), depth + 1);
      case 0xdd:
        return this.#array(this.#count(4, 0x10000), depth + 1);
      case 0xde:
        return this.#map(this.#count(2, 16), depth + 1);
      case 0xdf:
        return this.#map(this.#count(4, 0x10000), depth + 1);
      default: {
        const length = this.#extensionLength(head);
        if (length === undefined) return this.#fail('no value starts with this byte');
        if (this.#bytes[this.#take(1)] !== EXT_SYMBOL) return this.#fail('an unknown extension');
        return sym(this.#string(length));
      }
    }
  }

  #negative(n: number, above: number): number {
    return n < above ? n : this.#fail('a number is longer than it needs to be');
  }

  #wide(n: bigint, least: bigint): Int {
    if (n >= 0n ? n < least : n >= -0x80000000n) this.#fail('a number is longer than it needs to be');
    if (n > INT_MAX || n < INT_MIN) this.#fail('an Int exceeds 63 bits');
    return intOf(n);
  }

  #float(): Float {
    const at = this.#take(8);
    const value = this.#view.getFloat64(at);
    if (Number.isNaN(value) && this.#view.getBigUint64(at) !== 0x7ff8000000000000n)
      this.#fail('not the NaN that is written');
    return new Float(value);
  }

  #string(length: number): string {
    const start = this.#take(length);
    const end = start + length;
    if (length <= 32) {
      let text = '';
      let at = start;
      for (; at < end; at++) {
        const byte = this.#bytes[at]!;
        if (byte >= 0x80) break;
        text += String.fromCharCode(byte);
      }
      if (at === end) return text;
    }
    try {
      return utf8.decode(this.#bytes.subarray(start, end));
    } catch {
      return this.#fail('text is not UTF-8');
    }
  }

  #illFormed(length: number): Bytes {
    const start = this.#take(length);
    const text = textOf(this.#bytes.subarray(start, start + length));
    return text instanceof Bytes ? text : this.#fail('text stands where only ill-formed text may');
  }

  /** The length of the extension with this head, or undefined for a head of something else. */
  #extensionLength(head: number): number | undefined {
    if (head >= 0xd4 && head <= 0xd8) return 1 << (head - 0xd4);
    if (head === 0xc8) return this.#count(2, 0x100);
    if (head === 0xc9) return this.#count(4, 0x10000);
    if (head !== 0xc7) return undefined;
    const length = this.#count(1, 0);
    if (length === 1 || length === 2 || length === 4 || length === 8 || length === 16)
      this.#fail('a length is longer than it needs to be');
    return length;
  }

  #checkNesting(depth: number): void {
    if (depth > this.#nestingMax) this.#fail(`it nests deeper than ${this.#nestingMax} levels`);
  }

  #array(length: number, depth: number): Data {
    this.#checkNesting(depth);
    // Each element takes at least one byte, so a claim beyond what is left cannot be true.
    if (length > this.#bytes.length - this.#at) this.#fail('it ends too soon');
    if (length === 0) return List.empty;
    const tag = this.#tag();
    const items: Data[] = [];
    for (let i = tag === undefined ? 0 : 1; i < length; i++) items.push(this.#value(depth));
    // The copy has no room to grow, which counts for the many small values that stay in memory.
    return tag === undefined ? List.of(items) : new Variant(tag, items.slice());
  }

  /** Reads a tag if one comes next. */
  #tag(): string | undefined {
    const start = this.#at;
    const head = this.#bytes[start]!;
    if (!((head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8))) return undefined;
    this.#at++;
    const length = this.#extensionLength(head)!;
    if (this.#bytes[this.#take(1)] === EXT_TAG) return this.#name(length);
    this.#at = start;
    return undefined;
  }

  /** A text of which there are few. */
  #name(length: number): string {
    const start = this.#at;
    if (length === 0 || length > NAME_MAX || length > this.#bytes.length - start) return this.#string(length);
    const slot = (length * 31 + this.#bytes[start]! * 7 + this.#bytes[start + length - 1]!) & (NAMES - 1);
    const known = names[slot];
    if (known !== undefined && known.length === length && this.#isNext(known)) {
      this.#at = start + length;
      return known;
    }
    const name = interned(this.#string(length));
    if (name.length === length) names[slot] = name;
    return name;
  }

  /** Whether the text of ASCII characters comes next. */
  #isNext(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#bytes[this.#at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #map(size: number, depth: number): SeqMap {
    this.#checkNesting(depth);
    if (2 * size > this.#bytes.length - this.#at) this.#fail('it ends too soon');
    const flat: Data[] = [];
    let before: Key | undefined;
    for (let i = 0; i < size; i++) {
      const key = this.#value(depth);
      if (!isKey(key)) this.#fail('a key is not an Int, Bool or String');
      if (before !== undefined && compareKeys(before, key) >= 0) this.#fail('keys are out of order');
      before = key;
      flat.push(key, this.#value(depth));
    }
    return SeqMap.fromSorted(flat.slice());
  }
}
