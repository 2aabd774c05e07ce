// The rows that the core keeps for each actor, as bytes. All are MessagePack lists that begin with a version. The journal
// record has its own file, node/journal/journal-record.ts.
import { decodeData, encodeData, writeData } from '../base/codec.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type ActorPath, moduleHash } from '../base/ids.ts';
import type { ConfigState } from '../base/log.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import { pack } from '../base/pack.ts';
import { type Data, SeqMap } from '../base/value.ts';
import type { Position } from '../cluster/replica.ts';
import { bytesView, count, decodeTree, list, malformed, orNull, text } from '../cluster/tree.ts';
import type { BehaviourRef } from '../runtime/behaviour.ts';
import type { ActorMode, Answer, Origin, Payload } from '../runtime/envelope.ts';

const VERSION = 1;
const writer = new MsgpackWriter();
/** A membership changes seldom and is written with every entry. */
const configBytes = new WeakMap<ConfigState, Uint8Array>();

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
}

/** What is known of an actor without reading its journal. */
export interface ActorHead {
  readonly lifecycle: 'running' | 'failed' | 'stopped';
  readonly code: BehaviourRef;
  readonly mode: ActorMode;
  /** Tells one life at a path from the next, and so the numbers of their messages apart. */
  readonly incarnation: string;
  /** Messages sent so far in this incarnation. */
  readonly sent: number;
  readonly lastFault: string | null;
  readonly pending: PendingTurn | null;
  /** When it was restarted after a fault: as many as may count, the oldest first, in milliseconds since 1970. */
  readonly restarts: readonly number[];
}

/** Of an actor without restarts they are left out, so that its row is as it was before they were kept. */

export function encodeHead(head: ActorHead): Uint8Array {
  const { lifecycle, code, mode, incarnation, sent, lastFault, pending, restarts } = head;
  const fields = [
    VERSION,
    lifecycle,
    codeFields(code),
    mode,
    incarnation,
    sent,
    lastFault,
    pending && pendingFields(pending),
  ];
  return pack(restarts.length === 0 ? fields : [...fields, restarts]);
}

const LIFECYCLES: readonly ActorHead['lifecycle'][] = ['running', 'failed', 'stopped'];

type HeadFields = [
  ActorHead['lifecycle'],
  CodeFields,
  ActorMode,
  string,
  number,
  string | null,
  PendingFields | null,
  ActorHead['restarts']?,
];

/** Throws `journal-damaged`, like all that reads rows here. */
export function decodeHead(bytes: Uint8Array): ActorHead {
  return readRow(bytes, 'The head of an actor', (fields) => {
    const [lifecycle, code, mode, incarnation, sent, lastFault, pending, restarts] = fields as HeadFields;
    if (!LIFECYCLES.includes(lifecycle)) throw malformed('a lifecycle');
    if (mode !== 'durable' && mode !== 'volatile') throw malformed('a mode');
    return {
      lifecycle,
      code: readCode(code),
      mode,
      incarnation: text(incarnation),
      sent: count(sent),
      lastFault: orNull(lastFault, text),
      pending: pending && readPending(pending),
      restarts: restarts ?? [],
    };
  });
}

type CodeFields = readonly [module: string, target: string | number, captured: readonly Uint8Array[]];

/** A behaviour reference as a list that MessagePack carries. */
export function codeFields(code: BehaviourRef): CodeFields {
  const target = 'word' in code.target ? code.target.word : code.target.quotation;
  return [code.module, target, code.captured.map((value) => encodeData(value))];
}

/** Throws `bad-request` for anything that `codeFields` did not make. */
export function readCode(fields: unknown): BehaviourRef {
  const [module, target, captured] = list(fields, 3);
  return {
    module: moduleHash(text(module)),
    target: typeof target === 'string' ? { word: target } : { quotation: count(target) },
    captured: list(captured).map((value) => decodeData(bytesView(value))),
  };
}

type AnswerFields = readonly [refused: string | null, answered: Uint8Array | null];

function answerFields(answer: Answer): AnswerFields {
  return 'answered' in answer ? [null, encodeData(answer.answered)] : [answer.refused, null];
}

function readAnswer(fields: unknown): Answer {
  const [refused, answered] = list(fields, 2);
  return answered === null ? { refused: text(refused) } : { answered: decodeData(bytesView(answered)) };
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
];

function pendingFields(pending: PendingTurn): PendingFields {
  const { ask, timeoutMs, sender, origin, message, answersAsk, wall, seed, answers } = pending;
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
  ];
}

function readPending(fields: PendingFields): PendingTurn {
  const [ask, timeoutMs, sender, origin, message, answersAsk, wall, seed, answers] = fields;
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
  };
}

/** How a message ended; what is told to whoever sends it again. */
export type Outcome =
  | { readonly ok: true; readonly sequence: number; readonly reply: Data | null }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** The newest message of one source that took effect, and how it ended. */
export interface Mark {
  readonly number: number;
  /** What the message was, of a client. None where it was written before these were kept. */
  readonly digest: Uint8Array | undefined;
  readonly outcome: Outcome;
}

/** In the place of the number of a client's message, which is 0, stands its digest. */
export function encodeMark({ number, digest, outcome }: Mark): Uint8Array {
  if (!outcome.ok) return pack([VERSION, digest ?? number, outcome.code, outcome.message]);
  writer.clear();
  writer.list(5);
  writer.count(VERSION, 'the version');
  if (digest !== undefined) writer.binary(digest);
  else writer.count(number, 'the number of a message');
  writer.nil();
  writer.count(outcome.sequence, 'the sequence');
  if (outcome.reply === null) writer.nil();
  else writeData(writer, outcome.reply);
  return writer.take();
}

export function decodeMark(bytes: Uint8Array): Mark {
  return readRow(bytes, 'A de-duplication mark', (fields) => {
    const [name, code, first, reply] = fields;
    const digest = name instanceof Uint8Array ? name.slice() : undefined;
    const number = digest === undefined ? count(name) : 0;
    if (code !== null)
      return { number, digest, outcome: { ok: false, code: text(code), message: text(first) } };
    const read = reply ? decodeData(bytesView(reply)) : null;
    return { number, digest, outcome: { ok: true, sequence: count(first), reply: read } };
  });
}

/** A payload as it waits in the outbox and travels to its receiver. */
export function encodePayload(payload: Payload): Uint8Array {
  switch (payload.kind) {
    case 'message':
      return pack([VERSION, 'message', encodeData(payload.message), payload.ask]);
    case 'spawn':
      return pack([VERSION, 'spawn', codeFields(payload.code), payload.mode, payload.newLife]);
    case 'stop':
    case 'resume':
      return pack([VERSION, payload.kind]);
    case 'answer':
      return pack([VERSION, 'answer', payload.ask, answerFields(payload.outcome)]);
  }
}

/** Throws SeqNodeError for anything that `encodePayload` did not make: payloads come from other nodes, too. */
export function decodePayload(bytes: Uint8Array): Payload {
  const [version, kind, first, second, third] = list(decodeTree(bytes));
  if (version !== VERSION) throw malformed('a payload of a known version');
  switch (kind) {
    case 'message':
      return { kind, message: decodeData(bytesView(first)), ask: orNull(second, text) };
    case 'spawn': {
      if (second !== 'durable' && second !== 'volatile') throw malformed('a mode');
      // Absent where it was written before there were new lives.
      return { kind, code: readCode(first), mode: second, newLife: third === true };
    }
    case 'stop':
    case 'resume':
      return { kind };
    case 'answer':
      return { kind, ask: text(first), outcome: readAnswer(second) };
    default:
      throw malformed('a known kind of payload');
  }
}

/** The whole state of an actor as of one record. */
export interface StateSnapshot {
  readonly sequence: number;
  readonly state: SeqMap;
}

export function encodeSnapshot({ sequence, state }: StateSnapshot): Uint8Array {
  return pack([VERSION, sequence, encodeData(state)]);
}

export function decodeSnapshot(bytes: Uint8Array): StateSnapshot {
  return readRow(bytes, 'The snapshot of an actor', ([sequence, encoded]) => {
    const state = decodeData(bytesView(encoded));
    if (!(state instanceof SeqMap)) throw malformed('a Map');
    return { sequence: count(sequence), state };
  });
}

/** The row of a group: what its state in the store is, in the same batch as that state. */
export function encodeGroupRow(position: Position): Uint8Array {
  const { generation, appliedIndex, appliedTerm, begins, config } = position;
  writer.clear();
  writer.list(6);
  writer.count(VERSION, 'the version');
  writer.count(generation, 'the generation');
  writer.count(appliedIndex, 'the applied index');
  writer.count(appliedTerm, 'the applied term');
  writer.raw(bytesOfConfig(config));
  writer.count(begins, 'where it begins');
  return writer.take();
}

function bytesOfConfig(config: ConfigState): Uint8Array {
  const known = configBytes.get(config);
  if (known !== undefined) return known;
  const bytes = pack(config);
  configBytes.set(config, bytes);
  return bytes;
}

export function decodeGroupRow(bytes: Uint8Array): Position {
  return readRow(bytes, 'The row of a group', (fields) => {
    // Rows of earlier programs do not say where they begin: any place may be it.
    const [generation, appliedIndex, appliedTerm, config, begins = appliedIndex] = fields as [
      number,
      Position['appliedIndex'],
      Position['appliedTerm'],
      Position['config'],
      Position['begins'] | undefined,
    ];
    return { generation, appliedIndex, appliedTerm, begins, config };
  });
}

function readRow<T>(bytes: Uint8Array, what: string, read: (fields: unknown[]) => T): T {
  let version: unknown;
  try {
    const [first, ...fields] = list(decodeTree(bytes));
    version = first;
    if (version === VERSION) return read(fields);
  } catch {
    throw new SeqNodeError('journal-damaged', `${what} cannot be read.`);
  }
  throw new SeqNodeError(
    'journal-damaged',
    `${what} has version ${String(version)}; this program reads version ${VERSION}.`,
  );
}
