// pick and roll reach below the top of the stack: to a depth that is written, or to one that the program
// computes.
import { reachOf } from '../builtins/stack.ts';
import { fail, type Span } from '../syntax/diagnostic.ts';
import type { WordChecker } from './checker.ts';
import { type Op, shuffle } from './ir.ts';
import { INT, pushAll, type Type, unstack } from './types.ts';

/** How deep pick and roll may reach. */
const REACH_MAX = 1000;
/**
 * How many values those by computed depths may move in all of a program: each is a variable of its function.
 */
export const REACHED_MAX = 100_000;

/** `n pick` and `n roll`. */
export function reach(checker: WordChecker, name: string, count: number | bigint, at: Span, ops: Op[]): void {
  if (count < 0 || count > REACH_MAX)
    fail(
      at,
      'unknown-depth',
      `${name} reaches ${count} values deep.`,
      `Write a number from 0 to ${REACH_MAX}.`,
    );
  const depth = Number(count);
  const types: Type[] = [];
  for (let i = 0; i <= depth; i++) types.push(checker.pop(at, `${name} reaches ${depth + 1} values deep`));
  types.reverse();
  const deepest = types[0]!;
  const kept = name === 'pick' ? types : types.slice(1);
  for (const type of [...kept, deepest]) checker.push(type);
  const give = types.map((_, i) => i);
  ops.push(shuffle(depth + 1, ...(name === 'pick' ? give : give.slice(1)), 0));
}

/**
 * `pick` and `roll` by a number that only the run knows. As in the reference, what they bring up is taken for
 * what lies right below the number; that it is so, the words that use it see to.
 */
export function reachComputed(checker: WordChecker, name: string, at: Span, ops: Op[]): void {
  checker.expect(checker.pop(at, `${name} takes a number`), INT, at, `The depth of ${name}`);
  const nearest = checker.pop(at, `${name} takes a value below the number`);
  checker.push(nearest);
  const { row, types } = unstack(checker.stack);
  const within = types.slice(-REACH_MAX);
  checker.reach.left -= within.length;
  if (checker.reach.left < 0)
    fail(
      at,
      'program-too-large',
      `pick and roll by computed depths reach more than ${REACHED_MAX} values in all.`,
      'Keep fewer values on the stack where they are used, or use a list.',
    );
  checker.stack = pushAll(row, name === 'pick' ? [...types, nearest] : types);
  ops.push({ op: 'builtin', builtin: reachOf(name, within.length), at });
}
