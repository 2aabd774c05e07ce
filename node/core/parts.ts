// The parts of a core, and the questions that they ask each other.
import { type GroupId, META_GROUP, type NodeId } from '../base/ids.ts';
import { wantedVoters } from '../cluster/placement.ts';
import type { RegistryState } from '../runtime/context.ts';
import type { Shard } from '../runtime/shard/shard.ts';
import type { Feed } from '../runtime/shard/subscriptions.ts';
import { Deliveries } from './delivery/deliveries.ts';
import { DiskSpace } from './groups/disk-space.ts';
import { Groups } from './groups/groups.ts';
import { LogCompaction } from './groups/log-compaction.ts';
import { ReadIndex } from './groups/read-index.ts';
import { SnapshotTransfer } from './groups/snapshot-transfer.ts';
import { Inspection } from './inspection.ts';
import { AddressBook, type AddressBookOwner } from './members/address-book.ts';
import { Decommission } from './members/decommission.ts';
import { Gossip } from './members/gossip.ts';
import { Rebalancer } from './members/rebalancer.ts';
import { Witness } from './members/witness.ts';
import { Incoming } from './network/incoming.ts';
import { Mesh } from './network/mesh.ts';
import { readCursor } from './requests/cursor.ts';
import { EventReads } from './requests/events.ts';
import { Follower } from './requests/follower.ts';
import { Router } from './requests/router.ts';
import { Routes } from './requests/routes.ts';
import { Service } from './requests/service.ts';
import type { StepContext } from './step-context.ts';
import type { ClientRequest, ClientResult } from './types.ts';

/**
 * Requests and deliveries are numbered from a random place on, with room for as many as a process will ever
 * make.
 */
const NUMBERS_PER_PROCESS = 2 ** 20;
const REGISTRY_READ_MS = 2000;

export class Parts {
  readonly mesh: Mesh;
  readonly witness: Witness;
  readonly gossip: Gossip;
  readonly readIndex = new ReadIndex();
  readonly events: EventReads;
  readonly groups: Groups;
  readonly space: DiskSpace;
  readonly routes: Routes;
  readonly router: Router;
  readonly service: Service;
  readonly deliveries: Deliveries;
  readonly snapshots: SnapshotTransfer;
  readonly rebalancer: Rebalancer;
  readonly compaction: LogCompaction;
  readonly decommission: Decommission;
  readonly addressBook: AddressBook;
  readonly incoming: Incoming;
  readonly inspection: Inspection;
  readonly #context: StepContext;

  /** `position` is the end of the log that was found on the disk. */
  constructor(context: StepContext, position: number) {
    const { random, effects } = context;
    this.#context = context;
    this.mesh = this.#makeMesh();
    this.witness = new Witness(context, random.uint32(), position);
    effects.use(this.mesh, this.witness);
    this.gossip = new Gossip(context, () => this.space.heard());
    this.groups = this.#makeGroups();
    const groups = this.groups;
    this.events = new EventReads(context, (group) => groups.get(group));
    const reaches = (node: NodeId) => this.mesh.reaches(node);
    const submit = (request: ClientRequest, done: (result: ClientResult) => void) =>
      this.router.submit(request, done);
    const registryIndex = () => this.#registryIndex;
    context.registryIsCurrent = (done) => this.#readRegistry(registryIndex, done);
    const leading = (group: GroupId) => this.#leading(group);
    this.space = new DiskSpace(context, { swim: this.gossip.swim, groups, heirs: () => this.rebalancer });
    this.routes = this.#makeRoutes();
    const first = () => random.uint32() * NUMBERS_PER_PROCESS;
    this.router = new Router(
      context,
      {
        routes: this.routes,
        linked: () => this.mesh.linked(),
        isHopeless: (group) => groups.isHopeless(group),
        readHere: (request, done) => this.events.readHere(request, done),
        serve: (group, attempt, done) => this.service.serve(group, attempt, done),
      },
      first(),
    );
    this.service = new Service(context, {
      groups,
      readIndex: this.readIndex,
      space: this.space,
      events: this.events,
      decommission: () => this.decommission,
      leading,
    });
    this.deliveries = new Deliveries(context, { routes: this.routes, leading }, first());
    this.snapshots = new SnapshotTransfer(context, groups, random.uint32());
    const all = () => groups.all();
    const space = this.space;
    this.rebalancer = new Rebalancer(context, {
      space,
      groups: all,
      registryIndex,
      submit,
      isConnected: (node) => this.mesh.isConnected(node),
      reaches,
    });
    this.compaction = new LogCompaction(context, { space, groups: all, reaches });
    this.decommission = new Decommission(context, {
      readIndex: this.readIndex,
      registryReplica: () => groups.get(META_GROUP),
      unaware: (index, except) => this.addressBook.unaware(index, except),
      unlinkedMs: (node) => this.mesh.unlinkedTicks(node) * context.options.tickMillis,
      submit,
    });
    this.addressBook = this.#makeAddressBook(submit);
    this.incoming = new Incoming(context, this);
    this.inspection = new Inspection(context, this);
  }

  /** Up to which entry the registry is known here. */
  get #registryIndex(): number {
    return this.groups.get(META_GROUP)?.position.appliedIndex ?? 0;
  }

  #makeAddressBook(submit: AddressBookOwner['submit']): AddressBook {
    const { tickMillis } = this.#context.options;
    return new AddressBook(this.#context, {
      swim: this.gossip.swim,
      registryIndex: () => this.#registryIndex,
      memberNodes: () => this.groups.memberNodes(),
      isFull: () => this.space.own === 'full',
      loneMs: () => this.mesh.loneTicks * tickMillis,
      reachable: () => new Set([...this.mesh.connected(), ...this.mesh.linked()]),
      submit,
    });
  }

  #makeMesh(): Mesh {
    const { self, effects, faults, options, time } = this.#context;
    const { heartbeatTicks, electionTicks } = options;
    return new Mesh(
      {
        self: self.node,
        isMember: (node) => this.addressBook.isAdmitted(node),
        send: (to, frame) => effects.sendDirectly(to, 'control', frame),
        rerouted: (node) => this.router.mayBeLost(node),
        faults,
      },
      { pulseTicks: 2 * heartbeatTicks, silentTicks: electionTicks, refreshTicks: 3 * electionTicks },
      Math.floor(time.wall),
    );
  }

  #makeGroups(): Groups {
    return new Groups(this.#context, {
      readIndex: this.readIndex,
      shardOwner: {
        propose: (group, data) => this.groups.propose(group, data),
        confirm: (group, done) => this.#confirm(group, done),
        follow: (prefix, cursor) => this.#follow(prefix, cursor),
        dispatch: (outbox, pair) => this.deliveries.dispatch(outbox, pair),
        cast: (casts) => this.deliveries.cast(casts),
        waitingFor: (path) => this.deliveries.waitingFor(path),
      },
      mesh: this.mesh,
      added: (replica) => this.space.tell(replica),
      roleChanged: (replica) => {
        this.rebalancer.roleChanged(replica, this.#context.time.now);
        const { leader } = replica.report;
        if (leader !== null) this.router.ledBy(leader, replica.group);
      },
      shardClosed: (shard) => this.deliveries.forget(shard.outbox),
      applied: ({ group }) => this.events.applied(group),
      registryChanged: () => {
        this.addressBook.registryChanged();
        this.gossip.tell();
      },
      registryApplied: (index, term, result) => this.service.registry.applied(index, term, result),
      registryLost: () => this.service.registry.lost(),
      snapshotWanted: (replica, wanted) => this.snapshots.want(replica, wanted),
      snapshotOffered: (replica, meta) => this.snapshots.install(replica, meta),
    });
  }

  #follow(prefix: string, cursor: string | null): Feed {
    const { cluster } = this.#context;
    const from = cursor === null ? 'beginning' : readCursor(cluster, cursor);
    const submit = (request: ClientRequest, done: (result: ClientResult) => void) =>
      this.router.submit(request, done);
    return new Follower({ cluster, prefix, exact: false, from, submit });
  }

  #readRegistry(known: () => number, done: (state: RegistryState) => void): void {
    this.router.submit({ op: 'registry-index', timeoutMs: REGISTRY_READ_MS }, (result) => {
      if (!result.ok) done('unknown');
      else done(known() >= (result.value as number) ? 'current' : 'behind');
    });
  }

  #makeRoutes(): Routes {
    return new Routes({
      self: this.#context.self.node,
      knownLeader: (group) => this.groups.leaderOf(group),
      candidates: (group) => this.#candidates(group),
      reaches: (node) => this.mesh.reaches(node),
    });
  }

  #candidates(group: GroupId): readonly NodeId[] {
    const { cluster } = this.#context;
    const known = this.addressBook.members.map(({ node }) => node);
    const voters = this.groups.get(group)?.config.voters ?? [];
    return [...new Set([...voters, ...wantedVoters(group, known, cluster.replicas), ...known])];
  }

  #confirm(group: GroupId, done: (leads: boolean) => void): void {
    const replica = this.groups.get(group);
    if (replica === undefined) done(false);
    else this.readIndex.begin(replica, done);
  }

  /** The shard's leader, if it is this node and it takes messages. */
  #leading(group: GroupId): Shard | undefined {
    return this.space.own === 'enough' ? this.groups.leading(group) : undefined;
  }
}
