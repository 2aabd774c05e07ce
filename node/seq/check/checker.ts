// The checker of one word, as the checks of its constructs see it.
import type { Builtin } from '../builtins/table.ts';
import type { Node } from '../syntax/ast.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import type { Environment } from './environment.ts';
import type { Literal, Op, Word } from './ir.ts';
import type { Origins } from './origins.ts';
import type { Signature } from './signatures.ts';
import type { Quote, Stack, Type, Unifier } from './types.ts';

/** A use whose operand types are not known yet. Its operation gets its builtin once they are. */
export interface SugarUse {
  readonly name: string;
  readonly operand: Type;
  readonly op: { op: 'builtin'; builtin: Builtin; readonly at: Span };
}

/** An effect with variables of its own. Without `reaches` its row is in nothing else. */
export type Applicable = Pick<Signature, 'inputs' | 'outputs' | 'reaches'>;

/** What the checks of one program share. */
export interface Session {
  readonly environment: Environment;
  readonly literals: Literal[];
  /** How many values `pick` and `roll` by computed depths may move. */
  readonly reach: { left: number };
}

export interface WordChecker {
  readonly environment: Environment;
  readonly unifier: Unifier;
  readonly word: Word;
  readonly literals: Literal[];
  readonly reach: Session['reach'];
  stack: Stack;
  /** Types on the aux stack; those below `auxBase` belong to the code around and may not be taken. */
  aux: Type[];
  readonly auxBase: number;
  /** How many quotation literals that are values surround the code. */
  literalDepth: number;
  readonly origins: Origins;
  /** Where the code first yields. */
  yieldAt: Span | undefined;
  /** Uses of + and the like whose operand types are not known yet. */
  sugar: SugarUse[];

  /** `tail`: the word ends with these nodes. */
  body(nodes: readonly Node[], tail: boolean): Op[];
  push(type: Type): void;
  /** Takes the top type; `purpose` says for what, if there is none. */
  pop(at: Span, purpose: string, hint?: string): Type;
  expect(found: Type, expected: Type, at: Span, purpose: string): void;
  /** Applies an effect to the stack. Returns the types that were found for its inputs, bottom to top. */
  apply(name: string, signature: Applicable, at: Span): Type[];
  /** Applies what a quotation on the stack does. Its own type tells the compiler how many values pass. */
  applyQuote(type: Type, name: string, at: Span): Quote;
  /** Runs `infer` on code that `name` calls, which may not yield. */
  withoutYield<T>(name: string, at: Span, infer: () => T): T;
  /** Runs `infer` as a scope with an aux stack of its own. */
  scoped<T>(at: Span, where: string, infer: () => T): T;
}

export function yieldsIn(name: string, at: Span): never {
  fail(
    at,
    'yield-in-quotation',
    `The quotation for ${name} yields.`,
    'Only strand.weave runs a quotation that yields.',
  );
}
