// What log entries say of a stash beside the turn that puts a message aside: see ../stash.ts.
import { type ErrorCode, isErrorCode } from '../../base/errors.ts';
import { groupId, type SenderName } from '../../base/ids.ts';
import { GroupKeys } from '../../journal/keys.ts';
import { stashKey } from '../../journal/timer-keys.ts';
import { ASKERS_MAX } from '../askers.ts';
import type { DeadLetter } from '../dead-letters.ts';
import type { Envelope, Payload } from '../envelope.ts';
import type { OutboxRow, RowChange } from '../shard/entry.ts';
import { withoutOne } from '../stash.ts';
import type { Actor } from './actor.ts';
import { type Change, senderName, withMore } from './change.ts';
import { type Item, settle } from './item.ts';
import { encodePayload } from './payload.ts';
import type { TurnSource } from './source.ts';
import { encodeStashed, type StashRow } from './stash-row.ts';

/** Of its keys only what is the same on every replica is used. */
const ANY_PLACE = new GroupKeys(groupId(0), 0);

/** A message that a turn puts aside. */
export interface PutAside {
  readonly row: StashRow;
  readonly bytes: Uint8Array;
  /** What the turn is remembered by: a client's ask leaves no mark until it is handled. */
  readonly source: TurnSource;
}

export function putAside({ envelope: { asks } }: Item, source: TurnSource): PutAside {
  const { sender, message, answersAsk: ask, askers, origin } = source;
  const digest = asks === true && sender === '' ? origin?.digest : undefined;
  const client = origin === null || digest === undefined ? null : { source: origin.source, digest };
  const row: StashRow = { sender, message, ask, askers: ask === null ? [] : askers, client };
  return { row, bytes: encodeStashed(row), source: client === null ? source : { ...source, origin: null } };
}

/** The turn is proposed: `item` is what it handled. */
export function keepAside(actor: Actor, item: Item, { row, bytes }: PutAside): void {
  const { last } = actor.head!.stash!;
  const kept = row.client === null ? itemOf(actor, row) : item;
  kept.stashed = last;
  actor.stash.put(last, { item: kept, bytes: bytes.length });
}

/** The actor was read from the store, with this row. A repeat of a client's ask joins it (A2). */
export function restash(actor: Actor, number: number, bytes: number, row: StashRow): void {
  const item = itemOf(actor, row);
  item.stashed = number;
  actor.stash.put(number, { item, bytes });
  const { origin } = item.envelope;
  if (origin !== null) actor.inFlight.set(origin, item);
}

function itemOf({ path }: Actor, { sender, message, ask, askers, client }: StashRow): Item {
  const payload: Payload = { kind: 'message', message, ask, ...(ask !== null && { askers }) };
  const origin = client && { source: client.source, number: 0, digest: client.digest };
  const envelope: Envelope = { to: path, sender, origin, payload, ...(client && { asks: true }) };
  return { envelope, waiters: undefined, heldSince: undefined };
}

/** Who waits for this actor: whoever waits for the turn, and for messages that were put aside. */
export function askersOf({ stash }: Actor, own: TurnSource['askers']): TurnSource['askers'] {
  if (stash.size === 0) return own;
  const waiting = new Set<TurnSource['askers'][number]>();
  for (const [, { item }] of stash.entries()) {
    const { payload } = item.envelope;
    if (payload.kind === 'message') for (const asker of payload.askers ?? []) waiting.add(asker);
    if (waiting.size >= ASKERS_MAX) break;
  }
  for (const asker of own) {
    waiting.delete(asker);
    waiting.add(asker);
  }
  return [...waiting].slice(-ASKERS_MAX);
}

type AddLetter = (letter: Omit<DeadLetter, 'atMillis'>) => readonly RowChange[];

/**
 * The change with the end of the stashed message that it handles, if it handles one: the row goes, and where
 * the message is refused, whoever asked is told so, or it becomes a dead letter.
 */
export function unstashed(
  actor: Actor,
  item: Item | undefined,
  change: Change,
  addLetter: AddLetter,
): Change {
  const number = item?.stashed;
  if (item === undefined || number === undefined) return change;
  item.stashed = undefined;
  const bytes = actor.stash.find(number)?.bytes ?? 0;
  actor.stash.delete(number);
  if (!change.head?.stash) return change;
  const head = { ...change.head, stash: withoutOne(change.head.stash, bytes) };
  const row: RowChange = [stashKey(ANY_PLACE, actor.path, number), null];
  const { outcome, update } = change;
  const { payload, origin } = item.envelope;
  if (outcome === undefined || outcome.ok || payload.kind !== 'message' || origin !== null)
    return withMore(change, { head, rows: [row] });
  const { code, message } = outcome;
  if (payload.ask === null) {
    const rows = addLetter(
      letterOf(actor, item.envelope, payload, isErrorCode(code) ? code : 'turn-failed', message),
    );
    return withMore(change, { head, rows: [row, ...rows] });
  }
  // A turn that failed has told it already.
  if (update.outbox.length > 0) return withMore(change, { head, rows: [row] });
  const answer = encodePayload({
    kind: 'answer',
    ask: payload.ask,
    outcome: { refused: `${code}: ${message}` },
  });
  const told: OutboxRow[] =
    item.envelope.sender === '' ? [] : [[item.envelope.sender, head.sent + 1, answer]];
  const after = { ...head, sent: head.sent + told.length };
  return withMore(change, { head: after, sender: senderName(actor.path, after), outbox: told, rows: [row] });
}

/** A client's message is kept as if the actor had sent it to itself: nobody else can send it again. */
function letterOf(
  { path }: Actor,
  { sender }: Envelope,
  { message }: Payload & { readonly kind: 'message' },
  code: ErrorCode,
  reason: string,
) {
  const from: SenderName = `${sender === '' ? path : sender}#stash`;
  const payload = encodePayload({ kind: 'message', message, ask: null });
  return { sender: from, receiver: path, code, reason, payload };
}

/** The change with the end of the whole stash, where it gives up the state that the actor had. */
export function withoutStash(actor: Actor, change: Change): Change {
  return actor.stash.size === 0 || change.head?.stash ? change : withStashEnded(actor, change);
}

function withStashEnded(actor: Actor, change: Change): Change {
  const rows: RowChange[] = [];
  const items: Item[] = [];
  for (const [number, { item }] of [...actor.stash.entries()]) {
    rows.push([stashKey(ANY_PLACE, actor.path, number), null]);
    items.push(item);
    item.stashed = undefined;
    actor.stash.delete(number);
  }
  const { committed } = change;
  const tell = () => {
    committed?.();
    for (const item of items) {
      const { origin } = item.envelope;
      if (origin !== null && actor.inFlight.get(origin.source)?.item === item)
        actor.inFlight.delete(origin.source);
      settle(item, {
        ok: false,
        code: 'actor-stopped',
        message: `The actor at ${actor.path} gave its state up.`,
      });
    }
  };
  const whole = change.update.purge === undefined ? withMore(change, { rows }) : change;
  return { ...whole, committed: tell };
}
