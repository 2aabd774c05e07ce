// Moving the whole state of a group to a replica that the log cannot bring up to date. The sender reads a
// frozen view of its store in chunks; the receiver stores them under a new generation, which takes over in
// one batch at the end.
//
// Invariants
//  S1  A chunk is sent after the previous one was accepted: at most one is under way per stream.
//  S2  A received state replaces the present one only when it is complete and consensus accepts it.
import type { GroupId, Millis, NodeId } from '../../base/ids.ts';
import type { SnapshotMeta } from '../../base/log.ts';
import type { Message, SnapshotToSend } from '../../cluster/consensus/index.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { Frame } from '../../cluster/wire.ts';
import { WATCH } from '../../journal/key-kinds.ts';
import { GroupKeys, type KeyRange, restOf } from '../../journal/keys.ts';
import type { StoreOp } from '../../journal/store-port.ts';
import type { StepContext } from '../step-context.ts';
import type { KeyValue } from '../types.ts';
import type { Groups } from './groups.ts';

interface Outgoing {
  readonly replica: Replica;
  readonly to: NodeId;
  readonly view: number;
  readonly message: Message;
  readonly range: KeyRange;
  readonly stream: number;
  number: number;
  next: Uint8Array;
  finished: boolean;
  /** Chunks that were sent and not taken count as lost after this time. */
  deadline: Millis;
}

interface Incoming {
  readonly from: NodeId;
  readonly stream: number;
  readonly generation: number;
  number: number;
  /** Of the meta group, whose state is held in memory: its rows. */
  readonly rows: KeyValue[];
  whole: SnapshotMeta | undefined;
  /** Consensus took it, and it is being made durable: until then nothing else may come in. */
  installing: boolean;
}

const CHUNK_ROWS = 2000;
const CHUNK_TIMEOUT_MS = 5000;
const STREAMS_MAX = 4;

export class SnapshotTransfer {
  readonly #context: StepContext;
  readonly #groups: Pick<Groups, 'get' | 'takeOver'>;
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #waiting: { readonly replica: Replica; readonly wanted: SnapshotToSend }[] = [];
  readonly #incoming = new Map<GroupId, Incoming>();
  #nextStream: number;

  constructor(context: StepContext, groups: Pick<Groups, 'get' | 'takeOver'>, firstStream: number) {
    this.#context = context;
    this.#groups = groups;
    this.#nextStream = firstStream;
  }

  // ── Sender ──

  want(replica: Replica, wanted: SnapshotToSend): void {
    if (this.#outgoing.size >= STREAMS_MAX) this.#waiting.push({ replica, wanted });
    else this.#open(replica, wanted);
  }

  #open(replica: Replica, { to, term }: SnapshotToSend): void {
    const { group, position } = replica;
    const name = `${group}>${to}`;
    if (this.#outgoing.has(name)) return;
    const range = new GroupKeys(group, position.generation).range();
    const meta = replica.raft.snapshotMeta(position.appliedIndex);
    const outgoing: Outgoing = {
      replica,
      to,
      view: this.#context.effects.openView(),
      message: { kind: 'snapshot', from: this.#context.self.node, to, term, meta },
      range,
      stream: this.#nextStream++,
      number: 0,
      next: range.from,
      finished: false,
      deadline: Number.POSITIVE_INFINITY,
    };
    this.#outgoing.set(name, outgoing);
    this.#sendChunk(name, outgoing);
  }

  #sendChunk(name: string, outgoing: Outgoing): void {
    const { replica, view, range, to, stream } = outgoing;
    this.#context.effects.scan({ from: outgoing.next, to: range.to, limit: CHUNK_ROWS, view }, (found) => {
      if (this.#outgoing.get(name) !== outgoing) return;
      outgoing.finished = 'rest' in found;
      if ('part' in found) outgoing.next = found.next;
      const rows = ('rest' in found ? found.rest : found.part).map(
        ([key, value]) => [restOf(key), value] as const,
      );
      // A seeded mistake.
      const drops = this.#context.faults.has('watch-lost-at-snapshot-transfer');
      outgoing.number++;
      outgoing.deadline = this.#context.time.now + CHUNK_TIMEOUT_MS;
      const last = outgoing.finished ? outgoing.message : null;
      this.#context.effects.send(to, 'bulk', {
        kind: 'chunk',
        group: replica.group,
        stream,
        number: outgoing.number,
        rows: drops ? rows.filter(([rest]) => rest[0] !== WATCH) : rows,
        last,
      });
    });
  }

  chunkTaken(from: NodeId, frame: Frame & { kind: 'chunk-taken' }): void {
    const name = `${frame.group}>${from}`;
    const outgoing = this.#outgoing.get(name);
    if (outgoing === undefined || outgoing.stream !== frame.stream || outgoing.number !== frame.number)
      return;
    outgoing.deadline = Number.POSITIVE_INFINITY;
    if (!frame.accepted) this.#close(name, outgoing, false);
    else if (outgoing.finished) this.#close(name, outgoing, true);
    else this.#sendChunk(name, outgoing);
  }

  #close(name: string, outgoing: Outgoing, moved: boolean): void {
    this.#outgoing.delete(name);
    this.#context.effects.closeView(outgoing.view);
    outgoing.replica.raft.reportSnapshot(outgoing.to, moved);
    outgoing.replica.pump();
    this.#openWaiting();
  }

  /**
   * Of those that wait, some are not led by this node any more: they must not keep the others from their
   * turn.
   */
  #openWaiting(): void {
    while (this.#outgoing.size < STREAMS_MAX) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.replica.isLeader) this.#open(next.replica, next.wanted);
    }
  }

  tick(): void {
    const { now } = this.#context.time;
    for (const [name, outgoing] of this.#outgoing)
      if (now >= outgoing.deadline) this.#close(name, outgoing, false);
  }

  disconnected(peer: NodeId): void {
    for (const [name, outgoing] of this.#outgoing)
      if (outgoing.to === peer) this.#close(name, outgoing, false);
  }

  // ── Receiver ──

  /** Without `room` on the disk nothing is taken. */
  chunk(from: NodeId, frame: Frame & { kind: 'chunk' }, room: boolean): void {
    const { group, stream, number, rows, last } = frame;
    const taken = (accepted: boolean) =>
      this.#context.effects.send(from, 'bulk', { kind: 'chunk-taken', group, stream, number, accepted });
    const replica = this.#groups.get(group);
    if (replica === undefined || !room) return taken(false);
    const incoming = number === 1 ? this.#begin(replica, from, stream) : this.#incoming.get(group);
    if (
      incoming === undefined ||
      incoming.from !== from ||
      incoming.stream !== stream ||
      incoming.whole !== undefined
    )
      return;
    if (number === incoming.number) return taken(true);
    if (number !== incoming.number + 1) return taken(false);
    incoming.number = number;
    const keys = new GroupKeys(group, incoming.generation);
    const whole = rows.map(([rest, value]): KeyValue => [keys.placed(rest), value]);
    this.#context.effects.store(whole.map(([key, value]): StoreOp => ({ kind: 'put', key, value })));
    if (group === 0) incoming.rows.push(...whole);
    if (last?.kind === 'snapshot') {
      incoming.whole = last.meta;
      replica.raft.step(last);
      replica.pump();
      // Consensus took it, or had no use for it.
      if (!incoming.installing) this.#drop(group, incoming);
    }
    taken(true);
  }

  #begin(replica: Replica, from: NodeId, stream: number): Incoming | undefined {
    const { group } = replica;
    const before = this.#incoming.get(group);
    if (before !== undefined) {
      if (before.from === from && before.stream === stream) return before;
      if (before.whole !== undefined) return undefined;
      this.#drop(group, before);
    }
    const generation = Math.max(replica.position.generation, before?.generation ?? 0) + 1;
    // A crash may have left rows of an unfinished attempt under the same generation.
    this.#context.effects.store([{ kind: 'delete-range', ...new GroupKeys(group, generation).range() }]);
    const incoming: Incoming = {
      from,
      stream,
      generation,
      number: 0,
      rows: [],
      whole: undefined,
      installing: false,
    };
    this.#incoming.set(group, incoming);
    return incoming;
  }

  #drop(group: GroupId, incoming: Incoming): void {
    this.#incoming.delete(group);
    this.#context.effects.store([
      { kind: 'delete-range', ...new GroupKeys(group, incoming.generation).range() },
    ]);
  }

  /** Consensus offers the snapshot that has just come in whole: let it take over. */
  install(replica: Replica, meta: SnapshotMeta): void {
    const { group } = replica;
    const incoming = this.#incoming.get(group);
    if (incoming?.whole === undefined || incoming.whole.index !== meta.index) {
      replica.raft.snapshotRefused();
      return;
    }
    incoming.installing = true;
    const old = new GroupKeys(group, replica.position.generation).range();
    this.#groups.takeOver(replica, meta, incoming.generation, group === 0 ? incoming.rows : undefined);
    this.#context.effects.flush(() => {
      this.#incoming.delete(group);
      replica.install(meta, incoming.generation);
      this.#context.effects.store([{ kind: 'delete-range', ...old }]);
    });
  }
}
