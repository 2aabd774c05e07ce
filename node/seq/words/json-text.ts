// JSON (RFC 8259) to the values of std:json and back. Nothing changes on the way: a text or value that the
// other side cannot hold is refused. Members keep their order and may repeat. Numbers are Floats: JSON does
// not tell 3 from 3.0, and programs ask for the Float of any number. Only a whole number that a Float would
// write with other digits stays an Int.
import { Bytes, Float, INT_MAX, INT_MIN, type Int, intOf, type Value, Variant } from '../../base/value.ts';
import { Fault, walking } from '../fault.ts';
import { show } from '../run/show.ts';
import { beyondFloats, floatText } from './float-text.ts';
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
/** As a Float, where that is written with the same digits. */
export const jsonInt = (n: Int): Value =>
  floatText(Number(n)) === String(n) ? jsonNumber(Number(n)) : variant('JsonNumber', n);
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
      default: {
        const number = numberOf(this.#match(NUMBER));
        if (number === undefined) this.#fail();
        return number;
      }
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
        const read = String(JSON.parse(this.#text.slice(start, end + 1)));
        // Half of a surrogate pair is no character, and a String is text.
        if (!read.isWellFormed()) this.#fail();
        return read;
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

/**
 * A number with a fraction or exponent is the nearest Float. Undefined where that is nowhere near, as for
 * 1e400 and 1e-400, and for whole numbers of more than 63 bits.
 */
export function numberOf(written: string): Value | undefined {
  if (beyondFloats(written)) return undefined;
  const float = Number(written);
  if (!/^-?\d+$/.test(written) || floatText(float) === written) return jsonNumber(float);
  const whole = BigInt(written);
  return whole < INT_MIN || whole > INT_MAX ? undefined : jsonInt(intOf(whole));
}

/**
 * The value that a JSON text stands for; undefined when it is not JSON, nests too deep or holds what no value
 * is. Throws Fault('too-large').
 */
export function readJson(text: string): Value | undefined {
  try {
    return walking(() => new JsonReader(text).whole());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** How numbers are written that JSON has no form for; undefined where they are refused. */
export type Unbounded = (n: number) => string | undefined;

/**
 * A value of std:json as JSON without spaces. Throws Fault('bad-argument') for what has no form in JSON, and
 * Fault('too-large').
 */
export function jsonText(value: Value, unbounded: Unbounded = () => undefined): string {
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
    if (!(v instanceof Variant)) throw noJson(v);
    const fields = v.fields as readonly Value[];
    if (v.tag === 'JsonArray') {
      fields.forEach((item, i) => {
        put(i === 0 ? '[' : ',');
        putAll(item, depth + 1);
      });
      put(fields.length === 0 ? '[]' : ']');
    } else if (v.tag === 'JsonObject') {
      putMembers(v as Variant<Value>, depth);
    } else put(scalarText(v as Variant<Value>, unbounded));
  };
  const putMembers = (object: Variant<Value>, depth: number): void => {
    const { fields } = object;
    const isKey = (v: Value) => v instanceof Variant && v.tag === 'JsonString';
    if (fields.length % 2 === 1 || !fields.every((field, i) => i % 2 === 1 || isKey(field)))
      throw new Fault(
        'bad-argument',
        `A JsonObject holds a JsonString and a value in turn, but this is ${show(object)}.`,
      );
    fields.forEach((member, i) => {
      put(i === 0 ? '{' : i % 2 === 1 ? ':' : ',');
      putAll(member, depth + 1);
    });
    put(fields.length === 0 ? '{}' : '}');
  };
  walking(() => putAll(value, 0));
  return parts.join('');
}

const noJson = (v: Value): Fault =>
  new Fault(
    'bad-argument',
    `Only values of std:json and std:yaml can be serialized, but this is ${show(v)}.`,
  );

function scalarText(v: Variant<Value>, unbounded: Unbounded): string {
  const [field] = v.fields;
  if (v.fields.length === 0 && v.tag === 'JsonNull') return 'null';
  if (v.fields.length !== 1) throw noJson(v);
  if (v.tag === 'JsonBool' && (field === 0 || field === false)) return 'false';
  if (v.tag === 'JsonBool' && (field === 1 || field === true)) return 'true';
  if (v.tag === 'JsonString' && typeof field === 'string') return `"${jsonEscape(field)}"`;
  if (v.tag === 'JsonNumber' && (typeof field === 'number' || typeof field === 'bigint'))
    return String(field);
  if (v.tag === 'JsonNumber' && field instanceof Float) {
    const written = Number.isFinite(field.value) ? floatText(field.value) : unbounded(field.value);
    if (written !== undefined) return written;
    throw new Fault('bad-argument', `JSON has no number ${floatText(field.value)}.`);
  }
  if (field instanceof Bytes)
    throw new Fault('bad-argument', 'JSON has no String of bytes that are not UTF-8.');
  throw noJson(v);
}
