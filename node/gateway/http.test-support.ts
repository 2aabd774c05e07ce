// A gateway on a real loopback socket, with an account at /user/a, and ways to talk to it.
import { connect } from 'node:net';
import type { ExecutionContext } from 'ava';
import { checkAnswer } from './documented.test-support.ts';
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
import { createMemoryNode, type MemoryNode } from './memory-node.test-support.ts';

export interface Fixture {
  readonly node: MemoryNode;
  readonly gateway: Gateway;
  readonly faults: string[];
}

export const LIMITS = {
  bodyBytesMax: 64 * 1024,
  batchItemsMax: 100,
  connectionsMax: 100,
  outstandingMax: 50,
  headerTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  keepAliveMs: 5000,
};

interface Overrides extends Partial<Omit<GatewayOptions, 'limits'>> {
  readonly limits?: Partial<GatewayOptions['limits']>;
}

export async function startGateway(t: ExecutionContext, overrides: Overrides = {}): Promise<Fixture> {
  const node = createMemoryNode();
  const faults: string[] = [];
  const gateway = await createGateway({
    api: node,
    listen: { host: '127.0.0.1', port: 0 },
    token: '',
    origins: [],
    version: '0.1.0',
    logger: { log: (_level, event) => faults.push(event) },
    ...overrides,
    limits: { ...LIMITS, ...overrides.limits },
  });
  t.teardown(() => {
    node.release();
    return gateway.close(100);
  });
  const { hash } = await node.deploy({ entry: 'a.seq', files: { 'a.seq': ': account ( -- ) ;' } });
  await node.spawn('/user/a', { module: hash, word: 'account' });
  node.calls.length = 0;
  return { node, gateway, faults };
}

/** One answer, its JSON body parsed. */
export async function call(
  { gateway }: Fixture,
  method: string,
  address: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await fetch(gateway.url + address, {
    method,
    headers:
      body === undefined || typeof body === 'string'
        ? headers
        : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json' && text !== '';
  const answer = {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
  checkAnswer(method, address, answer);
  return answer;
}

/**
 * Writes the pieces to a bare socket, and gives all that comes back until the gateway closes it or `until`
 * matches.
 */
export function talk(
  { gateway }: Fixture,
  pieces: readonly (string | Uint8Array)[],
  until?: RegExp,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.address.port, '127.0.0.1');
    let received = '';
    const done = () => {
      socket.destroy();
      resolve(received);
    };
    socket.setTimeout(60_000, () => reject(new Error(`no answer; received ${JSON.stringify(received)}`)));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (until?.test(received)) done();
    });
    socket.on('close', done);
    // A reset while still writing is for the test to judge by what was received.
    socket.on('error', done);
    for (const piece of pieces) socket.write(piece);
  });
}

/** The statuses of the responses in what `talk` gave. */
export const statuses = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));

/** The error codes of the refusals in what `talk` gave. */
export const codes = (received: string): string[] =>
  [...received.matchAll(/"error":\{"code":"([a-z-]+)"/g)].map((match) => match[1]!);
