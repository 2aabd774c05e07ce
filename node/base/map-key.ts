import { Bytes, compareBytes, type Int } from './value-scalars.ts';

/** What a map may be keyed by. Int 1, String "1" and true are three keys. */
export type Key = Int | boolean | string | Bytes;

export function isKey(v: unknown): v is Key {
  return (
    typeof v === 'string' ||
    typeof v === 'number' ||
    typeof v === 'boolean' ||
    typeof v === 'bigint' ||
    v instanceof Bytes
  );
}

export function sameKey(a: Key, b: Key): boolean {
  if (a === b) return true;
  return a instanceof Bytes && b instanceof Bytes && compareBytes(a.bytes, b.bytes) === 0;
}

function rank(key: Key): number {
  if (typeof key === 'boolean') return 0;
  if (typeof key === 'number' || typeof key === 'bigint') return 1;
  return typeof key === 'string' ? 2 : 3;
}

/**
 * The total order of keys: false, true; Ints by value; strings by UTF-16 unit; then ill-formed strings by byte.
 * Negative, 0 (the same key) or positive.
 */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  if (a instanceof Bytes && b instanceof Bytes) return compareBytes(a.bytes, b.bytes);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The finaliser of MurmurHash3 (A. Appleby, public domain): every bit of the input changes every bit of the result. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A 32-bit hash of a key; equal keys have equal hashes, on every machine. */
export function hashKey(key: Key): number {
  if (typeof key === 'string') {
    let h = key.length;
    for (let i = 0; i < key.length; i++) h = Math.imul(h, 31) + key.charCodeAt(i);
    return mix(h);
  }
  if (typeof key === 'number') return mix(key ^ Math.imul(Math.floor(key / 4294967296), 0x9e3779b1));
  if (typeof key === 'boolean') return key ? 0x3c6ef372 : 0x1b873593;
  if (typeof key === 'bigint')
    return mix(Number(BigInt.asIntN(32, key)) ^ Math.imul(Number(BigInt.asIntN(32, key >> 32n)), 0x9e3779b1));
  let h = key.bytes.length ^ 0x5bd1e995;
  for (let i = 0; i < key.bytes.length; i++) h = Math.imul(h, 31) + key.bytes[i]!;
  return mix(h);
}
