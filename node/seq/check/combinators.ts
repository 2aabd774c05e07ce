// call dip keep bi if when unless cond pick roll: words whose effect depends on the quotation or number
// before them. Before literals they are taken apart in place; else they work on quotations that are values.
import { dumpOf } from '../builtins/stack.ts';
import type { Node } from '../syntax/ast.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import { inferBranches } from './branches.ts';
import { type WordChecker, yieldsIn } from './checker.ts';
import { inlineCond, valueCond } from './cond.ts';
import { type Branch, type Op, STASH, shuffle, UNSTASH } from './ir.ts';
import { inferLoop } from './loops.ts';
import { reach, reachComputed } from './reach.ts';
import { startStrand } from './strands.ts';
import { BOOL, showItems, showType, type Type, typeOf, unstack } from './types.ts';

/** How many literals each takes. */
const LITERALS: Readonly<Record<string, number>> = {
  call: 1,
  dip: 1,
  keep: 1,
  bi: 2,
  if: 2,
  when: 1,
  unless: 1,
};
/** Words that a number right before them tells what to do. */
const COUNTED: ReadonlySet<string> = new Set(['pick', 'roll', 'cond']);

/**
 * Deals with a combinator and the literals or the number before it. Returns how many nodes that were, or 0.
 */
export function inlineCombinator(
  checker: WordChecker,
  nodes: readonly Node[],
  at: number,
  tail: boolean,
  ops: Op[],
): number {
  const node = nodes[at]!;
  if (node.kind === 'literal' && node.type === 'Int') {
    const next = nodes[at + 1];
    if (next?.kind !== 'name' || !COUNTED.has(next.name)) return 0;
    if (!checker.environment.builtin(next.name)?.special) return 0;
    const count = node.value as number | bigint;
    if (next.name === 'cond') valueCond(checker, count, next.at, ops);
    else reach(checker, next.name, count, next.at, ops);
    return 2;
  }
  if (node.kind !== 'quotation') return 0;
  for (const count of [1, 2]) {
    const word = nodes[at + count];
    if (word === undefined) return 0;
    if (word.kind === 'name') {
      if (!Object.hasOwn(LITERALS, word.name) || LITERALS[word.name] !== count) return 0;
      if (!checker.environment.builtin(word.name)?.special) return 0;
      const bodies = nodes.slice(at, at + count).map((each) => each as QuotationNode);
      const last = tail && at + count === nodes.length - 1;
      inline(checker, word.name, bodies, word.at, last, ops);
      return count + 1;
    }
    if (word.kind !== 'quotation') break;
  }
  return inlineCond(checker, nodes, at, tail, ops);
}

type QuotationNode = Node & { kind: 'quotation' };

function inline(
  checker: WordChecker,
  name: string,
  bodies: readonly QuotationNode[],
  at: Span,
  last: boolean,
  ops: Op[],
): void {
  const [first, second] = bodies as [QuotationNode, QuotationNode];
  const scoped = (node: QuotationNode) =>
    checker.withoutYield(name, at, () =>
      checker.scoped(node.at, 'The quotation', () => checker.body(node.body, false)),
    );
  switch (name) {
    case 'call':
      ops.push(...scoped(first));
      return;
    case 'dip': {
      const hidden = checker.pop(at, 'dip takes a value below the quotation');
      ops.push(STASH, ...hiding(checker, hidden, () => scoped(first)), UNSTASH);
      checker.push(hidden);
      return;
    }
    case 'keep': {
      const kept = peek(checker, at, 'keep takes a value below the quotation');
      ops.push(shuffle(1, 0, 0), STASH, ...hiding(checker, kept, () => scoped(first)), UNSTASH);
      checker.push(kept);
      return;
    }
    case 'bi': {
      const both = peek(checker, at, 'bi takes a value below the quotations');
      ops.push(shuffle(1, 0, 0), STASH, ...hiding(checker, both, () => scoped(first)), UNSTASH);
      checker.push(both);
      ops.push(...scoped(second));
      return;
    }
    default: {
      checker.expect(checker.pop(at, `${name} takes a Bool`), BOOL, at, `The condition of ${name}`);
      const yes = name === 'unless' ? [] : first.body;
      const no = name === 'unless' ? first.body : name === 'if' ? second.body : [];
      inferBranches(checker, yes, no, false, at, last, ops);
    }
  }
}

function peek(checker: WordChecker, at: Span, purpose: string): Type {
  const type = checker.pop(at, purpose);
  checker.push(type);
  return type;
}

/** Infers code while a value waits on the aux stack. */
function hiding(checker: WordChecker, hidden: Type, infer: () => Op[]): Op[] {
  checker.aux.push(hidden);
  const ops = infer();
  checker.aux.pop();
  return ops;
}

/** The word on quotations that are values. */
export function valueCombinator(checker: WordChecker, name: string, at: Span, ops: Op[]): void {
  const quotation = () => checker.pop(at, `${name} takes a quotation`);
  const call = (type: Type): Op => {
    const quote = checker.applyQuote(type, name, at);
    if (quote.yields === true) yieldsIn(name, at);
    return { op: 'call', quote, at };
  };
  switch (name) {
    case 'call':
      ops.push(call(quotation()));
      return;
    case 'dip': {
      const quote = quotation();
      const hidden = checker.pop(at, 'dip takes a value below the quotation');
      ops.push(shuffle(2, 1, 0), STASH, call(quote), UNSTASH);
      checker.push(hidden);
      return;
    }
    case 'keep': {
      const quote = quotation();
      const kept = peek(checker, at, 'keep takes a value below the quotation');
      ops.push(shuffle(2, 0, 1, 0), STASH, call(quote), UNSTASH);
      checker.push(kept);
      return;
    }
    case 'bi': {
      const second = quotation();
      const first = quotation();
      const both = peek(checker, at, 'bi takes a value below the quotations');
      ops.push(shuffle(3, 0, 1, 0, 2), STASH, STASH, call(first), UNSTASH, UNSTASH);
      checker.push(both);
      ops.push(call(second));
      return;
    }
    case 'if':
      return valueConditional(checker, name, at, ops, true, true);
    case 'when':
      return valueConditional(checker, name, at, ops, true, false);
    case 'unless':
      return valueConditional(checker, name, at, ops, false, true);
    case 'strand.spawn':
    case 'strand.weave':
      return startStrand(checker, name, at, ops);
    case 'while':
    case 'until':
    case 'times':
    case 'forever':
      return inferLoop(checker, name, at, ops);
    case 'stack.dump': {
      const { row, types } = unstack(checker.stack);
      checker.stack = row;
      ops.push({ op: 'builtin', builtin: dumpOf(types.length), at });
      return;
    }
    case 'pick':
    case 'roll':
      return reachComputed(checker, name, at, ops);
    default:
      return fail(
        at,
        'unknown-clauses',
        `${name} needs the number of its clauses right before it.`,
        'Write it as in [ dup 0 i.< ] [ drop "negative" ] [ true ] [ drop "other" ] 2 cond',
      );
  }
}

function valueConditional(
  checker: WordChecker,
  name: string,
  at: Span,
  ops: Op[],
  hasYes: boolean,
  hasNo: boolean,
): void {
  const take = hasYes && hasNo ? 2 : 1;
  const quotation = (): Type => {
    const type = checker.pop(at, `${name} takes a quotation`);
    if (typeOf(type).kind !== 'quote' && typeOf(type).kind !== 'var')
      fail(
        at,
        'type-mismatch',
        `${name} takes a quotation for each branch, but finds ${showType(type)}.`,
        name === 'if'
          ? 'Write c [ yes ] [ no ] if, or close the if with then, as in c if yes else no then.'
          : `Write c [ … ] ${name}.`,
      );
    return type;
  };
  const no = hasNo ? quotation() : undefined;
  const yes = hasYes ? quotation() : undefined;
  checker.expect(checker.pop(at, `${name} takes a Bool`), BOOL, at, `The condition of ${name}`);
  const start = checker.stack;
  const branch = (type: Type | undefined, index: number): Branch => {
    checker.stack = start;
    if (type === undefined) return { body: [shuffle(take)], returns: false };
    const quote = checker.applyQuote(type, name, at);
    if (quote.yields === true) checker.yieldAt ??= at;
    return { body: [shuffle(take, index), { op: 'call', quote, at }], returns: false };
  };
  const yesBranch = branch(yes, 0);
  const yesStack = checker.stack;
  const noBranch = branch(no, take - 1);
  if (!checker.unifier.stacks(yesStack, checker.stack))
    fail(
      at,
      'branch-mismatch',
      `The branches of ${name} leave different stacks: ${showItems(yesStack)}, and ${showItems(checker.stack)}.`,
      'Each must push and take the same.',
    );
  ops.push(shuffle(take + 1, ...(take === 2 ? [1, 2, 0] : [1, 0])));
  ops.push({ op: 'if', truthy: false, yes: yesBranch, no: noBranch, at });
}
