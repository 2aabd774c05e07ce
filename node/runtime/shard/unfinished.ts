// Actors that have something left to do of which no message would remind them, as a new leader finds them.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { GroupKeys, KeyRange } from '../../journal/keys.ts';
import { readRange, type StoreReader } from '../../journal/scanning.ts';
import {
  allAsks,
  allStashed,
  allWatches,
  parseAskKey,
  parseStashKey,
  parseWatchKey,
} from '../../journal/timer-keys.ts';
import { type ActorHead, decodeHead, hasEnded } from '../actor/head-row.ts';
import { hasDeadline } from '../asks.ts';

/** Whose rows a search passes, and what its head says where it is to be read. */
interface Search {
  readonly range: KeyRange;
  ownerOf(key: Uint8Array): ActorPath;
  isFound(head: ActorHead, firstKey: Uint8Array): boolean;
}

/**
 * Calls `found` for each watched actor that has ended, whose watchers are still to be told; for each volatile
 * one that is watched, whose life was lost with the leader before; for each that has asked for what it put
 * aside, and not handled all of it; and for each whose turn gives up at some time if no answer comes.
 * `goesOn` tells whether the search is still wanted.
 */
export function findUnfinished(
  store: StoreReader,
  keys: GroupKeys,
  goesOn: () => boolean,
  found: (path: ActorPath) => void,
): void {
  const untold: Search = {
    range: allWatches(keys),
    ownerOf: (key) => parseWatchKey(key).watched,
    isFound: (head) => head.mode === 'volatile' || hasEnded(head),
  };
  const released: Search = {
    range: allStashed(keys),
    ownerOf: (key) => parseStashKey(key).owner,
    isFound: ({ stash, lifecycle }, first) =>
      lifecycle === 'running' && stash !== null && parseStashKey(first).number <= stash.released,
  };
  const asking: Search = {
    range: allAsks(keys),
    ownerOf: parseAskKey,
    isFound: ({ pending }) => pending !== null && hasDeadline(pending),
  };
  for (const each of [untold, released, asking]) search(store, keys, each, goesOn, found);
}

function search(
  store: StoreReader,
  keys: GroupKeys,
  { range, ownerOf, isFound }: Search,
  goesOn: () => boolean,
  found: (path: ActorPath) => void,
): void {
  let last: ActorPath | undefined;
  readRange(store, range, {
    page: (rows) => {
      const owners: [path: ActorPath, firstKey: Uint8Array][] = [];
      for (const [key] of rows) {
        const owner = ownerOf(key);
        if (owner !== last) owners.push([owner, key]);
        last = owner;
      }
      store.get(
        owners.map(([path]) => keys.head(path)),
        (heads) => {
          if (!goesOn()) return;
          owners.forEach(([path, firstKey], at) => {
            const head = headOf(heads[at]);
            if (head !== undefined && isFound(head, firstKey)) found(path);
          });
        },
      );
      return goesOn();
    },
    end: () => {},
  });
}

/** Undefined where there is none that can be read. */
function headOf(bytes: Uint8Array | undefined): ActorHead | undefined {
  if (bytes === undefined) return undefined;
  try {
    return decodeHead(bytes);
  } catch (error) {
    if (error instanceof SeqNodeError) return undefined;
    throw error;
  }
}
