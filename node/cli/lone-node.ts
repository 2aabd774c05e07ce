// A node alone on loopback within this process, with its gateway, for whoever needs one for a while.
import { setTimeout as sleep } from 'node:timers/promises';
import { createGateway } from '../gateway/gateway.ts';
import { parseConfig } from '../host/config.ts';
import { silentLogger } from '../host/logger.ts';
import { createNode } from '../host/node.ts';
import { gatewayOptions } from './start-options.ts';

const READY_POLL_MS = 20;

export interface LoneNode {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Makes a cluster of one node, or goes on with the one that `data` holds. `source` is who asks, as in
 * messages about `settings`. Resolves once it serves.
 */
export async function startLoneNode(
  source: string,
  data: string,
  settings: Readonly<Record<string, string>>,
): Promise<LoneNode> {
  const own = { 'node.data': data, 'p2p.listen': '127.0.0.1:0', 'http.listen': '127.0.0.1:0' };
  const { config } = parseConfig({ presets: [{ source, settings: { ...own, ...settings } }] });
  const logger = silentLogger;
  const node = await createNode(config, { logger, entrance: { kind: 'create' } });
  try {
    while (!(await node.api.readiness()).ready) await sleep(READY_POLL_MS);
    const gateway = await createGateway({ api: node.api, ...gatewayOptions(config), logger });
    const stop = async () => {
      await gateway.close();
      await node.stop();
    };
    return { url: gateway.url, stop };
  } catch (error) {
    await node.stop();
    throw error;
  }
}
