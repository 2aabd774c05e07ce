// A node whose log lost its end, cut between two writes as if they had never been, or that has an older copy
// of all it had: it must not speak for what it forgot, nothing acknowledged is lost, and another takes its
// place.
import test, { type ExecutionContext } from 'ava';
import type { Inspected } from '../node/core/requests/results.ts';
import { FewNodes } from './few-nodes.ts';
import type { SimNode } from './sim-node.ts';

const ROUNDS = 6;

/** Three nodes that have worked for a while, and the one of them at `place` with a log of so many frames. */
function forgetful(place: number, frames: number) {
  const few = new FewNodes(3, {}, 1);
  for (let round = 0; round < ROUNDS; round++) few.work();
  few.pass(2);
  const victim = few.nodes[place] as SimNode;
  const others = few.nodes.filter((node) => node !== victim) as [SimNode, SimNode];
  few.cluster.crash(victim, true);
  const lost = victim.storage.loseTail({ keeps: frames });
  few.cluster.expectedHalts.add(victim);
  return { few, victim, others, lost };
}

/** What each actor counted, by whichever node answers. */
function counted(t: ExecutionContext, few: FewNodes, node: SimNode) {
  for (const path of few.paths.values()) {
    const answer = few.ask(node, { op: 'inspect', path });
    if (answer === 'lost' || !answer.ok) return t.fail(JSON.stringify(answer));
    // Its creation, and one message through each node in each round.
    t.is((answer.value as Inspected).sequence, 1 + 3 * ROUNDS, path);
  }
}

for (const frames of [1, 3, 12, 40])
  for (const place of [0, 1, 2])
    test(`node ${place + 1} keeps ${frames} frames of its log: it stops, and another takes its place`, (t) => {
      const { few, victim, others, lost } = forgetful(place, frames);
      t.true(lost);
      few.cluster.start(victim);
      few.pass(10);
      t.true(victim.isDown);
      const [fresh] = few.spares as [SimNode];
      t.like(few.ask(others[0], { op: 'replace', old: victim.id, node: fresh.id }), { ok: true });
      fresh.savedRoster = { index: 0, peers: others.map(({ peer }) => peer) };
      few.cluster.start(fresh);
      few.pass(30);
      few.cluster.crash(others[0], true);
      few.pass(10);
      counted(t, few, others[1]);
    });

for (const place of [0, 1, 2])
  test(`node ${place + 1} forgot what it acknowledged, and its only peer remembers: no majority comes of the two`, (t) => {
    const { few, victim, others } = forgetful(place, 3);
    const [away, other] = others;
    few.cluster.crash(away, true);
    few.cluster.start(victim);
    few.pass(10);
    t.true(victim.isDown);
    t.deepEqual(few.led(other), []);
    few.cluster.start(away);
    few.pass(10);
    counted(t, few, other);
  });

test('a node that lost nothing comes back as it was', (t) => {
  const { few, victim, others, lost } = forgetful(2, 1_000_000);
  t.false(lost);
  few.cluster.start(victim);
  few.pass(10);
  t.true(victim.isUp);
  few.cluster.crash(others[0], true);
  few.pass(10);
  counted(t, few, others[1]);
});
