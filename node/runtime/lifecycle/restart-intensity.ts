// Restart intensity, as in OTP's supervisor: a pure function of the restarts so far, the time, and the limit.
// The times are wall-clock times, because they outlive the node that leads the actor.

export interface RestartLimit {
  /** Restarts allowed … */
  readonly restarts: number;
  /** … within this many milliseconds. */
  readonly periodMs: number;
}

/**
 * The restarts of `history` that count at `now`, both in milliseconds since 1970. Those of a clock that was
 * ahead count as long as those of one that was behind: neither a skewed clock nor one that was set back can
 * make a restart count for ever.
 */
export function recentRestarts(history: readonly number[], now: number, periodMs: number): readonly number[] {
  return history.filter((at) => Math.abs(now - at) < periodMs);
}

/**
 * The restarts that count at `now`, with this one added; or without it, when it is one more than the limit
 * allows and the actor is to be stopped. Never more than `limit.restarts`, of a history that was made under
 * that limit.
 */
export function addRestart(
  history: readonly number[],
  now: number,
  limit: RestartLimit,
): { readonly history: readonly number[]; readonly exceeded: boolean } {
  const recent = recentRestarts(history, now, limit.periodMs);
  return recent.length < limit.restarts
    ? { history: [...recent, now], exceeded: false }
    : { history: recent, exceeded: true };
}
