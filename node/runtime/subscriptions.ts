// Subscriptions of an actor: the records of all actors below a prefix come to it as messages. Pure.
//
// Each subscription is a row beside its actor (see actor/subscription-row.ts) that holds how far it has come.
// The entry in which the actor takes an event moves that place, so the event and what came of it are one.
//
// Invariants
//  U1  The place is behind the events that the actor has taken, in their order, and covers no other: whoever
//      reads on from there leaves none out and repeats none.
//  U2  An actor is told nothing of itself, and nobody is told of what an event alone caused elsewhere: so
//      subscribers below each other's prefixes come to rest.
import { checkData, type SizeLimit } from '../base/data-limits.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type Data, List, SeqMap, sym, Variant } from '../base/value.ts';
import { decodeRecord, type JournalRecord } from '../journal/journal-record.ts';
import type { EventRun, Lot } from './envelope.ts';

/** The references of an actor's subscriptions, by their prefixes: part of its head. */
export type Subscriptions = ReadonlyMap<string, string>;

export const NO_SUBSCRIPTIONS: Subscriptions = new Map();

/** Of one actor: its head names them. */
export const SUBSCRIPTIONS_MAX = 16;

export interface SubscriptionWant {
  readonly prefix: string;
  readonly kind: 'subscribe' | 'unsubscribe';
}

/**
 * What an actor is subscribed to after the turn whose record has that sequence, by which references are told
 * apart. Throws `too-large`.
 */
export function subscriptionsAfter(
  before: Subscriptions,
  wants: readonly SubscriptionWant[],
  sequence: number,
): Subscriptions {
  if (wants.length === 0) return before;
  const after = new Map(before);
  for (const [at, { prefix, kind }] of wants.entries()) {
    if (kind === 'unsubscribe') after.delete(prefix);
    else if (!after.has(prefix)) after.set(prefix, `${sequence}-${at}`);
  }
  if (after.size > SUBSCRIPTIONS_MAX)
    throw new SeqNodeError('too-large', `An actor may have at most ${SUBSCRIPTIONS_MAX} subscriptions.`);
  return after;
}

/** Throws `bad-path`. */
export function checkPrefix(prefix: string): void {
  if (prefix.startsWith('/') && prefix.length <= PREFIX_LENGTH_MAX && !/[^\x21-\x7e]/.test(prefix)) return;
  const problem = `${JSON.stringify(prefix.slice(0, 80))} is no beginning of a path, such as /user/accounts/.`;
  throw new SeqNodeError('bad-path', problem);
}

const PREFIX_LENGTH_MAX = 512;

/** What comes of the events below a prefix. Sequence 0: the actor was purged. */
export interface SubscribedEvent {
  readonly path: string;
  readonly sequence: number;
  /** Null: it cannot be read. */
  readonly record: Uint8Array | null;
}

export const RECORDED = 'Recorded';

/**
 * The message that tells of the event; undefined for what `subscriber` is not told. A record that no message
 * can hold, by its size or its depth, is told of as one that cannot be read.
 */
export function eventMessage(
  subscriber: string,
  { path, sequence, record }: SubscribedEvent,
  limit: SizeLimit,
): Data | undefined {
  if (path === subscriber) return undefined;
  if (sequence === 0) return new Variant<Data>('Purged', [path]);
  try {
    const decoded = record === null ? undefined : decodeRecord(record);
    if (decoded !== undefined && isOfEventAlone(decoded)) return undefined;
    if (decoded !== undefined) {
      const message = new Variant<Data>(RECORDED, [path, sequence, mapOf(decoded)]);
      checkData(message, 'message', limit);
      return message;
    }
  } catch (error) {
    if (!(error instanceof SeqNodeError)) throw error;
  }
  return new Variant<Data>('Unreadable', [path, sequence]);
}

/** Whether the record is of a turn that was told of another one, and appended no event of its own. */
function isOfEventAlone({ message, events }: JournalRecord): boolean {
  if (events.length > 0 || !(message instanceof Variant) || message.tag !== RECORDED) return false;
  const [path, sequence, record, ...more] = message.fields;
  const isOne = typeof path === 'string' && typeof sequence === 'number' && record instanceof SeqMap;
  return isOne && more.length === 0;
}

function mapOf({ kind, atMillis, message, events, patch, reply }: JournalRecord): SeqMap {
  const empty: SeqMap = SeqMap.empty;
  let map = empty
    .set('kind', sym(kind))
    .set('at', Math.floor(atMillis))
    .set('events', List.of<Data>(events))
    .set('set', SeqMap.from(patch.set))
    .set('removed', List.of<Data>(patch.removed));
  if (message !== null) map = map.set('message', message);
  if (reply !== null) map = map.set('reply', reply);
  return map;
}

interface Subscriber {
  readonly path: string;
  readonly head: { readonly lifecycle: string; readonly subscriptions: Subscriptions } | undefined;
}

/** Why the event is not handled now; undefined if it is. */
export function eventPutOff(
  { path, head }: Subscriber,
  { reference, run }: { readonly reference: string; readonly run: EventRun },
): Lot['putOff'] {
  const reason = reasonOf(head, reference);
  if (reason === undefined && !run.over) return undefined;
  run.over = true;
  const code = reason ?? 'draining';
  return { ok: false, code, message: `The actor at ${path} takes no events of the subscription now.` };
}

function reasonOf(head: Subscriber['head'], reference: string): string | undefined {
  if (head?.lifecycle !== 'running') return `actor-${head?.lifecycle ?? 'purged'}`;
  for (const each of head.subscriptions.values()) if (each === reference) return undefined;
  return 'unsubscribed';
}

/** Not all that may come is a form that every subscriber takes: these it may go without. */
export const mayBeLeftOut = (message: Data): boolean =>
  message instanceof Variant && message.tag !== RECORDED;
