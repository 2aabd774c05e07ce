// The log entries of a shard: what the leader's turns changed, as mutations that every replica takes in its
// store (see node/journal/mutations.ts). A meta entry holds one meta command instead (see meta-state.ts).
import { type ActorPath, groupId, type SenderName } from '../../base/ids.ts';
import { GroupKeys, type KeyRange } from '../../journal/keys.ts';
import { MutationsWriter } from '../../journal/mutations.ts';
import { tasksOf } from '../../journal/task-keys.ts';
import { stashOf, subscriptionsOf, timersOf } from '../../journal/timer-keys.ts';

/** The de-duplication mark of one source at one actor. */
export type MarkRow = readonly [source: string, mark: Uint8Array];

/**
 * A message that is to leave the actor: to `receiver`, with a number that grows with every message of the
 * sender.
 */
export type OutboxRow = readonly [receiver: ActorPath, number: number, payload: Uint8Array];

/** A row of the group by its key, in any group and generation; null deletes it. */
export type RowChange = readonly [key: Uint8Array, value: Uint8Array | null];

/**
 * All that one turn changes of one actor, taking effect together or not at all. Bytes are rows as they are
 * stored.
 */
export interface Update {
  readonly path: ActorPath;
  /** Tells whose outbox the messages of `outbox` wait in. */
  readonly sender: SenderName | null;
  /** The journal record; its sequence is one more than that of the actor's record before. */
  readonly record: { readonly sequence: number; readonly bytes: Uint8Array } | null;
  readonly head: Uint8Array | null;
  /** The whole state as of `record`. */
  readonly snapshot: Uint8Array | null;
  readonly marks: readonly MarkRow[];
  readonly outbox: readonly OutboxRow[];
  /** Rows of other kinds. */
  readonly rows?: readonly RowChange[];
  /**
   * Before all of that, everything that is stored of the actor goes. But for its outbox, which empties by
   * itself, and the marks of other actors' messages, without which one that was taken before could take
   * effect again. Such an update has an entry of its own.
   */
  readonly purge?: Purge | undefined;
}

export interface Purge {
  /** Only for tests: false is the mistake to leave the marks of clients. */
  readonly marks: boolean;
}

/** The receiver has taken the messages of this pair with these numbers, so they may leave the outbox. */
export type DeliveredRow = readonly [sender: SenderName, receiver: ActorPath, numbers: readonly number[]];

/** What an entry says beside the turns of actors, taking effect together or not at all. */
export interface Note {
  readonly delivered?: DeliveredRow;
  readonly rows: readonly RowChange[];
  /** What is added to an outbox: rows of one sender. */
  readonly outbox?: { readonly sender: SenderName; readonly rows: readonly OutboxRow[] };
  /** Called once it is known whether the entry is committed under this leadership. */
  readonly ended?: (committed: boolean) => void;
}

const writer = new MutationsWriter();
/** Of its keys only what is the same on every replica is used. */
const ANY_PLACE = new GroupKeys(groupId(0), 0);

/** The data of one log entry. What was delivered is something that an earlier entry sent. */
export function encodeCommands(updates: readonly Update[], notes: readonly Note[]): Uint8Array {
  for (const { delivered } of notes) if (delivered !== undefined) writer.taken(ANY_PLACE, ...delivered);
  for (const { rows, outbox } of notes) {
    for (const [key, value] of rows) writer.row(key, value);
    if (outbox !== undefined) writeOutbox(outbox.sender, outbox.rows);
  }
  for (const update of updates) writeUpdate(update);
  return writer.take();
}

function writeOutbox(sender: SenderName, rows: readonly OutboxRow[]): void {
  for (const [receiver, number, payload] of rows)
    writer.row(ANY_PLACE.outbox(sender, receiver, number), payload);
}

/** The records before their counter: see store-port.ts. */
function purgedRanges(path: ActorPath, { marks }: Purge): readonly KeyRange[] {
  const keys = ANY_PLACE;
  return [
    keys.records(path),
    ...(marks ? [keys.clientMarks(path)] : []),
    keys.lone(keys.head(path)),
    keys.lone(keys.sequence(path)),
    keys.lone(keys.snapshot(path)),
    timersOf(keys, path),
    tasksOf(keys, path),
    stashOf(keys, path),
    subscriptionsOf(keys, path),
  ];
}

function writeUpdate({ path, sender, record, head, snapshot, marks, outbox, rows, purge }: Update): void {
  if (purge !== undefined) {
    for (const range of purgedRanges(path, purge)) writer.deleteRange(range);
    writer.purged(path);
  }
  writer.actor(path);
  if (record !== null) writer.record(record.sequence, record.bytes);
  if (head !== null) writer.head(head);
  if (snapshot !== null) writer.snapshot(snapshot);
  for (const [source, mark] of marks) writer.mark(source, mark);
  for (const [receiver, number, payload] of outbox)
    writer.put(ANY_PLACE.outbox(sender ?? '', receiver, number), payload);
  if (rows !== undefined) for (const [key, value] of rows) writer.row(key, value);
}
