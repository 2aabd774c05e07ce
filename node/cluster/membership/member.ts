// Membership's view of a node, and the messages that spread it.

import type { NodeId } from '../../base/ids.ts';
import type { Peer } from '../../base/peer.ts';

/**
 * `unknown`: admitted, and neither heard of nor found silent yet. `suspect`: does not answer, may still
 * refute. `dead`: did not refute in time, or said that it leaves. A dead node that shows up again becomes
 * alive.
 */
export type Liveness = 'alive' | 'suspect' | 'dead' | 'unknown';

export type FactValue = string | number | boolean | null | readonly (string | number)[];

/**
 * What a node tells all others about itself, such as its load and the shards that it leads. Small: see
 * message.ts.
 */
export type Facts = Readonly<Record<string, FactValue>>;

/**
 * A node that the registry admits; gossip about others is passed over. Gossip replaces the registry's
 * addresses with those that the node itself tells.
 */
export interface Member extends Peer {
  readonly liveness: Liveness;
  /**
   * Grows by one with each refutation; rumours of a higher one override all of a lower one.
   */
  readonly incarnation: number;
  readonly facts: Facts;
}

/** One piece of gossip. */
export type Rumour =
  | {
      readonly kind: 'alive';
      readonly node: NodeId;
      readonly incarnation: number;
      /** Orders what a member tells about itself within an incarnation. */
      readonly version: number;
      readonly addresses: readonly string[];
      readonly facts: Facts;
    }
  | {
      readonly kind: 'suspect' | 'dead';
      readonly node: NodeId;
      readonly incarnation: number;
      /**
       * The accuser. Suspicions from several nodes confirm each other; a node that declares itself dead
       * leaves.
       */
      readonly by: NodeId;
    };

interface Envelope {
  /** Of the sender. */
  readonly incarnation: number;
  /** Of the sender; see Rumour. */
  readonly version: number;
  readonly rumours: readonly Rumour[];
}

/** All are plain data that MessagePack carries as it stands. `sequence` pairs an answer with its request. */
export type SwimMessage =
  /** `sync`: the sender wants to be told everything. */
  | (Envelope & { readonly kind: 'ping'; readonly sequence: number; readonly sync: boolean })
  | (Envelope & { readonly kind: 'ack'; readonly sequence: number })
  /** "Probe `target` for me": answered with `ack` when it answers, with `nack` when it does not in time. */
  | (Envelope & { readonly kind: 'ping-request'; readonly sequence: number; readonly target: NodeId })
  | (Envelope & { readonly kind: 'nack'; readonly sequence: number })
  /** Rumours that cannot wait for the next probe. */
  | (Envelope & { readonly kind: 'gossip' });

export type SwimEffect =
  | { readonly kind: 'send'; readonly to: NodeId; readonly message: SwimMessage }
  /** Liveness, incarnation, addresses or facts of a member changed; or the registry added it. */
  | { readonly kind: 'changed'; readonly member: Member };
