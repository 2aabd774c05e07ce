import { Float, INT_MAX, INT_MIN, type Int, intOf, sym, textOf, type Value } from '../../base/value.ts';
import { codePointsOf, trim } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { floatText, parseFloatText } from './float-text.ts';
import { bool, float, int, type Results, symbol, text, type WordRow, workOfAll } from './row.ts';

/** Truncates towards zero; the nearest Int for what is beyond the range, 0 for NaN. */
export function floatToInt(n: number): Int {
  if (Number.isNaN(n)) return 0;
  if (Number.isSafeInteger(n)) return n + 0;
  if (n >= Number(INT_MAX)) return INT_MAX;
  if (n <= Number(INT_MIN)) return INT_MIN;
  return intOf(BigInt(Math.trunc(n)));
}

/** The Int that `source` writes in decimal, with white space around it, and true; or 0 and false. */
function parseInteger(source: Value): Results {
  const digits = trim(text(source));
  if (!/^[+-]?\d+$/.test(digits)) return [0, false];
  const significant = digits.replace(/^([+-]?)0*(?=\d)/, '$1');
  if (significant.length > 20) return [0, false];
  const n = BigInt(significant.startsWith('+') ? significant.slice(1) : significant);
  return n > INT_MAX || n < INT_MIN ? [0, false] : [intOf(n), true];
}

function parseFloating(source: Value): Results {
  const n = parseFloatText(codePointsOf(text(source)));
  return n === undefined ? [new Float(0), false] : [new Float(n), true];
}

/** The text of one code point; "" for a number that is none, surrogates included. */
function character(v: Value): string {
  const code = int(v);
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '';
  return String.fromCodePoint(Number(code));
}

function toSymbol(v: Value): Value {
  const name = text(v);
  if (typeof name !== 'string') throw new Fault('bad-argument', 'The name of a Symbol must be valid UTF-8.');
  return sym(name);
}

function int32Bytes(v: Value): Value {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, Number(BigInt.asIntN(32, BigInt(int(v)))));
  return textOf(bytes, true);
}

function float32Bytes(v: Value): Value {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, float(v));
  return textOf(bytes, true);
}

export const conversionWords: readonly WordRow[] = [
  { name: 'int->string', effect: '( Int -- String )', run: (v) => String(int(v)) },
  { name: 'int->float', effect: '( Int -- Float )', run: (v) => new Float(Number(int(v))) },
  { name: 'float->int', effect: '( Float -- Int )', run: (v) => floatToInt(float(v)) },
  { name: 'float->string', effect: '( Float -- String )', run: (v) => floatText(float(v)) },
  { name: 'string->int', effect: '( String -- Int Bool )', run: parseInteger, work: workOfAll },
  { name: 'string->float', effect: '( String -- Float Bool )', run: parseFloating, work: workOfAll },
  { name: 'char->string', effect: '( Int -- String )', run: character },
  { name: 'symbol->string', effect: '( Symbol -- String )', run: (v) => symbol(v).name },
  { name: 'string->symbol', effect: '( String -- Symbol )', run: toSymbol, work: workOfAll },
  { name: 'int.to-bytes-i32-be', effect: '( Int -- String )', run: int32Bytes },
  { name: 'float.to-bytes-f32-be', effect: '( Float -- String )', run: float32Bytes },
  { name: 'and', effect: '( Bool Bool -- Bool )', run: (a, b) => bool(a) && bool(b) },
  { name: 'or', effect: '( Bool Bool -- Bool )', run: (a, b) => bool(a) || bool(b) },
  { name: 'not', effect: '( Bool -- Bool )', run: (a) => !bool(a) },
];
