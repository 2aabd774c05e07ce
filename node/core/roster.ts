// Who may connect to this node. The registry says so; but a replica of the registry that lags may not know the very node that
// leads it and could bring it up to date. So members tell each other how they know the registry, and who is behind admits
// connections by what an admitted member says, until it knows itself.
import type { NodeId } from '../base/ids.ts';
import type { Peer } from './types.ts';

/** The registry as of one entry of its log. */
export interface Roster {
  readonly index: number;
  readonly peers: readonly Peer[];
}

/**
 * The peers to be connected with: those of the registry here, and those of a newer one that a member told of. And whoever a group of this
 * node still `counts` on, which a removed node is until the group's change of members is done: without it there may be no
 * majority to do that.
 */
export function admitted(
  own: Roster,
  told: Roster | undefined,
  before: readonly Peer[],
  counts: readonly Peer[],
): readonly Peer[] {
  const base = own.peers.length > 0 ? own.peers : before;
  const newer = told !== undefined && told.index > own.index ? told.peers : [];
  const peers = new Map<NodeId, Peer>();
  for (const peer of [...base, ...newer, ...counts]) if (!peers.has(peer.node)) peers.set(peer.node, peer);
  return [...peers.values()];
}

/** Whether the newest registry that is known here has the node itself no more. */
export function isRemoved(self: NodeId, own: Roster, told: Roster | undefined): boolean {
  const { peers } = told !== undefined && told.index > own.index ? told : own;
  return peers.length > 0 && !peers.some(({ node }) => node === self);
}

export function samePeer(one: Peer, other: Peer): boolean {
  const [a, b] = [one.addresses, other.addresses];
  return one.name === other.name && a.length === b.length && a.every((address, at) => address === b[at]);
}
