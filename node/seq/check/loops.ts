// while until times forever: loops of older releases, whose quotations leave the stack as they find it.
import { type Loop, loopOf } from '../builtins/older/loops.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import { type WordChecker, yieldsIn } from './checker.ts';
import type { Op } from './ir.ts';
import { BOOL, depthOf, INT, showItems, type Type } from './types.ts';

/** What each takes, the topmost last. */
const TAKES: Readonly<Record<Loop, readonly ('test' | 'body' | 'count')[]>> = {
  while: ['test', 'body'],
  until: ['body', 'test'],
  times: ['body', 'count'],
  forever: ['body'],
};

export function inferLoop(checker: WordChecker, name: Loop, at: Span, ops: Op[]): void {
  const taken = TAKES[name]
    .toReversed()
    .map((kind): [string, Type] => [
      kind,
      checker.pop(at, `${name} takes a ${kind === 'count' ? 'number' : 'quotation'}`),
    ]);
  const flag = checker.environment.vocabulary.truth === 'Int' ? INT : BOOL;
  for (const [kind, type] of taken.reverse()) {
    if (kind === 'count') {
      checker.expect(type, INT, at, `The number of ${name}`);
      continue;
    }
    const before = checker.stack;
    if (checker.applyQuote(type, name, at).yields === true) yieldsIn(name, at);
    if (kind === 'test')
      checker.expect(checker.pop(at, `the test of ${name} leaves its answer`), flag, at, 'The test');
    if (!checker.unifier.stacks(checker.stack, before))
      fail(
        at,
        'branch-mismatch',
        `The quotation of ${name} finds ${showItems(before)} and leaves ${showItems(checker.stack)}.`,
        'It must leave what it finds.',
      );
  }
  ops.push({ op: 'builtin', builtin: loopOf(name, depthOf(checker.stack)), at });
}
