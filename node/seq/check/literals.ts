// Quotation literals that are values: their own effect, and what they capture.
import type { Node } from '../syntax/ast.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import type { WordChecker } from './checker.ts';
import type { Literal, Op } from './ir.ts';
import { settleKnown } from './sugar.ts';
import {
  depthOf,
  freshRow,
  instantiate,
  pushAll,
  type Quote,
  rowOf,
  showItems,
  showType,
  unstack,
} from './types.ts';

/** What the surroundings of a literal provide when they call it. */
interface Demand {
  /** How many inputs the caller gives. The others are captured. */
  readonly inputs: number;
  /** A `Closure[…]` captures even when the caller gives nothing. */
  readonly closure: boolean;
}

/** Checks a literal, captures what it needs beyond what `next` will give it, and pushes it. */
export function literalBefore(
  checker: WordChecker,
  node: Node & { kind: 'quotation' },
  next: Node | undefined,
  last: boolean,
  ops: Op[],
): void {
  const literal = inferLiteral(checker, node.body, node.at);
  const demand = demandOf(checker, next, last);
  const needed = depthOf(literal.quote.inputs);
  const captures =
    demand === undefined || (demand.inputs === 0 && !demand.closure)
      ? 0
      : Math.max(0, needed - demand.inputs);
  const quote = captures === 0 ? literal.quote : capture(checker, literal, captures, node.at);
  checker.push(quote);
  checker.origins.quotation(checker.stack, node.at);
  ops.push({ op: 'quote', literal, captures, at: node.at });
}

/**
 * The word right after a literal says how it will call it; at the end of a word, the word's own effect does.
 */
function demandOf(checker: WordChecker, next: Node | undefined, last: boolean): Demand | undefined {
  if (next?.kind === 'name') {
    const meaning = checker.environment.find(next.name);
    if (meaning === undefined || meaning.kind === 'union') return undefined;
    const written = meaning.kind === 'word' ? meaning.word.declared : meaning.builtin.written;
    const type = written.inputs.types.at(-1);
    if (type?.kind !== 'quotation') return undefined;
    return { inputs: type.effect.inputs.types.length, closure: type.closure };
  }
  if (!last || checker.literalDepth > 0) return undefined;
  const type = checker.word.declared.outputs.types.at(-1);
  if (type?.kind !== 'quotation') return undefined;
  return { inputs: type.effect.inputs.types.length, closure: type.closure };
}

function inferLiteral(checker: WordChecker, body: readonly Node[], at: Span): Literal {
  // The index is taken before the body is looked at, so that literals count in the order in which they are
  // written.
  const index = checker.literals.length;
  checker.literals.push(undefined as never);
  const outer = checker.stack;
  const sugarBefore = checker.sugar.length;
  const start = freshRow();
  checker.stack = start;
  checker.literalDepth++;
  const yieldBefore = checker.yieldAt;
  checker.yieldAt = undefined;
  const ops = checker.scoped(at, 'The quotation', () => checker.body(body, false));
  const yields = checker.yieldAt !== undefined;
  checker.yieldAt = yieldBefore;
  const settled = settleKnown(checker, sugarBefore);
  checker.literalDepth--;
  // Where only the use of the literal tells what the body calls or what its operators mean, it has one type
  // for all uses.
  const known = settled && rowOf(start) === rowOf(checker.stack);
  const quote: Quote = {
    kind: 'quote',
    inputs: start,
    outputs: checker.stack,
    generic: known ? 'all' : 'no',
    yields,
  };
  checker.stack = outer;
  const literal: Literal = { index, word: checker.word.name, at, body: ops, quote };
  checker.literals[index] = literal;
  return literal;
}

/**
 * Takes the topmost `count` inputs of the literal from the stack. Returns the type of what is left to give.
 */
function capture(checker: WordChecker, literal: Literal, count: number, at: Span): Quote {
  const own = instantiate(literal.quote);
  const { row, types } = unstack(own.inputs);
  const given = types.length - count;
  for (let i = types.length - 1; i >= given; i--) {
    const popped = checker.unifier.pop(checker.stack);
    if (popped === undefined)
      fail(
        at,
        'stack-underflow',
        `The quotation takes ${showItems(literal.quote.inputs)} and is given only ${given}; nothing is left to capture.`,
        'Push the values to capture before the quotation.',
      );
    if (!checker.unifier.types(popped.top, types[i]!))
      fail(
        at,
        'type-mismatch',
        `The quotation captures ${showType(popped.top)} where it needs ${showType(types[i]!)}.`,
        'Captured values come on top of what the quotation is given.',
      );
    checker.stack = popped.below;
  }
  const { outputs } = own;
  const { yields = false } = literal.quote;
  return { kind: 'quote', inputs: pushAll(row, types.slice(0, given)), outputs, generic: 'no', yields };
}
