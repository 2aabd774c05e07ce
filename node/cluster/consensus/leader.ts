// What a leader does: append, count, commit, confirm reads, hand over (paper, sections 5.3, 5.4 and 8).
//
// Invariants
//  D1. A leader never changes or removes an entry of its log; it only appends (leader append-only).
//  D2. It commits by counting only entries of its own term (paper, section 5.4.2); older ones are committed
//      along.
//  D3. Its own copy counts only when it is durable.
//  D4. A read is answered at an index that was committed when the read began, by a leader that had committed
//      in its term, after a quorum has confirmed that it still led (dissertation, section 6.4).
//  D5. A leader that a configuration leaves without a vote keeps leading, without counting itself, until an
//      entry that it appended after applying that configuration is committed: every durable holder of that
//      entry knows that the configuration is in force, so the voters can use it without the leader that left
//      (dissertation, section 4.2.2).
// D6. Followers learn at once of a configuration that came into force, not with the next entry or heartbeat:
//     one that has not heard elects by the configuration before, whose voters may be switched off.
import { invariant } from '../../base/assert.ts';
import type { LogIndex, NodeId } from '../../base/ids.ts';
import type { ConfigState, Entry, EntryKind } from '../../base/log.ts';
import {
  type ConfigChange,
  changeConfig,
  encodeConfig,
  isJoint,
  isVoter,
  membersOf,
} from './config-change.ts';

import type { AppendReply, HeartbeatReply } from './message.ts';
import type { Progress } from './progress.ts';
import { quorumReached } from './quorum.ts';
import type { ConfigProposed, Proposed, ReadAnswer, TransferAnswer } from './ready.ts';
import { becomeFollower, becomeLeader, type Leader, type Replica, track } from './replica.ts';
import { heartbeat, replicate, sendTimeoutNow } from './replication.ts';

const NO_DATA = new Uint8Array(0);

/** The election is won: open the term with an entry of its own, which commits all before it. */
export function takeOffice(replica: Replica): void {
  const leader = becomeLeader(replica);
  append(replica, leader, 'noop', [NO_DATA]);
}

function append(replica: Replica, leader: Leader, kind: EntryKind, datas: readonly Uint8Array[]): LogIndex {
  const { log, term } = replica;
  const firstIndex = log.lastIndex + 1;
  const entries = datas.map(
    (data, at): Entry => ({ index: (firstIndex + at) as LogIndex, term, kind, data }),
  );
  log.append(entries);
  leader.dirty = true;
  return firstIndex as LogIndex;
}

export function propose(replica: Replica, datas: readonly Uint8Array[]): Proposed {
  const { role, log, options } = replica;
  invariant(datas.length > 0, 'a proposal has something to propose');
  if (role.name !== 'leader') return { ok: false, reason: 'not-leader' };
  if (role.transfer !== null || role.leaveAt !== null) return { ok: false, reason: 'transferring' };
  let bytes = 0;
  for (const data of datas) bytes += data.length;
  // An idle leader takes a proposal of any size, or one that is over the limit could never pass.
  if (log.unappliedBytes > 0 && log.unappliedBytes + bytes > options.maxUncommittedBytes)
    return { ok: false, reason: 'overloaded' };
  return { ok: true, firstIndex: append(replica, role, 'data', datas), term: replica.term };
}

export function proposeConfig(replica: Replica, change: ConfigChange): ConfigProposed {
  const { role, options } = replica;
  const refuse = (reason: 'not-leader' | 'transferring' | 'pending' | 'invalid', problem: string) =>
    ({ ok: false, reason, problem }) as const;
  if (role.name !== 'leader') return refuse('not-leader', 'This node does not lead the group.');
  if (role.transfer !== null || role.leaveAt !== null)
    return refuse('transferring', 'The leadership is being handed over.');
  if (!mayChangeConfig(replica, role) && !options.faults.has('overlapping-config-changes'))
    return refuse('pending', 'An earlier change, or the opening of this term, is not applied yet.');
  const result = changeConfig(replica.config, change);
  if (!result.ok) return refuse('invalid', result.problem);
  const index = appendConfig(replica, role, result.config);
  return { ok: true, index, term: replica.term };
}

/** R4, and the leader's term is open, so that no change of an older term can still come before this one. */
function mayChangeConfig(replica: Replica, leader: Leader): boolean {
  return replica.log.applied >= leader.pendingConfigIndex && hasCommittedInTerm(replica);
}

function appendConfig(replica: Replica, leader: Leader, config: ConfigState): LogIndex {
  const index = append(replica, leader, 'config', [encodeConfig(config)]);
  leader.pendingConfigIndex = index;
  return index;
}

/** Leaves a joint configuration with `autoLeave` as soon as it is applied. */
export function leaveJointIfDue(replica: Replica, leader: Leader): void {
  const { config } = replica;
  if (!isJoint(config) || !config.autoLeave || leader.transfer !== null) return;
  if (!mayChangeConfig(replica, leader)) return;
  const result = changeConfig(config, { leave: true });
  invariant(result.ok, 'a joint configuration can be left');
  appendConfig(replica, leader, result.config);
}

/** A configuration came into force by being applied. */
export function leadNewConfig(replica: Replica, leader: Leader): void {
  const { config, id } = replica;
  const members = membersOf(config);
  for (const node of [...leader.progress.keys()]) if (!members.includes(node)) leader.progress.delete(node);
  for (const node of members) if (node !== id && !leader.progress.has(node)) track(replica, leader, node);
  // D6.
  for (const progress of leader.progress.values())
    if (progress.sentCommit < replica.log.applied) progress.wantsEmpty = true;
  leader.dirty = true;
  if (leader.transfer !== null && !isVoter(config, leader.transfer.to)) leader.transfer = null;
  // D5.
  leader.leaveAt = isVoter(config, id) ? null : append(replica, leader, 'noop', [NO_DATA]);
  confirmReads(replica, leader);
  countCopies(replica, leader);
}

/** Tell what is committed, ask the best follower to go on, and step down. */
function resign(replica: Replica, leader: Leader): void {
  replicate(replica, leader);
  let best: NodeId | undefined;
  let bestMatch = -1;
  for (const [node, progress] of leader.progress) {
    if (!isVoter(replica.config, node) || progress.match <= bestMatch) continue;
    best = node;
    bestMatch = progress.match;
  }
  if (best !== undefined) sendTimeoutNow(replica, best);
  becomeFollower(replica, replica.term, null);
}

export function tickLeader(replica: Replica, leader: Leader): void {
  const { checkQuorum, electionTicks, heartbeatTicks, faults } = replica.options;
  leader.ticks++;
  const heard = (node: NodeId) =>
    node === replica.id ? Number.POSITIVE_INFINITY : leader.progress.get(node)!.heardAtTick;
  const isHeard = quorumReached(replica.config, heard) > leader.ticks - electionTicks;
  if (checkQuorum && !isHeard && !faults.has('never-steps-down')) {
    becomeFollower(replica, replica.term, null);
    return;
  }
  const { transfer } = leader;
  if (transfer !== null && leader.ticks - transfer.startTick >= electionTicks) leader.transfer = null;
  leaveJointIfDue(replica, leader);
  if (replica.clock % heartbeatTicks === 0) heartbeat(replica, leader);
}

/** Handles a reply of this term. Replies of nodes that are no members (any more) say nothing. */
export function stepLeader(replica: Replica, leader: Leader, message: AppendReply | HeartbeatReply): void {
  const progress = leader.progress.get(message.from);
  if (progress === undefined) return;
  progress.heardAtTick = leader.ticks;
  progress.answered = true;
  if (message.kind === 'heartbeat-reply') handleHeartbeatReply(replica, leader, progress, message);
  else handleAppendReply(replica, leader, progress, message);
  progress.assertSound(replica.log.lastIndex);
}

function handleAppendReply(replica: Replica, leader: Leader, progress: Progress, message: AppendReply): void {
  const { log } = replica;
  if (!message.accepted) {
    // The follower's log holds `hintTerm` at `hintIndex`; where this log has a later term, the two cannot
    // agree.
    const hint =
      message.hintTerm > 0 ? log.agreementHint(message.hintIndex, message.hintTerm).index : message.hintIndex;
    if (progress.refused(message.index, hint)) leader.dirty = true;
    return;
  }
  invariant(message.index <= log.lastIndex, 'a follower does not hold what its leader lacks');
  const news = progress.acknowledged(message.index);
  if (!news && !(progress.state === 'probe' && progress.match === message.index)) return;
  // However the follower came forward: from here on the log reaches it.
  if (progress.state === 'probe' || (progress.state === 'snapshot' && progress.match >= log.snapshot.index))
    progress.becomeReplicate();
  leader.dirty = true;
  finishTransfer(replica, leader);
  countCopies(replica, leader);
}

function handleHeartbeatReply(
  replica: Replica,
  leader: Leader,
  progress: Progress,
  message: HeartbeatReply,
): void {
  // Whatever was lost before this sign of life, an append, if need be an empty one, finds out.
  progress.paused = false;
  if (progress.match < replica.log.lastIndex || progress.state === 'probe') {
    progress.wantsEmpty = true;
    leader.dirty = true;
  }
  if (message.round > progress.round) {
    invariant(message.round <= leader.round, 'a round is confirmed after it is sent');
    progress.round = message.round;
    confirmReads(replica, leader);
  }
}

/** Commits what a quorum holds durably. May end the leadership. */
export function countCopies(replica: Replica, leader: Leader): void {
  const { log, config, options } = replica;
  const index = quorumReached(config, (node) =>
    node === replica.id ? log.durable : leader.progress.get(node)!.match,
  );
  if (index <= log.committed || index > log.lastIndex) return;
  // D2.
  if (log.termAt(index) !== replica.term && !options.faults.has('commit-old-term-by-count')) return;
  log.commitTo(index);
  leader.dirty = true;
  if (leader.leaveAt !== null && leader.leaveAt <= log.committed) resign(replica, leader);
}

export function hasCommittedInTerm({ log, term }: Replica): boolean {
  return log.termAt(log.committed) === term;
}

export function readIndex(replica: Replica, context: number): ReadAnswer {
  const { role, log, options, outbox } = replica;
  if (role.name !== 'leader') return { ok: false, reason: 'not-leader' };
  if (options.faults.has('read-without-quorum')) {
    outbox.readStates.push({ context, index: log.committed });
    return { ok: true };
  }
  if (role.reads.length >= options.maxPendingReads) return { ok: false, reason: 'overloaded' };
  role.reads.push({ context, round: 0, index: 0 as LogIndex });
  role.dirty = true;
  return { ok: true };
}

/** Sends a round for the reads that have none: all that came since the last Ready share one. */
export function startReads(replica: Replica, leader: Leader): void {
  const { reads } = leader;
  if (reads.length === 0 || reads.at(-1)!.round > 0 || !hasCommittedInTerm(replica)) return;
  leader.round++;
  for (let at = reads.length - 1; at >= 0 && reads[at]!.round === 0; at--) {
    reads[at]!.round = leader.round;
    reads[at]!.index = replica.log.committed;
  }
  heartbeat(replica, leader);
  confirmReads(replica, leader);
}

/** D4: gives out the reads whose round a quorum has confirmed. */
function confirmReads(replica: Replica, leader: Leader): void {
  const { reads } = leader;
  if (reads.length === 0) return;
  const confirmed = quorumReached(replica.config, (node) =>
    node === replica.id ? leader.round : leader.progress.get(node)!.round,
  );
  let done = 0;
  while (done < reads.length && reads[done]!.round > 0 && reads[done]!.round <= confirmed) {
    const { context, index } = reads[done]!;
    replica.outbox.readStates.push({ context, index });
    done++;
  }
  reads.splice(0, done);
}

export function transferLeadership(replica: Replica, to: NodeId): TransferAnswer {
  const { role, config, id } = replica;
  if (role.name !== 'leader') return { ok: false, reason: 'not-leader' };
  if (!isVoter(config, to)) return { ok: false, reason: 'not-a-voter' };
  if (to === id) {
    role.transfer = null;
    return { ok: true };
  }
  if (role.transfer?.to === to) return { ok: true };
  role.transfer = { to, startTick: role.ticks, asked: false };
  role.progress.get(to)!.wantsEmpty = true;
  role.dirty = true;
  finishTransfer(replica, role);
  return { ok: true };
}

/** Asks the chosen follower to campaign once it holds the whole log. */
function finishTransfer(replica: Replica, leader: Leader): void {
  const { transfer } = leader;
  if (transfer === null || transfer.asked) return;
  if (leader.progress.get(transfer.to)!.match !== replica.log.lastIndex) return;
  transfer.asked = true;
  sendTimeoutNow(replica, transfer.to);
}
