// One node of a cluster, put together from its configuration: identity, log, store, transport, core and
// driver.
import { SeqNodeError } from '../base/errors.ts';
import type { Config } from './config-schema.ts';
import { type DataPaths, dataPaths, isThere } from './data-directory.ts';
import { HostedNode } from './hosted-node.ts';
import { noteDamage, repairIfDue, withNextStep } from './repair.ts';
import { isDamage } from './repair-file.ts';
import type { NodeOptions, RunningNode } from './running-node.ts';

export type { Entrance, NodeOptions, RunningNode } from './running-node.ts';

/**
 * Starts a node. Resolves once it takes part in its cluster; shards may still be without a leader then. Where
 * its log or its store is damaged it is a new node in its own place (see repair.ts), which may take as long
 * as the others need to agree. Rejects with `data-in-use`, `not-a-cluster`, `not-admitted`, `token-refused`,
 * `unreachable`, `log-damaged`, `journal-damaged`, `disk-full`, `disk-failed`, `bad-config`.
 */
export async function createNode(config: Config, options: NodeOptions): Promise<RunningNode> {
  const paths = dataPaths(config.node.data);
  if (options.entrance.kind === 'resume' && !isThere(paths.cluster))
    throw new SeqNodeError('not-a-cluster', `${paths.root} holds no cluster.`, { data: paths.root });
  await repairIfDue(config, paths, options.logger);
  try {
    return await startNode(config, options, paths);
  } catch (error) {
    if (!isDamage(error)) throw error;
    if (!config.node.repair || !noteDamage(paths, error)) throw withNextStep(error, config, paths);
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
