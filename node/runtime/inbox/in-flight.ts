// Messages of one actor that are under way, by their source. Mostly they are few, and each is here for a
// moment.
import type { Item } from '../actor/item.ts';
import type { Outcome } from '../actor/mark-row.ts';
import type { Origin } from '../envelope.ts';

export interface UnderWay {
  readonly source: string;
  readonly number: number;
  readonly digest: Uint8Array | undefined;
  readonly item: Item;
}

/** More than so many are kept in a Map, until there are none again. */
const FEW = 16;

export class InFlight {
  #few: UnderWay[] | undefined;
  #many: Map<string, UnderWay> | undefined;

  get(source: string): UnderWay | undefined {
    if (this.#many !== undefined) return this.#many.get(source);
    const at = this.#indexOf(source);
    return at < 0 ? undefined : this.#few![at];
  }

  /** In the place of what is under way from the source, if anything is. */
  set({ source, number, digest }: Origin, item: Item): void {
    const underWay = { source, number, digest, item };
    if (this.#many !== undefined) {
      this.#many.set(source, underWay);
      return;
    }
    if (this.#few === undefined) {
      this.#few = [underWay];
      return;
    }
    const at = this.#indexOf(source);
    if (at >= 0) this.#few[at] = underWay;
    else this.#few.push(underWay);
    if (this.#few.length <= FEW) return;
    this.#many = new Map(this.#few.map((each) => [each.source, each]));
    this.#few = undefined;
  }

  /** A message is refused for good: those of its source that follow it remember that. */
  refused({ source, number }: Origin, outcome: Outcome & { readonly ok: false }): void {
    const newest = this.get(source)?.item;
    if (newest !== undefined) newest.refused = [...(newest.refused ?? []), { number, outcome }];
  }

  delete(source: string): void {
    if (this.#many !== undefined) {
      this.#many.delete(source);
      if (this.#many.size === 0) this.#many = undefined;
      return;
    }
    const at = this.#indexOf(source);
    if (at < 0) return;
    if (this.#few!.length === 1) this.#few = undefined;
    else this.#few!.splice(at, 1);
  }

  values(): Iterable<UnderWay> {
    return this.#many?.values() ?? this.#few ?? [];
  }

  #indexOf(source: string): number {
    const few = this.#few;
    if (few !== undefined) for (let at = 0; at < few.length; at++) if (few[at]!.source === source) return at;
    return -1;
  }
}
