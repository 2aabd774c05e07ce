// Facts that change, and since when each is as it is.

export interface Fact {
  /** Undefined until it was noted. */
  holds: boolean | undefined;
  since: number;
}

export class Timed {
  readonly #facts = new Map<string, Fact>();
  #changedAt = Number.NEGATIVE_INFINITY;

  /** For those that are noted often: to find one by its name costs more than to note it. */
  fact(name: string): Fact {
    let fact = this.#facts.get(name);
    if (fact === undefined) {
      fact = { holds: undefined, since: 0 };
      this.#facts.set(name, fact);
    }
    return fact;
  }

  note(fact: Fact, holds: boolean, now: number): void {
    if (fact.holds === holds) return;
    fact.holds = holds;
    fact.since = now;
    this.#changedAt = now;
  }

  /** Whether any fact changed at `time` or later. */
  changedSince(time: number): boolean {
    return this.#changedAt >= time;
  }

  /** Since when the fact is so; undefined while it is not, or was never noted. */
  since(name: string, holds: boolean): number | undefined {
    const known = this.#facts.get(name);
    return known?.holds === holds ? known.since : undefined;
  }
}
