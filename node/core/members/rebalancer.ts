// What a leader does for its group besides its work: brings the members to what the registry wants, and hands
// the leadership to the preferred node.
import type { GroupId, Millis, NodeId } from '../../base/ids.ts';
import type { ConfigStep } from '../../cluster/consensus/index.ts';
import type { RegisteredNode } from '../../cluster/meta-state.ts';
import { nextConfigStep, preferredLeader } from '../../cluster/placement.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { DiskSpace } from '../groups/disk-space.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, ClientResult } from '../types.ts';

export interface RebalancerOwner {
  readonly space: DiskSpace;
  groups(): Iterable<Replica>;
  /** Up to which entry the registry is known here. */
  registryIndex(): number;
  submit(request: ClientRequest, done: (result: ClientResult) => void): void;
  isConnected(node: NodeId): boolean;
  /** Whether frames to the node have a path. */
  reaches(node: NodeId): boolean;
}

/** The lead of a group, in one term. */
interface Lead {
  since: Millis;
  /** Up to which entry the registry was committed at a moment after this lead began. */
  registry: number | undefined;
}

const CARE_MS = 300;
const READ_MS = 2000;
/**
 * A leader stays where it is for so long before it moves to the preferred node, lest leaders chase each
 * other.
 */
const SETTLE_MS = 3000;
/** A member counts as caught up when it lacks no more entries than this. */
const LAG_MAX = 16;

export class Rebalancer {
  readonly #context: StepContext;
  readonly #owner: RebalancerOwner;
  readonly #leads = new Map<GroupId, Lead>();
  #reading = false;
  #nextCare: Millis = 0;

  constructor(context: StepContext, owner: RebalancerOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  roleChanged(replica: Replica, now: Millis): void {
    if (replica.isLeader) this.#leads.set(replica.group, { since: now, registry: undefined });
    else this.#leads.delete(replica.group);
  }

  tick(now: Millis): void {
    if (now < this.#nextCare) return;
    this.#nextCare = now + CARE_MS;
    const { space } = this.#owner;
    if (space.own === 'enough') this.#careForGroups(now);
    else this.handOver();
  }

  #careForGroups(now: Millis): void {
    const registered = this.#context.registry.nodes();
    const isLeaving = ({ leaving }: RegisteredNode) => leaving !== undefined;
    const leaving = registered.filter(isLeaving).map(({ node }) => node);
    const nodes = registered.filter((each) => !isLeaving(each)).map(({ node }) => node);
    for (const replica of this.#owner.groups()) {
      if (!replica.isLeader) continue;
      if (!this.#reconfigure(replica, nodes, leaving)) this.#handToPreferred(replica, nodes, now);
    }
  }

  #reconfigure(replica: Replica, nodes: readonly NodeId[], leaving: readonly NodeId[]): boolean {
    const { raft, group, config } = replica;
    const status = raft.status();
    const peers = new Map(status.peers.map((peer) => [peer.node, peer]));
    const caughtUp = (node: NodeId) => {
      const peer = peers.get(node);
      return (
        node === this.#context.self.node ||
        (peer?.active === true && status.lastIndex - peer.match <= LAG_MAX)
      );
    };
    const step = nextConfigStep(group, config, nodes, this.#context.cluster.replicas, caughtUp, leaving);
    if (step === undefined) return config.outgoing.length > 0;
    if (!this.#knowsRegistry(group)) return true;
    const steps: ConfigStep[] = [
      ...step.addLearners.map((node) => ({ op: 'add-learner', node }) as const),
      ...step.addVoters.map((node) => ({ op: 'add-voter', node }) as const),
      ...step.remove.map((node) => ({ op: 'remove', node }) as const),
    ];
    const proposed = raft.proposeConfig({ steps });
    replica.pump();
    if (proposed.ok) {
      this.#context.log('info', 'configuration-proposed', {
        group,
        learners: step.addLearners.length,
        voters: step.addVoters.length,
        removed: step.remove.length,
      });
    }
    return true;
  }

  /**
   * Whether the registry here is as new as it was when the lead of the group began, or newer. A leader that
   * is behind might bring back a node that an earlier leader took out for good.
   */
  #knowsRegistry(group: GroupId): boolean {
    if (this.#context.faults.has('stale-registry')) return true;
    const index = this.#leads.get(group)?.registry;
    if (index === undefined) this.#readRegistry();
    return index !== undefined && this.#owner.registryIndex() >= index;
  }

  #readRegistry(): void {
    if (this.#reading) return;
    this.#reading = true;
    const leads = [...this.#leads.values()];
    this.#owner.submit({ op: 'registry-index', timeoutMs: READ_MS }, (result) => {
      this.#reading = false;
      if (result.ok) for (const lead of leads) lead.registry ??= result.value as number;
    });
  }

  #handToPreferred(replica: Replica, nodes: readonly NodeId[], now: Millis): void {
    const { raft, group, config } = replica;
    const { self, cluster } = this.#context;
    const preferred = preferredLeader(group, nodes, cluster.replicas);
    const lead = this.#leads.get(group);
    if (preferred === self.node || lead === undefined || now - lead.since < SETTLE_MS) return;
    const mayHave = preferred !== undefined && this.#canLead(replica, preferred);
    // Elected by the voters of before, it leads without a vote: any voter is better.
    const other = config.voters.includes(self.node) ? undefined : this.heirOf(replica);
    const heir = mayHave ? preferred : other;
    if (heir === undefined) return;
    lead.since = now;
    raft.transferLeadership(heir);
    replica.pump();
  }

  #canLead({ raft, config }: Replica, node: NodeId): boolean {
    const { isConnected, space } = this.#owner;
    if (!config.voters.includes(node) || !isConnected(node) || !space.mayLead(node)) return false;
    const status = raft.status();
    const peer = status.peers.find((each) => each.node === node);
    return peer?.active === true && status.lastIndex - peer.match <= LAG_MAX;
  }

  /** Hands every group that this node leads to another voter. Returns whether any is left. */
  handOver(): boolean {
    let left = false;
    for (const replica of this.#owner.groups()) {
      if (!replica.isLeader) continue;
      const heir = this.heirOf(replica);
      if (heir === undefined) continue;
      left = true;
      if (replica.raft.status().transferringTo !== null) continue;
      replica.raft.transferLeadership(heir);
      replica.pump();
    }
    return left;
  }

  /** The voter that can lead the group in the place of this node, and lacks the least for it. */
  heirOf({ raft, config }: Replica): NodeId | undefined {
    const { reaches, space } = this.#owner;
    const [best] = raft
      .status()
      .peers.filter(
        ({ node, active }) => active && config.voters.includes(node) && reaches(node) && space.mayLead(node),
      )
      .sort((a, b) => b.match - a.match);
    return best?.node;
  }
}
