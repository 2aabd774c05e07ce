// Restart intensity, as in OTP's supervisor: a pure function of the restarts so far, the time, and the limit.
import type { Millis } from '../base/ids.ts';

export interface RestartLimit {
  /** Restarts allowed … */
  readonly restarts: number;
  /** … within this many milliseconds. */
  readonly periodMs: number;
}

/** The restarts that still count at `now`, with this one added; `exceeded` says whether the actor is to be stopped. */
export function addRestart(
  history: readonly Millis[],
  now: Millis,
  limit: RestartLimit,
): { readonly history: readonly Millis[]; readonly exceeded: boolean } {
  const recent = [...history.filter((at) => now - at < limit.periodMs), now];
  return { history: recent, exceeded: recent.length > limit.restarts };
}
