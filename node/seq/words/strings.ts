import { formatNotation } from '../../base/notation.ts';
import { Bytes, bytesOf, Float, List, Sym, type Text, textOf, type Value } from '../../base/value.ts';
import {
  byteLength,
  chomp,
  codePointAt,
  codePointLength,
  concat,
  contains,
  find,
  sameText,
  split,
  startsWith,
  substring,
  trim,
} from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { elements } from './elements.ts';
import { floatText } from './float-text.ts';
import { int, lengthOf, symbol, text, type WordRow, workOfAll } from './row.ts';
import { TEXT_LENGTH_MAX } from './text-length.ts';

/** Throws Fault('too-large') for more than TEXT_LENGTH_MAX. */
export function checkLength(length: number): void {
  if (length > TEXT_LENGTH_MAX)
    throw new Fault(
      'too-large',
      `The String would have ${length} characters; the limit is ${TEXT_LENGTH_MAX}.`,
    );
}

/** Throws Fault('too-large') for text longer than TEXT_LENGTH_MAX; else gives it. */
export function checked<T extends Text>(v: T): T {
  checkLength(lengthOf(v));
  return v;
}

function joinTwo(a: Value, b: Value): Text {
  const left = text(a);
  const right = text(b);
  checkLength(lengthOf(left) + lengthOf(right));
  return concat(left, right);
}

/** The text of one element of a list that is joined. */
function elementText(v: Value): Text {
  if (typeof v === 'string' || v instanceof Bytes) return v;
  if (v instanceof Float) return floatText(v.value);
  if (v instanceof Sym) return `:${v.name}`;
  return formatNotation(v, { charsMax: TEXT_LENGTH_MAX });
}

function join(list: Value, separator: Value): Text {
  const between = text(separator);
  let length = 0;
  const parts: Text[] = [];
  for (const element of elements(list)) {
    const part = elementText(element);
    length += lengthOf(part) + lengthOf(between);
    checkLength(length);
    parts.push(part);
  }
  const wellFormed = (each: Text): each is string => typeof each === 'string';
  if (parts.every(wellFormed) && wellFormed(between)) return parts.join(between);
  return joinBytes(parts, between);
}

function joinBytes(parts: readonly Text[], separator: Text): Text {
  const between = bytesOf(separator);
  const chunks = parts.flatMap((part, i) => (i === 0 ? [bytesOf(part)] : [between, bytesOf(part)]));
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return textOf(joined, true);
}

/** The most parts that a text is split into. */
export const PARTS_MAX = 1_000_000;

function parts(whole: Text, separator: Text): List<Value> {
  const all = split(whole, separator, PARTS_MAX + 1);
  if (all.length > PARTS_MAX)
    throw new Fault('too-large', `The String splits into more than ${PARTS_MAX} parts.`);
  return List.of<Value>(all);
}

/** Bytes that are not UTF-8 are no text to change, and stay as they are. */
export const ofText =
  (change: (given: string) => Value) =>
  (v: Value): Value => {
    const given = text(v);
    return typeof given === 'string' ? change(given) : given;
  };

/**
 * The inside of a JSON string (RFC 8259); control characters that have no short form as \\uXXXX in capitals.
 */
export function jsonEscape(v: Value): string {
  const given = text(v);
  if (typeof given !== 'string')
    throw new Fault('bad-argument', 'JSON has no String of bytes that are not UTF-8.');
  const escaped = given.replace(/["\\\p{Cc}]/gu, (character) => {
    const short = SHORT_ESCAPES.get(character);
    return short ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return checked(escaped);
}

/** The escapes that JSON and SON have in common. */
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\b', '\\b'],
  ['\f', '\\f'],
]);

const row = (name: string, aliases: readonly string[], effect: string, run: WordRow['run']): WordRow => ({
  name,
  aliases,
  effect,
  run,
  work: workOfAll,
});

// The aliases are the spellings of the seed generation.
export const stringWords: readonly WordRow[] = [
  row('string.concat', ['string-concat'], '( String String -- String )', joinTwo),
  row('string.length', ['string-length'], '( String -- Int )', (v) => codePointLength(text(v))),
  row('string.byte-length', ['string-byte-length'], '( String -- Int )', (v) => byteLength(text(v))),
  row(
    'string.char-at',
    ['string-char-at'],
    '( String Int -- Int )',
    (v, i) => codePointAt(text(v), Number(int(i))) ?? -1,
  ),
  row('string.substring', ['string-substring'], '( String Int Int -- String )', (v, start, count) =>
    substring(text(v), Number(int(start)), Number(int(count))),
  ),
  row('string.find', ['string-find'], '( String String -- Int )', (v, part) => find(text(v), text(part))),
  row('string.split', ['string-split'], '( String String -- List )', (v, between) =>
    parts(text(v), text(between)),
  ),
  row('string.contains', ['string-contains'], '( String String -- Bool )', (v, part) =>
    contains(text(v), text(part)),
  ),
  row('string.starts-with', ['string-starts-with'], '( String String -- Bool )', (v, part) =>
    startsWith(text(v), text(part)),
  ),
  row('string.empty?', ['string-empty', 'string-empty?'], '( String -- Bool )', (v) => text(v) === ''),
  row('string.equal?', ['string-equal', 'string-equal?'], '( String String -- Bool )', (a, b) =>
    sameText(text(a), text(b)),
  ),
  row('string.join', ['string-join'], '( List String -- String )', join),
  row('string.trim', ['string-trim'], '( String -- String )', ofText(trim)),
  row('string.chomp', ['string-chomp'], '( String -- String )', (v) => chomp(text(v))),
  row(
    'string.to-upper',
    ['string-to-upper'],
    '( String -- String )',
    ofText((given) => checked(given.toUpperCase())),
  ),
  row(
    'string.to-lower',
    ['string-to-lower'],
    '( String -- String )',
    ofText((given) => checked(given.toLowerCase())),
  ),
  row('string.json-escape', ['json-escape'], '( String -- String )', jsonEscape),
  { name: 'symbol.=', effect: '( Symbol Symbol -- Bool )', run: (a, b) => symbol(a) === symbol(b) },
];
