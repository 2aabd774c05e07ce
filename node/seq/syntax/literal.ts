// The literals of Seq: numbers and strings.
import { bytesOf, Float, INT_MAX, INT_MIN, intOf, textOf, type Value } from '../../base/value.ts';
import { beyondFloats } from '../words/float-text.ts';
import { fail } from './diagnostic.ts';
import type { Token } from './lexer.ts';

const DECIMAL = /^[+-]?\d+$/;
const HEX = /^0[xX][0-9a-fA-F]+$/;
const BINARY = /^0[bB][01]+$/;
const FLOAT = /^[+-]?(?:\d+\.\d*|\d+(?=[eE])|\.\d+)(?:[eE][+-]?\d+)?$/;
export const SYMBOL_NAME = /^(?!\d)[\p{Alphabetic}\p{N}\-_.?!]+$/u;
/** The longest digits that can be in range, with leading zeros to spare. */
const INT_LENGTH_MAX = 128;

interface NumberLiteral {
  readonly type: 'Int' | 'Float';
  readonly value: Value;
  /** See ast.ts. */
  readonly wide?: bigint;
}

/** The Int or Float that a name token spells, or undefined when it spells none. */
export function numberLiteral(token: Token): NumberLiteral | undefined {
  const { text } = token;
  const first = text.charCodeAt(0);
  const digit = (first >= 0x30 && first <= 0x39) || first === 0x2d || first === 0x2b || first === 0x2e;
  if (!digit || (text.length === 1 && (first < 0x30 || first > 0x39))) return undefined;
  if (DECIMAL.test(text) || HEX.test(text) || BINARY.test(text)) return intLiteral(token);
  if (FLOAT.test(text)) return { type: 'Float', value: floatLiteral(token) };
  if (/^[+-]?\d/.test(text) && /^0[xXbB]/.test(text))
    fail(
      token,
      'bad-number',
      `${JSON.stringify(text.slice(0, 40))} is not a number.`,
      'After 0x stand the digits 0 to 9 and a to f, after 0b only 0 and 1.',
    );
  return undefined;
}

function floatLiteral(token: Token): Value {
  if (beyondFloats(token.text))
    fail(
      token,
      'float-out-of-range',
      'The number is beyond what a Float holds.',
      'A Float lies between 5e-324 and 1.7976931348623157e308, or is 0.',
    );
  return new Float(Number(token.text));
}

function intLiteral(token: Token): NumberLiteral {
  const text = token.text.replace(/^\+/, '');
  if (text.length <= 15) return { type: 'Int', value: Number(text) + 0 };
  const value = text.length > INT_LENGTH_MAX ? undefined : BigInt(text);
  // The reference reads 64 bits and keeps 63 of them; a literal that only 64 bits hold wraps like a result
  // would.
  if (value === undefined || BigInt.asIntN(64, value) !== value)
    fail(
      token,
      'int-out-of-range',
      'The Int does not fit into 63 bits.',
      `An Int lies between ${INT_MIN} and ${INT_MAX}.`,
    );
  const wraps = value > INT_MAX || value < INT_MIN;
  return { type: 'Int', value: intOf(value), ...(wraps ? { wide: value } : {}) };
}

const PLAIN_ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n', r: '\r', t: '\t' };

/** The value of a string token: `\xNN` is one byte, all else is its UTF-8. */
export function stringLiteral(token: Token): Value {
  const raw = token.text.slice(1, -1);
  if (!raw.includes('\\')) return raw;
  const parts: (string | number)[] = [];
  let ascii = true;
  let from = 0;
  for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', from)) {
    if (at > from) parts.push(raw.slice(from, at));
    const letter = raw[at + 1]!;
    if (letter === 'x') {
      const hex = raw.slice(at + 2, at + 4);
      if (!/^[0-9a-fA-F]{2}$/.test(hex))
        fail(token, 'bad-escape', 'The escape \\x needs two hexadecimal digits.', 'Write it as in \\x1b.');
      const byte = Number.parseInt(hex, 16);
      if (byte > 0x7f) ascii = false;
      parts.push(byte);
      from = at + 4;
    } else {
      const plain = Object.hasOwn(PLAIN_ESCAPES, letter) ? PLAIN_ESCAPES[letter]! : undefined;
      if (plain === undefined)
        fail(
          token,
          'bad-escape',
          `The string has the unknown escape \\${letter}.`,
          'The escapes are \\" \\\\ \\n \\r \\t and \\xNN.',
        );
      parts.push(plain);
      from = at + 2;
    }
  }
  parts.push(raw.slice(from));
  if (ascii)
    return parts.map((part) => (typeof part === 'number' ? String.fromCharCode(part) : part)).join('');
  return textOf(joinBytes(parts), true);
}

function joinBytes(parts: readonly (string | number)[]): Uint8Array {
  const chunks = parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : bytesOf(part)));
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
