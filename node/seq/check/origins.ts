// Where what lies on the stack comes from, for messages about it.
// 1. A Bool on top of a value says whether there is one. Where the program takes it for the value, the word
//    that left both is at fault, not the one that finds the Bool. A Bool alone says whether a word worked.
import { FAILURES } from '../builtins/fallible.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import { BOOL, type Stack, stackOf, typeOf, unstack } from './types.ts';

interface Flag {
  readonly name: string;
  readonly at: Span;
  /** How many values lie below the Bool. */
  readonly values: number;
}

export class Origins {
  readonly #flags = new Map<Stack, Flag>();
  readonly #quotations = new Map<Stack, Span>();

  /** Notes what the word `name` left: `outputs` of its effect, now on top of `stack`. */
  left(name: string, outputs: number, stack: Stack, at: Span): void {
    const cell = stackOf(stack);
    if (outputs < 2 && !FAILURES.has(name)) return;
    if (cell.kind !== 'cons' || typeOf(cell.top) !== BOOL) return;
    this.#flags.set(cell, { name, at, values: outputs - 1 });
  }

  quotation(stack: Stack, at: Span): void {
    this.#quotations.set(stackOf(stack), at);
  }

  /** Where the quotation on top of the stack is written, if it is. */
  quotationAt(stack: Stack): Span | undefined {
    return this.#quotations.get(stackOf(stack));
  }

  /** Fails if the top of the stack is a Bool of rule 1; `instead` goes on `…; …`. */
  refuseFlag(stack: Stack, instead: string): void {
    const flag = this.#flags.get(stackOf(stack));
    if (flag === undefined) return;
    const { name, at, values } = flag;
    const failure = FAILURES.get(name) ?? FAILURES.get(`i.${name}`);
    const left = ['a Bool', 'a value and a Bool'][values] ?? `${values} values and a Bool`;
    fail(
      at,
      'unhandled-bool',
      `${name} leaves ${left}${failure === undefined ? '' : `, false for ${failure}`}; ${instead}.`,
      branching(name, values),
    );
  }
}

/** What to do about the Bool of a word, with so many values below it. */
function branching(name: string, values: number): string {
  if (values === 0) return `Branch on the Bool, as in ${name} [ … ] [ … ] if, or drop it.`;
  const drop = values === 1 ? 'drop' : values <= 3 ? `${values}drop` : 'drop drop …';
  const below = values === 1 ? 'the value is' : 'the values are';
  return `Branch on the Bool, as in ${name} [ … ] [ ${drop} … ] if: ${below} below it.`;
}

/** Whether the type on top of the stack is Bool. */
export const endsInBool = (stack: Stack): boolean => {
  const types = unstack(stack).types;
  return types.length > 0 && typeOf(types.at(-1)!) === BOOL;
};
