import { compareBytes } from './bytes.ts';
import { codeUnitAt } from './text-units.ts';
import { Bytes, type Int } from './value-scalars.ts';

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
 * The total order of keys: false, true; Ints by value; strings by UTF-16 unit; then ill-formed strings by
 * byte. Negative, 0 (the same key) or positive.
 */
export function compareKeys(a: Key, b: Key): number {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : 1;
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  if (a instanceof Bytes && b instanceof Bytes) return compareBytes(a.bytes, b.bytes);
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The finaliser of MurmurHash3 (A. Appleby, public domain): every bit of the input changes every bit of the
 * result.
 */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A 32-bit hash of a key for round 0 or 1; equal keys have equal hashes, on every machine. No two Ints have
 * both hashes in common, and what collides in one round does not by that collide in the other.
 */
export function hashKey(key: Key, round: number): number {
  if (typeof key === 'string') return mix(round === 0 ? polynomial(key) : fnv(key));
  if (typeof key === 'number') return hashWords(key | 0, Math.floor(key / 4294967296) | 0, round);
  if (typeof key === 'boolean') return mix(key ? 0x3c6ef372 : 0x1b873593);
  if (typeof key === 'bigint')
    return hashWords(Number(BigInt.asIntN(32, key)), Number(BigInt.asIntN(32, key >> 32n)), round);
  const { bytes } = key;
  let h = round === 0 ? bytes.length ^ 0x5bd1e995 : FNV_OFFSET;
  if (round === 0) for (let i = 0; i < bytes.length; i++) h = Math.imul(h, POLYNOMIAL_FACTOR) + bytes[i]!;
  else for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i]!, FNV_PRIME);
  return mix(h | 0);
}

/** The low and high words of an Int: one round mixes both, the other is the high word alone. */
function hashWords(low: number, high: number, round: number): number {
  return mix(round === 0 ? low ^ Math.imul(high, POLYNOMIAL_FACTOR) : high ^ 0x85ebca6b);
}

/** Odd and large, so that short texts do not collide; 2^32 divided by the golden ratio. */
const POLYNOMIAL_FACTOR = 0x9e3779b1;

function polynomial(text: string): number {
  let h = text.length;
  for (let i = 0, end = text.length; i < end; i++) h = Math.imul(h, POLYNOMIAL_FACTOR) + codeUnitAt(text, i);
  return h | 0;
}

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** FNV-1a (G. Fowler, L. Noll, P. Vo) over UTF-16 units. */
function fnv(text: string): number {
  let h = FNV_OFFSET;
  for (let i = 0, end = text.length; i < end; i++) h = Math.imul(h ^ codeUnitAt(text, i), FNV_PRIME);
  return h;
}
