// Rows of an export as JSON, and back. What JSON does not give back bit by bit stands as hexadecimal digits
// instead, {"$row": "…"}: so the form is exact for every row.

import { InvariantError } from '../../base/assert.ts';
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { decodeData, encodeData } from '../../base/codec.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, moduleHash } from '../../base/ids.ts';
import { fromJson, type Json, toJson } from '../../base/json.ts';
import { pack } from '../../base/pack.ts';
import { count, decodeTree, record as fieldsOf, list, orNull, text } from '../../base/tree.ts';
import { type Data, isKey, type Key, SeqMap } from '../../base/value.ts';
import {
  decodeRecord,
  encodeRecord,
  type JournalRecord,
  type RecordKind,
} from '../../journal/journal-record.ts';
import { decodeSnapshot, encodeSnapshot } from '../../runtime/actor/snapshot-row.ts';
import { damaged } from './items.ts';
import type { ExportRow, RowKind } from './rows.ts';

type JsonObject = { readonly [field: string]: Json };

/** The value of the row. */
export function rowToJson(row: ExportRow): Json {
  try {
    const json = valueToJson(row);
    if (Buffer.compare(jsonToValue(row.kind, json), row.value) === 0) return json;
  } catch (error) {
    if (!(error instanceof SeqNodeError) && !(error instanceof InvariantError)) throw error;
  }
  return { $row: row.value.toHex() };
}

/** Throws `export-damaged`. */
export function rowFromJson(kind: RowKind, name: string, json: unknown): ExportRow {
  try {
    const raw = typeof json === 'object' && json !== null && '$row' in json ? text(json.$row) : undefined;
    return { kind, name, value: raw === undefined ? jsonToValue(kind, json) : Uint8Array.fromHex(raw) };
  } catch (error) {
    if (error instanceof SeqNodeError || error instanceof InvariantError || error instanceof SyntaxError)
      throw damaged(`The ${kind} ${name} cannot be read. ${error.message}`);
    throw error;
  }
}

function valueToJson({ kind, value, record }: ExportRow): Json {
  if (kind === 'record') return recordToJson(record ?? decodeRecord(value));
  if (kind === 'snapshot') {
    const { sequence, state } = decodeSnapshot(value);
    return { sequence, state: toJson(state) };
  }
  return treeToJson(decodeTree(value));
}

function jsonToValue(kind: RowKind, json: unknown): Uint8Array {
  if (kind === 'record') return encodeRecord(recordFromJson(json));
  if (kind === 'snapshot') {
    const { sequence, state } = fieldsOf(json);
    const map = fromJson(state);
    if (!(map instanceof SeqMap)) throw damaged('A state is no Map.');
    return encodeSnapshot({ sequence: count(sequence), state: map });
  }
  return pack(treeFromJson(json));
}

function codeToJson({ module, target, captured }: BehaviourRef): JsonObject {
  return { module, ...target, captured: captured.map((each) => toJson(each)) };
}

/** Nearly all records of an export name one of a few, which are encoded once if they are the same value. */
const codes = new Map<string, BehaviourRef>();
const CODES_MAX = 1000;

function codeFromJson(json: unknown): BehaviourRef {
  const { module, word, quotation, captured } = fieldsOf(json);
  const target = word === undefined ? { quotation: count(quotation) } : { word: text(word) };
  const hash = moduleHash(text(module));
  const values = list(captured);
  if (values.length > 0) return { module: hash, target, captured: values.map((each) => fromJson(each)) };
  const name = `${hash} ${JSON.stringify(target)}`;
  let known = codes.get(name);
  if (known === undefined) {
    if (codes.size >= CODES_MAX) codes.clear();
    known = { module: hash, target, captured: [] };
    codes.set(name, known);
  }
  return known;
}

const dataToJson = (value: Data | null): Json => (value === null ? null : toJson(value));

function recordToJson(record: JournalRecord): JsonObject {
  const { sequence, kind, term, atMillis, code, origin, message, events, patch, reply } = record;
  const { sent, inputs, upgrade } = record;
  return {
    sequence,
    kind,
    term,
    atMillis,
    code: codeToJson(code),
    origin: origin && { source: origin.source, number: origin.number },
    message: dataToJson(message),
    events: events.map((each) => toJson(each)),
    set: patch.set.map(([key, value]) => [toJson(key), toJson(value)]),
    removed: patch.removed.map((each) => toJson(each)),
    reply: dataToJson(reply),
    sent,
    inputs: inputs && {
      wall: inputs.wall,
      seed: inputs.seed,
      answers: inputs.answers.map((answer) =>
        'answered' in answer ? { answered: toJson(answer.answered) } : { refused: answer.refused },
      ),
    },
    ...(upgrade && { upgrade: { from: codeToJson(upgrade.from), migrate: upgrade.migrate } }),
  };
}

function recordFromJson(json: unknown): JournalRecord {
  const fields = fieldsOf(json);
  const { upgrade } = fields;
  return {
    sequence: count(fields.sequence),
    kind: text(fields.kind) as RecordKind,
    term: count(fields.term),
    atMillis: count(fields.atMillis),
    code: codeFromJson(fields.code),
    origin: orNull(fields.origin, (origin) => {
      const { source, number } = fieldsOf(origin);
      return { source: text(source), number: count(number) };
    }),
    message: orNull(fields.message, (each) => fromJson(each)),
    events: list(fields.events).map((each) => fromJson(each)),
    patch: {
      set: list(fields.set).map((pair) => {
        const [key, value] = list(pair, 2);
        return [keyFromJson(key), fromJson(value)] as const;
      }),
      removed: list(fields.removed).map(keyFromJson),
    },
    reply: orNull(fields.reply, (each) => fromJson(each)),
    sent: list(fields.sent).map((each) => {
      const [receiver, number] = list(each, 2);
      return [text(receiver) as ActorPath, count(number)] as const;
    }),
    inputs: orNull(fields.inputs, inputsFromJson),
    ...(upgrade !== undefined && { upgrade: upgradeFromJson(upgrade) }),
  };
}

function keyFromJson(json: unknown): Key {
  const key = fromJson(json);
  if (!isKey(key)) throw damaged('A key of a state is no Int, Bool or String.');
  return key;
}

function inputsFromJson(json: unknown): JournalRecord['inputs'] & object {
  const { wall, seed, answers } = fieldsOf(json);
  const [first, second, third] = list(seed, 3).map(count) as [number, number, number];
  return {
    wall: count(wall),
    seed: [first, second, third],
    answers: list(answers).map((each) => {
      const { answered, refused } = fieldsOf(each);
      return refused === undefined ? { answered: fromJson(answered) } : { refused: text(refused) };
    }),
  };
}

function upgradeFromJson(json: unknown): JournalRecord['upgrade'] & object {
  const { from, migrate } = fieldsOf(json);
  return { from: codeFromJson(from), migrate: orNull(migrate, text) };
}

/** The other rows are trees of MessagePack, whose byte strings are encoded data nearly always. */
function treeToJson(tree: unknown): Json {
  if (tree instanceof Uint8Array) return bytesToJson(tree);
  if (Array.isArray(tree)) return tree.map(treeToJson);
  if (typeof tree === 'object' && tree !== null)
    return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, treeToJson(value)]));
  return tree as Json;
}

function bytesToJson(bytes: Uint8Array): Json {
  try {
    const data = decodeData(bytes);
    if (Buffer.compare(encodeData(data), bytes) === 0) return { $data: toJson(data) };
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
  }
  return { $bytes: bytes.toHex() };
}

function treeFromJson(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(treeFromJson);
  if (typeof json !== 'object' || json === null) return json;
  if ('$data' in json) return encodeData(fromJson(json.$data));
  if ('$bytes' in json) return Uint8Array.fromHex(text(json.$bytes));
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, treeFromJson(value)]));
}
