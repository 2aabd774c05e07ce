import { componentsOf } from '../check/cycles.ts';
import type { Branch, Op, Word } from '../check/ir.ts';

/**
 * Sets of words that call each other last, so that the calls must not grow the stack: each set becomes one
 * function with a loop. A word that only calls itself last needs no set.
 */
export function tailCycles(words: Iterable<Word>): Word[][] {
  return componentsOf(words, (word) => tailCalls(word.body, true)).filter(
    (component) => component.length > 1,
  );
}

/** The words whose call may be the last thing that the operations do. */
function* tailCalls(ops: readonly Op[], tail: boolean): Iterable<Word> {
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i]!;
    const last = tail && i === ops.length - 1;
    if (op.op === 'word' && last) yield op.word;
    const branches: Branch[] =
      op.op === 'if' ? [op.yes, op.no] : op.op === 'match' ? op.cases.map(({ branch }) => branch) : [];
    for (const branch of branches) yield* tailCalls(branch.body, last || branch.returns);
  }
}
