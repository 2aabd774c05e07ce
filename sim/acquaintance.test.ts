// Nodes that come back find each other, whoever was replaced meanwhile: what they were told they still know,
// and nobody leaves before everybody was told.
import test from 'ava';
import { groupId } from '../node/base/ids.ts';
import type { Departure } from '../node/core/requests/results.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import { Cluster } from './cluster.ts';
import { LIMITS, makeCore, SHARDS, TICK_MILLIS } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SECOND = 1_000_000;

/** Three nodes and a fourth that is to join. */
class Scene {
  readonly cluster: Cluster;
  readonly operator: Operator;
  readonly told: SimNode[] = [];

  constructor(seed: number, faults: readonly string[]) {
    this.cluster = new Cluster({
      seed,
      nodes: 4,
      tickMillis: TICK_MILLIS,
      storage: { bytes: false, cutsDamage: false },
      observers: [],
      makeCore: (node, log, time) =>
        makeCore(this.cluster, node, { log, time, limits: LIMITS, faults: new Set(faults) }),
    });
    this.operator = new Operator(this.cluster, {
      told: (node) => this.told.push(node),
      isNamed: () => false,
    });
    const [first, ...others] = this.nodes.slice(0, 3) as [SimNode, ...SimNode[]];
    this.cluster.members.push(first);
    this.cluster.start(first);
    for (const node of others) this.join(node);
    this.pass(20);
  }

  get nodes() {
    return this.cluster.nodes as [SimNode, SimNode, SimNode, SimNode];
  }

  join(node: SimNode): void {
    this.operator.join(node);
    this.pass(60, () => !this.operator.isBusy);
  }

  pass(seconds: number, stop?: () => boolean): void {
    this.cluster.runFor(seconds * SECOND, stop);
  }

  ask(node: SimNode, request: ClientRequest): ClientResult {
    let result: ClientResult | 'lost' | undefined;
    this.cluster.call(node, request, (outcome) => (result = outcome));
    this.pass(10, () => result !== undefined);
    if (result === undefined || result === 'lost') throw new Error(`${request.op} was ${result}`);
    return result;
  }

  /** Groups, the registry among them, that one of the nodes leads. */
  ledBy(...nodes: readonly SimNode[]): number[] {
    const groups = Array.from({ length: SHARDS + 1 }, (_, number) => groupId(number));
    const leads = (group: number) =>
      nodes.some(({ views }) => views.some((view) => view.group === group && view.role === 'leader'));
    return groups.filter(leads);
  }
}

const ALL = Array.from({ length: SHARDS + 1 }, (_, group) => group);
const SEEDS = [1, 2, 3];

/** The first is replaced by the fourth while the third is away; then the second is lost. */
function replaceOne(scene: Scene): { readonly waited: boolean; readonly found: readonly number[] } {
  const [n1, n2, n3, n4] = scene.nodes;
  scene.cluster.crash(n3, true);
  scene.join(n4);
  scene.operator.remove(n1);
  scene.pass(60, () => scene.told.length > 0);
  const waited = scene.told.length === 0;
  if (waited) {
    scene.cluster.start(n3);
    scene.pass(40, () => scene.told.length > 0);
  }
  scene.cluster.crash(n1, false);
  scene.cluster.crash(n2, true);
  scene.cluster.start(n3);
  scene.pass(30);
  return { waited, found: scene.ledBy(n3, n4) };
}

for (const seed of SEEDS) {
  test(`a node leaves once all that stay know each other, seed ${seed}`, (t) => {
    const scene = new Scene(seed, []);
    t.deepEqual(replaceOne(scene), { waited: true, found: ALL });
    t.deepEqual(
      scene.told.map(({ peer }) => peer.name),
      ['n1'],
    );
  });

  test(`a node that was only told of another finds it after a crash, seed ${seed}`, (t) => {
    t.true(meetsAgain(new Scene(seed, [])));
  });
}

test('the mistake forgets-told-roster is seen', (t) => {
  // Where the third has the newer registry before it loses power, it needs no memory of what it was told.
  t.false(SEEDS.every((seed) => meetsAgain(new Scene(seed, ['forgets-told-roster']))));
});

test('the mistake removed-unheard is seen', (t) => {
  // Where a shard was to move to the third before, its removal waits for that anyway.
  const played = SEEDS.map((seed) => replaceOne(new Scene(seed, ['removed-unheard'])));
  const caught = played.filter(({ waited }) => !waited);
  t.true(caught.length > 0);
  for (const { found } of caught) t.deepEqual(found, []);
});

/** The third hears of the fourth, loses power before its own registry knows, and then meets nobody else. */
function meetsAgain(scene: Scene): boolean {
  const [n1, n2, n3, n4] = scene.nodes;
  scene.cluster.crash(n3, true);
  scene.join(n4);
  scene.pass(5);
  scene.cluster.start(n3);
  scene.pass(10, () => n3.savedPeers.some(({ node }) => node === n4.id));
  for (const node of [n1, n2, n3]) scene.cluster.crash(node, true);
  scene.cluster.start(n3);
  scene.pass(10);
  return scene.cluster.network.isConnected(n3.id, n4.id);
}

test('who is asked how far a removal is says who has not heard yet; one that is gone for good waits for nobody', (t) => {
  const scene = new Scene(4, []);
  const [n1, n2, n3, n4] = scene.nodes;
  const remove = (node: SimNode) => {
    const result = scene.ask(n2, { op: 'remove-node', member: node.id, timeoutMs: 4_000 });
    return (result as { value: Departure }).value;
  };
  scene.cluster.crash(n3, true);
  scene.join(n4);
  scene.cluster.leaving.add(n1);
  remove(n1);
  scene.pass(40);
  t.like(remove(n1), { state: 'leaving', waiting: [], unaware: ['n3'] });
  // Its machine burns, and the others cannot wait for what it could tell.
  scene.cluster.crash(n1, true);
  scene.pass(40);
  t.like(remove(n1), { state: 'leaving', unaware: ['n3'] });
  scene.pass(40);
  t.like(remove(n1), { state: 'removed', waiting: [], unaware: [] });
});
