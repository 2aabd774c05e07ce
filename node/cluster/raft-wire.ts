// Consensus messages as bytes: each a MessagePack list of group, kind, term and the fields of the kind. They
// are most of the traffic between nodes, so they are written and read field by field.
import { SeqNodeError } from '../base/errors.ts';
import { type GroupId, groupId, type LogIndex, logIndex, type NodeId, type Term, term } from '../base/ids.ts';
import type { ConfigState, Entry, EntryKind, SnapshotMeta } from '../base/log.ts';
import type { MsgpackReader } from '../base/msgpack-reader.ts';
import type { MsgpackWriter } from '../base/msgpack-writer.ts';
import { copyBytes } from '../base/small-bytes.ts';
import { writeConfig } from '../journal/record.ts';
import type { Message } from './consensus/index.ts';

export type GroupMessage = readonly [group: GroupId, message: Message];

const KINDS: readonly Message['kind'][] = [
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
const KIND_NUMBER = new Map(KINDS.map((kind, number) => [kind, number]));
const ENTRY_KINDS: readonly EntryKind[] = ['noop', 'data', 'config'];

/** The error for a frame that `reason` completes the sentence on. */
export const malformedFrame = (reason: string) =>
  new SeqNodeError('bad-request', `The frame is malformed: ${reason}.`);

export function writeMessage(to: MsgpackWriter, [group, message]: GroupMessage): void {
  to.list(3 + fieldsOf(message));
  to.count(group, 'the group');
  to.count(KIND_NUMBER.get(message.kind)!, 'the kind');
  to.count(message.term, 'the term');
  switch (message.kind) {
    case 'pre-vote':
    case 'vote':
      to.count(message.lastIndex, 'the last index');
      to.count(message.lastTerm, 'the last term');
      if (message.kind === 'vote') to.truth(message.transfer);
      return;
    case 'pre-vote-reply':
      to.truth(message.granted);
      to.count(message.commit, 'the commit index');
      to.count(message.commitTerm, 'the term of the commit index');
      return;
    case 'vote-reply':
      return to.truth(message.granted);
    case 'append':
      return writeAppend(to, message);
    case 'append-reply':
      to.count(message.index, 'the index');
      if (message.accepted) return;
      to.count(message.hintIndex, 'the hinted index');
      return to.count(message.hintTerm, 'the hinted term');
    case 'heartbeat':
      to.count(message.commit, 'the commit index');
      return to.count(message.round, 'the round');
    case 'heartbeat-reply':
      return to.count(message.round, 'the round');
    case 'snapshot':
      return writeMeta(to, message.meta);
    case 'timeout-now':
      return;
  }
}

/** How many fields `message` has behind its term. */
function fieldsOf(message: Message): number {
  switch (message.kind) {
    case 'timeout-now':
      return 0;
    case 'vote-reply':
    case 'heartbeat-reply':
    case 'snapshot':
      return 1;
    case 'pre-vote':
    case 'heartbeat':
      return 2;
    case 'vote':
    case 'pre-vote-reply':
      return 3;
    case 'append':
      return 4;
    case 'append-reply':
      return message.accepted ? 1 : 3;
  }
}

// Entries of one message are contiguous, so their indexes need not be said.
function writeAppend(to: MsgpackWriter, message: Message & { kind: 'append' }): void {
  to.count(message.prevIndex, 'the previous index');
  to.count(message.prevTerm, 'the previous term');
  to.count(message.commit, 'the commit index');
  to.list(message.entries.length);
  for (const { term, kind, data } of message.entries) {
    to.list(3);
    to.count(term, 'the term of an entry');
    to.count(ENTRY_KINDS.indexOf(kind), 'the kind of an entry');
    to.binary(data);
  }
}

function writeMeta(to: MsgpackWriter, { index, term, config }: SnapshotMeta): void {
  to.list(3);
  to.count(index, 'the index');
  to.count(term, 'the term');
  to.list(5);
  writeConfig(to, config);
}

/** `from` is the peer that the frame came from and `to` the node itself: neither is taken from the frame. */
export function readMessage(reader: MsgpackReader, from: NodeId, to: NodeId): GroupMessage {
  const length = reader.list('a message');
  const group = groupId(reader.count('the group'));
  const kind = KINDS[reader.count('the kind')];
  if (kind === undefined) throw malformedFrame('a message is of an unknown kind');
  const message = { from, to, term: readTerm(reader), ...readFields(reader, kind, length) } as Message;
  if (length !== 3 + fieldsOf(message)) throw malformedFrame(`a ${kind} message has ${length} fields`);
  return [group, message];
}

type WithoutAddress<M> = M extends Message ? Omit<M, 'from' | 'to' | 'term'> : never;

function readFields(reader: MsgpackReader, kind: Message['kind'], length: number): WithoutAddress<Message> {
  switch (kind) {
    case 'pre-vote':
      return { kind, lastIndex: readIndex(reader), lastTerm: readTerm(reader) };
    case 'vote':
      return {
        kind,
        lastIndex: readIndex(reader),
        lastTerm: readTerm(reader),
        transfer: reader.truth('the transfer'),
      };
    case 'pre-vote-reply':
      return {
        kind,
        granted: reader.truth('the vote'),
        commit: readIndex(reader),
        commitTerm: readTerm(reader),
      };
    case 'vote-reply':
      return { kind, granted: reader.truth('the vote') };
    case 'append':
      return readAppend(reader);
    case 'append-reply': {
      const index = readIndex(reader);
      if (length === 4) return { kind, accepted: true, index };
      return { kind, accepted: false, index, hintIndex: readIndex(reader), hintTerm: readTerm(reader) };
    }
    case 'heartbeat':
      return { kind, commit: readIndex(reader), round: reader.count('the round') };
    case 'heartbeat-reply':
      return { kind, round: reader.count('the round') };
    case 'snapshot':
      return { kind, meta: readMeta(reader) };
    case 'timeout-now':
      return { kind };
  }
}

function readAppend(reader: MsgpackReader): WithoutAddress<Message> {
  const prevIndex = readIndex(reader);
  const prevTerm = readTerm(reader);
  const commit = readIndex(reader);
  const count = reader.list('the entries');
  const entries: Entry[] = [];
  for (let at = 1; at <= count; at++) entries.push(readEntry(reader, logIndex(prevIndex + at)));
  return { kind: 'append', prevIndex, prevTerm, commit, entries };
}

function readEntry(reader: MsgpackReader, index: LogIndex): Entry {
  reader.tuple(3, 'an entry');
  const term = readTerm(reader);
  const kind = ENTRY_KINDS[reader.count('the kind of an entry')];
  if (kind === undefined) throw malformedFrame('an entry is of an unknown kind');
  // A copy: it is kept for longer than the buffer of the network.
  return { index, term, kind, data: copyBytes(reader.binary('the data of an entry')) };
}

function readMeta(reader: MsgpackReader): SnapshotMeta {
  reader.tuple(3, 'a snapshot');
  const index = readIndex(reader);
  const term = readTerm(reader);
  return { index, term, config: readConfig(reader) };
}

function readConfig(reader: MsgpackReader): ConfigState {
  reader.tuple(5, 'a configuration');
  return {
    voters: readNodes(reader),
    outgoing: readNodes(reader),
    learners: readNodes(reader),
    learnersNext: readNodes(reader),
    autoLeave: reader.truth('whether the configuration is left'),
  };
}

function readNodes(reader: MsgpackReader): NodeId[] {
  const count = reader.list('a list of nodes');
  const nodes: NodeId[] = [];
  for (let at = 0; at < count; at++) nodes.push(reader.text('a node') as NodeId);
  return nodes;
}

const readIndex = (reader: MsgpackReader): LogIndex => logIndex(reader.count('an index'));
const readTerm = (reader: MsgpackReader): Term => term(reader.count('a term'));
