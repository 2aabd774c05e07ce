// Reads what a node takes up again from its store.
import type { RecoveredGroup } from '../base/log.ts';
import { groupRowsOf, metaItemRange, metaItemsOf } from '../core/groups/recovered.ts';
import type { Recovered } from '../core/types.ts';
import { rowsOf } from '../journal/io/all-rows.ts';
import { groupRows } from '../journal/keys.ts';
import type { Store } from '../journal/store-port.ts';

/** Throws `journal-damaged` for a row that makes no sense. */
export async function readRecovered(
  store: Pick<Store, 'scan'>,
  groups: readonly RecoveredGroup[],
  position: number,
): Promise<Recovered> {
  const rows = groupRowsOf(await Array.fromAsync(rowsOf(store, groupRows())));
  const range = metaItemRange(rows);
  const items = range === undefined ? [] : await Array.fromAsync(rowsOf(store, range));
  return { groups, rows, position, metaItems: metaItemsOf(items) };
}
