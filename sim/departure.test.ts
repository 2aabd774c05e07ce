// What the simulator would rarely come upon by itself: a leader that is behind in the registry, just after a
// node has left.
import test from 'ava';
import { type GroupId, groupId, META_GROUP } from '../node/base/ids.ts';
import { wantedVoters } from '../node/cluster/placement.ts';
import { Cluster } from './cluster.ts';
import { LIMITS, makeCore, REPLICAS, SHARDS, TICK_MILLIS } from './core-factory.ts';
import { DepartureChecker } from './departure-checker.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';
import { Violation } from './violation.ts';

const SECOND = 1_000_000;
/** More than lead something, so that one that leads nothing votes. */
const NODES = 6;

class Scene {
  readonly cluster: Cluster;
  readonly operator: Operator;
  readonly told: SimNode[] = [];

  constructor(seed: number, faults: readonly string[]) {
    const departures = new DepartureChecker();
    this.cluster = new Cluster({
      seed,
      nodes: NODES,
      tickMillis: TICK_MILLIS,
      storage: { bytes: false, cutsDamage: false },
      observers: [departures],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, { log, time, limits: LIMITS, faults: new Set(faults) }),
    });
    this.operator = new Operator(this.cluster, {
      told: (node) => {
        this.told.push(node);
        departures.told(node);
      },
      isNamed: (node) => departures.isNamed(node),
    });
    const [first, ...others] = this.cluster.nodes;
    this.cluster.members.push(first!);
    this.cluster.start(first!);
    for (const node of others) {
      this.operator.join(node);
      this.cluster.runFor(60 * SECOND, () => !this.operator.isBusy);
    }
    this.cluster.runFor(20 * SECOND);
  }

  leader(group: GroupId): SimNode | undefined {
    return this.cluster.nodes.find((node) =>
      node.views.some((view) => view.group === group && view.role === 'leader'),
    );
  }

  leads(node: SimNode): boolean {
    return node.views.some(({ role }) => role === 'leader');
  }

  /** A member hears nothing of the registry's leader, and so nothing of the registry. */
  cutOff(node: SimNode, from: SimNode) {
    this.cluster.network.cut(from.id, node.id);
    this.cluster.network.cut(node.id, from.id);
  }
}

/** A shard, a voter of it that is to leave, and a node that votes beside its successor and leads nothing. */
interface Cast {
  readonly group: GroupId;
  readonly leaving: SimNode;
  readonly behind: SimNode;
}

function cast(scene: Scene): Cast | undefined {
  const { nodes } = scene.cluster;
  const ids = nodes.map(({ id }) => id);
  const registry = scene.leader(META_GROUP);
  for (let number = 1; number <= SHARDS; number++) {
    const group = groupId(number);
    const voters = wantedVoters(group, ids, REPLICAS);
    for (const leaving of nodes.filter(({ id }) => voters.includes(id))) {
      const staying = ids.filter((id) => id !== leaving.id);
      const after = wantedVoters(group, staying, REPLICAS);
      const taken = [registry, scene.leader(group)];
      if (taken.includes(leaving)) continue;
      const behind = nodes.find((node) => node !== registry && after.includes(node.id) && !scene.leads(node));
      if (behind !== undefined) return { group, leaving, behind };
    }
  }
  return undefined;
}

/**
 * Lets the node leave while another hears nothing of the registry, to which the shard is then handed. Gives
 * whether it came so far.
 */
function play(seed: number, faults: readonly string[]): boolean {
  // Over a third node it would hear of the registry all the same; and it would be waited for.
  const scene = new Scene(seed, ['no-relay', 'removed-unheard', ...faults]);
  const { cluster, operator, told } = scene;
  const roles = cast(scene);
  if (roles === undefined) return false;
  const { group, leaving, behind } = roles;
  scene.cutOff(behind, scene.leader(META_GROUP)!);
  operator.remove(leaving);
  cluster.runFor(15 * SECOND, () => told.length > 0);
  if (told.length === 0 || scene.leads(behind)) return false;
  // It hands over to whom it still hears.
  const leader = scene.leader(group)!;
  scene.cutOff(leader, scene.leader(META_GROUP)!);
  cluster.runFor(2 * SECOND);
  leader.input({ kind: 'drain' });
  let led = false;
  cluster.runFor(4 * SECOND, () => {
    led ||= scene.leader(group) === behind;
    return false;
  });
  return led;
}

function playMany(faults: readonly string[]): { readonly played: number; readonly caught: Violation[] } {
  let played = 0;
  const caught: Violation[] = [];
  for (let seed = 1; seed <= 40; seed++)
    try {
      if (play(seed, faults)) played++;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      caught.push(error);
    }
  return { played, caught };
}

test('a leader that is behind in the registry brings nobody back', (t) => {
  const { played, caught } = playMany([]);
  t.log({ played });
  t.deepEqual(caught, []);
  t.true(played > 0);
});

test('the mistake stale-registry is seen', (t) => {
  const { caught } = playMany(['stale-registry']);
  t.log(caught[0]?.message);
  t.deepEqual([...new Set(caught.map(({ invariant }) => invariant))], ['counts-on-removed']);
});
