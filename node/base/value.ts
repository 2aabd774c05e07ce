// The values of Seq: the currency of the language, the journal and the wire. All are immutable.

import { compareBytes } from './bytes.ts';
import { SeqNodeError } from './errors.ts';
import { compareKeys, type Key } from './map-key.ts';
import { List as PersistentList } from './persistent-list.ts';
import { SeqMap as PersistentMap } from './persistent-map.ts';
import { Bytes, Float, isInt, isUtf8, Sym } from './value-scalars.ts';
import { utf8Length } from './value-text.ts';

export { compareKeys, hashKey, isKey, type Key, sameKey } from './map-key.ts';
export {
  Bytes,
  bytesOf,
  Float,
  INT_MAX,
  INT_MIN,
  type Int,
  interned,
  intOf,
  isInt,
  Sym,
  sym,
  type Text,
  textOf,
} from './value-scalars.ts';

/** A tag and its fields, by position. */
export class Variant<T = Data> {
  readonly tag: string;
  readonly fields: readonly T[];

  constructor(tag: string, fields: readonly T[]) {
    this.tag = tag;
    this.fields = fields;
  }
}

type Scalar = number | bigint | boolean | string | Float | Bytes | Sym;

/** What can be journaled and sent. */
export type Data = Scalar | PersistentList<Data> | PersistentMap<Data> | Variant<Data>;

/** The collections, which by themselves know nothing of their elements, as collections of data. */
export type List<T = Data> = PersistentList<T>;
export const List = PersistentList;
export type SeqMap<V = Data> = PersistentMap<V>;
export const SeqMap = PersistentMap;

/** What a running program can hold: data, and objects that are not data, such as quotations and channels. */
export type Value = Data | object;

/** How deep lists, maps and variants may nest in data. */
export const NESTING_MAX = 64;

/** The changes that turn one map into another; both lists are sorted by key. */
export interface MapPatch<V = Data> {
  readonly set: readonly (readonly [Key, V])[];
  readonly removed: readonly Key[];
}

/** What turns `before` into `after`; the cost grows with the changes, not with the maps. */
export function diff(before: SeqMap, after: SeqMap): MapPatch {
  const set: [Key, Data][] = [];
  const removed: Key[] = [];
  SeqMap.differences(before, after, (key, was, is) => {
    if (is === undefined) removed.push(key);
    else if (was === undefined || !equals(was, is)) set.push([key, is]);
    return true;
  });
  if (set.length > 1) set.sort((a, b) => compareKeys(a[0], b[0]));
  if (removed.length > 1) removed.sort(compareKeys);
  return { set, removed };
}

/** The map after the changes of `patch`. */
export function applyPatch(map: SeqMap, patch: MapPatch): SeqMap {
  let result = map;
  for (const key of patch.removed) result = result.delete(key);
  for (const [key, value] of patch.set) result = result.set(key, value);
  return result;
}

/** Whether `diff` would find nothing. */
export const isSame = (before: SeqMap, after: SeqMap): boolean =>
  before === after || (before.size === after.size && SeqMap.differences(before, after, isSameItem));

const isSameItem = (_: Key, was: unknown, is: unknown): boolean =>
  was !== undefined && is !== undefined && equals(was, is);

/**
 * Structural equality. Floats are equal when they are the same number to Object.is: NaN equals NaN, 0.0 is
 * not -0.0. Objects that are not data are equal only to themselves. Shared parts are not visited, and depth
 * has no limit.
 */
export function equals(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  const pending: unknown[] = [a, b];
  const later = (x: unknown, y: unknown): boolean => {
    if (x === y) return true;
    if (typeof x !== 'object' || typeof y !== 'object') return false;
    pending.push(x, y);
    return true;
  };
  while (pending.length > 0) {
    const y = pending.pop();
    const x = pending.pop();
    if (!equalHere(x, y, later)) return false;
  }
  return true;
}

type PairVisitor = (x: unknown, y: unknown) => boolean;

/** Compares two objects but for the values inside them, which go to `inside`. */
function equalHere(x: unknown, y: unknown, inside: PairVisitor): boolean {
  if (x instanceof Variant) {
    if (!(y instanceof Variant) || x.tag !== y.tag || x.fields.length !== y.fields.length) return false;
    for (let i = 0; i < x.fields.length; i++) if (!inside(x.fields[i], y.fields[i])) return false;
    return true;
  }
  if (x instanceof List) return y instanceof List && equalElements(x, y, inside);
  if (x instanceof SeqMap)
    return (
      y instanceof SeqMap &&
      x.size === y.size &&
      SeqMap.differences(x, y, (_, was, is) => was !== undefined && is !== undefined && inside(was, is))
    );
  if (x instanceof Float) return y instanceof Float && Object.is(x.value, y.value);
  if (x instanceof Bytes) return y instanceof Bytes && compareBytes(x.bytes, y.bytes) === 0;
  return false;
}

function equalElements(x: List, y: List, inside: PairVisitor): boolean {
  if (x.length !== y.length) return false;
  for (let at = 0; at < x.length; ) {
    const runX = x.run(at);
    const runY = y.run(at);
    if (runX.items !== runY.items)
      for (let i = runX.from; i < runX.to; i++) if (!inside(runX.items[i], runY.items[i])) return false;
    at += runX.to - runX.from;
  }
  return true;
}

/** The type of a value as a user knows it. */
export function typeName(v: unknown): string {
  if (typeof v === 'number' || typeof v === 'bigint') return 'Int';
  if (typeof v === 'boolean') return 'Bool';
  if (typeof v === 'string' || v instanceof Bytes) return 'String';
  if (v instanceof Float) return 'Float';
  if (v instanceof Sym) return 'Symbol';
  if (v instanceof List) return 'List';
  if (v instanceof SeqMap) return 'Map';
  if (v instanceof Variant) return 'Variant';
  return typeof v === 'function' ? 'Quotation' : (v?.constructor?.name ?? 'nothing');
}

/**
 * How many bytes the encoding of `v` has (codec.ts). Stops counting once the sum exceeds `stopAbove`, so that
 * a small value that shares a part very often does not take for ever.
 */
export function encodedBytes(v: unknown, stopAbove = Number.POSITIVE_INFINITY): number {
  let sum = 0;
  const pending: unknown[] = [v];
  while (pending.length > 0 && sum <= stopAbove) {
    const each = pending.pop();
    if (typeof each === 'number') sum += intBytes(each);
    else if (typeof each === 'boolean') sum += 1;
    else if (typeof each === 'string') {
      const length = utf8Length(each);
      sum += length + (length < 0x20 ? 1 : blobHead(length));
    } else if (each instanceof Variant) {
      sum += listHead(each.fields.length + 1) + extensionBytes(each.tag);
      for (const field of each.fields) pending.push(field);
    } else if (each instanceof List) {
      sum += listHead(each.length);
      if (sum + each.length > stopAbove) return sum + each.length;
      for (const element of each) pending.push(element);
    } else if (each instanceof SeqMap) {
      sum += listHead(each.size);
      if (sum + 2 * each.size > stopAbove) return sum + 2 * each.size;
      for (const [key, value] of each.entries()) pending.push(key, value);
    } else if (each instanceof Bytes) sum += blobHead(each.bytes.length) + each.bytes.length;
    else if (each instanceof Sym) sum += extensionBytes(each.name);
    else sum += 9;
  }
  return sum;
}

function intBytes(n: number): number {
  const size = n < 0 ? -n - 1 : n;
  if (n < 0 ? size < 0x20 : size < 0x80) return 1;
  const bits = n < 0 ? 2 * size : size;
  return bits < 0x100 ? 2 : bits < 0x10000 ? 3 : bits < 0x100000000 ? 5 : 9;
}

const listHead = (length: number) => (length < 16 ? 1 : length < 0x10000 ? 3 : 5);
const blobHead = (length: number) => (length < 0x100 ? 2 : length < 0x10000 ? 3 : 5);

function extensionBytes(text: string): number {
  const length = utf8Length(text);
  const isFixed = length === 1 || length === 2 || length === 4 || length === 8 || length === 16;
  return length + (isFixed ? 2 : blobHead(length) + 1);
}

/** How many values `assertData` looks at before it calls the whole too large. */
const DATA_VALUES_MAX = 1 << 24;

/** A place inside a value, linked to the place that holds it. */
interface Place {
  readonly holder: Place | undefined;
  readonly value: unknown;
  readonly step: Key | number;
}

function placeText(place: Place | undefined): string {
  if (place === undefined) return '';
  const { holder, value, step } = place;
  const own =
    value instanceof List
      ? `[${step}]`
      : value instanceof Variant
        ? `.${value.tag}.${step}`
        : `.${typeof step === 'string' ? JSON.stringify(step) : step instanceof Bytes ? '#x' : step}`;
  return placeText(holder) + own;
}

/** What `v` is, for a sentence: a number, text or tag of the right type can still be no canonical value. */
function aTypeName(v: unknown): string {
  const name = typeName(v);
  if (name === 'Int' || name === 'String' || name === 'Symbol') return `a malformed ${name}`;
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * Throws like `assertData`. Returns a number of bytes that `encodedBytes` does not exceed, which for a few
 * scalars takes no more than the look at each that the check needs anyway.
 */
export function boundedBytes(value: unknown, keyPath: string): number {
  let bound = 0;
  if (value instanceof Variant) {
    const { tag, fields } = value;
    bound = HEADS_BYTES + CHARACTER_BYTES * tag.length;
    for (let i = 0; i < fields.length && bound >= 0; i++) {
      const each = scalarBound(fields[i]);
      bound = each < 0 ? -1 : bound + each;
    }
  } else bound = scalarBound(value);
  if (bound >= 0) return bound;
  assertData(value, keyPath);
  return encodedBytes(value);
}

/** Of a character in UTF-8, for each of its units in UTF-16, at most. */
const CHARACTER_BYTES = 3;
/** Of a list and the tag in it. */
const HEADS_BYTES = 11;

/** Negative for what is no scalar, or no usual one. */
function scalarBound(v: unknown): number {
  if (typeof v === 'number') return ((v | 0) === v && v !== 0) || isInt(v) ? 9 : -1;
  if (typeof v === 'string') return v.isWellFormed() ? 5 + CHARACTER_BYTES * v.length : -1;
  if (typeof v === 'boolean') return 1;
  return v instanceof Float ? 9 : -1;
}

/** Whether `v` is a value that holds no others, in canonical form. */
export function isScalar(v: unknown): boolean {
  // Not a switch, for which the engine makes the name of the type first.
  if (typeof v === 'number') return ((v | 0) === v && v !== 0) || isInt(v);
  if (typeof v === 'string') return v.isWellFormed();
  if (typeof v === 'boolean') return true;
  if (typeof v === 'bigint') return isInt(v);
  if (v instanceof Bytes) return !isUtf8(v.bytes);
  return v instanceof Float || (v instanceof Sym && v.name.isWellFormed());
}

function holdsScalars(fields: readonly unknown[]): boolean {
  for (let i = 0; i < fields.length; i++) if (!isScalar(fields[i])) return false;
  return true;
}

/**
 * Throws SeqNodeError('not-data') unless `value` and all in it is data, naming where it stands, as in
 * `state."handlers"[2].Handler.0`: map keys as written, list indices in brackets, variant fields by tag and
 * position. Throws SeqNodeError('too-large') when it nests deeper than NESTING_MAX, with the `levels` above
 * it, or holds more than 2^24 values.
 */
export function assertData(value: unknown, keyPath = 'value', levels = 0): asserts value is Data {
  if (!(value instanceof Variant ? holdsScalars(value.fields) : isScalar(value)))
    assertAllData(value, keyPath, levels);
}

function assertAllData(value: unknown, keyPath: string, levels: number): void {
  let seen = 0;
  const check = (v: unknown, place: Place | undefined, depth: number): void => {
    const fail = (code: 'not-data' | 'too-large', text: string): never => {
      const where = keyPath + placeText(place);
      throw new SeqNodeError(code, `${where} ${text}.`, { keyPath: where });
    };
    if (++seen > DATA_VALUES_MAX)
      fail('too-large', `makes the whole hold more than ${DATA_VALUES_MAX} values`);
    if (isScalar(v)) return;
    const inside = (each: unknown, step: Key | number): void => {
      if (isScalar(each)) seen++;
      else check(each, { holder: place, value: v, step }, depth + 1);
    };
    if (depth > NESTING_MAX) fail('too-large', `nests deeper than ${NESTING_MAX} levels`);
    if (v instanceof List) v.forEach(inside);
    else if (v instanceof SeqMap) for (const [key, bound] of v.entries()) inside(bound, key);
    else if (v instanceof Variant) v.fields.forEach(inside);
    else fail('not-data', `holds ${aTypeName(v)}, which is not data`);
  };
  check(value, undefined, levels + 1);
}
