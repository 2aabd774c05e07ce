// What log entries say of subscriptions: see ../subscriptions.ts.
import { isErrorCode } from '../../base/errors.ts';
import { groupId } from '../../base/ids.ts';
import { GroupKeys } from '../../journal/keys.ts';
import { subscriptionKey } from '../../journal/timer-keys.ts';
import type { DeadLetter } from '../dead-letters.ts';
import type { Envelope } from '../envelope.ts';
import type { RowChange } from '../shard/entry.ts';
import { NO_SUBSCRIPTIONS } from '../subscriptions.ts';
import type { Actor } from './actor.ts';
import { type Change, withMore } from './change.ts';
import type { Item } from './item.ts';
import { encodePayload } from './payload.ts';
import { encodeSubscription } from './subscription-row.ts';

/** Of its keys only what is the same on every replica is used. */
const ANY_PLACE = new GroupKeys(groupId(0), 0);

type AddLetter = (letter: Omit<DeadLetter, 'atMillis'>) => readonly RowChange[];

/** The change with what it makes of subscriptions: those that begin and end, and the place of its event's. */
export function withSubscriptions(
  actor: Actor,
  item: Item | undefined,
  change: Change,
  addLetter: AddLetter,
): Change {
  const begun = withBegunAndEnded(actor, change);
  return item?.envelope.payload.kind === 'event' ? withEvent(actor, item.envelope, begun, addLetter) : begun;
}

function withBegunAndEnded(actor: Actor, change: Change): Change {
  const before = actor.head?.subscriptions ?? NO_SUBSCRIPTIONS;
  const after = change.head?.subscriptions ?? NO_SUBSCRIPTIONS;
  if (before === after || change.update.purge !== undefined) return change;
  const rows: RowChange[] = [];
  for (const [prefix, reference] of before)
    if (after.get(prefix) !== reference) rows.push([subscriptionKey(ANY_PLACE, actor.path, reference), null]);
  for (const [prefix, reference] of after)
    if (before.get(prefix) !== reference)
      rows.push([
        subscriptionKey(ANY_PLACE, actor.path, reference),
        encodeSubscription({ prefix, cursor: null }),
      ]);
  return rows.length === 0 ? change : withMore(change, { rows });
}

/** An event that is refused, or failed, becomes a dead letter: what was taken is not told of again. */
function withEvent(actor: Actor, envelope: Envelope, change: Change, addLetter: AddLetter): Change {
  const { payload, sender } = envelope;
  if (payload.kind !== 'event') return change;
  const { reference, cursor, message } = payload;
  const rows: RowChange[] = [];
  const subscribed = [...(change.head?.subscriptions ?? [])].find(([, each]) => each === reference);
  if (subscribed !== undefined) {
    const [prefix] = subscribed;
    rows.push([subscriptionKey(ANY_PLACE, actor.path, reference), encodeSubscription({ prefix, cursor })]);
  }
  // A turn that waits for an answer has taken the event: its head holds it.
  const outcome = change.outcome ?? { ok: true, sequence: actor.sequence, reply: null };
  if (!outcome.ok) {
    const { code, message: reason } = outcome;
    rows.push(
      ...addLetter({
        sender: `${sender === '' ? actor.path : sender}#event`,
        receiver: actor.path,
        code: isErrorCode(code) ? code : 'turn-failed',
        reason,
        payload: encodePayload({ kind: 'message', message, ask: null }),
      }),
    );
  }
  return { ...withMore(change, { rows }), outcome };
}
