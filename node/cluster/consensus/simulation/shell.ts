// A node of the simulated group: a Raft replica, and a shell whose disk writes, applies and snapshot
// transfers end only when the schedule says so. What a crash keeps is what had ended, and perhaps some of
// what had not.
import { invariant } from '../../../base/assert.ts';
import type { LogIndex, NodeId, Term } from '../../../base/ids.ts';
import type { Entry, HardState, SnapshotMeta } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import { EMPTY_CONFIG } from '../config-change.ts';
import type { Message } from '../message.ts';
import type { RaftOptions } from '../options.ts';
import { Raft } from '../raft.ts';
import type { Ready, SnapshotToSend } from '../ready.ts';

/** The state machine: a digest of everything applied up to `meta.index`. */
export interface State {
  readonly meta: SnapshotMeta;
  readonly digest: number;
}

/** A message, with the data behind it if it is a snapshot. */
export interface Envelope {
  readonly message: Message;
  readonly state?: State;
}

interface Write {
  readonly serial: number;
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  /** Released when this and all earlier writes are durable. */
  readonly messages: Message[];
}

/** What survives a crash. */
export interface Disk {
  hardState: HardState;
  snapshot: SnapshotMeta;
  entries: Entry[];
  /** The state machine as of its last synced write. */
  state: State;
}

export interface ShellEvents {
  readonly send: (node: Shell, envelope: Envelope) => void;
  readonly ready: (node: Shell, ready: Ready) => void;
  readonly applied: (node: Shell, state: State) => void;
}

const NOTHING: SnapshotMeta = { index: 0 as LogIndex, term: 0 as Term, config: EMPTY_CONFIG };

/** The disk of a node that has nothing, or of one that begins with a group's first snapshot. */
export function emptyDisk(snapshot = NOTHING): Disk {
  const hardState = { term: snapshot.term, vote: null, commit: snapshot.index };
  return { hardState, snapshot, entries: [], state: { meta: snapshot, digest: 0 } };
}

export class Shell {
  readonly id: NodeId;
  readonly disk: Disk;
  readonly #random: Random;
  readonly #options: Partial<RaftOptions>;
  readonly #events: ShellEvents;
  raft: Raft | undefined;
  /** Grows with each start, to tell the lives of a node apart. */
  life = 0;
  state: State;
  writes: Write[] = [];
  applies: (readonly Entry[])[] = [];
  sends: SnapshotToSend[] = [];
  /** The data that came with snapshot messages, by index, and the installation under way. */
  readonly staged = new Map<number, State>();
  installing: State | undefined;

  constructor(id: NodeId, random: Random, options: Partial<RaftOptions>, events: ShellEvents, disk: Disk) {
    this.id = id;
    this.#random = random;
    this.#options = options;
    this.#events = events;
    this.state = disk.state;
    this.disk = disk;
    this.start();
  }

  get up(): boolean {
    return this.raft !== undefined;
  }

  start(): void {
    invariant(this.raft === undefined, 'a node that is down is started');
    const { disk } = this;
    this.#finishInstallation();
    this.life++;
    this.state = disk.state;
    this.raft = Raft.create({
      id: this.id,
      random: this.#random,
      options: this.#options,
      hardState: disk.hardState,
      snapshot: disk.snapshot,
      entries: disk.entries,
      applied: disk.state.meta.index,
    });
  }

  /**
   * A crash may have come after the state of a snapshot was installed and before the log was cut: the state
   * leads.
   */
  #finishInstallation(): void {
    const { disk } = this;
    const { meta } = disk.state;
    const held =
      meta.index === disk.snapshot.index ? disk.snapshot : disk.entries[meta.index - disk.snapshot.index - 1];
    if (held?.term === meta.term) return;
    this.#cutLog(meta);
  }

  #cutLog(meta: SnapshotMeta): void {
    const { disk } = this;
    disk.snapshot = meta;
    disk.entries = [];
  }

  /** The process stops at once. Of the writes under way, the first few may have reached the disk. */
  crash(kept: number): void {
    for (const write of this.writes.slice(0, kept)) this.#store(write);
    this.raft = undefined;
    this.writes = [];
    this.applies = [];
    this.sends = [];
    this.staged.clear();
    this.installing = undefined;
  }

  receive(envelope: Envelope): void {
    if (this.raft === undefined) return;
    const { state } = envelope;
    if (state !== undefined) this.staged.set(state.meta.index, state);
    this.raft.step(envelope.message);
  }

  /** Takes every Ready and starts what it asks for. */
  work(): void {
    for (let ready = this.raft?.takeReady(); ready !== undefined; ready = this.raft?.takeReady())
      this.carryOut(ready);
    this.staged.clear();
  }

  carryOut(ready: Ready): void {
    this.#events.ready(this, ready);
    for (const message of ready.messages) this.#events.send(this, { message });
    const { serial, hardState, entries, messagesAfterPersist } = ready;
    if (ready.mustSync) this.writes.push({ serial, hardState, entries, messages: [...messagesAfterPersist] });
    else if (messagesAfterPersist.length > 0) {
      const last = this.writes.at(-1);
      if (last === undefined)
        for (const message of messagesAfterPersist) this.#events.send(this, { message });
      else last.messages.push(...messagesAfterPersist);
    }
    if (ready.committed.length > 0) this.applies.push(ready.committed);
    this.sends.push(...ready.snapshotsToSend);
    if (ready.snapshotToInstall) {
      this.installing = this.staged.get(ready.snapshotToInstall.index);
      invariant(this.installing !== undefined, 'an offer has its data');
    }
  }

  #store(write: Write): void {
    const { disk } = this;
    if (write.hardState) disk.hardState = write.hardState;
    const first = write.entries[0];
    if (first === undefined) return;
    const keep = first.index - disk.snapshot.index - 1;
    invariant(keep >= 0 && keep <= disk.entries.length, 'a write continues or replaces what is on disk');
    disk.entries.splice(keep, disk.entries.length, ...write.entries);
  }

  /** The oldest write under way ends. */
  endWrite(): void {
    const write = this.writes.shift();
    if (write === undefined) return;
    this.#store(write);
    this.raft!.persisted(write.serial);
    for (const message of write.messages)
      if (this.raft!.stillHolds(message)) this.#events.send(this, { message });
  }

  /** The oldest apply under way ends. */
  endApply(): void {
    const entries = this.applies.shift();
    if (entries === undefined) return;
    let { digest } = this.state;
    for (const entry of entries) digest = digestOf(digest, entry);
    const { index } = entries.at(-1)!;
    this.raft!.applied(index);
    this.state = { meta: this.raft!.snapshotMeta(index), digest };
    this.#events.applied(this, this.state);
  }

  /**
   * The installation under way has its state on disk (`stateOnly`), or is over. It waits for all that was
   * asked before.
   */
  endInstallation(stateOnly: boolean): void {
    const state = this.installing;
    if (state === undefined || this.applies.length > 0 || this.writes.length > 0) return;
    this.disk.state = state;
    if (stateOnly) return;
    this.#cutLog(state.meta);
    this.state = state;
    this.installing = undefined;
    this.raft!.snapshotInstalled(state.meta);
    this.#events.applied(this, state);
  }

  abandonInstallation(): void {
    if (this.installing === undefined || this.disk.state === this.installing) return;
    this.installing = undefined;
    this.raft!.snapshotRefused();
  }

  /** The state machine syncs what it holds. */
  sync(): void {
    if (this.installing === undefined) this.disk.state = this.state;
  }

  /** Drops the log up to `index`, if the state machine holds that durably. */
  compact(index: LogIndex): void {
    const { disk } = this;
    if (index <= disk.snapshot.index || index > disk.state.meta.index || this.installing !== undefined)
      return;
    if (index > this.raft!.status().applied) return;
    const meta = this.raft!.snapshotMeta(index);
    disk.entries = disk.entries.slice(index - disk.snapshot.index);
    disk.snapshot = meta;
    this.raft!.compact(index);
  }

  /** The transfer of a snapshot of the present state ends; the answer is what to deliver. */
  endSend(): Envelope | undefined {
    const request = this.sends.shift();
    if (request === undefined || this.installing !== undefined) return undefined;
    const { meta } = this.state;
    invariant(meta.index >= request.atLeast, 'the state machine has applied what it was asked for');
    const { to, term } = request;
    return { message: { kind: 'snapshot', from: this.id, to, term, meta }, state: this.state };
  }
}

/** A digest of the log up to and including an entry. Configurations and opening entries count as well. */
export function digestOf(before: number, entry: Entry): number {
  let digest = (before ^ Math.imul(entry.index, 0x9e3779b1) ^ Math.imul(entry.term, 0x85ebca6b)) | 0;
  for (const byte of entry.data) digest = (Math.imul(digest, 31) + byte + 1) | 0;
  return digest;
}
