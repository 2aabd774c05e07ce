// One replica of one consensus group: a pure, synchronous state machine. Inputs are method calls; what the
// shell has to do comes out of `takeReady`. No clock, no input or output; randomness is passed in.
//
// It follows the Raft paper (Ongaro and Ousterhout, 2014) and dissertation (Ongaro, 2014), with the habits of
// etcd/raft: pre-vote and check-quorum, joint consensus, learners, flow control, read index, asynchronous
// storage.
//
// The shell's loop: give inputs; then `takeReady` until it answers undefined, and carry out each in order.
//  - Write `hardState` and `entries` (one write); when all writes up to `serial` are durable, call
//    `persisted(serial)` and let the `messagesAfterPersist` of the Readys up to there go, those that
//    `stillHolds`. Writes may overlap with further Readys, but end in order.
//  - Send `messages` at once. Any may be lost.
//  - Apply `committed` in order; then `applied(index)`. Config entries take effect by that call.
import { invariant } from '../../base/assert.ts';
import type { LogIndex, NodeId, Term } from '../../base/ids.ts';
import type { ConfigState, Entry, HardState, SnapshotMeta } from '../../base/log.ts';
import {
  answerPreVote,
  answerVote,
  campaign,
  defendsLeader,
  learnCommit,
  ownVoteDurable,
  stepCandidate,
  tickElection,
} from './candidate.ts';
import { type ConfigChange, decodeConfig } from './config-change.ts';
import { acknowledge, handleTimeoutNow, stepFollower } from './follower.ts';
import * as leading from './leader.ts';
import type { Message } from './message.ts';
import type { RaftStart } from './options.ts';
import type {
  ConfigProposed,
  Proposed,
  ReadAnswer,
  Ready,
  RoleReport,
  SnapshotToSend,
  TransferAnswer,
} from './ready.ts';
import { becomeFollower, leaderOf, type Replica, resetTimerBetween, send } from './replica.ts';
import { replicate } from './replication.ts';
import { enforceConfig, replicaOf } from './start.ts';
import { glanceOf, type RaftGlance, type RaftStatus, statusOf } from './status.ts';

export class Raft {
  readonly #replica: Replica;
  /** The last hard state that a write was asked for. */
  #written: HardState;
  /** Number of the newest write asked for, and of the newest that is durable. */
  #serial = 0;
  #durableSerial = 0;
  /** Votes under way to the disk. */
  #pendingVotes: { readonly serial: number; readonly term: Term; readonly vote: NodeId | null }[] = [];
  #reported: RoleReport;
  #reportedConfig: ConfigState;

  private constructor(replica: Replica, written: HardState) {
    this.#replica = replica;
    this.#written = written;
    this.#reported = { role: 'follower', leader: null, term: replica.term };
    this.#reportedConfig = replica.config;
  }

  /** Throws InvariantError if the parts do not fit together. */
  static create(start: RaftStart): Raft {
    return new Raft(replicaOf(start), start.hardState);
  }

  /** One tick of the shell's clock has passed. */
  tick(): void {
    const replica = this.#replica;
    replica.clock++;
    if (replica.role.name === 'leader') leading.tickLeader(replica, replica.role);
    else tickElection(replica);
  }

  /** A message has come. It must be sound: see `parseMessage`. */
  step(message: Message): void {
    const replica = this.#replica;
    if (message.to !== replica.id || message.from === replica.id) return;
    if (message.kind === 'pre-vote-reply') learnCommit(replica, message);
    if (message.term < replica.term) this.#answerEarlierTerm(message);
    else if (message.term === replica.term || this.#meetLaterTerm(message)) this.#stepInTerm(message);
  }

  /**
   * Whether the leader counts on entries here that this log does not hold: it tells to commit only what it
   * was told is durable. Then the disk lost what was acknowledged, and the replica must not take the message,
   * nor any other.
   */
  hasLost(message: Message): boolean {
    const { term, log, installing } = this.#replica;
    if (message.kind !== 'heartbeat' || message.term < term || installing !== null) return false;
    return message.commit > log.lastIndex;
  }

  #stepInTerm(message: Message): void {
    const replica = this.#replica;
    const { role } = replica;
    switch (message.kind) {
      case 'pre-vote':
      case 'vote':
        answerVote(replica, message);
        break;
      case 'pre-vote-reply':
      case 'vote-reply':
        if (role.name === 'candidate' || role.name === 'pre-candidate') stepCandidate(replica, role, message);
        break;
      case 'append':
      case 'heartbeat':
      case 'snapshot':
        stepFollower(replica, message);
        break;
      case 'append-reply':
      case 'heartbeat-reply':
        if (role.name === 'leader') leading.stepLeader(replica, role, message);
        break;
      case 'timeout-now':
        handleTimeoutNow(replica, message);
        break;
    }
  }

  /** Enters the later term of a message, unless it must not raise it. False if the message ends here. */
  #meetLaterTerm(message: Message): boolean {
    const replica = this.#replica;
    const { kind, from, term } = message;
    if (kind === 'pre-vote' || (kind === 'vote' && !message.transfer)) {
      if (defendsLeader(replica)) {
        if (kind === 'pre-vote') answerPreVote(replica, from, replica.term, false);
        return false;
      }
    }
    if (kind === 'pre-vote' || (kind === 'pre-vote-reply' && message.granted)) return true;
    const fromLeader = kind === 'append' || kind === 'heartbeat' || kind === 'snapshot';
    becomeFollower(replica, term, fromLeader ? from : null);
    return true;
  }

  #answerEarlierTerm(message: Message): void {
    const replica = this.#replica;
    if (message.kind === 'append' || message.kind === 'heartbeat' || message.kind === 'snapshot') {
      // An old leader that nobody tells would go on, and with pre-vote nobody's campaign tells it.
      acknowledge(replica, message, replica.log.committed);
    } else if (message.kind === 'pre-vote') {
      answerPreVote(replica, message.from, replica.term, false);
    }
  }

  /** Appends entries of these data, in order, if it leads. The arrays must not change afterwards. */
  propose(datas: readonly Uint8Array[]): Proposed {
    return leading.propose(this.#replica, datas);
  }

  /** Starts a change of the membership if this replica leads and no other change is open. */
  proposeConfig(change: ConfigChange): ConfigProposed {
    return leading.proposeConfig(this.#replica, change);
  }

  /** Hands the leadership to a voter; gives up after an election timeout. To itself: stops a transfer. */
  transferLeadership(to: NodeId): TransferAnswer {
    return leading.transferLeadership(this.#replica, to);
  }

  /** Asks for a linearizable read: a Ready gives `{context, index}`; void once the leadership is lost. */
  readIndex(context: number): ReadAnswer {
    return leading.readIndex(this.#replica, context);
  }

  /** Campaigns now, if this replica may. While others hear the leader they refuse, and nothing happens. */
  campaign(): void {
    campaign(this.#replica, false);
  }

  /**
   * The connection to the leader is lost: stop defending it, and campaign soon, though not all at the same
   * tick.
   */
  leaderUnreachable(): void {
    const replica = this.#replica;
    if (replica.role.name !== 'follower' || replica.role.leader === null) return;
    replica.role.leader = null;
    resetTimerBetween(replica, 1, 1 + Math.floor(replica.options.electionTicks / 2));
  }

  /** A message to `peer` could not be sent. */
  reportUnreachable(peer: NodeId): void {
    const { role } = this.#replica;
    if (role.name !== 'leader') return;
    const progress = role.progress.get(peer);
    if (progress?.state !== 'replicate') return;
    progress.becomeProbe();
    role.dirty = true;
  }

  /**
   * A reluctant replica accepts no leadership, and campaigns only after all others had time to. It votes as
   * ever.
   */
  setReluctant(reluctant: boolean): void {
    this.#replica.reluctant = reluctant;
  }

  /** Members that would drop entries and snapshots, for want of space: a leader sends them none. */
  setResting(nodes: ReadonlySet<NodeId>): void {
    const replica = this.#replica;
    replica.resting = nodes;
    if (replica.role.name === 'leader') replica.role.dirty = true;
  }

  /** The transfer of a snapshot to `peer` has ended: `moved` if the message was delivered behind the data. */
  reportSnapshot(peer: NodeId, moved: boolean): void {
    const { role } = this.#replica;
    if (role.name !== 'leader') return;
    const progress = role.progress.get(peer);
    if (progress?.state !== 'snapshot') return;
    progress.snapshotEnded(moved);
  }

  /**
   * Whether a message that waited for the disk may still go. What was acknowledged in a term that is over may
   * be replaced since, and that by the very write that should have made it durable.
   */
  stillHolds(message: Message): boolean {
    return message.kind !== 'append-reply' || message.term >= this.#replica.term;
  }

  /** The writes up to `serial` are durable. */
  persisted(serial: number): void {
    const replica = this.#replica;
    invariant(serial <= this.#serial, 'a write is durable after it is asked for');
    if (serial <= this.#durableSerial) return;
    this.#durableSerial = serial;
    replica.log.written(serial);
    while (this.#pendingVotes.length > 0 && this.#pendingVotes[0]!.serial <= serial) {
      const { term, vote } = this.#pendingVotes.shift()!;
      if (vote === replica.id) ownVoteDurable(replica, term);
    }
    if (replica.role.name === 'leader') leading.countCopies(replica, replica.role);
  }

  /** The state machine holds everything up to `index`. Config entries up to there come into force. */
  applied(index: LogIndex): void {
    const replica = this.#replica;
    const { log } = replica;
    if (index <= log.applied) return;
    const first = log.applied + 1;
    log.appliedTo(index);
    for (let at = first; at <= index; at++) {
      const entry = log.entryAt(at)!;
      if (entry.kind !== 'config') continue;
      enforceConfig(replica, entry);
      if (replica.role.name === 'leader') leading.leadNewConfig(replica, replica.role);
    }
    if (replica.role.name === 'leader') leading.leaveJointIfDue(replica, replica.role);
    if (replica.campaignWhenApplied) {
      replica.campaignWhenApplied = false;
      campaign(replica, true);
    }
  }

  /** The offered snapshot is the state machine's state and the log's beginning, both durably. */
  snapshotInstalled(meta: SnapshotMeta): void {
    const replica = this.#replica;
    const { installing } = replica;
    invariant(installing?.offered === true, 'a snapshot is installed after it is offered');
    invariant(installing.meta.index === meta.index, 'the snapshot that was offered is installed');
    replica.installing = null;
    replica.log.restore(meta);
    replica.config = meta.config;
    replica.configs = [{ index: meta.index, config: meta.config }];
    replica.configIndex = meta.index;
    const leader = leaderOf(replica);
    if (leader === null) return;
    const { id: from, term } = replica;
    send(replica, { kind: 'append-reply', from, to: leader, term, accepted: true, index: meta.index });
  }

  /** The offered snapshot could not be installed; everything is as before the offer. */
  snapshotRefused(): void {
    this.#replica.installing = null;
  }

  /** Forgets the entries up to `index`, which the state machine holds durably. */
  compact(index: LogIndex): void {
    const replica = this.#replica;
    replica.log.compact(index);
    const { configs } = replica;
    const inForce = configs.findLastIndex((since) => since.index <= replica.log.snapshot.index);
    if (inForce > 0) configs.splice(0, inForce);
  }

  /** What the shell has to do next; undefined if nothing. */
  takeReady(): Ready | undefined {
    if (this.#isIdle()) return undefined;
    const replica = this.#replica;
    const { log, outbox, role } = replica;
    if (role.name === 'leader' && role.dirty) {
      leading.startReads(replica, role);
      replicate(replica, role);
    }
    const { hardState, entries } = this.#takeWrite();
    const committed =
      replica.installing === null ? log.takeCommitted(replica.options.maxCommittedBytesPerReady) : [];
    const report = this.#takeRoleReport();
    const config = replica.config === this.#reportedConfig ? undefined : replica.config;
    this.#reportedConfig = replica.config;
    const snapshotToInstall = this.#takeOffer();
    // Without a write under way, everything said is durable already.
    if (this.#durableSerial === this.#serial) outbox.messages.push(...outbox.afterPersist.splice(0));
    const mustSync = hardState !== undefined || entries.length > 0;
    const idle = !mustSync && committed.length === 0 && !report && !config && !snapshotToInstall;
    if (idle && isEmpty(outbox)) return undefined;
    const ready: { -readonly [K in keyof Ready]: Ready[K] } = {
      serial: this.#serial,
      mustSync,
      entries,
      messages: outbox.messages,
      messagesAfterPersist: outbox.afterPersist,
      committed,
      readStates: outbox.readStates,
      snapshotsToSend: outbox.snapshotsToSend,
    };
    if (hardState) ready.hardState = hardState;
    if (report) ready.role = report;
    if (config) ready.config = config;
    if (snapshotToInstall) ready.snapshotToInstall = snapshotToInstall;
    outbox.messages = [];
    outbox.afterPersist = [];
    outbox.readStates = [];
    outbox.snapshotsToSend = [];
    log.assertSound();
    return ready;
  }

  /** Whether there is nothing to do, as after most ticks of most groups: found without making anything. */
  #isIdle(): boolean {
    const { log, outbox, role, installing, config, term, vote } = this.#replica;
    if ((role.name === 'leader' && role.dirty) || config !== this.#reportedConfig) return false;
    if (term !== this.#written.term || vote !== this.#written.vote || log.hasUnwritten) return false;
    if (installing === null ? log.hasCommitted : !installing.offered) return false;
    if (this.#isReconfigured() || this.#hasTurned()) return false;
    return isEmpty(outbox);
  }

  /** Whether a configuration is committed, and no write says so. */
  #isReconfigured(): boolean {
    const { log, configIndex } = this.#replica;
    return configIndex > Math.max(this.#written.commit, log.snapshotIndex) && configIndex <= log.committed;
  }

  /** Whether role, leader or term are not those that were reported. */
  #hasTurned(): boolean {
    const replica = this.#replica;
    const { role, leader, term } = this.#reported;
    return replica.role.name !== role || replica.term !== term || leaderOf(replica) !== leader;
  }

  /**
   * The next write. A commit index alone is not worth one: it is known again soon after a restart. But it
   * goes along with every entry, so that by R4 a log never outlives the knowledge which of its configurations
   * are committed. The commit of a configuration is worth one: a replica that forgets it needs the previous
   * members again, and they may be gone.
   */
  #takeWrite(): { readonly hardState: HardState | undefined; readonly entries: readonly Entry[] } {
    const { log, term, vote } = this.#replica;
    const turned = term !== this.#written.term || vote !== this.#written.vote;
    if (!turned && !log.hasUnwritten && !this.#isReconfigured())
      return { hardState: undefined, entries: NO_ENTRIES };
    this.#serial++;
    const entries = log.takeUnwritten(this.#serial);
    if (!turned && log.committed === this.#written.commit) return { hardState: undefined, entries };
    this.#written = { term, vote, commit: log.committed };
    if (turned) this.#pendingVotes.push({ serial: this.#serial, term, vote });
    return { hardState: this.#written, entries };
  }

  #takeRoleReport(): RoleReport | undefined {
    const replica = this.#replica;
    if (!this.#hasTurned()) return undefined;
    this.#reported = { role: replica.role.name, leader: leaderOf(replica), term: replica.term };
    return this.#reported;
  }

  #takeOffer(): SnapshotMeta | undefined {
    const { installing } = this.#replica;
    if (installing === null || installing.offered) return undefined;
    installing.offered = true;
    return installing.meta;
  }

  /**
   * What a snapshot of the state machine at `index` says of itself; `index` from the log's beginning to what
   * was given out to apply, so that the shell may ask before it says `applied`.
   */
  snapshotMeta(index: LogIndex): SnapshotMeta {
    const { log, configs } = this.#replica;
    invariant(index >= log.snapshot.index && index <= log.handedOut, 'a snapshot is of what is applied');
    let { config } = configs.findLast((since) => since.index <= index)!;
    for (let at = log.applied + 1; at <= index; at++) {
      const entry = log.entryAt(at)!;
      if (entry.kind === 'config') config = decodeConfig(entry.data);
    }
    return { index, term: log.termAt(index)!, config };
  }

  /** The configuration in force here. */
  get config(): ConfigState {
    return this.#replica.config;
  }

  /** What is read after every step of a simulation: `status` without its lists. */
  glance(): RaftGlance {
    return glanceOf(this.#replica);
  }

  status(): RaftStatus {
    return statusOf(this.#replica);
  }
}

const NO_ENTRIES: readonly Entry[] = Object.freeze([]);

function isEmpty(outbox: {
  messages: Message[];
  afterPersist: Message[];
  readStates: unknown[];
  snapshotsToSend: SnapshotToSend[];
}): boolean {
  const { messages, afterPersist, readStates, snapshotsToSend } = outbox;
  return (
    messages.length === 0 &&
    afterPersist.length === 0 &&
    readStates.length === 0 &&
    snapshotsToSend.length === 0
  );
}
