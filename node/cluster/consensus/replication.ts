// A leader's messages to its followers. Appends are sent once per Ready, not at every event, so that
// proposals and commits of one Ready travel together.
import type { LogIndex, NodeId } from '../../base/ids.ts';
import type { Progress } from './progress.ts';
import { type Leader, type Replica, send } from './replica.ts';

/** Sends every follower what it may be sent now. */
export function replicate(replica: Replica, leader: Leader): void {
  leader.dirty = false;
  for (const [node, progress] of leader.progress) {
    while (sendAppend(replica, leader, node, progress));
    progress.assertSound(replica.log.lastIndex);
  }
}

/** Sends one append if one is due. True if there may be more to send. */
function sendAppend(replica: Replica, leader: Leader, to: NodeId, progress: Progress): boolean {
  const { log, options, id: from, term } = replica;
  if (!progress.mayAppend) return false;
  const prevIndex = (progress.next - 1) as LogIndex;
  const prevTerm = log.termAt(prevIndex);
  if (prevTerm === undefined) {
    askForSnapshot(replica, leader, to, progress);
    return false;
  }
  // A full window still lets an empty append through: if all in it were lost, its refusal tells.
  const entries =
    replica.resting.has(to) || (progress.state === 'replicate' && progress.full)
      ? []
      : log.range(progress.next, log.lastIndex, options.maxEntriesBytesPerMessage);
  const isNews = options.commitNotices && progress.commitIsNews(log.committed);
  if (entries.length === 0 && !progress.wantsEmpty && !isNews) return false;
  send(replica, { kind: 'append', from, to, term, prevIndex, prevTerm, entries, commit: log.committed });
  progress.sent(entries.length, log.committed);
  return true;
}

function askForSnapshot(replica: Replica, leader: Leader, to: NodeId, progress: Progress): void {
  if (replica.resting.has(to)) return;
  // A node that does not answer would only have its transfer fail, again and again.
  if (leader.ticks - progress.heardAtTick >= replica.options.electionTicks) return;
  // The state machine's present state, so that the configuration in the snapshot has `to` as a member.
  const atLeast = replica.log.applied;
  progress.becomeSnapshot(atLeast);
  replica.outbox.snapshotsToSend.push({ to, term: replica.term, atLeast });
}

/** Says to every follower that this leader is in office, and how far each may commit. */
export function heartbeat(replica: Replica, leader: Leader): void {
  const { log, options, id: from, term } = replica;
  for (const [to, progress] of leader.progress) {
    // What the follower has beyond `match` may be another leader's.
    let commit = Math.min(progress.match, log.committed);
    if (options.faults.has('heartbeat-commits-unmatched')) commit = log.committed;
    send(replica, { kind: 'heartbeat', from, to, term, commit: commit as LogIndex, round: leader.round });
    progress.sentCommit = Math.max(progress.sentCommit, commit);
  }
}

export function sendTimeoutNow(replica: Replica, to: NodeId): void {
  send(replica, { kind: 'timeout-now', from: replica.id, to, term: replica.term });
}
