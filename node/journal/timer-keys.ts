// The keys of timers, watches, stashed messages and subscriptions, beside those of keys.ts and in the same
// form: group u16, generation u32, kind u8, then by kind
//   timer      owner 00 id                what is sent, and how often
//   due        due u64, owner 00 id       the order in which timers fall due; it has no value
//   watch      watched path 00 reference
//   stash      owner 00 number            as 16 hexadecimal digits
//   subscription  owner 00 reference    see runtime/subscriptions.ts
//   ask        owner 00                 its turn waits for an answer; it has no value
import { invariant } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { ActorPath } from '../base/ids.ts';
import { ASK, DUE, NUMBER_BYTES, PLACE_BYTES, STASH, SUBSCRIPTION, TIMER, WATCH } from './key-kinds.ts';
import { getNumber, putNumber } from './key-numbers.ts';
import type { GroupKeys, KeyRange } from './keys.ts';

const KIND_BYTES = 1;
const STASH_DIGITS = 16;

const utf8 = new TextEncoder();
const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface DueKey {
  /** Wall time of the group, milliseconds since 1970. */
  readonly due: number;
  /** The actor that set the timer. */
  readonly owner: ActorPath;
  /** Unique among the timers of its owner. */
  readonly id: string;
}

/** The order of their keys: paths and ids are ASCII. */
export function compareDue(a: DueKey, b: DueKey): number {
  if (a.due !== b.due) return a.due - b.due;
  if (a.owner !== b.owner) return `${a.owner}\0` < `${b.owner}\0` ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

export function timerKey(keys: GroupKeys, owner: ActorPath, id: string): Uint8Array {
  return keyOf(keys, TIMER, pair(owner, id));
}

/** All timers of an actor. */
export function timersOf(keys: GroupKeys, owner: ActorPath): KeyRange {
  return pairRange(keys, TIMER, owner);
}

/** All timers of the group, those behind the timer `id` of `owner`; by owner and id. */
export function timersAfter(keys: GroupKeys, owner: ActorPath | '', id: string): KeyRange {
  const to = keyOf(keys, TIMER + 1, new Uint8Array(0));
  if (owner === '') return { from: keyOf(keys, TIMER, new Uint8Array(0)), to };
  return { from: behind(timerKey(keys, owner, id)), to };
}

export function dueKey(keys: GroupKeys, { due, owner, id }: DueKey): Uint8Array {
  const names = pair(owner, id);
  const rest = new Uint8Array(NUMBER_BYTES + names.length);
  putNumber(rest, 0, due);
  rest.set(names, NUMBER_BYTES);
  return keyOf(keys, DUE, rest);
}

/** All timers of the group in the order in which they fall due, those behind `after`. */
export function duesAfter(keys: GroupKeys, after: DueKey | undefined): KeyRange {
  const to = keyOf(keys, DUE + 1, new Uint8Array(0));
  if (after === undefined) return { from: keyOf(keys, DUE, new Uint8Array(0)), to };
  return { from: behind(dueKey(keys, after)), to };
}

/** The first key after it. */
function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** Throws `journal-damaged` for a key that `dueKey` did not make. */
export function parseDueKey(key: Uint8Array): DueKey {
  const at = PLACE_BYTES + KIND_BYTES;
  if (key[PLACE_BYTES] !== DUE || key.length < at + NUMBER_BYTES) throw damaged();
  const due = getNumber(new DataView(key.buffer, key.byteOffset), at);
  if (due === undefined) throw damaged();
  const [owner, id] = parsePair(key.subarray(at + NUMBER_BYTES));
  return { due, owner, id };
}

export function watchKey(keys: GroupKeys, watched: ActorPath, reference: string): Uint8Array {
  return keyOf(keys, WATCH, pair(watched, reference));
}

/** All watches of an actor. */
export function watchesOf(keys: GroupKeys, watched: ActorPath): KeyRange {
  return pairRange(keys, WATCH, watched);
}

/** Those of all actors. */
export function allWatches(keys: GroupKeys): KeyRange {
  const none = new Uint8Array(0);
  return { from: keyOf(keys, WATCH, none), to: keyOf(keys, WATCH + 1, none) };
}

/** Throws `journal-damaged` for a key that `watchKey` did not make. */
export function parseWatchKey(key: Uint8Array): { readonly watched: ActorPath; readonly reference: string } {
  if (key[PLACE_BYTES] !== WATCH) throw damaged();
  const [watched, reference] = parsePair(key.subarray(PLACE_BYTES + KIND_BYTES));
  return { watched, reference };
}

/** A message that an actor has put aside. */
export function stashKey(keys: GroupKeys, owner: ActorPath, number: number): Uint8Array {
  return keyOf(keys, STASH, pair(owner, number.toString(16).padStart(STASH_DIGITS, '0')));
}

/** All of an actor, in the order of their numbers. */
export function stashOf(keys: GroupKeys, owner: ActorPath): KeyRange {
  return pairRange(keys, STASH, owner);
}

/** Those of all actors. */
export function allStashed(keys: GroupKeys): KeyRange {
  const none = new Uint8Array(0);
  return { from: keyOf(keys, STASH, none), to: keyOf(keys, STASH + 1, none) };
}

/** Throws `journal-damaged` for a key that `stashKey` did not make. */
export function parseStashKey(key: Uint8Array): { readonly owner: ActorPath; readonly number: number } {
  if (key[PLACE_BYTES] !== STASH) throw damaged();
  const [owner, name] = parsePair(key.subarray(PLACE_BYTES + KIND_BYTES));
  const number = /^[0-9a-f]{16}$/.test(name) ? Number.parseInt(name, 16) : 0;
  if (number < 1 || !Number.isSafeInteger(number)) throw damaged();
  return { owner, number };
}

export function subscriptionKey(keys: GroupKeys, owner: ActorPath, reference: string): Uint8Array {
  return keyOf(keys, SUBSCRIPTION, pair(owner, reference));
}

/** All subscriptions of an actor. */
export function subscriptionsOf(keys: GroupKeys, owner: ActorPath): KeyRange {
  return pairRange(keys, SUBSCRIPTION, owner);
}

/** Those of all actors. */
export function allSubscriptions(keys: GroupKeys): KeyRange {
  const none = new Uint8Array(0);
  return { from: keyOf(keys, SUBSCRIPTION, none), to: keyOf(keys, SUBSCRIPTION + 1, none) };
}

/** Throws `journal-damaged` for a key that `subscriptionKey` did not make. */
export function parseSubscriptionKey(key: Uint8Array): readonly [owner: ActorPath, reference: string] {
  if (key[PLACE_BYTES] !== SUBSCRIPTION) throw damaged();
  return parsePair(key.subarray(PLACE_BYTES + KIND_BYTES));
}

/** The actor's turn waits for an answer. */
export function askKey(keys: GroupKeys, owner: ActorPath): Uint8Array {
  return keyOf(keys, ASK, pair(owner, ''));
}

/** Those of all actors. */
export function allAsks(keys: GroupKeys): KeyRange {
  const none = new Uint8Array(0);
  return { from: keyOf(keys, ASK, none), to: keyOf(keys, ASK + 1, none) };
}

/** The asker. Throws `journal-damaged` for a key that `askKey` did not make. */
export function parseAskKey(key: Uint8Array): ActorPath {
  if (key[PLACE_BYTES] !== ASK) throw damaged();
  const [owner, name] = parsePair(key.subarray(PLACE_BYTES + KIND_BYTES));
  if (name !== '') throw damaged();
  return owner;
}

function keyOf(keys: GroupKeys, kind: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(KIND_BYTES + rest.length);
  bytes[0] = kind;
  bytes.set(rest, KIND_BYTES);
  return keys.placed(bytes);
}

function pair(path: ActorPath, name: string): Uint8Array {
  const fits = name.isWellFormed() && !name.includes('\0') && !path.includes('\0');
  invariant(fits, () => `${JSON.stringify([path, name])} cannot be part of a key`);
  return utf8.encode(`${path}\0${name}`);
}

function pairRange(keys: GroupKeys, kind: number, path: ActorPath): KeyRange {
  const from = keyOf(keys, kind, pair(path, ''));
  const to = from.slice();
  to[to.length - 1] = 1;
  return { from, to };
}

function parsePair(bytes: Uint8Array): readonly [ActorPath, string] {
  let text: string;
  try {
    text = strictText.decode(bytes);
  } catch {
    throw damaged();
  }
  const [path, name, ...more] = text.split('\0');
  if (path === undefined || name === undefined || more.length > 0) throw damaged();
  return [path as ActorPath, name];
}

const damaged = () =>
  new SeqNodeError(
    'journal-damaged',
    'The key of a timer, a watch, a stashed message, a subscription or an ask is malformed.',
  );
