// Local-health-aware suspicion, from Lifeguard (Dadgar, Phillips, Currey 2018), section IV-B: the time that a
// suspect has to refute starts long and shrinks with each further node that suspects it independently.
import type { NodeId } from '../../base/ids.ts';

export interface SuspicionBounds {
  readonly minMs: number;
  readonly maxMs: number;
  /** Confirmations after which only `minMs` is left; 0: from the start. */
  readonly confirmations: number;
}

export class Suspicion {
  readonly #startedAt: number;
  readonly #bounds: SuspicionBounds;
  readonly #by = new Set<NodeId>();

  constructor(by: NodeId, bounds: SuspicionBounds, now: number) {
    this.#startedAt = now;
    this.#bounds = bounds;
    this.#by.add(by);
  }

  /** Counts a further node that suspects; answers whether that was news which shortens the time. */
  confirm(by: NodeId): boolean {
    if (this.#by.has(by) || this.#by.size > this.#bounds.confirmations) return false;
    this.#by.add(by);
    return true;
  }

  get deadline(): number {
    return this.#startedAt + suspicionTimeoutMs(this.#by.size - 1, this.#bounds);
  }
}

/** max − (max − min) · log(C + 1) / log(K + 1), and never below min. */
export function suspicionTimeoutMs(confirmed: number, bounds: SuspicionBounds): number {
  const { minMs, maxMs, confirmations } = bounds;
  if (confirmations === 0) return minMs;
  const shrunk = (Math.log(confirmed + 1) / Math.log(confirmations + 1)) * (maxMs - minMs);
  return Math.max(minMs, maxMs - shrunk);
}
