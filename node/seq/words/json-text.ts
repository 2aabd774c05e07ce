// JSON (RFC 8259) to the values of std:json and back. Members keep their order and may repeat. All numbers are Floats: JSON
// does not tell 3 from 3.0, and programs ask for the Float of any number.
import { Bytes, Float, type Value, Variant } from '../../base/value.ts';
import { lossyText } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { floatText } from './float-text.ts';
import { checkLength, jsonEscape } from './strings.ts';

/** How deep arrays and objects may nest, and how many values a text may hold. */
export const JSON_NESTING_MAX = 500;
export const JSON_VALUES_MAX = 1_000_000;

const variant = (tag: string, ...fields: Value[]): Variant<Value> => new Variant<Value>(tag, fields);

export const jsonNull = variant('JsonNull');
export const jsonEmptyArray = variant('JsonArray');
export const jsonEmptyObject = variant('JsonObject');
export const jsonBool = (v: boolean): Value => variant('JsonBool', v ? 1 : 0);
export const jsonNumber = (n: number): Value => variant('JsonNumber', new Float(n));
export const jsonString = (v: Value): Value => variant('JsonString', v);
export const jsonArray = (items: readonly Value[]): Value => new Variant<Value>('JsonArray', items);
/** `members`: key, value, key, value … */
export const jsonObject = (members: readonly Value[]): Value => new Variant<Value>('JsonObject', members);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WORD = /true|false|null/y;

class JsonReader {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The one value of the text. Throws SyntaxError. */
  whole(): Value {
    const value = this.#value(0);
    if (this.#next() !== undefined) this.#fail();
    return value;
  }

  #fail(): never {
    throw new SyntaxError(`at ${this.#at}`);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) this.#fail();
    this.#at += found.length;
    return found;
  }

  /** The next character that is not space. */
  #next(): string | undefined {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return this.#text[this.#at];
      this.#at++;
    }
  }

  /** Passes `character` if it is the next. */
  #pass(character: string): boolean {
    const passed = this.#next() === character;
    if (passed) this.#at++;
    return passed;
  }

  #value(depth: number): Value {
    if (depth > JSON_NESTING_MAX) this.#fail();
    if (++this.#values > JSON_VALUES_MAX)
      throw new Fault('too-large', `The JSON text holds more than ${JSON_VALUES_MAX} values.`);
    switch (this.#next()) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return jsonString(this.#string());
      case 't':
      case 'f':
      case 'n': {
        const word = this.#match(WORD);
        return word === 'null' ? jsonNull : jsonBool(word === 'true');
      }
      default:
        return jsonNumber(Number(this.#match(NUMBER)));
    }
  }

  #array(depth: number): Value {
    this.#at++;
    const items: Value[] = [];
    if (this.#pass(']')) return jsonEmptyArray;
    do items.push(this.#value(depth + 1));
    while (this.#pass(','));
    if (!this.#pass(']')) this.#fail();
    return jsonArray(items);
  }

  #object(depth: number): Value {
    this.#at++;
    const members: Value[] = [];
    if (this.#pass('}')) return jsonEmptyObject;
    do {
      if (this.#next() !== '"') this.#fail();
      const key = jsonString(this.#string());
      if (!this.#pass(':')) this.#fail();
      members.push(key, this.#value(depth + 1));
    } while (this.#pass(','));
    if (!this.#pass('}')) this.#fail();
    return jsonObject(members);
  }

  #string(): string {
    const start = this.#at;
    let escapes = false;
    for (let end = start + 1; ; end++) {
      const code = this.#text.charCodeAt(end);
      if (code === QUOTE) {
        this.#at = end + 1;
        if (!escapes) return this.#text.slice(start + 1, end);
        return String(JSON.parse(this.#text.slice(start, end + 1))).toWellFormed();
      }
      // NaN is the end of the text.
      if (!(code >= 0x20)) this.#fail();
      if (code === BACKSLASH) {
        escapes = true;
        end++;
      }
    }
  }
}

/** The value that a JSON text stands for; undefined when it is not JSON or nests too deep. Throws Fault('too-large'). */
export function readJson(text: string): Value | undefined {
  try {
    return new JsonReader(text).whole();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A value of std:json as JSON without spaces. What is no such value, and a number that JSON cannot write, is null. */
export function jsonText(value: Value): string {
  const parts: string[] = [];
  let length = 0;
  const put = (part: string): void => {
    length += part.length;
    checkLength(length);
    parts.push(part);
  };
  const putAll = (v: Value, depth: number): void => {
    if (depth > JSON_NESTING_MAX)
      throw new Fault('too-large', `The value nests deeper than ${JSON_NESTING_MAX} levels.`);
    if (!(v instanceof Variant)) return put('null');
    const fields = v.fields as readonly Value[];
    if (v.tag === 'JsonArray') {
      fields.forEach((item, i) => {
        put(i === 0 ? '[' : ',');
        putAll(item, depth + 1);
      });
      put(fields.length === 0 ? '[]' : ']');
    } else if (v.tag === 'JsonObject') {
      fields.forEach((member, i) => {
        put(i === 0 ? '{' : i % 2 === 1 ? ':' : ',');
        putAll(member, depth + 1);
      });
      put(fields.length === 0 ? '{}' : '}');
    } else put(scalarText(v.tag, fields[0]));
  };
  putAll(value, 0);
  return parts.join('');
}

function scalarText(tag: string, field: Value | undefined): string {
  if (tag === 'JsonBool') return field === 0 || field === false ? 'false' : 'true';
  if (tag === 'JsonString' && (typeof field === 'string' || field instanceof Bytes))
    return `"${jsonEscape(lossyText(field))}"`;
  if (tag === 'JsonNumber' && field instanceof Float && Number.isFinite(field.value))
    return floatText(field.value);
  if (tag === 'JsonNumber' && (typeof field === 'number' || typeof field === 'bigint')) return String(field);
  return 'null';
}
