import { Float } from '../../base/value.ts';
import { float, type WordRow } from './row.ts';

const binary = (
  name: string,
  aliases: readonly string[],
  compute: (a: number, b: number) => number,
): WordRow => ({
  name,
  aliases,
  effect: '( Float Float -- Float )',
  run: (a, b) => new Float(compute(float(a), float(b))),
});

const comparison = (name: string, alias: string, test: (a: number, b: number) => boolean): WordRow => ({
  name,
  aliases: [alias],
  effect: '( Float Float -- Bool )',
  run: (a, b) => test(float(a), float(b)),
});

const unary = (name: string, compute: (a: number) => number): WordRow => ({
  name,
  effect: '( Float -- Float )',
  run: (a) => new Float(compute(float(a))),
});

const constant = (name: string, value: number): WordRow => {
  const boxed = new Float(value);
  return { name, effect: '( -- Float )', run: () => boxed };
};

/** To the nearest integer, and to the even one of two that are as near. */
function roundTiesToEven(n: number): number {
  const floor = Math.floor(n);
  const rest = n - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const rounded = up ? floor + 1 : floor;
  return rounded === 0 && n < 0 ? -0 : rounded;
}

export const floatWords: readonly WordRow[] = [
  binary('f.add', ['f.+'], (a, b) => a + b),
  binary('f.subtract', ['f.-'], (a, b) => a - b),
  binary('f.multiply', ['f.*'], (a, b) => a * b),
  binary('f.divide', ['f./'], (a, b) => a / b),
  comparison('f.eq', 'f.=', (a, b) => a === b),
  comparison('f.lt', 'f.<', (a, b) => a < b),
  comparison('f.gt', 'f.>', (a, b) => a > b),
  comparison('f.lte', 'f.<=', (a, b) => a <= b),
  comparison('f.gte', 'f.>=', (a, b) => a >= b),
  comparison('f.neq', 'f.<>', (a, b) => a !== b),
  unary('f.sqrt', Math.sqrt),
  unary('f.cbrt', Math.cbrt),
  binary('f.pow', [], powerOf),
  unary('f.exp', Math.exp),
  unary('f.ln', Math.log),
  unary('f.log10', Math.log10),
  unary('f.log2', Math.log2),
  unary('f.sin', Math.sin),
  unary('f.cos', Math.cos),
  unary('f.tan', Math.tan),
  unary('f.asin', Math.asin),
  unary('f.acos', Math.acos),
  unary('f.atan', Math.atan),
  binary('f.atan2', [], Math.atan2),
  unary('f.floor', Math.floor),
  unary('f.ceil', Math.ceil),
  unary('f.round', roundTiesToEven),
  unary('f.trunc', Math.trunc),
  constant('f.pi', Math.PI),
  constant('f.e', Math.E),
  constant('f.tau', 2 * Math.PI),
];

/** IEEE 754 pow, where ECMAScript differs from it: 1 to any power, and -1 to an infinite one, is 1. */
function powerOf(base: number, exponent: number): number {
  return base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent))
    ? 1
    : base ** exponent;
}

const library = (name: string, effect: string, run: WordRow['run']): WordRow => ({
  name,
  effect,
  run,
  module: 'std:fmath',
});

export const floatLibrary: readonly WordRow[] = [
  library('f.abs', '( Float -- Float )', (a) => new Float(float(a) < 0 ? 0 - float(a) : float(a))),
  library('f.max', '( Float Float -- Float )', (a, b) => (float(a) > float(b) ? a : b)),
  library('f.min', '( Float Float -- Float )', (a, b) => (float(a) < float(b) ? a : b)),
  library('f.sign', '( Float -- Float )', (a) => new Float(float(a) < 0 ? -1 : float(a) > 0 ? 1 : 0)),
  library('f.square', '( Float -- Float )', (a) => new Float(float(a) * float(a))),
  library('f.neg', '( Float -- Float )', (a) => new Float(0 - float(a))),
  library('f.clamp', '( Float Float Float -- Float )', (a, low, high) =>
    float(a) < float(low) ? low : float(a) > float(high) ? high : a,
  ),
];
