// A node is replaced only where the others do without it.
import test, { type ExecutionContext } from 'ava';
import { groupId, META_GROUP } from '../node/base/ids.ts';
import { LIMITS } from '../node/core/testing/lone-node.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import { Cluster } from './cluster.ts';
import { makeCore } from './core-factory.ts';
import { Operator } from './operator.ts';
import type { SimNode } from './sim-node.ts';

const SHARDS = 4;
const SECOND = 1_000_000;

/** The first three of four nodes in a cluster, which have settled. */
function threeNodes(t: ExecutionContext): Cluster {
  const cluster: Cluster = new Cluster({
    seed: 7,
    nodes: 4,
    tickMillis: 100,
    storage: { bytes: false, cutsDamage: false },
    observers: [],
    makeCore: (node, log, time) => makeCore(cluster, node, { log, time, limits: LIMITS, shards: SHARDS }),
  });
  const operator = new Operator(cluster, { told: () => undefined, isNamed: () => false });
  const [first, ...others] = cluster.nodes.slice(0, 3) as [SimNode, ...SimNode[]];
  cluster.members.push(first);
  cluster.start(first);
  for (const node of others) {
    operator.join(node);
    cluster.runFor(30 * SECOND, () => !operator.isBusy);
  }
  cluster.runFor(30 * SECOND);
  t.deepEqual(namesVoting(cluster, first, META_GROUP), ['n1', 'n2', 'n3']);
  return cluster;
}

function call(cluster: Cluster, node: SimNode, request: ClientRequest): ClientResult {
  let result: ClientResult | 'lost' | undefined;
  cluster.call(node, request, (outcome) => (result = outcome));
  cluster.runFor(20 * SECOND, () => result !== undefined);
  if (result === undefined || result === 'lost') throw new Error(`${request.op} was ${result}`);
  return result;
}

function namesVoting(cluster: Cluster, node: SimNode, group: number): string[] {
  const voters = node.views.find((view) => view.group === group)?.config.voters ?? [];
  return cluster.nodes.filter(({ id }) => voters.includes(id)).map(({ peer }) => peer.name);
}

const replace = (old: SimNode, fresh: SimNode) =>
  ({ op: 'replace', old: old.id, node: fresh.id, timeoutMs: 4_000 }) as const;
const registry = (node: SimNode) => node.savedPeers.map(({ name }) => name).sort();

test('a node that is one of three is replaced, and the one in its place gets its vote', (t) => {
  const cluster = threeNodes(t);
  const [n1, n2, n3, fresh] = cluster.nodes as [SimNode, SimNode, SimNode, SimNode];
  cluster.crash(n3, true);
  t.like(call(cluster, n1, replace(n3, fresh)), { ok: true });
  t.like(call(cluster, n2, replace(n3, fresh)), { ok: true }, 'asked again, of another');
  fresh.savedRoster = { index: 0, peers: [n1.peer, n2.peer] };
  cluster.start(fresh);
  cluster.runFor(30 * SECOND);
  for (let group = 0; group <= SHARDS; group++)
    t.deepEqual(namesVoting(cluster, n1, group), ['n1', 'n2', 'n4'], `group ${group}`);
});

test('a node that is needed for a majority is not replaced, and when the others are back it is', (t) => {
  const cluster = threeNodes(t);
  const [n1, n2, n3, fresh] = cluster.nodes as [SimNode, SimNode, SimNode, SimNode];
  cluster.crash(n3, true);
  cluster.network.cut(n1.id, n2.id);
  t.like(call(cluster, n1, replace(n3, fresh)), { ok: false, code: 'no-quorum' });
  cluster.network.heal(n1.id, n2.id);
  cluster.runFor(10 * SECOND);
  t.like(call(cluster, n1, replace(n3, fresh)), { ok: true });
});

test('a node that alone votes in a shard is not replaced, though the registry does without it', (t) => {
  const cluster = threeNodes(t);
  const [n1, n2, n3, fresh] = cluster.nodes as [SimNode, SimNode, SimNode, SimNode];
  cluster.leaving.add(n1);
  t.like(call(cluster, n2, { op: 'remove-node', member: n1.id, timeoutMs: 4_000 }), { ok: true });
  cluster.runFor(30 * SECOND);
  cluster.crash(n1, false);
  t.deepEqual(namesVoting(cluster, n2, META_GROUP), ['n2']);
  const alone = Array.from({ length: SHARDS }, (_, at) => groupId(at + 1)).filter(
    (group) => namesVoting(cluster, n3, group).join() === 'n3',
  );
  t.not(alone.length, 0);
  cluster.crash(n3, true);
  const answer = call(cluster, n2, replace(n3, fresh));
  t.like(answer, { ok: false, code: 'no-quorum' });
  t.regex((answer as { message: string }).message, new RegExp(`shard (${alone.join('|')}) `));
  t.true(registry(n2).includes('n3'));
});

const remove = (member: string) => ({ op: 'remove-node', member, timeoutMs: 4_000 }) as const;

test('a damaged node that is leaving is not replaced, and is told when it has left', (t) => {
  const cluster = threeNodes(t);
  const [n1, n2, n3, fresh] = cluster.nodes as [SimNode, SimNode, SimNode, SimNode];
  cluster.crash(n3, true);
  t.like(call(cluster, n1, remove(n3.id)), { ok: true, value: { state: 'leaving' } });
  t.like(call(cluster, n2, replace(n3, fresh)), { ok: false, code: 'still-leaving' });
  cluster.runFor(30 * SECOND);
  t.like(call(cluster, n1, remove(n3.id)), { ok: true, value: { node: n3.id, state: 'removed' } });
  t.like(call(cluster, n2, replace(n3, fresh)), { ok: false, code: 'not-admitted' });
  for (let group = 0; group <= SHARDS; group++)
    t.false(
      [n1, n2].some((node) => namesVoting(cluster, node, group).includes('n3')),
      `group ${group}`,
    );
});

test('a damaged node that stays after all is replaced, and who then removes it by its old id removes the new one', (t) => {
  const cluster = threeNodes(t);
  const [n1, n2, n3, fresh] = cluster.nodes as [SimNode, SimNode, SimNode, SimNode];
  cluster.crash(n3, true);
  t.like(call(cluster, n1, remove(n3.id)), { ok: true, value: { state: 'leaving' } });
  t.like(call(cluster, n1, { op: 'keep-node', member: n3.id, timeoutMs: 4_000 }), { ok: true });
  t.like(call(cluster, n2, replace(n3, fresh)), { ok: true });
  fresh.savedRoster = { index: 0, peers: [n1.peer, n2.peer] };
  cluster.leaving.add(fresh);
  cluster.start(fresh);
  cluster.runFor(30 * SECOND);
  const told = (state: string) => ({ ok: true, value: { node: fresh.id, state } });
  t.like(call(cluster, n1, remove(n3.id)), told('leaving'), 'its machine runs, and is a member');
  cluster.runFor(30 * SECOND);
  t.like(call(cluster, n2, remove(n3.id)), told('removed'));
  for (let group = 0; group <= SHARDS; group++)
    t.false(
      [n1, n2].some((node) => namesVoting(cluster, node, group).includes('n4')),
      `group ${group}`,
    );
});
