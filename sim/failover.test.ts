// What the next leader of a shard knows of an actor beside its state.
import test from 'ava';
import { parsePath } from '../node/base/path.ts';
import type { Inspected } from '../node/core/requests/results.ts';
import type { ActorMode } from '../node/core/types.ts';
import type { SimNode } from './sim-node.ts';
import { Trio } from './trio.ts';

const SECOND = 1_000_000;
const PATH = parsePath('/user/a/faulty');
const SOURCE = `
  union Msg { Fail Quiet }
  : faulty ( Map Msg -- Map ) match Fail -> 1 0 divide drop Quiet -> end ;
`;

/** Three nodes with one shard, in which the actor lives at PATH. */
class Faulty extends Trio {
  constructor(mode: ActorMode) {
    super(SOURCE, { shards: 1, limits: { restartPeriodMs: 60_000 } });
    this.begin(mode);
  }

  begin(mode: ActorMode, newLife = false): void {
    this.spawn(PATH, 'faulty', mode, newLife);
  }

  fail(): void {
    this.tell(PATH, '(Fail)');
  }

  inspected(): Inspected {
    return this.inspect(PATH);
  }

  /** The leader dies, and another node leads. Returns the dead one. */
  killLeader(): SimNode {
    const { leader } = this;
    this.cluster.crash(leader, false);
    this.cluster.runFor(5 * SECOND);
    return leader;
  }

  get leader(): SimNode {
    return this.leaderOf(PATH);
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
}

for (const mode of ['durable', 'volatile'] as const) {
  test(`restarts of a ${mode} actor count on when another node leads`, (t) => {
    const trio = new Faulty(mode);
    trio.fail();
    trio.fail();
    t.like(trio.inspected(), { restarts: 2, lifecycle: 'running' });
    const first = trio.killLeader();
    t.like(trio.inspected(), { restarts: 2, lifecycle: 'running' });
    trio.fail();
    trio.restart(first);
    t.like(trio.inspected(), { restarts: 3, lifecycle: 'running' });
    trio.fail();
    t.like(trio.inspected(), { restarts: 3, lifecycle: 'failed' });
    trio.begin(mode, true);
    t.like(trio.inspected(), { restarts: 0, lifecycle: 'running' }, 'a new life begins without restarts');
  });
}

test('a leader whose clock differs by less than the period counts the restarts of the one before', (t) => {
  for (const skew of [-20_000, 20_000]) {
    const trio = new Faulty('durable');
    for (const node of trio.cluster.nodes) if (node !== trio.leader) trio.skew(node, skew);
    for (let at = 0; at < 3; at++) trio.fail();
    trio.killLeader();
    t.is(trio.inspected().restarts, 3);
    trio.fail();
    t.is(trio.inspected().lifecycle, 'failed');
  }
});

test('a clock that is wrong by more than the period costs the count, and keeps the actor', (t) => {
  for (const skew of [-3_600_000, 3_600_000]) {
    const trio = new Faulty('durable');
    for (let at = 0; at < 3; at++) trio.fail();
    trio.skew(trio.leader, skew);
    t.is(trio.inspected().restarts, 0);
    trio.fail();
    t.like(trio.inspected(), { restarts: 1, lifecycle: 'running' });
    trio.cluster.runFor(61 * SECOND);
    t.like(trio.inspected(), { restarts: 0, lifecycle: 'running' }, 'no restart counts for ever');
  }
});
