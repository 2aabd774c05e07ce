import { componentsOf } from '../check/cycles.ts';
import { branchesOf, type Op, type Word } from '../check/ir.ts';

/**
 * The words that take few reductions whatever they are given: they do not come back to themselves, and call
 * neither quotations nor words that are not bounded or cost much at once.
 */
export function boundedWords(words: Iterable<Word>): ReadonlySet<Word> {
  const bounded = new Set<Word>();
  for (const component of componentsOf(words, (word) => calledWords(word.body))) {
    const [only] = component as [Word];
    if (component.length > 1 || takesLong(only.body)) continue;
    const called = [...calledWords(only.body)];
    if (called.every((word) => bounded.has(word))) bounded.add(only);
  }
  return bounded;
}

function* calledWords(ops: readonly Op[]): Iterable<Word> {
  for (const op of ops) {
    if (op.op === 'word') yield op.word;
    for (const branch of branchesOf(op)) yield* calledWords(branch.body);
  }
}

function takesLong(ops: readonly Op[]): boolean {
  return ops.some(
    (op) =>
      op.op === 'call' ||
      (op.op === 'builtin' && (op.builtin.template ?? op.builtin.cost) !== undefined) ||
      branchesOf(op).some((branch) => takesLong(branch.body)),
  );
}
