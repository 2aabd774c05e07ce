// Who may connect to this node. The registry says so; but a replica of the registry that lags may not know
// the very node that leads it and could bring it up to date, and a crash may set it back. So members tell
// each other the newest registry that they know of, each keeps that for its next start, and who is behind
// admits connections by it until it knows itself.
//
// Invariants
//  R1  No older registry overrules a newer one, wherever either came from.
//  R2  What a node has told of the registry, it kept first: it still knows it after a crash.
import type { NodeId } from '../../base/ids.ts';
import type { Peer } from '../../base/peer.ts';
import type { Roster } from '../types.ts';

/** The newer of the registry here and the one that is known by what others told. */
export function newest(own: Roster, told: Roster): Roster {
  return own.peers.length > 0 && own.index >= told.index ? own : told;
}

/**
 * The peers to be connected with: those of the newest registry and of the one here. And whoever a group of
 * this node still `counts` among its members: one that no registry here knows yet, or a removed one that is
 * to hear of it.
 */
export function admitted(own: Roster, told: Roster, counts: readonly Peer[]): readonly Peer[] {
  const peers = new Map<NodeId, Peer>();
  // Where somebody is, the newest registry knows.
  for (const peer of [...newest(own, told).peers, ...own.peers, ...counts])
    if (!peers.has(peer.node)) peers.set(peer.node, peer);
  return [...peers.values()];
}

export function samePeer(one: Peer, other: Peer): boolean {
  const [a, b] = [one.addresses, other.addresses];
  return one.name === other.name && a.length === b.length && a.every((address, at) => address === b[at]);
}

/** Whether both say the same of the same nodes, whatever their order. */
export function samePeers(one: readonly Peer[], other: readonly Peer[]): boolean {
  const known = new Map(other.map((peer) => [peer.node, peer]));
  return (
    one.length === other.length &&
    one.every((peer) => {
      const twin = known.get(peer.node);
      return twin !== undefined && samePeer(peer, twin);
    })
  );
}
