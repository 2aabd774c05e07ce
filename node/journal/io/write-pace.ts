// Whether the disk is quick enough to be waited for. On a quick disk a synced write takes less time than handing it to another
// thread and back; on a slow one the event loop must not stand still for it. So writes are made directly while they prove quick,
// and one that does not makes the next ones go to another thread for a while.

/** A direct write that takes longer is slow. A trip to another thread and back costs up to about half of this. */
export const SLOW_MS = 0.5;
/** This many slow ones, with fewer than QUICK_STREAK quick ones between them, end the direct writes. */
const SLOW_MAX = 3;
const QUICK_STREAK = 16;
/** One that takes longer ends them at once. */
export const STALL_MS = 10;
const REST_MS_MIN = 1_000;
const REST_MS_MAX = 60_000;

/** Times are in milliseconds on one clock that never goes back. */
export class WritePace {
  #slow = 0;
  #streak = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  #restMs = REST_MS_MIN;

  isDirect(now: number): boolean {
    return now >= this.#restUntil;
  }

  /** A direct write took so long, and ended `now`. */
  took(millis: number, now: number): void {
    if (millis <= SLOW_MS) {
      if (++this.#streak < QUICK_STREAK) return;
      this.#slow = 0;
      this.#restMs = REST_MS_MIN;
      return;
    }
    this.#streak = 0;
    // After a rest the first slow one is enough: the disk had proven slow before.
    const again = this.#restMs > REST_MS_MIN;
    if (++this.#slow < SLOW_MAX && millis < STALL_MS && !again) return;
    this.#slow = 0;
    this.#restUntil = now + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, REST_MS_MAX);
  }
}
