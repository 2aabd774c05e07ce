// cond: tests and bodies in turn, then their number.
import type { Node } from '../syntax/ast.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import type { WordChecker } from './checker.ts';
import { type Branch, type Op, STASH, shuffle, UNSTASH } from './ir.ts';
import { BOOL, type Stack, showItems, type Type } from './types.ts';

const CLAUSES_MAX = 200;
/** Each clause of quotations that are values has to do away with those of all others. */
const VALUE_CLAUSES_MAX = 20;

interface Clause {
  /** Leaves a Bool. */
  readonly test: readonly Op[];
  readonly body: readonly Op[];
  /** What stands in the way of the next test. */
  readonly skipped: readonly Op[];
}

/** `[ test ] [ body ] … n cond`: tests and bodies work on the stack below all of them. */
export function inlineCond(
  checker: WordChecker,
  nodes: readonly Node[],
  at: number,
  tail: boolean,
  ops: Op[],
): number {
  let end = at;
  while (nodes[end]?.kind === 'quotation' && end - at <= 2 * CLAUSES_MAX) end++;
  const number = nodes[end];
  const word = nodes[end + 1];
  if (number?.kind !== 'literal' || number.type !== 'Int' || word?.kind !== 'name' || word.name !== 'cond')
    return 0;
  const clauses = Number(number.value);
  if (clauses * 2 !== end - at || !checker.environment.builtin('cond')?.special) return 0;
  checkClauses(clauses, CLAUSES_MAX, word.at);
  const quotations = nodes.slice(at, end) as (Node & { kind: 'quotation' })[];
  const last = tail && end + 2 === nodes.length;
  const scoped = (node: Node & { kind: 'quotation' }, tail: boolean) =>
    checker.scoped(node.at, 'The quotation', () => checker.body(node.body, tail));
  let left: Stack | undefined;
  const made: Clause[] = [];
  for (let i = 0; i < quotations.length; i += 2) {
    const test = scoped(quotations[i]!, false);
    const held = checker.pop(quotations[i]!.at, 'each test of cond leaves a Bool');
    checker.expect(held, BOOL, quotations[i]!.at, 'What a test of cond leaves');
    const start = checker.stack;
    const body = scoped(quotations[i + 1]!, last);
    left = agreed(checker, left, quotations[i + 1]!.at);
    checker.stack = start;
    made.push({ test, body, skipped: [] });
  }
  checker.stack = left!;
  ops.push(...chain(made, word.at));
  return end + 2 - at;
}

/** `n cond` on quotations that are values. */
export function valueCond(checker: WordChecker, count: number | bigint, at: Span, ops: Op[]): void {
  const clauses = Number(count);
  checkClauses(clauses, VALUE_CLAUSES_MAX, at);
  const quotations: Type[] = [];
  for (let i = 0; i < 2 * clauses; i++)
    quotations.push(checker.pop(at, `cond takes ${2 * clauses} quotations`));
  quotations.reverse();
  let left: Stack | undefined;
  const made: Clause[] = [];
  for (let i = 0; i < quotations.length; i += 2) {
    const test = called(checker, quotations[i]!, at);
    const held = checker.pop(at, 'each test of cond leaves a Bool');
    checker.expect(held, BOOL, at, 'What a test of cond leaves');
    const start = checker.stack;
    const body = called(checker, quotations[i + 1]!, at);
    left = agreed(checker, left, at);
    checker.stack = start;
    // The quotations wait on the aux stack, the first on top; the test takes its own, and the body all that
    // are left.
    const rest = quotations.length - i - 2;
    const dropped = Array.from({ length: rest }, () => [UNSTASH, shuffle(1)]).flat();
    const skipped = [UNSTASH, shuffle(1)];
    made.push({ test: [UNSTASH, test], body: [UNSTASH, body, ...dropped], skipped });
  }
  checker.stack = left!;
  for (const _ of quotations) ops.push(STASH);
  ops.push(...chain(made, at));
}

function called(checker: WordChecker, type: Type, at: Span): Op {
  const quote = checker.applyQuote(type, 'cond', at);
  if (quote.yields === true) checker.yieldAt ??= at;
  return { op: 'call', quote, at };
}

function checkClauses(clauses: number, most: number, at: Span): void {
  if (clauses < 1 || clauses > most)
    fail(
      at,
      'unknown-clauses',
      `cond has ${clauses} clauses; it takes 1 to ${most} here.`,
      'Write a test and a body for each clause, then their number, as in 2 cond.',
    );
}

/** All bodies leave the same: what the first left. */
function agreed(checker: WordChecker, left: Stack | undefined, at: Span): Stack {
  if (left !== undefined && !checker.unifier.stacks(checker.stack, left))
    fail(
      at,
      'branch-mismatch',
      `The bodies of cond leave different stacks: ${showItems(left)}, and ${showItems(checker.stack)}.`,
      'Each must push and take the same.',
    );
  return left ?? checker.stack;
}

/** The clauses as conditionals within each other. */
function chain(clauses: readonly Clause[], at: Span): readonly Op[] {
  const none: Op = { op: 'fault', code: 'no-match', message: 'No test of cond held.', at };
  let otherwise: Branch = { body: [none], returns: true };
  for (const { test, body, skipped } of clauses.toReversed()) {
    const yes: Branch = { body, returns: false };
    const no: Branch = { ...otherwise, body: [...skipped, ...otherwise.body] };
    otherwise = { body: [...test, { op: 'if', truthy: false, yes, no, at }], returns: false };
  }
  return otherwise.body;
}
