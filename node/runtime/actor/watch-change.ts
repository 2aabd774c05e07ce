// Watches in the log: their changes by entries of the watched actor and of the watcher.
//
// Invariants
//  P1  An actor that ends notifies all its watchers: as many as fit in the entry that ends it, the others in
//      the entries right after it. If the leader is lost in between, the next one continues: see
//      shard/unfinished.ts.
//  P2  A watcher that ends removes its watches, and renews them when it is resumed.
import { type ActorPath, groupId } from '../../base/ids.ts';
import { GroupKeys } from '../../journal/keys.ts';
import { watchKey } from '../../journal/timer-keys.ts';
import type { Origin, Payload } from '../envelope.ts';
import type { OutboxRow, RowChange } from '../shard/entry.ts';
import {
  type EndReason,
  ended,
  isLink,
  linkTo,
  referenceOf,
  unwatch,
  WATCHING_MAX,
  type Watch,
  type WatchChange,
  type WatchedLife,
  watch,
  withoutLinks,
} from '../watches.ts';
import type { Actor } from './actor.ts';
import { type Change, senderName, unrecorded, withMore } from './change.ts';
import { type ActorHead, hasEnded } from './head-row.ts';
import type { Outcome } from './mark-row.ts';
import { encodePayload } from './payload.ts';
import { encodeWatch } from './watch-row.ts';

/** Watchers that hear of an end by one entry. */
const PAGE_WATCHES = 256;
/**
 * What the entry of an end, or of a resumption, holds for the sake of watches: 756 rows with the longest
 * paths.
 */
export const WATCHES_BYTES_MAX = 3 * 1024 * 1024;
/** Of its keys only what is the same on every replica is used. */
const ANY_PLACE = new GroupKeys(groupId(0), 0);

// ── At the watched ──

type ToWatched = Payload & { readonly kind: 'watch' | 'unwatch' };

/** A watch arrives at the actor, or is taken back. */
export function toldToWatched(
  actor: Actor,
  watcher: ActorPath,
  origin: Origin | null,
  payload: ToWatched,
): Change {
  const { path, head } = actor;
  const taken: Outcome = { ok: true, sequence: actor.sequence, reply: null };
  const { reference } = payload;
  const made =
    payload.kind === 'watch'
      ? watch(path, lifeOf(head), { watcher, reference, link: payload.link })
      : unwatch(path, reference, actor.watches.has(reference));
  const rows = takeRows(actor, made);
  const after = head === undefined || rows.length === 0 ? head : { ...head, watchers: actor.watches.size };
  const change = unrecorded(actor, after, taken, [origin]);
  const [notice] = made.notices;
  if (notice === undefined) return answeringLink(actor, withMore(change, { rows }), watcher, payload);
  // An actor that never was has no numbers of its own: those of the watcher's life grow as well.
  const { life, number } = partsOf(reference);
  const terminated = encodePayload({
    kind: 'terminated',
    reference,
    reason: notice.reason,
    link: notice.link,
  });
  return withMore(change, {
    sender: `${path}#watch.${life}`,
    outbox: [[watcher, number, terminated]],
  });
}

/** A link has two sides: the other one begins, and ends, with the first. */
function answeringLink(
  actor: Actor,
  change: Change,
  other: ActorPath,
  { kind, link, reference }: ToWatched,
): Change {
  const { head } = change;
  if (!link || head?.mode !== 'durable' || hasEnded(head)) return change;
  const own = linkTo(head.watching, other);
  if ((own === undefined) !== (kind === 'watch') || other === actor.path) return change;
  const watching = new Map(head.watching);
  if (own !== undefined) {
    watching.delete(own);
    return withMessages(
      actor,
      { ...head, watching },
      change,
      [],
      [[other, { kind: 'unwatch', reference: own, link }]],
    );
  }
  // Whoever has its limit of watches is linked from one side only: it goes on, and so does the other.
  if (watching.size >= WATCHING_MAX || !isLink(reference)) return change;
  const back = referenceOf(actor.path, head.incarnation, head.sent + 1, true);
  watching.set(back, other);
  return withMessages(
    actor,
    { ...head, watching },
    change,
    [],
    [[other, { kind: 'watch', reference: back, link }]],
  );
}

const lifeOf = (head: ActorHead | undefined): WatchedLife => {
  if (head === undefined) return 'no-such-actor';
  return head.lifecycle === 'stopped' || head.lifecycle === 'failed' ? head.lifecycle : 'alive';
};

/** Takes the change into the memory of the actor. Returns its rows. */
function takeRows({ path, watches }: Actor, { mutations }: WatchChange): RowChange[] {
  return mutations.map((mutation): RowChange => {
    const { reference } = mutation;
    const key = watchKey(ANY_PLACE, path, reference);
    if (mutation.kind === 'delete-watch') {
      watches.delete(reference);
      return [key, null];
    }
    const { watcher, link } = mutation;
    watches.set(reference, { watcher, link });
    return [key, encodeWatch({ watcher, link })];
  });
}

// ── At an end, and at a new beginning ──

interface Told {
  /** The change, with what follows from it for watches. */
  readonly told: Change;
  /** Those that must follow it. */
  readonly others: readonly Change[];
}

const NO_CHANGES: readonly Change[] = [];

export function withWatches(actor: Actor, change: Change): Told {
  const { head } = change;
  const before = actor.head;
  if (
    head === before ||
    head === undefined ||
    before === undefined ||
    before.incarnation !== head.incarnation
  )
    return { told: change, others: NO_CHANGES };
  if (hasEnded(head) && !hasEnded(before)) return parting(actor, change, change.reason ?? reasonOf(head));
  const begins = !hasEnded(head) && hasEnded(before) && head.watching.size > 0;
  return { told: begins ? watchingAgain(actor, change, head) : change, others: NO_CHANGES };
}

const reasonOf = ({ lifecycle }: ActorHead): EndReason => (lifecycle === 'failed' ? 'failed' : 'stopped');

function parting(actor: Actor, change: Change, reason: EndReason): Told {
  const head = change.head!;
  // The other side of a link may have just begun to watch this actor: it is to hear of a failure by that, so
  // its side stays.
  const isGood = reason !== 'failed';
  const taken = [...head.watching].map(
    ([reference, to]): OutMessage => [to, { kind: 'unwatch', reference, link: isGood && isLink(reference) }],
  );
  if (taken.length === 0 && actor.watches.size === 0) return { told: change, others: NO_CHANGES };
  const ending = { ...change, head: { ...head, watching: withoutLinks(head.watching) } };
  const told = page(actor, ending, reason, taken);
  return { told, others: farewells(actor, told.head!, reason) };
}

/**
 * What the watchers still have to hear of an actor that has ended, or of a volatile one whose life was lost.
 */
function farewells(actor: Actor, head: ActorHead, reason: EndReason): Change[] {
  const changes: Change[] = [];
  for (let last = head; actor.watches.size > 0; last = changes.at(-1)!.head!) {
    const taken: Outcome = { ok: true, sequence: actor.sequence, reply: null };
    changes.push(page(actor, unrecorded(actor, last, taken, []), reason, []));
  }
  return changes;
}

/** The notices for watchers in the store, now that the actor was read from it. */
export function afterLoad(actor: Actor): readonly Change[] {
  const { head, watches } = actor;
  if (head === undefined || watches.size === 0) return [];
  if (hasEnded(head)) return farewells(actor, head, reasonOf(head));
  return head.mode === 'volatile' ? farewells(actor, head, 'lost') : [];
}

type OutMessage = readonly [to: ActorPath, payload: Payload];

function page(actor: Actor, change: Change, reason: EndReason, others: readonly OutMessage[]): Change {
  const watches: Watch[] = [];
  for (const [reference, row] of actor.watches) {
    if (watches.length === PAGE_WATCHES) break;
    watches.push({ reference, ...row });
  }
  const made = ended(actor.path, reason, watches);
  const rows = takeRows(actor, made);
  const notices = made.notices.map(
    ({ to, reference, link }): OutMessage => [to, { kind: 'terminated', reference, reason, link }],
  );
  return withMessages(actor, { ...change.head!, watchers: actor.watches.size }, change, rows, [
    ...notices,
    ...others,
  ]);
}

function withMessages(
  { path }: Actor,
  head: ActorHead,
  change: Change,
  rows: readonly RowChange[],
  messages: readonly OutMessage[],
): Change {
  const outbox = messages.map(
    ([to, payload], at): OutboxRow => [to, head.sent + 1 + at, encodePayload(payload)],
  );
  const after = { ...head, sent: head.sent + outbox.length };
  return withMore(change, { head: after, sender: senderName(path, after), outbox, rows });
}

/** The watched actors may have ended meanwhile: then it is notified now. */
function watchingAgain(actor: Actor, change: Change, head: ActorHead): Change {
  const watching = new Map<string, ActorPath>();
  const messages: OutMessage[] = [];
  for (const to of head.watching.values()) {
    const reference = referenceOf(actor.path, head.incarnation, head.sent + 1 + messages.length);
    watching.set(reference, to);
    messages.push([to, { kind: 'watch', reference, link: false }]);
  }
  return withMessages(actor, { ...head, watching }, change, [], messages);
}

/** The parts of a reference: see referenceOf. */
function partsOf(reference: string): { readonly life: string; readonly number: number } {
  const at = reference.lastIndexOf(':');
  const number = Number.parseInt(reference.slice(at + 1), 10);
  return { life: reference.slice(reference.indexOf('#') + 1, at), number };
}
