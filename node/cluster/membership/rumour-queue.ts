// Rumours that still have to be passed on (SWIM, section 4.1): those that were sent least often go first, and
// each goes out a bounded number of times. About each member there is at most one, except that the suspicions
// of several accusers travel side by side, for it is their number that counts.
import type { NodeId } from '../../base/ids.ts';
import type { Rumour } from './member.ts';

interface Entry {
  readonly rumour: Rumour;
  readonly urgent: boolean;
  sent: number;
}

export class RumourQueue {
  #entries: Entry[] = [];

  /** Replaces what the rumour overrides. */
  add(rumour: Rumour, urgent: boolean): void {
    this.#entries = this.#entries.filter((entry) => !overrides(rumour, entry.rumour));
    this.#entries.push({ rumour, urgent, sent: 0 });
  }

  forget(node: NodeId): void {
    this.#entries = this.#entries.filter(({ rumour }) => rumour.node !== node);
  }

  get size(): number {
    return this.#entries.length;
  }

  get urgent(): boolean {
    return this.#entries.some(({ urgent }) => urgent);
  }

  /**
   * Up to `count` rumours for one message; those that have been sent `transmissions` times by then are done.
   */
  take(count: number, transmissions: number): Rumour[] {
    if (this.#entries.length === 0) return [];
    const chosen = this.#entries.toSorted((a, b) => a.sent - b.sent).slice(0, count);
    for (const entry of chosen) entry.sent++;
    this.#entries = this.#entries.filter(({ sent }) => sent < transmissions);
    return chosen.map(({ rumour }) => rumour);
  }
}

function overrides(rumour: Rumour, older: Rumour): boolean {
  if (rumour.node !== older.node) return false;
  const sideBySide =
    rumour.kind === 'suspect' &&
    older.kind === 'suspect' &&
    rumour.incarnation === older.incarnation &&
    rumour.by !== older.by;
  return !sideBySide;
}
