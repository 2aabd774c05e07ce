// The keys of the store, in the order in which they lie there:
//   group u16, generation u32, kind u8, then by kind
//     head, sequence, snapshot   path
//     record                     path 00 sequence u64
//     mark                       path 00 source
//     outbox                     sender 00 receiver 00 number u64
//     item                       name
//     dead letter                number u64
//     timer, due, watch, stash, subscription, ask
//                                see timer-keys.ts
//     task                       see task-keys.ts
//     clock                      name
//     order, purged              see order-keys.ts
//   ffff, kind u8, then by kind
//     group row                  group u16
// Numbers are big-endian, texts UTF-8 without a zero byte, so that keys sort by group, generation, kind,
// text, number.
//
// A group's state is stored under one generation. A snapshot from a peer is stored under a new one, which
// takes over with the batch that makes the group row name it.
import { invariant } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { hashBytes } from '../base/hash.ts';
import { type ActorPath, type GroupId, groupId } from '../base/ids.ts';
import { allocateBytes, copyBytes, copyInto } from '../base/small-bytes.ts';
import { codeUnitAt } from '../base/text-units.ts';
import { ActorKeys } from './actor-keys.ts';
import {
  ASK,
  CLOCK,
  DEAD_LETTER,
  DUE,
  GENERATION_MAX,
  GROUP_ROW,
  HEAD,
  ITEM,
  MARK,
  NODE_AREA,
  NODE_PREFIX_BYTES,
  NUMBER_BYTES,
  ORDER,
  OUTBOX,
  PLACE_BYTES,
  PREFIX_BYTES,
  PURGED,
  RECORD,
  SEQUENCE,
  SNAPSHOT,
  STASH,
  SUBSCRIPTION,
  TASK,
  TIMER,
  WATCH,
} from './key-kinds.ts';
import { getNumber, putNumber } from './key-numbers.ts';

export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** Counters of a group: its highest wall time, and the number of the newest message that a timer sent. */
export type ClockName = 'wall' | 'sent';

/** Kinds that are named by an actor and something of it. */
type PairKind = 'timer' | 'watch' | 'stash' | 'subscription' | 'ask';

/** What a key says. `sender` is an actor in one of its lives: `path#incarnation`. */
export type ParsedKey =
  | ({ readonly group: GroupId; readonly generation: number } & (
      | { readonly kind: 'head' | 'sequence' | 'snapshot'; readonly path: ActorPath }
      | { readonly kind: 'record'; readonly path: ActorPath; readonly sequence: number }
      | { readonly kind: 'task'; readonly path: ActorPath; readonly number: number }
      | { readonly kind: 'mark'; readonly path: ActorPath; readonly source: string }
      | {
          readonly kind: 'outbox';
          readonly sender: string;
          readonly receiver: ActorPath;
          readonly number: number;
        }
      | { readonly kind: 'item'; readonly name: string }
      /** Number 0 holds the counter of the others. */
      | { readonly kind: 'dead-letter'; readonly number: number }
      | {
          readonly kind: PairKind;
          readonly path: ActorPath;
          readonly name: string;
        }
      | { readonly kind: 'due'; readonly due: number; readonly path: ActorPath; readonly name: string }
      | { readonly kind: 'clock'; readonly name: ClockName }
      | { readonly kind: 'order'; readonly index: number }
      | { readonly kind: 'purged'; readonly path: ActorPath | '' }
    ))
  | { readonly kind: 'group-row'; readonly group: GroupId };

const PAIR_KINDS: ReadonlyMap<number, PairKind> = new Map<number, PairKind>([
  [TIMER, 'timer'],
  [WATCH, 'watch'],
  [STASH, 'stash'],
  [SUBSCRIPTION, 'subscription'],
  [ASK, 'ask'],
]);

const utf8 = new TextEncoder();
const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Keys of one group in one generation. */
export class GroupKeys {
  readonly group: GroupId;
  readonly generation: number;

  constructor(group: GroupId, generation: number) {
    invariant(group >= 0 && group < NODE_AREA, () => `group ${group} is out of range`);
    invariant(
      generation >= 0 && generation <= GENERATION_MAX,
      () => `generation ${generation} is out of range`,
    );
    this.group = group;
    this.generation = generation;
  }

  head(path: ActorPath): Uint8Array {
    return this.#key(HEAD, path);
  }

  /** The counter of the actor's journal records: see the `sequence` operation of a store batch. */
  sequence(path: ActorPath): Uint8Array {
    return this.#key(SEQUENCE, path);
  }

  /** The newest snapshot of the actor's state. */
  snapshot(path: ActorPath): Uint8Array {
    return this.#key(SNAPSHOT, path);
  }

  record(path: ActorPath, sequence: number): Uint8Array {
    return this.#key(RECORD, path, undefined, sequence);
  }

  mark(path: ActorPath, source: string): Uint8Array {
    return this.#key(MARK, path, source);
  }

  outbox(sender: string, receiver: ActorPath, number: number): Uint8Array {
    return this.#key(OUTBOX, sender, receiver, number);
  }

  deadLetter(number: number): Uint8Array {
    const key = new Uint8Array(PREFIX_BYTES + NUMBER_BYTES);
    this.#place(key);
    key[6] = DEAD_LETTER;
    putNumber(key, PREFIX_BYTES, number);
    return key;
  }

  /** From `from` on. */
  deadLetters(from = 0): KeyRange {
    return { from: this.deadLetter(from), to: this.#key(DEAD_LETTER + 1, '') };
  }

  item(name: string): Uint8Array {
    return this.#key(ITEM, name);
  }

  clock(name: ClockName): Uint8Array {
    return this.#key(CLOCK, name);
  }

  /** The keys of the actor whose path is the UTF-8 of `bytes[from, to)`. */
  actor(bytes: Uint8Array, from: number, to: number): ActorKeys {
    const start = new Uint8Array(PREFIX_BYTES + to - from);
    copyInto(start, PREFIX_BYTES, bytes, from, to);
    this.#place(start);
    return new ActorKeys(start);
  }

  /** The key whose part behind group and generation is `bytes[from, to)`. */
  placed(bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array {
    const key = allocateBytes(PLACE_BYTES + to - from);
    copyInto(key, PLACE_BYTES, bytes, from, to);
    this.#place(key);
    return key;
  }

  /** The same with a number behind that part. */
  numbered(bytes: Uint8Array, number: number): Uint8Array {
    const key = allocateBytes(PLACE_BYTES + bytes.length + NUMBER_BYTES);
    copyInto(key, PLACE_BYTES, bytes, 0, bytes.length);
    this.#place(key);
    putNumber(key, key.length - NUMBER_BYTES, number);
    return key;
  }

  /** Everything of the generation. */
  range(): KeyRange {
    return { from: this.#key(0, ''), to: this.#key(0xff, '') };
  }

  heads(): KeyRange {
    return this.#kindRange(HEAD);
  }

  items(): KeyRange {
    return this.#kindRange(ITEM);
  }

  /** The records of one actor from sequence `from` up to but not including `to`. */
  records(path: ActorPath, from = 0, to = Number.MAX_SAFE_INTEGER): KeyRange {
    return { from: this.record(path, from), to: this.record(path, to) };
  }

  allRecords(): KeyRange {
    return this.#kindRange(RECORD);
  }

  marks(path: ActorPath): KeyRange {
    const from = this.#key(MARK, path, '');
    return { from, to: after(from) };
  }

  /** Of the clients, whose sources begin with `c:`. */
  clientMarks(path: ActorPath): KeyRange {
    return { from: this.#key(MARK, path, 'c:'), to: this.#key(MARK, path, 'c;') };
  }

  /** One key as a range. */
  lone(key: Uint8Array): KeyRange {
    const to = new Uint8Array(key.length + 1);
    to.set(key);
    return { from: key, to };
  }

  /** All messages that wait, sorted by sender, receiver and number. */
  outboxRange(): KeyRange {
    return this.#kindRange(OUTBOX);
  }

  parseOutbox(key: Uint8Array): [sender: string, receiver: ActorPath, number: number] {
    const parsed = parseKey(key);
    if (parsed.kind !== 'outbox') throw damagedKey(key);
    return [parsed.sender, parsed.receiver, parsed.number];
  }

  #kindRange(kind: number): KeyRange {
    return { from: this.#key(kind, ''), to: this.#key(kind + 1, '') };
  }

  /** Texts are parted by a zero byte, and a number is parted from them by another. */
  #key(kind: number, first: string, second?: string, number?: number): Uint8Array {
    const behind = PREFIX_BYTES + first.length + 1;
    const length = second === undefined ? behind - 1 : behind + second.length;
    const tail = number === undefined ? 0 : 9;
    let key = allocateBytes(length + tail);
    if (!putAscii(key, PREFIX_BYTES, first) || (second !== undefined && !putAscii(key, behind, second))) {
      const bytes = encodedTexts(second === undefined ? [first] : [first, second]);
      key = allocateBytes(PREFIX_BYTES + bytes.length + tail);
      key.set(bytes, PREFIX_BYTES);
    }
    this.#place(key);
    key[6] = kind;
    if (number !== undefined) putNumber(key, key.length - 8, number);
    return key;
  }

  #place(key: Uint8Array): void {
    key[0] = this.group >> 8;
    key[1] = this.group;
    key[2] = this.generation >>> 24;
    key[3] = this.generation >>> 16;
    key[4] = this.generation >>> 8;
    key[5] = this.generation;
  }
}

/**
 * Whether the key is of a kind that turns write, or may write, in great number: a record, its counter, or a
 * mark.
 */
export function isOfTurns(key: Uint8Array): boolean {
  const kind = key[6];
  return (
    key.length > PREFIX_BYTES && (kind === SEQUENCE || kind === RECORD || kind === MARK) && !isOfNode(key)
  );
}

export function isRecord(key: Uint8Array): boolean {
  if (key[6] !== RECORD || isOfNode(key)) return false;
  const actorEnd = key.length - 9;
  return actorEnd >= PREFIX_BYTES && key.indexOf(0, PREFIX_BYTES) === actorEnd;
}

/** The key of another record of the same actor. `key` is that of a record. */
export function recordBeside(key: Uint8Array, sequence: number): Uint8Array {
  const other = copyBytes(key);
  putNumber(other, other.length - 8, sequence);
  return other;
}

/** Undefined when `key` is not that of a record. */
export function sequenceOf(key: Uint8Array): number | undefined {
  if (!isRecord(key)) return undefined;
  return getNumber(new DataView(key.buffer, key.byteOffset, key.byteLength), key.length - 8);
}

/**
 * Behind all records of the actor among whose records `bound` lies, the bound of a range; undefined when it
 * lies among none.
 */
export function endOfRecords(bound: Uint8Array): Uint8Array | undefined {
  if (bound[6] !== RECORD || isOfNode(bound)) return undefined;
  const actorEnd = bound.indexOf(0, PREFIX_BYTES);
  if (actorEnd < 0) return undefined;
  const end = new Uint8Array(actorEnd + 1 + 9).fill(0xff);
  copyInto(end, 0, bound, 0, actorEnd + 1);
  return end;
}

export const isMark = (key: Uint8Array): boolean =>
  key.length > PREFIX_BYTES && key[6] === MARK && !isOfNode(key);

/** Which group the key is of; all that are of none have one number in common. Any bytes have one. */
export const groupOf = (key: Uint8Array): number => ((key[0] ?? 0) << 8) | (key[1] ?? 0);

/** The same for a mark wherever its group is kept, and rarely so for two marks. `key` is that of a mark. */
export const markHash = (key: Uint8Array): number => hashBytes(key, PREFIX_BYTES, key.length);

/** The same, when the key is not made yet: for the actor's path in UTF-8, and then with a source added. */
export const markHashOfPath = (bytes: Uint8Array, from: number, to: number): number =>
  hashBytes(ZERO, 0, 1, hashBytes(bytes, from, to));

const ZERO = new Uint8Array(1);

const isOfNode = (key: Uint8Array) => key[0] === 0xff && key[1] === 0xff;

/**
 * What of a group's key is the same on every replica: all but group and generation. Shares memory with it.
 */
export const restOf = (key: Uint8Array): Uint8Array => key.subarray(PLACE_BYTES);

/** The key as a text, for a Map: each byte is the character of its number. */
export function keyName(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

/** Most texts are ASCII: those need no encoder. False when `text` is not, or holds a zero character. */
function putAscii(key: Uint8Array, from: number, text: string): boolean {
  // Read once: texts come in many representations, which makes asking for the length slow.
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const code = codeUnitAt(text, at);
    if (code > 0x7f || code === 0) return false;
    key[from + at] = code;
  }
  return true;
}

function encodedTexts(texts: readonly string[]): Uint8Array {
  for (const text of texts) {
    const fits = text.isWellFormed() && !text.includes('\0');
    invariant(fits, () => `${JSON.stringify(text)} cannot be part of a key`);
  }
  return utf8.encode(texts.join('\0'));
}

/** The row that says which generation a group is in and what it has applied. */
export function groupRowKey(group: GroupId): Uint8Array {
  return Uint8Array.of(0xff, 0xff, GROUP_ROW, group >> 8, group & 0xff);
}

export const isGroupRow = (key: Uint8Array): boolean => isOfNode(key) && key[2] === GROUP_ROW;

export function groupRows(): KeyRange {
  return {
    from: Uint8Array.of(0xff, 0xff, GROUP_ROW),
    to: Uint8Array.of(0xff, 0xff, GROUP_ROW + 1),
  };
}

/** Every key of the store lies in it. */
export const WHOLE_STORE: KeyRange = {
  from: new Uint8Array(0),
  to: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
};

/** The value of a counter that a `sequence` operation wrote. Throws `journal-damaged`. */
export function parseCounter(value: Uint8Array): number {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const number = value.length === 8 ? getNumber(view, 0) : undefined;
  if (number === undefined) throw new SeqNodeError('journal-damaged', 'A counter of the store is malformed.');
  return number;
}

export function counterBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  putNumber(bytes, 0, number);
  return bytes;
}

/** Throws `journal-damaged` for a key that no function here makes. */
export function parseKey(key: Uint8Array): ParsedKey {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  if (key.length < NODE_PREFIX_BYTES) throw damagedKey(key);
  const group = view.getUint16(0);
  if (group === NODE_AREA) return parseNodeKey(key, view);
  if (key.length < PREFIX_BYTES) throw damagedKey(key);
  const place = { group: groupId(group), generation: view.getUint32(2) };
  const kind = view.getUint8(6);
  const rest = key.subarray(PREFIX_BYTES);
  if (kind === RECORD || kind === OUTBOX || kind === TASK) {
    const at = key.length - 8;
    const number = at > PREFIX_BYTES && key[at - 1] === 0 ? getNumber(view, at) : undefined;
    if (number === undefined) throw damagedKey(key);
    const texts = textsOf(key, key.subarray(PREFIX_BYTES, at - 1), kind === OUTBOX ? 2 : 1);
    const [path, receiver] = texts as ActorPath[] as [ActorPath, ActorPath];
    if (kind === RECORD) return { ...place, kind: 'record', path, sequence: number };
    if (kind === TASK) return { ...place, kind: 'task', path, number };
    return { ...place, kind: 'outbox', sender: path, receiver, number };
  }
  if (kind === DEAD_LETTER || kind === ORDER) {
    const number = key.length === PREFIX_BYTES + NUMBER_BYTES ? getNumber(view, PREFIX_BYTES) : undefined;
    if (number === undefined) throw damagedKey(key);
    if (kind === ORDER) return { ...place, kind: 'order', index: number };
    return { ...place, kind: 'dead-letter', number };
  }
  const ofPair = PAIR_KINDS.get(kind);
  if (kind === MARK || kind === DUE || ofPair !== undefined) {
    const due = kind === DUE && rest.length > NUMBER_BYTES ? getNumber(view, PREFIX_BYTES) : 0;
    if (due === undefined) throw damagedKey(key);
    const texts = kind === DUE ? rest.subarray(NUMBER_BYTES) : rest;
    const [path, name] = textsOf(key, texts, 2) as [ActorPath, string];
    if (kind === MARK) return { ...place, kind: 'mark', path, source: name };
    if (kind === DUE) return { ...place, kind: 'due', due, path, name };
    return { ...place, kind: ofPair!, path, name };
  }
  const [text] = textsOf(key, rest, 1) as [string];
  if (kind === CLOCK && (text === 'wall' || text === 'sent')) return { ...place, kind: 'clock', name: text };
  if (kind === ITEM) return { ...place, kind: 'item', name: text };
  if (kind === PURGED) return { ...place, kind: 'purged', path: text as ActorPath };
  const ofPath = kind === HEAD ? 'head' : kind === SEQUENCE ? 'sequence' : 'snapshot';
  if (kind !== HEAD && kind !== SEQUENCE && kind !== SNAPSHOT) throw damagedKey(key);
  return { ...place, kind: ofPath, path: text as ActorPath };
}

function parseNodeKey(key: Uint8Array, view: DataView): ParsedKey {
  if (key[2] !== GROUP_ROW || key.length !== 5) throw damagedKey(key);
  return { kind: 'group-row', group: groupId(view.getUint16(NODE_PREFIX_BYTES)) };
}

function textsOf(key: Uint8Array, bytes: Uint8Array, count: number): string[] {
  let whole: string;
  try {
    whole = strictText.decode(bytes);
  } catch {
    throw damagedKey(key);
  }
  const texts = whole.split('\0');
  if (texts.length !== count) throw damagedKey(key);
  return texts;
}

/** The first key behind all that begin with `prefix`, whose last byte is not ff. */
function after(prefix: Uint8Array): Uint8Array {
  const next = prefix.slice();
  next[next.length - 1] = (next[next.length - 1] as number) + 1;
  return next;
}

function damagedKey(key: Uint8Array): SeqNodeError {
  const hex = Array.from(key.subarray(0, 64), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return new SeqNodeError('journal-damaged', `A key of the store is malformed: ${hex}.`, { key: hex });
}
