// A node whose disk is full gives its shards to others, and gets them back when there is space.
import test from 'ava';
import { groupId, moduleHash, type NodeId } from '../node/base/ids.ts';
import { parseNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import { preferredLeader, shardOf } from '../node/cluster/placement.ts';
import { decodeFrame } from '../node/cluster/wire.ts';
import type { Space } from '../node/core/disk-space.ts';
import { LIMITS } from '../node/core/testing/lone-node.ts';
import type { ClientRequest, ClientResult, CoreLimits, Effect } from '../node/core/types.ts';
import { Cluster } from './cluster.ts';
import { makeCore } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;
const SHARDS = 6;
const MODULE = moduleHash('aa');
const SOURCE = `
  union Msg { Count }
  : counter ( Map Msg -- Map ) match Count -> end ;
`;

type Asked<R = ClientRequest> = R extends ClientRequest ? Omit<R, 'timeoutMs'> : never;

/** Some nodes, and an actor in each shard. */
class Some {
  readonly cluster: Cluster;
  readonly paths = new Map<number, ReturnType<typeof parsePath>>();
  /** What was sent to a watched node, or done by it, that takes space or leads. */
  readonly wasted: string[] = [];
  #watched: ReadonlySet<SimNode> = new Set();
  #requests = 0;

  constructor(nodes: number, limits: Partial<CoreLimits> = {}) {
    this.cluster = new Cluster({
      seed: 3,
      nodes,
      tickMillis: 100,
      storage: { bytes: true, cutsDamage: false },
      observers: [{ stepped: (node, _, effects) => this.#watch(node, effects) }],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, { log, time, limits: { ...LIMITS, ...limits }, shards: SHARDS }),
    });
    const { members } = this.cluster;
    const [first, ...others] = this.nodes as [SimNode, ...SimNode[]];
    members.push(first);
    this.cluster.start(first);
    const operator = new Operator(this.cluster, { told: () => undefined, isNamed: () => true });
    for (const node of others) {
      operator.join(node);
      this.cluster.runFor(30 * SECOND, () => !operator.isBusy);
    }
    this.pass(20);
    this.ask(first, { op: 'deploy', hash: MODULE, bundle: { entry: 'm.seq', files: { 'm.seq': SOURCE } } });
    for (let at = 0; this.paths.size < SHARDS; at++) {
      const path = parsePath(`/user/a${at}`);
      const shard = shardOf(path, SHARDS);
      if (this.paths.has(shard)) continue;
      this.paths.set(shard, path);
      const code = { module: MODULE, target: { word: 'counter' }, captured: [] };
      this.ask(first, { op: 'spawn', path, code, mode: 'durable', newLife: false, id: this.#id() });
    }
  }

  get nodes(): readonly SimNode[] {
    return this.cluster.nodes;
  }

  pass(seconds: number): void {
    this.cluster.runFor(seconds * SECOND);
  }

  ask(node: SimNode, request: Asked): ClientResult | 'lost' {
    let result: ClientResult | 'lost' | undefined;
    this.cluster.call(
      node,
      { ...request, timeoutMs: 3000 } as ClientRequest,
      (outcome) => (result = outcome),
    );
    this.cluster.runFor(4 * SECOND, () => result !== undefined);
    if (result === undefined) throw new Error(`${request.op} was not answered`);
    return result;
  }

  /** What becomes of a message to the actor in each shard, through each node. */
  work(nodes = this.nodes): (string | boolean)[] {
    return nodes.flatMap((node) =>
      [...this.paths.values()].map((path) => {
        const message = parseNotation('(Count)');
        const result = this.ask(node, { op: 'tell', path, message, id: this.#id() });
        return result === 'lost' ? 'lost' : result.ok || result.code;
      }),
    );
  }

  setSpace(node: SimNode, space: Space): void {
    node.storage.setFull(space === 'full');
    node.input({ kind: 'disk', space });
  }

  /** From now on notes what these nodes are sent, or do, and should not be. */
  watch(...nodes: readonly SimNode[]): void {
    this.#watched = new Set(nodes);
  }

  #watch(node: SimNode, effects: readonly Effect[]): void {
    if (this.#watched.has(node) && this.led(node).length > 0) this.wasted.push(`${node.peer.name} leads`);
    for (const effect of effects) {
      if (
        effect.kind === 'persist' &&
        this.#watched.has(node) &&
        effect.writes.some(({ entries }) => entries)
      )
        this.wasted.push(`${node.peer.name} wrote entries`);
      if (effect.kind !== 'send' || ![...this.#watched].some(({ id }) => id === effect.to)) continue;
      const frame = decodeFrame(effect.frame, node.id, effect.to);
      if (frame.kind === 'chunk') this.wasted.push(frame.kind);
      if (frame.kind !== 'raft') continue;
      for (const [, message] of frame.messages)
        if (message.kind === 'timeout-now' || (message.kind === 'append' && message.entries.length > 0))
          this.wasted.push(message.kind);
    }
  }

  led(node: SimNode): number[] {
    return node.views.filter(({ role }) => role === 'leader').map(({ group }) => group);
  }

  preferring(node: NodeId): number[] {
    const ids = this.nodes.map(({ id }) => id);
    return Array.from({ length: SHARDS + 1 }, (_, group) => group).filter(
      (group) => preferredLeader(groupId(group), ids, 3) === node,
    );
  }

  #id(): string {
    return `request-${++this.#requests}`;
  }
}

const all = <T>(outcomes: readonly T[]) => [...new Set(outcomes)];

for (const space of ['low', 'full'] as const)
  test(`a node whose disk is ${space} leads nothing, no shard is dark, and it leads again later`, (t) => {
    const some = new Some(3);
    for (const node of some.nodes) {
      const before = some.preferring(node.id);
      t.deepEqual(some.led(node).sort(), before);
      t.true(before.length > 1);
      some.setSpace(node, space);
      // At once: what is asked for now is answered, through the full node too.
      t.deepEqual(all(some.work()), [true]);
      t.deepEqual(some.led(node), []);
      some.pass(2);
      some.watch(node);
      for (let seconds = 0; seconds < 30; seconds++) {
        some.pass(1);
        t.deepEqual(some.led(node), [], `after ${seconds} s`);
      }
      t.deepEqual(all(some.work()), [true]);
      // With little space it follows as ever; full, it is sent no entries.
      t.deepEqual(all(some.wasted), space === 'low' ? ['append', `${node.peer.name} wrote entries`] : []);
      some.wasted.length = 0;
      some.setSpace(node, 'enough');
      some.watch();
      some.pass(15);
      t.deepEqual(some.led(node).sort(), before);
    }
  });

for (const space of ['low', 'full'] as const)
  test(`a node that starts with a disk that is ${space} is led by others, whoever dies`, (t) => {
    const some = new Some(3);
    const [one, two, three] = some.nodes as [SimNode, SimNode, SimNode];
    some.cluster.crash(one, false);
    some.pass(5);
    some.cluster.start(one);
    some.cluster.runFor(SECOND, () => one.isUp);
    some.setSpace(one, space);
    some.pass(15);
    t.deepEqual(some.led(one), []);
    t.deepEqual(all(some.work()), [true]);
    // When a leader dies another that has space takes over, for which the full node votes.
    some.watch(one);
    for (const other of [two, three]) {
      some.cluster.crash(other, false);
      some.pass(10);
      t.is(some.led(other === two ? three : two).length, SHARDS + 1);
      some.cluster.start(other);
      some.pass(15);
    }
    t.false(some.wasted.includes('n1 leads'));
  });

test('a lone node with a full disk says so at once, shows what it has, and goes on when there is space', (t) => {
  const some = new Some(1);
  const [node] = some.nodes as [SimNode];
  some.setSpace(node, 'full');
  t.deepEqual(all(some.work()), ['disk-full']);
  t.like(
    some.ask(node, { op: 'deploy', hash: MODULE, bundle: { entry: 'm.seq', files: { 'm.seq': SOURCE } } }),
    {
      ok: false,
      code: 'disk-full',
    },
  );
  t.like(some.ask(node, { op: 'inspect', path: some.paths.get(1)! }), { ok: true });
  some.setSpace(node, 'enough');
  t.deepEqual(all(some.work()), [true]);
});

test('with all disks low or full requests are refused for that reason, and later taken', (t) => {
  const some = new Some(3);
  for (const node of some.nodes) some.setSpace(node, 'low');
  some.pass(3);
  t.deepEqual(all(some.work()), ['disk-full']);
  for (const node of some.nodes) some.setSpace(node, 'enough');
  some.pass(3);
  t.deepEqual(all(some.work()), [true]);
});

test('a node with little space still counts for the majority of those that lead', (t) => {
  const some = new Some(3);
  const [one, two, three] = some.nodes as [SimNode, SimNode, SimNode];
  some.setSpace(one, 'low');
  some.pass(3);
  some.cluster.crash(two, false);
  some.pass(5);
  t.deepEqual(all(some.work([one, three])), [true]);
});

test('what a full node missed it gets when it has space, also when the logs do not reach back', (t) => {
  const some = new Some(3, { logEntries: 20 });
  const [one, two] = some.nodes as [SimNode, SimNode];
  const applied = (node: SimNode) => node.views.map(({ group, applied }) => [group, applied]).sort();
  const starts = (node: SimNode) =>
    new Map(node.storage.durableLog.recovered().map(({ group, snapshot }) => [group, snapshot.index]));
  some.setSpace(one, 'full');
  some.pass(5);
  some.watch(one);
  const before = applied(one);
  for (let round = 0; round < 20; round++) some.work();
  t.deepEqual(applied(one), before, 'nothing is taken');
  t.deepEqual(all(some.wasted), []);
  // The others cut their logs as they would for a node that is away.
  const [held] = [...new Map(before as [never, number][])].slice(1) as [[never, number]];
  t.true((starts(two).get(held[0]) ?? 0) > held[1], `${starts(two).get(held[0])} is beyond ${held[1]}`);
  some.setSpace(one, 'enough');
  some.pass(15);
  t.deepEqual(applied(one), applied(two));
});

test('a full node takes no entries also of those who have not heard yet that it is full', (t) => {
  const some = new Some(3);
  const [one, two] = some.nodes as [SimNode, SimNode];
  some.setSpace(one, 'full');
  some.watch(one);
  t.deepEqual(all(some.work([two])), [true]);
  t.true(some.wasted.includes('append'));
  t.false(some.wasted.includes('n1 wrote entries'));
});
