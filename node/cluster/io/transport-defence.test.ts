// What strangers, guests and broken peers may try. Every test ends with a node that still works: see
// `stillWorks`.
import { connect, type Socket } from 'node:net';
import type { Connection, Libp2p, StreamMuxerFactory } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { createLibp2p } from 'libp2p';
import { SeededRandom } from '../../base/random.ts';
import { LANES } from '../transport-port.ts';
import { parseHostPort } from './address.ts';
import { HeaderCheck } from './header-check.ts';
import { createIdentity, type Identity, libp2pKey } from './identity.ts';
import { requestJoin } from './join.ts';
import { JOIN_PROTOCOL, LANE_PROTOCOLS, type TransportLimits, WINDOW_BYTES } from './limits.ts';
import { type Libp2pTransport, startTransport } from './transport.ts';
import { numbered, RecordedNode } from './transport-suite.ts';

const LIMITS: Partial<TransportLimits> = {
  frameBytesMax: { control: 1_000, data: 1_000, bulk: 1_000 },
  handshakeTimeoutMs: 1_500,
  guestTimeoutMs: 1_500,
  guestsMax: 3,
  joinBytesMax: 2_000,
  redialMinMs: 5,
  redialMaxMs: 50,
};

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 20_000) throw new Error(`waited too long: ${what}`);
    await sleep(5);
  }
}

let ends: (() => Promise<void>)[] = [];
test.afterEach.always(async () => {
  for (const end of ends) await end();
  ends = [];
});

interface Bench {
  readonly node: RecordedNode;
  readonly transport: Libp2pTransport;
  readonly warnings: string[];
  /** Another node; its transport is stopped in the end. */
  peer(identity?: Identity): Promise<RecordedNode>;
  /** A libp2p node that follows no rules of ours. */
  rogue(identity?: Identity, muxer?: () => StreamMuxerFactory): Promise<Libp2p>;
}

async function bench(overrides: Partial<TransportLimits> = {}): Promise<Bench> {
  const warnings: string[] = [];
  const start = async (identity: Identity, node: RecordedNode, limits: Partial<TransportLimits>) => {
    const transport = await startTransport({
      privateKey: identity.privateKey,
      listen: '127.0.0.1:0',
      limits: { ...LIMITS, ...limits },
      events: { ...node.events, joinRequest: async (_, __, payload) => payload.toReversed() },
      warn: (sentence) => warnings.push(sentence),
    });
    ends.push(() => transport.stop());
    return transport;
  };
  const node = new RecordedNode();
  const transport = await start(createIdentity(), node, overrides);
  return {
    node,
    transport,
    warnings,
    async peer(identity = createIdentity()) {
      const recorded = new RecordedNode();
      const other = await start(identity, recorded, {});
      Object.defineProperty(recorded, 'transport', { value: other });
      return recorded;
    },
    async rogue(identity = createIdentity(), muxer = yamux()) {
      const libp2p = await createLibp2p({
        privateKey: libp2pKey(identity.privateKey),
        transports: [tcp()],
        connectionEncrypters: [noise()],
        streamMuxers: [muxer],
        connectionMonitor: { enabled: false },
      });
      ends.push(() => libp2p.stop() as Promise<void>);
      return libp2p;
    },
  };
}

/** A fresh peer connects and is heard. */
async function stillWorks(t: ExecutionContext, { node, transport, peer }: Bench): Promise<void> {
  const friend = await peer();
  const before = node.received.length;
  transport.setPeers([{ node: friend.id, addresses: friend.transport.addresses }]);
  friend.transport.setPeers([{ node: transport.self, addresses: transport.addresses }]);
  await until(() => friend.connectedTo.has(transport.self), 'a friend');
  // Either side may have dialled, and one of two links gives way: what was sent on it is lost.
  await until(() => {
    friend.transport.send(transport.self, 'data', numbered(1));
    return node.received.length > before;
  }, 'a frame of the friend');
  t.deepEqual(node.breaches, []);
}

const dialling = (transport: Libp2pTransport) => {
  const { port } = parseHostPort(transport.addresses[0]!);
  return multiaddr(`/ip4/127.0.0.1/tcp/${port}`);
};

const rawSocket = (transport: Libp2pTransport): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { host, port } = parseHostPort(transport.addresses[0]!);
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => undefined);
  });

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    socket.once('close', () => resolve());
    socket.resume();
  });

const line = (text: string) => Buffer.concat([Buffer.of(text.length + 1), Buffer.from(`${text}\n`)]);

// ── raw sockets ────────────────────────────────────────────────────────────────────────────────────────────

test.serial('garbage on a raw socket: the socket is closed, the node lives', async (t) => {
  const b = await bench();
  const random = new SeededRandom(1);
  const garbage = (bytes: number) => Buffer.from(Array.from({ length: bytes }, () => random.below(256)));
  const openings = [
    Buffer.alloc(0),
    line('/multistream/1.0.0'),
    Buffer.concat([line('/multistream/1.0.0'), line('/noise')]),
    Buffer.concat([line('/multistream/1.0.0'), line('/noise'), Buffer.of(0, 32)]),
    Buffer.concat([line('/multistream/1.0.0'), line('/noise'), Buffer.of(0xff, 0xff)]),
    Buffer.concat([line('/multistream/1.0.0'), line('/tls/1.0.0'), line('ls')]),
    Buffer.from('GET / HTTP/1.1\r\nHost: node\r\n\r\n'),
    Buffer.alloc(70_000, 0xff),
  ];
  const sockets: Socket[] = [];
  for (const opening of openings)
    for (const bytes of [0, 1, 32, 200, 5_000]) {
      const socket = await rawSocket(b.transport);
      socket.write(Buffer.concat([opening, garbage(bytes)]));
      sockets.push(socket);
    }
  // Those that say nothing more are hung up on when the handshake has taken too long.
  await Promise.all(sockets.map(closed));
  t.deepEqual(b.node.history, []);
  await stillWorks(t, b);
});

test.serial('sockets that come and go without a word leave nothing behind', async (t) => {
  const b = await bench();
  for (let index = 0; index < 100; index++) {
    const socket = await rawSocket(b.transport);
    if (index % 3 === 0) socket.resetAndDestroy();
    else if (index % 3 === 1) socket.end();
    else socket.destroy();
  }
  await stillWorks(t, b);
});

test.serial('many silent sockets: the surplus is refused at once, and room is made in time', async (t) => {
  const b = await bench({ pendingConnectionsMax: 10 });
  const sockets = await Promise.all(Array.from({ length: 40 }, () => rawSocket(b.transport)));
  await Promise.all(sockets.map(closed));
  await stillWorks(t, b);
});

// ── strangers and guests ───────────────────────────────────────────────────────────────────────────────────

const opens = async (connection: Connection, protocol: string): Promise<boolean> => {
  try {
    const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(1_000) });
    await sleep(50);
    return stream.status === 'open';
  } catch {
    return false;
  }
};

test.serial('a stranger is hung up on, whatever it asks for', async (t) => {
  const b = await bench();
  for (const protocol of [...Object.values(LANE_PROTOCOLS), JOIN_PROTOCOL, '/ipfs/ping/1.0.0']) {
    const rogue = await b.rogue();
    const connection = await rogue.dial(dialling(b.transport)).catch(() => undefined);
    if (connection !== undefined) {
      t.false(await opens(connection, protocol), protocol);
      await until(() => connection.status !== 'open', 'hung up');
    }
  }
  t.true(b.transport.counters.strangersRefused >= 5);
  t.is(b.transport.counters.joinRequests, 0);
  await stillWorks(t, b);
});

test.serial('a guest reaches the join protocol only, and opening a lane ends its visit', async (t) => {
  const b = await bench({ guestsMax: 9 });
  b.transport.setGuestsAllowed(true);
  for (const lane of LANES) {
    const rogue = await b.rogue();
    const connection = await rogue.dial(dialling(b.transport));
    t.false(await opens(connection, LANE_PROTOCOLS[lane]), lane);
    await until(() => connection.status !== 'open', 'hung up');
  }
  const rogue = await b.rogue();
  t.true(await opens(await rogue.dial(dialling(b.transport)), JOIN_PROTOCOL));
  t.deepEqual(b.node.history, []);
  await stillWorks(t, b);
});

test.serial('guests are few, and do not stay', async (t) => {
  const b = await bench();
  b.transport.setGuestsAllowed(true);
  const dial = async () => (await b.rogue()).dial(dialling(b.transport)).catch(() => undefined);
  const visits = await Promise.all([dial(), dial(), dial(), dial(), dial()]);
  await until(() => b.transport.counters.strangersRefused === 2, 'two are refused');
  t.is(b.transport.counters.guests, 3);
  await until(() => visits.every((visit) => visit === undefined || visit.status !== 'open'), 'guests leave');
  await dial();
  await until(() => b.transport.counters.guests === 4, 'room for another');
  await stillWorks(t, b);
});

test.serial('a join request is answered; what is odd about one only ends that one', async (t) => {
  const b = await bench();
  const [address = ''] = b.transport.addresses;
  const payload = new Uint8Array([1, 2, 3]);
  const refused = await t.throwsAsync(requestJoin({ address, payload, timeoutMs: 3_000 }));
  t.like(refused, { code: 'unreachable', details: { hungUp: true } });
  b.transport.setGuestsAllowed(true);
  const { from, reply } = await requestJoin({ address, payload, timeoutMs: 3_000 });
  t.is(from, b.transport.self);
  t.deepEqual([...reply], [3, 2, 1]);
  const { node: stranger } = createIdentity();
  const unexpected = requestJoin({
    address,
    payload,
    timeoutMs: 3_000,
    isExpected: (node) => node === stranger,
  });
  t.is(((await t.throwsAsync(unexpected)) as { code?: string }).code, 'unreachable');
  const long = requestJoin({ address, payload: new Uint8Array(2_001), timeoutMs: 3_000 });
  t.like(await t.throwsAsync(long), { code: 'unreachable', details: { hungUp: true } });
  const nobody = requestJoin({ address: '127.0.0.1:1', payload, timeoutMs: 3_000 });
  t.is(((await t.throwsAsync(nobody)) as { code?: string }).code, 'unreachable');
  await t.throwsAsync(requestJoin({ address: 'nowhere', payload, timeoutMs: 3_000 }), {
    message: /HOST:PORT/,
  });
  await stillWorks(t, b);
});

test.serial('a guest that sends half a request, or too much, or never reads, is let go', async (t) => {
  const b = await bench({ guestsMax: 9 });
  b.transport.setGuestsAllowed(true);
  for (const bytes of [
    Buffer.of(0, 0),
    Buffer.of(0, 0, 0, 9, 1),
    Buffer.of(0xff, 0xff, 0xff, 0xff),
    Buffer.alloc(100_000, 1),
    Buffer.alloc(4),
  ]) {
    const connection = await (await b.rogue()).dial(dialling(b.transport));
    const stream = await connection.newStream(JOIN_PROTOCOL);
    stream.send(bytes);
    await until(() => stream.status !== 'open' || connection.status !== 'open', 'let go');
  }
  t.is(b.transport.counters.ownerFaults, 0);
  await stillWorks(t, b);
});

// ── peers that break the rules ─────────────────────────────────────────────────────────────────────────────

/** An admitted peer that opens the lanes as it should, and then does as it likes. */
async function roguePeer(b: Bench, muxer?: () => StreamMuxerFactory) {
  const identity = createIdentity();
  b.transport.setPeers([{ node: identity.node, addresses: [] }]);
  const rogue = await b.rogue(identity, muxer);
  const connection = await rogue.dial(dialling(b.transport));
  return { identity, rogue, connection };
}

for (const lane of LANES)
  test.serial(`a peer that breaks the framing of the ${lane} lane is hung up on, and counted`, async (t) => {
    const b = await bench();
    const { identity, connection } = await roguePeer(b);
    const lanes = await Promise.all(
      LANES.map(async (name) => [name, await connection.newStream(LANE_PROTOCOLS[name])] as const),
    );
    const streams = Object.fromEntries(lanes);
    // Whoever decides says so with a pulse.
    streams.control!.send(Buffer.alloc(4));
    await until(() => b.node.connectedTo.has(identity.node), 'connected');
    streams[lane]!.send(Buffer.of(0, 0, 0, 2, 7, 7));
    await until(() => b.node.received.length === 1, 'a good frame');
    streams[lane]!.send(Buffer.of(0, 0, 0, 1, 7, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3));
    await until(() => !b.node.connectedTo.has(identity.node), 'hung up');
    // The good frame before the bad one still counts.
    t.is(b.node.received.length, 2);
    t.is(b.transport.counters.linksBroken, 1);
    t.is(b.warnings.length, 1);
    t.deepEqual(b.node.breaches, []);
    await stillWorks(t, b);
  });

test.serial('random bytes on the lanes never do more than end the link', async (t) => {
  const b = await bench();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...LANES), fc.uint8Array({ minLength: 1, maxLength: 300 })), {
        minLength: 1,
        maxLength: 8,
      }),
      async (writes) => {
        const { connection } = await roguePeer(b);
        try {
          const lanes = await Promise.all(
            LANES.map(async (name) => [name, await connection.newStream(LANE_PROTOCOLS[name])] as const),
          );
          const streams = Object.fromEntries(lanes);
          for (const [lane, bytes] of writes) streams[lane]!.send(bytes);
          await sleep(5);
        } catch {
          // Hung up on while it spoke.
        }
        connection.abort(new Error('enough'));
      },
    ),
    { numRuns: 40 },
  );
  await until(() => b.node.connectedTo.size === 0, 'all gone');
  t.is(b.transport.counters.ownerFaults, 0);
  t.deepEqual(b.node.breaches, []);
  await stillWorks(t, b);
});

test.serial('a flood of streams: those over the limit are refused, and the node lives', async (t) => {
  const b = await bench();
  const { connection } = await roguePeer(b);
  const attempts = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      opens(connection, index % 2 === 0 ? LANE_PROTOCOLS.data : `/no/such/protocol/${index}`),
    ),
  );
  t.true(attempts.filter(Boolean).length <= 1);
  await stillWorks(t, b);
});

test.serial('a second lane of the same kind ends the link', async (t) => {
  const b = await bench();
  const { connection } = await roguePeer(b);
  await connection.newStream(LANE_PROTOCOLS.data);
  await connection.newStream(LANE_PROTOCOLS.data).catch(() => undefined);
  await until(() => connection.status !== 'open', 'hung up');
  await stillWorks(t, b);
  t.pass();
});

test.serial('a peer that opens no lanes, or not all, is hung up on in time', async (t) => {
  const b = await bench();
  for (const lanes of [[], ['control'], ['control', 'data']] as const) {
    const { connection } = await roguePeer(b);
    for (const lane of lanes) await connection.newStream(LANE_PROTOCOLS[lane]);
    await until(() => connection.status !== 'open', 'hung up');
  }
  t.deepEqual(b.node.history, []);
  await stillWorks(t, b);
});

test.serial('a yamux frame that claims more than the window ends the connection at its header', async (t) => {
  const b = await bench();
  const { connection } = await roguePeer(b, () => ({
    protocol: '/yamux/1.0.0',
    createStreamMuxer(raw) {
      const muxer = yamux()().createStreamMuxer(raw);
      setTimeout(() => raw.send(Buffer.of(0, 0, 0, 1, 0, 0, 0, 1, 0x7f, 0xff, 0xff, 0xff)), 20);
      return muxer;
    },
  }));
  await until(() => connection.status !== 'open', 'hung up');
  await stillWorks(t, b);
  t.pass();
});

test.serial('yamux headers are checked wherever the chunks are cut', (t) => {
  const data = (length: number) => {
    const frame = Buffer.alloc(12 + length);
    frame.writeUInt32BE(length, 8);
    return frame;
  };
  const honest = Buffer.concat([
    data(0),
    data(1),
    data(100),
    Buffer.of(0, 1, 0, 1, 0, 0, 0, 1, 0xff, 0, 0, 0),
  ]);
  const bad = Buffer.from(data(0));
  bad.writeUInt32BE(WINDOW_BYTES + 1, 8);
  fc.assert(
    fc.property(fc.array(fc.nat(honest.length), { maxLength: 20 }), (cuts) => {
      const check = new HeaderCheck();
      const edges = [0, ...cuts.sort((x, y) => x - y), honest.length];
      edges.slice(1).forEach((edge, index) => {
        check.read(honest.subarray(edges[index], edge));
      });
      t.throws(() => check.read(bad), { message: /524289 bytes/ });
    }),
  );
  t.throws(() => new HeaderCheck().read(Buffer.alloc(12, 9)), { message: /version 9, type 9/ });
});

test.serial('an owner that throws is counted and warned of, and stops nothing', async (t) => {
  const b = await bench();
  const friend = await b.peer();
  const boom = () => {
    throw new Error('boom');
  };
  friend.onFrame = boom;
  friend.transport.setPeers([{ node: b.transport.self, addresses: b.transport.addresses }]);
  b.transport.setPeers([{ node: friend.id, addresses: friend.transport.addresses }]);
  await until(() => b.node.connectedTo.has(friend.id), 'connected');
  b.transport.send(friend.id, 'data', numbered(1));
  await until(() => b.warnings.length === 1, 'a warning');
  t.regex(b.warnings[0] ?? '', /boom/);
  friend.onFrame = undefined;
  b.transport.send(friend.id, 'data', numbered(2));
  await until(() => friend.received.length === 2, 'the next frame');
});
