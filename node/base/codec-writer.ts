import { SeqNodeError } from './errors.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { assertData, Bytes, type Data, Float, List, NESTING_MAX, SeqMap, Sym, Variant } from './value.ts';
import { isUtf8 } from './value-scalars.ts';
import { utf8Length } from './value-text.ts';

export const EXT_SYMBOL = 1;
export const EXT_TAG = 2;

/** Writes one value after the other, in the form that codec.ts describes. */
export class DataWriter extends MsgpackWriter {
  #bytesMax = 0;
  #name = '';

  encode(v: Data, bytesMax: number, name: string): Uint8Array {
    this.clear();
    this.append(v, bytesMax, name);
    return this.take();
  }

  /**
   * Writes `v` behind what is there, of which all is at most `bytesMax` bytes. What fails leaves no trace.
   */
  append(v: Data, bytesMax: number, name: string): void {
    const before = this.length;
    this.#bytesMax = bytesMax;
    this.#name = name;
    try {
      this.#value(v, 0);
      if (this.length > bytesMax) this.#failTooLarge();
    } catch (error) {
      this.cut(before);
      // A second walk finds where the trouble is; it throws the error that names the place.
      if (error === notData) assertData(v, name);
      throw error === notData ? new SeqNodeError('not-data', `${name} holds text that is malformed.`) : error;
    }
  }

  protected override grow(end: number): void {
    if (end > this.#bytesMax) this.#failTooLarge();
    super.grow(end);
  }

  #failTooLarge(): never {
    const bytesMax = this.#bytesMax;
    throw new SeqNodeError('too-large', `${this.#name} takes more than ${bytesMax} bytes.`, { bytesMax });
  }

  #byte8(head: number, n: bigint): void {
    const at = this.reserve(9);
    this.buffer[at] = head;
    this.view.setBigUint64(at + 1, BigInt.asUintN(64, n));
  }

  #value(v: Data, depth: number): void {
    if (typeof v === 'number') this.#int(v);
    else if (typeof v === 'string') this.#string(v);
    else if (typeof v === 'boolean') this.truth(v);
    else if (typeof v === 'bigint') this.#byte8(v < 0n ? 0xd3 : 0xcf, v);
    else if (v instanceof Variant) this.#variant(v, depth + 1);
    else if (v instanceof SeqMap) this.#map(v, depth + 1);
    else if (v instanceof List) this.#list(v, depth + 1);
    else if (v instanceof Float) this.#float(v.value);
    else if (v instanceof Sym) this.#extension(EXT_SYMBOL, v.name);
    else if (v instanceof Bytes) this.#bytes(v.bytes);
    else throw notData;
  }

  #float(n: number): void {
    const at = this.reserve(9);
    this.buffer[at] = 0xcb;
    if (Number.isNaN(n)) this.view.setBigUint64(at + 1, 0x7ff8000000000000n);
    else this.view.setFloat64(at + 1, n);
  }

  #int(n: number): void {
    if (!Number.isSafeInteger(n)) throw notData;
    if (n >= 0) this.natural(n);
    else if (n >= -0x20) this.byte(n & 0xff);
    else if (n >= -0x80) this.byte1(0xd0, n & 0xff);
    else if (n >= -0x8000) this.byte2(0xd1, n & 0xffff);
    else if (n >= -0x80000000) this.byte4(0xd2, n >>> 0);
    else this.#byte8(0xd3, BigInt(n));
  }

  #string(text: string): void {
    const length = utf8Length(text);
    if (length !== text.length && !text.isWellFormed()) throw notData;
    this.textHead(length);
    this.utf8(text, length);
  }

  #bytes(bytes: Uint8Array): void {
    if (isUtf8(bytes)) throw notData;
    this.binary(bytes);
  }

  #extension(type: number, text: string): void {
    const length = utf8Length(text);
    if (length !== text.length && !text.isWellFormed()) throw notData;
    const fixed = FIXED_EXTENSIONS.get(length);
    if (fixed !== undefined) this.byte(fixed);
    else if (length < 0x100) this.byte1(0xc7, length);
    else if (length < 0x10000) this.byte2(0xc8, length);
    else this.byte4(0xc9, length);
    this.byte(type);
    this.utf8(text, length);
  }

  #checkDepth(depth: number): void {
    if (depth > NESTING_MAX)
      throw new SeqNodeError('too-large', `${this.#name} nests deeper than ${NESTING_MAX} levels.`);
  }

  #list(list: List, depth: number): void {
    this.#checkDepth(depth);
    this.list(list.length);
    for (let at = 0; at < list.length; ) {
      const { items, from, to } = list.run(at);
      for (let i = from; i < to; i++) this.#value(items[i]!, depth);
      at += to - from;
    }
  }

  #variant(variant: Variant, depth: number): void {
    this.#checkDepth(depth);
    this.list(variant.fields.length + 1);
    this.#extension(EXT_TAG, variant.tag);
    for (let i = 0; i < variant.fields.length; i++) this.#value(variant.fields[i]!, depth);
  }

  #map(map: SeqMap, depth: number): void {
    this.#checkDepth(depth);
    if (map.size < 16) this.byte(0x80 | map.size);
    else if (map.size < 0x10000) this.byte2(0xde, map.size);
    else this.byte4(0xdf, map.size);
    for (const [key, value] of map.sorted()) {
      this.#value(key, depth);
      this.#value(value, depth);
    }
  }
}

/** The one-byte heads of the extensions of a fixed length. */
const FIXED_EXTENSIONS: ReadonlyMap<number, number> = new Map([
  [1, 0xd4],
  [2, 0xd5],
  [4, 0xd6],
  [8, 0xd7],
  [16, 0xd8],
]);

const notData = new Error('not data');
