// Words without an effect, which releases before 2.0 allowed: what their bodies do to the stack becomes their
// effect.
import type { EffectExpression, StackExpression, TypeExpression, WordDefinition } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { WordChecker } from './checker.ts';
import {
  type Quote,
  type Row,
  rowOf,
  type Stack,
  type Type,
  type TypeVar,
  typeOf,
  unstack,
} from './types.ts';

/**
 * Thrown at a call of a word whose effect is being found out: what comes after it cannot tell. A branch that
 * ends so leaves what the others leave.
 */
export class Circular extends Error {}

/** The effect of a body that `checker` has not seen yet. Throws Circular where it cannot be found out. */
export function effectOf(checker: WordChecker, { body, at }: WordDefinition): EffectExpression {
  checker.body(body, true);
  return new EffectWriter(at, (name) => checker.environment.unions.has(name)).effect(
    checker.word.inputs,
    checker.stack,
  );
}

/** Types as a program would write them. */
class EffectWriter {
  readonly #at: Span;
  readonly #taken: (name: string) => boolean;
  readonly #variables = new Map<TypeVar, string>();
  readonly #rows = new Map<Row, string>();
  #names = 0;

  constructor(at: Span, taken: (name: string) => boolean) {
    this.#at = at;
    this.#taken = taken;
  }

  effect(inputs: Stack, outputs: Stack): EffectExpression {
    const named = rowOf(inputs) !== rowOf(outputs);
    return {
      inputs: this.#stack(inputs, named),
      outputs: this.#stack(outputs, named),
      yields: [],
      at: this.#at,
    };
  }

  #stack(stack: Stack, named: boolean): StackExpression {
    const { row, types } = unstack(stack);
    const written = types.map((type) => this.#type(type));
    return named ? { row: { name: this.#row(row), at: this.#at }, types: written } : { types: written };
  }

  #type(type: Type): TypeExpression {
    const t = typeOf(type);
    if (t.kind === 'quote') return this.#quotation(t);
    return { kind: 'name', name: t.kind === 'var' ? this.#variable(t) : t.name, at: this.#at };
  }

  #quotation({ inputs, outputs, generic }: Quote): TypeExpression {
    const named = generic === 'no' || rowOf(inputs) !== rowOf(outputs);
    const effect: EffectExpression = {
      inputs: this.#stack(inputs, named),
      outputs: this.#stack(outputs, named),
      yields: [],
      at: this.#at,
    };
    return { kind: 'quotation', closure: false, effect, at: this.#at };
  }

  #variable(variable: TypeVar): string {
    let name = this.#variables.get(variable);
    if (name === undefined) {
      do name = `T${++this.#names}`;
      while (this.#taken(name));
      this.#variables.set(variable, name);
    }
    return name;
  }

  #row(row: Row): string {
    const name = this.#rows.get(row) ?? `r${this.#rows.size + 1}`;
    this.#rows.set(row, name);
    return name;
  }
}
