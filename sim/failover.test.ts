// What the next leader of a shard knows of an actor beside its state.
import test from 'ava';
import { groupId, moduleHash } from '../node/base/ids.ts';
import { parseNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import type { Inspected } from '../node/core/results.ts';
import { LIMITS } from '../node/core/testing/lone-node.ts';
import type { ActorMode, ClientRequest, ClientResult } from '../node/core/types.ts';
import { Cluster } from './cluster.ts';
import { makeCore } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;
const MODULE = moduleHash('aa');
const PATH = parsePath('/user/a/faulty');
const SOURCE = `
  union Msg { Fail Quiet }
  : faulty ( Map Msg -- Map ) match Fail -> 1 0 divide drop Quiet -> end ;
`;

type Asked<R = ClientRequest> = R extends ClientRequest ? Omit<R, 'timeoutMs'> : never;

/** Three nodes with one shard, in which the actor lives at PATH. */
class Trio {
  readonly cluster: Cluster;
  #requests = 0;

  constructor(mode: ActorMode) {
    this.cluster = new Cluster({
      seed: 1,
      nodes: 3,
      tickMillis: 100,
      storage: { bytes: false, cutsDamage: false },
      observers: [],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, {
          log,
          time,
          limits: { ...LIMITS, restartPeriodMs: 60_000 },
          shards: 1,
        }),
    });
    const { nodes, members } = this.cluster;
    members.push(nodes[0]!);
    this.cluster.start(nodes[0]!);
    const operator = new Operator(this.cluster, { told: () => undefined, isNamed: () => true });
    for (const node of nodes.slice(1)) operator.join(node);
    this.cluster.runFor(20 * SECOND);
    this.ask({ op: 'deploy', hash: MODULE, bundle: { entry: 'm.seq', files: { 'm.seq': SOURCE } } });
    this.spawn(mode);
  }

  spawn(mode: ActorMode, newLife = false): void {
    const code = { module: MODULE, target: { word: 'faulty' }, captured: [] };
    this.ask({ op: 'spawn', path: PATH, code, mode, newLife, id: this.#id() });
  }

  /** The answer to a request, from whichever node gives one. */
  ask(request: Asked): ClientResult {
    for (let attempt = 0; attempt < 30; attempt++) {
      const { nodes } = this.cluster;
      const node = nodes[attempt % nodes.length]!;
      let result: ClientResult | undefined;
      this.cluster.call(node, { ...request, timeoutMs: 2000 } as ClientRequest, (outcome) => {
        if (outcome !== 'lost' && (outcome.ok || outcome.code === 'turn-failed')) result = outcome;
      });
      this.cluster.runFor(3 * SECOND, () => result !== undefined);
      if (result !== undefined) return result;
    }
    throw new Error(`${request.op} was not answered`);
  }

  fail(): void {
    this.ask({ op: 'tell', path: PATH, message: parseNotation('(Fail)'), id: this.#id() });
  }

  inspect(): Inspected {
    return (this.ask({ op: 'inspect', path: PATH }) as { value: Inspected }).value;
  }

  get leader(): SimNode {
    const leads = ({ views }: SimNode) =>
      views.some(({ group, role }) => group === groupId(1) && role === 'leader');
    const [leader] = this.cluster.nodes.filter(leads);
    if (leader === undefined) throw new Error('nobody leads');
    return leader;
  }

  /** The leader dies, and another node leads. Returns the dead one. */
  killLeader(): SimNode {
    const { leader } = this;
    this.cluster.crash(leader, false);
    this.cluster.runFor(5 * SECOND);
    return leader;
  }

  /** The node that was preferred as the leader is back, and leads again. */
  restart(node: SimNode): void {
    this.cluster.start(node);
    this.cluster.runFor(10 * SECOND);
    if (this.leader !== node) throw new Error(`${node.peer.name} does not lead again`);
  }

  skew(node: SimNode, wallSkewMillis: number): void {
    node.clock = { ...node.clock, wallSkewMillis };
  }

  #id(): string {
    return `request-${++this.#requests}`;
  }
}

for (const mode of ['durable', 'volatile'] as const) {
  test(`restarts of a ${mode} actor count on when another node leads`, (t) => {
    const trio = new Trio(mode);
    trio.fail();
    trio.fail();
    t.like(trio.inspect(), { restarts: 2, lifecycle: 'restarting' });
    const first = trio.killLeader();
    t.like(trio.inspect(), { restarts: 2, lifecycle: 'restarting' });
    trio.fail();
    trio.restart(first);
    t.like(trio.inspect(), { restarts: 3, lifecycle: 'restarting' });
    trio.fail();
    t.like(trio.inspect(), { restarts: 3, lifecycle: 'failed' });
    trio.spawn(mode, true);
    t.like(trio.inspect(), { restarts: 0, lifecycle: 'running' }, 'a new life begins without restarts');
  });
}

test('a leader whose clock differs by less than the period counts the restarts of the one before', (t) => {
  for (const skew of [-20_000, 20_000]) {
    const trio = new Trio('durable');
    for (const node of trio.cluster.nodes) if (node !== trio.leader) trio.skew(node, skew);
    for (let at = 0; at < 3; at++) trio.fail();
    trio.killLeader();
    t.is(trio.inspect().restarts, 3);
    trio.fail();
    t.is(trio.inspect().lifecycle, 'failed');
  }
});

test('a clock that is wrong by more than the period costs the count, and keeps the actor', (t) => {
  for (const skew of [-3_600_000, 3_600_000]) {
    const trio = new Trio('durable');
    for (let at = 0; at < 3; at++) trio.fail();
    trio.skew(trio.leader, skew);
    t.is(trio.inspect().restarts, 0);
    trio.fail();
    t.like(trio.inspect(), { restarts: 1, lifecycle: 'restarting' });
    trio.cluster.runFor(61 * SECOND);
    t.like(trio.inspect(), { restarts: 0, lifecycle: 'running' }, 'no restart counts for ever');
  }
});
