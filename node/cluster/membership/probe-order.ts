// Round-robin probing in random order (SWIM, section 4.3): every member is probed once per round, so that the
// time until a failure is noticed has a bound and not only an expectation.
import type { NodeId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';

export class ProbeOrder {
  readonly #random: Random;
  #order: NodeId[] = [];
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  add(node: NodeId): void {
    this.#order.splice(this.#random.below(this.#order.length + 1), 0, node);
  }

  remove(node: NodeId): void {
    const at = this.#order.indexOf(node);
    if (at < 0) return;
    this.#order.splice(at, 1);
    if (at < this.#next) this.#next--;
  }

  /** The next member that `eligible` accepts; undefined when none does. */
  next(eligible: (node: NodeId) => boolean): NodeId | undefined {
    // A new round may begin on the way, so that twice around passes everybody for certain.
    for (let tried = 0; tried < 2 * this.#order.length; tried++) {
      if (this.#next >= this.#order.length) {
        this.#next = 0;
        this.#order = shuffled(this.#order, this.#random);
      }
      const node = this.#order[this.#next++]!;
      if (eligible(node)) return node;
    }
    return undefined;
  }
}

/** Fisher and Yates. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
