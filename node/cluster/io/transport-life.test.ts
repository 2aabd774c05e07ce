// Links over time: kills, cuts, silence, crossing dials, hundreds of reconnections.
import { spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import test from 'ava';
import { nodeId } from '../../base/ids.ts';
import { formatHostPort, parseHostPort } from './address.ts';
import { createIdentity, type Identity } from './identity.ts';
import type { TransportLimits } from './limits.ts';
import { type Libp2pTransport, startTransport } from './transport.ts';
import { numbered, numberOf, RecordedNode } from './transport-suite.ts';

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 30_000) throw new Error(`waited too long: ${what}`);
    await sleep(5);
  }
}

const ends: (() => unknown)[] = [];
test.afterEach.always(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

interface Started {
  readonly node: RecordedNode;
  readonly transport: Libp2pTransport;
  readonly peer: { readonly node: Libp2pTransport['self']; readonly addresses: readonly string[] };
}

async function start(
  identity: Identity = createIdentity(),
  limits: Partial<TransportLimits> = {},
  more: { readonly bootstrap?: readonly string[]; readonly listen?: string } = {},
): Promise<Started> {
  const node = new RecordedNode();
  const transport = await startTransport({
    privateKey: identity.privateKey,
    listen: '127.0.0.1:0',
    limits: { redialMinMs: 5, redialMaxMs: 100, ...limits },
    events: node.events,
    ...more,
  });
  ends.push(() => transport.stop());
  return { node, transport, peer: { node: transport.self, addresses: transport.addresses } };
}

const introduce = (nodes: readonly Started[]) => {
  for (const { transport } of nodes) transport.setPeers(nodes.map(({ peer }) => peer));
};

const connected = (a: Started, b: Started) =>
  a.node.connectedTo.has(b.transport.self) && b.node.connectedTo.has(a.transport.self);

const openSockets = () =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

/** Passes everything on, until told otherwise. */
async function proxyTo(address: string) {
  const pairs = new Set<readonly [Socket, Socket]>();
  let silent = false;
  const server: Server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect(parseHostPort(address));
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (data) => silent || to.write(data));
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  ends.push(() => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
    server.close();
  });
  return {
    address: formatHostPort({ host: '127.0.0.1', port }),
    connections: () => pairs.size,
    cut: () => {
      for (const [near, far] of pairs) {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
    },
    /** Keeps the sockets open and passes nothing on. */
    silence: (on: boolean) => {
      silent = on;
    },
  };
}

const CHILD = `
  const { startTransport } = await import(process.argv[1]);
  const [key, peer, address] = process.argv.slice(2);
  const nothing = () => undefined;
  const transport = await startTransport({
    privateKey: Buffer.from(key, 'hex'),
    listen: '127.0.0.1:0',
    events: {
      frames: (from, lane, frames) => frames.forEach((frame) => transport.send(from, lane, frame.slice())),
      connected: nothing, disconnected: nothing, discovered: nothing, joinRequest: nothing,
    },
  });
  transport.setPeers([{ node: peer, addresses: [address] }]);
  process.stdin.resume().on('close', () => process.exit());
`;

test.serial('a killed process is missed, and found again when it is started again', async (t) => {
  const near = await start();
  const identity = createIdentity();
  near.transport.setPeers([{ node: identity.node, addresses: [] }]);
  const run = () =>
    spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      CHILD,
      new URL('transport.ts', import.meta.url).href,
      Buffer.from(identity.privateKey).toString('hex'),
      near.transport.self,
      near.transport.addresses[0]!,
    ]);
  for (let round = 0; round < 3; round++) {
    const child = run();
    await until(() => near.node.connectedTo.has(identity.node), 'the child connects');
    t.true(near.transport.send(identity.node, 'data', numbered(round)));
    await until(() => near.node.received.length === round + 1, 'the child answers');
    child.kill('SIGKILL');
    await until(() => !near.node.connectedTo.has(identity.node), 'the child is missed');
    t.false(near.transport.send(identity.node, 'data', numbered(round)));
  }
  t.deepEqual(near.node.breaches, []);
});

test.serial('a connection that is cut is made again, and frames after it arrive in order', async (t) => {
  const [a, b] = [await start(), await start()];
  const proxy = await proxyTo(b.transport.addresses[0]!);
  a.transport.setPeers([{ node: b.transport.self, addresses: [proxy.address] }]);
  b.transport.setPeers([{ node: a.transport.self, addresses: [] }]);
  let next = 0;
  for (let round = 0; round < 10; round++) {
    await until(() => connected(a, b), 'connected');
    for (let index = 0; index < 50; index++) a.transport.send(b.transport.self, 'data', numbered(next++));
    if (round % 2 === 0)
      await until(() => b.node.received.some(({ frame }) => numberOf(frame) === next - 1), 'the last one');
    proxy.cut();
    await until(
      () => !a.node.connectedTo.has(b.transport.self) || a.node.history.length > round * 2 + 2,
      'missed',
    );
  }
  const numbers = b.node.received.map(({ frame }) => numberOf(frame));
  t.deepEqual(
    numbers,
    [...new Set(numbers)].sort((x, y) => x - y),
  );
  t.deepEqual([...a.node.breaches, ...b.node.breaches], []);
});

test.serial(
  'a peer that falls silent without closing is hung up on, and dialled until it answers',
  async (t) => {
    const limits = { pulseMs: 1_000, silenceMaxMs: 2_000, handshakeTimeoutMs: 1_000 };
    const [a, b] = [await start(undefined, limits), await start(undefined, limits)];
    const proxy = await proxyTo(b.transport.addresses[0]!);
    a.transport.setPeers([{ node: b.transport.self, addresses: [proxy.address] }]);
    b.transport.setPeers([{ node: a.transport.self, addresses: [] }]);
    await until(() => connected(a, b), 'connected');
    // Nothing is sent, and yet pulses keep the link up.
    await sleep(3_500);
    t.is(a.node.history.length, 1);
    proxy.silence(true);
    await until(() => a.node.connectedTo.size + b.node.connectedTo.size === 0, 'both give up');
    await sleep(300);
    proxy.silence(false);
    await until(() => connected(a, b), 'connected again');
    t.deepEqual([...a.node.breaches, ...b.node.breaches], []);
  },
);

test.serial(
  'a peer is reached at its second address, though at the first somebody listens and says nothing',
  async (t) => {
    const [a, b] = [await start(undefined, { handshakeTimeoutMs: 500 }), await start()];
    const silent = await proxyTo(b.transport.addresses[0]!);
    silent.silence(true);
    const addresses = [silent.address, ...b.transport.addresses];
    a.transport.setPeers([{ node: b.transport.self, addresses }]);
    b.transport.setPeers([{ node: a.transport.self, addresses: [] }]);
    await until(() => connected(a, b), 'connected');
    t.deepEqual([...a.node.breaches, ...b.node.breaches], []);
  },
);

test.serial('dials that cross end in one connection, which both ends use', async (t) => {
  const identities = [createIdentity(), createIdentity()];
  const nodes = [await start(identities[0]), await start(identities[1])];
  const [a, b] = nodes as [Started, Started];
  await until(() => openSockets() === 0, 'the sockets of earlier tests are closed');
  for (let round = 0; round < 60; round++) {
    introduce(nodes);
    await until(() => connected(a, b), `connected in round ${round}`);
    // Sent on a link that gives way, frames may be lost; in the end they arrive both ways.
    for (const [from, to] of [nodes, nodes.toReversed()] as [Started, Started][]) {
      const heard = to.node.received.length;
      await until(() => {
        from.transport.send(to.transport.self, 'control', numbered(round));
        return to.node.received.length > heard;
      }, 'a frame');
    }
    t.true(connected(a, b));
    for (const { transport } of nodes) transport.setPeers([]);
    await until(() => a.node.connectedTo.size + b.node.connectedTo.size === 0, 'disconnected');
  }
  introduce(nodes);
  await until(() => connected(a, b), 'connected');
  await until(() => openSockets() === 2, 'one connection, which has two ends');
  const flaps = a.node.history.length + b.node.history.length - 2 * (60 * 2 + 1);
  t.true(flaps <= 12, `${flaps} needless changes`);
  t.deepEqual([...a.node.breaches, ...b.node.breaches], []);
});

test.serial('two hundred reconnections leave neither sockets nor timers behind', async (t) => {
  const [a, b] = [await start(), await start()];
  const proxy = await proxyTo(b.transport.addresses[0]!);
  a.transport.setPeers([{ node: b.transport.self, addresses: [proxy.address] }]);
  b.transport.setPeers([{ node: a.transport.self, addresses: [] }]);
  await until(() => connected(a, b), 'connected');
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  const [sockets, waiting] = [openSockets(), timers()];
  for (let round = 1; round <= 200; round++) {
    proxy.cut();
    await until(() => a.node.history.length >= 1 + 2 * round && connected(a, b), `round ${round}`);
  }
  t.is(a.node.history.length, 401);
  await until(() => openSockets() === sockets && proxy.connections() === 1, 'as many sockets as before');
  // Time-outs of the last handshakes may still be under way.
  await until(() => timers() <= waiting + 5, 'as many timers as before');
  t.deepEqual([...a.node.breaches, ...b.node.breaches], []);
});

test.serial('a node whose peers have moved finds them through the bootstrap list', async (t) => {
  const a = await start();
  for (const suffix of ['', `/p2p/${a.transport.self}`]) {
    const b = await start(createIdentity(), {}, { bootstrap: [`${a.transport.addresses[0]}${suffix}`] });
    a.transport.setPeers([{ node: b.transport.self, addresses: [] }]);
    b.transport.setPeers([{ node: a.transport.self, addresses: ['127.0.0.1:1'] }]);
    await until(() => connected(a, b), 'connected');
    await b.transport.stop();
  }
  t.deepEqual(a.node.breaches, []);
});

test.serial('a bootstrap address at which a stranger listens does no harm', async (t) => {
  const stranger = await start();
  const [a, b] = [
    await start(createIdentity(), {}, { bootstrap: [stranger.transport.addresses[0]!] }),
    await start(),
  ];
  introduce([a, b]);
  await until(() => connected(a, b), 'connected');
  t.deepEqual(stranger.node.history, []);
  t.false(a.node.connectedTo.has(stranger.transport.self));
});

test.serial('addresses that cannot be listened on, or read, are refused with a sentence', async (t) => {
  const a = await start();
  const taken = await t.throwsAsync(start(createIdentity(), {}, { listen: a.transport.addresses[0]! }));
  t.is((taken as { code?: string }).code, 'bad-config');
  t.regex(taken?.message ?? '', /EADDRINUSE/);
  for (const listen of ['nonsense', '127.0.0.1', '127.0.0.1:70000', '::1:80', '[127.0.0.1]:80'])
    t.is(
      ((await t.throwsAsync(start(createIdentity(), {}, { listen }))) as { code?: string }).code,
      'bad-config',
    );
  const bad = start(createIdentity(), {}, { bootstrap: ['127.0.0.1:7400/p2p/nobody'] });
  t.is(((await t.throwsAsync(bad)) as { code?: string }).code, 'bad-config');
  a.transport.setPeers([{ node: nodeId('12D3KooW'), addresses: ['not an address'] }]);
});
