// Reads MessagePack (specification of msgpack.org): a known shape field by field, or a tree of any shape up
// to a given depth. Nothing is set aside for a count before its items are there, and only a tree nests, so no
// input can make it allocate, recurse or loop beyond its length.

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/**
 * Up to so many bytes, most texts are ASCII, and a look at each is cheaper than a view of them and the
 * decoder.
 */
const SHORT_TEXT_BYTES = 96;
/** Of `bytes[from, to)`, each a character. */
const latin1 = Buffer.prototype.latin1Slice as (this: Uint8Array, from: number, to: number) => string;

/** Makes the error for bytes that are not of the wanted shape; `reason` completes "… is malformed: ". */
export type MalformedError = (reason: string) => Error;

export class MsgpackReader {
  readonly #bytes: Uint8Array;
  #view: DataView | undefined;
  readonly #malformed: MalformedError;
  #at = 0;

  constructor(bytes: Uint8Array, malformed: MalformedError) {
    this.#bytes = bytes;
    this.#malformed = malformed;
  }

  /** How many bytes were read. */
  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Ends the reading: throws unless every byte was read. */
  end() {
    if (this.#at !== this.#bytes.length) throw this.#malformed('bytes follow its end');
  }

  /** Throws unless the next value is an array of `length` items, which the caller then reads. */
  tuple(length: number, what: string) {
    if (this.list(what) !== length) throw this.#malformed(`${what} has not ${length} fields`);
  }

  /** The number of items of an array, which the caller then reads. At most the bytes that are left. */
  list(what: string): number {
    const tag = this.#byte(what);
    let length: number;
    if (tag >= 0x90 && tag <= 0x9f) length = tag & 0x0f;
    else if (tag === 0xdc) length = this.#unsigned(2, what);
    else if (tag === 0xdd) length = this.#unsigned(4, what);
    else throw this.#malformed(`${what} is no list`);
    if (length > this.#bytes.length - this.#at) throw this.#malformed(`${what} is longer than the bytes`);
    return length;
  }

  /** A safe integer from 0 up. */
  count(what: string): number {
    const tag = this.#byte(what);
    if (tag <= 0x7f) return tag;
    if (tag === 0xcc) return this.#unsigned(1, what);
    if (tag === 0xcd) return this.#unsigned(2, what);
    if (tag === 0xce) return this.#unsigned(4, what);
    if (tag !== 0xcf) throw this.#malformed(`${what} is no count`);
    const value = this.#unsigned(4, what) * 2 ** 32 + this.#unsigned(4, what);
    if (!Number.isSafeInteger(value)) throw this.#malformed(`${what} is beyond the safe integers`);
    return value;
  }

  truth(what: string): boolean {
    const tag = this.#byte(what);
    if (tag !== 0xc2 && tag !== 0xc3) throw this.#malformed(`${what} is no boolean`);
    return tag === 0xc3;
  }

  text(what: string): string {
    const length = this.#textLength(what);
    const from = this.#skip(length, what);
    if (this.#isShortAscii(from, this.#at)) return latin1.call(this.#bytes, from, this.#at);
    try {
      return strictText.decode(this.#bytes.subarray(from, this.#at));
    } catch {
      throw this.#malformed(`${what} is no UTF-8`);
    }
  }

  #isShortAscii(from: number, to: number): boolean {
    if (to - from > SHORT_TEXT_BYTES) return false;
    for (let at = from; at < to; at++) if (this.#bytes[at]! > 0x7f) return false;
    return true;
  }

  /** Passes over a text, whose bytes then end at `at` and are not looked at. Returns how many they are. */
  skipText(what: string): number {
    const length = this.#textLength(what);
    this.#skip(length, what);
    return length;
  }

  #textLength(what: string): number {
    const tag = this.#byte(what);
    if (tag >= 0xa0 && tag <= 0xbf) return tag & 0x1f;
    if (tag === 0xd9) return this.#unsigned(1, what);
    if (tag === 0xda) return this.#unsigned(2, what);
    if (tag === 0xdb) return this.#unsigned(4, what);
    throw this.#malformed(`${what} is no text`);
  }

  /** A view of the bytes, not a copy. */
  binary(what: string): Uint8Array {
    return this.#take(this.#binaryLength(what), what);
  }

  /** Passes over a byte string, which then ends at `at`. Returns its length. */
  skipBinary(what: string): number {
    const length = this.#binaryLength(what);
    this.#skip(length, what);
    return length;
  }

  #binaryLength(what: string): number {
    const tag = this.#byte(what);
    if (tag < 0xc4 || tag > 0xc6) throw this.#malformed(`${what} is no bytes`);
    return this.#unsigned(tag === 0xc4 ? 1 : tag === 0xc5 ? 2 : 4, what);
  }

  /** Whether the next value is nil, which is then read; otherwise nothing is. */
  nil(): boolean {
    if (this.#bytes[this.#at] !== 0xc0) return false;
    this.#at++;
    return true;
  }

  /**
   * The next value, whatever it is: null, a boolean, a number, a text, a byte string (a view), a list, or a
   * record with texts as names. Lists and records may nest `nestingMax` deep.
   */
  tree(what: string, nestingMax: number): unknown {
    const tag = this.#bytes[this.#at];
    if (tag === undefined) throw this.#malformed(`${what} is missing`);
    if (tag <= 0x7f || (tag >= 0xcc && tag <= 0xcf)) return this.count(what);
    if ((tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb)) return this.text(what);
    if (tag <= 0x8f || tag === 0xde || tag === 0xdf) return this.#record(what, nestingMax);
    if (tag <= 0x9f || tag === 0xdc || tag === 0xdd) return this.#items(what, nestingMax);
    if (tag >= 0xc4 && tag <= 0xc6) return this.binary(what);
    if (tag === 0xc2 || tag === 0xc3) return this.truth(what);
    if (this.nil()) return null;
    return this.#number(what);
  }

  #items(what: string, nestingMax: number): unknown[] {
    if (nestingMax === 0) throw this.#malformed(`${what} nests too deep`);
    const items: unknown[] = [];
    for (let left = this.list(what); left > 0; left--) items.push(this.tree(what, nestingMax - 1));
    return items;
  }

  #record(what: string, nestingMax: number): Readonly<Record<string, unknown>> {
    if (nestingMax === 0) throw this.#malformed(`${what} nests too deep`);
    const tag = this.#byte(what);
    const size = tag <= 0x8f ? tag & 0x0f : this.#unsigned(tag === 0xde ? 2 : 4, what);
    const record: Record<string, unknown> = {};
    for (let left = size; left > 0; left--) {
      const name = this.text(what);
      if (name === '__proto__' || Object.hasOwn(record, name))
        throw this.#malformed(`${what} has a name twice, or one that no record has`);
      record[name] = this.tree(what, nestingMax - 1);
    }
    return record;
  }

  /** Negative, or a float. */
  #number(what: string): number {
    const tag = this.#byte(what);
    if (tag >= 0xe0) return tag - 0x100;
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    const view = this.#view;
    if (tag === 0xd0) return view.getInt8(this.#skip(1, what));
    if (tag === 0xd1) return view.getInt16(this.#skip(2, what));
    if (tag === 0xd2) return view.getInt32(this.#skip(4, what));
    if (tag === 0xcb) return view.getFloat64(this.#skip(8, what));
    if (tag !== 0xd3) throw this.#malformed(`${what} is of an unknown type`);
    const value = Number(view.getBigInt64(this.#skip(8, what)));
    if (!Number.isSafeInteger(value)) throw this.#malformed(`${what} is beyond the safe integers`);
    return value;
  }

  #byte(what: string): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw this.#malformed(`${what} is missing`);
    return byte;
  }

  #unsigned(bytes: 1 | 2 | 4, what: string): number {
    let value = 0;
    for (let at = this.#skip(bytes, what); at < this.#at; at++) value = value * 256 + this.#bytes[at]!;
    return value;
  }

  #take(length: number, what: string): Uint8Array {
    const at = this.#skip(length, what);
    return this.#bytes.subarray(at, at + length);
  }

  /** Returns where the bytes start. */
  #skip(length: number, what: string): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw this.#malformed(`${what} is longer than the bytes`);
    this.#at = at + length;
    return at;
  }
}
