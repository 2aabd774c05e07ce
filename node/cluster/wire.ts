// What nodes say to each other, as bytes: each frame is one MessagePack list that begins with its kind. A frame from a peer
// is checked in every part before it is used; `decodeFrame` throws `bad-request` for anything else.

import { type ErrorCode, isErrorCode } from '../base/errors.ts';
import { type ActorPath, type GroupId, groupId, logIndex, type NodeId, term } from '../base/ids.ts';
import type { ConfigState, Entry, EntryKind, SnapshotMeta } from '../base/log.ts';
import { pack } from '../base/pack.ts';
import { parsePath } from '../base/path.ts';
import type { SenderName } from './commands.ts';
import type { Message } from './consensus/index.ts';
import {
  bytesCopy,
  bytesView,
  count,
  decodeTree,
  flag,
  list,
  malformed,
  orNull,
  record,
  text,
} from './tree.ts';

export type Refusal = readonly [number: number, code: ErrorCode, message: string];

/** `messages`: one behind the other, as a SequenceWriter writes them. */
export type CastBatch = readonly [receiver: ActorPath, sender: ActorPath, messages: Uint8Array];

export type Frame =
  /** Consensus messages of any number of groups. */
  | { readonly kind: 'raft'; readonly messages: readonly (readonly [group: GroupId, message: Message])[] }
  | { readonly kind: 'gossip'; readonly message: unknown }
  /** A client's request, passed on to the leader of its group. `request` is read by node/core/requests.ts. */
  | { readonly kind: 'request'; readonly id: number; readonly group: GroupId; readonly request: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  /** Messages of one actor to another, in order, with all that are not acknowledged yet. */
  | {
      readonly kind: 'deliver';
      readonly token: number;
      readonly sender: SenderName;
      readonly receiver: ActorPath;
      readonly messages: readonly (readonly [number: number, payload: Uint8Array])[];
    }
  /** All messages of a `deliver` took effect or are refused for good; or the receiver is led elsewhere. */
  | { readonly kind: 'delivered'; readonly token: number; readonly refused: readonly Refusal[] }
  | { readonly kind: 'not-delivered'; readonly token: number; readonly leader: NodeId | null }
  /** Volatile messages: not acknowledged, not repeated. Each batch is of one pair, in order. */
  | { readonly kind: 'cast'; readonly batches: readonly CastBatch[] }
  /** The registry as the sender knows it, as of an entry of its log. */
  | {
      readonly kind: 'roster';
      readonly index: number;
      readonly peers: readonly {
        readonly node: NodeId;
        readonly name: string;
        readonly addresses: readonly string[];
      }[];
    }
  /** Rows of a group's state. The last chunk carries the snapshot message. Key: the row's key without its prefix. */
  | {
      readonly kind: 'chunk';
      readonly group: GroupId;
      readonly stream: number;
      readonly number: number;
      readonly rows: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
      readonly last: Message | null;
    }
  | {
      readonly kind: 'chunk-taken';
      readonly group: GroupId;
      readonly stream: number;
      readonly number: number;
      readonly accepted: boolean;
    };

const KINDS: readonly Frame['kind'][] = [
  'raft',
  'gossip',
  'request',
  'result',
  'deliver',
  'delivered',
  'not-delivered',
  'cast',
  'chunk',
  'chunk-taken',
  'roster',
];
const KIND_NUMBER = new Map(KINDS.map((kind, number) => [kind, number]));

export function encodeFrame(frame: Frame): Uint8Array {
  return pack([KIND_NUMBER.get(frame.kind), ...fieldsOf(frame)]);
}

function fieldsOf(frame: Frame): readonly unknown[] {
  switch (frame.kind) {
    case 'raft':
      return [frame.messages.map(([group, message]) => [group, ...raftFields(message)])];
    case 'gossip':
      return [frame.message];
    case 'request':
      return [frame.id, frame.group, frame.request];
    case 'result':
      return [frame.id, frame.result];
    case 'deliver':
      return [frame.token, frame.sender, frame.receiver, frame.messages];
    case 'delivered':
      return [frame.token, frame.refused];
    case 'not-delivered':
      return [frame.token, frame.leader];
    case 'cast':
      return [frame.batches];
    case 'roster':
      return [frame.index, frame.peers.map(({ node, name, addresses }) => [node, name, addresses])];
    case 'chunk':
      return [frame.group, frame.stream, frame.number, frame.rows, frame.last && raftFields(frame.last)];
    case 'chunk-taken':
      return [frame.group, frame.stream, frame.number, frame.accepted];
  }
}

/** `from` is the peer that the frame came from and `to` the node itself: neither is taken from the frame. */
export function decodeFrame(bytes: Uint8Array, from: NodeId, to: NodeId): Frame {
  const [kindNumber, ...fields] = list(decodeTree(bytes));
  const kind = KINDS[count(kindNumber)];
  if (kind === undefined) throw malformed('a known kind of frame');
  switch (kind) {
    case 'raft':
      return { kind, messages: list(fields[0]).map((item) => raftMessage(list(item), from, to)) };
    case 'gossip':
      return { kind, message: fields[0] };
    case 'request':
      return { kind, id: count(fields[0]), group: groupId(count(fields[1])), request: fields[2] };
    case 'result':
      return { kind, id: count(fields[0]), result: fields[1] };
    case 'deliver':
      return decodeDeliver(fields);
    case 'delivered':
      return { kind, token: count(fields[0]), refused: list(fields[1]).map(refusal) };
    case 'not-delivered':
      return { kind, token: count(fields[0]), leader: orNull(fields[1], text) as NodeId | null };
    case 'cast':
      return { kind, batches: list(fields[0]).map(castBatch) };
    case 'roster':
      return { kind, index: count(fields[0]), peers: list(fields[1]).map(rosterPeer) };
    case 'chunk':
      return decodeChunk(fields, from, to);
    case 'chunk-taken': {
      const [group, stream, number, accepted] = fields;
      return {
        kind,
        group: groupId(count(group)),
        stream: count(stream),
        number: count(number),
        accepted: flag(accepted),
      };
    }
  }
}

function decodeDeliver(fields: readonly unknown[]): Frame {
  const [token, sender, receiver, messages] = fields;
  return {
    kind: 'deliver',
    token: count(token),
    sender: senderName(sender),
    receiver: parsePath(text(receiver)),
    messages: list(messages).map((item) => {
      const [number, payload] = list(item, 2);
      return [count(number), bytesCopy(payload)] as const;
    }),
  };
}

function senderName(value: unknown): SenderName {
  const name = text(value);
  const hash = name.indexOf('#');
  if (hash < 0) throw malformed('the name of a sender');
  parsePath(name.slice(0, hash));
  return name as SenderName;
}

function castBatch(item: unknown): CastBatch {
  const [receiver, sender, messages] = list(item, 3);
  // Casts are decoded before the next frame arrives, so their bytes need no copy.
  return [parsePath(text(receiver)), parsePath(text(sender)), bytesView(messages)];
}

function refusal(item: unknown): Refusal {
  const [number, code, message] = list(item, 3);
  const known = text(code);
  return [count(number), isErrorCode(known) ? known : 'internal', text(message)];
}

function rosterPeer(item: unknown) {
  const [node, name, addresses] = list(item, 3);
  return { node: text(node) as NodeId, name: text(name), addresses: list(addresses).map(text) };
}

function decodeChunk(fields: readonly unknown[], from: NodeId, to: NodeId): Frame {
  const [groupNumber, stream, number, rows, last] = fields;
  const group = groupId(count(groupNumber));
  return {
    kind: 'chunk',
    group,
    stream: count(stream),
    number: count(number),
    rows: list(rows).map((row) => {
      const [key, value] = list(row, 2);
      return [bytesCopy(key), bytesCopy(value)] as const;
    }),
    last: orNull(last, (fields) => raftMessage([group, ...list(fields)], from, to)[1]),
  };
}

// ── Consensus messages ──────────────────────────────────────────────────────────────────────────────────────────────

const MESSAGE_KINDS: readonly Message['kind'][] = [
  'pre-vote',
  'pre-vote-reply',
  'vote',
  'vote-reply',
  'append',
  'append-reply',
  'heartbeat',
  'heartbeat-reply',
  'snapshot',
  'timeout-now',
];
const MESSAGE_NUMBER = new Map(MESSAGE_KINDS.map((kind, number) => [kind, number]));
const ENTRY_KINDS: readonly EntryKind[] = ['noop', 'data', 'config'];

function raftFields(message: Message): readonly unknown[] {
  return [MESSAGE_NUMBER.get(message.kind), message.term, ...ownFields(message)];
}

function ownFields(message: Message): readonly unknown[] {
  switch (message.kind) {
    case 'pre-vote':
      return [message.lastIndex, message.lastTerm];
    case 'vote':
      return [message.lastIndex, message.lastTerm, message.transfer];
    case 'pre-vote-reply':
      return [message.granted, message.commit, message.commitTerm];
    case 'vote-reply':
      return [message.granted];
    case 'append':
      return [message.prevIndex, message.prevTerm, message.commit, message.entries.map(entryFields)];
    case 'append-reply':
      return message.accepted ? [message.index] : [message.index, message.hintIndex, message.hintTerm];
    case 'heartbeat':
      return [message.commit, message.round];
    case 'heartbeat-reply':
      return [message.round];
    case 'snapshot':
      return [metaFields(message.meta)];
    case 'timeout-now':
      return [];
  }
}

function raftMessage(fields: readonly unknown[], from: NodeId, to: NodeId): readonly [GroupId, Message] {
  const [group, kindNumber, termNumber, ...own] = fields;
  const kind = MESSAGE_KINDS[count(kindNumber)];
  if (kind === undefined) throw malformed('a known kind of message');
  const addressed = { from, to, term: term(count(termNumber)) };
  return [groupId(count(group)), { ...addressed, ...ownParts(kind, own) } as Message];
}

type WithoutAddress<M> = M extends Message ? Omit<M, 'from' | 'to' | 'term'> : never;

function ownParts(kind: Message['kind'], own: readonly unknown[]): WithoutAddress<Message> {
  const index = (at: number) => logIndex(count(own[at]));
  switch (kind) {
    case 'pre-vote':
      return { kind, lastIndex: index(0), lastTerm: term(count(own[1])) };
    case 'vote':
      return { kind, lastIndex: index(0), lastTerm: term(count(own[1])), transfer: flag(own[2]) };
    case 'pre-vote-reply':
      return { kind, granted: flag(own[0]), commit: index(1), commitTerm: term(count(own[2])) };
    case 'vote-reply':
      return { kind, granted: flag(own[0]) };
    case 'append': {
      const prevIndex = index(0);
      const entries = list(own[3]).map((item, at) => readEntry(item, prevIndex + 1 + at));
      return { kind, prevIndex, prevTerm: term(count(own[1])), commit: index(2), entries };
    }
    case 'append-reply':
      if (own.length === 1) return { kind, accepted: true, index: index(0) };
      return { kind, accepted: false, index: index(0), hintIndex: index(1), hintTerm: term(count(own[2])) };
    case 'heartbeat':
      return { kind, commit: index(0), round: count(own[1]) };
    case 'heartbeat-reply':
      return { kind, round: count(own[0]) };
    case 'snapshot':
      return { kind, meta: readMeta(own[0]) };
    case 'timeout-now':
      return { kind };
  }
}

// Entries of one message are contiguous, so their indexes need not be said.
function entryFields(entry: Entry): readonly unknown[] {
  return [entry.term, ENTRY_KINDS.indexOf(entry.kind), entry.data];
}

function readEntry(item: unknown, index: number): Entry {
  const [termNumber, kindNumber, data] = list(item, 3);
  const kind = ENTRY_KINDS[count(kindNumber)];
  if (kind === undefined) throw malformed('a known kind of entry');
  return { index: logIndex(index), term: term(count(termNumber)), kind, data: bytesCopy(data) };
}

function metaFields(meta: SnapshotMeta): readonly unknown[] {
  return [meta.index, meta.term, meta.config];
}

function readMeta(item: unknown): SnapshotMeta {
  const [index, termNumber, config] = list(item, 3);
  return { index: logIndex(count(index)), term: term(count(termNumber)), config: readConfig(config) };
}

function readConfig(item: unknown): ConfigState {
  const fields = record(item);
  const nodes = (value: unknown) => list(value).map((node) => text(node) as NodeId);
  return {
    voters: nodes(fields.voters),
    outgoing: nodes(fields.outgoing),
    learners: nodes(fields.learners),
    learnersNext: nodes(fields.learnersNext),
    autoLeave: flag(fields.autoLeave),
  };
}
