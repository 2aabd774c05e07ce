// Ints before 4.1: 64 bits, which wrap around. Within a program they are kept as those of today are, as a
// bigint beyond 2^53; one of more than 63 bits is no data, and cannot leave the program as such.
import type { Int, Value } from '../../../base/value.ts';
import { codePointsOf, trim } from '../../../base/value-text.ts';
import { Fault } from '../../fault.ts';
import { float, int, type Results, text } from '../../words/row.ts';
import type { BuiltinRow } from '../table.ts';

const BITS = 64;
const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

function wideInt(n: bigint): Int {
  const wrapped = BigInt.asIntN(BITS, n);
  return wrapped >= BigInt(Number.MIN_SAFE_INTEGER) && wrapped <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(wrapped)
    : (wrapped as unknown as Int);
}

const big = (v: Value | undefined): bigint => BigInt(int(v));
const unsigned = (v: Value | undefined): bigint => BigInt.asUintN(BITS, big(v));
const digits = (v: Value | undefined): string => unsigned(v).toString(2);
const inRange = (count: bigint): boolean => count >= 0n && count < BigInt(BITS);

const two =
  (run: (a: bigint, b: bigint) => bigint): BuiltinRow['run'] =>
  (a, b) =>
    wideInt(run(big(a), big(b)));

/** As the row has it: with a Bool, or ending the run. */
const dividing =
  (run: (a: bigint, b: bigint) => bigint) =>
  (row: BuiltinRow): NonNullable<BuiltinRow['run']> =>
  (a, b): Results => {
    const zero = big(b) === 0n;
    if (zero && !row.effect.endsWith('Bool )')) throw new Fault('division-by-zero', 'The divisor is 0.');
    const result = zero ? 0 : wideInt(run(big(a), big(b)));
    return row.effect.endsWith('Bool )') ? [result, !zero] : result;
  };

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = BigInt.asIntN(BITS, result * square);
    square = BigInt.asIntN(BITS, square * square);
  }
  return result;
}

function parsed(source: Value | undefined): bigint | undefined {
  const written = trim(text(source));
  const plain = typeof written === 'string' ? written : codePointsOf(written);
  if (!/^[+-]?\d{1,40}$/.test(plain)) return undefined;
  const n = BigInt(plain.replace(/^\+/, ''));
  return n > MAX || n < MIN ? undefined : n;
}

function truncated(n: number): Int {
  if (Number.isNaN(n)) return 0;
  if (n >= Number(MAX)) return wideInt(MAX);
  return n <= Number(MIN) ? wideInt(MIN) : wideInt(BigInt(Math.trunc(n)));
}

const divide = dividing((a, b) => a / b);
const modulo = dividing((a, b) => a % b);
const add = two((a, b) => a + b);
const subtract = two((a, b) => a - b);
const multiply = two((a, b) => a * b);

/** What the words that wrap around, or see the bits, do. */
const RUNS: Readonly<Record<string, { readonly run: BuiltinRow['run'] } | { readonly of: typeof divide }>> = {
  ...Object.fromEntries(['add', 'i.add'].map((name) => [name, { run: add }])),
  ...Object.fromEntries(['subtract', 'i.subtract'].map((name) => [name, { run: subtract }])),
  ...Object.fromEntries(['multiply', 'i.multiply'].map((name) => [name, { run: multiply }])),
  ...Object.fromEntries(['divide', 'i.divide', 'i./'].map((name) => [name, { of: divide }])),
  ...Object.fromEntries(['modulo', 'i.modulo', 'i.%', 'mod'].map((name) => [name, { of: modulo }])),
  shl: { run: (a, b) => (inRange(big(b)) ? wideInt(big(a) << big(b)) : 0) },
  shr: { run: (a, b) => (inRange(big(b)) ? wideInt(unsigned(a) >> big(b)) : 0) },
  band: { run: two((a, b) => a & b) },
  bor: { run: two((a, b) => a | b) },
  bxor: { run: two((a, b) => a ^ b) },
  bnot: { run: (a) => wideInt(~big(a)) },
  popcount: { run: (a) => digits(a).replaceAll('0', '').length },
  clz: { run: (a) => (a === 0 ? BITS : BITS - digits(a).length) },
  ctz: { run: (a) => (a === 0 ? BITS : digits(a).length - 1 - digits(a).lastIndexOf('1')) },
  abs: { run: (a) => wideInt(big(a) < 0n ? -big(a) : big(a)) },
  square: { run: (a) => wideInt(big(a) * big(a)) },
  pow: { run: two(power) },
  'float->int': { run: (a) => truncated(float(a)) },
};

/** The word on Ints of 64 bits. */
export function wide(row: BuiltinRow): BuiltinRow {
  if (row.name === 'string->int') return parsing(row);
  const found = Object.hasOwn(RUNS, row.name) ? RUNS[row.name]! : undefined;
  if (found === undefined) return row;
  const run = 'of' in found ? found.of(row) : found.run!;
  return { ...row, run };
}

function parsing(row: BuiltinRow): BuiltinRow {
  const flag = (good: boolean): Value => (row.effect.endsWith('Bool )') ? good : Number(good));
  return {
    ...row,
    run: (source) => {
      const n = parsed(source);
      return [n === undefined ? 0 : wideInt(n), flag(n !== undefined)];
    },
  };
}
