// The head of an actor: its properties that are readable without its journal.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { decodeData, encodeData } from '../../base/codec.ts';
import type { ActorPath } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { count, malformed, orNull, text } from '../../base/tree.ts';
import type { Data } from '../../base/value.ts';
import type { ActorMode, Answer, Origin } from '../envelope.ts';
import type { StashHead } from '../stash.ts';
import { NO_SUBSCRIPTIONS, type Subscriptions } from '../subscriptions.ts';
import { NO_WATCHES, type Watching } from '../watches.ts';
import { type AnswerFields, answerFields, readAnswer } from './answer-fields.ts';
import { type CodeFields, codeFields, readCode } from './code-ref.ts';
import { ROW_VERSION, readRow } from './row.ts';

/** A turn that waits for an answer: everything that it needs to be run again from its start. */
export interface PendingTurn {
  /** Name of the ask that it waits for. */
  readonly ask: string;
  /** Undefined for `actor-ask`, whose time-out the runtime sets and which fails the turn. */
  readonly timeoutMs: number | undefined;
  readonly sender: ActorPath | '';
  readonly origin: Origin | null;
  readonly message: Data;
  /** The ask that the turn itself answers, when another actor sent the message. */
  readonly answersAsk: string | null;
  readonly wall: number;
  readonly seed: readonly [number, number, number];
  readonly answers: readonly Answer[];
  /** See TurnInputs. */
  readonly askers: readonly ActorPath[];
  /**
   * Whose answer it waits for, and since when, in milliseconds since 1970. Not known where it was written
   * before these were kept.
   */
  readonly to: ActorPath | undefined;
  readonly since: number | undefined;
  /** Whether the client that sent the message waits for a reply to it. */
  readonly asks?: boolean | undefined;
}

/** Whose child an actor is. */
export interface SupervisorLink {
  readonly path: ActorPath;
  /** Of the supervisor: the numbers of lives count within it. */
  readonly incarnation: string;
  readonly child: string;
  /** The child's number that its newest order to start had. */
  readonly life: number;
  /** An operator resumed the child, and its supervisor has not started it yet: nobody supervises it. */
  readonly resumed?: boolean;
}

/** What is known of an actor without reading its journal. */
export interface ActorHead {
  /** `restarting`: it failed, takes no messages, and its supervisor is to say how it goes on. */
  readonly lifecycle: 'running' | 'restarting' | 'suspended' | 'failed' | 'stopped';
  /** When it came into that state, in milliseconds since 1970. Null where it did before this was kept. */
  readonly since: number | null;
  readonly code: BehaviourRef;
  readonly mode: ActorMode;
  /** Whether turns that change nothing are journaled, too. */
  readonly journalReads: boolean;
  /** Tells one life at a path from the next, and so the numbers of their messages apart. */
  readonly incarnation: string;
  /** Messages sent so far in this incarnation. */
  readonly sent: number;
  readonly lastFault: string | null;
  readonly pending: PendingTurn | null;
  /**
   * When it was restarted after a fault: as many as may count, the oldest first, in milliseconds since 1970.
   */
  readonly restarts: readonly number[];
  /** The references of its watches. */
  readonly watching: Watching;
  /** How many watches there are of it: rows beside it. */
  readonly watchers: number;
  /** Null where nobody supervises it. */
  readonly supervisor: SupervisorLink | null;
  /** Null where no message was ever put aside. */
  readonly stash: StashHead | null;
  readonly subscriptions: Subscriptions;
}

/** Who decides what becomes of the actor when it ends. */
export const supervisorOf = ({ supervisor }: ActorHead): SupervisorLink | null =>
  supervisor?.resumed === true ? null : supervisor;

export const hasEnded = ({ lifecycle }: ActorHead): boolean =>
  lifecycle === 'stopped' || lifecycle === 'failed';

/** What is not there is left out at the end, so that a row is as it was before that was kept. */
export function encodeHead(head: ActorHead): Uint8Array {
  const { lifecycle, since, code, mode, incarnation, sent, lastFault, pending, restarts } = head;
  const { journalReads, watching, watchers, supervisor, stash, subscriptions } = head;
  const fields: unknown[] = [
    ROW_VERSION,
    lifecycle,
    codeFields(code),
    mode,
    incarnation,
    sent,
    lastFault,
    pending && pendingFields(pending),
  ];
  const watches = [watchers, [...watching]];
  const link = supervisor && linkFields(supervisor);
  const put = stash && [stash.last, stash.released, stash.count, stash.bytes];
  if (subscriptions.size > 0)
    fields.push(restarts, since, journalReads, watches, link, put, [...subscriptions]);
  else if (put !== null) fields.push(restarts, since, journalReads, watches, link, put);
  else if (link !== null) fields.push(restarts, since, journalReads, watches, link);
  else if (watching.size > 0 || watchers > 0) fields.push(restarts, since, journalReads, watches);
  else if (journalReads) fields.push(restarts, since, journalReads);
  else if (since !== null) fields.push(restarts, since);
  else if (restarts.length > 0) fields.push(restarts);
  return pack(fields);
}

const linkFields = ({ path, incarnation, child, life, resumed }: SupervisorLink): LinkFields =>
  resumed === true ? [path, incarnation, child, life, true] : [path, incarnation, child, life];

const LIFECYCLES: readonly ActorHead['lifecycle'][] = [
  'running',
  'restarting',
  'suspended',
  'failed',
  'stopped',
];

type HeadFields = [
  ActorHead['lifecycle'],
  CodeFields,
  ActorMode,
  string,
  number,
  string | null,
  PendingFields | null,
  ActorHead['restarts']?,
  ActorHead['since']?,
  boolean?,
  WatchFields?,
  (LinkFields | null)?,
  (StashFields | null)?,
  (readonly (readonly [prefix: string, reference: string])[])?,
];

type StashFields = readonly [last: number, released: number, count: number, bytes: number];

type LinkFields = readonly [
  path: ActorPath,
  incarnation: string,
  child: string,
  life: number,
  resumed?: boolean,
];

/** Throws `journal-damaged`, like all that reads rows here. */
export function decodeHead(bytes: Uint8Array): ActorHead {
  return readRow(bytes, 'The head of an actor', (fields) => {
    const [
      lifecycle,
      code,
      mode,
      incarnation,
      sent,
      lastFault,
      pending,
      restarts,
      since,
      journalReads,
      watches,
      link,
      stash,
      subscriptions,
    ] = fields as HeadFields;
    if (!LIFECYCLES.includes(lifecycle)) throw malformed('a lifecycle');
    if (mode !== 'durable' && mode !== 'volatile') throw malformed('a mode');
    return {
      lifecycle,
      since: since === undefined ? null : orNull(since, count),
      code: readCode(code),
      mode,
      incarnation: text(incarnation),
      sent: count(sent),
      lastFault: orNull(lastFault, text),
      pending: pending && readPending(pending),
      restarts: restarts ?? [],
      journalReads: journalReads === true,
      watching: watches === undefined ? NO_WATCHES : new Map(watches[1]),
      watchers: watches === undefined ? 0 : count(watches[0]),
      supervisor: link === undefined || link === null ? null : readLink(link),
      stash: stash === undefined || stash === null ? null : readStash(stash),
      subscriptions: subscriptions === undefined ? NO_SUBSCRIPTIONS : new Map(subscriptions),
    };
  });
}

type WatchFields = readonly [
  watchers: number,
  watching: readonly (readonly [reference: string, watched: ActorPath])[],
];
function readLink(fields: LinkFields): SupervisorLink {
  const [path, incarnation, child, life, resumed] = fields;
  return {
    path: text(path) as ActorPath,
    incarnation: text(incarnation),
    child: text(child),
    life: count(life),
    ...(resumed === true && { resumed }),
  };
}

function readStash(fields: StashFields): StashHead {
  const [last, released, kept, bytes] = fields;
  return { last: count(last), released: count(released), count: count(kept), bytes: count(bytes) };
}

type PendingFields = readonly [
  ask: string,
  timeoutMs: number | null,
  sender: ActorPath | '',
  origin: Origin | null,
  message: Uint8Array,
  answersAsk: string | null,
  wall: number,
  seed: readonly [number, number, number],
  answers: readonly AnswerFields[],
  askers?: readonly ActorPath[],
  to?: ActorPath | null,
  since?: number | null,
  asks?: boolean,
];

function pendingFields(pending: PendingTurn): PendingFields {
  const {
    ask,
    timeoutMs,
    sender,
    origin,
    message,
    answersAsk,
    wall,
    seed,
    answers,
    askers,
    to,
    since,
    asks,
  } = pending;
  return [
    ask,
    timeoutMs ?? null,
    sender,
    origin,
    encodeData(message),
    answersAsk,
    wall,
    seed,
    answers.map(answerFields),
    askers,
    to ?? null,
    since ?? null,
    asks ?? false,
  ];
}

function readPending(fields: PendingFields): PendingTurn {
  const [ask, timeoutMs, sender, origin, message, answersAsk, wall, seed, answers, askers, to, since, asks] =
    fields;
  return {
    ask,
    timeoutMs: timeoutMs ?? undefined,
    sender,
    origin,
    message: decodeData(message),
    answersAsk,
    wall,
    seed,
    answers: answers.map(readAnswer),
    askers: askers ?? [],
    to: to ?? undefined,
    since: since ?? undefined,
    asks: asks === true,
  };
}
