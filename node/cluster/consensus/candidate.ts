// Elections: campaigning, voting, and the replies that a candidate counts (paper, section 5.2; dissertation,
// section 9.6).
import type { NodeId, Term } from '../../base/ids.ts';
import { isVoter, votersOf } from './config-change.ts';
import { takeOffice } from './leader.ts';
import type { Message, PreVote, PreVoteReply, Vote, VoteReply } from './message.ts';
import { voteResult } from './quorum.ts';
import {
  askAgainSoon,
  becomeCandidate,
  becomeFollower,
  becomePreCandidate,
  type Candidate,
  leaderOf,
  type Replica,
  resetTimer,
  send,
} from './replica.ts';

/**
 * A replica that would vote for another delays its own campaign by this, so that the two do not split the
 * votes.
 */
const YIELD_TICKS = 2;

/** Whether the replica may campaign as far as its own log and configuration say (R5, R6). */
function mayCampaign(replica: Replica): boolean {
  if (replica.role.name === 'leader' || replica.installing !== null) return false;
  if (!isVoter(replica.config, replica.id)) return false;
  return replica.options.faults.has('campaign-with-unapplied-config') || !hasUnappliedConfig(replica);
}

export function hasUnappliedConfig({ log }: Replica): boolean {
  for (let index = log.applied + 1; index <= log.committed; index++)
    if (log.entryAt(index)?.kind === 'config') return true;
  return false;
}

/** Starts an election if the replica may: a pre-vote first, unless the leader itself handed over. */
export function campaign(replica: Replica, transfer: boolean): void {
  if (!mayCampaign(replica)) return;
  const voters = votersOf(replica.config);
  const alone = voters.length === 1;
  if (replica.options.preVote && !transfer && !alone) {
    becomePreCandidate(replica);
    const term = (replica.term + 1) as Term;
    for (const to of voters)
      if (to !== replica.id)
        send(replica, { kind: 'pre-vote', from: replica.id, to, term, ...lastOf(replica) });
    countVote(replica, replica.role as Candidate, replica.id, true);
    return;
  }
  askForVotes(replica, transfer);
}

function askForVotes(replica: Replica, transfer: boolean): void {
  becomeCandidate(replica);
  const { id: from, term } = replica;
  for (const to of votersOf(replica.config))
    if (to !== from) send(replica, { kind: 'vote', from, to, term, ...lastOf(replica), transfer });
}

const lastOf = ({ log }: Replica) => ({ lastIndex: log.lastIndex, lastTerm: log.lastTerm });

/** The replica's own vote for itself in `term` is durable, and counts from now on. */
export function ownVoteDurable(replica: Replica, term: Term): void {
  const { role } = replica;
  if (role.name === 'candidate' && replica.term === term && !role.votes.has(replica.id))
    countVote(replica, role, replica.id, true);
}

function countVote(replica: Replica, role: Candidate, from: Message['from'], granted: boolean): void {
  if (!role.votes.has(from)) role.votes.set(from, granted);
  const result = voteResult(replica.config, role.votes);
  if (result === 'lost') {
    becomeFollower(replica, replica.term, null);
    if (role.name === 'pre-candidate') askAgainSoon(replica);
  } else if (result === 'won') {
    if (role.name === 'pre-candidate') {
      askForVotes(replica, false);
    } else if (role.votes.get(replica.id) === true) {
      takeOffice(replica);
    }
  }
}

/**
 * That an entry is committed is true for good, in any term; and who holds it holds all before it (log
 * matching).
 */
export function learnCommit({ log, role }: Replica, { commit, commitTerm }: PreVoteReply): void {
  if (role.name !== 'leader' && log.holds(commit, commitTerm)) log.commitTo(commit);
}

/** Handles a message of this term. */
export function stepCandidate(replica: Replica, role: Candidate, message: PreVoteReply | VoteReply): void {
  const { kind, from, granted, term } = message;
  if (kind === 'vote-reply') {
    if (role.name === 'candidate') countVote(replica, role, from, granted);
    return;
  }
  if (role.name === 'pre-candidate') {
    // A grant names the term that was asked about; an older one belongs to an earlier question.
    if (!granted || term === replica.term + 1) countVote(replica, role, from, granted);
  }
}

/** Whether the replica hears a leader and so defends it against elections. */
export function defendsLeader(replica: Replica): boolean {
  const { checkQuorum, electionTicks } = replica.options;
  if (!checkQuorum || leaderOf(replica) === null) return false;
  return replica.role.name === 'leader' || replica.elapsedTicks < electionTicks;
}

export function answerPreVote(replica: Replica, to: NodeId, term: Term, granted: boolean): void {
  const { id: from, log } = replica;
  const commit = log.committed;
  send(replica, { kind: 'pre-vote-reply', from, to, term, granted, commit, commitTerm: log.termAt(commit)! });
}

/** Answers a vote or pre-vote of this or, for a pre-vote, a later term. */
export function answerVote(replica: Replica, message: Vote | PreVote): void {
  const { log, options } = replica;
  const isPreVote = message.kind === 'pre-vote';
  const free =
    replica.vote === message.from ||
    (replica.vote === null && leaderOf(replica) === null) ||
    (isPreVote && message.term > replica.term);
  const covered =
    options.faults.has('vote-for-stale-log') || log.isCoveredBy(message.lastIndex, message.lastTerm);
  const granted = free && covered;
  // A grant carries the term that was asked for, so that the candidate does not take it for an old message.
  const reply = {
    from: replica.id,
    to: message.from,
    term: granted ? message.term : replica.term,
    granted,
  };
  if (isPreVote) {
    answerPreVote(replica, message.from, reply.term, granted);
    if (granted && replica.timeoutTicks - replica.elapsedTicks < YIELD_TICKS)
      replica.timeoutTicks = replica.elapsedTicks + YIELD_TICKS;
    return;
  }
  send(replica, { kind: 'vote-reply', ...reply });
  if (granted) {
    replica.vote = message.from;
    replica.elapsedTicks = 0;
  }
}

/** So many election times longer than others a reluctant replica waits before it campaigns. */
const RELUCTANCE = 3;

export function tickElection(replica: Replica): void {
  replica.elapsedTicks++;
  if (replica.elapsedTicks < replica.timeoutTicks) return;
  // A replica without a vote does not campaign. But it must not name a leader for ever that it does not hear:
  // it may have been removed.
  if (replica.role.name === 'follower') replica.role.leader = null;
  const yields = replica.reluctant && votersOf(replica.config).length > 1;
  const patience = yields ? RELUCTANCE * replica.options.electionTicks : 0;
  if (replica.elapsedTicks < replica.timeoutTicks + patience) return;
  resetTimer(replica);
  campaign(replica, false);
}
