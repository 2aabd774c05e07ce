// The state of one replica, and the only transitions between its roles.
//
// Invariants
//  R1. `term` never falls; within a term `vote` is given once and never changed (paper, section 5.2).
//  R2. A replica leads a term only after its own vote in that term is durable and counted among a quorum: it
//      can then, after a crash, not campaign in that term again.
//  R3. Only a candidate becomes leader; a leader becomes nothing but a follower.
//  R4. `config` is the configuration of the last applied config entry, or of the snapshot. It takes effect
//      when it is applied, not when it is appended (etcd/raft). A config entry is appended only when all
//      before it are applied by its proposer, so of all config entries in a log, all but the last are
//      committed.
//  R5. No replica campaigns while it knows of a committed config entry that it has not applied: by R4 its own
//      configuration is then at most one step behind any that decides, and by C4 the quorums overlap.
//  R6. While a snapshot is being installed the log neither grows nor shrinks, nothing is handed out, and the
//      replica does not campaign.
import { invariant } from '../../base/assert.ts';
import type { LogIndex, NodeId, Term } from '../../base/ids.ts';
import type { ConfigState, SnapshotMeta } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { membersOf } from './config-change.ts';
import type { RaftLog } from './log.ts';
import type { Message } from './message.ts';
import type { RaftOptions } from './options.ts';
import { Progress } from './progress.ts';
import type { ReadState, SnapshotToSend } from './ready.ts';

export interface Follower {
  readonly name: 'follower';
  /** The leader of this term, once heard and until it is out of reach. */
  leader: NodeId | null;
}

export interface Candidate {
  /** `pre-candidate` asks whether it would win; `candidate` has raised the term and asks for votes. */
  readonly name: 'pre-candidate' | 'candidate';
  readonly votes: Map<NodeId, boolean>;
}

export interface PendingRead {
  readonly context: number;
  /**
   * The round of heartbeats that confirms it, and the commit index at its start; 0 until the round is sent.
   */
  round: number;
  index: LogIndex;
}

export interface Leader {
  readonly name: 'leader';
  /** One for each other member. */
  readonly progress: Map<NodeId, Progress>;
  /** Ticks in office. */
  ticks: number;
  /** Something may have to be sent. */
  dirty: boolean;
  /** Config entries are appended only when this is applied. */
  pendingConfigIndex: LogIndex;
  transfer: { readonly to: NodeId; readonly startTick: number; asked: boolean } | null;
  /** The leader is no voter any more, and steps down when the entry at this index is committed. */
  leaveAt: LogIndex | null;
  round: number;
  reads: PendingRead[];
}

export type Role = Follower | Candidate | Leader;

/** A configuration and the index from which it is in force. */
export interface ConfigSince {
  readonly index: LogIndex;
  readonly config: ConfigState;
}

export interface Replica {
  readonly id: NodeId;
  readonly options: RaftOptions;
  readonly random: Random;
  readonly log: RaftLog;
  term: Term;
  vote: NodeId | null;
  role: Role;
  config: ConfigState;
  /** The configurations in force from the snapshot to what is applied, by rising index; never empty. */
  configs: ConfigSince[];
  /** The index of the last of them. */
  configIndex: LogIndex;
  /** The shell's clock, in ticks. */
  clock: number;
  /** Ticks since the leader was heard, a vote was given, or a campaign began. */
  elapsedTicks: number;
  /** The `elapsedTicks` at which the replica campaigns. */
  timeoutTicks: number;
  /** The leader handed over, but a configuration must be applied before the campaign. */
  campaignWhenApplied: boolean;
  installing: { readonly meta: SnapshotMeta; readonly from: NodeId; offered: boolean } | null;
  /** Leads only for want of another. */
  reluctant: boolean;
  /** Members that take no entries for a while: see `setResting`. */
  resting: ReadonlySet<NodeId>;
  readonly outbox: {
    messages: Message[];
    afterPersist: Message[];
    readStates: ReadState[];
    snapshotsToSend: SnapshotToSend[];
  };
}

export function leaderOf(replica: Replica): NodeId | null {
  const { role } = replica;
  if (role.name === 'leader') return replica.id;
  return role.name === 'follower' ? role.leader : null;
}

/**
 * Queues a message. Votes asked for or given, and appends acknowledged, speak of what a crash must not take
 * back (term, vote, log), so they leave only after it is durable. Asking for a vote is among them because the
 * votes that come back are given to the log that was claimed.
 */
export function send(replica: Replica, message: Message): void {
  const { outbox } = replica;
  const { faults } = replica.options;
  let binding = message.kind === 'vote' || message.kind === 'vote-reply' || message.kind === 'append-reply';
  if (faults.has('ack-before-fsync') && message.kind === 'append-reply') binding = false;
  if (faults.has('vote-not-persisted') && message.kind === 'vote-reply') binding = false;
  (binding ? outbox.afterPersist : outbox.messages).push(message);
}

/** Starts waiting anew, for one to two election timeouts. */
export function resetTimer(replica: Replica): void {
  const { electionTicks } = replica.options;
  replica.elapsedTicks = 0;
  replica.timeoutTicks = electionTicks + replica.random.below(electionTicks);
}

/** Starts waiting anew, for `min` to `max` ticks. */
export function resetTimerBetween(replica: Replica, min: number, max: number): void {
  replica.elapsedTicks = 0;
  replica.timeoutTicks = min + replica.random.below(Math.max(1, max - min));
}

function enterTerm(replica: Replica, term: Term): void {
  invariant(term >= replica.term, 'R1: terms never fall');
  if (term > replica.term) {
    replica.term = term;
    replica.vote = null;
  }
  replica.campaignWhenApplied = false;
  resetTimer(replica);
}

export function becomeFollower(replica: Replica, term: Term, leader: NodeId | null): void {
  enterTerm(replica, term);
  replica.role = { name: 'follower', leader };
}

/**
 * A pre-vote costs nobody anything, so the next may come soon. (A vote raises the others' terms and makes
 * them wait anew, so it may not: one who cannot win would keep those who can from trying.)
 */
export function askAgainSoon(replica: Replica): void {
  const { electionTicks } = replica.options;
  resetTimerBetween(replica, Math.ceil(electionTicks / 4), electionTicks);
}

export function becomePreCandidate(replica: Replica): void {
  invariant(replica.role.name !== 'leader', 'R3: a leader does not campaign');
  enterTerm(replica, replica.term);
  askAgainSoon(replica);
  replica.role = { name: 'pre-candidate', votes: new Map() };
}

export function becomeCandidate(replica: Replica): void {
  invariant(replica.role.name !== 'leader', 'R3: a leader does not campaign');
  enterTerm(replica, (replica.term + 1) as Term);
  // Votes that are split are soon asked for again. Only with pre-vote, for the reason given above.
  const { electionTicks, preVote } = replica.options;
  if (preVote) resetTimerBetween(replica, Math.ceil(electionTicks / 2), electionTicks);
  replica.vote = replica.id;
  replica.role = { name: 'candidate', votes: new Map() };
}

export function becomeLeader(replica: Replica): Leader {
  const { role, log, config } = replica;
  invariant(role.name === 'candidate', 'R3: only a candidate becomes leader');
  invariant(
    replica.vote === replica.id && role.votes.get(replica.id) === true,
    'R2: its own vote is durable',
  );
  enterTerm(replica, replica.term);
  const leader: Leader = {
    name: 'leader',
    progress: new Map(),
    ticks: 0,
    dirty: true,
    pendingConfigIndex: log.lastIndex,
    transfer: null,
    leaveAt: null,
    round: 0,
    reads: [],
  };
  for (const node of membersOf(config)) if (node !== replica.id) track(replica, leader, node);
  replica.role = leader;
  return leader;
}

/**
 * Begins to follow the progress of a member. It counts as heard now, so that it has an election timeout to
 * answer.
 */
export function track(replica: Replica, leader: Leader, node: NodeId): void {
  const next = (replica.log.lastIndex + 1) as LogIndex;
  const progress = new Progress(next, replica.options.maxInflightMessages, leader.ticks);
  progress.wantsEmpty = true;
  leader.progress.set(node, progress);
}
