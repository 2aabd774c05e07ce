// The shapes of a consensus log, shared by consensus (which decides) and journal (which keeps them on disk).
import type { GroupId, LogIndex, NodeId, Term } from './ids.ts';

/**
 * `noop` opens a leader's term; `config` holds an encoded ConfigState change; `data` is opaque to consensus.
 */
export type EntryKind = 'noop' | 'data' | 'config';

export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}

/** What a replica must remember over a restart, besides its entries (Raft paper, figure 2). */
export interface HardState {
  readonly term: Term;
  readonly vote: NodeId | null;
  readonly commit: LogIndex;
}

/**
 * A membership of a group. `outgoing` is not empty only during a joint configuration, in which a decision
 * needs a majority of `voters` and a majority of `outgoing` (Raft dissertation, section 4.3). Lists are
 * sorted and free of repeats.
 */
export interface ConfigState {
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Nodes that are voters in `outgoing` and become learners when the joint configuration is left. */
  readonly learnersNext: readonly NodeId[];
  /** Whether the leader leaves the joint configuration by itself as soon as it is committed. */
  readonly autoLeave: boolean;
}

/** The lists of nodes, in the order in which they are written down. */
export const nodeLists = ({ voters, outgoing, learners, learnersNext }: ConfigState) =>
  [voters, outgoing, learners, learnersNext] as const;

/** Every node that the configuration names. One may stand there twice. */
export const namedNodes = (config: ConfigState): NodeId[] => nodeLists(config).flat();

/**
 * Where a log begins: everything up to and including `index` is in the state machine and no longer in the
 * log.
 */
export interface SnapshotMeta {
  readonly index: LogIndex;
  readonly term: Term;
  readonly config: ConfigState;
}

/**
 * One group's part of one write to the write-ahead log. The order of the fields is the order in which they
 * take effect.
 */
export interface LogWrite {
  readonly group: GroupId;
  /**
   * The log now begins here; entries up to `index` may go. With `discard`, all earlier entries go (snapshot
   * installed).
   */
  readonly snapshot?: SnapshotMeta & { readonly discard: boolean };
  /** To append. If the first index is not beyond the end, everything from that index on is replaced. */
  readonly entries?: readonly Entry[];
  readonly hardState?: HardState;
}

/** What the write-ahead log holds of one group after a restart. */
export interface RecoveredGroup {
  readonly group: GroupId;
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta;
  /** Contiguous, from `snapshot.index + 1`. */
  readonly entries: readonly Entry[];
}
