// Paths between nodes of which some do not hear each other.
import test from 'ava';
import fc from 'fast-check';
import { nodeId } from '../../base/ids.ts';
import type { Frame } from '../../cluster/wire.ts';
import { Mesh } from './mesh.ts';

const TIMES = { pulseTicks: 4, silentTicks: 10, refreshTicks: 100 };

/** Nodes, their connections, and the directions that are silent. */
class Net {
  readonly names: readonly string[];
  readonly meshes = new Map<string, Mesh>();
  readonly silent = new Set<string>();
  readonly rerouted: string[] = [];
  frames = 0;
  readonly #up = new Set<string>();
  readonly #queue: (readonly [from: string, to: string, frame: Frame])[] = [];

  constructor(size: number, faults: readonly string[] = []) {
    this.names = Array.from({ length: size }, (_, at) => `n${at + 1}`);
    for (const name of this.names) this.#make(name, faults);
  }

  #make(name: string, faults: readonly string[], version = 1): void {
    const owner = {
      self: nodeId(name),
      isMember: () => true,
      send: (to: string, frame: Frame) => {
        this.meshes.get(name)!.sent(nodeId(to));
        this.#queue.push([name, to, frame]);
      },
      rerouted: (node: string) => void this.rerouted.push(`${name}>${node}`),
      faults: new Set(faults),
    };
    this.meshes.set(name, new Mesh(owner, TIMES, version));
  }

  restart(name: string, version: number): void {
    for (const other of this.names) if (other !== name) this.cut(name, other);
    this.#make(name, [], version);
    for (const other of this.names) if (other !== name) this.connect(name, other);
  }

  connect(a: string, b: string): void {
    this.#up.add(`${a}>${b}`).add(`${b}>${a}`);
    this.meshes.get(a)!.connect(nodeId(b));
    this.meshes.get(b)!.connect(nodeId(a));
    this.settle();
  }

  connectAll(): void {
    for (const [at, a] of this.names.entries()) for (const b of this.names.slice(at + 1)) this.connect(a, b);
    this.rerouted.length = 0;
  }

  cut(a: string, b: string): void {
    if (!this.#up.delete(`${a}>${b}`)) return;
    this.#up.delete(`${b}>${a}`);
    this.meshes.get(a)!.disconnect(nodeId(b));
    this.meshes.get(b)!.disconnect(nodeId(a));
    this.settle();
  }

  settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const [from, to, frame] = next;
      if (!this.#up.has(`${from}>${to}`) || this.silent.has(`${from}>${to}`)) continue;
      this.frames++;
      this.meshes.get(to)!.heard(nodeId(from));
      if (frame.kind === 'links') this.meshes.get(to)!.learn(nodeId(from), frame.records);
    }
  }

  pass(ticks: number): void {
    for (let at = 0; at < ticks; at++) {
      for (const mesh of this.meshes.values()) mesh.tick();
      this.settle();
    }
  }

  path(from: string, to: string): string {
    return this.meshes.get(from)!.detour(nodeId(to))?.join(' ') ?? 'direct';
  }

  linked(of: string): string {
    return [...this.meshes.get(of)!.linked()].sort().join(' ');
  }
}

test('while all hear each other, frames go directly', (t) => {
  const net = new Net(3);
  net.connectAll();
  net.pass(300);
  for (const from of net.names)
    for (const to of net.names) if (from !== to) t.is(net.path(from, to), 'direct');
  t.is(net.linked('n1'), 'n2 n3');
  t.deepEqual(net.rerouted, []);
});

test('where a connection is lost, frames take the path over a node that reaches both', (t) => {
  const net = new Net(3);
  net.connectAll();
  net.cut('n1', 'n3');
  t.is(net.path('n1', 'n3'), 'n2 n3');
  t.is(net.path('n3', 'n1'), 'n2 n1');
  t.deepEqual(net.rerouted.sort(), ['n1>n3', 'n3>n1']);
  net.connect('n1', 'n3');
  t.is(net.path('n1', 'n3'), 'direct');
});

test('a connection of which one direction is silent is no link, for either side', (t) => {
  for (const direction of ['n1>n3', 'n3>n1']) {
    const net = new Net(3);
    net.connectAll();
    net.silent.add(direction);
    net.pass(TIMES.silentTicks + 1);
    t.is(net.path('n1', 'n3'), 'n2 n3');
    t.is(net.path('n3', 'n1'), 'n2 n1');
    net.silent.clear();
    net.pass(TIMES.pulseTicks + 1);
    t.is(net.path('n1', 'n3'), 'direct');
  }
});

test('who is connected and says nothing is not within reach, and whoever has nothing to say pulses', (t) => {
  const net = new Net(2);
  net.connectAll();
  net.pass(50);
  t.is(net.linked('n1'), 'n2');
  net.silent.add('n2>n1').add('n1>n2');
  net.pass(TIMES.silentTicks + 1);
  t.deepEqual(net.rerouted.sort(), ['n1>n2', 'n2>n1'], 'what was asked is asked elsewhere');
  t.is(net.linked('n1'), '');
  t.true(net.meshes.get('n1')!.reaches(nodeId('n2')), 'the connection is tried all the same');
});

test('a node that begins again by a clock that went back is believed', (t) => {
  const net = new Net(3);
  net.connectAll();
  net.pass(50);
  net.restart('n1', 0);
  t.is(net.linked('n1'), 'n2 n3');
  net.cut('n1', 'n3');
  t.is(net.path('n3', 'n1'), 'n2 n1');
});

test('a change of two nodes costs few frames where all are connected', (t) => {
  const net = new Net(5);
  net.connectAll();
  net.frames = 0;
  net.cut('n1', 'n2');
  // Each of the two tells three others, who pass it on to the other of the two, and tell the first what they
  // know of that one.
  t.true(net.frames <= 6 + 6 + 6, `${net.frames} frames`);
});

test('the nodes that hang together reach each other, whatever is cut, along paths without repetition', (t) => {
  const size = 6;
  const pairs = Array.from({ length: size }, (_, a) =>
    Array.from({ length: a }, (_, b) => [`n${a + 1}`, `n${b + 1}`] as const),
  ).flat();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...pairs), fc.nat(2)), { maxLength: 14 }), (cuts) => {
      const net = new Net(size);
      net.connectAll();
      const gone = new Set<string>();
      for (const [[a, b], how] of cuts) {
        gone.add(`${a}-${b}`).add(`${b}-${a}`);
        if (how === 0) net.cut(a, b);
        else net.silent.add(how === 1 ? `${a}>${b}` : `${b}>${a}`);
      }
      net.pass(TIMES.silentTicks + 2);
      for (const start of net.names) {
        const part = new Set([start]);
        for (const node of part)
          for (const other of net.names) if (other !== node && !gone.has(`${node}-${other}`)) part.add(other);
        part.delete(start);
        t.is(net.linked(start), [...part].sort().join(' '));
        for (const to of part) {
          const path = net.meshes.get(start)!.detour(nodeId(to)) ?? [nodeId(to)];
          t.is(path.at(-1), nodeId(to));
          t.is(new Set([start, ...path]).size, path.length + 1);
          for (const [at, node] of path.entries()) t.false(gone.has(`${path[at - 1] ?? start}-${node}`));
        }
      }
    }),
    { numRuns: 100 },
  );
});
