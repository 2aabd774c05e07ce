// Numeric words: they work on Ints, Floats and Bools alone, and call builtins and words that do. Nothing
// outside can see how far one has come, so that it may run as WebAssembly from its call to its end.
import { Float } from '../../../base/value.ts';
import { branchesOf, type Op, type Word } from '../../check/ir.ts';
import { rowOf, type Stack, type Type, typeOf, unstack } from '../../check/types.ts';
import type { CallGraph } from '../call-graph.ts';
import type { NumberType } from './encoding.ts';
import { numericWord } from './words.ts';

/** Larger words would be slow to compile, and have more parts than their calls cost. */
const OPERATIONS_MAX = 2000;
const VALUES_MAX = 50;

export interface NumericWords {
  /** The words that come back to themselves. Others call these, and a call of WebAssembly pays for itself. */
  readonly roots: readonly Word[];
  /** All words that the roots come to, and the roots. */
  readonly words: readonly Word[];
}

export const NO_NUMERIC_WORDS: NumericWords = { roots: [], words: [] };

export function numericWords({ components, called }: CallGraph): NumericWords {
  const recursive = components.filter(([only, ...others]) => others.length > 0 || called(only!).has(only!));
  // Most programs have none, and no need of the table of builtins.
  if (!recursive.some((component) => component.every(takesNumbers))) return NO_NUMERIC_WORDS;
  const candidates = new Set(components.flat().filter(takesNumbers));
  for (const word of candidates) if (countOf(word.body) > OPERATIONS_MAX) candidates.delete(word);
  removeCallersOfOthers(candidates, called);
  const roots = recursive.flat().filter((word) => candidates.has(word));
  if (roots.length === 0) return NO_NUMERIC_WORDS;
  const reached = new Set(roots);
  for (const word of reached) for (const each of called(word)) reached.add(each);
  return { roots, words: [...reached] };
}

/** The types of a stack that holds nothing but numbers; undefined of any other. */
export function numberTypes(stack: Stack): readonly NumberType[] | undefined {
  const types = unstack(stack).types.map(numberType);
  return types.includes(undefined) ? undefined : (types as NumberType[]);
}

function numberType(type: Type): NumberType | undefined {
  const t = typeOf(type);
  if (t.kind !== 'con' || t.any) return undefined;
  return Object.hasOwn(BY_NAME, t.name) ? BY_NAME[t.name] : undefined;
}

const BY_NAME: Readonly<Record<string, NumberType>> = { Int: 'int', Float: 'float', Bool: 'bool' };

function takesNumbers(word: Word): boolean {
  const { truth, intBits, anyVariables } = word.vocabulary;
  if (truth === 'Int' || intBits !== 63 || anyVariables || word.declared.yields.length > 0) return false;
  for (const stack of [word.inputs, word.outputs]) {
    const types = numberTypes(stack);
    if (types === undefined || types.length > VALUES_MAX) return false;
  }
  return rowOf(word.inputs) === rowOf(word.outputs);
}

/** How many operations there are; infinite if one of them is not numeric. */
function countOf(ops: readonly Op[]): number {
  let count = ops.length;
  for (const op of ops) {
    if (count > OPERATIONS_MAX || !isNumeric(op)) return Number.POSITIVE_INFINITY;
    for (const branch of branchesOf(op)) count += countOf(branch.body);
  }
  return count;
}

function isNumeric(op: Op): boolean {
  switch (op.op) {
    case 'constant':
      return ['number', 'bigint', 'boolean'].includes(typeof op.value) || op.value instanceof Float;
    case 'builtin':
      return numericWord(op.builtin) !== undefined;
    case 'word':
      return op.arguments.length === 0;
    case 'shuffle':
    case 'stash':
    case 'unstash':
    case 'if':
    case 'fault':
      return true;
    default:
      return false;
  }
}

function removeCallersOfOthers(candidates: Set<Word>, called: CallGraph['called']): void {
  const callers = new Map<Word, Word[]>();
  const pending: Word[] = [];
  for (const word of candidates)
    for (const each of called(word)) {
      if (!candidates.has(each)) pending.push(word);
      const known = callers.get(each);
      if (known === undefined) callers.set(each, [word]);
      else known.push(word);
    }
  for (let word = pending.pop(); word !== undefined; word = pending.pop())
    if (candidates.delete(word)) pending.push(...(callers.get(word) ?? []));
}
