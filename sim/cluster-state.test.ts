// What any node tells of all shards, also of those that it does not keep.
import test from 'ava';
import { type ErrorCode, SeqNodeError } from '../node/base/errors.ts';
import type { GroupId } from '../node/base/ids.ts';
import type { NodeCore } from '../node/core/node-core.ts';
import type { GroupState } from '../node/core/requests/results.ts';
import { LIMITS } from '../node/core/testing/lone-node.ts';
import type { ClusterView } from '../node/host/api.ts';
import { clusterView } from '../node/host/cluster-view.ts';
import { HostApi } from '../node/host/node-api.ts';
import { Telemetry } from '../node/host/telemetry.ts';
import { Cluster } from './cluster.ts';
import { makeCore } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;
const NODES = 5;
const SHARDS = 24;
const REPLICAS = 3;

class Five {
  readonly cluster: Cluster;
  readonly #cores = new Map<SimNode, NodeCore>();

  constructor() {
    this.cluster = new Cluster({
      seed: 3,
      nodes: NODES,
      tickMillis: 100,
      storage: { bytes: false, cutsDamage: false },
      observers: [],
      makeCore: (node, log, time) => {
        const core = makeCore(this.cluster, node, { log, time, limits: LIMITS, shards: SHARDS });
        this.#cores.set(node, core);
        return core;
      },
    });
    const { nodes, members } = this.cluster;
    members.push(nodes[0]!);
    this.cluster.start(nodes[0]!);
    const operator = new Operator(this.cluster, { told: () => undefined, isNamed: () => true });
    for (const node of nodes.slice(1)) {
      operator.join(node);
      this.cluster.runFor(60 * SECOND, () => !operator.isBusy);
    }
    this.cluster.runFor(60 * SECOND);
  }

  async view(node: SimNode): Promise<ClusterView> {
    let shown: ReadonlyMap<GroupId, GroupState | ErrorCode> | undefined;
    const unused = () => {
      throw new Error('not asked for');
    };
    const api = new HostApi({
      cluster: 'simulated',
      members: () => [],
      messageBytesMax: 1000,
      telemetry: new Telemetry(),
      submit: (request, done) =>
        this.cluster.call(node, request, (outcome) => {
          if (outcome === 'lost') throw new SeqNodeError('unreachable');
          done(outcome);
        }),
      shards: SHARDS,
      clusterView: (states) => {
        shown = states;
        return clusterView(this.#cores.get(node)!.inspect, '0', states);
      },
      modules: unused,
      program: unused,
      moduleText: () => undefined,
      readiness: unused,
      metrics: unused,
    });
    const asked = api.cluster();
    this.cluster.runFor(5 * SECOND, () => shown !== undefined);
    return asked;
  }
}

test('each of five nodes tells of all shards the same', async (t) => {
  const five = new Five();
  const views = await Promise.all(five.cluster.nodes.map((node) => five.view(node)));
  for (const { shards, members } of views) {
    t.is(shards.length, SHARDS);
    for (const { leader, voters, healthy } of shards) {
      t.not(leader, null);
      t.is(voters.length, REPLICAS);
      t.deepEqual([...healthy].sort(), [...voters].sort());
    }
    const sum = (of: 'leads' | 'replicas' | 'healthy') =>
      members.reduce((total, member) => total + member[of], 0);
    t.deepEqual([sum('leads'), sum('replicas'), sum('healthy')], [SHARDS, 3 * SHARDS, 3 * SHARDS]);
  }
  const leaders = views.map(({ shards }) => shards.map(({ leader }) => leader).join());
  t.is(new Set(leaders).size, 1);
});

test('shards without a majority are named, and replicas that are away do not count as up to date', async (t) => {
  const five = new Five();
  const { nodes } = five.cluster;
  const before = await five.view(nodes[0]!);
  const down = [nodes[3]!, nodes[4]!];
  for (const node of down) five.cluster.crash(node, false);
  five.cluster.runFor(12 * SECOND);
  const isDown = (id: string) => down.some((node) => node.id === id);
  const lost = before.shards.filter(({ voters }) => voters.filter(isDown).length > 1);
  t.true(lost.length > 0 && lost.length < SHARDS);
  for (const node of nodes.slice(0, 3)) {
    const { shards } = await five.view(node);
    t.deepEqual(
      shards.filter(({ leader }) => leader === null).map(({ shard }) => shard),
      lost.map(({ shard }) => shard),
    );
    for (const { leader, healthy, voters } of shards)
      if (leader !== null) t.deepEqual([...healthy].sort(), voters.filter((voter) => !isDown(voter)).sort());
  }
});
