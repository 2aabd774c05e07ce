// The virtual clock of a simulation and its queue of what happens when.
//
// Invariants
// 1. Time never goes back.
// 2. Two events of one instant run in the order in which they were scheduled, so that a seed repeats exactly.
import { invariant } from '../node/base/assert.ts';

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A binary heap of events by (time, order of scheduling). Times are whole microseconds since the start. */
export class Scheduler {
  #now = 0;
  #order = 0;
  readonly #heap: Scheduled[] = [];

  /** Virtual microseconds since the start. */
  get now(): number {
    return this.#now;
  }

  get pending(): number {
    return this.#heap.length;
  }

  /**
   * Runs `run` in `delay` microseconds. There is no cancelling: what runs late looks whether it is still
   * wanted.
   */
  after(delay: number, run: () => void): void {
    invariant(delay >= 0, 'nothing may be scheduled in the past');
    this.#push({ at: this.#now + Math.floor(delay), order: this.#order++, run });
  }

  /** Runs the next event. Returns false when there is none, or when the next one is later than `until`. */
  next(until = Number.POSITIVE_INFINITY): boolean {
    const top = this.#heap[0];
    if (top === undefined || top.at > until) return false;
    this.#pop();
    this.#now = top.at;
    top.run();
    return true;
  }

  #push(event: Scheduled) {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Scheduled;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop() {
    const heap = this.#heap;
    const last = heap.pop() as Scheduled;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Scheduled, heap[child] as Scheduled))
        child++;
      const below = heap[child] as Scheduled;
      if (!isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
