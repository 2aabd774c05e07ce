// What a word of the language is to the checker and the runner, and the checks of its arguments at run time:
// a field of a variant has whatever type its use asks for, so that even a checked program can hand over the
// wrong kind.
import {
  Bytes,
  Float,
  type Int,
  isKey,
  type Key,
  List,
  SeqMap,
  Sym,
  type Text,
  typeName,
  type Value,
  Variant,
} from '../../base/value.ts';
import { Fault } from '../fault.ts';

/** Nothing, one value, or several, bottom to top. */
export type Results = undefined | Value | readonly Value[];

/** One word. */
export interface WordRow {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** The stack effect in source form, such as `( Int Int -- Int )`. */
  readonly effect: string;
  /**
   * Takes the inputs of the effect, bottom to top; gives undefined for no output, the value for one, an array
   * of the values, bottom to top, for several. Throws Fault.
   */
  readonly run: (...args: Value[]) => Results;
  /** Of a word that looks a value up: see `finding`. */
  readonly find?: (...args: Value[]) => Value | undefined;
  /**
   * The reductions that a run is charged on top of one, where the time grows with what the word takes or
   * gives.
   */
  readonly work?: (results: Results, ...args: Value[]) => number;
  /**
   * The reductions that a run is charged before the word, where it can take very long: a run that cannot pay
   * does not begin it. What `work` says comes on top.
   */
  readonly cost?: (...args: Value[]) => number;
  /**
   * The library module that a program includes to have this word, such as `std:imath`; every program has the
   * others.
   */
  readonly module?: string;
}

/** How a word is carried out that gives the value of `find` and true; 0 and false where there is none. */
export const finding = (
  find: (...args: Value[]) => Value | undefined,
): Required<Pick<WordRow, 'find' | 'run'>> => ({
  find,
  run: (...args) => {
    const value = find(...args);
    return value === undefined ? [0, false] : [value, true];
  },
});

function wrong(expected: string, found: unknown): never {
  throw new Fault('type-fault', `${expected} is needed here, but this is a ${typeName(found)}.`);
}

export function int(v: unknown): Int {
  return typeof v === 'number' || typeof v === 'bigint' ? v : wrong('An Int', v);
}

export function float(v: unknown): number {
  return v instanceof Float ? v.value : wrong('A Float', v);
}

/** Also takes an Int, as the seed generation does: 0 is false, every other is true. */
export function bool(v: unknown): boolean {
  if (typeof v === 'boolean') return v;
  return typeof v === 'number' || typeof v === 'bigint' ? v !== 0 : wrong('A Bool', v);
}

export function text(v: unknown): Text {
  return typeof v === 'string' || v instanceof Bytes ? v : wrong('A String', v);
}

export function symbol(v: unknown): Sym {
  return v instanceof Sym ? v : wrong('A Symbol', v);
}

export function key(v: unknown): Key {
  if (isKey(v)) return v;
  throw new Fault('bad-key', `A key of a map is an Int, Bool or String; this is a ${typeName(v)}.`);
}

export function map(v: unknown): SeqMap<Value> {
  return v instanceof SeqMap ? (v as SeqMap<Value>) : wrong('A Map', v);
}

/** A List, or a Variant used as one: the reference has no difference between them but the tag. */
export function sequence(v: unknown): List<Value> | Variant<Value> {
  if (v instanceof List) return v as List<Value>;
  return v instanceof Variant ? (v as Variant<Value>) : wrong('A List', v);
}

export function variant(v: unknown): List<Value> | Variant<Value> {
  if (v instanceof Variant) return v as Variant<Value>;
  return v instanceof List ? (v as List<Value>) : wrong('A Variant', v);
}

/** The reductions for the size of everything a word took and gave: characters by 32, elements by four. */
export function workOfAll(results: Results, ...args: Value[]): number {
  let reductions = workOf(results);
  for (const arg of args) reductions += workOf(arg);
  return reductions;
}

/** The reductions for a variant that is copied; a list is not. */
export function workOfCopy(_: Results, whole: unknown): number {
  return whole instanceof Variant ? whole.fields.length >>> 4 : 0;
}

/** The length of a text, 0 for any other value. */
export const lengthOf = (v: unknown): number =>
  typeof v === 'string' ? v.length : v instanceof Bytes ? v.bytes.length : 0;

function workOf(v: unknown): number {
  if (typeof v === 'string') return v.length >>> 5;
  if (v instanceof List) return v.length >>> 2;
  if (v instanceof SeqMap) return v.size >>> 2;
  if (v instanceof Variant) return v.fields.length >>> 2;
  if (v instanceof Bytes) return v.bytes.length >>> 5;
  return Array.isArray(v) ? v.reduce<number>((sum, each) => sum + workOf(each), 0) : 0;
}
