import { branchesOf, type Op, type Word } from '../check/ir.ts';
import type { CallGraph } from './call-graph.ts';

/**
 * The words that take few reductions whatever they are given: they do not come back to themselves, and call
 * neither quotations nor words that are not bounded or cost much at once.
 */
export function boundedWords({ components, called }: CallGraph): ReadonlySet<Word> {
  const bounded = new Set<Word>();
  for (const component of components) {
    const [only] = component as [Word];
    if (component.length > 1 || takesLong(only.body)) continue;
    if (
      called(only)
        .values()
        .every((word) => bounded.has(word))
    )
      bounded.add(only);
  }
  return bounded;
}

function takesLong(ops: readonly Op[]): boolean {
  for (const op of ops) {
    if (op.op === 'call') return true;
    if (op.op === 'builtin' && (op.builtin.template ?? op.builtin.cost) !== undefined) return true;
    if (op.op !== 'if' && op.op !== 'match') continue;
    for (const branch of branchesOf(op)) if (takesLong(branch.body)) return true;
  }
  return false;
}
