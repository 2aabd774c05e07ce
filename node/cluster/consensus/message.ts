// What replicas of one group say to each other. All messages are plain data: strings, numbers, booleans, byte arrays.
// The shell adds the group, carries them, and may lose, repeat, delay or reorder any of them.
import type { LogIndex, NodeId, Term } from '../../base/ids.ts';
import type { Entry, SnapshotMeta } from '../../base/log.ts';

interface Addressed {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's term; in a pre-vote, and in a reply that grants one, the term that the sender would campaign for. */
  readonly term: Term;
}

/** Would you vote for me? Binds nobody and changes no term (dissertation, section 9.6). */
export interface PreVote extends Addressed {
  readonly kind: 'pre-vote';
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

export interface PreVoteReply extends Addressed {
  readonly kind: 'pre-vote-reply';
  readonly granted: boolean;
}

export interface Vote extends Addressed {
  readonly kind: 'vote';
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** The leader itself asked for this election, so nobody defends it. */
  readonly transfer: boolean;
}

export interface VoteReply extends Addressed {
  readonly kind: 'vote-reply';
  readonly granted: boolean;
}

export interface Append extends Addressed {
  readonly kind: 'append';
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  /** Contiguous from `prevIndex + 1`; may be empty. */
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
}

export interface AppendAccepted extends Addressed {
  readonly kind: 'append-reply';
  readonly accepted: true;
  /** The sender's durable log equals the leader's up to and including this index. */
  readonly index: LogIndex;
}

export interface AppendRejected extends Addressed {
  readonly kind: 'append-reply';
  readonly accepted: false;
  /** The `prevIndex` that was refused. */
  readonly index: LogIndex;
  /** The highest position at which the logs may still agree, and the term that the sender has there. */
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
}

export type AppendReply = AppendAccepted | AppendRejected;

export interface Heartbeat extends Addressed {
  readonly kind: 'heartbeat';
  /** Never beyond what the receiver is known to hold. */
  readonly commit: LogIndex;
  /** Number of the newest read round of this leadership; 0 before the first. Echoed in the reply. */
  readonly round: number;
}

export interface HeartbeatReply extends Addressed {
  readonly kind: 'heartbeat-reply';
  readonly round: number;
}

/** Delivered by the shell after it has moved the state of `meta.index` to the receiver's side. */
export interface Snapshot extends Addressed {
  readonly kind: 'snapshot';
  readonly meta: SnapshotMeta;
}

/** From the leader to the node that it hands over to: campaign now. */
export interface TimeoutNow extends Addressed {
  readonly kind: 'timeout-now';
}

export type Message =
  | PreVote
  | PreVoteReply
  | Vote
  | VoteReply
  | Append
  | AppendReply
  | Heartbeat
  | HeartbeatReply
  | Snapshot
  | TimeoutNow;
