// How long something took or how late it was: a histogram for the metrics, and the worst of the recent past.

/** Upper bounds of the buckets, in milliseconds. */
export const DELAY_BOUNDS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000] as const;
/** `worstRecentMs` looks back at least this long and at most twice as long. */
const RECENT_MS = 15_000;

export class Delays {
  /**
   * `counts[i]` is the number of delays in bucket i, not cumulative; the last one is for those beyond all
   * bounds.
   */
  readonly counts: number[] = new Array<number>(DELAY_BOUNDS_MS.length + 1).fill(0);
  count = 0;
  sumMs = 0;
  #worst = 0;
  #worstBefore = 0;
  #windowFrom = performance.now();

  add(delayMs: number): void {
    let bucket = 0;
    while (bucket < DELAY_BOUNDS_MS.length && delayMs > DELAY_BOUNDS_MS[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.count++;
    this.sumMs += delayMs;
    this.#turnWindow();
    if (delayMs > this.#worst) this.#worst = delayMs;
  }

  get worstRecentMs(): number {
    this.#turnWindow();
    return Math.max(this.#worst, this.#worstBefore);
  }

  #turnWindow(): void {
    const now = performance.now();
    const age = now - this.#windowFrom;
    if (age < RECENT_MS) return;
    this.#worstBefore = age < 2 * RECENT_MS ? this.#worst : 0;
    this.#worst = 0;
    this.#windowFrom = now;
  }
}
