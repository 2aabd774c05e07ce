// What a replica is made with. Times are in ticks: the core knows no clock.
import { BATCH_BYTES } from '../../base/data-limits.ts';
import type { LogIndex, NodeId } from '../../base/ids.ts';
import type { Entry, HardState, SnapshotMeta } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';

/**
 * A classic mistake that a test can switch on, to prove that its checkers would see it. Each is one line of
 * the core. Production never sets one.
 */
export type RaftBug =
  /** An append is acknowledged before it is durable. */
  | 'ack-before-fsync'
  /** A vote is sent to the candidate before it is durable. */
  | 'vote-not-persisted'
  /** An entry of an older term is committed because a majority holds it (Raft paper, figure 8). */
  | 'commit-old-term-by-count'
  /** Every append cuts the log behind it, so that a late message takes away what was acknowledged. */
  | 'truncate-on-any-append'
  /** A second configuration change is accepted before the first is applied. */
  | 'overlapping-config-changes'
  /** A leader answers reads on its own word. */
  | 'read-without-quorum'
  /** Elections go without the pre-vote, and a leader without followers stays in office. */
  | 'no-prevote-checkquorum'
  /** A leader that no quorum hears stays in office. */
  | 'never-steps-down'
  /**
   * A write that was overtaken by a truncation still counts when it ends (the ABA race of asynchronous
   * storage).
   */
  | 'stale-persist-counts'
  /** Votes are granted to candidates whose log is behind. */
  | 'vote-for-stale-log'
  /** Heartbeats carry the leader's commit index even to followers whose log is not known to match. */
  | 'heartbeat-commits-unmatched'
  /** A replica campaigns by a configuration that it knows to be outdated. */
  | 'campaign-with-unapplied-config';

export interface RaftOptions {
  /** A follower that hears no leader for this many ticks, to twice as many, campaigns. */
  readonly electionTicks: number;
  /** A leader sends heartbeats every so many ticks. Less than electionTicks. */
  readonly heartbeatTicks: number;
  /** Append messages under way to one follower before the leader waits for an answer. */
  readonly maxInflightMessages: number;
  /** Bytes of entries in one append message; one entry always fits. */
  readonly maxEntriesBytesPerMessage: number;
  /** Bytes of committed entries in one Ready; one entry always fits. */
  readonly maxCommittedBytesPerReady: number;
  /** Bytes of entries that a leader has appended and not yet applied, before it refuses proposals. */
  readonly maxUncommittedBytes: number;
  /** Reads that wait for confirmation before a leader refuses more. */
  readonly maxPendingReads: number;
  /**
   * Followers learn of commits at once, by a separate append if need be. Without it they learn from the next
   * append or heartbeat, which halves the messages of an entry that comes alone.
   */
  readonly commitNotices: boolean;
  /** Ask before campaigning. Off only in tests. */
  readonly preVote: boolean;
  /**
   * Leaders without a majority step down, and followers defend the leader that they hear. Off only in tests.
   */
  readonly checkQuorum: boolean;
  readonly faults: ReadonlySet<RaftBug>;
}

export const DEFAULT_RAFT_OPTIONS: RaftOptions = Object.freeze({
  electionTicks: 10,
  heartbeatTicks: 1,
  maxInflightMessages: 64,
  maxEntriesBytesPerMessage: BATCH_BYTES,
  maxCommittedBytesPerReady: 4 << 20,
  maxUncommittedBytes: 64 << 20,
  maxPendingReads: 10_000,
  commitNotices: true,
  preVote: true,
  checkQuorum: true,
  faults: new Set<RaftBug>(),
});

/** What a replica starts from: the log and the state machine as they stand on its disk. */
export interface RaftStart {
  readonly id: NodeId;
  readonly random: Random;
  readonly options?: Partial<RaftOptions>;
  /**
   * What the shell's clock shows, in ticks: replicas of one node send their heartbeats at the same ticks.
   * Default: 0.
   */
  readonly clock?: number;
  readonly hardState: HardState;
  /** Where the log begins: index 0, term 0 and an empty configuration for a replica that has nothing. */
  readonly snapshot: SnapshotMeta;
  /** Contiguous, from `snapshot.index + 1`. */
  readonly entries: readonly Entry[];
  /** What the state machine holds: at least `snapshot.index`, at most the last index. */
  readonly applied: LogIndex;
}
