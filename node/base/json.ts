// Data as JSON (RFC 8259), for clients that speak it.
//
//   Int      number; beyond ±(2^53 - 1): {"$int": "4611686018427387903"}
//   Float    number when it has a fraction; else {"$float": 3}, or {"$float": "NaN"}, and so "Infinity",
//            "-Infinity", "-0"
//   Bool     true, false
//   String   string; when not valid UTF-8: {"$bytes": "00ff"} (hexadecimal)
//   Symbol   {"$sym": "name"}
//   List     array
//   Variant  {"Deposit": [100]}: an object of one name, bound to an array
//   Map      any other object; {"$map": [["k", 1], [2, true]]} when a key is not a string, or the object
//            would be read as something else
//
// A message may also name its fields, {"Deposit": {"amount": 100}}, once the message type is known.
// 1. fromJson(toJson(v)) equals v, for all data; also by way of JSON text.
// 2. fromJson gives a value or throws SeqNodeError('bad-message'); null is no value.
import { SeqNodeError } from './errors.ts';
import { hexOf, parseNotation } from './notation.ts';
import {
  Bytes,
  type Data,
  Float,
  INT_MAX,
  INT_MIN,
  intOf,
  isKey,
  type Key,
  List,
  NESTING_MAX,
  SeqMap,
  Sym,
  sym,
  Variant,
} from './value.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a behaviour says of its messages, as far as reading JSON needs it. */
export interface MessageShape {
  readonly name: string;
  readonly variants: readonly {
    readonly tag: string;
    readonly fields: readonly { readonly name: string; readonly type: string }[];
  }[];
  /** The unions that fields may be of, by name. */
  readonly nested?: readonly MessageShape[];
}

/** Names of the fields of variants, by tag. */
export type FieldNames = Readonly<Record<string, readonly string[]>>;

/**
 * The JSON of a value. Of variants whose fields have names, {"Deposit": {"amount": 100}}: that is for people
 * and programs that know the type, and is read back only where that is known.
 */
export function toJson(v: Data, names?: FieldNames): Json {
  if (typeof v === 'bigint') return { $int: String(v) };
  if (typeof v !== 'object') return v;
  if (v instanceof Float) return floatToJson(v.value);
  if (v instanceof Sym) return { $sym: v.name };
  if (v instanceof Bytes) return { $bytes: hexOf(v.bytes) };
  if (v instanceof List) return v.toArray().map((item) => toJson(item, names));
  if (v instanceof Variant) {
    const fields = v.fields.map((field) => toJson(field, names));
    const known = names !== undefined && Object.hasOwn(names, v.tag) ? names[v.tag] : undefined;
    if (known?.length === fields.length && !v.tag.startsWith('$'))
      return objectOf([[v.tag, objectOf(known.map((name, at) => [name, fields[at]!]))]]);
    // An object {"$sym": […]} would be read as a symbol.
    return v.tag.startsWith('$') ? { $variant: [v.tag, ...fields] } : objectOf([[v.tag, fields]]);
  }
  const entries = v.sorted();
  if (isPlainObject(entries))
    return objectOf(entries.map(([key, value]) => [String(key), toJson(value, names)]));
  return { $map: entries.map(([key, value]) => [toJson(key), toJson(value, names)]) };
}

function floatToJson(n: number): Json {
  if (!Number.isInteger(n)) return Number.isFinite(n) ? n : { $float: String(n) };
  return { $float: Object.is(n, -0) ? '-0' : n };
}

/** Whether an object of these entries is read back as a map. */
function isPlainObject(entries: readonly (readonly [Key, Data])[]): boolean {
  if (!entries.every(([key]) => typeof key === 'string')) return false;
  if (entries.length !== 1) return true;
  const [key, value] = entries[0]!;
  return !(key as string).startsWith('$') && !(value instanceof List);
}

/** An object with these own properties; `__proto__` is a name like any other. */
function objectOf(entries: readonly (readonly [string, Json])[]): { [key: string]: Json } {
  return Object.fromEntries(entries);
}

/**
 * The value that a parsed JSON document stands for, shaped by the message type if there is one. Throws
 * SeqNodeError('bad-message') with `details` {jsonPath}, as in `$.Deposit[0]`.
 */
export function fromJson(json: unknown, messageType?: MessageShape): Data {
  const data = read(json, '$', 0);
  return messageType === undefined ? data : shapeMessage(data, messageType);
}

function fail(jsonPath: string, message: string): never {
  throw new SeqNodeError('bad-message', `At ${jsonPath}: ${message}.`, { jsonPath });
}

function read(json: unknown, path: string, depth: number): Data {
  switch (typeof json) {
    case 'boolean':
      return json;
    case 'number':
      return readNumber(json, path);
    case 'string':
      return json.isWellFormed() ? json : fail(path, 'the string holds half a surrogate pair');
  }
  if (json === null) return fail(path, 'null is not a value');
  if (typeof json !== 'object') return fail(path, `${typeof json} is not JSON`);
  if (Array.isArray(json)) return List.of(readAll(json, path, depth));
  return readObject(Object.entries(json), path, depth);
}

/** How deep the parts of a value lie that holds others and lies at `depth` itself. */
function inside(path: string, depth: number): number {
  return depth < NESTING_MAX ? depth + 1 : fail(path, `values nest deeper than ${NESTING_MAX} levels`);
}

/** The parts of a value that lies at `depth`. */
function readAll(items: readonly unknown[], path: string, depth: number): Data[] {
  const within = inside(path, depth);
  return items.map((item, i) => read(item, `${path}[${i}]`, within));
}

function readNumber(n: number, path: string): Data {
  if (!Number.isInteger(n))
    return Number.isFinite(n) ? new Float(n) : fail(path, 'the number is out of range');
  if (Number.isSafeInteger(n)) return n + 0;
  return fail(path, 'an integer beyond 2^53 is written {"$int": "…"}, a float that large {"$float": …}');
}

function readObject(entries: readonly (readonly [string, unknown])[], path: string, depth: number): Data {
  const [name, content] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined) {
    if (name.startsWith('$')) return readMarked(name, content, `${path}.${name}`, depth);
    if (Array.isArray(content)) {
      if (!name.isWellFormed()) return fail(path, 'the tag holds half a surrogate pair');
      return new Variant(name, readAll(content, `${path}.${name}`, depth));
    }
  }
  const within = inside(path, depth);
  let map: SeqMap = SeqMap.empty;
  for (const [key, value] of entries) {
    if (!key.isWellFormed()) fail(path, 'a key holds half a surrogate pair');
    map = map.set(key, read(value, `${path}.${key}`, within));
  }
  return map;
}

const FLOATS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

function readMarked(mark: string, content: unknown, path: string, depth: number): Data {
  switch (mark) {
    case '$int':
      if (typeof content === 'string' && /^-?\d{1,20}$/.test(content)) {
        const n = BigInt(content);
        if (n <= INT_MAX && n >= INT_MIN) return intOf(n);
      }
      return fail(path, 'an Int is a string of digits, from -2^62 to 2^62 - 1');
    case '$float': {
      const n = typeof content === 'number' ? content : FLOATS.get(content);
      return n === undefined
        ? fail(path, 'a Float is a number, "NaN", "Infinity", "-Infinity" or "-0"')
        : new Float(n);
    }
    case '$sym':
      return typeof content === 'string' && content.isWellFormed()
        ? sym(content)
        : fail(path, 'a symbol is a string');
    case '$bytes':
      if (typeof content === 'string' && /^([0-9a-fA-F]{2})*$/.test(content))
        return parseNotation(`#x"${content}"`);
      return fail(path, 'bytes are a string of pairs of hexadecimal digits');
    case '$map':
      return readMap(content, path, depth);
    case '$variant':
      if (Array.isArray(content) && typeof content[0] === 'string' && content[0].isWellFormed())
        return new Variant(content[0], readAll(content.slice(1), path, depth));
      return fail(path, 'a variant is an array of its tag and its fields');
    default:
      return fail(path, 'the mark is none of $int $float $sym $bytes $map $variant');
  }
}

function readMap(content: unknown, path: string, depth: number): SeqMap {
  if (!Array.isArray(content)) return fail(path, 'a map is an array of pairs');
  const within = inside(path, depth);
  let map: SeqMap = SeqMap.empty;
  for (const [i, pair] of content.entries()) {
    const at = `${path}[${i}]`;
    if (!Array.isArray(pair) || pair.length !== 2) return fail(at, 'an entry is a key and a value');
    const key = read(pair[0], at, within);
    if (!isKey(key)) return fail(at, 'a key is an Int, Bool or String');
    if (map.has(key)) return fail(at, 'the map has this key twice');
    map = map.set(key, read(pair[1], at, within));
  }
  return map;
}

/**
 * A message in the shape that its type declares: fields by name become fields by position, and where JSON
 * cannot tell (Float 3.0 from Int 3, a Symbol from a String), the declared type decides. What does not fit is
 * left as it is, for the check against the type to report; but a field name that is unknown or missing throws
 * 'bad-message'.
 */
export function shapeMessage(data: Data, type: MessageShape): Data {
  return shapeUnion(data, type, [type, ...(type.nested ?? [])], '$');
}

function shapeUnion(data: Data, type: MessageShape, unions: readonly MessageShape[], path: string): Data {
  if (data instanceof Variant) {
    const variant = type.variants.find((each) => each.tag === data.tag);
    if (variant === undefined || variant.fields.length !== data.fields.length) return data;
    // Most messages have the shape already, and are then the same value.
    let shaped: Data[] | undefined;
    for (let i = 0; i < data.fields.length; i++) {
      const field = data.fields[i]!;
      const fitting = shapeField(
        field,
        variant.fields[i]!.type,
        unions,
        () => `${path}.${variant.tag}[${i}]`,
      );
      if (fitting === field) continue;
      shaped ??= [...data.fields];
      shaped[i] = fitting;
    }
    return shaped === undefined ? data : new Variant(data.tag, shaped);
  }
  if (!(data instanceof SeqMap) || data.size !== 1) return data;
  const [[tag, named]] = data.sorted() as [[Key, Data]];
  const variant = type.variants.find((each) => each.tag === tag);
  if (variant === undefined) return data;
  const at = `${path}.${variant.tag}`;
  if (!(named instanceof SeqMap)) return fail(at, fieldsWanted(variant));
  for (const [key] of named.sorted())
    if (!variant.fields.some((field) => field.name === key)) fail(at, `there is no field "${String(key)}"`);
  const fields = variant.fields.map(({ name, type: declared }) => {
    const value = named.get(name);
    return value === undefined
      ? fail(at, `the field "${name}" is missing`)
      : shapeField(value, declared, unions, () => `${at}.${name}`);
  });
  return new Variant(variant.tag, fields);
}

function fieldsWanted({ tag, fields }: MessageShape['variants'][number]): string {
  const names = fields.map(({ name }) => name);
  const [array, object] = [`[${names.join(', ')}]`, `{${names.map((name) => `"${name}": …`).join(', ')}}`];
  return `the fields of ${tag} are an array or an object, as in {"${tag}": ${array}} or {"${tag}": ${object}}`;
}

function shapeField(
  value: Data,
  declared: string,
  unions: readonly MessageShape[],
  path: () => string,
): Data {
  if (declared === 'Float' && (typeof value === 'number' || typeof value === 'bigint'))
    return new Float(Number(value));
  if (declared === 'Symbol' && typeof value === 'string') return sym(value);
  // Only these have a shape of their own.
  if (!(value instanceof Variant) && !(value instanceof SeqMap)) return value;
  const union = unions.find((each) => each.name === declared);
  return union === undefined ? value : shapeUnion(value, union, unions, path());
}
