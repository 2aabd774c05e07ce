// The log entries of a shard: what the leader's turns changed, as steps that every replica takes in its store. An entry is
// MessagePack, one step behind the other: its kind, its key, and its value. Keys stand there without the place that a replica
// keeps the group at (see journal/keys.ts), so that a replica need not know what the rows mean. A meta entry holds one meta
// command instead (see meta-state.ts).
import { InvariantError } from '../base/assert.ts';
import { type ActorPath, groupId } from '../base/ids.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import { GroupKeys, PLACE_BYTES } from '../journal/keys.ts';
import type { StoreOp } from '../journal/store-port.ts';

/** The de-duplication mark of one source at one actor. */
export type MarkRow = readonly [source: string, mark: Uint8Array];

/** An actor in one of its lives: `path#incarnation`. The numbers of its messages count within it. */
export type SenderName = `${string}#${string}`;

/** A message that is to leave the actor: to `receiver`, with a number that grows with every message of the sender. */
export type OutboxRow = readonly [receiver: ActorPath, number: number, payload: Uint8Array];

/** All that one turn changes of one actor, taking effect together or not at all. Bytes are rows as they are stored. */
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
}

/** The receiver has taken every message of this pair up to `number`, so they may leave the outbox. */
export type DeliveredRow = readonly [sender: SenderName, receiver: ActorPath, number: number];

export type Command =
  | { readonly kind: 'update'; readonly update: Update }
  | { readonly kind: 'delivered'; readonly rows: readonly DeliveredRow[] };

const PUT = 0;
const DELETE_RANGE = 1;
const SEQUENCE = 2;

const writer = new MsgpackWriter();
/** Of its keys only what is the same on every replica is used. */
const ANY_PLACE = new GroupKeys(groupId(0), 0);
const malformed = (reason: string) => new InvariantError(`a log entry is malformed: ${reason}`);

/** The data of one log entry. */
export function encodeCommands(commands: readonly Command[]): Uint8Array {
  writer.clear();
  for (const command of commands) {
    if (command.kind === 'update') writeUpdate(command.update);
    else
      for (const [sender, receiver, last] of command.rows) {
        const { from, to } = ANY_PLACE.outboxUpTo(sender, receiver, last);
        writeStep(DELETE_RANGE, from);
        writer.binaryFrom(to, PLACE_BYTES);
      }
  }
  return writer.take();
}

function writeUpdate({ path, sender, record, head, snapshot, marks, outbox }: Update): void {
  const keys = ANY_PLACE;
  if (record !== null) {
    writeStep(SEQUENCE, keys.sequence(path));
    writer.count(record.sequence, 'the sequence');
    writePut(keys.record(path, record.sequence), record.bytes);
  }
  if (head !== null) writePut(keys.head(path), head);
  if (snapshot !== null) writePut(keys.snapshot(path), snapshot);
  for (const [source, mark] of marks) writePut(keys.mark(path, source), mark);
  for (const [receiver, number, payload] of outbox)
    writePut(keys.outbox(sender ?? '', receiver, number), payload);
}

function writePut(key: Uint8Array, value: Uint8Array): void {
  writeStep(PUT, key);
  writer.binary(value);
}

function writeStep(kind: number, key: Uint8Array): void {
  writer.count(kind, 'the kind of a step');
  writer.binaryFrom(key, PLACE_BYTES);
}

/**
 * What every replica does in its store for one log entry, without running code and without knowing any actor's state. Values share
 * memory with `data`. Throws InvariantError if the data was not made by `encodeCommands`: a committed entry is never skipped.
 */
export function decodeSteps(keys: GroupKeys, data: Uint8Array): StoreOp[] {
  const reader = new MsgpackReader(data, malformed);
  const steps: StoreOp[] = [];
  while (!reader.isAtEnd) {
    const kind = reader.count('the kind of a step');
    const key = readKey(reader, keys, data);
    if (kind === PUT) steps.push({ kind: 'put', key, value: reader.binary('a value') });
    else if (kind === SEQUENCE) {
      const now = reader.count('a sequence');
      steps.push({ kind: 'sequence', key, was: now - 1, now });
    } else if (kind === DELETE_RANGE)
      steps.push({ kind: 'delete-range', from: key, to: readKey(reader, keys, data) });
    else throw malformed(`${kind} is no kind of step`);
  }
  return steps;
}

function readKey(reader: MsgpackReader, keys: GroupKeys, data: Uint8Array): Uint8Array {
  const length = reader.skipBinary('a key');
  return keys.placed(data, reader.at - length, reader.at);
}
