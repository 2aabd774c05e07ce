// The timers that a turn sets and cancels.
import type { ActorPath } from '../../base/ids.ts';
import { type Data, encodedBytes } from '../../base/value.ts';
import type { Repetition } from '../actor/timer-row.ts';

/** In the order in which the turn wants them. */
export type TimerWant =
  | {
      readonly kind: 'set';
      readonly id: string;
      readonly to: ActorPath;
      readonly message: Data;
      readonly delayMs: number;
      readonly every: Repetition | undefined;
    }
  | { readonly kind: 'cancel'; readonly id: string };

/**
 * By what the turn was given, so that it is the same when the turn is repeated. `count`: of those that the
 * turn set before.
 */
export function timerId([high, low]: readonly [number, number, number], count: number): string {
  return `${high.toString(36)}-${low.toString(36)}-${count + 1}`;
}

/** A text that is no id of a timer names none. */
export const isTimerId = (text: string): boolean =>
  text.length < 64 && /^[0-9a-z]+-[0-9a-z]+-[0-9]+$/.test(text);

/** What the rows of a timer take beside its message and its paths, at most: three rows with an id. */
const ROWS_BYTES = 512;

/** What the rows of the timers of `owner` take in an entry, at most. */
export function rowBytes(owner: ActorPath, timers: readonly TimerWant[]): number {
  let bytes = 0;
  for (const timer of timers) {
    bytes += ROWS_BYTES + 2 * owner.length;
    if (timer.kind === 'set') bytes += timer.to.length + encodedBytes(timer.message);
  }
  return bytes;
}
