// Rows of the store as JSON. Nothing here throws on damage: an unreadable row has the reason instead.
import { decodeData } from '../base/codec.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type Json, toJson } from '../base/json.ts';
import { unpack } from '../base/pack.ts';
import { decodeRecord, type JournalRecord } from './journal-record.ts';
import { type ParsedKey, parseCounter, parseKey } from './keys.ts';
import { readOrder } from './order-rows.ts';
import { hex } from './store-batch.ts';

/** One row of a dump. `problem` is there instead of a value that cannot be read. */
export type RowJson = { readonly [field: string]: Json };

/** What stands at a key, in words: `record 7 of /user/a (group 3, generation 1)`. */
export function describeKey(parsed: ParsedKey): string {
  switch (parsed.kind) {
    case 'group-row':
      return `the row of group ${parsed.group}`;
    default:
      return `${describePlace(parsed)} (group ${parsed.group}, generation ${parsed.generation})`;
  }
}

function describePlace(parsed: Exclude<ParsedKey, { kind: 'group-row' }>): string {
  switch (parsed.kind) {
    case 'head':
    case 'sequence':
    case 'snapshot':
      return `the ${parsed.kind} of ${parsed.path}`;
    case 'record':
      return `record ${parsed.sequence} of ${parsed.path}`;
    case 'mark':
      return `the mark of ${parsed.source} at ${parsed.path}`;
    case 'outbox':
      return `message ${parsed.number} from ${parsed.sender} to ${parsed.receiver}`;
    case 'item':
      return `the item ${parsed.name}`;
    case 'task':
      return `task ${parsed.number} of ${parsed.path}`;
    case 'timer':
      return `timer ${parsed.name} of ${parsed.path}`;
    case 'due':
      return `when timer ${parsed.name} of ${parsed.path} is due`;
    case 'stash':
      return `stashed message ${Number.parseInt(parsed.name, 16)} of ${parsed.path}`;
    case 'subscription':
      return `subscription ${parsed.name} of ${parsed.path}`;
    case 'ask':
      return `the ask of ${parsed.path}`;
    case 'watch':
      return `watch ${parsed.name} of ${parsed.path}`;
    case 'clock':
      return parsed.name === 'wall' ? 'the highest wall time' : 'the number of the newest timer message';
    case 'order':
      return parsed.index === 0 ? 'the beginning of the order' : `the order of entry ${parsed.index}`;
    case 'purged':
      return parsed.path === '' ? 'the newest purge' : `the purge of ${parsed.path}`;
    case 'dead-letter':
      return parsed.number === 0 ? 'the number of the next dead letter' : `dead letter ${parsed.number}`;
  }
}

/** A row as JSON: the parts of its key, and `value`; or `problem`. */
export function rowToJson(key: Uint8Array, value: Uint8Array): RowJson {
  let parsed: ParsedKey;
  try {
    parsed = parseKey(key);
  } catch (error) {
    return { kind: 'unknown', key: hex(key), problem: reasonOf(error) };
  }
  try {
    return { ...parsed, value: valueToJson(parsed, value) };
  } catch (error) {
    return { ...parsed, problem: reasonOf(error) };
  }
}

function valueToJson(parsed: ParsedKey, value: Uint8Array): Json {
  if (parsed.kind === 'record') return recordToJson(decodeRecord(value));
  if (parsed.kind === 'due') return null;
  if (parsed.kind === 'order') return readOrder(value).map(({ path, first, count }) => [path, first, count]);
  if (
    parsed.kind === 'sequence' ||
    parsed.kind === 'clock' ||
    parsed.kind === 'purged' ||
    (parsed.kind === 'dead-letter' && parsed.number === 0)
  )
    return parseCounter(value);
  // All other rows are MessagePack, with encoded data inside.
  return treeToJson(unpack(value, malformed));
}

/** All of a journal record. */
function recordToJson(record: JournalRecord): RowJson {
  const { code, origin, message, patch, reply, inputs } = record;
  return {
    sequence: record.sequence,
    kind: record.kind,
    term: record.term,
    atMillis: record.atMillis,
    code: { module: code.module, ...code.target, captured: code.captured.map((each) => toJson(each)) },
    origin: origin && { ...origin },
    message: message === null ? null : toJson(message),
    events: record.events.map((each) => toJson(each)),
    set: patch.set.map(([name, value]) => [toJson(name), toJson(value)]),
    removed: patch.removed.map((each) => toJson(each)),
    reply: reply === null ? null : toJson(reply),
    sent: record.sent,
    inputs: inputs && {
      wall: inputs.wall,
      seed: inputs.seed,
      answers: inputs.answers.map((answer) =>
        'answered' in answer ? { answered: toJson(answer.answered) } : { refused: answer.refused },
      ),
    },
  };
}

const malformed = (reason: string) => new SeqNodeError('journal-damaged', `The row is malformed: ${reason}.`);

function treeToJson(tree: unknown): Json {
  if (tree === null || typeof tree === 'boolean' || typeof tree === 'string') return tree;
  if (typeof tree === 'number') return Number.isFinite(tree) ? tree : String(tree);
  if (Array.isArray(tree)) return tree.map(treeToJson);
  if (tree instanceof Uint8Array) return bytesToJson(tree);
  if (typeof tree !== 'object') return String(tree);
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, treeToJson(value)]));
}

/** Bytes inside a row are encoded data nearly always. */
function bytesToJson(bytes: Uint8Array): Json {
  try {
    return toJson(decodeData(bytes));
  } catch {
    return { $bytes: hex(bytes) };
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof SeqNodeError || error instanceof Error) return error.message;
  return String(error);
}
