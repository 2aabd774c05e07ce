// How a node is started, and what is seen of it while it runs.
import type { SeqNodeError } from '../base/errors.ts';
import type { NodeId } from '../base/ids.ts';
import type { NodeApi } from './api.ts';
import type { Logger } from './logger.ts';

/**
 * How a node comes into its cluster. A data directory that already holds a cluster decides for itself: the
 * node goes on where it stopped, whatever is asked for here.
 */
export type Entrance =
  /** Make a new cluster with this node as its only member. */
  | { readonly kind: 'create' }
  /**
   * Ask each member (`HOST:PORT` of its p2p address) in turn for admission, until one answers or time runs
   * out.
   */
  | { readonly kind: 'join'; readonly members: readonly string[]; readonly token: string }
  /** Go on where the node stopped; `not-a-cluster` when the directory is empty. */
  | { readonly kind: 'resume' };

export interface NodeOptions {
  readonly logger: Logger;
  readonly entrance: Entrance;
}

export interface RunningNode {
  readonly node: NodeId;
  readonly name: string;
  readonly api: NodeApi;
  /** `HOST:PORT` each. */
  readonly p2pAddresses: readonly string[];
  /**
   * Hands over what the node leads, then closes the network, the log and the store. Idempotent. Never
   * rejects.
   */
  stop(): Promise<void>;
  /**
   * Resolves when the node met something that it must not go on with (`disk-failed`, `log-damaged`,
   * `internal`): it has stopped taking part already. The process should exit with the error's status. Pending
   * while all is well.
   */
  readonly failed: Promise<SeqNodeError>;
}
