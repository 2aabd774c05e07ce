// The queues of a shard, which its new leader reads at once: their metrics tell of tasks for which no worker
// asks.
import type { ActorPath } from '../../base/ids.ts';
import { type GroupKeys, parseKey } from '../../journal/keys.ts';
import { readRange, type Scanner } from '../../journal/scanning.ts';
import { isQueuePath } from './queue-ref.ts';

/** Others are read when they are first used. */
const QUEUES_MAX = 1000;

export function findQueues(
  store: Scanner,
  keys: GroupKeys,
  goesOn: () => boolean,
  found: (path: ActorPath) => void,
): void {
  let count = 0;
  const range = { from: keys.head('/queue/' as ActorPath), to: keys.head('/queue0' as ActorPath) };
  readRange(store, range, {
    page: (rows) => {
      for (const [key] of rows) {
        if (!goesOn() || count === QUEUES_MAX) return false;
        const parsed = parseKey(key);
        if (parsed.kind !== 'head' || !isQueuePath(parsed.path)) continue;
        count++;
        found(parsed.path);
      }
      return true;
    },
    end: () => undefined,
  });
}
