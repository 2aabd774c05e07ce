// A replica's orders to its shell. The shell takes one Ready after another and carries each out as written
// here.
import type { LogIndex, NodeId, Term } from '../../base/ids.ts';
import type { ConfigState, Entry, HardState, SnapshotMeta } from '../../base/log.ts';
import type { Message } from './message.ts';

export type RoleName = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

export interface RoleReport {
  readonly role: RoleName;
  /** The leader of `term` as far as this replica knows. */
  readonly leader: NodeId | null;
  readonly term: Term;
}

/** The follower `to` needs the state machine's data as of `atLeast` or later. */
export interface SnapshotToSend {
  readonly to: NodeId;
  readonly term: Term;
  readonly atLeast: LogIndex;
}

/** A read may be answered once the state machine has applied `index`. */
export interface ReadState {
  /** As given to `readIndex`. */
  readonly context: number;
  readonly index: LogIndex;
}

export interface Ready {
  /**
   * Number of the newest write that this replica has asked for, this one included. When the writes up to it
   * are durable the shell calls `persisted(serial)`.
   */
  readonly serial: number;
  /**
   * There is something to write: `hardState`, `entries` or both, as one write that takes effect whole or not
   * at all.
   */
  readonly mustSync: boolean;
  /**
   * Written together with `entries`, never after them: a log must not outlive the commit index that came with
   * it.
   */
  readonly hardState?: HardState;
  /**
   * To append. If the first index is not beyond the end of the written log, everything from that index on is
   * replaced.
   */
  readonly entries: readonly Entry[];
  /** To send at once. */
  readonly messages: readonly Message[];
  /** To send when the writes up to `serial` are durable, not before, and only what `Raft.stillHolds` then. */
  readonly messagesAfterPersist: readonly Message[];
  /** To apply, in order, to the state machine; then `applied(last index)`. All of them are durable here. */
  readonly committed: readonly Entry[];
  /**
   * Reads of this leadership that are confirmed. Losing leadership voids the reads that have not come out.
   */
  readonly readStates: readonly ReadState[];
  /** Set when the role, the known leader or the term changed. */
  readonly role?: RoleReport;
  /** Set when a configuration came into force here. */
  readonly config?: ConfigState;
  /**
   * Each: take the state machine's data at some applied index ≥ `atLeast`, move it to `to`, and at its end
   * deliver there `{kind: 'snapshot', from, to, term, meta: snapshotMeta(index)}`; then `reportSnapshot(to,
   * moved)`.
   */
  readonly snapshotsToSend: readonly SnapshotToSend[];
  /**
   * Make the state that came with this offer the state machine's, durably; then start the log there, durably
   * (as a `LogWrite.snapshot` with `discard`, in order with the other writes); then
   * `snapshotInstalled(meta)`. Nothing is committed or appended in between. If it cannot be done:
   * `snapshotRefused()`.
   */
  readonly snapshotToInstall?: SnapshotMeta;
}

/** The answer to a proposal. */
export type Proposed =
  | { readonly ok: true; readonly firstIndex: LogIndex; readonly term: Term }
  | { readonly ok: false; readonly reason: 'not-leader' | 'transferring' | 'overloaded' };

export type ConfigProposed =
  | { readonly ok: true; readonly index: LogIndex; readonly term: Term }
  | {
      readonly ok: false;
      /**
       * `pending`: another change, or the opening of this term, is not applied yet. `invalid`: see `problem`.
       */
      readonly reason: 'not-leader' | 'transferring' | 'pending' | 'invalid';
      readonly problem: string;
    };

export type TransferAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'not-leader' | 'not-a-voter' };

export type ReadAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'not-leader' | 'overloaded' };
