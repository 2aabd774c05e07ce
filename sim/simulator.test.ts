// The simulator by itself, over the smallest core.
import test from 'ava';
import { groupId } from '../node/base/ids.ts';
import type { CallOutcome } from './cluster.ts';
import { Cluster } from './cluster.ts';
import { ConsensusChecker } from './consensus-checker.ts';
import { CounterCore } from './counter-core.ts';
import { drawPlan } from './fault-plan.ts';
import { Nemesis } from './nemesis.ts';
import { Operator } from './operator.ts';
import { Violation } from './violation.ts';

interface CounterRun {
  readonly hash: string;
  readonly acknowledged: number;
  readonly steps: number;
}

function countersFor(
  seed: number,
  seconds: number,
  faults: ReadonlySet<string> = new Set(),
  bytes = false,
): CounterRun {
  let cluster: Cluster;
  let nemesis: Nemesis | undefined;
  const checker = new ConsensusChecker(() => cluster.nodes);
  cluster = new Cluster({
    seed,
    nodes: 5,
    tickMillis: 100,
    storage: { bytes, cutsDamage: false },
    observers: [
      checker,
      { stepped: (...step) => nemesis?.stepped(...step), crashed: (node) => nemesis?.crashed(node) },
    ],
    makeCore: (node, log) =>
      new CounterCore(
        { self: node.id, peers: cluster.nodes.map(({ peer }) => peer), random: cluster.random, faults },
        log,
        node.storage.rows,
      ),
  });
  cluster.members.push(...cluster.nodes);
  for (const node of cluster.nodes) {
    node.savedRoster = { index: 0, peers: cluster.nodes.map(({ peer }) => peer) };
    cluster.start(node);
  }
  const leaders = () => {
    const leader = checker.latestLeader(groupId(1))?.node;
    return cluster.nodes.filter(({ id }) => id === leader);
  };
  const operator = new Operator(cluster, { told: () => undefined, isNamed: () => false });
  nemesis = new Nemesis(cluster, drawPlan(cluster.random), operator, leaders);
  const { random, scheduler } = cluster;
  let acknowledged = 0;
  let sent = 0;
  const client = () => {
    const node = cluster.nodes[random.below(5)]!;
    const done = (outcome: CallOutcome) => {
      if (outcome !== 'lost' && outcome.ok) acknowledged++;
      scheduler.after(10_000, client);
    };
    cluster.call(
      node,
      { op: 'tell', path: '/a' as never, message: 1, id: `m${sent++}`, timeoutMs: 1000 },
      done,
    );
  };
  for (let count = 0; count < 5; count++) client();
  cluster.runFor(3e6);
  nemesis.begin();
  cluster.runFor(seconds * 1e6);
  return { hash: cluster.trace.hash.hex, acknowledged, steps: cluster.steps };
}

test('a cluster counts, through crashes', (t) => {
  const { acknowledged, steps } = countersFor(1, 60);
  t.log({ acknowledged, steps });
  t.true(acknowledged > 100);
});

test('one seed gives one trace, another seed another', (t) => {
  t.deepEqual(countersFor(2, 10), countersFor(2, 10));
  t.not(countersFor(2, 10).hash, countersFor(3, 10).hash);
});

test('the log of bytes is read back as it was written', (t) => {
  t.true(countersFor(4, 60, new Set(), true).acknowledged > 100);
});

for (const fault of [
  'ack-before-fsync',
  'vote-not-persisted',
  'truncate-on-any-append',
  'commit-old-term-by-count',
])
  test(`the checkers see ${fault}`, (t) => {
    const seeds = Array.from({ length: 100 }, (_, at) => at + 1);
    const caught = seeds.find((seed) => {
      try {
        countersFor(seed, 30, new Set([fault]));
        return false;
      } catch (error) {
        t.true(error instanceof Violation, String(error));
        t.log(`seed ${seed}: ${(error as Error).message}`);
        return true;
      }
    });
    t.truthy(caught);
  });
