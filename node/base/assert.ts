/** A broken invariant: a fault of ours, never of the user's. Asserts stay on in production. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Throws InvariantError with `message` unless `condition` holds. Where a check runs often, give the message
 * as a function.
 */
export function invariant(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}
