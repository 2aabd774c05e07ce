// The builtins that numeric words may call, as instructions. Each does what its row of the table does: Ints
// are doubled (see encoding.ts), so that sums need no wrapping, and what is halved before it is used are
// factors, counts and what becomes a Float.
import type { Builtin } from '../../builtins/table.ts';
import { conversionWords } from '../../words/conversions.ts';
import { floatLibrary, floatWords } from '../../words/floats.ts';
import { integerLibrary, integerWords } from '../../words/integers.ts';
import { type Code, f64Const, i64Const, type NumberType, SELECT } from './encoding.ts';

/** What the instructions of a builtin ask of the function that they are part of. */
export interface Host {
  /** Keeps the value of the code in a local variable; gives the code that reads it. */
  keep(type: NumberType, code: Code): Code;
  /** Ends the run as this fault where the condition holds. */
  faultIf(condition: Code, code: string, message: string): void;
}

export interface NumericWord {
  readonly takes: readonly NumberType[];
  readonly gives: readonly NumberType[];
  /** The code for each of its results, from that of its inputs, which may be repeated. */
  emit(inputs: readonly Code[], host: Host): readonly Code[];
}

const ONE = i64Const(1n);
const ZERO = i64Const(0n);
const halved = (a: Code): Code => [...a, ...ONE, 0x87];
const doubled = (a: Code): Code => [...a, ...ONE, 0x86];
const isZero = (a: Code): Code => [...a, 0x50];
const isNot = (a: Code): Code => [...a, 0x45];

/** A word of that many inputs of one type and one result, of this code. */
const simple = (
  type: NumberType,
  count: number,
  gives: NumberType,
  emit: (inputs: readonly Code[], host: Host) => Code,
): NumericWord => ({
  takes: new Array<NumberType>(count).fill(type),
  gives: [gives],
  emit: (inputs, host) => [emit(inputs, host)],
});

const operator = (type: NumberType, gives: NumberType, code: number): NumericWord =>
  simple(type, 2, gives, ([a, b]) => [...a!, ...b!, code]);
const ints = (code: number): NumericWord => operator('int', 'int', code);
const compares = (code: number): NumericWord => operator('int', 'bool', code);
const floats = (code: number): NumericWord => operator('float', 'float', code);
const comparesFloats = (code: number): NumericWord => operator('float', 'bool', code);
const ofFloat = (code: number): NumericWord => simple('float', 1, 'float', ([a]) => [...a!, code]);
const constant = (value: number): NumericWord => simple('float', 0, 'float', () => f64Const(value));

/** `a` where the comparison of `a` and `b` holds, else `b`. */
const chosen = (a: Code, b: Code, comparison: number): Code => [
  ...a,
  ...b,
  ...a,
  ...b,
  comparison,
  ...SELECT,
];
const choosing = (type: NumberType, comparison: number): NumericWord =>
  simple(type, 2, type, ([a, b]) => chosen(a!, b!, comparison));

/**
 * Neither instruction may meet 0. The doubled least Int divided by a doubled -1 does not overflow, and wraps
 * when it is doubled.
 */
const quotient = (a: Code, divisor: Code): Code => doubled([...a, ...divisor, 0x7f]);
const remainder = (a: Code, divisor: Code): Code => [...a, ...divisor, 0x81];

/** A result and true, or 0 and false. */
const partial = (divide: (a: Code, divisor: Code) => Code): NumericWord => ({
  takes: ['int', 'int'],
  gives: ['int', 'bool'],
  emit: ([a, b], host) => {
    const divisor = [...i64Const(2n), ...b!, ...isZero(b!), ...SELECT];
    const result = host.keep('int', divide(a!, divisor));
    return [[...ZERO, ...result, ...isZero(b!), ...SELECT], isNot(isZero(b!))];
  },
});

const faulting = (divide: (a: Code, divisor: Code) => Code): NumericWord =>
  simple('int', 2, 'int', ([a, b], host) => {
    host.faultIf(isZero(b!), 'division-by-zero', 'The divisor is 0.');
    return divide(a!, b!);
  });

/** Shifts of 64 bits: 0 when the count is outside [0, 63] or the result is no Int. */
const shift = (code: number): NumericWord =>
  simple('int', 2, 'int', ([a, b], host) => {
    const count = host.keep('int', halved(b!));
    const shifted = host.keep('int', [...halved(a!), ...count, code]);
    const inRange = [...count, ...i64Const(64n), 0x54];
    const fits = [...halved(doubled(shifted)), ...shifted, 0x51];
    return [...doubled(shifted), ...ZERO, ...inRange, ...fits, 0x71, ...SELECT];
  });

const LEAST = f64Const(-(2 ** 62));
const GREATEST = f64Const(2 ** 62);

/** Truncates; the nearest Int beyond the range, 0 for what is no number. */
function floatToInt(a: Code): Code {
  const inside = doubled([...a, 0xfc, 0x06]);
  const notTooLarge = [...i64Const(2n ** 63n - 2n), ...inside, ...a, ...GREATEST, 0x66, ...SELECT];
  return [...i64Const(-(2n ** 63n)), ...notTooLarge, ...a, ...LEAST, 0x65, ...SELECT];
}

const INTS: Readonly<Record<string, NumericWord>> = {
  'i.add': ints(0x7c),
  'i.subtract': ints(0x7d),
  'i.multiply': simple('int', 2, 'int', ([a, b]) => [...halved(a!), ...b!, 0x7e]),
  'i.divide': partial(quotient),
  'i.modulo': partial(remainder),
  'i.eq': compares(0x51),
  'i.neq': compares(0x52),
  'i.lt': compares(0x53),
  'i.gt': compares(0x55),
  'i.lte': compares(0x57),
  'i.gte': compares(0x59),
  band: ints(0x83),
  bor: ints(0x84),
  bxor: ints(0x85),
  shl: shift(0x86),
  shr: shift(0x88),
  bnot: simple('int', 1, 'int', ([a]) => [...a!, ...i64Const(-2n), 0x85]),
  popcount: simple('int', 1, 'int', ([a]) => doubled([...a!, 0x7b])),
  // The leading zeros of the 63 bits are those of the doubled value, but for 0.
  clz: simple('int', 1, 'int', ([a]) => doubled([...i64Const(63n), ...a!, 0x79, ...isZero(a!), ...SELECT])),
  ctz: simple('int', 1, 'int', ([a]) => doubled([...a!, 0x7a, ...ONE, 0x7d])),
  'i.neg': simple('int', 1, 'int', ([a]) => [...ZERO, ...a!, 0x7d]),
  'int-bits': simple('int', 0, 'int', () => i64Const(2n * 63n)),
  add: ints(0x7c),
  subtract: ints(0x7d),
  multiply: simple('int', 2, 'int', ([a, b]) => [...halved(a!), ...b!, 0x7e]),
  divide: faulting(quotient),
  modulo: faulting(remainder),
};

const INT_LIBRARY: Readonly<Record<string, NumericWord>> = {
  abs: simple('int', 1, 'int', ([a]) => [...ZERO, ...a!, 0x7d, ...a!, ...a!, ...ZERO, 0x53, ...SELECT]),
  max: choosing('int', 0x55),
  min: choosing('int', 0x53),
  sign: simple('int', 1, 'int', ([a]) => [
    ...doubled([...a!, ...ZERO, 0x55, 0xac]),
    ...doubled([...a!, ...ZERO, 0x53, 0xac]),
    0x7d,
  ]),
  square: simple('int', 1, 'int', ([a]) => [...halved(a!), ...a!, 0x7e]),
  mod: partial(remainder),
  clamp: simple('int', 3, 'int', ([a, low, high]) => [
    ...low!,
    ...chosen(high!, a!, 0x53),
    ...a!,
    ...low!,
    0x53,
    ...SELECT,
  ]),
};

const FLOATS: Readonly<Record<string, NumericWord>> = {
  'f.add': floats(0xa0),
  'f.subtract': floats(0xa1),
  'f.multiply': floats(0xa2),
  'f.divide': floats(0xa3),
  'f.eq': comparesFloats(0x61),
  'f.neq': comparesFloats(0x62),
  'f.lt': comparesFloats(0x63),
  'f.gt': comparesFloats(0x64),
  'f.lte': comparesFloats(0x65),
  'f.gte': comparesFloats(0x66),
  'f.sqrt': ofFloat(0x9f),
  'f.floor': ofFloat(0x9c),
  'f.ceil': ofFloat(0x9b),
  'f.round': ofFloat(0x9e),
  'f.trunc': ofFloat(0x9d),
  'f.pi': constant(Math.PI),
  'f.e': constant(Math.E),
  'f.tau': constant(2 * Math.PI),
};

const NULL = f64Const(0);
const FLOAT_LIBRARY: Readonly<Record<string, NumericWord>> = {
  'f.abs': simple('float', 1, 'float', ([a]) => [
    ...NULL,
    ...a!,
    0xa1,
    ...a!,
    ...a!,
    ...NULL,
    0x63,
    ...SELECT,
  ]),
  'f.max': choosing('float', 0x64),
  'f.min': choosing('float', 0x63),
  'f.square': simple('float', 1, 'float', ([a]) => [...a!, ...a!, 0xa2]),
  'f.neg': simple('float', 1, 'float', ([a]) => [...NULL, ...a!, 0xa1]),
  'f.clamp': simple('float', 3, 'float', ([a, low, high]) => [
    ...low!,
    ...chosen(high!, a!, 0x63),
    ...a!,
    ...low!,
    0x63,
    ...SELECT,
  ]),
};

const CONVERSIONS: Readonly<Record<string, NumericWord>> = {
  'int->float': { takes: ['int'], gives: ['float'], emit: ([a]) => [[...halved(a!), 0xb9]] },
  'float->int': { takes: ['float'], gives: ['int'], emit: ([a]) => [floatToInt(a!)] },
  and: operator('bool', 'bool', 0x71),
  or: operator('bool', 'bool', 0x72),
  not: simple('bool', 1, 'bool', ([a]) => isNot(a!)),
};

let known: ReadonlyMap<unknown, NumericWord> | undefined;

/** By what carries the word out, because words of older releases have other meanings under the same names. */
function table(): ReadonlyMap<unknown, NumericWord> {
  const entries: [unknown, NumericWord][] = [];
  for (const [rows, words] of [
    [integerWords, INTS],
    [integerLibrary, INT_LIBRARY],
    [floatWords, FLOATS],
    [floatLibrary, FLOAT_LIBRARY],
    [conversionWords, CONVERSIONS],
  ] as const)
    for (const row of rows) if (Object.hasOwn(words, row.name)) entries.push([row.run, words[row.name]!]);
  return new Map(entries);
}

export function numericWord(builtin: Builtin): NumericWord | undefined {
  known ??= table();
  return builtin.run === undefined ? undefined : known.get(builtin.run);
}
