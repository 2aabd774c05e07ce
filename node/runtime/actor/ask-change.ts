// Turns that wait for an answer, as rows beside their actors: by them a new leader finds the asks whose
// deadlines it has to keep. A message that was acknowledged to nobody would not remind it.
import { groupId } from '../../base/ids.ts';
import { GroupKeys } from '../../journal/keys.ts';
import { askKey } from '../../journal/timer-keys.ts';
import type { Actor } from './actor.ts';
import type { Change } from './change.ts';
import type { ActorHead } from './head-row.ts';

/** Of its keys only what is the same on every replica is used. */
const ANY_PLACE = new GroupKeys(groupId(0), 0);
const NO_VALUE = new Uint8Array(0);

/** The change with the row of the ask, where a turn begins to wait with it, or waits no more. */
export function withAsk(actor: Actor, change: Change): Change {
  const waits = isWaiting(change.head);
  if (waits === isWaiting(actor.head)) return change;
  const { update } = change;
  const key = askKey(ANY_PLACE, actor.path);
  const rows = [...(update.rows ?? []), [key, waits ? NO_VALUE : null] as const];
  return { ...change, update: { ...update, rows }, bytes: change.bytes + key.length };
}

const isWaiting = (head: ActorHead | undefined): boolean => head !== undefined && head.pending !== null;
