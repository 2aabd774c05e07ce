// The payload of a log frame: a MessagePack array of log writes. Each write is
//   [group, snapshot | nil, entries | nil, hard state | nil]
//   snapshot    [index, term, discard, voters, outgoing, learners, learnersNext, autoLeave]
//   entries     [index of the first, term, kind, data, term, kind, data, …]
//   hard state  [term, vote | nil, commit]
import { invariant } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { groupId, logIndex, type NodeId, nodeId, term } from '../base/ids.ts';
import type { ConfigState, Entry, EntryKind, HardState, LogWrite, SnapshotMeta } from '../base/log.ts';
import { MsgpackReader } from '../base/msgpack-reader.ts';
import { pack } from '../base/pack.ts';

export const GROUP_MAX = 0xfffe;
const ENTRY_KINDS: readonly EntryKind[] = ['noop', 'data', 'config'];
const NODES_MAX = 1024;

export function encodeWrites(writes: readonly LogWrite[]): Uint8Array {
  return pack(writes.map(writeToPlain));
}

/** Throws `log-damaged` on anything that `encodeWrites` does not make. The data of entries are views of `payload`. */
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
  for (const nodes of [config.voters, config.outgoing, config.learners, config.learnersNext])
    for (const node of nodes) bytes += 5 + 3 * node.length;
  return bytes;
}

function writeToPlain(write: LogWrite): unknown[] {
  invariant(count(write.group) <= GROUP_MAX, () => `group ${write.group} is out of range`);
  const { snapshot, entries, hardState } = write;
  return [
    write.group,
    snapshot
      ? [
          count(snapshot.index),
          count(snapshot.term),
          snapshot.discard,
          snapshot.config.voters,
          snapshot.config.outgoing,
          snapshot.config.learners,
          snapshot.config.learnersNext,
          snapshot.config.autoLeave,
        ]
      : null,
    entries && entries.length > 0 ? entriesToPlain(entries) : null,
    hardState ? [count(hardState.term), hardState.vote, count(hardState.commit)] : null,
  ];
}

function count(value: number): number {
  invariant(Number.isSafeInteger(value) && value >= 0, () => `the log cannot hold the number ${value}`);
  return value;
}

function entriesToPlain(entries: readonly Entry[]): unknown[] {
  const plain: unknown[] = [count(entries[0]?.index ?? -1)];
  for (const entry of entries) plain.push(count(entry.term), ENTRY_KINDS.indexOf(entry.kind), entry.data);
  return plain;
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
