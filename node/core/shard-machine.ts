// The state machine of a shard: what each committed entry does to the store. Every replica does the same, without running
// code and without knowing any actor's state.
import type { Entry } from '../base/log.ts';
import { type Command, decodeCommands, type Update } from '../cluster/commands.ts';
import type { GroupKeys } from '../journal/keys.ts';
import type { StoreOp } from '../journal/store-port.ts';

/** The steps of one batch for `entries`, in order. Entries that hold no commands do nothing here. */
export function shardOps(keys: GroupKeys, entries: readonly Entry[]): StoreOp[] {
  const ops: StoreOp[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'data') continue;
    for (const command of decodeCommands(entry.data)) addOps(keys, command, ops);
  }
  return ops;
}

function addOps(keys: GroupKeys, command: Command, ops: StoreOp[]): void {
  if (command.kind === 'update') return addUpdate(keys, command.update, ops);
  for (const [sender, receiver, last] of command.rows) {
    ops.push({ kind: 'delete-range', ...keys.outboxUpTo(sender, receiver, last) });
  }
}

function addUpdate(keys: GroupKeys, update: Update, ops: StoreOp[]): void {
  const { path, sender, record, head, snapshot, marks, outbox } = update;
  if (record !== null) {
    ops.push({ kind: 'sequence', key: keys.sequence(path), was: record.sequence - 1, now: record.sequence });
    ops.push({ kind: 'put', key: keys.record(path, record.sequence), value: record.bytes });
  }
  if (head !== null) ops.push({ kind: 'put', key: keys.head(path), value: head });
  if (snapshot !== null) ops.push({ kind: 'put', key: keys.snapshot(path), value: snapshot });
  for (const [source, mark] of marks) ops.push({ kind: 'put', key: keys.mark(path, source), value: mark });
  for (const [receiver, number, payload] of outbox) {
    ops.push({ kind: 'put', key: keys.outbox(sender ?? '', receiver, number), value: payload });
  }
}
