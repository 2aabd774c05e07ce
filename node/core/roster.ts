// Who may connect to this node. The registry says so; but a replica of the registry that lags may not know the very node that
// leads it and could bring it up to date. So members tell each other how they know the registry, and who is behind admits
// connections by what an admitted member says, until it knows itself.
import type { Peer } from './types.ts';

/** The registry as of one entry of its log. */
export interface Roster {
  readonly index: number;
  readonly peers: readonly Peer[];
}

/** The peers to be connected with: those of the registry here, and those of a newer one that a member told of. */
export function admitted(own: Roster, told: Roster | undefined, before: readonly Peer[]): readonly Peer[] {
  const base = own.peers.length > 0 ? own.peers : before;
  if (told === undefined || told.index <= own.index) return base;
  const known = new Set(base.map(({ node }) => node));
  return [...base, ...told.peers.filter(({ node }) => !known.has(node))];
}
