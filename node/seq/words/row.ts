// What a word of the language is to the checker and the runner, and the checks of its arguments at run time: a field
// of a variant has whatever type its use asks for, so that even a checked program can hand over the wrong kind.
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
   * Takes the inputs of the effect, bottom to top; gives undefined for no output, the value for one, an array of the
   * values, bottom to top, for several. Throws Fault.
   */
  readonly run: (...args: Value[]) => Results;
  /** The library module that a program includes to have this word, such as `std:imath`; every program has the others. */
  readonly module?: string;
}

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
