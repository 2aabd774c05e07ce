// What lies in the data directory of a node that does not run.

import { join } from 'node:path';
import { SeqNodeError } from '../base/errors.ts';
import { resolveAddress } from '../base/path.ts';
import { decodeGroupRow } from '../core/groups/group-row.ts';
import { ROW_READERS } from '../core/row-readers.ts';
import { rowsOf } from '../journal/io/all-rows.ts';
import { dumpJournal, type Verification, verifyJournal } from '../journal/io/journal-tools.ts';
import { openStore } from '../journal/io/rocks-store.ts';
import { GroupKeys, groupRows, parseKey } from '../journal/keys.ts';
import type { RowJson } from '../journal/row-json.ts';
import type { Store } from '../journal/store-port.ts';
import type { JournalRow } from './api.ts';
import { dataPaths, isThere } from './data-directory.ts';
import { journalRow } from './journal-row.ts';

export type { Verification } from '../journal/io/journal-tools.ts';

/** Checks the log and the store. Rejects with `not-a-cluster`, `data-in-use`. */
export async function verifyData(root: string): Promise<Verification> {
  return verifyJournal(presentPaths(root), ROW_READERS);
}

/** Every row of the store and every frame of the log. Rejects as `verifyData` does. */
export async function* dumpData(root: string): AsyncGenerator<RowJson> {
  yield* dumpJournal(presentPaths(root));
}

/**
 * The journal of an actor, from the sequence number `from` on. Rejects with `no-such-actor` when this node
 * keeps none, `journal-damaged` at a record that cannot be read, `not-a-cluster`, `data-in-use`.
 */
export async function* recordsInData(root: string, path: string, from: number): AsyncGenerator<JournalRow> {
  const actor = resolveAddress(path);
  const store = await openStore(presentPaths(root).store);
  try {
    const keys = await findActor(store, actor);
    if (keys === undefined)
      throw new SeqNodeError('no-such-actor', `${root} keeps no actor at ${path}.`, { path });
    for await (const [, value] of rowsOf(store, keys.records(actor))) {
      const row = journalRow(actor, value);
      if (row.sequence >= from) yield row;
    }
  } finally {
    await store.close();
  }
}

/** The keys of the group, in the generation that is in force, that holds the actor. */
async function findActor(
  store: Store,
  actor: ReturnType<typeof resolveAddress>,
): Promise<GroupKeys | undefined> {
  for await (const [key, value] of rowsOf(store, groupRows())) {
    const parsed = parseKey(key);
    if (parsed.kind !== 'group-row') continue;
    const keys = new GroupKeys(parsed.group, decodeGroupRow(value).generation);
    const [head] = await store.get([keys.head(actor)]);
    if (head !== undefined) return keys;
  }
  return undefined;
}

/** Opening makes what is not there, which looking must not. */
function presentPaths(root: string) {
  const paths = dataPaths(root);
  if (!isThere(join(paths.store, 'CURRENT')))
    throw new SeqNodeError('not-a-cluster', `${root} holds no data of a node.`, { data: root });
  return paths;
}
