// Written effects to types. Each call of a word reads its effect afresh, so that its variables are its own.
import { nearest } from '../../base/nearest.ts';
import type { EffectExpression, StackExpression, TypeExpression } from '../syntax/ast.ts';
import { fail } from '../syntax/diagnostic.ts';
import {
  CONCRETE,
  freshRow,
  freshVar,
  MAP,
  pushAll,
  type Quote,
  type Row,
  STRING,
  type Stack,
  type Type,
  unstack,
  VARIANT,
} from './types.ts';

export interface Signature {
  readonly inputs: Stack;
  readonly outputs: Stack;
  readonly yields: readonly Type[];
  /** Whether a quotation of the effect names one of its rows: then what is below the inputs matters to it. */
  readonly reaches: boolean;
}

/**
 * Names that the oldest programs write in effects; a trailing ' is ignored. A union of the same name goes
 * first.
 */
const SEED_TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['State', MAP],
  ['Msg', VARIANT],
  ['Message', VARIANT],
  ['ActorId', STRING],
  ['TimerId', STRING],
  ['SupervisorId', STRING],
  ['Ctx', CONCRETE.get('WeaveCtx')!],
]);
/** Names of the older programs that stand for any one value. */
const ANY_VALUE = new Set(['Response', 'Event', 'Handle', 'Strategy', 'Children']);

const VARIABLE = /^\p{Lu}\d*'*$/u;

/** What names in effects mean. */
export interface TypeScope {
  readonly unions: ReadonlyMap<string, unknown>;
  /**
   * In older releases: names that are types today and were none. Any name that is no type is a variable then.
   */
  readonly variables?: ReadonlySet<string> | undefined;
  /** A type variable of a word fits every type in the word's own body, and not one type. */
  readonly anyVariables?: boolean;
  /** `Quotation` is a type variable. */
  readonly quotationType?: boolean;
}

/** The type that a name of an effect stands for; undefined when it stands for none. */
function typeInScope(name: string, scope: TypeScope): Type | 'variable' | undefined {
  if (name === 'Quotation') return scope.quotationType ? 'variable' : undefined;
  if (scope.variables === undefined) return namedType(name, scope.unions);
  if (scope.unions.has(name)) return { kind: 'union', name };
  return (scope.variables.has(name) ? undefined : CONCRETE.get(name)) ?? 'variable';
}

/** The type a name stands for, or undefined when it stands for none. A type variable gives 'variable'. */
export function namedType(name: string, unions: ReadonlyMap<string, unknown>): Type | 'variable' | undefined {
  if (unions.has(name)) return { kind: 'union', name };
  const concrete = CONCRETE.get(name);
  if (concrete !== undefined) return concrete;
  if (VARIABLE.test(name)) return 'variable';
  const plain = name.replace(/'+$/, '');
  return SEED_TYPES.get(plain) ?? (ANY_VALUE.has(plain) ? 'variable' : undefined);
}

/**
 * The name that 7.x has for a type that the oldest programs name otherwise; undefined where they have a type
 * variable, which is one letter now.
 */
export function currentTypeName(name: string): string | undefined {
  const type = SEED_TYPES.get(name.replace(/'+$/, ''));
  return type?.kind === 'con' && type.name !== 'WeaveCtx' ? type.name : undefined;
}

/** Fails on any name of the effect that is no type. */
export function checkTypeNames(effect: EffectExpression, scope: TypeScope): void {
  const check = (type: TypeExpression): void => {
    if (type.kind === 'quotation') return checkTypeNames(type.effect, scope);
    if (typeInScope(type.name, scope) !== undefined) return;
    if (type.name === 'Quotation')
      fail(type.at, 'bad-type', 'Quotation alone is not a type.', 'Write its effect, as in [ Int -- Int ].');
    const near = nearest(type.name, [...CONCRETE.keys(), ...scope.unions.keys()]);
    fail(
      type.at,
      'unknown-type',
      `${type.name} is no type.`,
      near === undefined
        ? 'Define a union of this name, or write one letter for any type.'
        : `Did you mean ${near}?`,
    );
  };
  for (const side of [effect.inputs, effect.outputs]) side.types.forEach(check);
  effect.yields.forEach(check);
}

/**
 * The types of an effect with variables of their own. With `rigid`, its rows are rigid: for checking the
 * word's own body.
 */
export function signatureOf(effect: EffectExpression, scope: TypeScope, rigid: boolean): Signature {
  const variables = new Map<string, Type>();
  const rows = new Map<string, Row>();
  const row = (name: string): Row => {
    const known = rows.get(name) ?? freshRow(name, rigid);
    rows.set(name, known);
    return known;
  };
  const named = (name: string): Type => {
    const type = typeInScope(name, scope);
    if (type !== undefined && type !== 'variable') return type;
    if (rigid && scope.anyVariables && name !== 'Quotation') return { kind: 'con', name, any: true };
    // What a caller gives need not be of one type either; what it gets is of that of the topmost.
    const apart = !rigid && scope.anyVariables && given;
    const known = (apart ? undefined : variables.get(name)) ?? freshVar(name);
    variables.set(name, known);
    return known;
  };
  let reaches = false;
  let given = false;
  const quotation = ({ inputs, outputs }: EffectExpression): Quote => {
    const written = inputs.row ?? outputs.row;
    const own = written === undefined ? freshRow() : undefined;
    if (own === undefined) reaches = true;
    const side = (stack: StackExpression) =>
      pushAll(own ?? row((stack.row ?? written)!.name), stack.types.map(typed));
    return {
      kind: 'quote',
      inputs: side(inputs),
      outputs: side(outputs),
      generic: own === undefined ? 'no' : 'row',
    };
  };
  const typed = (type: TypeExpression): Type =>
    type.kind === 'name' ? named(type.name) : quotation(type.effect);
  const below = (stack: StackExpression): Row =>
    row((stack.row ?? effect.inputs.row ?? effect.outputs.row)?.name ?? 'rest');
  given = true;
  const inputs = pushAll(below(effect.inputs), effect.inputs.types.map(typed));
  given = false;
  const outputs = pushAll(below(effect.outputs), effect.outputs.types.map(typed));
  return { inputs, outputs, yields: effect.yields.map(typed), reaches };
}

/**
 * What an effect takes and leaves that only names types of the language: it means the same wherever it is
 * used.
 */
export interface FixedEffect {
  readonly inputs: readonly Type[];
  readonly outputs: readonly Type[];
}

const fixed = new WeakMap<EffectExpression | Effected, FixedEffect | 'open'>();

/** The effect of a builtin, if it is fixed. */
export function fixedEffect(effect: EffectExpression): FixedEffect | undefined {
  let known = fixed.get(effect);
  if (known === undefined) {
    known = read(effect) ?? 'open';
    fixed.set(effect, known);
  }
  return known === 'open' ? undefined : known;
}

/** Of a word: what its effect says, and the types of that for its own body. */
interface Effected {
  readonly declared: EffectExpression;
  readonly inputs: Stack;
  readonly outputs: Stack;
}

/** The effect of a word, if it is fixed. */
export function fixedEffectOf(word: Effected): FixedEffect | undefined {
  let known = fixed.get(word);
  if (known === undefined) {
    known = readTypes(word) ?? 'open';
    fixed.set(word, known);
  }
  return known === 'open' ? undefined : known;
}

function readTypes({ declared, inputs, outputs }: Effected): FixedEffect | undefined {
  const [taken, left] = [unstack(inputs), unstack(outputs)];
  const plain = ({ types }: { types: readonly Type[] }) =>
    types.every((type) => (type.kind === 'con' && type.any !== true) || type.kind === 'union');
  if (taken.row !== left.row || !taken.row.rigid || declared.yields.length > 0) return undefined;
  return plain(taken) && plain(left) ? { inputs: taken.types, outputs: left.types } : undefined;
}

function read({ inputs, outputs, yields }: EffectExpression): FixedEffect | undefined {
  if (inputs.row !== undefined || outputs.row !== undefined || yields.length > 0) return undefined;
  const [taken, left] = [inputs, outputs].map(({ types }) =>
    types.map((type) => (type.kind === 'name' ? CONCRETE.get(type.name) : undefined)),
  );
  return [...taken!, ...left!].includes(undefined)
    ? undefined
    : { inputs: taken as Type[], outputs: left as Type[] };
}
