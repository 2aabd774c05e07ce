// Node to node: the transport beside a bare libp2p stream and a bare TCP socket, two processes, same run.
//   node scripts/bench/transport.ts [--json] [--rounds N]
import { fork } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { nodeId } from '../../node/base/ids.ts';
import { createIdentity } from '../../node/cluster/io/identity.ts';
import { startTransport } from '../../node/cluster/io/transport.ts';
import { median, type Row } from './report.ts';

const FRAME_BYTES = 64;
const FRAMES = 1_000_000;
const BATCH = 512;
const PINGS = 2_000;
const BARE_PROTOCOL = '/bench/1';

/**
 * One way to carry bytes: `flood` resolves when all frames arrived, with the seconds; `ping` with
 * microseconds each.
 */
interface Carrier {
  flood(frames: number): Promise<number>;
  ping(rounds: number): Promise<number>;
  stop(): Promise<void>;
}

async function main(): Promise<void> {
  const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 3;
  const figures = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++)
    for (const [name, make] of Object.entries({ tcp: bareTcp, libp2p: bareLibp2p, transport: ours })) {
      const carrier = await make();
      const rate = FRAMES / (await carrier.flood(FRAMES));
      const trip = await carrier.ping(PINGS);
      await carrier.stop();
      // The first round warms up nothing but the disk cache and the clock of the processor.
      if (round === 0) continue;
      for (const [kind, value] of [['flood', rate] as const, ['ping', trip] as const])
        figures.set(`${name} ${kind}`, [...(figures.get(`${name} ${kind}`) ?? []), value]);
    }
  const rows = ['flood', 'ping'].flatMap((kind) =>
    ['tcp', 'libp2p', 'transport'].map((name) =>
      row(name, kind, figures.get(`${name} ${kind}`) ?? [], figures.get(`libp2p ${kind}`) ?? []),
    ),
  );
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
  else console.table(rows);
  process.exit(0);
}

function row(name: string, kind: string, values: readonly number[], limits: readonly number[]): Row {
  const limit = median(limits);
  return {
    name: kind === 'flood' ? `${name}: one-way ${FRAME_BYTES} B frames` : `${name}: round trip`,
    unit: kind === 'flood' ? 'frames/s' : 'µs',
    median: Math.round(median(values)),
    min: Math.round(Math.min(...values)),
    max: Math.round(Math.max(...values)),
    limit: Math.round(limit),
    ratio: Number((median(values) / limit).toFixed(2)),
  };
}

// ── the sending side ───────────────────────────────────────────────────────────────────────────────────────

interface Child {
  address: string;
  node: string;
  ask(message: unknown): void;
  next(): Promise<{ readonly kind: string; readonly [key: string]: unknown }>;
  kill(): void;
}

async function child(kind: string, argument = ''): Promise<Child> {
  const process_ = fork(import.meta.filename, ['--child', kind, argument]);
  const inbox: { readonly kind: string }[] = [];
  let wake: (() => void) | undefined;
  process_.on('message', (message) => {
    inbox.push(message as { readonly kind: string });
    wake?.();
  });
  const next = async () => {
    while (inbox.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return inbox.shift()!;
  };
  const ready = (await next()) as unknown as { address: string; node: string };
  return {
    ...ready,
    next,
    ask: (message) => process_.send(message as object),
    kill: () => process_.kill('SIGKILL'),
  };
}

/**
 * Counts to `frames` on the far side; the clock runs from the first send to the word that all have arrived.
 */
async function timed(far: Child, frames: number, send: () => Promise<void>): Promise<number> {
  far.ask({ kind: 'count', frames });
  await far.next();
  const started = performance.now();
  await send();
  await far.next();
  return (performance.now() - started) / 1000;
}

function batchOf(frames: number): Uint8Array {
  const bytes = new Uint8Array(frames * (4 + FRAME_BYTES));
  for (let at = 0; at < bytes.length; at += 4 + FRAME_BYTES) bytes[at + 3] = FRAME_BYTES;
  return bytes;
}

/** Round trips of one frame over any way to send bytes and to be called with bytes. */
function pingOver(
  send: (bytes: Uint8Array) => void,
  receive: (onBytes: () => void) => void,
  bytes: Uint8Array,
) {
  let onPong: () => void = () => undefined;
  receive(() => onPong());
  return async (rounds: number): Promise<number> => {
    const times: number[] = [];
    for (let index = 0; index < rounds; index++) {
      const pong = new Promise<void>((resolve) => (onPong = resolve));
      const started = performance.now();
      send(bytes);
      await pong;
      times.push((performance.now() - started) * 1000);
    }
    return median(times);
  };
}

async function bareTcp(): Promise<Carrier> {
  const far = await child('tcp');
  const socket = connect({ host: '127.0.0.1', port: Number(far.address), noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    flood: (frames) =>
      timed(far, frames, async () => {
        for (let sent = 0; sent < frames; sent += BATCH)
          if (!socket.write(batchOf(Math.min(BATCH, frames - sent))))
            await new Promise((resolve) => socket.once('drain', resolve));
      }),
    ping: (rounds) => {
      far.ask({ kind: 'echo' });
      return far.next().then(() =>
        pingOver(
          (bytes) => socket.write(bytes),
          (on) => socket.on('data', on),
          batchOf(1),
        )(rounds),
      );
    },
    stop: async () => {
      socket.destroy();
      far.kill();
    },
  };
}

async function bareLibp2p(): Promise<Carrier> {
  const far = await child('libp2p');
  const near = await plainLibp2p([]);
  const stream = await near.dialProtocol(multiaddr(far.address), BARE_PROTOCOL);
  return {
    flood: (frames) =>
      timed(far, frames, async () => {
        for (let sent = 0; sent < frames; sent += BATCH)
          if (!stream.send(batchOf(Math.min(BATCH, frames - sent)))) await stream.onDrain();
      }),
    ping: async (rounds) => {
      far.ask({ kind: 'echo' });
      await far.next();
      return pingOver(
        (bytes) => stream.send(bytes),
        (on) => stream.addEventListener('message', on),
        batchOf(1),
      )(rounds);
    },
    stop: async () => {
      await near.stop();
      far.kill();
    },
  };
}

async function ours(): Promise<Carrier> {
  const identity = createIdentity();
  let onFrame: () => void = () => undefined;
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const near = await startTransport({
    privateKey: identity.privateKey,
    listen: '127.0.0.1:0',
    events: { ...QUIET, connected: () => resolve(), frames: () => onFrame() },
  });
  const far = await child('transport', `${near.self} ${near.addresses[0]}`);
  const to = nodeId(far.node);
  near.setPeers([{ node: to, addresses: [far.address] }]);
  await connected;
  const frame = new Uint8Array(FRAME_BYTES);
  return {
    flood: (frames) =>
      timed(far, frames, async () => {
        for (let sent = 0; sent < frames; )
          if (near.send(to, 'data', frame)) {
            if (++sent % BATCH === 0) await new Promise((next) => setImmediate(next));
          } else await new Promise((next) => setImmediate(next));
      }),
    ping: async (rounds) => {
      far.ask({ kind: 'echo' });
      await far.next();
      return pingOver(
        (bytes) => near.send(to, 'control', bytes),
        (on) => (onFrame = on),
        frame,
      )(rounds);
    },
    stop: async () => {
      await near.stop();
      far.kill();
    },
  };
}

// ── the far side ───────────────────────────────────────────────────────────────────────────────────────────

const QUIET = {
  frames: () => undefined,
  connected: () => undefined,
  disconnected: () => undefined,
  discovered: () => undefined,
  joinRequest: async () => new Uint8Array(1),
};

const plainLibp2p = (listen: string[]) =>
  createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  });

async function runChild(): Promise<void> {
  process.on('disconnect', () => process.exit());
  const frameBytes = 4 + FRAME_BYTES;
  let echo = false;
  let left = 0;
  process.on('message', (message: { readonly kind: string; readonly frames?: number }) => {
    echo = message.kind === 'echo';
    left = (message.frames ?? 0) * frameBytes;
    process.send?.({ kind: 'ok' });
  });
  const got = (bytes: number) => {
    if (left <= 0) return;
    left -= bytes;
    if (left <= 0) process.send?.({ kind: 'all' });
  };
  const [, , , kind, argument = ''] = process.argv;
  if (kind === 'tcp') {
    const server = createServer({ noDelay: true }, (socket: Socket) => {
      socket.on('data', (data: Buffer) => (echo ? socket.write(data) : got(data.byteLength)));
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1', () =>
      process.send?.({ kind: 'ready', address: String((server.address() as { port: number }).port) }),
    );
  } else if (kind === 'libp2p') {
    const node = await plainLibp2p(['/ip4/127.0.0.1/tcp/0']);
    await node.handle(BARE_PROTOCOL, (stream) => {
      stream.addEventListener('message', ({ data }) =>
        echo ? void stream.send(data) : got(data.byteLength),
      );
    });
    process.send?.({ kind: 'ready', address: String(node.getMultiaddrs()[0]) });
  } else
    await runOurs(
      argument,
      (frames) => got(frames * frameBytes),
      () => echo,
    );
}

async function runOurs(argument: string, got: (frames: number) => void, echo: () => boolean): Promise<void> {
  const [peer = '', address = ''] = argument.split(' ');
  const from = nodeId(peer);
  const node = await startTransport({
    privateKey: createIdentity().privateKey,
    listen: '127.0.0.1:0',
    events: {
      ...QUIET,
      frames: (_, lane, frames) => {
        if (echo()) for (const frame of frames) node.send(from, lane, frame.slice());
        else got(frames.length);
      },
    },
  });
  node.setPeers([{ node: from, addresses: [address] }]);
  process.send?.({ kind: 'ready', address: node.addresses[0], node: node.self });
}

if (process.argv[2] === '--child') await runChild();
else await main();
