// The shard of an actor, and the wanted nodes of a shard. Rendezvous hashing (Thaler and Ravishankar, 1996)
// only proposes: the members of a shard are decided by its own configuration log, and this file computes the
// next change.
import { hash32 } from '../base/hash.ts';
import { type ActorPath, type GroupId, groupId, META_GROUP, type NodeId } from '../base/ids.ts';
import type { ConfigState } from '../base/log.ts';
import { placedPath } from '../base/path.ts';

/** Voters of the meta group at most; further nodes follow it as learners. */
const META_VOTERS_MAX = 5;

export function shardOf(path: ActorPath, shards: number): GroupId {
  let hash = hashes.get(path);
  if (hash === undefined) {
    hash = hash32(placedPath(path));
    if (hashes.size >= HASHES_MAX) hashes.clear();
    hashes.set(path, hash);
  }
  return groupId(1 + (hash % shards));
}

// A pure function, remembered: every message asks for the shard of its receiver.
const hashes = new Map<ActorPath, number>();
const HASHES_MAX = 10_000;

/** The nodes that should vote in `group`, most wanted first. `nodes` in the order of admission. */
export function wantedVoters(group: GroupId, nodes: readonly NodeId[], replicas: number): NodeId[] {
  if (group === META_GROUP) return nodes.slice(0, largestOdd(Math.min(nodes.length, META_VOTERS_MAX)));
  const ranked = nodes
    .map((node) => ({ node, score: hash32(`${group}:${node}`) }))
    .sort((a, b) => b.score - a.score || (a.node < b.node ? -1 : 1));
  return ranked.slice(0, largestOdd(Math.min(nodes.length, replicas))).map(({ node }) => node);
}

/**
 * The wanted voter that should lead `group`: they take turns from group to group, so that three nodes, which
 * vote everywhere, lead as many each. Undefined without nodes.
 */
export function preferredLeader(
  group: GroupId,
  nodes: readonly NodeId[],
  replicas: number,
): NodeId | undefined {
  const wanted = wantedVoters(group, nodes, replicas);
  const voters = nodes.filter((node) => wanted.includes(node));
  return voters[group % voters.length];
}

// Two voters survive no more failures than one and wait for both, so an even number is never wanted.
function largestOdd(count: number): number {
  return count % 2 === 1 ? count : Math.max(count - 1, 1);
}

/**
 * The nodes that should follow `group` without a vote: everybody follows the meta group; a second node
 * follows each shard.
 */
function wantedLearners(group: GroupId, nodes: readonly NodeId[], replicas: number): NodeId[] {
  const voters = wantedVoters(group, nodes, replicas);
  if (group === META_GROUP || nodes.length === 2) return nodes.filter((node) => !voters.includes(node));
  return [];
}

/** Whether the group should be kept at `node`, with a vote or without. */
export function isWantedAt(
  node: NodeId,
  group: GroupId,
  nodes: readonly NodeId[],
  replicas: number,
): boolean {
  return (
    wantedVoters(group, nodes, replicas).includes(node) ||
    wantedLearners(group, nodes, replicas).includes(node)
  );
}

export interface ConfigStep {
  readonly addLearners: readonly NodeId[];
  readonly addVoters: readonly NodeId[];
  readonly remove: readonly NodeId[];
}

/**
 * The next change of a group's configuration, as its leader sees it, or undefined when none is due. New nodes
 * become learners first; they get a vote, in one joint change with the removals, once all of them have caught
 * up and a majority of those that will vote is there. A node that is `leaving` loses its place but follows
 * the registry to the end, to learn how it ends.
 */
export function nextConfigStep(
  group: GroupId,
  config: ConfigState,
  nodes: readonly NodeId[],
  replicas: number,
  caughtUp: (node: NodeId) => boolean,
  leaving: readonly NodeId[] = [],
): ConfigStep | undefined {
  if (config.outgoing.length > 0 || nodes.length === 0) return undefined;
  const members = new Set([...config.voters, ...config.learners]);
  let voters = wantedVoters(group, nodes, replicas);
  // With two nodes the present voter keeps its vote, whichever it is: moving it would win nothing.
  if (nodes.length === 2 && config.voters.length === 1 && nodes.includes(config.voters[0]!))
    voters = [...config.voters];
  const staying =
    nodes.length === 2
      ? nodes.filter((node) => !voters.includes(node))
      : wantedLearners(group, nodes, replicas);
  const followers =
    group === META_GROUP ? [...staying, ...leaving.filter((node) => members.has(node))] : staying;
  const newcomers = [...voters, ...followers].filter((node) => !members.has(node));
  if (newcomers.length > 0) return { addLearners: newcomers, addVoters: [], remove: [] };
  const promote = voters.filter((node) => !config.voters.includes(node));
  if (!promote.every(caughtUp)) return undefined;
  const remove = [...members].filter((node) => !voters.includes(node) && !followers.includes(node));
  const demote = config.voters.filter((node) => followers.includes(node));
  if (promote.length === 0 && remove.length === 0 && demote.length === 0) return undefined;
  const votersGo = promote.length > 0 || config.voters.some((node) => !voters.includes(node));
  if (votersGo && voters.filter(caughtUp).length * 2 <= voters.length) return undefined;
  return { addLearners: demote, addVoters: promote, remove };
}
