// Operations on String values. Lengths and positions are in code points, counted from 0; what works on bytes
// says so. Ill-formed text has no code points: as in the reference, operations on code points treat it as "".
import { codeUnitAt } from './text-units.ts';
import { bytesOf, type Text, textOf } from './value-scalars.ts';

const SURROGATE = /[\ud800-\udfff]/;

// Programs walk a text by position; so the last long text is remembered along with whether its positions are
// UTF-16 units.
let lastText = '';
let lastIsUnits = true;

/** Whether code points and UTF-16 units are the same in `text`. */
function isUnits(text: string): boolean {
  if (text.length < 16) return !SURROGATE.test(text);
  if (text !== lastText) {
    lastIsUnits = !SURROGATE.test(text);
    lastText = text;
  }
  return lastIsUnits;
}

/** The text, or "" for bytes that are not UTF-8. */
export function codePointsOf(text: Text): string {
  return typeof text === 'string' ? text : '';
}

/** How many code points `text` has. */
export function codePointLength(text: Text): number {
  const string = codePointsOf(text);
  if (isUnits(string)) return string.length;
  let count = string.length;
  for (let i = 0; i < string.length; i++) if ((string.charCodeAt(i) & 0xfc00) === 0xd800) count--;
  return count;
}

/** The bytes of `text` in UTF-8, as a number. */
export function byteLength(text: Text): number {
  if (typeof text !== 'string') return text.bytes.length;
  return utf8Length(text);
}

/** The bytes of `text` in UTF-8, as a number. */
export function utf8Length(text: string): number {
  const { length } = text;
  let bytes = length;
  for (let i = 0; i < length; i++) {
    const unit = codeUnitAt(text, i);
    // A surrogate pair is 2 units and 4 bytes; each of its halves adds 1.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** `a` followed by `b`, by their bytes: two ill-formed texts may make a well-formed one. */
export function concat(a: Text, b: Text): Text {
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  const bytesA = bytesOf(a);
  const bytesB = bytesOf(b);
  const joined = new Uint8Array(bytesA.length + bytesB.length);
  joined.set(bytesA);
  joined.set(bytesB, bytesA.length);
  return textOf(joined, true);
}

/** The UTF-16 unit at which the code point at `position` starts; the length when there is none. */
function unitAt(text: string, position: number): number {
  if (isUnits(text)) return Math.min(position, text.length);
  let unit = 0;
  for (let left = position; left > 0 && unit < text.length; left--)
    unit += (text.charCodeAt(unit) & 0xfc00) === 0xd800 ? 2 : 1;
  return unit;
}

/** The code point at `position`, or undefined when there is none. */
export function codePointAt(text: Text, position: number): number | undefined {
  if (!(position >= 0)) return undefined;
  const string = codePointsOf(text);
  return string.codePointAt(unitAt(string, position));
}

/** `count` code points from `start` on, or fewer at the end; "" when one of them is negative. */
export function substring(text: Text, start: number, count: number): string {
  if (!(start >= 0 && count >= 0)) return '';
  const string = codePointsOf(text);
  if (isUnits(string)) return string.slice(start, start + count);
  const from = unitAt(string, start);
  return string.slice(from, from + unitAt(string.slice(from), count));
}

/** The position of the first occurrence of `part`, or -1. */
export function find(text: Text, part: Text): number {
  const string = codePointsOf(text);
  const unit = string.indexOf(codePointsOf(part));
  return unit <= 0 || isUnits(string) ? unit : codePointLength(string.slice(0, unit));
}

/** The byte offset of `part` in `bytes` at or after `from`, or -1. */
export function findBytes(bytes: Uint8Array, part: Uint8Array, from = 0): number {
  if (part.length === 0) return from <= bytes.length ? from : -1;
  const first = part[0]!;
  const last = bytes.length - part.length;
  for (let at = bytes.indexOf(first, from); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let matched = 1;
    while (matched < part.length && bytes[at + matched] === part[matched]) matched++;
    if (matched === part.length) return at;
  }
  return -1;
}

/** Whether the bytes of `part` occur in those of `text`. */
export function contains(text: Text, part: Text): boolean {
  if (typeof text === 'string' && typeof part === 'string') return text.includes(part);
  return findBytes(bytesOf(text), bytesOf(part)) >= 0;
}

/** Whether the bytes of `text` begin with those of `part`. */
export function startsWith(text: Text, part: Text): boolean {
  if (typeof text === 'string' && typeof part === 'string') return text.startsWith(part);
  const bytes = bytesOf(text);
  return bytesOf(part).every((byte, i) => bytes[i] === byte);
}

/** Whether the bytes are the same. */
export function sameText(a: Text, b: Text): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.bytes.length === b.bytes.length && a.bytes.every((byte, i) => b.bytes[i] === byte);
}

/**
 * The parts of `text` between the occurrences of the bytes of `separator`; the first `partsMax` of them. An
 * empty separator gives each byte for itself, and an empty part before and after.
 */
export function split(text: Text, separator: Text, partsMax = 0xffffffff): Text[] {
  if (typeof text === 'string' && typeof separator === 'string' && separator !== '')
    return text.split(separator, partsMax);
  const bytes = bytesOf(text);
  const between = bytesOf(separator);
  const parts: Text[] = [];
  if (between.length === 0) {
    parts.push('');
    for (let i = 0; i < bytes.length && parts.length < partsMax; i++)
      parts.push(textOf(bytes.slice(i, i + 1), true));
    if (parts.length < partsMax) parts.push('');
    return parts;
  }
  let from = 0;
  for (let at = findBytes(bytes, between); at >= 0; at = findBytes(bytes, between, from)) {
    if (parts.length === partsMax) return parts;
    parts.push(textOf(bytes.subarray(from, at)));
    from = at + between.length;
  }
  if (parts.length < partsMax) parts.push(textOf(bytes.subarray(from)));
  return parts;
}

/** `text` without Unicode white space at its ends. */
export function trim(text: Text): string {
  const string = codePointsOf(text);
  let from = 0;
  let to = string.length;
  while (from < to && isSpace(string.charCodeAt(from))) from++;
  while (to > from && isSpace(string.charCodeAt(to - 1))) to--;
  return string.slice(from, to);
}

/**
 * The Unicode property White_Space (all of it is below U+10000). String.trim differs in U+0085 and U+FEFF.
 */
function isSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 9 && unit <= 13);
  if (unit < 0x80) return false;
  return /\p{White_Space}/u.test(String.fromCharCode(unit));
}

/** `text` without one line end, "\n" or "\r\n", at its end. */
export function chomp(text: Text): Text {
  if (typeof text === 'string') return text.replace(/\r?\n$/, '');
  const { bytes } = text;
  const end = bytes.length;
  if (bytes[end - 1] !== 10) return text;
  return textOf(bytes.subarray(0, bytes[end - 2] === 13 ? end - 2 : end - 1));
}
