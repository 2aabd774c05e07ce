import { componentsOf } from '../check/cycles.ts';
import { branchesOf, type Op, type Word } from '../check/ir.ts';
import type { CallGraph } from './call-graph.ts';

/**
 * Sets of words that call each other last, so that the calls must not grow the stack: each set becomes one
 * function with a loop. A word that only calls itself last needs no set.
 */
export function tailCycles({ components }: CallGraph): Word[][] {
  return components
    .filter(({ length }) => length > 1)
    .flatMap((component) => {
      const members = new Set(component);
      return componentsOf(component, (word) =>
        tailCalls(word.body, true).filter((each) => members.has(each)),
      );
    })
    .filter(({ length }) => length > 1);
}

/** The words whose call may be the last thing that the operations do. */
function tailCalls(ops: readonly Op[], tail: boolean, called: Word[] = []): Word[] {
  for (const [i, op] of ops.entries()) {
    const last = tail && i === ops.length - 1;
    if (op.op === 'word' && last) called.push(op.word);
    for (const branch of branchesOf(op)) tailCalls(branch.body, last || branch.returns, called);
  }
  return called;
}
