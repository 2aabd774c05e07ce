// What every Transport must do, whatever carries it: the suite that libp2p and the simulated network both
// pass.
import type { ExecutionContext, TestFn } from 'ava';
import type { NodeId } from '../../base/ids.ts';
import { LANES, type Lane, type Transport, type TransportEvents } from '../transport-port.ts';

/** One network of one kind. */
export interface TransportHarness {
  readonly frameBytesMax: number;
  /** More than this many bytes cannot wait on one lane. */
  readonly bufferBytesMax: number;
  /** Starts a node; with `again`, the node of that id anew, after it was stopped. */
  start(events: TransportEvents, again?: NodeId): Promise<Transport>;
  /** Lets the network run until `condition` holds; rejects after a long time. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets the network run for long enough for anything to happen that was going to. */
  settle(): Promise<void>;
  /** Stops everything. */
  end(): Promise<void>;
}

/** A node whose events are written down, and checked against the rules of the port. */
export class RecordedNode {
  readonly received: { readonly from: NodeId; readonly lane: Lane; readonly frame: Uint8Array }[] = [];
  readonly connectedTo = new Set<NodeId>();
  readonly history: string[] = [];
  readonly breaches: string[] = [];
  #transport: Transport | undefined;
  onFrame: ((from: NodeId, lane: Lane, frame: Uint8Array) => void) | undefined;

  get transport(): Transport {
    if (this.#transport === undefined) throw new Error('not started');
    return this.#transport;
  }

  get id(): NodeId {
    return this.transport.self;
  }

  static async start(harness: TransportHarness, again?: NodeId): Promise<RecordedNode> {
    const node = new RecordedNode();
    node.#transport = await harness.start(node.events, again);
    return node;
  }

  readonly events: TransportEvents = {
    frames: (from, lane, frames) => {
      if (!this.connectedTo.has(from)) this.breaches.push(`frames of ${from}, which is not connected`);
      if (frames.length === 0) this.breaches.push('no frames');
      for (const frame of frames) {
        this.received.push({ from, lane, frame: frame.slice() });
        this.onFrame?.(from, lane, frame);
      }
    },
    connected: (peer) => {
      if (this.connectedTo.has(peer)) this.breaches.push(`connected twice to ${peer}`);
      this.connectedTo.add(peer);
      this.history.push(`connected ${peer}`);
    },
    disconnected: (peer) => {
      if (!this.connectedTo.delete(peer))
        this.breaches.push(`disconnected from ${peer}, which was not connected`);
      this.history.push(`disconnected ${peer}`);
    },
    discovered: () => undefined,
    joinRequest: () => Promise.reject(new Error('nobody joins here')),
  };

  framesOn(lane: Lane): Uint8Array[] {
    return this.received.filter((entry) => entry.lane === lane).map(({ frame }) => frame);
  }
}

const admit = (nodes: readonly RecordedNode[]) => {
  const peers = nodes.map(({ transport }) => ({ node: transport.self, addresses: transport.addresses }));
  for (const { transport } of nodes) transport.setPeers(peers);
};

const allConnected = (nodes: readonly RecordedNode[]) =>
  nodes.every((one) => nodes.every((other) => one === other || one.connectedTo.has(other.id)));

/** A frame that tells which one it is, of at least four bytes. */
export function numbered(number: number, bytes = 4): Uint8Array {
  const frame = new Uint8Array(Math.max(4, bytes)).fill(number & 0xff);
  new DataView(frame.buffer).setUint32(0, number);
  return frame;
}

export const numberOf = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);

type Body = (t: ExecutionContext, harness: TransportHarness, nodes: RecordedNode[]) => Promise<void>;

/** Defines the tests of the suite. `make` is called once for each. */
export function transportSuite(test: TestFn, kind: string, make: () => Promise<TransportHarness>): void {
  const define = (title: string, count: number, body: Body) =>
    test(`${kind}: ${title}`, async (t) => {
      const harness = await make();
      try {
        const nodes: RecordedNode[] = [];
        for (let index = 0; index < count; index++) nodes.push(await RecordedNode.start(harness));
        await body(t, harness, nodes);
        for (const { breaches } of nodes) t.deepEqual(breaches, []);
      } finally {
        await harness.end();
      }
    });
  defineConnecting(define);
  defineCarrying(define);
  defineRefusing(define);
  defineEnding(define);
}

type Define = (title: string, count: number, body: Body) => void;

function defineConnecting(define: Define): void {
  define('nodes that admit each other are connected, all to all, once', 4, async (t, harness, nodes) => {
    admit(nodes);
    await harness.until(() => allConnected(nodes), 'all connected');
    await harness.settle();
    for (const { history } of nodes) t.is(history.length, 3);
  });

  define('it is enough that one of the two knows an address', 2, async (t, harness, [a, b]) => {
    const both = [a!, b!];
    a!.transport.setPeers([{ node: b!.id, addresses: b!.transport.addresses }]);
    b!.transport.setPeers([{ node: a!.id, addresses: [] }]);
    await harness.until(() => allConnected(both), 'connected');
    t.pass();
  });

  define('nobody is connected to a node that does not admit it', 2, async (t, harness, [a, b]) => {
    a!.transport.setPeers([{ node: b!.id, addresses: b!.transport.addresses }]);
    await harness.settle();
    t.deepEqual([...a!.history, ...b!.history], []);
    t.false(a!.transport.send(b!.id, 'control', numbered(1)));
    t.false(b!.transport.send(a!.id, 'control', numbered(1)));
  });

  define('peers may be admitted one after the other', 3, async (t, harness, nodes) => {
    admit(nodes.slice(0, 2));
    await harness.until(() => allConnected(nodes.slice(0, 2)), 'two connected');
    admit(nodes);
    await harness.until(() => allConnected(nodes), 'three connected');
    t.is(nodes[0]!.history.length, 2);
  });
}

function defineCarrying(define: Define): void {
  define('frames arrive in order on each lane, both ways', 2, async (t, harness, [a, b]) => {
    admit([a!, b!]);
    await harness.until(() => allConnected([a!, b!]), 'connected');
    const count = 500;
    for (let number = 0; number < count; number++)
      for (const lane of LANES) {
        t.true(a!.transport.send(b!.id, lane, numbered(number)));
        t.true(b!.transport.send(a!.id, lane, numbered(number, 100)));
      }
    const all = count * LANES.length;
    await harness.until(() => a!.received.length >= all && b!.received.length >= all, 'all frames');
    for (const node of [a!, b!])
      for (const lane of LANES)
        t.deepEqual(
          node.framesOn(lane).map(numberOf),
          Array.from({ length: count }, (_, number) => number),
        );
  });

  define('frames of every size arrive as they were sent', 2, async (t, harness, [a, b]) => {
    admit([a!, b!]);
    await harness.until(() => allConnected([a!, b!]), 'connected');
    const sizes = [
      1,
      2,
      3,
      4,
      5,
      63,
      1_199,
      1_200,
      32_767,
      32_768,
      65_535,
      65_536,
      300_000,
      harness.frameBytesMax,
    ];
    const frames = sizes.map((size, index) => new Uint8Array(size).fill(index + 1));
    for (const frame of frames) {
      await harness.until(() => a!.transport.send(b!.id, 'data', frame), 'sent');
    }
    await harness.until(() => b!.received.length === frames.length, 'all frames');
    b!.received.forEach(({ frame }, index) => {
      t.is(frame.byteLength, frames[index]!.byteLength);
      t.is(Buffer.compare(frame, frames[index]!), 0);
    });
  });

  define('frames may be answered from within the call that delivers them', 2, async (t, harness, [a, b]) => {
    admit([a!, b!]);
    await harness.until(() => allConnected([a!, b!]), 'connected');
    b!.onFrame = (from, lane, frame) => void b!.transport.send(from, lane, frame.slice());
    a!.onFrame = (from, lane, frame) => {
      if (numberOf(frame) < 100) a!.transport.send(from, lane, numbered(numberOf(frame) + 1));
    };
    a!.transport.send(b!.id, 'data', numbered(1));
    await harness.until(() => a!.received.length === 100, 'a hundred answers');
    t.is(b!.received.length, 100);
  });
}

function defineRefusing(define: Define): void {
  define(
    'empty frames and frames over the limit are refused, and nothing else suffers',
    2,
    async (t, harness, [a, b]) => {
      admit([a!, b!]);
      await harness.until(() => allConnected([a!, b!]), 'connected');
      t.false(a!.transport.send(b!.id, 'data', new Uint8Array(0)));
      t.false(a!.transport.send(b!.id, 'data', new Uint8Array(harness.frameBytesMax + 1)));
      t.false(a!.transport.send('nobody' as NodeId, 'data', numbered(1)));
      t.false(a!.transport.send(a!.id, 'data', numbered(1)));
      t.true(a!.transport.send(b!.id, 'data', numbered(7)));
      await harness.until(() => b!.received.length === 1, 'one frame');
      t.is(numberOf(b!.received[0]!.frame), 7);
    },
  );

  define(
    'a full buffer refuses frames; those that it took arrive, in order, once',
    2,
    async (t, harness, [a, b]) => {
      admit([a!, b!]);
      await harness.until(() => allConnected([a!, b!]), 'connected');
      const bytes = 50_000;
      const taken: number[] = [];
      for (let number = 0; number * bytes < 3 * harness.bufferBytesMax; number++)
        if (a!.transport.send(b!.id, 'bulk', numbered(number, bytes))) taken.push(number);
      t.true(taken.length * bytes <= harness.bufferBytesMax);
      t.true(taken.length > 0);
      // Another lane is not concerned.
      t.true(a!.transport.send(b!.id, 'control', numbered(1)));
      await harness.until(() => b!.framesOn('bulk').length === taken.length, 'the frames that were taken');
      await harness.until(() => a!.transport.send(b!.id, 'bulk', numbered(999_999)), 'room again');
      await harness.until(() => b!.framesOn('bulk').length === taken.length + 1, 'the last frame');
      t.deepEqual(b!.framesOn('bulk').map(numberOf), [...taken, 999_999]);
      t.is(b!.framesOn('control').length, 1);
    },
  );
}

function defineEnding(define: Define): void {
  define(
    'a peer that is removed is hung up on by the one, and let go by the other',
    3,
    async (t, harness, nodes) => {
      const [a, b, c] = nodes as [RecordedNode, RecordedNode, RecordedNode];
      admit(nodes);
      await harness.until(() => allConnected(nodes), 'connected');
      a.transport.setPeers([{ node: c.id, addresses: c.transport.addresses }]);
      t.false(a.connectedTo.has(b.id));
      await harness.until(() => !b.connectedTo.has(a.id), 'the other end');
      await harness.settle();
      t.false(b.connectedTo.has(a.id));
      t.false(b.transport.send(a.id, 'data', numbered(1)));
      t.true(a.connectedTo.has(c.id) && b.connectedTo.has(c.id));
      admit(nodes);
      await harness.until(() => allConnected(nodes), 'connected again');
    },
  );

  define(
    'a node that stops is missed by the others, and found again when it returns',
    3,
    async (t, harness, nodes) => {
      const [a, b, c] = nodes as [RecordedNode, RecordedNode, RecordedNode];
      admit(nodes);
      await harness.until(() => allConnected(nodes), 'connected');
      const { id } = c;
      await c.transport.stop();
      const silent = c.history.length;
      await harness.until(() => !a.connectedTo.has(id) && !b.connectedTo.has(id), 'missed');
      t.false(c.transport.send(a.id, 'data', numbered(1)));
      await harness.settle();
      t.is(c.history.length, silent);
      const again = await RecordedNode.start(harness, id);
      t.is(again.id, id);
      admit([a, b, again]);
      await harness.until(() => allConnected([a, b, again]), 'connected again');
      t.true(a.transport.send(id, 'data', numbered(5)));
      await harness.until(() => again.received.length === 1, 'a frame');
      t.deepEqual(again.breaches, []);
    },
  );

  define('what was sent before stopping still arrives', 2, async (t, harness, [a, b]) => {
    admit([a!, b!]);
    await harness.until(() => allConnected([a!, b!]), 'connected');
    for (let number = 0; number < 50; number++)
      for (const lane of LANES) t.true(a!.transport.send(b!.id, lane, numbered(number, 10_000)));
    const { id } = a!;
    await a!.transport.stop();
    await harness.until(() => !b!.connectedTo.has(id), 'missed');
    for (const lane of LANES) t.is(b!.framesOn(lane).length, 50);
  });

  define('stopping twice is harmless', 1, async (t, _harness, [a]) => {
    await a!.transport.stop();
    await a!.transport.stop();
    a!.transport.setPeers([]);
    t.deepEqual(a!.history, []);
  });
}
