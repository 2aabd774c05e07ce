// The observable state of a node: for metrics, status and tests.

import type { GroupId } from '../base/ids.ts';
import type { ConfigState } from '../base/log.ts';
import type { Peer } from '../base/peer.ts';
import type { ModuleSource } from '../cluster/meta-state.ts';
import { isWantedAt, nextConfigStep } from '../cluster/placement.ts';
import type { Deliveries } from './delivery/deliveries.ts';
import type { Groups } from './groups/groups.ts';
import type { Gossip } from './members/gossip.ts';
import type { Router } from './requests/router.ts';
import type { StepContext } from './step-context.ts';
import type { ClusterIdentity } from './types.ts';

interface Inspectable {
  readonly groups: Groups;
  readonly gossip: Gossip;
  readonly router: Router;
  readonly deliveries: Deliveries;
}

export class Inspection {
  readonly self: Peer;
  readonly cluster: ClusterIdentity;
  readonly #context: StepContext;
  readonly #parts: Inspectable;

  constructor(context: StepContext, parts: Inspectable) {
    this.self = context.self;
    this.cluster = context.cluster;
    this.#context = context;
    this.#parts = parts;
  }

  /** Counters since the start. */
  get counters() {
    return this.#context.counters;
  }

  /** What each replica of this node knows of its group. */
  groups() {
    const { registry, self, cluster } = this.#context;
    const nodes = (isLeaving: boolean) =>
      registry
        .nodes()
        .filter(({ leaving }) => (leaving !== undefined) === isLeaving)
        .map(({ node }) => node);
    const isWanted = (group: GroupId) => isWantedAt(self.node, group, nodes(false), cluster.replicas);
    const isMoving = (group: GroupId, config: ConfigState) =>
      config.outgoing.length > 0 ||
      nextConfigStep(group, config, nodes(false), cluster.replicas, () => true, nodes(true)) !== undefined;
    return Array.from(this.#parts.groups.all(), ({ group, raft }) => {
      const { role, leader, term, config, committed: commit, applied, lastIndex } = raft.glance();
      return {
        group,
        role,
        leader,
        term,
        config,
        commit,
        applied,
        lastIndex,
        isWanted: () => isWanted(group),
        /** As far as this replica knows, members of its group change, or are to. */
        isMoving: () => isMoving(group, config),
      };
    });
  }

  /** The registry, with the liveness that gossip reports. */
  members() {
    return this.#context.registry.nodes().map((node) => ({
      ...node,
      liveness: this.#parts.gossip.swim.member(node.node)?.liveness ?? 'unknown',
    }));
  }

  modules() {
    const { registry, programs } = this.#context;
    return registry.modules().map((hash) => ({ hash, program: programs.program(hash) }));
  }

  moduleText(hash: string): ModuleSource | undefined {
    const { registry } = this.#context;
    const known = registry.modules().find((each) => each === hash);
    return known && registry.module(known);
  }

  load() {
    const shards = [...this.#parts.groups.shards()];
    const actors = shards.reduce((sum, { actorCount }) => sum + actorCount, 0);
    const actorBytes = shards.reduce((sum, shard) => sum + shard.actorBytes, 0);
    const outbox = shards.reduce((sum, shard) => sum + shard.outbox.size, 0);
    const paused = shards.reduce((sum, { pressure }) => sum + pressure.paused, 0);
    const deadLetters = shards.reduce((sum, shard) => sum + shard.deadLetters.size, 0);
    return {
      actors,
      actorBytes,
      queues: shards.flatMap(({ tasks }) => tasks.gauges()),
      outbox,
      paused,
      deadLetters,
      requests: this.#parts.router.size,
      held: this.#parts.deliveries.held,
    };
  }
}
