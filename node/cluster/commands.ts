// What the log entries of a group say. A shard's entry holds a list of commands, which every replica turns into store rows
// without running code; a meta entry holds one meta command (see meta-state.ts).
import { decode } from '@msgpack/msgpack';
import { InvariantError } from '../base/assert.ts';
import type { ActorPath } from '../base/ids.ts';
import { pack } from '../base/pack.ts';

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

const UPDATE = 0;
const DELIVERED = 1;

/** The data of one log entry. */
export function encodeCommands(commands: readonly Command[]): Uint8Array {
  return pack(commands.map(toTree));
}

function toTree(command: Command): unknown[] {
  if (command.kind === 'delivered') return [DELIVERED, command.rows];
  const { path, sender, record, head, snapshot, marks, outbox } = command.update;
  return [UPDATE, path, sender, record?.sequence ?? 0, record?.bytes ?? null, head, snapshot, marks, outbox];
}

/** Throws InvariantError if the data was not made by `encodeCommands`: a committed entry is never skipped. */
export function decodeCommands(data: Uint8Array): Command[] {
  const tree = decode(data);
  if (!Array.isArray(tree)) throw new InvariantError('a log entry is not a list of commands');
  return tree.map(fromTree);
}

function fromTree(tree: unknown): Command {
  if (Array.isArray(tree) && tree[0] === DELIVERED)
    return { kind: 'delivered', rows: tree[1] as DeliveredRow[] };
  if (!Array.isArray(tree) || tree[0] !== UPDATE)
    throw new InvariantError('a log entry holds an unknown command');
  const [, path, sender, sequence, bytes, head, snapshot, marks, outbox] = tree as [
    number,
    ActorPath,
    SenderName | null,
    number,
    Uint8Array | null,
    Uint8Array | null,
    Uint8Array | null,
    MarkRow[],
    OutboxRow[],
  ];
  const record = bytes === null ? null : { sequence, bytes };
  return { kind: 'update', update: { path, sender, record, head, snapshot, marks, outbox } };
}
