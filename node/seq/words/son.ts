// Seq Object Notation: values as Seq source that makes them. Printed only; nothing here reads it.

import {
  Bytes,
  Float,
  type Key,
  List,
  SeqMap,
  Sym,
  typeName,
  type Value,
  Variant,
} from '../../base/value.ts';
import { lossyText } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { floatText } from './float-text.ts';
import { type WordRow, workOfAll } from './row.ts';
import { SHORT_ESCAPES, TEXT_LENGTH_MAX } from './strings.ts';

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
    this.#value(v, 0);
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
    this.#put(`:${variant.tag}`);
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
    return Number.isFinite(v.value) && !digits.includes('.') ? `${digits}.0` : digits;
  }
  if (v instanceof Sym) return `:${v.name}`;
  if (typeof v === 'string' || v instanceof Bytes) return quoted(lossyText(v));
  return typeof v === 'object' || typeof v === 'function' ? `<${typeName(v).toLowerCase()}>` : String(v);
}

function quoted(text: string): string {
  const escaped = text.replace(
    /["\\\p{Cc}]/gu,
    (character) =>
      SHORT_ESCAPES.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
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
