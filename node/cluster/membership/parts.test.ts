import test from 'ava';
import fc from 'fast-check';
import { type NodeId, nodeId } from '../../base/ids.ts';
import { SeededRandom } from '../../base/random.ts';
import type { Rumour } from './member.ts';
import { MemberTable } from './member-table.ts';
import { ADDRESSES_MAX, RUMOURS_MAX, readMessage } from './message.ts';
import { SWIM_OPTIONS } from './options.ts';
import { ProbeOrder } from './probe-order.ts';
import { Prober } from './prober.ts';
import { RumourQueue } from './rumour-queue.ts';
import { Suspicion, suspicionTimeoutMs } from './suspicion.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(nodeId) as [NodeId, NodeId, NodeId, NodeId];
const BOUNDS = { minMs: 1_000, maxMs: 4_000, confirmations: 2 };

const alive = (node: NodeId, incarnation: number, version = 0): Rumour => ({
  kind: 'alive',
  node,
  incarnation,
  version,
  addresses: [],
  facts: {},
});
const suspect = (node: NodeId, incarnation: number, by: NodeId): Rumour => ({
  kind: 'suspect',
  node,
  incarnation,
  by,
});
const dead = (node: NodeId, incarnation: number, by: NodeId): Rumour => ({
  kind: 'dead',
  node,
  incarnation,
  by,
});

// ── suspicion ──────────────────────────────────────────────────────────────────────────────────────────────

test('a suspicion starts at the most and is at the least once enough others share it', (t) => {
  t.is(suspicionTimeoutMs(0, BOUNDS), 4_000);
  t.is(suspicionTimeoutMs(2, BOUNDS), 1_000);
  t.true(suspicionTimeoutMs(1, BOUNDS) < 4_000 && suspicionTimeoutMs(1, BOUNDS) > 1_000);
  t.is(suspicionTimeoutMs(9, BOUNDS), 1_000);
  t.is(suspicionTimeoutMs(0, { ...BOUNDS, confirmations: 0 }), 1_000);
});

test('only different accusers confirm a suspicion', (t) => {
  const suspicion = new Suspicion(a, BOUNDS, 100);
  t.is(suspicion.deadline, 4_100);
  t.false(suspicion.confirm(a));
  t.true(suspicion.confirm(b));
  t.false(suspicion.confirm(b));
  t.true(suspicion.confirm(c));
  t.is(suspicion.deadline, 1_100);
  t.false(suspicion.confirm(d));
});

// ── rumours ────────────────────────────────────────────────────────────────────────────────────────────────

test('those sent least often go first, and each is sent a bounded number of times', (t) => {
  const queue = new RumourQueue();
  queue.add(alive(a, 0), false);
  t.deepEqual(queue.take(1, 2), [alive(a, 0)]);
  queue.add(alive(b, 0), false);
  t.deepEqual(queue.take(1, 2), [alive(b, 0)]);
  t.deepEqual(queue.take(9, 2), [alive(a, 0), alive(b, 0)]);
  t.is(queue.size, 0);
});

test('a rumour replaces what it overrides, but suspicions of several nodes stay', (t) => {
  const queue = new RumourQueue();
  queue.add(alive(a, 0), false);
  t.false(queue.urgent);
  queue.add(suspect(a, 0, b), true);
  queue.add(suspect(a, 0, c), true);
  t.true(queue.urgent);
  t.deepEqual(queue.take(9, 9), [suspect(a, 0, b), suspect(a, 0, c)]);
  queue.add(suspect(a, 0, b), true);
  t.is(queue.size, 2);
  queue.add(alive(a, 1), true);
  t.deepEqual(queue.take(9, 9), [alive(a, 1)]);
});

// ── what overrides what ────────────────────────────────────────────────────────────────────────────────────

function table() {
  const changes: string[] = [];
  const members = new MemberTable(({ node, liveness, incarnation }) =>
    changes.push(`${node} ${liveness}#${incarnation}`),
  );
  members.admit({ node: a, name: 'a', addresses: ['a:1'] });
  changes.length = 0;
  return { members, changes, tell: (rumour: Rumour) => members.apply(rumour, BOUNDS, 0) };
}

test('an accusation needs an incarnation as high as the known one, a denial a higher one', (t) => {
  const { changes, tell } = table();
  t.true(tell(alive(a, 0)));
  t.false(tell(alive(a, 0)));
  t.true(tell(suspect(a, 0, b)));
  t.false(tell(alive(a, 0)));
  t.true(tell(alive(a, 1)));
  t.false(tell(suspect(a, 0, b)));
  t.false(tell(dead(a, 0, b)));
  t.true(tell(suspect(a, 1, b)));
  t.true(tell(dead(a, 1, b)));
  t.false(tell(suspect(a, 1, c)));
  t.false(tell(alive(a, 1)));
  t.true(tell(alive(a, 2)));
  t.deepEqual(changes, ['a alive#0', 'a suspect#0', 'a alive#1', 'a suspect#1', 'a dead#1', 'a alive#2']);
});

test('newer facts of a suspect are taken, and it stays suspect', (t) => {
  const { members, tell } = table();
  tell(suspect(a, 0, b));
  t.true(tell({ ...alive(a, 0, 3), kind: 'alive', addresses: ['a:2'], facts: { load: 1 } } as Rumour));
  t.is(members.get(a)?.member.liveness, 'suspect');
  t.deepEqual(members.get(a)?.member.facts, { load: 1 });
  t.not(members.get(a)?.suspicion, undefined);
});

test('the registry tells addresses until the member itself does', (t) => {
  const { members, tell } = table();
  members.admit({ node: a, name: 'a', addresses: ['a:2'] });
  t.deepEqual(members.get(a)?.member.addresses, ['a:2']);
  tell({ ...alive(a, 0), addresses: ['a:3'] } as Rumour);
  members.admit({ node: a, name: 'new name', addresses: ['a:4'] });
  t.deepEqual(members.get(a)?.member.addresses, ['a:3']);
  t.is(members.get(a)?.member.name, 'new name');
});

test('incarnations never go down, beliefs only get worse within one, suspects alone are suspected', (t) => {
  const rank = { unknown: 0, alive: 0, suspect: 1, dead: 2 };
  const rumour = fc.record({
    kind: fc.constantFrom('alive', 'suspect', 'dead'),
    incarnation: fc.nat(3),
    version: fc.nat(3),
    by: fc.constantFrom(b, c, d),
  });
  fc.assert(
    fc.property(fc.array(rumour), (rumours) => {
      const { members, tell } = table();
      for (const { kind, incarnation, version, by } of rumours) {
        const before = members.get(a)!.member;
        tell(
          kind === 'alive'
            ? alive(a, incarnation, version)
            : { kind: kind as 'dead', node: a, incarnation, by },
        );
        const after = members.get(a)!;
        t.true(after.member.incarnation >= before.incarnation);
        if (after.member.incarnation === before.incarnation)
          t.true(rank[after.member.liveness] >= rank[before.liveness]);
        t.is(after.suspicion !== undefined, after.member.liveness === 'suspect');
      }
    }),
  );
});

test('in whatever order rumours come, the belief is the same in the end', (t) => {
  const rumour = fc.oneof(
    fc.tuple(fc.nat(3), fc.nat(3)).map(([incarnation, version]) => alive(a, incarnation, version)),
    fc.nat(3).map((incarnation) => suspect(a, incarnation, b)),
    fc.nat(3).map((incarnation) => dead(a, incarnation, b)),
  );
  fc.assert(
    fc.property(fc.array(rumour, { minLength: 1 }), fc.nat(), (rumours, seed) => {
      const end = (order: readonly Rumour[]) => {
        const { members, tell } = table();
        for (const each of order) tell(each);
        const { liveness, incarnation } = members.get(a)!.member;
        return `${liveness}#${incarnation}`;
      };
      const random = new SeededRandom(seed);
      const shuffled = rumours.map((each) => [random.uint32(), each] as const).sort(([x], [y]) => x - y);
      t.is(end(shuffled.map(([, each]) => each)), end(rumours));
    }),
  );
});

// ── probing ────────────────────────────────────────────────────────────────────────────────────────────────

test('each member is probed once per round, in an order that changes', (t) => {
  const order = new ProbeOrder(new SeededRandom(1));
  const nodes = [a, b, c, d];
  for (const node of nodes) order.add(node);
  const rounds = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const probed = nodes.map(() => order.next(() => true)!);
    t.deepEqual([...probed].sort(), nodes);
    rounds.add(probed.join());
  }
  t.true(rounds.size > 5);
  order.remove(b);
  for (let index = 0; index < 9; index++)
    t.not(
      order.next(() => true),
      b,
    );
  t.is(
    order.next((node) => node === d),
    d,
  );
  t.is(
    order.next(() => false),
    undefined,
  );
});

test('a probe without answer: others are asked, then it fails and this node trusts itself less', (t) => {
  const prober = new Prober(SWIM_OPTIONS);
  t.true(prober.due(0));
  t.deepEqual(prober.start(b, 0), { kind: 'ping', to: b, sequence: 1 });
  t.false(prober.due(499));
  t.deepEqual(prober.tick(199), []);
  t.deepEqual(prober.tick(200), [{ kind: 'ask', target: b, sequence: 1 }]);
  prober.asked([c, d]);
  t.deepEqual(prober.tick(499), []);
  prober.nacked(c, 1);
  t.deepEqual(prober.tick(500), [{ kind: 'failed', target: b }]);
  // One of two helpers was not heard either.
  t.is(prober.health, 1);
  t.true(prober.due(500));
  prober.start(c, 500);
  t.false(prober.due(1_499));
  prober.acked(c, 2);
  t.is(prober.health, 0);
});

test('only the target, or a helper that was asked, answers a probe', (t) => {
  const prober = new Prober(SWIM_OPTIONS);
  prober.start(b, 0);
  prober.acked(c, 1);
  prober.acked(b, 7);
  prober.tick(200);
  prober.asked([d]);
  prober.acked(c, 1);
  t.false(prober.due(10_000));
  prober.acked(d, 1);
  t.deepEqual(prober.tick(10_000), []);
  t.true(prober.due(10_000));
});

test('a probe for another is answered once, by ack or by nack', (t) => {
  const prober = new Prober(SWIM_OPTIONS);
  t.deepEqual(prober.relay(a, 77, b, 0), { kind: 'ping', to: b, sequence: 1 });
  t.deepEqual(prober.acked(b, 1), { to: a, sequence: 77 });
  t.deepEqual(prober.tick(1_000), []);
  prober.relay(a, 78, b, 1_000);
  t.deepEqual(prober.tick(1_160), [{ kind: 'nack', to: a, sequence: 78 }]);
  // A late answer is better than none.
  t.deepEqual(prober.acked(b, 2), { to: a, sequence: 78 });
  prober.relay(a, 79, b, 2_000);
  prober.tick(2_160);
  prober.tick(2_500);
  t.is(prober.acked(b, 3), undefined);
});

test('many requests to probe for others are not all taken', (t) => {
  const prober = new Prober(SWIM_OPTIONS);
  const taken = Array.from({ length: 1_000 }, (_, index) => prober.relay(a, index, b, 0)).filter(Boolean);
  t.is(taken.length, 64);
});

// ── messages ───────────────────────────────────────────────────────────────────────────────────────────────

test('messages of the right shape pass, all others do not', (t) => {
  const ping = {
    kind: 'ping',
    sequence: 1,
    sync: true,
    incarnation: 0,
    version: 3,
    rumours: [suspect(a, 0, b)],
  };
  t.deepEqual(readMessage(ping), ping as never);
  t.deepEqual(readMessage({ ...ping, extra: 1 }), ping as never);
  for (const wrong of [
    null,
    'ping',
    [],
    { ...ping, kind: 'pong' },
    { ...ping, sequence: -1 },
    { ...ping, sequence: 1.5 },
    { ...ping, incarnation: 2 ** 53 },
    { ...ping, sync: 1 },
    { ...ping, rumours: {} },
    { ...ping, rumours: Array(RUMOURS_MAX + 1).fill(suspect(a, 0, b)) },
    { ...ping, rumours: [{ ...suspect(a, 0, b), by: '' }] },
    { ...ping, rumours: [{ ...suspect(a, 0, b), node: 'x'.repeat(300) }] },
    { ...ping, rumours: [{ ...alive(a, 0), addresses: Array(ADDRESSES_MAX + 1).fill('h:1') }] },
    { ...ping, rumours: [{ ...alive(a, 0), facts: { deep: { er: 1 } } }] },
    { ...ping, rumours: [{ ...alive(a, 0), facts: { load: Number.NaN } }] },
    { ...ping, rumours: [{ ...alive(a, 0), facts: { list: Array(5_000).fill(1) } }] },
  ])
    t.is(readMessage(wrong), undefined, JSON.stringify(wrong)?.slice(0, 200));
});
