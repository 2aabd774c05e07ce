// The observable state of a replica, for operators and tests. Plain data.
import type { LogIndex, NodeId, Term } from '../../base/ids.ts';
import type { ConfigState } from '../../base/log.ts';
import type { ProgressState } from './progress.ts';
import type { RoleName } from './ready.ts';
import { leaderOf, type Replica } from './replica.ts';

export interface PeerStatus {
  readonly node: NodeId;
  readonly state: ProgressState;
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly paused: boolean;
  readonly inflight: number;
  /**
   * Whether it has answered this leader, and within an election timeout. One that was only just added has
   * not.
   */
  readonly active: boolean;
}

export interface RaftGlance {
  readonly role: RoleName;
  readonly leader: NodeId | null;
  readonly term: Term;
  readonly config: ConfigState;
  readonly lastIndex: LogIndex;
  readonly committed: LogIndex;
  readonly applied: LogIndex;
}

export interface RaftStatus extends RaftGlance {
  readonly id: NodeId;
  readonly vote: NodeId | null;
  readonly snapshotIndex: LogIndex;
  readonly lastTerm: Term;
  readonly durable: LogIndex;
  /** Bytes of the entries in memory, and of those of them that are not applied. */
  readonly logBytes: number;
  readonly unappliedBytes: number;
  readonly installing: LogIndex | null;
  readonly transferringTo: NodeId | null;
  /** Of a leader: its view of the other members. */
  readonly peers: readonly PeerStatus[];
}

export function glanceOf(replica: Replica): RaftGlance {
  const { role, term, config, log } = replica;
  const { lastIndex, committed, applied } = log;
  return { role: role.name, leader: leaderOf(replica), term, config, lastIndex, committed, applied };
}

export function statusOf(replica: Replica): RaftStatus {
  const { id, role, vote, log, options } = replica;
  const leads = role.name === 'leader' ? role : undefined;
  const peers = [...(leads?.progress ?? [])].map(([node, progress]): PeerStatus => {
    const { state, match, next, paused, inflight, heardAtTick, answered } = progress;
    const active = answered && leads!.ticks - heardAtTick < options.electionTicks;
    return { node, state, match, next, paused, inflight, active };
  });
  return {
    ...glanceOf(replica),
    id,
    vote,
    snapshotIndex: log.snapshot.index,
    lastTerm: log.lastTerm,
    durable: log.durable,
    logBytes: log.bytes,
    unappliedBytes: log.unappliedBytes,
    installing: replica.installing?.meta.index ?? null,
    transferringTo: leads?.transfer?.to ?? null,
    peers,
  };
}
