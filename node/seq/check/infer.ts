// Checks the body of one word against its effect and turns it into operations.
import type { Value } from '../../base/value.ts';
import { isSugar } from '../builtins/operators.ts';
import { BEHAVIOUR, type Builtin } from '../builtins/table.ts';
import type { LiteralType, Node } from '../syntax/ast.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import { crossing, nameBoth } from './boundary.ts';
import { inferConditional, inferMatch } from './branches.ts';
import { type Applicable, type Session, type SugarUse, type WordChecker, yieldsIn } from './checker.ts';
import { inlineCombinator, valueCombinator } from './combinators.ts';
import { Circular } from './effectless.ts';
import { type Environment, type Meaning, shorten } from './environment.ts';
import type { Literal, Op, QuoteArgument, Word } from './ir.ts';
import { literalBefore } from './literals.ts';
import { endsInBool, Origins } from './origins.ts';
import { type FixedEffect, fixedEffect, fixedEffectOf, signatureOf, type TypeScope } from './signatures.ts';
import { resolveSugar, settleSugar } from './sugar.ts';
import {
  BOOL,
  CONCRETE,
  INT,
  instantiate,
  isAny,
  LIST,
  push,
  type Quote,
  type Stack,
  showItems,
  showType,
  stackOf,
  type Type,
  typeOf,
  Unifier,
  unstack,
} from './types.ts';

/** A union of the program may be called as a type is; in the effect of a builtin the name means the type. */
const NO_UNIONS: TypeScope = { unions: new Map() };

/** The word whose input's type is kept, for those who ask: see interfaces.ts. */
export const ANSWERS = 'actor-reply';

export class BodyChecker implements WordChecker {
  readonly environment: Environment;
  readonly unifier = new Unifier();
  readonly word: Word;
  readonly literals: Literal[];
  readonly reach: Session['reach'];
  stack: Stack;
  /** Types on the aux stack; those below `auxBase` belong to the code around and may not be taken. */
  aux: Type[] = [];
  auxBase = 0;
  /** How many quotation literals that are values surround the code. */
  literalDepth = 0;
  readonly origins = new Origins();
  /** Where the code first yields. */
  yieldAt: Span | undefined;
  /** Uses of + and the like whose operand types are not known yet. */
  sugar: SugarUse[] = [];

  /** Words whose effects are not found out yet. */
  readonly #circular: ReadonlySet<string> | undefined;

  constructor(session: Session, word: Word, circular?: ReadonlySet<string>) {
    this.#circular = circular;
    this.environment = session.environment;
    this.literals = session.literals;
    this.reach = session.reach;
    this.word = word;
    this.stack = word.inputs;
  }

  check(nodes: readonly Node[]): Op[] {
    const ops = this.body(nodes, true);
    settleSugar(this);
    this.endOfAux(this.word.at, `word ${this.word.name}`, 0);
    if (!this.unifier.stacks(this.stack, this.word.outputs)) {
      if (!endsInBool(this.word.outputs))
        this.origins.refuseFlag(
          this.stack,
          `word ${shorten(this.word.name)} should leave ${showItems(this.word.outputs)}`,
        );
      fail(
        this.word.at,
        'output-mismatch',
        `Word ${shorten(this.word.name)} should leave ${showItems(this.word.outputs)}, but leaves ${showItems(this.stack)}.`,
        'Correct the effect or the body.',
      );
    }
    this.#checkYield();
    return ops;
  }

  /** An effect says that a word yields if and only if it does, so that only weaves run such words. */
  #checkYield(): void {
    const { name, at, declared } = this.word;
    if (this.yieldAt !== undefined && declared.yields.length === 0)
      fail(
        this.yieldAt,
        'undeclared-yield',
        `Word ${shorten(name)} yields here, but its effect does not say so.`,
        'Write | Yield and the type of what it yields before the ) of its effect.',
      );
    if (this.yieldAt === undefined && declared.yields.length > 0)
      fail(
        at,
        'missing-yield',
        `The effect of ${shorten(name)} says that it yields, but it never does.`,
        'Leave | Yield out, or call yield.',
      );
  }

  /** `tail`: the word ends with these nodes. */
  body(nodes: readonly Node[], tail: boolean): Op[] {
    const ops: Op[] = [];
    for (let at = 0; at < nodes.length; ) at += this.#step(nodes, at, tail, ops);
    return ops;
  }

  /** Returns how many nodes it has dealt with. */
  #step(nodes: readonly Node[], at: number, tail: boolean, ops: Op[]): number {
    const node = nodes[at]!;
    const last = tail && at === nodes.length - 1;
    const taken = inlineCombinator(this, nodes, at, tail, ops);
    if (taken > 0) return taken;
    switch (node.kind) {
      case 'literal':
        this.push(this.#typeOf(node.type));
        ops.push({ op: 'constant', value: this.#valueOf(node) });
        return 1;
      case 'quotation':
        literalBefore(this, node, nodes[at + 1], last, ops);
        return 1;
      case 'if':
        inferConditional(this, node, last, ops);
        return 1;
      case 'match':
        inferMatch(this, node, last, ops);
        return 1;
      case 'name':
        this.#name(node.name, node.at, ops);
        return 1;
    }
  }

  #valueOf({ value, wide }: Node & { kind: 'literal' }): Value {
    return wide !== undefined && this.environment.vocabulary.intBits === 64 ? (wide as never) : value;
  }

  #typeOf(literal: LiteralType): Type {
    return literal === 'Bool' && this.environment.vocabulary.truth === 'Int' ? INT : CONCRETE.get(literal)!;
  }

  #name(name: string, at: Span, ops: Op[]): void {
    const meaning = this.environment.find(name);
    if (this.#circular?.has(name)) throw new Circular();
    if (meaning === undefined) {
      if (this.environment.vocabulary.sugar && isSugar(name)) return resolveSugar(this, name, at, ops);
      this.environment.unknownWord(name, at);
    }
    if (meaning.kind === 'builtin' && meaning.builtin.special) {
      if (name === '>aux') return this.#stash(at, ops);
      if (name === 'aux>') return this.#unstash(at, ops);
      return valueCombinator(this, meaning.builtin.name, at, ops);
    }
    this.#call(name, meaning, at, ops);
  }

  #call(name: string, meaning: Meaning, at: Span, ops: Op[]): void {
    if (meaning.kind === 'union') {
      this.apply(name, { ...meaning.word.signature(), reaches: false }, at);
      ops.push(...meaning.word.ops(at));
      return;
    }
    const written = meaning.kind === 'word' ? meaning.word.declared : meaning.builtin.written;
    if (written.yields.length > 0) this.yieldAt ??= at;
    if (meaning.kind === 'word') this.#callWord(meaning.word, at, ops);
    else {
      const top = meaning.builtin.name === ANSWERS ? stackOf(this.stack) : undefined;
      const { give, takes } = meaning.builtin;
      const effect = give === undefined ? fixedEffect(written) : undefined;
      if ((give === undefined && effect === undefined) || !this.#applyQuickly(takes, give, effect))
        this.apply(name, signatureOf(written, NO_UNIONS, false), at);
      const op = builtinOp(meaning.builtin, at);
      ops.push(top?.kind === 'cons' && op.op === 'builtin' ? { ...op, given: top.top } : op);
    }
    this.origins.left(name, written.outputs.types.length, this.stack, at);
  }

  #callWord(word: Word, at: Span, ops: Op[]): void {
    const { vocabulary } = this.environment;
    const fixed = word.vocabulary === vocabulary ? fixedEffectOf(word) : undefined;
    if (fixed !== undefined && this.#applyQuickly(fixed.inputs.length, undefined, fixed)) {
      ops.push({ op: 'word', word, arguments: [], at });
      return;
    }
    const written = signatureOf(word.declared, word.scope, false);
    const { signature, before, after } = crossing(word, vocabulary, written, this.stack, at);
    const declared = unstack(signature.inputs).types;
    try {
      const called = reachingQuotes(declared, this.apply(word.name, signature, at));
      ops.push(...before, { op: 'word', word, arguments: called, at }, ...after);
    } catch (error) {
      nameBoth(error, word, vocabulary);
    }
  }

  push(type: Type): void {
    this.stack = push(this.stack, type);
  }

  /** Takes the top type; `purpose` says for what, if there is none. */
  pop(at: Span, purpose: string, hint = 'Declare an input, or push a value before.'): Type {
    const popped = this.unifier.pop(this.stack);
    if (popped === undefined) fail(at, 'stack-underflow', `The stack is empty, but ${purpose}.`, hint);
    this.stack = popped.below;
    return popped.top;
  }

  expect(found: Type, expected: Type, at: Span, purpose: string): void {
    if (!this.unifier.types(found, expected))
      fail(
        at,
        'type-mismatch',
        `${purpose} must be ${showType(expected)}, but is ${showType(found)}.`,
        expected === BOOL && typeOf(found) === INT
          ? 'Compare the Int, as in 0 i.> or 0 i.= .'
          : `Leave one ${showType(expected)} there.`,
      );
  }

  /** Applies an effect to the stack. Returns the types that were found for its inputs, bottom to top. */
  apply(name: string, signature: Applicable, at: Span): Type[] {
    const before = this.stack;
    const { row, types } = unstack(signature.inputs);
    const found: Type[] = [];
    for (let i = types.length - 1; i >= 0; i--) {
      const popped = this.unifier.pop(this.stack);
      if (popped === undefined)
        fail(
          at,
          'stack-underflow',
          `${shorten(name)} takes ${types.length} value${types.length === 1 ? '' : 's'}, but the stack holds only ${types.length - 1 - i}.`,
          `It takes ${showItems(signature.inputs)}.`,
        );
      const expected = types[i]!;
      found.push(popped.top);
      const withTop = this.stack;
      this.stack = popped.below;
      if (!this.unifier.types(popped.top, expected)) {
        this.origins.refuseFlag(withTop, `${shorten(name)} takes the Bool for ${showType(expected)}`);
        this.#refuseBehaviour(name, popped.top, this.origins.quotationAt(withTop) ?? at);
        fail(
          at,
          'type-mismatch',
          `${shorten(name)} takes ${showItems(signature.inputs)}, but finds ${showType(popped.top)} where ${showType(expected)} must be.`,
          typeOf(expected) === LIST && typeOf(popped.top).kind === 'quote'
            ? 'Brackets hold code. Make a list with list.make, and add to it with list.push.'
            : `The stack holds ${showItems(before)}.`,
        );
      }
    }
    // Bound to where the stack leads, so that long bodies make no long chains of rows.
    if (!signature.reaches && !row.rigid) this.unifier.bindRow(row, stackOf(this.stack));
    else if (!this.unifier.stacks(this.stack, row))
      fail(
        at,
        'type-mismatch',
        `The quotation for ${shorten(name)} does not fit the stack below it.`,
        `The stack holds ${showItems(before)}.`,
      );
    this.stack = signature.outputs;
    return found.reverse();
  }

  /**
   * Does what `apply` does for a word that only moves values, `give`, or has a fixed effect: most are, and
   * types for each use would be half of the work. False, with nothing done, where the stack does not fit.
   */
  #applyQuickly(
    count: number,
    give: readonly number[] | undefined,
    effect: FixedEffect | undefined,
  ): boolean {
    const mark = this.unifier.mark();
    const taken = new Array<Type>(count);
    let stack = this.stack;
    for (let i = count - 1; i >= 0; i--) {
      const popped = this.unifier.pop(stack);
      if (popped === undefined || (effect && !this.unifier.types(popped.top, effect.inputs[i]!))) {
        this.unifier.undo(mark);
        return false;
      }
      taken[i] = popped.top;
      stack = popped.below;
    }
    let left = stackOf(stack);
    if (effect === undefined) for (const at of give!) left = push(left, taken[at]!);
    else for (const type of effect.outputs) left = push(left, type);
    this.stack = left;
    return true;
  }

  /** Fails for a quotation that an actor word takes for a behaviour. */
  #refuseBehaviour(name: string, found: Type, at: Span): void {
    if (!this.environment.builtin(name)?.effect.includes(BEHAVIOUR)) return;
    fail(
      at,
      'bad-behaviour',
      `${name} takes a behaviour, but this is ${showType(found)}.`,
      'A behaviour takes the state, a Map, and a message, and leaves the new state: ( Map Message -- Map ).',
    );
  }

  /** Applies what a quotation on the stack does. Its own type tells the compiler how many values pass. */
  applyQuote(type: Type, name: string, at: Span): Quote {
    const t = typeOf(type);
    if (t.kind === 'quote') {
      this.apply(name, { ...instantiate(t), reaches: true }, at);
      return t;
    }
    if (t.kind !== 'var' && !isAny(t))
      fail(
        at,
        'type-mismatch',
        `${name} takes a quotation, but finds ${showType(t)}.`,
        'Write code in brackets, as in [ drop ].',
      );
    const outputs = { kind: 'row', name: 'out', rigid: false, bound: undefined } as const;
    const quote: Quote = { kind: 'quote', inputs: this.stack, outputs: { ...outputs }, generic: 'no' };
    if (!isAny(t) && !this.unifier.types(t, quote))
      fail(
        at,
        'type-mismatch',
        `${name} finds a quotation that would take itself.`,
        'Call a word by its name instead.',
      );
    this.stack = quote.outputs;
    return quote;
  }

  /** Runs `infer` on code that `name` calls, which may not yield. */
  withoutYield<T>(name: string, at: Span, infer: () => T): T {
    const before = this.yieldAt;
    this.yieldAt = undefined;
    const result = infer();
    if (this.yieldAt !== undefined) yieldsIn(name, at);
    this.yieldAt = before;
    return result;
  }

  #stash(at: Span, ops: Op[]): void {
    this.aux.push(this.pop(at, '>aux takes one value'));
    ops.push({ op: 'stash' });
  }

  #unstash(at: Span, ops: Op[]): void {
    if (this.aux.length <= this.auxBase)
      fail(at, 'aux-empty', 'aux> finds nothing on the aux stack.', 'Put a value there with >aux before.');
    this.push(this.aux.pop()!);
    ops.push({ op: 'unstash' });
  }

  endOfAux(at: Span, where: string, base: number): void {
    if (this.aux.length !== base)
      fail(
        at,
        'aux-unbalanced',
        `${where} leaves ${this.aux.length - base} value${this.aux.length - base === 1 ? '' : 's'} on the aux stack.`,
        'Take each with aux> before the end.',
      );
  }

  /** Runs `infer` as a scope with an aux stack of its own. */
  scoped<T>(at: Span, where: string, infer: () => T): T {
    const base = this.auxBase;
    this.auxBase = this.aux.length;
    const result = infer();
    this.endOfAux(at, where, this.auxBase);
    this.auxBase = base;
    return result;
  }
}

export function builtinOp(builtin: Builtin, at: Span): Op {
  return builtin.give === undefined
    ? { op: 'builtin', builtin, at }
    : { op: 'shuffle', take: builtin.takes, give: builtin.give, at };
}

/** The quotations that are passed for inputs whose effect names a row: see QuoteArgument. */
function reachingQuotes(declared: readonly Type[], found: readonly Type[]): QuoteArgument[] {
  const quotes: QuoteArgument[] = [];
  declared.forEach((expected, index) => {
    const type = typeOf(found[index]!);
    if (expected.kind === 'quote' && expected.generic === 'no' && type.kind === 'quote')
      quotes.push({ index, quote: type });
  });
  return quotes;
}
