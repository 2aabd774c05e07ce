// A node whose disk is full gives its shards to others, and gets them back when there is space.
import test from 'ava';
import { Variant } from '../node/base/value.ts';
import { FewNodes, MODULE, SECOND, SHARDS, SOURCE } from './few-nodes.ts';
import type { SimNode } from './sim-node.ts';

const all = <T>(outcomes: readonly T[]) => [...new Set(outcomes)];

for (const space of ['low', 'full'] as const)
  test(`a node whose disk is ${space} leads nothing, no shard is dark, and it leads again later`, (t) => {
    const some = new FewNodes(3);
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
    const some = new FewNodes(3);
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
  const some = new FewNodes(1);
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
  const told = (tag: string, id: string) =>
    some.ask(node, { op: 'ask', path: some.paths.get(1)!, message: new Variant(tag, []), id });
  // A message that changes nothing writes nothing: it is answered. One that would is not carried out.
  t.like(told('Total', 'total'), { ok: true, value: { reply: 0, read: true } });
  t.like(told('Count', 'count'), { ok: false, code: 'disk-full' });
  t.like(told('Lost', 'lost'), { ok: false, code: 'disk-full' });
  t.like(told('Nonsense', 'nonsense'), { ok: false, code: 'bad-message' });
  t.like(told('Total', 'again'), { ok: true, value: { reply: 0, read: true } });
  some.setSpace(node, 'enough');
  t.deepEqual(all(some.work()), [true]);
});

test('with all disks low or full requests are refused for that reason, and later taken', (t) => {
  const some = new FewNodes(3);
  for (const node of some.nodes) some.setSpace(node, 'low');
  some.pass(3);
  t.deepEqual(all(some.work()), ['disk-full']);
  for (const node of some.nodes) some.setSpace(node, 'enough');
  some.pass(3);
  t.deepEqual(all(some.work()), [true]);
});

test('a node with little space still counts for the majority of those that lead', (t) => {
  const some = new FewNodes(3);
  const [one, two, three] = some.nodes as [SimNode, SimNode, SimNode];
  some.setSpace(one, 'low');
  some.pass(3);
  some.cluster.crash(two, false);
  some.pass(5);
  t.deepEqual(all(some.work([one, three])), [true]);
});

test('what a full node missed it gets when it has space, also when the logs do not reach back', (t) => {
  const some = new FewNodes(3, { logEntries: 20 });
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
  const some = new FewNodes(3);
  const [one, two] = some.nodes as [SimNode, SimNode];
  some.setSpace(one, 'full');
  some.watch(one);
  t.deepEqual(all(some.work([two])), [true]);
  t.true(some.wasted.includes('append'));
  t.false(some.wasted.includes('n1 wrote entries'));
});
