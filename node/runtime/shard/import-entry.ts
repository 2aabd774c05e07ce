// The log entries of an import: rows of actors as another cluster had them. The shard holds a row that says
// how far the import is, written in each of them, and takes nothing else until the import has ended.
import { type ActorPath, groupId } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { count, flag, text } from '../../base/tree.ts';
import { GroupKeys, type ParsedKey, parseKey } from '../../journal/keys.ts';
import { MutationsWriter } from '../../journal/mutations.ts';
import { orderKey } from '../../journal/order-keys.ts';
import type { PackedRow } from '../../journal/packed-rows.ts';
import { dueKey } from '../../journal/timer-keys.ts';
import { ROW_VERSION, readRow } from '../actor/row.ts';
import { decodeTimer } from '../actor/timer-row.ts';
import type { RowChange } from './entry.ts';

export interface ImportState {
  readonly id: string;
  /** Lots of rows that were taken. */
  readonly taken: number;
  readonly done: boolean;
}

const writer = new MutationsWriter();
const ANY_PLACE = new GroupKeys(groupId(0), 0);
const NO_VALUE = new Uint8Array(0);

export const importKey = (keys: GroupKeys): Uint8Array => keys.item('import');

export function decodeImportState(bytes: Uint8Array): ImportState {
  return readRow(bytes, 'The state of an import', ([id, taken, done]) => ({
    id: text(id),
    taken: count(taken),
    done: flag(done),
  }));
}

/** `more`: rows of the shard itself. */
export function encodeImport(
  { id, taken, done }: ImportState,
  rows: readonly PackedRow[],
  more: readonly RowChange[] = [],
): Uint8Array {
  writer.row(importKey(ANY_PLACE), pack([ROW_VERSION, id, taken, done]));
  for (const [key, value] of more) writer.row(key, value);
  let actor: ActorPath | undefined;
  for (const [rest, value] of rows) {
    const key = ANY_PLACE.placed(rest);
    const parsed = parseKey(key);
    if (isOfActor(parsed) && parsed.path !== actor) {
      actor = parsed.path;
      writer.actor(actor);
    }
    writeRow(parsed, key, value);
  }
  return writer.take();
}

/** Of rows that follow the name of their actor. */
const isOfActor = (
  parsed: ParsedKey,
): parsed is ParsedKey & { kind: 'record' | 'head' | 'snapshot' | 'mark' } =>
  parsed.kind === 'record' || parsed.kind === 'head' || parsed.kind === 'snapshot' || parsed.kind === 'mark';

function writeRow(parsed: ParsedKey, key: Uint8Array, value: Uint8Array): void {
  switch (parsed.kind) {
    case 'record':
      return writer.record(parsed.sequence, value);
    case 'head':
      return writer.head(value);
    case 'snapshot':
      return writer.snapshot(value);
    case 'mark':
      return writer.mark(parsed.source, value);
    case 'timer': {
      const { due } = decodeTimer(value);
      writer.row(dueKey(ANY_PLACE, { due, owner: parsed.path, id: parsed.name }), NO_VALUE);
      return writer.row(key, value);
    }
    default:
      return writer.row(key, value);
  }
}

/** Gives up all that was imported, and its place in the order of the shard, which stays whole. */
export function encodeImportUndone(): Uint8Array {
  const { from, to } = ANY_PLACE.range();
  writer.deleteRange({ from, to: orderKey(ANY_PLACE, 0) });
  writer.deleteRange({ from: orderKey(ANY_PLACE, 1), to });
  return writer.take();
}

/** Gives up an import of which nothing was taken. */
export function encodeImportRefused(): Uint8Array {
  writer.row(importKey(ANY_PLACE), null);
  return writer.take();
}
