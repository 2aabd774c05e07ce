// The core of a node: every decision it makes, as one synchronous state machine. `step` takes one input and returns what is
// to be done; it knows no clock, no socket and no disk, so the simulator drives the same code as production.
//
// Data flow of one message: frames or request → Router → ShardLeader (mailbox, turn) → Replica (Raft) → persist → append
// messages → commit → store → release (answers, outbox).
import { invariant } from '../base/assert.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type GroupId, groupId, META_GROUP, type Millis, type NodeId } from '../base/ids.ts';
import type { Entry } from '../base/log.ts';
import type { RaftBug, RoleReport } from '../cluster/consensus/index.ts';
import { Swim } from '../cluster/membership/swim.ts';
import { decodeMetaCommand, MetaState, nodeItem } from '../cluster/meta-state.ts';
import { wantedVoters } from '../cluster/placement.ts';
import { emptyGroup, firstGroup, type Position, Replica, reconcile } from '../cluster/replica.ts';
import { decodeFrame, type Frame } from '../cluster/wire.ts';
import { GroupKeys, groupRowKey } from '../journal/keys.ts';
import type { StoreOp } from '../journal/store-port.ts';
import { Caretaker } from './caretaker.ts';
import { Deliveries } from './deliveries.ts';
import { Outlet } from './outlet.ts';
import { Programs } from './programs.ts';
import { Reads } from './reads.ts';
import { answerTree, readRequest } from './requests.ts';
import { Router } from './router.ts';
import { encodeGroupRow } from './rows.ts';
import { keysOf, Service } from './service.ts';
import { ShardLeader, type ShardOwner } from './shard-leader.ts';
import { shardOps } from './shard-machine.ts';
import { SnapshotStreams } from './snapshot-streams.ts';
import type {
  ClusterIdentity,
  Core,
  CoreOptions,
  Effect,
  Input,
  KeyValue,
  Peer,
  Recovered,
  StepTime,
} from './types.ts';

/** Counters since the start, for metrics. */
export type Metric = 'turns' | 'faults' | 'restarts' | 'duplicates' | 'dead-letters' | 'malformed-frames';

export class NodeCore implements Core {
  readonly self: Peer;
  readonly cluster: ClusterIdentity;
  readonly counters: Record<Metric, number> = {
    turns: 0,
    faults: 0,
    restarts: 0,
    duplicates: 0,
    'dead-letters': 0,
    'malformed-frames': 0,
  };
  readonly #options: CoreOptions;
  readonly #outlet = new Outlet();
  readonly #replicas = new Map<GroupId, Replica>();
  readonly #leaders = new Map<GroupId, ShardLeader>();
  readonly #connected = new Set<NodeId>();
  readonly #programs = new Programs((hash) => this.#meta.module(hash));
  readonly #reads = new Reads();
  readonly #swim: Swim;
  readonly #router: Router;
  readonly #service: Service;
  readonly #deliveries: Deliveries;
  readonly #streams: SnapshotStreams;
  readonly #caretaker: Caretaker;
  readonly #shardOwner: ShardOwner;
  #meta = new MetaState();
  #metaVersion = -1;
  #guestsAllowed = false;
  #time: StepTime;
  #nextRaftTick: Millis;
  #nextReaddress: Millis;
  #runFrom = 0;
  #draining: { readonly deadline: Millis } | undefined;
  #diskFull = false;

  constructor(options: CoreOptions, recovered: Recovered, time: StepTime) {
    this.#options = options;
    this.self = options.self;
    this.cluster = options.cluster;
    this.#time = time;
    this.#nextRaftTick = time.now + options.tickMillis;
    this.#nextReaddress = time.now + 2000;
    const { self, random } = options;
    this.#swim = Swim.create({ self: { ...self, incarnation: Math.floor(time.wall / 1000) }, random });
    this.#shardOwner = this.#makeShardOwner();
    this.#router = new Router(this.#makeRouterOwner());
    this.#service = new Service(this.#makeServiceOwner());
    this.#deliveries = new Deliveries({
      ...this.#network(),
      leading: (group) => this.#leadingShard(group),
      send: (to, lane, frame) => this.#outlet.send(to, lane, frame),
    });
    this.#streams = new SnapshotStreams(this.#makeStreamOwner(), random.uint32());
    this.#caretaker = new Caretaker({
      self: self.node,
      replicas: options.cluster.replicas,
      limits: options.limits,
      groups: () => this.#replicas.values(),
      nodes: () => this.#meta.nodes().map(({ node }) => node),
      isConnected: (node) => this.#connected.has(node),
      flush: (done) => this.#outlet.flush(done),
      log: (level, event, fields) => this.#outlet.log(level, event, fields),
    });
    if (options.create) this.#create();
    else this.#recover(recovered);
    this.#membershipChanged();
  }

  // ── Start ──

  #create(): void {
    const { self, cluster } = this.#options;
    const item = nodeItem({ ...self, order: 1 });
    this.#meta = MetaState.fromItems([[item[0], item[1]!]]);
    for (let group = 0; group <= cluster.shards; group++) {
      const { recovered, position } = firstGroup(groupId(group), self.node);
      const { snapshot, hardState } = recovered;
      this.#outlet.persist(
        { group: groupId(group), snapshot: { ...snapshot, discard: true }, hardState },
        true,
        () => {},
      );
      const ops: StoreOp[] = [this.#rowOp(groupId(group), position)];
      if (group === META_GROUP)
        ops.push({ kind: 'put', key: new GroupKeys(META_GROUP, 1).item(item[0]), value: item[1]! });
      this.#outlet.store(ops);
      this.#addReplica(groupId(group), recovered, position);
    }
  }

  #recover(recovered: Recovered): void {
    this.#meta = MetaState.fromItems(recovered.metaItems);
    const rows = new Map(recovered.rows.map((row) => [row.group, row]));
    const groups = new Map(recovered.groups.map((group) => [group.group, group]));
    for (const group of new Set([...rows.keys(), ...groups.keys()])) {
      const position = rows.get(group) ?? emptyGroup(group).position;
      const reconciled = reconcile(groups.get(group) ?? emptyGroup(group).recovered, position);
      if (reconciled.write !== undefined) this.#outlet.persist(reconciled.write, true, () => {});
      this.#addReplica(group, reconciled.recovered, position);
    }
  }

  #addReplica(group: GroupId, recovered: Parameters<typeof reconcile>[0], position: Position): Replica {
    const { self, random, heartbeatTicks, electionTicks, faults } = this.#options;
    const raftFaults = faults as ReadonlySet<RaftBug> | undefined;
    const checks = !raftFaults?.has('no-prevote-checkquorum');
    const replica = new Replica(
      {
        group,
        self: self.node,
        random,
        options: {
          heartbeatTicks,
          electionTicks,
          preVote: checks,
          checkQuorum: checks,
          ...(raftFaults && { faults: raftFaults }),
        },
        recovered,
        position,
      },
      {
        persist: (write, sync, done) => this.#outlet.persist(write, sync, done),
        afterPersist: (done) => this.#outlet.afterPersist(done),
        sendRaft: (of, message) => this.#outlet.sendRaft(of, message),
        apply: (of, entries, at) => this.#apply(of, entries, at),
        roleChanged: (of, report) => this.#roleChanged(of, report),
        readConfirmed: (of, context, index) => this.#reads.confirmed(of, context, index),
        snapshotWanted: (of, wanted) => this.#streams.want(of, wanted),
        snapshotOffered: (of, meta) => this.#streams.install(of, meta),
      },
    );
    this.#replicas.set(group, replica);
    replica.pump();
    return replica;
  }

  // ── Step ──

  get hasWork(): boolean {
    for (const leader of this.#leaders.values()) if (leader.hasWork) return true;
    return false;
  }

  step(input: Input, time: StepTime): Effect[] {
    this.#time = time;
    this.#take(input);
    // Outboxes and retries may reach a shard of this very node, which may answer at once: until nothing moves.
    for (let round = 0, moved = true; moved; round++) {
      invariant(round < 1000, 'the messages of one step do not come to rest');
      this.#router.pump();
      for (const leader of this.#leaders.values()) leader.outbox.pump();
      moved = this.#deliveries.pump();
    }
    return this.#outlet.take();
  }

  #take(input: Input): void {
    switch (input.kind) {
      case 'tick':
        return this.#tick();
      case 'run':
        return this.#run();
      case 'frames':
        for (const frame of input.frames) this.#frame(input.from, frame);
        return;
      case 'connected':
        this.#connected.add(input.peer);
        this.#swim.connected(input.peer, this.#time.now);
        return this.#gossip();
      case 'disconnected':
        return this.#disconnected(input.peer);
      case 'persisted':
        return this.#outlet.persisted(input.id);
      case 'flushed':
        return this.#outlet.flushed(input.id);
      case 'got':
        return this.#outlet.got(input.id, input.values);
      case 'scanned':
        return this.#outlet.scanned(input.id, input.entries, input.more);
      case 'request':
        return this.#router.submit(input.request, (result) => this.#outlet.respond(input.id, result));
      case 'disk':
        return this.#disk(input.full);
      case 'drain':
        this.#draining ??= { deadline: this.#time.now + 2000 };
        this.#swim.leaving(this.#time.now);
        return this.#drain();
    }
  }

  #tick(): void {
    const { now, wall } = this.#time;
    this.#swim.tick(now);
    this.#gossip();
    // After a pause one tick is enough: what was missed shows in the silence of the others.
    if (now >= this.#nextRaftTick) {
      this.#nextRaftTick = Math.max(
        this.#nextRaftTick + this.#options.tickMillis,
        now + this.#options.tickMillis / 2,
      );
      for (const replica of this.#replicas.values()) {
        replica.raft.tick();
        replica.pump();
      }
    }
    this.#router.tick();
    for (const leader of this.#leaders.values()) leader.tick();
    this.#streams.tick();
    if (this.#draining !== undefined) return this.#drain();
    this.#caretaker.tick(now);
    if (this.#meta.expectsGuests(wall) !== this.#guestsAllowed) this.#tellPeers();
    this.#readdress();
  }

  #run(): void {
    let left = this.#options.limits.sliceTurns;
    const leaders = [...this.#leaders.values()].filter((leader) => leader.hasWork);
    this.#runFrom++;
    for (let at = 0; at < leaders.length && left > 0; at++) {
      left = leaders[(at + this.#runFrom) % leaders.length]!.run(left);
    }
  }

  #frame(from: NodeId, bytes: Uint8Array): void {
    try {
      this.#handle(from, decodeFrame(bytes, from, this.self.node));
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      this.counters['malformed-frames']++;
      this.#outlet.log('warn', 'malformed-frame', { from, problem: error.message });
    }
  }

  #handle(from: NodeId, frame: Frame): void {
    switch (frame.kind) {
      case 'raft':
        for (const [group, message] of frame.messages) {
          const replica = this.#replicaFor(group);
          if (replica === undefined) continue;
          replica.raft.step(message);
          replica.pump();
        }
        return;
      case 'gossip':
        this.#swim.receive(from, frame.message, this.#time.now);
        return this.#gossip();
      case 'request': {
        const request = readRequest(frame.request);
        const { id } = frame;
        const reply = (answer: Parameters<typeof answerTree>[0]) =>
          this.#outlet.send(from, 'data', { kind: 'result', id, result: answerTree(answer) });
        return this.#service.serve(this.#replicas.get(frame.group), request, reply);
      }
      case 'result':
        return this.#router.result(frame.id, frame.result);
      case 'deliver':
        return this.#deliveries.receive(from, frame);
      case 'delivered':
      case 'not-delivered':
        return this.#deliveries.answered(frame);
      case 'cast':
        return this.#deliveries.receiveCasts(frame);
      case 'chunk':
        return this.#replicaFor(frame.group) && this.#streams.chunk(from, frame);
      case 'chunk-taken':
        return this.#streams.chunkTaken(from, frame);
    }
  }

  // A group that this node hears of for the first time begins empty; its leader will send it a snapshot.
  #replicaFor(group: GroupId): Replica | undefined {
    if (group > this.cluster.shards) return undefined;
    const known = this.#replicas.get(group);
    if (known !== undefined) return known;
    const { recovered, position } = emptyGroup(group);
    return this.#addReplica(group, recovered, position);
  }

  #disconnected(peer: NodeId): void {
    this.#connected.delete(peer);
    this.#swim.connectionLost(peer, this.#time.now);
    this.#gossip();
    this.#router.disconnected(peer);
    this.#streams.disconnected(peer);
    for (const replica of this.#replicas.values()) {
      if (replica.report.leader === peer) replica.raft.leaderUnreachable();
      else if (replica.isLeader) replica.raft.reportUnreachable(peer);
      replica.pump();
    }
  }

  #drain(): void {
    if (this.#draining === undefined) return;
    const left = this.#caretaker.handOver();
    if (!left || this.#time.now >= this.#draining.deadline) this.#outlet.push({ kind: 'drained' });
  }

  // A full disk takes no more work, but lets others lead meanwhile.
  #disk(full: boolean): void {
    this.#diskFull = full;
    if (full) this.#caretaker.handOver();
  }

  // ── Commit ──

  #rowOp(group: GroupId, position: Position): StoreOp {
    return { kind: 'put', key: groupRowKey(group), value: encodeGroupRow(position) };
  }

  #apply(replica: Replica, entries: readonly Entry[], position: Position): void {
    const { group } = replica;
    const row = this.#rowOp(group, position);
    // Only a test wants the mistake of telling the position apart from the state.
    if (this.#options.faults?.has('applied-not-atomic')) this.#outlet.store([row]);
    if (group === META_GROUP) return this.#applyMeta(replica, entries, row);
    this.#outlet.store([...shardOps(keysOf(replica), entries), row]);
    const leader = this.#leaders.get(group);
    for (const { index, kind, term } of entries) {
      if (leader === undefined || leader.term !== term) continue;
      if (kind === 'noop') leader.open();
      else if (kind === 'data') leader.committed(index);
    }
    this.#reads.applied(replica);
  }

  #applyMeta(replica: Replica, entries: readonly Entry[], row: StoreOp): void {
    const keys = keysOf(replica);
    const ops: StoreOp[] = [];
    const results: (() => void)[] = [];
    for (const { index, kind, term, data } of entries) {
      if (kind !== 'data') continue;
      const { result, items } = this.#meta.apply(decodeMetaCommand(data));
      for (const [name, value] of items) {
        const key = keys.item(name);
        ops.push(value === null ? { kind: 'delete', key } : { kind: 'put', key, value });
      }
      results.push(() => this.#service.metaApplied(index, term, result));
    }
    this.#outlet.store([...ops, row]);
    if (this.#meta.version !== this.#metaVersion) this.#membershipChanged();
    for (const result of results) result();
    this.#reads.applied(replica);
  }

  #roleChanged(replica: Replica, report: RoleReport): void {
    const { group } = replica;
    this.#caretaker.roleChanged(replica, this.#time.now);
    const leader = this.#leaders.get(group);
    const leads = report.role === 'leader';
    if (leader !== undefined && (!leads || leader.term !== report.term)) {
      this.#leaders.delete(group);
      this.#deliveries.forget(leader.outbox);
      leader.close();
    }
    if (!leads) {
      this.#reads.lost(group);
      if (group === META_GROUP) this.#service.metaLost();
    } else if (group !== META_GROUP && this.#leaders.get(group)?.term !== report.term) {
      this.#leaders.set(group, new ShardLeader(group, report.term, keysOf(replica), this.#shardOwner));
    }
    if (leads) this.#outlet.log('info', 'leads', { group, term: report.term });
  }

  // ── Membership ──

  #membershipChanged(): void {
    this.#metaVersion = this.#meta.version;
    const nodes = this.#meta.nodes();
    this.#swim.setMembers(nodes.length > 0 ? nodes : this.#options.peers, this.#time.now);
    this.#gossip();
    this.#tellPeers();
  }

  #tellPeers(): void {
    const nodes: readonly Peer[] = this.#meta.nodes();
    this.#guestsAllowed = this.#meta.expectsGuests(this.#time.wall);
    const peers = (nodes.length > 0 ? nodes : this.#options.peers).map(({ node, name, addresses }) => {
      const gossiped = this.#swim.member(node)?.addresses ?? [];
      return { node, name, addresses: [...new Set([...gossiped, ...addresses])] };
    });
    this.#outlet.push({ kind: 'peers', peers, guestsAllowed: this.#guestsAllowed });
  }

  #gossip(): void {
    for (const effect of this.#swim.drain()) {
      if (effect.kind === 'send')
        this.#outlet.send(effect.to, 'control', { kind: 'gossip', message: effect.message });
      else
        this.#outlet.log('info', 'member', {
          node: effect.member.node,
          name: effect.member.name,
          liveness: effect.member.liveness,
        });
    }
  }

  // A node whose addresses changed tells the registry.
  #readdress(): void {
    const { now } = this.#time;
    if (now < this.#nextReaddress) return;
    this.#nextReaddress = now + 5000;
    const known = this.#meta.node(this.self.node);
    const { node, name, addresses } = this.self;
    if (known === undefined || (known.name === name && sameList(known.addresses, addresses))) return;
    this.#router.submit({ op: 'readdress', peer: { node, name, addresses }, timeoutMs: 4000 }, () => {});
  }

  // ── What the parts need ──

  #network() {
    return {
      self: this.self.node,
      shards: this.cluster.shards,
      time: () => this.#time,
      leaderOf: (group: GroupId) => this.#leaderOf(group),
      isConnected: (node: NodeId) => this.#connected.has(node),
    };
  }

  #leaderOf(group: GroupId): NodeId | null {
    const replica = this.#replicas.get(group);
    return replica?.isLeader ? this.self.node : (replica?.report.leader ?? null);
  }

  #leadingShard(group: GroupId): ShardLeader | undefined {
    const leader = this.#leaders.get(group);
    return leader?.ready && !this.#diskFull ? leader : undefined;
  }

  #makeRouterOwner(): ConstructorParameters<typeof Router>[0] {
    return {
      ...this.#network(),
      candidates: (group) => {
        const nodes = this.#meta.nodes().map(({ node }) => node);
        const known = nodes.length > 0 ? nodes : this.#options.peers.map(({ node }) => node);
        const voters = this.#replicas.get(group)?.config.voters ?? [];
        return [...new Set([...voters, ...wantedVoters(group, known, this.cluster.replicas), ...known])];
      },
      serve: (group, request, done) => this.#service.serve(this.#replicas.get(group), request, done),
      sendRequest: (to, id, group, request) =>
        this.#outlet.send(to, 'data', { kind: 'request', id, group, request }),
    };
  }

  #makeServiceOwner(): ConstructorParameters<typeof Service>[0] {
    return {
      self: this.self,
      cluster: this.cluster,
      programs: this.#programs,
      reads: this.#reads,
      faults: this.#options.faults ?? new Set(),
      time: () => this.#time,
      meta: () => this.#meta,
      leading: (replica) => this.#leadingShard(replica.group),
      get: (keys, done) => this.#outlet.get(keys, done),
      scan: (range, done) => this.#outlet.scan(range, done),
    };
  }

  #makeShardOwner(): ShardOwner {
    return {
      self: this.self.node,
      limits: this.#options.limits,
      random: this.#options.random,
      faults: this.#options.faults ?? new Set(),
      time: () => this.#time,
      get: (keys, done) => this.#outlet.get(keys, done),
      scan: (range, done) => this.#outlet.scan(range, done),
      propose: (group, data) => {
        const replica = this.#replicas.get(group);
        const proposed = replica?.raft.propose([data]);
        if (!proposed?.ok) return undefined;
        replica!.pump();
        return proposed.firstIndex;
      },
      behaviour: (code) => this.#programs.behaviour(code),
      cast: (envelope) => this.#deliveries.cast(envelope),
      dispatch: (outbox, pair) => this.#deliveries.dispatch(outbox, pair),
      log: (level, event, fields) => this.#outlet.log(level, event, fields),
      count: (metric) => {
        this.counters[metric]++;
      },
    };
  }

  #makeStreamOwner(): ConstructorParameters<typeof SnapshotStreams>[0] {
    const outlet = this.#outlet;
    return {
      self: this.self.node,
      time: () => this.#time,
      replica: (group) => this.#replicas.get(group),
      openView: () => outlet.openView(),
      closeView: (view) => outlet.closeView(view),
      scan: (range, done) => outlet.scan(range, done),
      store: (ops) => outlet.store(ops),
      flush: (done) => outlet.flush(done),
      send: (to, lane, frame) => outlet.send(to, lane, frame),
      takeOver: (replica, meta, generation, rows) => {
        const position = {
          generation,
          appliedIndex: meta.index,
          appliedTerm: meta.term,
          config: meta.config,
        };
        outlet.store([this.#rowOp(replica.group, position)]);
        if (rows !== undefined) this.#takeOverMeta(rows);
      },
    };
  }

  #takeOverMeta(rows: readonly KeyValue[]): void {
    const items = rows.map(([key, value]) => {
      // Behind group, generation and kind stands the item's name.
      const name = new TextDecoder().decode(key.subarray(7));
      return [name, value] as const;
    });
    this.#meta = MetaState.fromItems(items);
    this.#membershipChanged();
  }

  /** For metrics and tests: what each replica of this node knows of its group. */
  inspectGroups() {
    return [...this.#replicas.values()].map((replica) => {
      const { role, leader, term, config, committed, applied, lastIndex } = replica.raft.status();
      return { group: replica.group, role, leader, term, config, commit: committed, applied, lastIndex };
    });
  }

  /** For status: the registry and what gossip says of it. */
  inspectMembers() {
    return this.#meta
      .nodes()
      .map((node) => ({ ...node, liveness: this.#swim.member(node.node)?.liveness ?? 'unknown' }));
  }

  inspectModules() {
    return this.#meta.modules().map((hash) => ({ hash, program: this.#programs.program(hash) }));
  }

  inspectLoad() {
    let actors = 0;
    let outbox = 0;
    for (const leader of this.#leaders.values()) {
      actors += leader.actorCount;
      outbox += leader.outbox.size;
    }
    return { actors, outbox, requests: this.#router.size };
  }
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}
