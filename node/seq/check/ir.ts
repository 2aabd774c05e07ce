// What the checker hands to the compiler: every word as a tree of operations, with names resolved and
// conditionals, combinators and sugar already taken apart. Counts that depend on types are read from the
// types once all is checked.
import type { Value } from '../../base/value.ts';
import type { Builtin } from '../builtins/table.ts';
import type { Vocabulary } from '../lines/vocabulary.ts';
import type { EffectExpression } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { TypeScope } from './signatures.ts';
import type { Quote, Stack, Type } from './types.ts';

export type Op =
  | { readonly op: 'constant'; readonly value: Value }
  /**
   * Takes `take` values and pushes those at `give` (0 is the deepest taken). Without `at` no word in the
   * program says so.
   */
  | { readonly op: 'shuffle'; readonly take: number; readonly give: readonly number[]; readonly at?: Span }
  /** To and from the aux stack, which exists only while compiling. */
  | { readonly op: 'stash' }
  | { readonly op: 'unstash' }
  /** `given`: of the answer to an ask, its type. */
  | { readonly op: 'builtin'; readonly builtin: Builtin; readonly at: Span; readonly given?: Type }
  | {
      readonly op: 'word';
      readonly word: Word;
      readonly arguments: readonly QuoteArgument[];
      readonly at: Span;
    }
  /** Takes `captures` values and pushes the quotation. */
  | { readonly op: 'quote'; readonly literal: Literal; readonly captures: number; readonly at: Span }
  /** Takes a quotation and what it declares. */
  | { readonly op: 'call'; readonly quote: Quote; readonly at: Span }
  /** Takes a quotation; starts it as a strand or weave, on a copy of what it declares. */
  | { readonly op: 'strand'; readonly weave: boolean; readonly quote: Quote; readonly at: Span }
  | {
      readonly op: 'if';
      /** The condition is an Int, or may be one, of which 0 is false. */
      readonly truthy: false | 'int' | 'any';
      readonly yes: Branch;
      readonly no: Branch;
      readonly at: Span;
    }
  | { readonly op: 'match'; readonly cases: readonly MatchCase[]; readonly at: Span }
  /** Ends the run; nothing after it is reached. */
  | { readonly op: 'fault'; readonly code: string; readonly message: string; readonly at: Span }
  | { readonly op: 'make'; readonly tag: string; readonly count: number }
  | { readonly op: 'is'; readonly tag: string; readonly at: Span }
  | { readonly op: 'field'; readonly tag: string; readonly index: number; readonly at: Span };

export const STASH: Op = { op: 'stash' };
export const UNSTASH: Op = { op: 'unstash' };
export const shuffle = (take: number, ...give: number[]): Op => ({ op: 'shuffle', take, give });

/**
 * `returns`: the branch ends in a call that ends the whole word, so what stands after the conditional is not
 * reached.
 */
export interface Branch {
  readonly body: readonly Op[];
  readonly returns: boolean;
}

export interface MatchCase {
  readonly tag: string;
  /** How many fields the variant has. */
  readonly count: number;
  /** Which of them are pushed, in order. */
  readonly fields: readonly number[];
  readonly branch: Branch;
}

/**
 * A quotation that is passed where the word's effect names a row, so that it may reach below its declared
 * inputs.
 */
export interface QuoteArgument {
  /** Position among the word's inputs, 0 the deepest. */
  readonly index: number;
  readonly quote: Quote;
}

/** A quotation literal. */
export interface Literal {
  /** Position among the literals of the program: what a behaviour reference names. */
  readonly index: number;
  readonly word: string;
  readonly at: Span;
  readonly body: readonly Op[];
  /** What the body takes and gives; captured values are the topmost of its inputs. */
  readonly quote: Quote;
}

export interface Word {
  readonly name: string;
  readonly at: Span;
  readonly declared: EffectExpression;
  readonly inputs: Stack;
  readonly outputs: Stack;
  /** Of the file that defines it. */
  readonly vocabulary: Vocabulary;
  readonly scope: TypeScope;
  /** Set when the body is checked. */
  body: readonly Op[];
}

/** The code in an operation that runs in its place; at most one of them does. */
export function branchesOf(op: Op): readonly Branch[] {
  if (op.op === 'if') return [op.yes, op.no];
  return op.op === 'match' ? op.cases.map(({ branch }) => branch) : [];
}
