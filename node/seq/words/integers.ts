import type { Int, Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import {
  add,
  bitAnd,
  bitNot,
  bitOr,
  bitXor,
  compareInts,
  countOnes,
  leadingZeros,
  multiply,
  power,
  quotient,
  remainder,
  shiftLeft,
  shiftRight,
  subtract,
  trailingZeros,
} from './int63.ts';
import { int, type Results, type WordRow } from './row.ts';

type Test = (order: number) => boolean;

const binary = (name: string, alias: string, run: (a: Value, b: Value) => Results): WordRow => ({
  name,
  aliases: [alias],
  effect: '( Int Int -- Int )',
  run,
});

/** A word that gives its result and true, or 0 and false. */
const partial = (
  name: string,
  aliases: readonly string[],
  run: (a: Value, b: Value) => Int | undefined,
): WordRow => ({
  name,
  aliases,
  effect: '( Int Int -- Int Bool )',
  run: (a, b) => {
    const result = run(a, b);
    return result === undefined ? [0, false] : [result, true];
  },
});

const comparison = (name: string, alias: string, test: Test): WordRow => ({
  name,
  aliases: [alias],
  effect: '( Int Int -- Bool )',
  run: (a, b) => test(compareInts(a, b)),
});

const unary = (name: string, run: (a: Value) => Results, aliases: readonly string[] = []): WordRow => ({
  name,
  aliases,
  effect: '( Int -- Int )',
  run: (a) => run(a),
});

const seedComparison = (name: string, test: Test): WordRow => ({
  name,
  effect: '( Int Int -- Bool )',
  run: (a, b) => test(compareInts(a, b)),
});

/** What a division of the seed generation faults with. */
function defined(result: Int | undefined): Results {
  if (result === undefined) throw new Fault('division-by-zero', 'The divisor is 0.');
  return result;
}

const seedArithmetic = (name: string, run: (a: Value, b: Value) => Results): WordRow => ({
  name,
  effect: '( Int Int -- Int )',
  run,
});

export const integerWords: readonly WordRow[] = [
  binary('i.add', 'i.+', add),
  binary('i.subtract', 'i.-', subtract),
  binary('i.multiply', 'i.*', multiply),
  partial('i.divide', ['i./'], quotient),
  partial('i.modulo', ['i.%'], remainder),
  partial('i.pow', [], power),
  comparison('i.eq', 'i.=', (order) => order === 0),
  comparison('i.lt', 'i.<', (order) => order < 0),
  comparison('i.gt', 'i.>', (order) => order > 0),
  comparison('i.lte', 'i.<=', (order) => order <= 0),
  comparison('i.gte', 'i.>=', (order) => order >= 0),
  comparison('i.neq', 'i.<>', (order) => order !== 0),
  { name: 'band', effect: '( Int Int -- Int )', run: bitAnd },
  { name: 'bor', effect: '( Int Int -- Int )', run: bitOr },
  { name: 'bxor', effect: '( Int Int -- Int )', run: bitXor },
  { name: 'shl', effect: '( Int Int -- Int )', run: shiftLeft },
  { name: 'shr', effect: '( Int Int -- Int )', run: shiftRight },
  unary('bnot', bitNot),
  unary('popcount', countOnes),
  unary('clz', leadingZeros),
  unary('ctz', trailingZeros),
  unary('i.neg', (a) => subtract(0, a), ['negate']),
  { name: 'int-bits', effect: '( -- Int )', run: () => 63 },
  // The seed generation.
  seedArithmetic('add', add),
  seedArithmetic('subtract', subtract),
  seedArithmetic('multiply', multiply),
  seedArithmetic('divide', (a, b) => defined(quotient(a, b))),
  seedArithmetic('modulo', (a, b) => defined(remainder(a, b))),
  seedComparison('=', (order) => order === 0),
  seedComparison('<', (order) => order < 0),
  seedComparison('>', (order) => order > 0),
  seedComparison('<=', (order) => order <= 0),
  seedComparison('>=', (order) => order >= 0),
  seedComparison('<>', (order) => order !== 0),
];

/** The digits of base 2. Of a negative Int only the lowest bit, as in the reference, which defines none. */
const binaryDigits = (v: Value): string => {
  const n = int(v);
  return n < 0 ? String(bitAnd(n, 1)) : n.toString(2);
};

/** The lowest `width` bits, from the highest to the lowest. */
function bits(v: Value, width: Value): string {
  const count = int(width);
  if (count > BITS_TEXT_MAX) throw new Fault('too-large', `At most ${BITS_TEXT_MAX} bits can be written.`);
  return count <= 0 ? '' : binaryDigits(v).padStart(Number(count), '0').slice(-Number(count));
}

const nibbles = (digits: string): string => digits.replace(/\d{4}(?=\d)/g, '$& ');

const BITS_TEXT_MAX = 1_000_000;

/** As before 7.0: what is too large wraps around, and there are no powers below 0. */
function wrappingPower(base: Value, exponent: Value): Results {
  let power: Int = 1;
  let square = int(base);
  for (let left = BigInt(int(exponent)); left > 0n; left >>= 1n) {
    if (left & 1n) power = multiply(power, square);
    square = multiply(square, square);
  }
  return power;
}

const library = (name: string, effect: string, run: WordRow['run']): WordRow => ({
  name,
  effect,
  run,
  module: 'std:imath',
});

function greatestDivisor(a: Value, b: Value): Results {
  let x = int(a);
  let y = int(b);
  while (y !== 0) [x, y] = [y, int(remainder(x, y))];
  return x < 0 ? subtract(0, x) : x;
}

export const integerLibrary: readonly WordRow[] = [
  library('abs', '( Int -- Int )', (a) => (int(a) < 0 ? subtract(0, a) : a)),
  library('max', '( Int Int -- Int )', (a, b) => (compareInts(a, b) > 0 ? a : b)),
  library('min', '( Int Int -- Int )', (a, b) => (compareInts(a, b) < 0 ? a : b)),
  library('gcd', '( Int Int -- Int )', (a, b) => greatestDivisor(a, b)),
  library('sign', '( Int -- Int )', (a) => compareInts(a, 0)),
  library('square', '( Int -- Int )', (a) => multiply(a, a)),
  library('int->bits', '( Int -- String )', binaryDigits),
  library('int->bits-padded', '( Int Int -- String )', bits),
  library('int->bits-fmt-8', '( Int -- String )', (a) => nibbles(bits(a, 8))),
  library('int->bits-fmt-16', '( Int -- String )', (a) => nibbles(bits(a, 16))),
  // Before 7.0.
  library('mod', '( Int Int -- Int Bool )', (a, b) => {
    const result = remainder(a, b);
    return result === undefined ? [0, false] : [result, true];
  }),
  library('pow', '( Int Int -- Int )', wrappingPower),
  library('clamp', '( Int Int Int -- Int )', (a, low, high) =>
    compareInts(a, low) < 0 ? low : compareInts(a, high) > 0 ? high : a,
  ),
];
