// The journal record of an actor, as it is kept on disk:
//   version u8, CRC-32C u32 (little-endian, of the version and all that follows), MessagePack list of fields.
// Data stand in it as the bytes of base/codec.ts.
//
// Invariants
// J1 What decodes is exactly what was encoded; anything else throws `journal-damaged`. A record is never
//    skipped.
// J2 The records of a path are numbered 1, 2, 3 … without a gap, over all its lives.

import { invariant } from '../base/assert.ts';
import type { BehaviourRef } from '../base/behaviour-ref.ts';
import { decodeData, readPatch, writeData, writePatch } from '../base/codec.ts';
import { crc32c } from '../base/crc32c.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type ActorPath, moduleHash } from '../base/ids.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import type { Data, MapPatch } from '../base/value.ts';

/** Version 1 held the module as a text, and the wall time of the inputs always. */
const RECORD_VERSION = 2;
/** With one field more, which only the record of an upgrade has. */
const UPGRADE_VERSION = 3;
const HEADER_BYTES = 5;

/**
 * `failed`: the actor ended because it failed too often. `suspended`: it takes no messages until it is
 * resumed. `resumed`: an actor that had ended, or was suspended, goes on with its state. `upgraded`: from
 * here on it runs other code.
 */
export type RecordKind = 'spawned' | 'turn' | 'stopped' | 'failed' | 'resumed' | 'upgraded' | 'suspended';
/** The place in the list is what is stored: only ever add at the end. The third was never written. */
const KINDS: readonly (RecordKind | undefined)[] = [
  'spawned',
  'turn',
  undefined,
  'stopped',
  'failed',
  'resumed',
  'upgraded',
  'suspended',
];

/** The sender of the message, and the sender's number for it. */
export interface RecordOrigin {
  readonly source: string;
  readonly number: number;
}

/** All that the turn learnt from outside itself: with it, the turn can be run again. */
export interface RecordInputs {
  /** Wall time, milliseconds since 1970. */
  readonly wall: number;
  readonly seed: readonly [number, number, number];
  readonly answers: readonly ({ readonly answered: Data } | { readonly refused: string })[];
}

/** What `upgraded` tells beside the new code. */
export interface RecordUpgrade {
  readonly from: BehaviourRef;
  /** The word of the new module that made the state of this record of the one before. */
  readonly migrate: string | null;
}

export interface JournalRecord {
  readonly sequence: number;
  readonly kind: RecordKind;
  /** Term of the leader that ran the turn. */
  readonly term: number;
  /** Wall time of that leader, milliseconds since 1970. For people; nothing is decided by it. */
  readonly atMillis: number;
  /** What ran. */
  readonly code: BehaviourRef;
  readonly origin: RecordOrigin | null;
  readonly message: Data | null;
  readonly events: readonly Data[];
  /** What turns the state after the record before into the state after this one. */
  readonly patch: MapPatch;
  readonly reply: Data | null;
  /** The messages that left with the turn, as receiver and number; their content is in the outbox. */
  readonly sent: readonly (readonly [receiver: ActorPath, number: number])[];
  readonly inputs: RecordInputs | null;
  /** Only of an upgrade. */
  readonly upgrade?: RecordUpgrade | undefined;
}

const FIELDS = 15;
const writer = new MsgpackWriter();
const codeWriter = new MsgpackWriter();
/** The fields of the code, which is the same for many records. */
const codeBytes = new WeakMap<BehaviourRef, Uint8Array>();

/**
 * Throws InvariantError for a record that could not be decoded again, `not-data` or `too-large` for such
 * values in it.
 */
export function encodeRecord(record: JournalRecord): Uint8Array {
  const { origin, message, events, reply, sent, inputs, upgrade } = record;
  invariant(record.sequence >= 1, 'J2 a journal record has the sequence 0');
  writer.clear();
  writer.list(upgrade === undefined ? FIELDS : FIELDS + 1);
  writer.count(record.sequence, 'the sequence');
  writer.count(KINDS.indexOf(record.kind), 'the kind');
  writer.count(record.term, 'the term');
  writer.count(record.atMillis, 'the time');
  writer.raw(bytesOfCode(record.code));
  if (origin === null) writer.nil();
  else {
    writer.list(2);
    writer.text(origin.source, 'the source');
    writer.count(origin.number, 'the number');
  }
  writeOptional(message);
  writer.list(events.length);
  for (const event of events) writeData(writer, event);
  writePatch(writer, record.patch);
  writeOptional(reply);
  writer.list(sent.length);
  for (const [receiver, number] of sent) {
    writer.list(2);
    writer.text(receiver, 'the receiver');
    writer.count(number, 'the number');
  }
  if (inputs === null) writer.nil();
  else writeInputs(inputs, record.atMillis);
  if (upgrade !== undefined) {
    writer.list(5);
    writer.raw(bytesOfCode(upgrade.from));
    if (upgrade.migrate === null) writer.nil();
    else writer.text(upgrade.migrate, 'the word');
  }
  const bytes = writer.takeBehind(HEADER_BYTES);
  bytes[0] = upgrade === undefined ? RECORD_VERSION : UPGRADE_VERSION;
  const crc = recordCrc(bytes);
  bytes[1] = crc;
  bytes[2] = crc >>> 8;
  bytes[3] = crc >>> 16;
  bytes[4] = crc >>> 24;
  return bytes;
}

function bytesOfCode(code: BehaviourRef): Uint8Array {
  const known = codeBytes.get(code);
  if (known !== undefined) return known;
  codeWriter.clear();
  codeWriter.binary(Uint8Array.fromHex(code.module));
  if ('word' in code.target) codeWriter.text(code.target.word, 'the word');
  else codeWriter.nil();
  if ('quotation' in code.target) codeWriter.count(code.target.quotation, 'the quotation');
  else codeWriter.nil();
  codeWriter.list(code.captured.length);
  for (const value of code.captured) writeData(codeWriter, value);
  const bytes = codeWriter.written.slice();
  codeBytes.set(code, bytes);
  return bytes;
}

function writeOptional(value: Data | null): void {
  if (value === null) writer.nil();
  else writeData(writer, value);
}

function writeInputs({ wall, seed, answers }: RecordInputs, atMillis: number): void {
  writer.list(3);
  // A turn that had to wait has the time at which it began.
  if (wall === atMillis) writer.nil();
  else writer.count(wall, 'the wall time');
  writer.list(3);
  for (const word of seed) writer.count(word, 'the seed');
  writer.list(answers.length);
  for (const answer of answers) {
    writer.list(2);
    if ('refused' in answer) writer.text(answer.refused, 'the refusal');
    else writer.nil();
    if ('answered' in answer) writeData(writer, answer.answered);
    else writer.nil();
  }
}

/** Throws `journal-damaged` for any bytes that `encodeRecord` did not make. */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  if (bytes.length <= HEADER_BYTES) throw damaged('is too short');
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
  if (stored !== recordCrc(bytes)) throw damaged('does not match its checksum');
  const [version] = bytes;
  if (version === undefined || version < 1 || version > UPGRADE_VERSION)
    throw damaged(`has version ${version}; this program reads up to version ${UPGRADE_VERSION}`);
  const reader = new MsgpackReader(bytes.subarray(HEADER_BYTES), (reason) =>
    damaged(`is malformed: ${reason}`),
  );
  const record = readRecord(reader, version);
  reader.end();
  return record;
}

function recordCrc(bytes: Uint8Array): number {
  return crc32c(bytes, crc32c(bytes, 0, 0, 1), HEADER_BYTES);
}

function damaged(reason: string): SeqNodeError {
  return new SeqNodeError('journal-damaged', `A journal record ${reason}.`);
}

function readRecord(reader: MsgpackReader, version: number): JournalRecord {
  const upgrades = version === UPGRADE_VERSION;
  reader.tuple(upgrades ? FIELDS + 1 : FIELDS, 'the record');
  const sequence = reader.count('the sequence');
  if (sequence === 0) throw damaged('is malformed: its sequence is 0');
  const kind = KINDS[reader.count('the kind')];
  if (kind === undefined) throw damaged('is of an unknown kind');
  const term = reader.count('the term');
  const atMillis = reader.count('the time');
  return {
    sequence,
    kind,
    term,
    atMillis,
    code: readCode(reader, version),
    origin: readOrigin(reader),
    message: readOptional(reader),
    events: readList(reader, 'the events', () => readData(reader)),
    patch: readPatch(reader.binary('a patch')),
    reply: readOptional(reader),
    sent: readList(reader, 'the messages sent', () => {
      reader.tuple(2, 'a message sent');
      return [reader.text('a receiver') as ActorPath, reader.count('a number')] as const;
    }),
    inputs: reader.nil() ? null : readInputs(reader, atMillis),
    ...(upgrades && { upgrade: readUpgrade(reader) }),
  };
}

function readUpgrade(reader: MsgpackReader): RecordUpgrade {
  reader.tuple(5, 'the upgrade');
  const from = readCode(reader, UPGRADE_VERSION);
  return { from, migrate: reader.nil() ? null : reader.text('the word') };
}

function readList<T>(reader: MsgpackReader, what: string, readItem: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.list(what); left > 0; left--) items.push(readItem());
  return items;
}

function readData(reader: MsgpackReader): Data {
  return decodeData(reader.binary('a value'));
}

function readOptional(reader: MsgpackReader): Data | null {
  return reader.nil() ? null : readData(reader);
}

function readCode(reader: MsgpackReader, version: number): BehaviourRef {
  const module = moduleHash(version === 1 ? reader.text('the module') : reader.binary('the module').toHex());
  const word = reader.nil() ? null : reader.text('the word');
  const quotation = reader.nil() ? null : reader.count('the quotation');
  const captured = readList(reader, 'the captured values', () => readData(reader));
  if (word !== null && quotation === null) return { module, target: { word }, captured };
  if (word === null && quotation !== null) return { module, target: { quotation }, captured };
  throw damaged('is malformed: it names no word and no quotation, or both');
}

function readOrigin(reader: MsgpackReader): RecordOrigin | null {
  if (reader.nil()) return null;
  reader.tuple(2, 'the origin');
  return { source: reader.text('the source'), number: reader.count('the number') };
}

function readInputs(reader: MsgpackReader, atMillis: number): RecordInputs {
  reader.tuple(3, 'the inputs');
  const wall = reader.nil() ? atMillis : reader.count('the wall time');
  reader.tuple(3, 'the seed');
  const seed = [reader.count('a seed'), reader.count('a seed'), reader.count('a seed')] as const;
  const answers = readList(reader, 'the answers', () => {
    reader.tuple(2, 'an answer');
    const refused = reader.nil() ? null : reader.text('a refusal');
    const answered = readOptional(reader);
    if ((refused === null) === (answered === null)) throw damaged('is malformed: an answer is not one thing');
    return refused === null ? { answered: answered as Data } : { refused };
  });
  return { wall, seed, answers };
}

/**
 * `client:ID` for a message of a client, else the sending actor and its number of the message. See Origin in
 * node/runtime/envelope.ts.
 */
export function originName({ source, number }: RecordOrigin): string {
  return source.startsWith('c:') ? `client:${source.slice(2)}` : `${source.replace(/^a:/, '')}#${number}`;
}
