// The payload of a log frame: a MessagePack array of log writes. Each write is
//   [group, snapshot | nil, entries | nil, hard state | nil]
//   snapshot    [index, term, discard, voters, outgoing, learners, learnersNext, autoLeave]
//   entries     [index of the first, term, kind, data, term, kind, data, …]
//   hard state  [term, vote | nil, commit]
import { invariant } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { groupId, logIndex, type NodeId, nodeId, term } from '../base/ids.ts';
import {
  type ConfigState,
  type Entry,
  type EntryKind,
  type HardState,
  type LogWrite,
  namedNodes,
  nodeLists,
  type SnapshotMeta,
} from '../base/log.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { MsgpackWriter } from '../base/msgpack-writer.ts';

const GROUP_MAX = 0xfffe;
const ENTRY_KINDS: readonly EntryKind[] = ['noop', 'data', 'config'];
const NODES_MAX = 1024;

const writer = new MsgpackWriter();

export function encodeWrites(writes: readonly LogWrite[]): Uint8Array {
  writer.clear();
  writer.list(writes.length);
  for (const write of writes) putWrite(write);
  return writer.take();
}

/**
 * Throws `log-damaged` on anything that `encodeWrites` does not make. The data of entries are views of
 * `payload`.
 */
export function decodeWrites(payload: Uint8Array): LogWrite[] {
  const reader = new MsgpackReader(
    payload,
    (reason) => new SeqNodeError('log-damaged', `A frame of the log is malformed: ${reason}.`),
  );
  const writes: LogWrite[] = [];
  for (let left = reader.list('the frame'); left > 0; left--) writes.push(readWrite(reader));
  reader.end();
  return writes;
}

/** An upper bound of what a write adds to a payload. */
export function writeBytesMax(write: LogWrite): number {
  let bytes = 64;
  if (write.snapshot) bytes += 64 + configBytesMax(write.snapshot.config);
  if (write.hardState) bytes += 32 + 3 * (write.hardState.vote?.length ?? 0);
  if (write.entries) for (const entry of write.entries) bytes += ENTRY_OVERHEAD_BYTES_MAX + entry.data.length;
  return bytes;
}

/** What an entry adds to a payload beside its data, at most: 9 bytes of term, 1 of kind, 5 of length. */
export const ENTRY_OVERHEAD_BYTES_MAX = 16;

function configBytesMax(config: ConfigState): number {
  let bytes = 32;
  for (const node of namedNodes(config)) bytes += 5 + 3 * node.length;
  return bytes;
}

function putWrite({ group, snapshot, entries, hardState }: LogWrite): void {
  invariant(group <= GROUP_MAX, () => `group ${group} is out of range`);
  writer.list(4);
  writer.count(group, 'a group of the log');
  if (snapshot === undefined) writer.nil();
  else putSnapshot(snapshot);
  if (entries === undefined || entries.length === 0) writer.nil();
  else putEntries(entries);
  if (hardState === undefined) writer.nil();
  else {
    writer.list(3);
    writer.count(hardState.term, 'a term of the log');
    if (hardState.vote === null) writer.nil();
    else writer.text(hardState.vote, 'a vote of the log');
    writer.count(hardState.commit, 'a commit index of the log');
  }
}

function putSnapshot({ index, term, discard, config }: SnapshotMeta & { readonly discard: boolean }): void {
  writer.list(8);
  writer.count(index, 'a snapshot index of the log');
  writer.count(term, 'a snapshot term of the log');
  writer.truth(discard);
  writeConfig(writer, config);
}

/** Writes five values, one behind the other. */
export function writeConfig(to: MsgpackWriter, config: ConfigState): void {
  for (const nodes of nodeLists(config)) {
    to.list(nodes.length);
    for (const node of nodes) to.text(node, 'a node of a configuration');
  }
  to.truth(config.autoLeave);
}

function putEntries(entries: readonly Entry[]): void {
  writer.list(1 + 3 * entries.length);
  writer.count(entries[0]!.index, 'an index of the log');
  for (const { term, kind, data } of entries) {
    writer.count(term, 'an entry term of the log');
    writer.count(ENTRY_KINDS.indexOf(kind), 'an entry kind of the log');
    writer.binary(data);
  }
}

function readWrite(reader: MsgpackReader): LogWrite {
  reader.tuple(4, 'a write');
  const group = groupId(bounded(reader.count('a group'), GROUP_MAX, 'a group'));
  const snapshot = reader.nil() ? undefined : readSnapshot(reader);
  const entries = reader.nil() ? undefined : readEntries(reader);
  const hardState = reader.nil() ? undefined : readHardState(reader);
  return {
    group,
    ...(snapshot ? { snapshot } : {}),
    ...(entries ? { entries } : {}),
    ...(hardState ? { hardState } : {}),
  };
}

function bounded(value: number, max: number, what: string): number {
  if (value > max)
    throw new SeqNodeError('log-damaged', `A frame of the log is malformed: ${what} is over ${max}.`);
  return value;
}

function readSnapshot(reader: MsgpackReader): SnapshotMeta & { discard: boolean } {
  reader.tuple(8, 'a snapshot');
  const index = logIndex(reader.count('an index'));
  const termOfIndex = term(reader.count('a term'));
  const discard = reader.truth('discard');
  const config: ConfigState = {
    voters: readNodes(reader),
    outgoing: readNodes(reader),
    learners: readNodes(reader),
    learnersNext: readNodes(reader),
    autoLeave: reader.truth('autoLeave'),
  };
  return { index, term: termOfIndex, discard, config };
}

function readNodes(reader: MsgpackReader): NodeId[] {
  const nodes: NodeId[] = [];
  const length = bounded(reader.list('the nodes'), NODES_MAX, 'the number of nodes');
  while (nodes.length < length) nodes.push(nodeId(reader.text('a node')));
  return nodes;
}

function readEntries(reader: MsgpackReader): Entry[] {
  const fields = reader.list('the entries');
  const first = reader.count('an index');
  const entries: Entry[] = [];
  for (let read = 1; read < fields; read += 3) {
    const index = bounded(first + entries.length, Number.MAX_SAFE_INTEGER, 'an index');
    const termOfEntry = term(reader.count('a term'));
    const kind = ENTRY_KINDS[bounded(reader.count('a kind'), ENTRY_KINDS.length - 1, 'a kind')] as EntryKind;
    entries.push({ index: logIndex(index), term: termOfEntry, kind, data: reader.binary('data') });
  }
  return entries;
}

function readHardState(reader: MsgpackReader): HardState {
  reader.tuple(3, 'a hard state');
  const current = term(reader.count('a term'));
  const vote = reader.nil() ? null : nodeId(reader.text('a vote'));
  return { term: current, vote, commit: logIndex(reader.count('an index')) };
}
