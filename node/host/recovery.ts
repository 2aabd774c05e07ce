// What a node finds on its disk, in the form in which its core takes it up again.
import { META_GROUP } from '../base/ids.ts';
import type { RecoveredGroup } from '../base/log.ts';
import { decodeGroupRow } from '../core/rows.ts';
import type { GroupRow, Recovered } from '../core/types.ts';
import { GroupKeys, groupRows, type KeyRange, parseKey } from '../journal/keys.ts';
import type { Store, StoreEntry } from '../journal/store-port.ts';

const PAGE = 1000;

/** Throws `journal-damaged` for a row that makes no sense. */
export async function readRecovered(
  store: Pick<Store, 'scan'>,
  groups: readonly RecoveredGroup[],
): Promise<Recovered> {
  const rows: GroupRow[] = [];
  for (const [key, value] of await scanAll(store, groupRows())) {
    const parsed = parseKey(key);
    if (parsed.kind === 'group-row') rows.push({ group: parsed.group, ...decodeGroupRow(value) });
  }
  const metaItems: [key: string, value: Uint8Array][] = [];
  const meta = rows.find(({ group }) => group === META_GROUP);
  if (meta !== undefined)
    for (const [key, value] of await scanAll(store, new GroupKeys(META_GROUP, meta.generation).items())) {
      const parsed = parseKey(key);
      if (parsed.kind === 'item') metaItems.push([parsed.name, value]);
    }
  return { groups, rows, metaItems };
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
