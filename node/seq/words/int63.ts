// Arithmetic of 63-bit Ints in two's complement. An Int is canonical: a `number` when it is a safe integer
// (never -0), else a `bigint`. Each operation has a fast path for numbers whose result is safe, and a slow
// one in bigints.
import { INT_MAX, INT_MIN, type Int, intOf, type Value } from '../../base/value.ts';
import { int } from './row.ts';

const SAFE_MAX = Number.MAX_SAFE_INTEGER;

const big = (v: unknown): bigint => BigInt(int(v));
const fits = (n: bigint): Int => (n > INT_MAX || n < INT_MIN ? 0 : intOf(n));

const addSlow = (a: unknown, b: unknown): Int => intOf(big(a) + big(b));
const subtractSlow = (a: unknown, b: unknown): Int => intOf(big(a) - big(b));
const multiplySlow = (a: unknown, b: unknown): Int => intOf(big(a) * big(b));

export function add(a: Value, b: Value): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (sum <= SAFE_MAX && sum >= -SAFE_MAX) return sum;
  }
  return addSlow(a, b);
}

export function subtract(a: Value, b: Value): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (difference <= SAFE_MAX && difference >= -SAFE_MAX) return difference;
  }
  return subtractSlow(a, b);
}

export function multiply(a: Value, b: Value): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // Adding 0 turns -0 into 0.
    if (product <= SAFE_MAX && product >= -SAFE_MAX) return product + 0;
  }
  return multiplySlow(a, b);
}

/** The quotient rounded towards zero; undefined when `b` is 0. -2^62 / -1 wraps to -2^62. */
export function quotient(a: Value, b: Value): Int | undefined {
  if (b === 0) {
    int(a);
    return undefined;
  }
  // The quotient of two doubles below 2^53 never rounds up to an integer that the true quotient does not
  // reach.
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0;
  return intOf(big(a) / big(b));
}

/** The remainder, with the sign of `a`; undefined when `b` is 0. */
export function remainder(a: Value, b: Value): Int | undefined {
  if (b === 0) {
    int(a);
    return undefined;
  }
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return intOf(big(a) % big(b));
}

/** `base` to the power `exponent`; undefined when that is negative or the result is no Int. 0^0 is 1. */
export function power(base: Value, exponent: Value): Int | undefined {
  const b = int(base);
  const e = int(exponent);
  if (e < 0 || e > 0xffffffff) return undefined;
  if (b === 0 || b === 1) return e === 0 ? 1 : b;
  if (b === -1) return Number(e) % 2 === 0 ? 1 : -1;
  if (e > 62) return undefined;
  const result = BigInt(b) ** BigInt(e);
  return result > INT_MAX || result < INT_MIN ? undefined : intOf(result);
}

const isSmall = (v: unknown): v is number => typeof v === 'number' && (v | 0) === v;

export const bitAnd = (a: Value, b: Value): Int =>
  isSmall(a) && isSmall(b) ? a & b : intOf(big(a) & big(b));
export const bitOr = (a: Value, b: Value): Int => (isSmall(a) && isSmall(b) ? a | b : intOf(big(a) | big(b)));
export const bitXor = (a: Value, b: Value): Int =>
  isSmall(a) && isSmall(b) ? a ^ b : intOf(big(a) ^ big(b));
export const bitNot = (a: Value): Int => (isSmall(a) ? ~a : intOf(~big(a)));

/**
 * Shifts left in 64 bits, as the reference does: 0 when the count is outside [0, 63], or when what the 64
 * bits hold then is no 63-bit Int.
 */
export function shiftLeft(a: Value, count: Value): Int {
  const c = int(count);
  const v = int(a);
  if (c < 0 || c > 63) return 0;
  if (typeof v === 'number' && c < 32) {
    const shifted = v * 2 ** Number(c);
    if (shifted <= SAFE_MAX && shifted >= -SAFE_MAX) return shifted;
  }
  return fits(BigInt.asIntN(64, BigInt(v) << BigInt(c)));
}

/** Shifts the 64-bit form of `a` right, filling with zeros; 0 in the cases that `shiftLeft` names. */
export function shiftRight(a: Value, count: Value): Int {
  const c = int(count);
  const v = int(a);
  if (c < 0 || c > 63) return 0;
  if (typeof v === 'number' && v >= 0) return Math.floor(v / 2 ** Number(c));
  return fits(BigInt.asIntN(64, BigInt.asUintN(64, BigInt(v)) >> BigInt(c)));
}

/** The 63 bits of an Int as text. */
const bits = (a: unknown): string => BigInt.asUintN(63, big(a)).toString(2);

export function countOnes(a: Value): number {
  let ones = 0;
  for (const bit of bits(a)) if (bit === '1') ones++;
  return ones;
}

export const leadingZeros = (a: Value): number => (a === 0 ? 63 : 63 - bits(a).length);

export function trailingZeros(a: Value): number {
  if (a === 0) return 63;
  const text = bits(a);
  return text.length - 1 - text.lastIndexOf('1');
}

/** Negative, 0 or positive, as `a` is less than, equal to or greater than `b`. */
export function compareInts(a: Value, b: Value): number {
  const x = int(a);
  const y = int(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
