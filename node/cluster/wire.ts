// Messages between nodes, as bytes: each frame is one MessagePack list that begins with its kind. A frame
// from a peer is fully validated before it is used; `decodeFrame` throws `bad-request` for anything else.

import { isErrorCode, type Refusal } from '../base/errors.ts';
import { type ActorPath, type GroupId, groupId, type NodeId, nodeId, type SenderName } from '../base/ids.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';
import { pack } from '../base/pack.ts';
import { parsePath } from '../base/path.ts';
import type { Peer } from '../base/peer.ts';
import {
  bytesCopy,
  bytesView,
  count,
  decodeTree,
  flag,
  list,
  malformed,
  orNull,
  text,
} from '../base/tree.ts';
import type { Message } from './consensus/index.ts';
import { type GroupMessage, malformedFrame, readMessage, writeMessage } from './raft-wire.ts';

/** Which of its neighbours a node hears, as it says itself. A higher version is newer. */
export interface LinkRecord {
  readonly node: NodeId;
  readonly version: number;
  readonly hears: readonly NodeId[];
}

/** `messages`: concatenated, as a SequenceWriter writes them. */
export type CastBatch = readonly [receiver: ActorPath, sender: ActorPath, messages: Uint8Array];

export type Frame =
  /** Consensus messages of any number of groups. */
  | {
      readonly kind: 'raft';
      /** The process that speaks, and up to where its log is durable: see node/core/members/witness.ts. */
      readonly life: number;
      readonly position: number;
      readonly messages: readonly GroupMessage[];
    }
  /**
   * How the sender stands, and as an answer to the process `to`: up to where that node's log was known to
   * reach.
   */
  | {
      readonly kind: 'standing';
      readonly life: number;
      /** Where the log ended when its process began. */
      readonly position: number;
      /** Of the question: an answer repeats it. */
      readonly number: number;
      readonly to: number;
      readonly seen: number | null;
      /** Another process runs as the one that asks. */
      readonly twin: boolean;
    }
  | { readonly kind: 'gossip'; readonly message: unknown }
  /**
   * A client's request, passed on to the leader of its group. `request` is read by
   * node/core/requests/codec.ts.
   */
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly attempt: number;
      /** An earlier attempt was not answered. */
      readonly again: boolean;
      readonly group: GroupId;
      readonly request: unknown;
    }
  | { readonly kind: 'result'; readonly id: number; readonly attempt: number; readonly result: unknown }
  /** Messages of one actor to another, in order, with all that are not acknowledged yet. */
  | {
      readonly kind: 'deliver';
      readonly token: number;
      readonly sender: SenderName;
      readonly receiver: ActorPath;
      readonly messages: readonly (readonly [number: number, payload: Uint8Array])[];
    }
  /**
   * The first `taken` messages of a `deliver` took effect or are refused for good, and the others cannot be
   * read, or are put off; or the receiver is led elsewhere.
   */
  | {
      readonly kind: 'delivered';
      readonly token: number;
      readonly taken: number;
      readonly refused: readonly Refusal[];
      /** Why the next one is put off, if it is. */
      readonly putOff: string | null;
    }
  /** The receiver put off what the sender's outbox holds for it, and takes more now. */
  | { readonly kind: 'room'; readonly sender: SenderName; readonly receiver: ActorPath }
  | { readonly kind: 'not-delivered'; readonly token: number; readonly leader: NodeId | null }
  /**
   * Volatile messages: not acknowledged, not repeated. Each batch is of one pair, in order. Of one epoch,
   * which is one process of the sender, a frame with a lower number than one before it came too late.
   */
  | {
      readonly kind: 'cast';
      readonly epoch: number;
      readonly number: number;
      readonly batches: readonly CastBatch[];
    }
  /** The registry as the sender knows it, as of an entry of its log. */
  | {
      readonly kind: 'roster';
      readonly index: number;
      readonly peers: readonly Peer[];
    }
  /**
   * Rows of a group's state. The last chunk carries the snapshot message. Key: the row's key without its
   * prefix.
   */
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
    }
  /** The newest records that the sender knows and the receiver may not; none: a sign of life. */
  | { readonly kind: 'links'; readonly records: readonly LinkRecord[] }
  /**
   * A frame of `origin` on its way to the last node of `path`, to be passed on to the first; for the receiver
   * itself where that is empty.
   */
  | {
      readonly kind: 'relay';
      readonly origin: NodeId;
      readonly path: readonly NodeId[];
      readonly frame: Uint8Array;
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
  'links',
  'relay',
  'standing',
  'room',
];
const KIND_NUMBER = new Map(KINDS.map((kind, number) => [kind, number]));

/** Nodes on a path. */
export const RELAYS_MAX = 16;

const RAFT = 0;
/** A list of four. */
const RAFT_HEAD = 0x94;
const writer = new MsgpackWriter();

export function encodeFrame(frame: Frame): Uint8Array {
  if (frame.kind === 'raft') {
    writer.clear();
    writer.list(4);
    writer.count(RAFT, 'the kind');
    writer.count(frame.life, 'the life');
    writer.count(frame.position, 'the position');
    writer.list(frame.messages.length);
    for (const message of frame.messages) writeMessage(writer, message);
    return writer.take();
  }
  return pack([KIND_NUMBER.get(frame.kind), ...fieldsOf(frame)]);
}

function fieldsOf(frame: Exclude<Frame, { kind: 'raft' }>): readonly unknown[] {
  switch (frame.kind) {
    case 'gossip':
      return [frame.message];
    case 'request':
      return [frame.id, frame.attempt, frame.again, frame.group, frame.request];
    case 'result':
      return [frame.id, frame.attempt, frame.result];
    case 'deliver':
      return [frame.token, frame.sender, frame.receiver, frame.messages];
    case 'delivered':
      return [frame.token, frame.taken, frame.refused, frame.putOff];
    case 'room':
      return [frame.sender, frame.receiver];
    case 'not-delivered':
      return [frame.token, frame.leader];
    case 'cast':
      return [frame.epoch, frame.number, frame.batches];
    case 'roster':
      return [frame.index, frame.peers.map(({ node, name, addresses }) => [node, name, addresses])];
    case 'chunk':
      return [
        frame.group,
        frame.stream,
        frame.number,
        frame.rows,
        frame.last && bytesOf(frame.group, frame.last),
      ];
    case 'chunk-taken':
      return [frame.group, frame.stream, frame.number, frame.accepted];
    case 'links':
      return [frame.records.map(({ node, version, hears }) => [node, version, hears])];
    case 'standing':
      return [frame.life, frame.position, frame.number, frame.to, frame.seen, frame.twin];
    case 'relay':
      return [frame.origin, frame.path, frame.frame];
  }
}

/** `from` is the peer that the frame came from and `to` the node itself: neither is taken from the frame. */
export function decodeFrame(bytes: Uint8Array, from: NodeId, to: NodeId): Frame {
  if (bytes[0] === RAFT_HEAD && bytes[1] === RAFT) return decodeRaft(bytes, from, to);
  const [kindNumber, ...fields] = list(decodeTree(bytes));
  const kind = KINDS[count(kindNumber)];
  if (kind === undefined || kind === 'raft') throw malformed('a known kind of frame');
  switch (kind) {
    case 'gossip':
      return { kind, message: fields[0] };
    case 'request':
      return {
        kind,
        id: count(fields[0]),
        attempt: count(fields[1]),
        again: flag(fields[2]),
        group: groupId(count(fields[3])),
        request: fields[4],
      };
    case 'result':
      return { kind, id: count(fields[0]), attempt: count(fields[1]), result: fields[2] };
    case 'deliver':
      return decodeDeliver(fields);
    case 'delivered':
      return decodeDelivered(fields);
    case 'room':
      return { kind, sender: senderName(text(fields[0])), receiver: parsePath(text(fields[1])) };
    case 'not-delivered':
      return { kind, token: count(fields[0]), leader: orNull(fields[1], text) as NodeId | null };
    case 'cast':
      return {
        kind,
        epoch: count(fields[0]),
        number: count(fields[1]),
        batches: list(fields[2]).map(castBatch),
      };
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
    case 'links':
      return { kind, records: list(fields[0]).map(linkRecord) };
    case 'standing': {
      const [life, position, number, to, seen, twin] = fields;
      return {
        kind,
        life: count(life),
        position: count(position),
        number: count(number),
        to: count(to),
        seen: orNull(seen, count),
        twin: flag(twin),
      };
    }
    case 'relay':
      return decodeRelay(fields);
  }
}

function linkRecord(item: unknown): LinkRecord {
  const [node, version, hears] = list(item, 3);
  return {
    node: nodeId(text(node)),
    version: count(version),
    hears: list(hears).map((each) => nodeId(text(each))),
  };
}

/** A path that comes back to a node would never end. */
function decodeRelay(fields: readonly unknown[]): Frame {
  const origin = nodeId(text(fields[0]));
  const path = list(fields[1]).map((each) => nodeId(text(each)));
  if (path.length > RELAYS_MAX || new Set([origin, ...path]).size <= path.length) throw malformed('a path');
  return { kind: 'relay', origin, path, frame: bytesView(fields[2]) };
}

function decodeRaft(bytes: Uint8Array, from: NodeId, to: NodeId): Frame {
  const reader = new MsgpackReader(bytes, malformedFrame);
  reader.tuple(4, 'the frame');
  reader.count('the kind');
  const life = reader.count('the life');
  const position = reader.count('the position');
  const messages: GroupMessage[] = [];
  for (let left = reader.list('the messages'); left > 0; left--) messages.push(readMessage(reader, from, to));
  reader.end();
  return { kind: 'raft', life, position, messages };
}

function bytesOf(group: GroupId, message: Message): Uint8Array {
  writer.clear();
  writeMessage(writer, [group, message]);
  return writer.take();
}

function readLast(bytes: Uint8Array, group: GroupId, from: NodeId, to: NodeId): Message {
  const reader = new MsgpackReader(bytes, malformedFrame);
  const [told, message] = readMessage(reader, from, to);
  reader.end();
  if (told !== group) throw malformedFrame('a chunk ends with a message of another group');
  return message;
}

function decodeDelivered([token, taken, refused, putOff]: readonly unknown[]): Frame {
  const taking = { token: count(token), taken: count(taken), refused: list(refused).map(refusal) };
  return { kind: 'delivered', ...taking, putOff: orNull(putOff, text) };
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
    last: orNull(last, (item) => readLast(bytesView(item), group, from, to)),
  };
}
