import test from 'ava';
import type { NodeId } from '../../base/ids.ts';
import type { TransportEvents } from '../transport-port.ts';
import { createIdentity, type Identity } from './identity.ts';
import type { TransportLimits } from './limits.ts';
import { type Libp2pTransport, startTransport } from './transport.ts';
import { type TransportHarness, transportSuite } from './transport-suite.ts';

const LIMITS: Partial<TransportLimits> = {
  frameBytesMax: { control: 2_000_000, data: 2_000_000, bulk: 2_000_000 },
  bufferBytesMax: { control: 4_000_000, data: 4_000_000, bulk: 4_000_000 },
};

/** Real sockets on the loopback interface. */
function makeHarness(): Promise<TransportHarness> {
  const identities = new Map<NodeId, Identity>();
  const started: Libp2pTransport[] = [];
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return Promise.resolve({
    frameBytesMax: 2_000_000,
    bufferBytesMax: 4_000_000,
    async start(events: TransportEvents, again?: NodeId) {
      const identity = (again && identities.get(again)) ?? createIdentity();
      identities.set(identity.node, identity);
      const transport = await startTransport({
        privateKey: identity.privateKey,
        listen: '127.0.0.1:0',
        limits: LIMITS,
        events,
      });
      started.push(transport);
      return transport;
    },
    async until(condition: () => boolean, what: string) {
      for (let waited = 0; !condition(); waited += 5) {
        if (waited > 30_000) throw new Error(`waited too long: ${what}`);
        await sleep(5);
      }
    },
    settle: () => sleep(400) as Promise<void>,
    async end() {
      await Promise.all(started.map((transport) => transport.stop()));
    },
  });
}

transportSuite(test, 'libp2p', makeHarness);
