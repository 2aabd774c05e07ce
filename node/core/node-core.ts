// The core of a node: every decision it makes, as one synchronous state machine. `step` takes one input and returns what is
// to be done; it knows no clock, no socket and no disk, so the simulator drives the same code as production.
//
// Data flow of one message: frames or request → Router → ShardLeader (mailbox, turn) → Replica (Raft) → persist → append
// messages → commit → store → release (answers, outbox).
import { invariant } from '../base/assert.ts';
import { type GroupId, META_GROUP, type Millis, type NodeId } from '../base/ids.ts';
import { Swim } from '../cluster/membership/swim.ts';
import { isWantedAt, wantedVoters } from '../cluster/placement.ts';
import { Caretaker } from './caretaker.ts';
import { Contacts } from './contacts.ts';
import { Deliveries } from './deliveries.ts';
import { Departures } from './departures.ts';
import { DiskSpace } from './disk-space.ts';
import { Groups, type GroupsOwner } from './groups.ts';
import { Incoming } from './incoming.ts';
import { Mesh } from './mesh.ts';
import { Outlet } from './outlet.ts';
import { Programs } from './programs.ts';
import { Reads } from './reads.ts';
import { Router } from './router.ts';
import { Routes } from './routes.ts';
import { Service } from './service.ts';
import type { ShardLeader, ShardOwner } from './shard-leader.ts';
import { SnapshotStreams } from './snapshot-streams.ts';
import type {
  ClientRequest,
  ClusterIdentity,
  Core,
  CoreOptions,
  Effect,
  Input,
  Peer,
  Recovered,
  StepTime,
} from './types.ts';
import { Witness } from './witness.ts';

/** Counters since the start, for metrics. */
export type Metric = 'turns' | 'faults' | 'restarts' | 'duplicates' | 'dead-letters' | 'malformed-frames';

/** Requests and deliveries are numbered from a random place on, with room for as many as a process will ever make. */
const NUMBERS_PER_PROCESS = 2 ** 20;

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
  readonly #mesh: Mesh;
  readonly #outlet: Outlet;
  readonly #programs = new Programs((hash) => this.#groups.meta.module(hash));
  readonly #reads = new Reads();
  readonly #swim: Swim;
  /** How each member was last told of in the log. */
  readonly #toldOf = new Map<NodeId, string>();
  readonly #routes: Routes;
  readonly #router: Router;
  readonly #service: Service;
  readonly #deliveries: Deliveries;
  readonly #streams: SnapshotStreams;
  readonly #caretaker: Caretaker;
  readonly #groups: Groups;
  readonly #contacts: Contacts;
  readonly #departures: Departures;
  readonly #incoming: Incoming;
  readonly #space: DiskSpace;
  readonly #witness: Witness;
  #time: StepTime;
  #nextRaftTick: Millis;
  /** Ticks of consensus so far. */
  #raftTicks = 0;
  #runFrom = 0;
  #draining: { readonly deadline: Millis } | undefined;

  constructor(options: CoreOptions, recovered: Recovered, time: StepTime) {
    this.#options = options;
    this.self = options.self;
    this.cluster = options.cluster;
    this.#time = time;
    this.#nextRaftTick = time.now + options.tickMillis;
    const { self, random } = options;
    this.#mesh = this.#makeMesh(time);
    const voice = { now: () => this.#time.now, outlet: () => this.#outlet };
    this.#witness = new Witness(voice, random.uint32(), recovered.position);
    this.#outlet = new Outlet(self.node, this.#mesh, this.#witness);
    this.#swim = Swim.create({
      self: { ...self, incarnation: Math.floor(time.wall / 1000) },
      random,
      ...(options.membership && { options: options.membership }),
    });
    this.#groups = new Groups(this.#makeGroupsOwner());
    this.#space = new DiskSpace({
      swim: this.#swim,
      groups: this.#groups,
      now: () => this.#time.now,
      caretaker: () => this.#caretaker,
    });
    this.#routes = new Routes({
      self: self.node,
      knownLeader: (group) => this.#groups.leaderOf(group),
      candidates: (group) => this.#candidates(group),
      reaches: (node) => this.#mesh.reaches(node),
    });
    const first = () => random.uint32() * NUMBERS_PER_PROCESS;
    this.#router = new Router(this.#makeRouterOwner(), first());
    this.#service = new Service(this.#makeServiceOwner());
    this.#deliveries = new Deliveries(
      {
        ...this.#network(),
        leading: (group) => this.#leadingShard(group),
        send: (to, lane, frame) => this.#outlet.send(to, lane, frame),
        log: (level, event, fields) => this.#outlet.log(level, event, fields),
      },
      first(),
    );
    this.#streams = new SnapshotStreams(this.#makeStreamOwner(), random.uint32());
    this.#caretaker = new Caretaker(this.#makeCaretakerOwner());
    this.#departures = new Departures({
      shards: options.cluster.shards,
      faults: options.faults ?? new Set(),
      reads: this.#reads,
      registry: () => this.#groups.get(META_GROUP),
      meta: () => this.#groups.meta,
      submit: (request, done) => this.#router.submit(request, done),
      log: (level, event, fields) => this.#outlet.log(level, event, fields),
    });
    this.#contacts = new Contacts(this.#makeContactsOwner());
    this.#incoming = this.#makeIncoming();
    if (options.create) this.#groups.create();
    else this.#groups.recover(recovered);
    this.#contacts.registryChanged();
  }

  // ── Step ──

  get hasWork(): boolean {
    for (const leader of this.#groups.leaders()) if (leader.hasWork) return true;
    return false;
  }

  step(inputs: readonly Input[], time: StepTime): Effect[] {
    this.#time = time;
    for (const input of inputs) this.#take(input);
    // Outboxes and retries may reach a shard of this very node, which may answer at once: until nothing moves.
    for (let round = 0, moved = true; moved; round++) {
      invariant(round < 1000, 'the messages of one step do not come to rest');
      this.#router.pump();
      for (const leader of this.#groups.leaders()) leader.outbox.pump();
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
        for (const frame of input.frames) this.#incoming.frame(input.from, input.lane, frame);
        return;
      case 'connected':
        this.#mesh.connect(input.peer);
        this.#witness.connected(input.peer);
        this.#contacts.tell(input.peer);
        this.#swim.connected(input.peer, this.#time.now);
        return this.#gossip();
      case 'disconnected':
        return this.#disconnected(input.peer);
      case 'persisted':
        this.#witness.position = input.position;
        return this.#outlet.persisted(input.id);
      case 'flushed':
        return this.#outlet.flushed(input.id);
      case 'got':
        return this.#outlet.got(input.id, input.values);
      case 'scanned':
        return this.#outlet.scanned(input.id, input.found);
      case 'request':
        return this.#request(input.id, input.request);
      case 'disk':
        return this.#space.change(input.space);
      case 'drain':
        this.#draining ??= { deadline: this.#time.now + 2000 };
        this.#swim.leaving(this.#time.now);
        return this.#drain();
    }
  }

  #request(id: number, request: ClientRequest): void {
    const known = this.#service.known(request);
    if (known !== undefined) this.#outlet.respond(id, known);
    else this.#router.submit(request, (result) => this.#outlet.respond(id, result));
  }

  #tick(): void {
    const { now } = this.#time;
    this.#swim.tick(now);
    this.#gossip();
    // After a pause one tick is enough: what was missed shows in the silence of the others.
    if (now >= this.#nextRaftTick) {
      this.#nextRaftTick = Math.max(
        this.#nextRaftTick + this.#options.tickMillis,
        now + this.#options.tickMillis / 2,
      );
      this.#raftTicks++;
      this.#mesh.tick();
      for (const replica of this.#groups.all()) {
        replica.raft.tick();
        replica.pump();
      }
      // Where this node has heartbeats to send, the replies travel with them.
      if (this.#raftTicks % this.#options.heartbeatTicks === 0) {
        this.#outlet.releaseReplies();
        this.#witness.tell();
      }
    }
    this.#router.tick();
    for (const leader of this.#groups.leaders()) leader.tick();
    this.#streams.tick();
    if (this.#draining !== undefined) return this.#drain();
    this.#caretaker.tick(now);
    this.#departures.tick(now);
    this.#contacts.tick();
    this.#gossip();
  }

  #run(): void {
    let left = this.#options.limits.sliceSteps;
    const leaders = [...this.#groups.leaders()].filter((leader) => leader.hasWork);
    this.#runFrom++;
    for (let at = 0; at < leaders.length && left > 0; at++) {
      left = leaders[(at + this.#runFrom) % leaders.length]!.run(left);
    }
  }

  #disconnected(peer: NodeId): void {
    this.#mesh.disconnect(peer);
    this.#witness.disconnected(peer);
    this.#swim.connectionLost(peer, this.#time.now);
    this.#gossip();
    if (!this.#mesh.reaches(peer)) this.#routes.forget(peer);
    this.#router.mayBeLost(peer);
    this.#streams.disconnected(peer);
    for (const replica of this.#groups.all()) {
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

  // ── Membership ──

  #gossip(): void {
    for (const effect of this.#swim.drain()) {
      if (effect.kind === 'send')
        this.#outlet.sendDirectly(effect.to, 'control', { kind: 'gossip', message: effect.message });
      else {
        this.#space.heard();
        const { node, name, liveness } = effect.member;
        // Other facts of it change all the time.
        if (this.#toldOf.get(node) !== liveness) this.#outlet.log('info', 'member', { node, name, liveness });
        this.#toldOf.set(node, liveness);
      }
    }
  }

  // ── What the parts need ──

  #network() {
    return {
      self: this.self.node,
      shards: this.cluster.shards,
      time: () => this.#time,
      routes: this.#routes,
    };
  }

  #makeMesh({ wall }: StepTime): Mesh {
    const { self, heartbeatTicks, electionTicks, faults } = this.#options;
    return new Mesh(
      {
        self: self.node,
        isMember: (node) => this.#contacts.isAdmitted(node),
        send: (to, frame) => this.#outlet.sendDirectly(to, 'control', frame),
        rerouted: (node) => this.#router.mayBeLost(node),
        faults: faults ?? new Set(),
      },
      { pulseTicks: 2 * heartbeatTicks, silentTicks: electionTicks, refreshTicks: 3 * electionTicks },
      Math.floor(wall),
    );
  }

  #makeIncoming(): Incoming {
    return new Incoming({
      self: this.self.node,
      outlet: this.#outlet,
      swim: this.#swim,
      mesh: this.#mesh,
      router: this.#router,
      service: this.#service,
      deliveries: this.#deliveries,
      streams: this.#streams,
      space: this.#space,
      witness: this.#witness,
      groups: this.#groups,
      contacts: this.#contacts,
      time: () => this.#time,
      gossip: () => this.#gossip(),
      malformed: () => this.counters['malformed-frames']++,
    });
  }

  #candidates(group: GroupId): readonly NodeId[] {
    const nodes = this.#groups.meta.nodes().map(({ node }) => node);
    const known = nodes.length > 0 ? nodes : this.#options.peers.map(({ node }) => node);
    const voters = this.#groups.get(group)?.config.voters ?? [];
    return [...new Set([...voters, ...wantedVoters(group, known, this.cluster.replicas), ...known])];
  }

  #leadingShard(group: GroupId): ShardLeader | undefined {
    return this.#space.own === 'enough' ? this.#groups.leading(group) : undefined;
  }

  #makeRouterOwner(): ConstructorParameters<typeof Router>[0] {
    return {
      ...this.#network(),
      selfName: this.self.name,
      linked: () => this.#mesh.linked(),
      isHopeless: (group) => this.#groups.isHopeless(group),
      serve: (group, request, done) => this.#service.serve(group, request, done),
      send: (to, frame) => this.#outlet.send(to, 'data', frame),
    };
  }

  #registryIndex(): number {
    return this.#groups.get(META_GROUP)?.position.appliedIndex ?? 0;
  }

  #makeCaretakerOwner(): ConstructorParameters<typeof Caretaker>[0] {
    const { cluster, limits, faults } = this.#options;
    return {
      self: this.self.node,
      replicas: cluster.replicas,
      limits,
      faults: faults ?? new Set(),
      space: this.#space,
      groups: () => this.#groups.all(),
      registered: () => this.#groups.meta.nodes(),
      registryIndex: () => this.#registryIndex(),
      submit: (request, done) => this.#router.submit(request, done),
      isConnected: (node) => this.#mesh.isConnected(node),
      reaches: (node) => this.#mesh.reaches(node),
      flush: (done) => this.#outlet.flush(done),
      log: (level, event, fields) => this.#outlet.log(level, event, fields),
    };
  }

  #makeContactsOwner(): ConstructorParameters<typeof Contacts>[0] {
    return {
      self: this.self,
      before: this.#options.peers,
      outlet: this.#outlet,
      swim: this.#swim,
      time: () => this.#time,
      meta: () => this.#groups.meta,
      registryIndex: () => this.#registryIndex(),
      memberNodes: () => this.#groups.memberNodes(),
      connected: () => this.#mesh.connected(),
      submit: (request, done) => this.#router.submit(request, done),
    };
  }

  #makeServiceOwner(): ConstructorParameters<typeof Service>[0] {
    return {
      self: this.self,
      cluster: this.cluster,
      limits: this.#options.limits,
      programs: this.#programs,
      reads: this.#reads,
      faults: this.#options.faults ?? new Set(),
      time: () => this.#time,
      meta: () => this.#groups.meta,
      departures: () => this.#departures,
      replica: (group) => this.#groups.get(group),
      isHopeless: (group) => this.#groups.isHopeless(group),
      leading: (replica) => this.#leadingShard(replica.group),
      leader: (group) => this.#groups.leading(group),
      space: this.#space,
      get: (keys, done) => this.#outlet.get(keys, done),
      scan: (range, done) => this.#outlet.scan(range, done),
    };
  }

  #makeGroupsOwner(): GroupsOwner {
    return {
      options: this.#options,
      outlet: this.#outlet,
      reads: this.#reads,
      shardOwner: this.#makeShardOwner(),
      clock: () => this.#raftTicks,
      unlinkedTicks: (node) => this.#mesh.unlinkedTicks(node),
      loneTicks: () => this.#mesh.loneTicks,
      service: () => this.#service,
      streams: () => this.#streams,
      space: () => this.#space,
      roleChanged: (replica) => {
        this.#caretaker.roleChanged(replica, this.#time.now);
        const { leader } = replica.report;
        if (leader !== null) this.#router.ledBy(leader, replica.group);
      },
      leaderClosed: (leader) => this.#deliveries.forget(leader.outbox),
      metaChanged: () => {
        this.#contacts.registryChanged();
        this.#gossip();
      },
    };
  }

  #makeShardOwner(): ShardOwner {
    return {
      limits: this.#options.limits,
      random: this.#options.random,
      faults: this.#options.faults ?? new Set(),
      time: () => this.#time,
      get: (keys, done) => this.#outlet.get(keys, done),
      scan: (range, done) => this.#outlet.scan(range, done),
      propose: (group, data) => this.#groups.propose(group, data),
      behaviour: (code) => this.#programs.behaviour(code),
      cast: (casts) => this.#deliveries.cast(casts),
      dispatch: (outbox, pair) => this.#deliveries.dispatch(outbox, pair),
      log: (level, event, fields) => this.#outlet.log(level, event, fields),
      count: (metric, by = 1) => {
        this.counters[metric] += by;
      },
    };
  }

  #makeStreamOwner(): ConstructorParameters<typeof SnapshotStreams>[0] {
    const outlet = this.#outlet;
    return {
      self: this.self.node,
      time: () => this.#time,
      replica: (group) => this.#groups.get(group),
      openView: () => outlet.openView(),
      closeView: (view) => outlet.closeView(view),
      scan: (range, done) => outlet.scan(range, done),
      store: (ops) => outlet.store(ops),
      flush: (done) => outlet.flush(done),
      send: (to, lane, frame) => outlet.send(to, lane, frame),
      takeOver: (replica, meta, generation, rows) => this.#groups.takeOver(replica, meta, generation, rows),
    };
  }

  /** For metrics and tests: what each replica of this node knows of its group. */
  inspectGroups() {
    const registered = this.#groups.meta.nodes().filter(({ leaving }) => leaving === undefined);
    const nodes = registered.map(({ node }) => node);
    return [...this.#groups.all()].map(({ group, raft }) => {
      const { role, leader, term, config, committed, applied, lastIndex } = raft.status();
      const wanted = isWantedAt(this.self.node, group, nodes, this.cluster.replicas);
      return { group, role, leader, term, config, commit: committed, applied, lastIndex, wanted };
    });
  }

  /** For status: the registry and what gossip says of it. */
  inspectMembers() {
    return this.#groups.meta
      .nodes()
      .map((node) => ({ ...node, liveness: this.#swim.member(node.node)?.liveness ?? 'unknown' }));
  }

  inspectModules() {
    return this.#groups.meta.modules().map((hash) => ({ hash, program: this.#programs.program(hash) }));
  }

  inspectLoad() {
    const leaders = [...this.#groups.leaders()];
    const actors = leaders.reduce((sum, { actorCount }) => sum + actorCount, 0);
    const outbox = leaders.reduce((sum, leader) => sum + leader.outbox.size, 0);
    return { actors, outbox, requests: this.#router.size, held: this.#deliveries.held };
  }
}
