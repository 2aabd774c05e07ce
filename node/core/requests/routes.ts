// Routes to the leaders of groups. A node with a replica of the group knows the leader from consensus; others
// learn it from answers, and otherwise ask around. Routes decide nothing: a wrong one costs time.
import type { GroupId, NodeId } from '../../base/ids.ts';

export interface RoutesOwner {
  readonly self: NodeId;
  /** The leader as a replica on this node knows it. */
  knownLeader(group: GroupId): NodeId | null;
  /** Nodes that may keep a replica of the group, the likeliest first. */
  candidates(group: GroupId): readonly NodeId[];
  /** Whether frames to the node have a path. */
  reaches(node: NodeId): boolean;
}

export class Routes {
  readonly #owner: RoutesOwner;
  readonly #hints = new Map<GroupId, NodeId>();

  constructor(owner: RoutesOwner) {
    this.#owner = owner;
  }

  leaderOf(group: GroupId): NodeId | null {
    return this.#owner.knownLeader(group) ?? this.#hints.get(group) ?? null;
  }

  /** The node to ask at the `attempt`-th try, from 0; undefined when none is within reach. */
  target(group: GroupId, attempt: number): NodeId | undefined {
    const reachable = (node: NodeId) => node === this.#owner.self || this.#owner.reaches(node);
    const leader = this.leaderOf(group);
    // What led nowhere before may be stale: every third attempt asks around.
    if (leader !== null && reachable(leader) && attempt % 3 !== 2) return leader;
    const candidates = this.#owner.candidates(group).filter(reachable);
    return candidates[attempt % Math.max(candidates.length, 1)];
  }

  /** `asked` answered that `leader` leads the group: itself, another, or nobody that it knows. */
  learn(group: GroupId, asked: NodeId, leader: NodeId | null): void {
    // Whether this node leads it knows itself.
    if (leader === this.#owner.self) this.#hints.delete(group);
    else if (leader !== null) this.#hints.set(group, leader);
    else if (this.#hints.get(group) === asked) this.#hints.delete(group);
  }

  /** Nothing leads to `node` any more. */
  forget(node: NodeId): void {
    for (const [group, leader] of this.#hints) if (leader === node) this.#hints.delete(group);
  }
}
