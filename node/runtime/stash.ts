// The stash of an actor: messages that it took and put aside, until it asks for all of them. Rows of its
// group, beside its journal; what is here is as of the newest turn that was proposed.
//
// Invariants
//  U1  A stashed message is a row until the entry of the turn that handles it, which deletes the row: so it
//      is handled once, whoever leads.
//  U2  Messages that were asked for come in the order in which they were stashed, before what waits in the
//      mailbox. One that is stashed again comes behind all that were stashed before.
//  U3  An ask of a client leaves no mark until it is handled: a repeat of it waits here with the first.
import type { Item } from './actor/item.ts';

/** What the head of an actor says of its stash. */
export interface StashHead {
  /** The number of the newest message. */
  readonly last: number;
  /** Messages up to this number were asked for. */
  readonly released: number;
  readonly count: number;
  /** Of the rows. */
  readonly bytes: number;
}

export interface Stashed {
  readonly item: Item;
  readonly bytes: number;
}

export class Stash {
  /** By their numbers, in that order. */
  readonly #kept = new Map<number, Stashed>();

  get size(): number {
    return this.#kept.size;
  }

  /** Numbers come in growing order. */
  put(number: number, stashed: Stashed): void {
    this.#kept.set(number, stashed);
  }

  find(number: number): Stashed | undefined {
    return this.#kept.get(number);
  }

  /** The first, if its number is one of those that were asked for. */
  first(released: number): Item | undefined {
    for (const [number, { item }] of this.#kept) return number <= released ? item : undefined;
    return undefined;
  }

  /** It is handled, or dropped. */
  delete(number: number): void {
    this.#kept.delete(number);
  }

  entries(): IterableIterator<[number, Stashed]> {
    return this.#kept.entries();
  }

  /** Whether somebody waits for how one of them ends. */
  get isAwaited(): boolean {
    for (const { item } of this.#kept.values()) if (item.waiters !== undefined) return true;
    return false;
  }
}

/** What the turn makes of the stash. `bytes`: of the row of the message that it puts aside. */
export function stashAfter(
  before: StashHead | null,
  { stash, unstash }: { readonly stash: boolean; readonly unstash: boolean },
  bytes: number,
): StashHead | null {
  if (!stash && (!unstash || before === null || before.released === before.last)) return before;
  const { last, released, count, bytes: held } = before ?? EMPTY;
  const asked = unstash ? last : released;
  if (!stash) return { last, released: asked, count, bytes: held };
  return { last: last + 1, released: asked, count: count + 1, bytes: held + bytes };
}

const EMPTY: StashHead = { last: 0, released: 0, count: 0, bytes: 0 };

/** The message is handled. */
export const withoutOne = ({ last, released, count, bytes }: StashHead, gone: number): StashHead => ({
  last,
  released,
  count: count - 1,
  bytes: bytes - gone,
});
