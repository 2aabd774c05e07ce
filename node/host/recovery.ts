// Reads what a node takes up again from its store.
import type { RecoveredGroup } from '../base/log.ts';
import { groupRowsOf, metaItemRange, metaItemsOf } from '../core/recovered.ts';
import type { Recovered } from '../core/types.ts';
import { groupRows, type KeyRange } from '../journal/keys.ts';
import type { Store, StoreEntry } from '../journal/store-port.ts';

const PAGE = 1000;

/** Throws `journal-damaged` for a row that makes no sense. */
export async function readRecovered(
  store: Pick<Store, 'scan'>,
  groups: readonly RecoveredGroup[],
): Promise<Recovered> {
  const rows = groupRowsOf(await scanAll(store, groupRows()));
  const items = metaItemRange(rows);
  return { groups, rows, metaItems: items === undefined ? [] : metaItemsOf(await scanAll(store, items)) };
}

async function scanAll(store: Pick<Store, 'scan'>, range: KeyRange): Promise<StoreEntry[]> {
  const found: StoreEntry[] = [];
  let { from } = range;
  for (;;) {
    const { entries, more } = await store.scan({ from, to: range.to, limit: PAGE });
    found.push(...entries);
    const last = entries.at(-1);
    if (!more || last === undefined) return found;
    // The first key behind the last one.
    from = new Uint8Array(last[0].byteLength + 1);
    from.set(last[0]);
  }
}
