// Actors whose watchers still have to be notified, as a new leader finds them.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { readRange, type StoreReader } from '../../journal/scanning.ts';
import { allWatches, parseWatchKey } from '../../journal/timer-keys.ts';
import { decodeHead, hasEnded } from '../actor/head-row.ts';

/**
 * Calls `found` for each watched actor that has ended, and for each volatile one: its life was lost with the
 * leader before. `goesOn` tells whether the search is still wanted.
 */
export function findUntold(
  store: StoreReader,
  keys: GroupKeys,
  goesOn: () => boolean,
  found: (path: ActorPath) => void,
): void {
  let last: ActorPath | undefined;
  readRange(store, allWatches(keys), {
    page: (rows) => {
      const paths: ActorPath[] = [];
      for (const [key] of rows) {
        const { watched } = parseWatchKey(key);
        if (watched !== last) paths.push(watched);
        last = watched;
      }
      store.get(
        paths.map((path) => keys.head(path)),
        (heads) => {
          if (!goesOn()) return;
          for (let at = 0; at < paths.length; at++) if (isUntold(heads[at])) found(paths[at]!);
        },
      );
      return goesOn();
    },
    end: () => {},
  });
}

function isUntold(bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined) return false;
  try {
    const head = decodeHead(bytes);
    return head.mode === 'volatile' || hasEnded(head);
  } catch (error) {
    if (error instanceof SeqNodeError) return false;
    throw error;
  }
}
