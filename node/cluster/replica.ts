// One replica of one group: a Raft core with its log on disk and its state machine in the store.
//
// Invariants
//  R1  A message that claims durability leaves only after the write is durable.
//  R2  The state and the applied index change in one batch of the store.
//  R3  The log is cut only up to what the store holds durably.
import { invariant } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type GroupId, type LogIndex, logIndex, type NodeId, type Term, term } from '../base/ids.ts';
import type { ConfigState, Entry, HardState, LogWrite, RecoveredGroup, SnapshotMeta } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { GroupKeys } from '../journal/keys.ts';
import {
  configOf,
  decodeConfig,
  EMPTY_CONFIG,
  type Message,
  Raft,
  type RaftOptions,
  type Ready,
  type RoleReport,
  type SnapshotToSend,
} from './consensus/index.ts';

/** What a replica stores beside its state, in the same batch. */
export interface Position {
  readonly generation: number;
  readonly appliedIndex: LogIndex;
  readonly appliedTerm: Term;
  /** Where the generation began: the index of its snapshot. All behind that came through the log. */
  readonly begins: LogIndex;
  readonly config: ConfigState;
}

/** What a replica needs of the node. */
export interface ReplicaOwner {
  persist(write: LogWrite, sync: boolean, done: () => void): void;
  /** `done` runs once everything that was asked to be persisted so far is durable: at once, if it is. */
  afterPersist(done: () => void): void;
  sendRaft(group: GroupId, message: Message): void;
  /** Stores what the entries do, with the new position, in one batch; then releases what waited for them. */
  apply(replica: Replica, entries: readonly Entry[], position: Position): void;
  roleChanged(replica: Replica, report: RoleReport): void;
  readConfirmed(replica: Replica, context: number, index: LogIndex): void;
  snapshotWanted(replica: Replica, wanted: SnapshotToSend): void;
  /** Make the received state of `meta` durable, then call `install`; or `refuseSnapshot`. */
  snapshotOffered(replica: Replica, meta: SnapshotMeta): void;
}

export interface ReplicaStart {
  readonly group: GroupId;
  readonly self: NodeId;
  readonly random: Random;
  readonly options: Partial<RaftOptions>;
  /** See RaftStart. */
  readonly clock?: number;
  readonly recovered: RecoveredGroup;
  readonly position: Position;
}

/**
 * What the first replica of a new group starts from: the log begins at 1, so that every other gets a snapshot
 * first.
 */
export function firstGroup(group: GroupId, self: NodeId): { recovered: RecoveredGroup; position: Position } {
  const config = configOf([self]);
  const recovered: RecoveredGroup = {
    group,
    hardState: { term: term(1), vote: null, commit: logIndex(1) },
    snapshot: { index: logIndex(1), term: term(1), config },
    entries: [],
  };
  return {
    recovered,
    position: { generation: 1, appliedIndex: logIndex(1), appliedTerm: term(1), begins: logIndex(1), config },
  };
}

/** Of a state that was received whole. */
export function positionOf({ index, term, config }: SnapshotMeta, generation: number): Position {
  return { generation, appliedIndex: index, appliedTerm: term, begins: index, config };
}

/** What a replica starts from that has heard of its group for the first time. */
export function emptyGroup(group: GroupId): { recovered: RecoveredGroup; position: Position } {
  const nothing = { index: logIndex(0), term: term(0), config: EMPTY_CONFIG };
  return {
    recovered: {
      group,
      hardState: { term: term(0), vote: null, commit: logIndex(0) },
      snapshot: nothing,
      entries: [],
    },
    position: {
      generation: 0,
      appliedIndex: logIndex(0),
      appliedTerm: term(0),
      begins: logIndex(0),
      config: EMPTY_CONFIG,
    },
  };
}

/**
 * Reconciles the log with the store after a restart. A crash between the two steps of a snapshot's
 * installation leaves the store ahead of the log; the log then begins anew at the store's position, and
 * `write` says so to the disk. A store behind the beginning of the log has lost what was durable: throws
 * `journal-damaged`. A log that does not hold what the store took from it has, too: throws `log-damaged`.
 */
export function reconcile(
  recovered: RecoveredGroup,
  position: Position,
): { readonly recovered: RecoveredGroup; readonly write: LogWrite | undefined } {
  const { snapshot, entries, hardState, group } = recovered;
  if (position.appliedIndex < snapshot.index) {
    const message = `The store holds group ${group} only up to entry ${position.appliedIndex}; the log begins behind ${snapshot.index}.`;
    throw new SeqNodeError('journal-damaged', message, { group });
  }
  const commit = logIndex(Math.max(hardState.commit, position.appliedIndex));
  const termAt =
    position.appliedIndex === snapshot.index
      ? snapshot.term
      : entries[position.appliedIndex - snapshot.index - 1]?.term;
  if (termAt === position.appliedTerm)
    return { recovered: { ...recovered, hardState: { ...hardState, commit } }, write: undefined };
  if (position.appliedIndex > position.begins) {
    const end = snapshot.index + entries.length;
    const message = `The log of group ${group} ends with entry ${end}, and does not hold entry ${position.appliedIndex} of term ${position.appliedTerm}, which the store took from it.`;
    throw new SeqNodeError('log-damaged', message, { group });
  }
  const meta = { index: position.appliedIndex, term: position.appliedTerm, config: position.config };
  const newTerm = term(Math.max(hardState.term, position.appliedTerm));
  const newState = { term: newTerm, vote: newTerm === hardState.term ? hardState.vote : null, commit };
  return {
    recovered: { group, hardState: newState, snapshot: meta, entries: [] },
    write: { group, snapshot: { ...meta, discard: true }, hardState: newState },
  };
}

export class Replica {
  readonly group: GroupId;
  readonly raft: Raft;
  readonly #owner: ReplicaOwner;
  #position: Position;
  /** Index of the first entry that is in the log. */
  #logStart: LogIndex;
  #logBytes = 0;
  #report: RoleReport;
  #written: HardState;

  constructor(start: ReplicaStart, owner: ReplicaOwner) {
    this.group = start.group;
    this.#owner = owner;
    this.#position = start.position;
    const { hardState, snapshot, entries } = start.recovered;
    this.#logStart = snapshot.index;
    this.#written = hardState;
    this.#report = { role: 'follower', leader: null, term: hardState.term };
    for (const entry of entries) this.#logBytes += entry.data.length;
    this.raft = Raft.create({
      id: start.self,
      random: start.random,
      options: start.options,
      ...(start.clock !== undefined && { clock: start.clock }),
      hardState,
      snapshot,
      entries,
      applied: start.position.appliedIndex,
    });
  }

  get position(): Position {
    return this.#position;
  }

  /** The keys of its state in the store. */
  get keys(): GroupKeys {
    return new GroupKeys(this.group, this.#position.generation);
  }

  get report(): RoleReport {
    return this.#report;
  }

  get config(): ConfigState {
    return this.raft.config;
  }

  get isLeader(): boolean {
    return this.#report.role === 'leader';
  }

  /** Entries and bytes that the log holds beyond its start, of what is applied. */
  get logSize(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#position.appliedIndex - this.#logStart, bytes: this.#logBytes };
  }

  /** Carries out all that the core is ready for. To be called after every input to `raft`. */
  pump(): void {
    for (let ready = this.raft.takeReady(); ready !== undefined; ready = this.raft.takeReady())
      this.#carryOut(ready);
  }

  #carryOut(ready: Ready): void {
    for (const message of ready.messages) this.#owner.sendRaft(this.group, message);
    this.#write(ready);
    // A leader that lost its office must know before anything else is applied (its waiting clients are told
    // to retry).
    if (ready.role !== undefined) {
      this.#report = ready.role;
      this.#owner.roleChanged(this, ready.role);
    }
    if (ready.committed.length > 0) this.#apply(ready.committed);
    for (const { context, index } of ready.readStates) this.#owner.readConfirmed(this, context, index);
    for (const wanted of ready.snapshotsToSend) this.#owner.snapshotWanted(this, wanted);
    if (ready.snapshotToInstall !== undefined) this.#owner.snapshotOffered(this, ready.snapshotToInstall);
  }

  #write(ready: Ready): void {
    const { serial, hardState, entries, messagesAfterPersist } = ready;
    const write: LogWrite = {
      group: this.group,
      ...(entries.length > 0 && { entries }),
      ...(hardState !== undefined && { hardState }),
    };
    for (const entry of entries) this.#logBytes += entry.data.length;
    const nothing = hardState === undefined && entries.length === 0;
    if (nothing && messagesAfterPersist.length === 0) return;
    const done = () => {
      for (const message of messagesAfterPersist)
        if (this.raft.stillHolds(message)) this.#owner.sendRaft(this.group, message);
      this.raft.persisted(serial);
      this.pump();
    };
    if (nothing) this.#owner.afterPersist(done);
    else this.#owner.persist(write, !this.#isCommitOnly(ready), done);
    if (hardState !== undefined) this.#written = hardState;
  }

  // A commit index may be lost: the next leader tells it again. So it need not be waited for.
  #isCommitOnly({ hardState, entries, messagesAfterPersist }: Ready): boolean {
    if (entries.length > 0 || messagesAfterPersist.length > 0) return false;
    return hardState?.term === this.#written.term && hardState.vote === this.#written.vote;
  }

  #apply(entries: readonly Entry[]): void {
    const last = entries.at(-1)!;
    invariant(
      entries[0]!.index === this.#position.appliedIndex + 1,
      () => `group ${this.group}: entries are applied out of order`,
    );
    this.#position = {
      generation: this.#position.generation,
      appliedIndex: last.index,
      appliedTerm: last.term,
      begins: this.#position.begins,
      config: entries.reduce(
        (config, entry) => (entry.kind === 'config' ? decodeConfig(entry.data) : config),
        this.#position.config,
      ),
    };
    this.#owner.apply(this, entries, this.#position);
    this.raft.applied(last.index);
  }

  /** The received state is the store's, durably, under `generation`: let the log begin there. */
  install(meta: SnapshotMeta, generation: number): void {
    this.#position = positionOf(meta, generation);
    this.#logStart = meta.index;
    this.#logBytes = 0;
    this.#owner.persist({ group: this.group, snapshot: { ...meta, discard: true } }, true, () => {
      this.raft.snapshotInstalled(meta);
      this.pump();
    });
  }

  /**
   * Cuts the log up to `index`, which the store holds durably. `bytes` of entries stay behind it, roughly.
   */
  compact(index: LogIndex): void {
    invariant(
      index <= this.#position.appliedIndex,
      () => `group ${this.group}: the log is cut beyond what is applied`,
    );
    if (index <= this.#logStart) return;
    const meta = this.raft.snapshotMeta(index);
    const share = (index - this.#logStart) / (this.#position.appliedIndex - this.#logStart);
    this.#logBytes = Math.round(this.#logBytes * (1 - share));
    this.#logStart = index;
    this.raft.compact(index);
    this.#owner.persist({ group: this.group, snapshot: { ...meta, discard: false } }, false, () => {});
  }
}
