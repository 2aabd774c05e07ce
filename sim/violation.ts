/**
 * A promise that the simulated cluster broke. `invariant` is a short stable name, such as `election-safety`.
 */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

export function demand(condition: unknown, invariant: string, message: () => string): asserts condition {
  if (!condition) throw new Violation(invariant, message());
}
