// A watch, as a row beside the watched actor. The watched and the reference are in its key: see
// node/journal/timer-keys.ts.
import type { ActorPath } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { flag, text } from '../../base/tree.ts';
import type { WatchRow } from '../watches.ts';
import { ROW_VERSION, readRow } from './row.ts';

export function encodeWatch({ watcher, link }: WatchRow): Uint8Array {
  return pack([ROW_VERSION, watcher, link]);
}

/** Throws `journal-damaged` for bytes that `encodeWatch` did not make. */
export function decodeWatch(bytes: Uint8Array): WatchRow {
  return readRow(bytes, 'A watch', ([watcher, link]) => ({
    watcher: text(watcher) as ActorPath,
    link: flag(link),
  }));
}
