// The groups with a replica on this node: their start, the effects of committed entries, and their leaders.
//
// Invariants
//  G1  The rows of an entry and the position behind it are one batch of the store.
//  G2  A shard's leader exists exactly while this node leads the shard, and belongs to one term.
import { InvariantError } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type GroupId, groupId, type LogIndex, META_GROUP, type NodeId, type Term } from '../../base/ids.ts';
import {
  type Entry,
  type LogWrite,
  namedNodes,
  type RecoveredGroup,
  type SnapshotMeta,
} from '../../base/log.ts';
import {
  quorumReached,
  type RaftBug,
  type RoleReport,
  type SnapshotToSend,
} from '../../cluster/consensus/index.ts';
import { decodeMetaCommand, type MetaResult, MetaState, nodeItem } from '../../cluster/meta-state.ts';
import {
  emptyGroup,
  firstGroup,
  type Position,
  positionOf,
  Replica,
  type ReplicaOwner,
  reconcile,
} from '../../cluster/replica.ts';
import { GroupKeys, groupRowKey, parseKey } from '../../journal/keys.ts';
import { orderKey } from '../../journal/order-keys.ts';
import type { StoreOp } from '../../journal/store-port.ts';
import { Shard, type ShardOwner } from '../../runtime/shard/shard.ts';
import type { Mesh } from '../network/mesh.ts';
import type { StepContext } from '../step-context.ts';
import type { KeyValue, Recovered } from '../types.ts';
import { encodeGroupRow } from './group-row.ts';
import type { ReadIndex } from './read-index.ts';

/** What the groups ask the rest of the core, and tell it. */
export interface GroupsOwner {
  readonly readIndex: ReadIndex;
  readonly shardOwner: ShardOwner;
  readonly mesh: Pick<Mesh, 'unlinkedTicks' | 'loneTicks'>;
  /** A replica was added. */
  added(replica: Replica): void;
  /** A replica gained or lost the lead of its group, or follows another leader. */
  roleChanged(replica: Replica): void;
  shardClosed(shard: Shard): void;
  /** Entries of the group are applied. */
  applied(replica: Replica): void;
  /** The registry changed. */
  registryChanged(): void;
  /** A command of the registry was applied. */
  registryApplied(index: LogIndex, term: Term, result: MetaResult): void;
  /** This node leads the registry no more. */
  registryLost(): void;
  /** Consensus wants a replica elsewhere to have the whole state; another offers it to this one. */
  snapshotWanted(replica: Replica, wanted: SnapshotToSend): void;
  snapshotOffered(replica: Replica, meta: SnapshotMeta): void;
}

export class Groups {
  readonly #context: StepContext;
  readonly #owner: GroupsOwner;
  readonly #replicas = new Map<GroupId, Replica>();
  /** Groups whose replica waits for the disk before it takes part. */
  readonly #opening = new Set<GroupId>();
  readonly #shards = new Map<GroupId, Shard>();

  constructor(context: StepContext, owner: GroupsOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  all(): IterableIterator<Replica> {
    return this.#replicas.values();
  }

  get(group: GroupId): Replica | undefined {
    return this.#replicas.get(group);
  }

  /** The shards that this node leads. */
  shards(): IterableIterator<Shard> {
    return this.#shards.values();
  }

  /** The leader of a shard, if it is this node and it takes messages. */
  leading(group: GroupId): Shard | undefined {
    const leader = this.#shards.get(group);
    return leader?.ready ? leader : undefined;
  }

  /** The leader of a shard, if it is this node, whether or not it takes messages. */
  shard(group: GroupId): Shard | undefined {
    return this.#shards.get(group);
  }

  /** Begins the leadership of a shard anew, within its term: nothing of it is in memory. */
  reopen(shard: Shard): Shard {
    const { group, term, keys } = shard;
    this.#owner.shardClosed(shard);
    shard.close();
    const anew = new Shard(group, term, keys, this.#context, this.#owner.shardOwner);
    this.#shards.set(group, anew);
    return anew;
  }

  leaderOf(group: GroupId): NodeId | null {
    const replica = this.#replicas.get(group);
    return replica?.isLeader ? this.#context.self.node : (replica?.report.leader ?? null);
  }

  /**
   * The index of an entry with `data`; undefined when this node does not lead the group, or its log takes no
   * more for now.
   */
  propose(group: GroupId, data: Uint8Array): number | undefined {
    const replica = this.#replicas.get(group);
    const proposed = replica?.raft.propose([data]);
    if (!proposed?.ok) return undefined;
    replica!.pump();
    return proposed.firstIndex;
  }

  /**
   * Whether nobody that is linked with this node can serve the group, as far as is known here. While an
   * election may be on its way, that is not so: for as long as the longest election time-out, or while a
   * majority is within reach.
   */
  isHopeless(group: GroupId): boolean {
    const { mesh } = this.#owner;
    const { options, faults } = this.#context;
    if (this.#opening.has(group) || faults.has('minority-waits')) return false;
    const replica = this.#replicas.get(group);
    const patience = 2 * options.electionTicks;
    // Others say themselves whether they keep a replica; nobody can be asked, for the moment or for longer.
    if (replica === undefined || replica.config.voters.length === 0)
      return mesh.loneTicks === 0 || mesh.loneTicks >= patience;
    // A leader that this node hears, and that does not hear this node, can do nothing for it.
    const { leader } = replica.report;
    if (leader !== null && mesh.unlinkedTicks(leader) === 0) return false;
    return -quorumReached(replica.config, (node) => -mesh.unlinkedTicks(node)) >= patience;
  }

  // ── Start ──

  /** The groups of a new cluster, with this node as the only member of each. */
  create(): void {
    const { self, cluster } = this.#context;
    const [name, value] = nodeItem({ ...self, order: 1 });
    this.#context.registry = MetaState.fromItems([[name, value]]);
    const groups = Array.from({ length: cluster.shards + 1 }, (_, number) =>
      firstGroup(groupId(number), self.node),
    );
    for (const { recovered, position } of groups) {
      const { group } = recovered;
      const keys = new GroupKeys(group, position.generation);
      const ops: StoreOp[] = [rowOp(group, position)];
      if (group === META_GROUP) ops.push({ kind: 'put', key: keys.item(name), value });
      else ops.push({ kind: 'put', key: orderKey(keys, 0), value: new Uint8Array(0) });
      this.#context.effects.store(ops);
    }
    // A log never begins beyond what the store durably holds.
    this.#context.effects.flush(() => {
      for (const { recovered, position } of groups) {
        const { group, snapshot, hardState } = recovered;
        const write = { group, snapshot: { ...snapshot, discard: true }, hardState };
        this.#context.effects.persist(write, true, () => {});
        this.#add(group, recovered, position);
      }
    });
  }

  recover(recovered: Recovered): void {
    this.#context.registry = MetaState.fromItems(recovered.metaItems);
    const rows = new Map(recovered.rows.map((row) => [row.group, row]));
    const logs = new Map(recovered.groups.map((log) => [log.group, log]));
    for (const group of new Set([...rows.keys(), ...logs.keys()])) {
      const nothing = emptyGroup(group);
      const position = rows.get(group) ?? nothing.position;
      const { recovered: log, write } = reconcile(logs.get(group) ?? nothing.recovered, position);
      if (write === undefined) this.#addFound(group, log, position);
      else this.#addWhenDurable(group, log, position, write);
    }
  }

  /** What was written whole and yet contradicts itself is not what was written. */
  #addFound(group: GroupId, log: RecoveredGroup, position: Position): void {
    try {
      this.#add(group, log, position);
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      const message = `The log of group ${group} contradicts itself, or the store: ${error.message}.`;
      throw new SeqNodeError('log-damaged', message, { group });
    }
  }

  /**
   * A crash came between the two steps of a snapshot's installation. The recovered state of the store may not
   * be durable, and the log does not say it yet: the replica speaks for neither before both are.
   */
  #addWhenDurable(group: GroupId, log: RecoveredGroup, position: Position, write: LogWrite): void {
    const { effects } = this.#context;
    this.#opening.add(group);
    effects.flush(() =>
      effects.persist(write, true, () => {
        this.#opening.delete(group);
        this.#add(group, log, position);
      }),
    );
  }

  /**
   * The replica of a group; one that is heard of for the first time begins empty, and its leader will send it
   * a snapshot.
   */
  require(group: GroupId): Replica | undefined {
    if (group > this.#context.cluster.shards) return undefined;
    const known = this.#replicas.get(group);
    if (known !== undefined) return known;
    if (this.#opening.has(group)) return undefined;
    const { recovered, position } = emptyGroup(group);
    return this.#add(group, recovered, position);
  }

  #add(group: GroupId, recovered: RecoveredGroup, position: Position): Replica {
    const { self, random, heartbeatTicks, electionTicks, faults } = this.#context.options;
    const raftFaults = faults as ReadonlySet<RaftBug> | undefined;
    const checks = !raftFaults?.has('no-prevote-checkquorum');
    const options = {
      heartbeatTicks,
      electionTicks,
      preVote: checks,
      checkQuorum: checks,
      // The registry is read on every node; of a shard only the leader speaks, and the next append or
      // heartbeat tells in time.
      commitNotices: group === META_GROUP,
    };
    const replica = new Replica(
      {
        group,
        self: self.node,
        random,
        options: { ...options, ...(raftFaults && { faults: raftFaults }) },
        clock: this.#context.raftTicks,
        recovered,
        position,
      },
      this.#replicaOwner(),
    );
    this.#replicas.set(group, replica);
    this.#owner.added(replica);
    // A sole voter need not wait for the silence of others.
    const { voters, outgoing } = replica.config;
    if (outgoing.length === 0 && voters.length === 1 && voters[0] === self.node) replica.raft.campaign();
    replica.pump();
    return replica;
  }

  #replicaOwner(): ReplicaOwner {
    const { effects } = this.#context;
    const { readIndex } = this.#owner;
    return {
      persist: (write, sync, done) => effects.persist(write, sync, done),
      afterPersist: (done) => effects.afterPersist(done),
      sendRaft: (group, message) => effects.sendRaft(group, message),
      apply: (replica, entries, position) => this.#apply(replica, entries, position),
      roleChanged: (replica, report) => this.#roleChanged(replica, report),
      readConfirmed: (replica, context, index) => readIndex.confirmed(replica, context, index),
      snapshotWanted: (replica, wanted) => this.#owner.snapshotWanted(replica, wanted),
      snapshotOffered: (replica, meta) => this.#owner.snapshotOffered(replica, meta),
    };
  }

  /** The members that the configurations of the local groups name. */
  memberNodes(): Set<NodeId> {
    return new Set([...this.#replicas.values()].flatMap(({ config }) => namedNodes(config)));
  }

  // ── Commit ──

  #apply(replica: Replica, entries: readonly Entry[], position: Position): void {
    const { effects, faults } = this.#context;
    const row = rowOp(replica.group, position);
    // A seeded mistake: the position is written apart from the state that it describes.
    if (faults.has('applied-not-atomic')) effects.store([row]);
    if (replica.group === META_GROUP) this.#applyMeta(replica, entries, row);
    else this.#applyShard(replica, entries, row);
    this.#owner.readIndex.applied(replica);
    this.#owner.applied(replica);
  }

  #applyShard(replica: Replica, entries: readonly Entry[], row: StoreOp): void {
    const keys = replica.keys;
    const ops: StoreOp[] = [];
    for (const { kind, data, index } of entries)
      if (kind === 'data') ops.push({ kind: 'mutations', keys, mutations: data, index });
    ops.push(row);
    this.#context.effects.store(ops);
    const leader = this.#shards.get(replica.group);
    for (const { index, kind, term } of entries) {
      if (leader === undefined || leader.term !== term) continue;
      if (kind === 'noop') leader.open();
      else if (kind === 'data') leader.committed(index);
    }
  }

  #applyMeta(replica: Replica, entries: readonly Entry[], row: StoreOp): void {
    const keys = replica.keys;
    const ops: StoreOp[] = [];
    const results: (() => void)[] = [];
    for (const { index, kind, term, data } of entries) {
      if (kind !== 'data') continue;
      const { result, items } = this.#context.registry.apply(decodeMetaCommand(data), index);
      for (const [name, value] of items) {
        const key = keys.item(name);
        ops.push(value === null ? { kind: 'delete', key } : { kind: 'put', key, value });
      }
      results.push(() => this.#owner.registryApplied(index, term, result));
    }
    this.#context.effects.store([...ops, row]);
    if (results.length > 0) this.#owner.registryChanged();
    for (const result of results) result();
  }

  /**
   * A received state is whole under `generation`: from here on it is the group's. `rows` are those of the
   * meta group.
   */
  takeOver(
    replica: Replica,
    meta: SnapshotMeta,
    generation: number,
    rows: readonly KeyValue[] | undefined,
  ): void {
    const position = positionOf(meta, generation);
    this.#context.effects.store([rowOp(replica.group, position)]);
    if (rows === undefined) return;
    this.#context.registry = MetaState.fromItems(
      rows.flatMap(([key, value]) => {
        const parsed = parseKey(key);
        return parsed.kind === 'item' ? [[parsed.name, value] as const] : [];
      }),
    );
    this.#owner.registryChanged();
  }

  // ── Leadership ──

  #roleChanged(replica: Replica, report: RoleReport): void {
    const { group } = replica;
    const leads = report.role === 'leader';
    const leader = this.#shards.get(group);
    if (leader !== undefined && (!leads || leader.term !== report.term)) {
      this.#shards.delete(group);
      this.#owner.shardClosed(leader);
      leader.close();
    }
    // A leadership that begins has no reads yet.
    this.#owner.readIndex.lost(group);
    if (!leads) {
      if (group === META_GROUP) this.#owner.registryLost();
    } else if (group !== META_GROUP && this.#shards.get(group)?.term !== report.term) {
      this.#shards.set(
        group,
        new Shard(group, report.term, replica.keys, this.#context, this.#owner.shardOwner),
      );
    }
    if (leads) this.#context.effects.log('debug', 'leads', { group, term: report.term });
    this.#owner.roleChanged(replica);
  }
}

function rowOp(group: GroupId, position: Position): StoreOp {
  return { kind: 'put', key: groupRowKey(group), value: encodeGroupRow(position) };
}
