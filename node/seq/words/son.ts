// Seq Object Notation: values as Seq source that makes them. Printed only; nothing here reads it. What no
// source makes, such as a quotation, is printed as a name that no program knows. Variants with fields are for
// the eye: as in the reference their tag comes first, where `wrap-1` and the like take it last.

import {
  Bytes,
  bytesOf,
  Float,
  type Key,
  List,
  SeqMap,
  Sym,
  typeName,
  type Value,
  Variant,
} from '../../base/value.ts';
import { Fault, walking } from '../fault.ts';
import { SYMBOL_NAME } from '../syntax/literal.ts';
import { floatText } from './float-text.ts';
import { type WordRow, workOfAll } from './row.ts';
import { TEXT_LENGTH_MAX } from './text-length.ts';

const INDENT = '  ';
const NESTING_MAX = 1000;

class SonWriter {
  readonly #pretty: boolean;
  readonly #parts: string[] = [];
  #length = 0;

  constructor(pretty: boolean) {
    this.#pretty = pretty;
  }

  text(v: Value): string {
    walking(() => this.#value(v, 0));
    return this.#parts.join('');
  }

  #put(part: string): void {
    this.#length += part.length;
    if (this.#length > TEXT_LENGTH_MAX)
      throw new Fault('too-large', `The text of the value would exceed ${TEXT_LENGTH_MAX} characters.`);
    this.#parts.push(part);
  }

  /** What separates an item inside a collection at `depth` from what is before it. */
  #separate(depth: number): void {
    this.#put(this.#pretty ? `\n${INDENT.repeat(depth + 1)}` : ' ');
  }

  #value(v: Value, depth: number): void {
    if (depth > NESTING_MAX)
      throw new Fault('too-large', `The value nests deeper than ${NESTING_MAX} levels.`);
    if (v instanceof List) this.#list(v as List<Value>, depth);
    else if (v instanceof Variant) this.#variant(v as Variant<Value>, depth);
    else if (v instanceof SeqMap) this.#map(v as SeqMap<Value>, depth);
    else this.#put(scalarText(v));
  }

  #list(list: List<Value>, depth: number): void {
    this.#put('list-of');
    for (const element of list) {
      this.#separate(depth);
      this.#value(element, depth + 1);
      this.#put(' lv');
    }
  }

  #variant(variant: Variant<Value>, depth: number): void {
    this.#put(symbolText(variant.tag));
    for (const field of variant.fields) {
      this.#separate(depth);
      this.#value(field, depth + 1);
    }
    if (this.#pretty && variant.fields.length > 0) this.#put(`\n${INDENT.repeat(depth)}`);
    this.#put(` wrap-${variant.fields.length}`);
  }

  #map(map: SeqMap<Value>, depth: number): void {
    this.#put('map-of');
    for (const [key, value] of map.sorted().sort((a, b) => rank(a[0]) - rank(b[0]))) {
      this.#separate(depth);
      this.#put(`${scalarText(key)} `);
      this.#value(value, depth + 1);
      this.#put(' kv');
    }
  }
}

/** Ints come before Bools, and these before Strings; sorting keeps the order inside each kind. */
function rank(key: Key): number {
  if (typeof key === 'number' || typeof key === 'bigint') return 0;
  return typeof key === 'boolean' ? 1 : 2;
}

function scalarText(v: Value): string {
  if (v instanceof Float) {
    const digits = floatText(v.value);
    if (!Number.isFinite(v.value)) return `"${digits}" string->float drop`;
    return digits.includes('.') ? digits : `${digits}.0`;
  }
  if (v instanceof Sym) return symbolText(v.name);
  if (typeof v === 'string') return quoted(v);
  if (v instanceof Bytes) return `"${Array.from(v.bytes, byteEscape).join('')}"`;
  return typeof v === 'object' || typeof v === 'function' ? `<${typeName(v).toLowerCase()}>` : String(v);
}

const symbolText = (name: string): string =>
  SYMBOL_NAME.test(name) ? `:${name}` : `${quoted(name)} string->symbol`;

const byteEscape = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    ? String.fromCharCode(byte)
    : `\\x${byte.toString(16).padStart(2, '0')}`;

/** Those of Seq: a control character that has none is its bytes. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function quoted(text: string): string {
  const escaped = text.replace(
    /["\\\p{Cc}]/gu,
    (character) => ESCAPES.get(character) ?? Array.from(bytesOf(character), byteEscape).join(''),
  );
  return `"${escaped}"`;
}

/** On one line. */
export const sonText = (v: Value): string => new SonWriter(false).text(v);

export const sonWords: readonly WordRow[] = [
  { name: 'son.dump', effect: '( T -- String )', run: sonText, work: workOfAll },
  {
    name: 'son.dump-pretty',
    effect: '( T -- String )',
    run: (v) => new SonWriter(true).text(v),
    work: workOfAll,
  },
];
