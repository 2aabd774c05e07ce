// Full scans of a store.
import type { KeyRange } from '../keys.ts';
import type { Store, StoreEntry } from '../store-port.ts';

const PAGE = 1000;

/** The entries of a range, page by page. */
export async function* rowsOf(store: Pick<Store, 'scan'>, range: KeyRange): AsyncGenerator<StoreEntry> {
  for (let { from } = range; ; ) {
    const found = await store.scan({ from, to: range.to, limit: PAGE });
    if ('rest' in found) return yield* found.rest;
    yield* found.part;
    from = found.next;
  }
}
