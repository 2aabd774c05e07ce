// `+ - * / % = < > <= >= <>` mean the word for the type of their operands.
import { isSugar, OPERANDS } from '../builtins/operators.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import type { SugarUse, WordChecker } from './checker.ts';
import type { Op } from './ir.ts';
import { BOOL, type Con, FLOAT, INT, STRING, SYMBOL, showType, type Type, typeOf } from './types.ts';

const TYPES: readonly Con[] = [INT, FLOAT, STRING, SYMBOL];

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
  const withRight = checker.stack;
  const right = checker.pop(at, `${name} takes two values`, `Write both before it, as in 1 2 ${name} .`);
  const withLeft = checker.stack;
  const left = checker.pop(at, `${name} takes two values`, `Write both before it, as in 1 2 ${name} .`);
  const refuse = (): never => {
    for (const stack of [withRight, withLeft]) checker.origins.refuseFlag(stack, `${name} takes the Bool`);
    return mismatch(name, left, right, at);
  };
  if (!checker.unifier.types(left, right)) refuse();
  const word = wordFor(name, left);
  if (word !== undefined) {
    const builtin = checker.environment.operator(word);
    ops.push({ op: 'builtin', builtin, at });
    checker.push(name === '/' || name === '%' || '+-*'.includes(name) ? typeOf(left) : BOOL);
    if (builtin.results === 2) checker.push(BOOL);
    checker.origins.left(name, builtin.results, checker.stack, at);
    return;
  }
  if (typeOf(left).kind !== 'var') refuse();
  // What / leaves depends on the type, so it cannot wait.
  if (name === '/' || name === '%') ambiguous(name, at);
  const op: SugarUse['op'] = { op: 'builtin', builtin: checker.environment.operator(`i.${name}`), at };
  checker.sugar.push({ name, operand: left, op });
  ops.push(op);
  checker.push('+-*'.includes(name) ? left : BOOL);
}

/** Decides the uses from `from` on as far as their operands are known. Returns whether all are decided. */
export function settleKnown(checker: WordChecker, from: number): boolean {
  const open = checker.sugar.splice(from).filter(({ name, operand, op }) => {
    const word = wordFor(name, operand);
    if (word !== undefined) op.builtin = checker.environment.operator(word);
    else if (typeOf(operand).kind === 'var') return true;
    else mismatch(name, operand, operand, op.at);
    return false;
  });
  checker.sugar.push(...open);
  return open.length === 0;
}

/** Decides all uses; what is still open is an error. */
export function settleSugar(checker: WordChecker): void {
  settleKnown(checker, 0);
  const [open] = checker.sugar;
  if (open !== undefined) ambiguous(open.name, open.op.at);
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
