// Who may connect to this node. The registry says so; but a replica of the registry that lags may not know
// the very node that leads it and could bring it up to date. So members tell each other how they know the
// registry, and who is behind admits connections by what an admitted member says, until it knows itself.

import type { NodeId } from '../../base/ids.ts';
import type { Peer } from '../../base/peer.ts';

/** The registry as of one entry of its log. */
export interface Roster {
  readonly index: number;
  readonly peers: readonly Peer[];
}

/**
 * The peers to be connected with: those of the registry here, and those of a newer one that a member told of.
 * And whoever a group of this node still `counts` among its members: one that the registry here does not know
 * yet, or a removed one that is to hear of it.
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
  // Where somebody is, the newest registry knows.
  for (const peer of [...newer, ...base, ...counts]) if (!peers.has(peer.node)) peers.set(peer.node, peer);
  return [...peers.values()];
}

export function samePeer(one: Peer, other: Peer): boolean {
  const [a, b] = [one.addresses, other.addresses];
  return one.name === other.name && a.length === b.length && a.every((address, at) => address === b[at]);
}
