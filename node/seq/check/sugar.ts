// `+ - * / % = < > <= >= <>` mean the word for the type of their operands.
import { fail, type Span } from '../syntax/diagnostic.ts';
import { builtinOp, type WordChecker } from './infer.ts';
import type { Op } from './ir.ts';
import { BOOL, type Con, FLOAT, INT, STRING, SYMBOL, showType, type Type, typeOf } from './types.ts';

const NUMERIC = ['Int', 'Float'];
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  '+': ['Int', 'Float', 'String'],
  '-': NUMERIC,
  '*': NUMERIC,
  '/': NUMERIC,
  '%': ['Int'],
  '=': ['Int', 'Float', 'String', 'Symbol'],
  '<': NUMERIC,
  '>': NUMERIC,
  '<=': NUMERIC,
  '>=': NUMERIC,
  '<>': NUMERIC,
};
const TYPES: readonly Con[] = [INT, FLOAT, STRING, SYMBOL];

/** A use whose operand types are not known yet. Its place in `ops` is filled once they are. */
export interface SugarUse {
  readonly name: string;
  readonly operand: Type;
  readonly at: Span;
  readonly ops: Op[];
  readonly index: number;
}

export const isSugar = (name: string): boolean => Object.hasOwn(OPERANDS, name);

/** The word that `name` means for operands of a type, or undefined. */
function wordFor(name: string, type: Type): string | undefined {
  const t = typeOf(type);
  if (t.kind !== 'con' || !OPERANDS[name]!.includes(t.name)) return undefined;
  if (t === STRING) return name === '+' ? 'string.concat' : 'string.equal?';
  if (t === SYMBOL) return 'symbol.=';
  return `${t === INT ? 'i' : 'f'}.${name}`;
}

/** Every word that an operator may stand for; undefined when the name is no operator. */
export function operatorWords(name: string): readonly string[] | undefined {
  if (!isSugar(name)) return undefined;
  return TYPES.map((type) => wordFor(name, type)).filter((word) => word !== undefined);
}

export function resolveSugar(checker: WordChecker, name: string, at: Span, ops: Op[]): void {
  const right = checker.pop(at, `${name} takes two values`);
  const left = checker.pop(at, `${name} takes two values`);
  if (!checker.unifier.types(left, right)) mismatch(name, left, right, at);
  const word = wordFor(name, left);
  if (word !== undefined) {
    const builtin = checker.environment.builtin(word)!;
    ops.push(builtinOp(builtin, at));
    checker.push(name === '/' || name === '%' || '+-*'.includes(name) ? typeOf(left) : BOOL);
    if (builtin.results === 2) checker.push(BOOL);
    return;
  }
  if (typeOf(left).kind !== 'var') mismatch(name, left, right, at);
  // What / leaves depends on the type, so it cannot wait.
  if (name === '/' || name === '%') ambiguous(name, at);
  checker.sugar.push({ name, operand: left, at, ops, index: ops.length });
  ops.push({ op: 'stash' });
  checker.push('+-*'.includes(name) ? left : BOOL);
}

/** Decides the uses from `from` on; what is still open then is an error. */
export function settleSugar(checker: WordChecker, from: number): void {
  for (const use of checker.sugar.splice(from)) {
    const word = wordFor(use.name, use.operand);
    if (word !== undefined) use.ops[use.index] = builtinOp(checker.environment.builtin(word)!, use.at);
    else if (typeOf(use.operand).kind === 'var') ambiguous(use.name, use.at);
    else mismatch(use.name, use.operand, use.operand, use.at);
  }
}

function ambiguous(name: string, at: Span): never {
  const words = TYPES.map((type) => wordFor(name, type)).filter((word) => word !== undefined);
  fail(
    at,
    'ambiguous-operator',
    `The types that ${name} works on are not known here.`,
    `Write the word for the type: ${words.join(', ')}.`,
  );
}

function mismatch(name: string, left: Type, right: Type, at: Span): never {
  fail(
    at,
    'type-mismatch',
    `${name} does not work on ${showType(left)} and ${showType(right)}.`,
    `It takes two of the same type: ${OPERANDS[name]!.join(', ')}.`,
  );
}
