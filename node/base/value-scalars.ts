// The values that hold no other values, and what makes each of them canonical.
// 1. An Int is a `number` when it is a safe integer (never -0), else a `bigint`; it lies in [-2^62, 2^62 -
//    1].
// 2. A String is a `string` when its bytes are valid UTF-8 (so the string is well formed), else a `Bytes`.
// 3. A Float is always boxed, so that 3.0 is never the Int 3.

/** A 63-bit signed integer: see rule 1. */
export type Int = number | bigint;

export const INT_MIN = -(2n ** 62n);
export const INT_MAX = 2n ** 62n - 1n;

/** The canonical Int for `n`, wrapped into 63 bits in two's complement. */
export function intOf(n: bigint): Int {
  const wrapped = n > INT_MAX || n < INT_MIN ? BigInt.asIntN(63, n) : n;
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped;
}

/** True for a canonical Int (rule 1). */
export function isInt(v: unknown): v is Int {
  if (typeof v === 'number') return Number.isSafeInteger(v) && !Object.is(v, -0);
  return typeof v === 'bigint' && v >= INT_MIN && v <= INT_MAX && !Number.isSafeInteger(Number(v));
}

/** An IEEE 754 double, boxed. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * A String whose bytes are not valid UTF-8. Make one with `textOf`, which keeps rule 2. Never write into
 * `bytes`.
 */
export class Bytes {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/**
 * The same text, as the engine keeps the names of properties: each once, so that two of them are compared by
 * their address. For names that are compared often.
 */
export function interned(text: string): string {
  return Object.keys({ [text]: 0 })[0]!;
}

/** Text in Seq's sense: UTF-8, or any other bytes. */
export type Text = string | Bytes;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Whether `bytes` are valid UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
export function isUtf8(bytes: Uint8Array): boolean {
  const end = bytes.length;
  for (let i = 0; i < end; ) {
    const head = bytes[i++]!;
    if (head < 0x80) continue;
    if (head < 0xc2 || head > 0xf4) return false;
    const second = bytes[i++] ?? 0;
    // The range of the second byte rules out overlong forms, surrogates and what is too large.
    const least = head === 0xe0 ? 0xa0 : head === 0xf0 ? 0x90 : 0x80;
    const most = head === 0xed ? 0x9f : head === 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return false;
    for (let more = head < 0xe0 ? 0 : head < 0xf0 ? 1 : 2; more > 0; more--)
      if (((bytes[i++] ?? 0) & 0xc0) !== 0x80) return false;
  }
  return true;
}

/** The canonical String for `bytes`; ill-formed bytes are kept as they are (copied, unless `owned`). */
export function textOf(bytes: Uint8Array, owned = false): Text {
  if (isUtf8(bytes)) return decoder.decode(bytes);
  return new Bytes(owned ? bytes : bytes.slice());
}

/** The bytes of a String. Do not write into them. */
export function bytesOf(text: Text): Uint8Array {
  return typeof text === 'string' ? encoder.encode(text) : text.bytes;
}

/** A name that stands for itself. Two symbols of one name are one object; make them with `sym`. */
export class Sym {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

// Symbols can come from the network, so the table must not keep them alive: it holds weak references and
// drops the dead ones each time it has doubled.
const symbols = new Map<string, WeakRef<Sym>>();
let sweepAtSize = 1024;

/** The symbol of this name. `name` must be well-formed text. */
export function sym(name: string): Sym {
  const known = symbols.get(name)?.deref();
  if (known !== undefined) return known;
  const made = new Sym(name);
  symbols.set(name, new WeakRef(made));
  if (symbols.size >= sweepAtSize) {
    for (const [key, reference] of symbols) if (reference.deref() === undefined) symbols.delete(key);
    sweepAtSize = Math.max(1024, symbols.size * 2);
  }
  return made;
}
