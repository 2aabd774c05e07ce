// The content of a node's store, in the form from which its core restarts.
import { META_GROUP } from '../../base/ids.ts';
import { GroupKeys, type KeyRange, parseKey } from '../../journal/keys.ts';
import type { GroupRow, KeyValue, Recovered } from '../types.ts';
import { decodeGroupRow } from './group-row.ts';

/**
 * What the rows in `groupRows()` (node/journal/keys.ts) say. Throws `journal-damaged` for a row that makes no
 * sense.
 */
export function groupRowsOf(entries: readonly KeyValue[]): GroupRow[] {
  const rows: GroupRow[] = [];
  for (const [key, value] of entries) {
    const parsed = parseKey(key);
    if (parsed.kind === 'group-row') rows.push({ group: parsed.group, ...decodeGroupRow(value) });
  }
  return rows;
}

/** Where the registry's items lie, if the node has any. */
export function metaItemRange(rows: readonly GroupRow[]): KeyRange | undefined {
  const meta = rows.find(({ group }) => group === META_GROUP);
  return meta && new GroupKeys(META_GROUP, meta.generation).items();
}

export function metaItemsOf(entries: readonly KeyValue[]): Recovered['metaItems'] {
  const items: [key: string, value: Uint8Array][] = [];
  for (const [key, value] of entries) {
    const parsed = parseKey(key);
    if (parsed.kind === 'item') items.push([parsed.name, value]);
  }
  return items;
}
