// Facts that change, and since when each is as it is.

export class Timed {
  readonly #facts = new Map<string, { readonly holds: boolean; readonly since: number }>();

  #changedAt = Number.NEGATIVE_INFINITY;

  note(fact: string, holds: boolean, now: number): void {
    if (this.#facts.get(fact)?.holds === holds) return;
    this.#facts.set(fact, { holds, since: now });
    this.#changedAt = now;
  }

  /** Whether any fact changed at `time` or later. */
  changedSince(time: number): boolean {
    return this.#changedAt >= time;
  }

  /** Since when the fact is so; undefined while it is not, or was never noted. */
  since(fact: string, holds: boolean): number | undefined {
    const known = this.#facts.get(fact);
    return known?.holds === holds ? known.since : undefined;
  }
}
