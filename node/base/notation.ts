// Message notation: data as people write and read it, on the command line, in logs and on the dashboard.
//
//   value   = int | float | "true" | "false" | text | bytes | symbol | list | map | variant
//   int     = ["-"] digits                                    in the range of a 63-bit Int
//   float   = ["-"] digits ("." digits [exponent] | exponent) | "#inf" | "#-inf" | "#nan"
//   text    = '"' (character | escape)* '"'                   escapes: \" \\ \n \r \t \u{1f600} \u00e9
//   bytes   = '#x"' hex digits '"'                            only text that is not valid UTF-8 is printed so
//   symbol  = ":" name | ":" text
//   list    = "[" value* "]"
//   map     = "{" (key value)* "}"                            keys: int, true, false, text, bytes; none twice
//   variant = "(" (name | text) value* ")"
//   name    = characters other than white space, quotes, brackets and commas
//
// 1. parseNotation(formatNotation(v)) equals v, for all data.
// 2. Parsing gives a value or throws SeqNodeError('bad-notation'); nothing in the text is ever evaluated.
import { SeqNodeError } from './errors.ts';
import { codeUnitAt } from './text-units.ts';
import {
  Bytes,
  type Data,
  Float,
  INT_MAX,
  INT_MIN,
  intOf,
  isKey,
  List,
  NESTING_MAX,
  SeqMap,
  Sym,
  sym,
  textOf,
  typeName,
  Variant,
} from './value.ts';

export interface NotationOptions {
  /** Takes `Deposit 100` for `(Deposit 100)` at the outermost level. */
  readonly outerParensOptional?: boolean;
}

const NOTATION_CHARS_MAX = 16 * 1024 * 1024;

/** The value that `text` writes. Throws SeqNodeError('bad-notation') with `details` {line, column}. */
export function parseNotation(text: string, options: NotationOptions = {}): Data {
  if (text.length > NOTATION_CHARS_MAX)
    throw new SeqNodeError('too-large', `The text has more than ${NOTATION_CHARS_MAX} characters.`);
  const parser = new Parser(text);
  return options.outerParensOptional === true ? parser.message() : parser.whole();
}

/** By the code of a character: 1 for white space, 2 for what else ends a name. */
const ASCII = new Uint8Array(128);
for (const space of ' \t\n\v\f\r') ASCII[space.charCodeAt(0)] = 1;
for (const end of '"()[]{},') ASCII[end.charCodeAt(0)] = 2;
const isSpace = (code: number) => (code < 128 ? ASCII[code] === 1 : /\s/.test(String.fromCharCode(code)));
const endsName = (code: number) => (code < 128 ? ASCII[code] !== 0 : isSpace(code));
const INT = /^-?\d+$/;
const FLOAT = /^-?\d+(\.\d+([eE][+-]?\d+)?|[eE][+-]?\d+)$/;
const TEXT_RUN = /[^"\\]*/y;
const ESCAPE = /\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|(["\\nrt]))/y;
/** A number of so many digits is one of JavaScript's, with its sign. */
const EXACT_DIGITS = 15;
const HEX = /^([0-9a-fA-F]{2})*$/;
const ESCAPED: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n', r: '\r', t: '\t' };
const SPECIAL_FLOATS: ReadonlyMap<string, number> = new Map([
  ['#inf', Number.POSITIVE_INFINITY],
  ['#-inf', Number.NEGATIVE_INFINITY],
  ['#nan', Number.NaN],
]);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Data {
    const value = this.#value(0);
    this.#end();
    return value;
  }

  /** A value, or a variant without its parentheses. */
  message(): Data {
    this.#space();
    const start = this.#at;
    const name = this.#name();
    this.#at = start;
    if (name === undefined || scalarOf(name) !== undefined || /^[:#]/.test(name)) return this.whole();
    const fields: Data[] = [];
    this.#name();
    while (!this.#atEnd()) fields.push(this.#value(1));
    return new Variant(name, fields);
  }

  #fail(message: string, at = this.#at): never {
    const before = this.#text.slice(0, at).split('\n');
    const line = before.length;
    const column = before[line - 1]!.length + 1;
    const where = line === 1 ? `column ${column}` : `line ${line}, column ${column}`;
    throw new SeqNodeError('bad-notation', `At ${where}: ${message}.`, { line, column });
  }

  /** Takes what the sticky `pattern` matches here. */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  // Messages of clients are mostly short and written so: for these two a loop is several times faster than a
  // pattern.
  #space(): void {
    const text = this.#text;
    while (this.#at < text.length && isSpace(codeUnitAt(text, this.#at))) this.#at++;
  }

  #atEnd(): boolean {
    this.#space();
    return this.#at === this.#text.length;
  }

  #end(): void {
    if (!this.#atEnd()) this.#fail('one value is complete, but more text follows');
  }

  #name(): string | undefined {
    const text = this.#text;
    const start = this.#at;
    while (this.#at < text.length && !endsName(codeUnitAt(text, this.#at))) this.#at++;
    return this.#at === start ? undefined : text.slice(start, this.#at);
  }

  #value(depth: number): Data {
    this.#space();
    switch (this.#text[this.#at]) {
      case undefined:
        return this.#fail('a value is missing here');
      case '"':
        return this.#quoted();
      case '[':
        return List.of(this.#until(']', 'list', this.#at++, depth + 1));
      case '{':
        return this.#map(depth + 1);
      case '(':
        return this.#variant(depth + 1);
      case ')':
      case ']':
      case '}':
        return this.#fail(`"${this.#text[this.#at]}" closes nothing`);
      case ',':
        return this.#fail('values are separated by spaces, not by commas');
      default:
        return this.#word();
    }
  }

  #word(): Data {
    const start = this.#at;
    if (this.#text[start] === ':') {
      this.#at++;
      return this.#symbol(start);
    }
    const name = this.#name() ?? '';
    if (name === '#x' && this.#text[this.#at] === '"') return this.#bytes(start);
    const value = scalarOf(name);
    if (value !== undefined) return value;
    if (INT.test(name)) return this.#fail(`${name} is outside the range of an Int, -2^62 to 2^62 - 1`, start);
    return this.#fail(
      `${name} is not a value: text is written "${name}", a symbol :${name}, a variant (${name})`,
      start,
    );
  }

  #symbol(start: number): Sym {
    if (this.#text[this.#at] === '"') return sym(this.#quoted());
    const name = this.#name();
    return name === undefined ? this.#fail('a symbol has no name', start) : sym(name);
  }

  #bytes(start: number): Data {
    const hex = this.#quoted();
    if (!HEX.test(hex)) this.#fail('bytes are written as pairs of hexadecimal digits', start);
    const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
      Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
    );
    return textOf(bytes, true);
  }

  #quoted(): string {
    const start = this.#at;
    this.#at++;
    let text = '';
    for (;;) {
      text += this.#match(TEXT_RUN)![0];
      if (this.#text[this.#at] === '"') break;
      if (this.#at === this.#text.length) this.#fail('the text is not closed with a quote', start);
      const escaped = this.#match(ESCAPE);
      if (escaped === null) this.#fail('after \\ stands one of " \\ n r t u{hexadecimal digits}');
      const code = Number.parseInt(escaped[1] ?? escaped[2] ?? '', 16);
      if (code > 0x10ffff) this.#fail('no character has this number', this.#at - escaped[0].length);
      text += escaped[3] === undefined ? characterOf(code) : ESCAPED[escaped[3]]!;
    }
    this.#at++;
    if (!text.isWellFormed()) this.#fail('the text holds half a surrogate pair', start);
    return text;
  }

  /** The values up to the closing bracket; `start` is where the opening one stands. */
  #until(close: string, what: string, start: number, depth: number): Data[] {
    if (depth > NESTING_MAX) this.#fail(`values nest deeper than ${NESTING_MAX} levels`, start);
    const values: Data[] = [];
    for (;;) {
      if (this.#atEnd()) this.#fail(`the ${what} is not closed with "${close}"`, start);
      if (this.#text[this.#at] === close) break;
      values.push(this.#value(depth));
    }
    this.#at++;
    return values;
  }

  #variant(depth: number): Variant {
    const start = this.#at;
    this.#at++;
    this.#space();
    const tag = this.#text[this.#at] === '"' ? this.#quoted() : this.#name();
    if (tag === undefined) return this.#fail('a variant begins with its tag, as in (Deposit 100)', start);
    return new Variant(tag, this.#until(')', 'variant', start, depth));
  }

  #map(depth: number): SeqMap {
    const start = this.#at++;
    const values = this.#until('}', 'map', start, depth);
    if (values.length % 2 !== 0) this.#fail('the last key of the map has no value', start);
    let map: SeqMap = SeqMap.empty;
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i]!;
      if (!isKey(key)) return this.#fail(`a ${typeName(key)} cannot be a key of a map`, start);
      if (map.has(key)) this.#fail(`the map has the key ${formatNotation(key)} twice`, start);
      map = map.set(key, values[i + 1]!);
    }
    return map;
  }
}

/** One UTF-16 unit or a pair: an escape may also give half of a pair, the other half following. */
function characterOf(code: number): string {
  return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
}

/** The Int, Float or Bool that a bare word writes. */
function scalarOf(word: string): Data | undefined {
  if (word === 'true') return true;
  if (word === 'false') return false;
  if (INT.test(word)) {
    if (word.length <= EXACT_DIGITS) return Number(word) + 0;
    if (word.length > 20) return undefined;
    const n = BigInt(word);
    return n > INT_MAX || n < INT_MIN ? undefined : intOf(n);
  }
  if (FLOAT.test(word)) return new Float(Number(word));
  const special = SPECIAL_FLOATS.get(word);
  return special === undefined ? undefined : new Float(special);
}

export interface FormatOptions {
  /** Cuts the text here, with an ellipsis; such a text cannot be parsed. */
  readonly charsMax?: number;
}

/** How deep `formatNotation` descends; data never nests so deep. */
const FORMAT_NESTING_MAX = 200;

/**
 * The text of a value; map entries in the order of their keys. What is no data prints as in `#<Quotation>`.
 */
export function formatNotation(v: unknown, options: FormatOptions = {}): string {
  const charsMax = options.charsMax ?? Number.POSITIVE_INFINITY;
  const parts: string[] = [];
  let length = 0;
  const put = (part: string) => {
    length += part.length;
    parts.push(part);
  };
  const sequence = (values: Iterable<unknown>, first: boolean, depth: number) => {
    for (const each of values) {
      if (length > charsMax) return;
      if (!first) put(' ');
      first = false;
      format(each, depth + 1);
    }
  };
  const format = (each: unknown, depth: number): void => {
    if (depth > FORMAT_NESTING_MAX) put('…');
    else if (each instanceof Variant) {
      put(`(${nameText(each.tag, true)}`);
      sequence(each.fields, false, depth);
      put(')');
    } else if (each instanceof List) {
      put('[');
      sequence(each, true, depth);
      put(']');
    } else if (each instanceof SeqMap) {
      put('{');
      sequence(each.sorted().flat(1), true, depth);
      put('}');
    } else put(formatScalar(each));
  };
  format(v, 1);
  const text = parts.join('');
  return text.length > charsMax ? `${text.slice(0, charsMax).toWellFormed()}…` : text;
}

function formatScalar(v: unknown): string {
  switch (typeof v) {
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(v);
    case 'string':
      return quotedText(v);
  }
  if (v instanceof Float) return floatText(v.value);
  if (v instanceof Sym) return `:${nameText(v.name, false)}`;
  if (v instanceof Bytes) return `#x"${hexOf(v.bytes)}"`;
  return `#<${typeName(v)}>`;
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function floatText(n: number): string {
  if (Number.isNaN(n)) return '#nan';
  if (!Number.isFinite(n)) return n > 0 ? '#inf' : '#-inf';
  const text = Object.is(n, -0) ? '-0' : String(n);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * A name as it stands, or quoted when it would not be read back as one. A tag may look like anything but
 * text.
 */
function nameText(name: string, tag: boolean): string {
  const plain = /^[^\s"()[\]{},]+$/.test(name) && !/[\p{Cc}\p{Cf}\p{Zs}]/u.test(name);
  return plain && !(tag && (scalarOf(name) !== undefined || /^[:#-]|^\d/.test(name)))
    ? name
    : quotedText(name);
}

function quotedText(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
  return `"${escaped}"`;
}
