// Turns the result of a message into a durable update: one function per kind of record. Pure.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { UPDATE_BYTES_MAX } from '../../base/data-limits.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, groupId, type SenderName } from '../../base/ids.ts';
import { type Data, diff, encodedBytes, isSame, type MapPatch, SeqMap } from '../../base/value.ts';
import { encodeRecord, type JournalRecord } from '../../journal/journal-record.ts';
import { GroupKeys } from '../../journal/keys.ts';
import { snapshotDue } from '../../journal/snapshot-policy.ts';
import { stashKey } from '../../journal/timer-keys.ts';
import { askersWith } from '../askers.ts';
import { isClient, markName, type Origin } from '../envelope.ts';
import { type ChildNews, reportRow, reportRows } from '../lifecycle/report.ts';
import type { MarkRow, OutboxRow, RowChange, Update } from '../shard/entry.ts';
import { stashAfter } from '../stash.ts';
import { subscriptionsAfter } from '../subscriptions.ts';
import type { TurnAwaiting } from '../turn/host.ts';
import { rowBytes } from '../turn/timer-wants.ts';
import { type TurnWants, wantsNothing } from '../turn/wants.ts';
import { type EndReason, WatchList } from '../watches.ts';
import type { Actor } from './actor.ts';
import {
  type ActorHead,
  encodeHead,
  hasEnded,
  type PendingTurn,
  type SupervisorLink,
  supervisorOf,
} from './head-row.ts';
import { encodeMark, type Outcome, type Refused, refusedSince } from './mark-row.ts';
import { encodePayload } from './payload.ts';
import { encodeSnapshot } from './snapshot-row.ts';
import type { TurnSource } from './source.ts';

/** What an update makes of the actor, beside what it stores. */
export interface Change {
  readonly update: Update;
  readonly head: ActorHead | undefined;
  readonly state: SeqMap;
  readonly outcome: Outcome | undefined;
  /** By how many bytes the state may have grown. */
  readonly growth: number;
  /** Marks that the update sets, as source, number. */
  readonly marked: readonly Origin[];
  /** What the update takes in its entry of the log, at most. */
  readonly bytes: number;
  /** Called once it is committed and stored. */
  readonly committed?: () => void;
  /** Why it ends the actor, if its lifecycle does not say so. */
  readonly reason?: EndReason;
}

export const NO_ROWS: readonly never[] = [];
/** Of its keys only what is the same on every replica is used. */
const ANY_PLACE = new GroupKeys(groupId(0), 0);

export interface ChangeContext {
  /** Wall time, milliseconds since 1970. */
  readonly wall: number;
  readonly term: number;
  readonly snapshotRecords: number;
  readonly snapshotBytes: number;
}

export function senderName(path: ActorPath, head: ActorHead): SenderName {
  return `${path}#${head.incarnation}`;
}

/** Only a client is told the reply again, so only its mark holds it. */
function marks(actor: Actor, origins: readonly Origin[], outcome: Outcome): MarkRow[] {
  const kept: Outcome = outcome.ok && outcome.reply !== null ? { ...outcome, reply: null } : outcome;
  return origins.map((origin) => {
    const { source, number, digest } = origin;
    if (isClient(source)) return [markName(origin), encodeMark({ number, digest, outcome })];
    const refused = refusedBefore(actor, origin);
    const mark =
      refused === undefined ? { number, digest, outcome: kept } : { number, digest, outcome: kept, refused };
    return [markName(origin), encodeMark(mark)];
  });
}

/** Which messages before one of an actor were refused, as far as the actor may not know it; mostly none. */
export function refusedBefore(
  actor: Actor,
  { source, number, oldest }: Origin,
): readonly Refused[] | undefined {
  const { beforePending } = actor;
  const ofPending = beforePending?.source === source ? beforePending.refused : undefined;
  const known = actor.inFlight.get(source)?.item.refused ?? ofPending;
  const before = refusedSince(oldest, known)?.filter((each) => each.number < number);
  return before?.length === 0 ? undefined : before;
}

/** Mostly there is one, or none. */
function known([first, second]: readonly (Origin | null)[]): readonly Origin[] {
  if (first) return second ? [first, second] : [first];
  return second ? [second] : [];
}

/**
 * A change that the journal does not tell of: of the head, of marks, and of messages that leave. `outcome` is
 * remembered for each of the `origins`.
 */
export function unrecorded(
  actor: Actor,
  head: ActorHead | undefined,
  outcome: Outcome,
  origins: readonly (Origin | null)[],
  outbox: readonly OutboxRow[] = [],
): Change {
  const marked = known(origins);
  const update: Update = {
    path: actor.path,
    sender: head !== undefined && outbox.length > 0 ? senderName(actor.path, head) : null,
    record: null,
    head: head === undefined || head === actor.head ? null : encodeHead(head),
    snapshot: null,
    marks: marks(actor, marked, outcome),
    outbox,
  };
  return { update, head, state: actor.state, outcome, growth: 0, marked, bytes: bytesOf(update) };
}

interface More {
  readonly head?: ActorHead;
  readonly sender?: SenderName;
  readonly outbox?: readonly OutboxRow[];
  readonly rows?: readonly RowChange[];
}

/** The change with more of its actor in the same entry. */
export function withMore(change: Change, { head, sender, outbox = [], rows = [] }: More): Change {
  const { update } = change;
  const more: Update = {
    ...update,
    head: head === undefined ? update.head : encodeHead(head),
    sender: outbox.length > 0 ? (sender ?? update.sender) : update.sender,
    outbox: [...update.outbox, ...outbox],
    rows: [...(update.rows ?? []), ...rows],
  };
  return { ...change, update: more, head: head ?? change.head, bytes: bytesOf(more) };
}

/** A message that the actor has taken note of, and that does nothing more than `head` says. */
export function noted(actor: Actor, head: ActorHead | undefined, origin: Origin | null): Change {
  return unrecorded(actor, head, { ok: true, sequence: actor.sequence, reply: null }, [origin]);
}

/** The message is refused for good: nothing changes but the mark that remembers it. */
export function refusal(
  actor: Actor,
  origins: readonly (Origin | null)[],
  code: string,
  message: string,
  head = actor.head,
): Change {
  return unrecorded(actor, head, { ok: false, code, message }, origins);
}

export interface RecordParts {
  readonly kind: JournalRecord['kind'];
  /** What ran, which is not what `head` says of an actor that becomes another. */
  readonly code: BehaviourRef;
  readonly head: ActorHead;
  readonly state: SeqMap;
  readonly origins: readonly (Origin | null)[];
  readonly message: Data | null;
  readonly events: readonly Data[];
  readonly reply: Data | null;
  readonly inputs: JournalRecord['inputs'];
  readonly outbox: readonly OutboxRow[];
  readonly forceSnapshot: boolean;
  readonly upgrade?: JournalRecord['upgrade'];
}

// What a key and its place in the map take beside the value.
const ENTRY_BYTES = 64;

function growthOf(patch: MapPatch): number {
  let bytes = 0;
  for (const [key, value] of patch.set) bytes += encodedBytes(key) + encodedBytes(value) + ENTRY_BYTES;
  return bytes;
}

/** The state that the journal gives: none of a volatile actor. */
export function journaled({ head, state }: Actor): SeqMap {
  return head?.mode === 'volatile' ? SeqMap.empty : state;
}

export function recorded(actor: Actor, context: ChangeContext, parts: RecordParts): Change {
  const sequence = actor.sequence + 1;
  const { kind, code, head, state, origins, message, events, reply, inputs, outbox } = parts;
  const written = head.mode === 'volatile' ? SeqMap.empty : state;
  const patch = diff(journaled(actor), written);
  const bytes = encodeRecord({
    sequence,
    kind,
    term: context.term,
    atMillis: context.wall,
    code,
    origin: origins[0] ?? null,
    message,
    events,
    patch,
    reply,
    sent: outbox.length === 0 ? NO_ROWS : outbox.map(([receiver, number]) => [receiver, number]),
    inputs,
    ...(parts.upgrade && { upgrade: parts.upgrade }),
  });
  const snapshotWanted = parts.forceSnapshot || snapshotNeeded(actor, context, bytes.length);
  const outcome: Outcome = { ok: true, sequence, reply };
  const marked = known(origins);
  const update: Update = {
    path: actor.path,
    sender: outbox.length > 0 ? senderName(actor.path, head) : null,
    record: { sequence, bytes },
    head: head === actor.head ? null : encodeHead(head),
    snapshot: null,
    marks: marks(actor, marked, outcome),
    outbox,
  };
  const change = { update, head, state, outcome, growth: growthOf(patch), marked, bytes: bytesOf(update) };
  return snapshotWanted ? withSnapshot(change, sequence, written) : change;
}

/** The change with the whole state, unless both are too much for one entry: then a later turn brings it. */
function withSnapshot(change: Change, sequence: number, state: SeqMap): Change {
  const snapshot = encodeSnapshot({ sequence, state });
  const bytes = change.bytes + snapshot.length;
  return bytes > UPDATE_BYTES_MAX ? change : { ...change, update: { ...change.update, snapshot }, bytes };
}

/** What the steps of a row take beside its bytes, names not counted. */
const ROW_BYTES = 64;
const CHARACTER_BYTES = 3;

function bytesOf({ path, sender, record, head, snapshot, marks, outbox, rows }: Update): number {
  let bytes = CHARACTER_BYTES * path.length + 4 * ROW_BYTES;
  if (record !== null) bytes += record.bytes.length;
  if (head !== null) bytes += head.length;
  if (snapshot !== null) bytes += snapshot.length;
  for (const mark of marks) bytes += CHARACTER_BYTES * mark[0].length + mark[1].length + ROW_BYTES;
  if (rows !== undefined)
    for (const [key, value] of rows) bytes += key.length + (value?.length ?? 0) + ROW_BYTES;
  for (const [receiver, , payload] of outbox)
    bytes += CHARACTER_BYTES * (receiver.length + (sender?.length ?? 0)) + payload.length + ROW_BYTES;
  return bytes;
}

/** Throws `too-large` for what one entry of the log cannot hold. */
export function checkUpdate({ bytes }: Change): void {
  if (bytes <= UPDATE_BYTES_MAX) return;
  const message = `What one turn changes and sends takes ${bytes} bytes of the journal; at most ${UPDATE_BYTES_MAX} are allowed.`;
  throw new SeqNodeError('too-large', message, { bytes, limit: UPDATE_BYTES_MAX });
}

function snapshotNeeded(actor: Actor, context: ChangeContext, bytes: number): boolean {
  return snapshotDue(
    { records: actor.recordsSinceSnapshot + 1, bytes: actor.bytesSinceSnapshot + bytes },
    { records: context.snapshotRecords, bytes: context.snapshotBytes },
  );
}

/**
 * A turn that ended well, but for the rows of its timers. `alsoMark` is the answer that woke it, if it had to
 * wait for one. `stashed` is the message as a row, if the turn puts it aside.
 */
export function turned(
  actor: Actor,
  head: ActorHead,
  source: TurnSource,
  state: SeqMap,
  wants: TurnWants,
  alsoMark: Origin | null,
  context: ChangeContext,
  stashed: Uint8Array | undefined,
): Change {
  const { outbox, watching } = outboxOf(head, source, wants);
  const end = wants.end?.lifecycle ?? (wants.stopSelf ? 'stopped' : undefined);
  const stash =
    wants.stash || wants.unstash ? stashAfter(head.stash, wants, stashed?.length ?? 0) : head.stash;
  const subscriptions = subscriptionsAfter(head.subscriptions, wants.subscriptions, actor.sequence + 1);
  const changed =
    stash !== head.stash ||
    subscriptions !== head.subscriptions ||
    outbox.length > 0 ||
    wants.become !== undefined ||
    end !== undefined ||
    head.pending !== null;
  const newHead: ActorHead = !changed
    ? head
    : {
        ...head,
        sent: head.sent + outbox.length,
        watching,
        code: wants.become ?? head.code,
        ...(end && { lifecycle: end, since: context.wall }),
        ...(end === 'failed' && { lastFault: failureOf(wants) }),
        pending: null,
        stash,
        subscriptions,
      };
  const recordedTurn = recorded(actor, context, {
    kind: 'turn',
    code: head.code,
    head: newHead,
    state,
    origins: [source.origin, alsoMark],
    message: source.message,
    events: wants.events,
    reply: wants.reply ?? null,
    inputs: { wall: source.wall, seed: source.seed, answers: source.answers },
    outbox,
    forceSnapshot: false,
  });
  const change =
    stashed === undefined
      ? recordedTurn
      : withMore(recordedTurn, { rows: [[stashKey(ANY_PLACE, actor.path, stash!.last), stashed]] });
  if (wants.timers.length === 0) return change;
  return { ...change, bytes: change.bytes + rowBytes(actor.path, wants.timers) };
}

/**
 * Whether a turn that ended well leaves its actor as it was and causes nothing, so that nothing of it need be
 * written. One that an actor caused by a durable message, or that had to wait for an answer, leaves at least
 * its mark.
 */
export function changesNothing(
  { state: before }: Actor,
  { journalReads, pending }: ActorHead,
  { origin, sender }: TurnSource,
  state: SeqMap,
  wants: TurnWants,
): boolean {
  if (journalReads || pending !== null || (origin !== null && sender !== '')) return false;
  return wantsNothing(wants) && isSame(before, state);
}

/** The messages that leave with a turn. Of most turns there are none. */
function outboxOf(head: ActorHead, source: TurnSource, wants: TurnWants) {
  const answers = source.answersAsk !== null && source.sender !== '' && !wants.deferred && !wants.stash;
  const news = supervisorOf(head) === null ? undefined : newsOf(wants);
  if (wants.out.length === 0 && !answers && news === undefined)
    return { outbox: NO_ROWS, watching: head.watching };
  const list = new WatchList(source.self, head);
  const outbox: OutboxRow[] = [];
  for (const { to, payload } of wants.out) {
    const number = head.sent + 1 + outbox.length;
    const isWatch = payload.kind === 'watch' || payload.kind === 'unwatch';
    const leaves = isWatch ? list.take(to, payload.kind, number, payload.link) : payload;
    if (leaves !== undefined) outbox.push([to, number, encodePayload(leaves)]);
  }
  if (answers) outbox.push(answerRow(source, head.sent + 1 + outbox.length, answerOf(wants.reply)));
  if (news !== undefined) outbox.push(...reportRows(head, head.sent + 1 + outbox.length, news));
  return { outbox, watching: list.watching };
}

/** Why a supervisor has failed, for people. */
const failureOf = ({ end }: TurnWants): string =>
  end?.reason === 'shutdown' ? 'More restarts than its intensity allows.' : `${end?.reason}`;

/** What the supervisor of the actor is to know of the turn. */
function newsOf({ stopSelf, ready, end }: TurnWants): ChildNews | undefined {
  if (end !== undefined) {
    const { reason } = end;
    return { kind: reason.startsWith('shutdown:') ? 'start-failed' : 'terminated', reason };
  }
  if (stopSelf) return { kind: 'terminated', reason: 'normal' };
  return ready ? { kind: 'started' } : undefined;
}

/** The answer to another actor that asked whether one lives here. A seeded mistake also finds the dead. */
export function located(
  actor: Actor,
  asker: ActorPath,
  origin: Origin | null,
  ask: string,
  findsEnded: boolean,
): Change {
  const { head, path } = actor;
  const after = head && { ...head, sent: head.sent + 1 };
  // Where no actor ever was there are no numbers of its own: those of the asker's life grow as well.
  const number = after?.sent ?? origin?.number ?? 0;
  const answered = head === undefined || (hasEnded(head) && !findsEnded) ? '' : path;
  const answer = encodePayload({ kind: 'answer', ask, outcome: { answered } });
  const taken: Outcome = { ok: true, sequence: actor.sequence, reply: null };
  const change = unrecorded(actor, after, taken, [origin], [[asker, number, answer]]);
  const sender = change.update.sender ?? (`${path}#whereis.${ask.slice(0, ask.indexOf('.'))}` as SenderName);
  return { ...change, update: { ...change.update, sender } };
}

/** The answer to an order to a child that is not, or not any more, the one that lives here. */
export function answeredOrder(
  actor: Actor,
  origin: Origin | null,
  { path, child, life }: SupervisorLink,
  news: ChildNews,
  incarnation: string,
): Change {
  const { head } = actor;
  const after = head && { ...head, sent: head.sent + 1 };
  const outbox = [reportRow(path, after?.sent ?? 1, child, life, news)];
  const done: Outcome = { ok: true, sequence: actor.sequence, reply: null };
  const change = unrecorded(actor, after, done, [origin], outbox);
  // Nobody lives here, so the message has a sender of its own.
  const sender = change.update.sender ?? (`${actor.path}#${incarnation}` as SenderName);
  return { ...change, update: { ...change.update, sender } };
}

/**
 * The answer of a volatile actor to the ask of a durable one. It goes through the log, because the asker's
 * turn waits for it.
 */
export function answered(actor: Actor, head: ActorHead, source: TurnSource, reply: Data | undefined): Change {
  const outcome: Outcome = { ok: true, sequence: 0, reply: reply ?? null };
  const newHead: ActorHead = { ...head, sent: head.sent + 1 };
  const answer = answerRow(source, newHead.sent, answerOf(reply));
  return unrecorded(actor, newHead, outcome, [source.origin], [answer]);
}

function answerOf(reply: Data | undefined): PendingTurn['answers'][number] {
  return reply === undefined ? { refused: 'no-reply: The actor did not reply.' } : { answered: reply };
}

/** The message that answers the ask which the turn handled. */
function answerRow(source: TurnSource, number: number, outcome: PendingTurn['answers'][number]): OutboxRow {
  const answer = encodePayload({ kind: 'answer', ask: source.answersAsk!, outcome });
  return [source.sender as ActorPath, number, answer];
}

/** A turn that waits: nothing is kept of it but what it was given and whom it asks. */
export function waiting(
  actor: Actor,
  head: ActorHead,
  pending: PendingTurn,
  { to, message }: TurnAwaiting,
  alsoMark: Origin | null,
): Change {
  const newHead: ActorHead = { ...head, pending, sent: head.sent + 1 };
  const { ask } = pending;
  const askers = askersWith({ ...pending, self: actor.path });
  const payload = encodePayload(
    message === undefined ? { kind: 'whereis', ask } : { kind: 'message', message, ask, askers },
  );
  const taken: Outcome = { ok: true, sequence: actor.sequence, reply: null };
  const outbox: OutboxRow[] = [[to, newHead.sent, payload]];
  // How the message that waits ended is not known yet.
  return { ...unrecorded(actor, newHead, taken, [alsoMark], outbox), outcome: undefined };
}

/** Never one of the reasons that are normal. */
export const faultReason = (text: string): string => `fault: ${text}`;

/** Why a turn failed, for whoever knows already that it did. */
export const faultText = ({ code, message }: { readonly code: string; readonly message: string }): string =>
  code === 'turn-failed' || code === 'ask-cycle' ? message : `${code}: ${message}`;

/**
 * A turn that failed: the message is remembered as failed, and the ask that it should have answered is
 * refused. `end`: a supervised actor then waits for its supervisor, which is told.
 */
export function faulted(
  actor: Actor,
  head: ActorHead,
  source: TurnSource,
  code: 'turn-failed' | 'ask-failed' | 'ask-cycle',
  text: string,
  alsoMark: Origin | null,
  end?: { readonly at: number },
): Change {
  const answers = source.answersAsk !== null && source.sender !== '';
  const outcome: Outcome = { ok: false, code, message: text };
  const outbox = answers ? [answerRow(source, head.sent + 1, { refused: `${code}: ${text}` })] : [];
  if (end !== undefined)
    outbox.push(
      ...reportRows(head, head.sent + 1 + outbox.length, { kind: 'terminated', reason: faultReason(text) }),
    );
  const newHead: ActorHead = {
    ...head,
    lastFault: text,
    pending: null,
    sent: head.sent + outbox.length,
    ...(end && { lifecycle: 'restarting', since: end.at }),
  };
  return unrecorded(actor, newHead, outcome, [source.origin, alsoMark], outbox);
}
