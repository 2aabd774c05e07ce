// How transcripts write messages, entries and Readys.
import type { ConfigState, Entry, SnapshotMeta } from '../../../base/log.ts';
import { decodeConfig, isJoint } from '../config-change.ts';
import type { Message } from '../message.ts';
import type { Ready } from '../ready.ts';
import type { RaftStatus } from '../status.ts';

export const text = (data: Uint8Array) => String.fromCharCode(...data);

function describeConfig(config: ConfigState): string {
  const part = (name: string, nodes: readonly string[]) =>
    nodes.length === 0 ? [] : [`${name} ${nodes.join(' ')}`];
  return [
    `voters ${config.voters.join(' ') || 'none'}`,
    ...part('outgoing', config.outgoing),
    ...part('learners', config.learners),
    ...part('learners next', config.learnersNext),
    ...(isJoint(config) ? [config.autoLeave ? 'leaves by itself' : 'stays joint'] : []),
  ].join(', ');
}

export function describeEntry({ index, term, kind, data }: Entry): string {
  if (kind === 'noop') return `${index}@${term} noop`;
  return `${index}@${term} ${kind === 'data' ? `"${text(data)}"` : `{${describeConfig(decodeConfig(data))}}`}`;
}

const describeMeta = ({ index, term, config }: SnapshotMeta) =>
  `${index}@${term} {${describeConfig(config)}}`;

export function describeMessage(message: Message): string {
  const { from, to, kind, term } = message;
  return `${from}>${to} ${kind} term ${term}${describeBody(message)}`;
}

function describeBody(message: Message): string {
  switch (message.kind) {
    case 'pre-vote':
      return `, last ${message.lastIndex}@${message.lastTerm}`;
    case 'vote':
      return `, last ${message.lastIndex}@${message.lastTerm}${message.transfer ? ', transfer' : ''}`;
    case 'pre-vote-reply':
      return `, ${message.granted ? 'granted' : 'refused'}, commit ${message.commit}@${message.commitTerm}`;
    case 'vote-reply':
      return `, ${message.granted ? 'granted' : 'refused'}`;
    case 'append': {
      const { prevIndex, prevTerm, entries, commit } = message;
      const list = entries.length === 0 ? 'nothing' : entries.map(describeEntry).join(', ');
      return `, after ${prevIndex}@${prevTerm}: ${list}; commit ${commit}`;
    }
    case 'append-reply':
      return message.accepted
        ? `, holds ${message.index}`
        : `, refuses ${message.index}, hint ${message.hintIndex}@${message.hintTerm}`;
    case 'heartbeat':
      return `, commit ${message.commit}${message.round > 0 ? `, round ${message.round}` : ''}`;
    case 'heartbeat-reply':
      return message.round > 0 ? `, round ${message.round}` : '';
    case 'snapshot':
      return `, ${describeMeta(message.meta)}`;
    case 'timeout-now':
      return '';
  }
}

export function describeReady(ready: Ready): string[] {
  const { role, config, hardState, serial, snapshotToInstall } = ready;
  const vote = hardState?.vote === null ? 'nobody' : hardState?.vote;
  return [
    ...(role ? [`role ${role.role}, leader ${role.leader ?? 'unknown'}, term ${role.term}`] : []),
    ...(config ? [`config ${describeConfig(config)}`] : []),
    ...(hardState
      ? [`write ${serial}: term ${hardState.term}, vote ${vote}, commit ${hardState.commit}`]
      : []),
    ...ready.entries.map((entry) => `write ${serial}: ${describeEntry(entry)}`),
    ...ready.messages.map((message) => `send ${describeMessage(message)}`),
    ...ready.messagesAfterPersist.map((message) => `after write ${serial}: ${describeMessage(message)}`),
    ...ready.committed.map((entry) => `apply ${describeEntry(entry)}`),
    ...ready.readStates.map(({ context, index }) => `read ${context} at ${index}`),
    ...ready.snapshotsToSend.map(({ to, atLeast }) => `snapshot for ${to}, of ${atLeast} or later`),
    ...(snapshotToInstall ? [`install ${describeMeta(snapshotToInstall)}`] : []),
  ];
}

export function describeStatus(status: RaftStatus): string[] {
  const { role, leader, term, vote, committed, applied, snapshotIndex, lastIndex, lastTerm, durable } =
    status;
  const extra = [
    ...(status.installing === null ? [] : [`installing ${status.installing}`]),
    ...(status.transferringTo === null ? [] : [`transferring to ${status.transferringTo}`]),
  ];
  return [
    [`${role}, leader ${leader ?? 'unknown'}, term ${term}, vote ${vote ?? 'nobody'}`, ...extra].join(', '),
    `log from ${snapshotIndex} to ${lastIndex}@${lastTerm}, durable ${durable}, committed ${committed}, applied ${applied}`,
    describeConfig(status.config),
  ];
}

export function describePeers({ peers }: RaftStatus): string[] {
  return peers.map(({ node, state, match, next, paused, inflight, active }) =>
    [
      `${node} ${state}, match ${match}, next ${next}`,
      ...(paused ? ['paused'] : []),
      ...(inflight > 0 ? [`${inflight} in flight`] : []),
      ...(active ? [] : ['silent']),
    ].join(', '),
  );
}
