// One node of a cluster, put together from its configuration: identity, log, store, transport, core and driver.
import { existsSync } from 'node:fs';
import { SeqNodeError } from '../base/errors.ts';
import type { NodeId } from '../base/ids.ts';
import type { NodeApi } from './api.ts';
import type { Config } from './config-schema.ts';
import { type DataPaths, dataPaths } from './data-directory.ts';
import { HostedNode } from './hosted-node.ts';
import type { Logger } from './logger.ts';
import { noteDamage, repairIfDue } from './repair.ts';
import { isDamage } from './repair-file.ts';

/**
 * How a node comes into its cluster. A data directory that already holds a cluster decides for itself: the node goes on
 * where it stopped, whatever is asked for here.
 */
export type Entrance =
  /** Make a new cluster with this node as its only member. */
  | { readonly kind: 'create' }
  /** Ask each member (`HOST:PORT` of its p2p address) in turn for admission, until one answers or time runs out. */
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
  /** Hands over what the node leads, then closes the network, the log and the store. Idempotent. Never rejects. */
  stop(): Promise<void>;
  /**
   * Resolves when the node met something that it must not go on with (`disk-failed`, `log-damaged`, `internal`): it has
   * stopped taking part already. The process should exit with the error's status. Pending while all is well.
   */
  readonly failed: Promise<SeqNodeError>;
}

/**
 * Starts a node. Resolves once it takes part in its cluster; shards may still be without a leader then. Where its log or its store is
 * damaged it is a new node in its own place (see repair.ts), which may take as long as the others need to agree.
 * Rejects with `data-in-use`, `not-a-cluster`, `not-admitted`, `token-refused`, `unreachable`, `log-damaged`, `journal-damaged`, `disk-full`,
 * `disk-failed`, `bad-config`.
 */
export async function createNode(config: Config, options: NodeOptions): Promise<RunningNode> {
  const paths = dataPaths(config.node.data);
  if (options.entrance.kind === 'resume' && !existsSync(paths.cluster))
    throw new SeqNodeError('not-a-cluster', `${paths.root} holds no cluster.`, { data: paths.root });
  await repairIfDue(config, paths, options.logger);
  try {
    return await startNode(config, options, paths);
  } catch (error) {
    if (!config.node.repair || !isDamage(error) || !noteDamage(paths, error)) throw error;
    await repairIfDue(config, paths, options.logger);
    return await startNode(config, options, paths);
  }
}

async function startNode(config: Config, options: NodeOptions, paths: DataPaths): Promise<RunningNode> {
  const node = new HostedNode(config, options, paths);
  try {
    await node.start();
    return node;
  } catch (error) {
    await node.close();
    throw error;
  }
}
