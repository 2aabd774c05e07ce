import { componentsOf } from '../check/cycles.ts';
import { branchesOf, type Op, type Word } from '../check/ir.ts';

/** Which words call which, found once for all that is asked of it. */
export interface CallGraph {
  /** Sets of words that come back to each other, or one word, each after all that it calls. */
  readonly components: readonly (readonly Word[])[];
  called(word: Word): ReadonlySet<Word>;
}

export function callGraphOf(words: Iterable<Word>): CallGraph {
  const known = new Map<Word, ReadonlySet<Word>>();
  const called = (word: Word): ReadonlySet<Word> => {
    let found = known.get(word);
    if (found === undefined) {
      found = new Set();
      collect(word.body, found as Set<Word>);
      known.set(word, found);
    }
    return found;
  };
  return { components: componentsOf(words, called), called };
}

function collect(ops: readonly Op[], called: Set<Word>): void {
  for (const op of ops) {
    if (op.op === 'word') called.add(op.word);
    else if (op.op === 'if' || op.op === 'match')
      for (const branch of branchesOf(op)) collect(branch.body, called);
  }
}
