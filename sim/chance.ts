// Ways to draw from a seeded generator.
import { invariant } from '../node/base/assert.ts';
import { type Random, SeededRandom } from '../node/base/random.ts';

/** An independent stream of the same seed, so that one part's draws do not shift another's. */
export function fork(random: Random): SeededRandom {
  return new SeededRandom([random.uint32(), random.uint32(), random.uint32()]);
}

export const happens = (random: Random, probability: number): boolean => random.fraction() < probability;

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random.fraction() * (high - low + 1));
}

/** Exponentially distributed with this mean, cut at twenty times the mean. */
export function exponential(random: Random, mean: number): number {
  return Math.min(20 * mean, -Math.log(1 - random.fraction()) * mean);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  invariant(items.length > 0, 'nothing to pick from');
  return items[random.below(items.length)] as T;
}

export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    const held = result[at] as T;
    result[at] = result[other] as T;
    result[other] = held;
  }
  return result;
}
