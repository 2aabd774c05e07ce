// Three nodes with real logs on real files, and a disk that notes what it has written: each acknowledgement
// that a client gets is held against the writes that were complete by then.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { moduleHash, type NodeId, nodeId } from '../base/ids.ts';
import { parseNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import type { Peer } from '../base/peer.ts';
import { SeededRandom } from '../base/random.ts';
import type { Lane } from '../cluster/transport-port.ts';
import { NodeCore } from '../core/node-core.ts';
import { LIMITS } from '../core/testing/lone-node.ts';
import type { ClientRequest, ClientResult, Input } from '../core/types.ts';
import { openLogOn } from '../journal/io/log-files.ts';
import { openStore } from '../journal/io/rocks-store.ts';
import { openDirectory, type SegmentFiles } from '../journal/io/segment-files.ts';
import { recoverSegment } from '../journal/log-recovery.ts';
import { Effects } from './effects.ts';
import { silentLogger } from './logger.ts';
import { readRecovered } from './recovery.ts';
import { RequestTable } from './request-table.ts';
import { hashSecret } from './token.ts';

const TICK_MS = 50;
const SEGMENT_BYTES = 512 * 1024;
const ACTORS = 12;
const CODE = moduleHash('aa');
const SOURCE = `union Message { Add { amount: Int } }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: counter ( Map Message -- Map )
  match Add { >amount } -> over total i.+ "total" swap map.set dup total actor.reply end ;`;

/** Knows what would be read after a loss of power: that whose synced write has returned. */
class CountingFiles implements SegmentFiles {
  readonly #inner: SegmentFiles;
  readonly #images = new Map<string, Uint8Array>();
  /** What is in them, as of so many writes. */
  #entries: readonly Buffer[] = [];
  #readAt = -1;
  /** Writes that have returned, and those that have not. */
  writes = 0;
  underWay = 0;
  /** Each write waits for it before it begins. */
  before: () => Promise<unknown> = () => Promise.resolve();

  constructor(inner: SegmentFiles) {
    this.#inner = inner;
  }

  /** Whether an entry with these words is on the disk. */
  holds(words: string): boolean {
    if (this.#readAt !== this.writes) this.#entries = [...this.#images].flatMap(entriesOf);
    this.#readAt = this.writes;
    return this.#entries.some((data) => data.includes(words));
  }

  async create(file: string, bytes: number, header: Uint8Array): Promise<void> {
    await this.#inner.create(file, bytes, header);
    const image = new Uint8Array(bytes);
    image.set(header);
    this.#images.set(file, image);
  }

  async write(file: string, at: number, bytes: Uint8Array): Promise<void> {
    this.underWay++;
    await this.before();
    await this.#inner.write(file, at, bytes);
    this.#images.get(file)!.set(bytes, at);
    this.underWay--;
    this.writes++;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#inner.rename(from, to);
    this.#images.set(to, this.#images.get(from)!);
    this.#images.delete(from);
    this.#readAt = -1;
  }

  async remove(file: string): Promise<void> {
    this.#images.delete(file);
    await this.#inner.remove(file);
  }

  list = () => this.#inner.list();
  read = (file: string) => this.#inner.read(file);
  open = (file: string) => this.#inner.open(file);
  close = () => this.#inner.close();
}

/** As a restart would find them. A segment that is not finished counts for nothing. */
function entriesOf([file, image]: readonly [string, Uint8Array]): Buffer[] {
  if (file.endsWith('.new')) return [];
  const { state } = recoverSegment(image, file);
  return state.groups().flatMap(({ entries }) => entries.map(({ data }) => Buffer.from(data)));
}

interface Node {
  readonly id: NodeId;
  readonly core: NodeCore;
  readonly effects: Effects;
  readonly requests: RequestTable;
  readonly disk: CountingFiles;
  inputs: Input[];
  close(): Promise<void>;
}

type WithoutTimeout = ClientRequest extends infer R
  ? R extends ClientRequest
    ? Omit<R, 'timeoutMs'>
    : never
  : never;

/** Its time goes on while no disk writes: what is slow here is no reason to elect anybody. */
class Trio {
  readonly nodes: Node[] = [];
  readonly #root = mkdtempSync(join(tmpdir(), 'majority-synced-'));
  #now = 0;
  #closed = false;

  constructor() {
    void this.#run();
  }

  async add(name: string, peers: readonly Peer[]): Promise<void> {
    const id = nodeId(name);
    const disk = new CountingFiles(await openDirectory(join(this.#root, name, 'log')));
    const store = await openStore(join(this.#root, name, 'store'));
    const { groups, log } = await openLogOn(disk, { segmentBytes: SEGMENT_BYTES });
    const core = new NodeCore(
      {
        self: { node: id, name, addresses: ['127.0.0.1:1'] },
        cluster: { id: 'counted', shards: 4, replicas: 3 },
        roster: { index: 0, peers },
        create: peers.length === 0,
        random: new SeededRandom(this.nodes.length + 1),
        tickMillis: TICK_MS,
        heartbeatTicks: 2,
        electionTicks: 10,
        limits: LIMITS,
      },
      await readRecovered(store, groups, log.status().durable),
      this.#time(),
    );
    const requests = new RequestTable(1000);
    const inputs: Input[] = [];
    const transport = {
      setPeers: () => undefined,
      setGuestsAllowed: () => undefined,
      send: (to: NodeId, lane: Lane, frame: Uint8Array) => {
        const peer = this.nodes.find((node) => node.id === to);
        peer?.inputs.push({ kind: 'frames', from: id, lane, frames: [frame] });
        return peer !== undefined;
      },
    };
    const effects = new Effects(
      { log, store, transport, requests, logger: silentLogger },
      {
        feed: (input) => inputs.push(input),
        roster: () => undefined,
        drained: () => undefined,
        diskFull: () => undefined,
        halted: (error) => {
          throw error;
        },
      },
    );
    const close = async () => {
      effects.close();
      await log.close();
      await store.close();
    };
    for (const peer of this.nodes) {
      inputs.push({ kind: 'connected', peer: peer.id });
      peer.inputs.push({ kind: 'connected', peer: id });
    }
    this.nodes.push({ id, core, effects, requests, disk, inputs, close });
  }

  /** The loop of the driver, for all of them. */
  async #run(): Promise<void> {
    while (!this.#closed) {
      const isQuiet = this.nodes.every(({ inputs, disk }) => inputs.length === 0 && disk.underWay === 0);
      if (isQuiet) this.#now += TICK_MS / 2;
      for (const { core, effects, inputs } of this.nodes) {
        if (isQuiet) inputs.push({ kind: 'tick' });
        if (inputs.length > 0) effects.carryOut(core.step(inputs.splice(0), this.#time()));
        while (core.hasWork) effects.carryOut(core.step([{ kind: 'run' }], this.#time()));
        effects.flush();
      }
      await nextTurn();
    }
  }

  #time() {
    return { now: this.#now, wall: 1_700_000_000_000 + this.#now };
  }

  /** Admits a further node, and has it join. */
  async admit(name: string): Promise<void> {
    const secretHash = hashSecret(Buffer.from(name));
    await this.done({ op: 'token', secretHash, expiresAt: Number.MAX_SAFE_INTEGER });
    const peer: Peer = { node: nodeId(name), name, addresses: ['127.0.0.1:1'] };
    const { peers } = (await this.done({ op: 'admit', secretHash, peer })) as { peers: readonly Peer[] };
    await this.add(name, peers);
  }

  /** Asks until it is done: nothing leads yet, or the lead is being handed over. */
  async done(request: WithoutTimeout): Promise<unknown> {
    for (;;) {
      const result = await this.ask(0, request);
      if (result.ok) return result.value;
    }
  }

  ask(at: number, request: WithoutTimeout): Promise<ClientResult> {
    const { requests, inputs } = this.nodes[at]!;
    return new Promise((resolve) => {
      const id = requests.open(request.op, resolve)!;
      inputs.push({ kind: 'request', id, request: { ...request, timeoutMs: 10_000 } as ClientRequest });
    });
  }

  /** Whether all three vote in each group, so that two are a majority. */
  get isWhole(): boolean {
    return this.nodes.every(({ core }) => {
      const groups = core.inspect.groups();
      return groups.every(({ config }) => config.voters.length === 3 && config.outgoing.length === 0);
    });
  }

  /** On how many disks an entry with these words is. */
  holding(words: string): number {
    return this.nodes.filter(({ disk }) => disk.holds(words)).length;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const node of this.nodes) await node.close();
    rmSync(this.#root, { recursive: true });
  }
}

let cluster: Trio;

test.before(async () => {
  cluster = new Trio();
  await cluster.add('n1', []);
  await cluster.admit('n2');
  await cluster.admit('n3');
  await cluster.done({ op: 'deploy', hash: CODE, bundle: { entry: 'm.seq', files: { 'm.seq': SOURCE } } });
  const code = { module: CODE, target: { word: 'counter' }, captured: [] };
  for (let at = 0; at < ACTORS; at++)
    await cluster.done({
      op: 'spawn',
      path: pathOf(at),
      code,
      mode: 'durable',
      newLife: false,
      id: `s${at}`,
    });
  while (!cluster.isWhole) await nextTurn();
});

test.after.always(() => cluster.close());

const pathOf = (actor: number) => parsePath(`/user/a${actor % ACTORS}`);
const add = (actor: number, id: string) =>
  ({ op: 'ask', path: pathOf(actor), message: parseNotation('(Add 1)'), id }) as const;

test.serial(
  'no acknowledgement leaves before the entry is written and synced on the disks of a majority',
  async (t) => {
    const random = new SeededRandom(7);
    for (const { disk } of cluster.nodes)
      disk.before = async () => {
        for (let turns = random.below(6); turns > 0; turns--) await nextTurn();
      };
    let acknowledged = 0;
    const before = cluster.nodes.map(({ disk }) => disk.writes);
    for (let round = 0; round < 10; round++)
      await Promise.all(
        Array.from({ length: 6 }, async (_, of) => {
          const id = `ask.${round}.${of}.`;
          const result = await cluster.ask(of % 3, add(round * 5 + of, id));
          if (!result.ok) return;
          acknowledged++;
          t.true(cluster.holding(id) >= 2, `${id} is on ${cluster.holding(id)} disks`);
        }),
      );
    t.true(acknowledged > 30, `${acknowledged} asks were acknowledged`);
    for (const [at, { disk }] of cluster.nodes.entries()) t.true(disk.writes > before[at]!);
  },
);

test.serial('while two of three disks do not write, nothing is acknowledged', async (t) => {
  for (const [alone, { disk }] of cluster.nodes.entries()) {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const others = cluster.nodes.filter((_, at) => at !== alone);
    for (const other of others) other.disk.before = () => promise;
    let released = false;
    const id = `held.${alone}.`;
    const asked = Array.from({ length: ACTORS }, async (_, at) => {
      const result = await cluster.ask(alone, add(at, `${id}${at}.`));
      if (!result.ok) return false;
      t.true(released, 'acknowledged with one disk');
      t.true(cluster.holding(`${id}${at}.`) >= 2);
      return true;
    });
    // Once the free disk has what came to it, nothing else moves on.
    for (let turns = 0; turns < 50 || disk.underWay > 0; turns++) await nextTurn();
    released = true;
    release();
    for (const other of others) other.disk.before = () => Promise.resolve();
    t.true((await Promise.all(asked)).includes(true), 'all wait for ever');
  }
});
