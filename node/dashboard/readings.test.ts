import test from 'ava';
import type { ActorView, ClusterView, Shard, Task } from './app/api-types.d.ts';
import { loadOf, othersAlive, troublesOf } from './app/cluster.js';
import { growth, parseMetrics, quantile, rate, total } from './app/metrics.js';
import { workersOf } from './app/queues.js';
import { rowByKey, topFor, visibleRows } from './app/rows.js';
import { readTree } from './app/supervision.js';

const reading = (fast: number, slow: number) =>
  parseMetrics(`# HELP x of y
# TYPE x counter
x_total{route="a \\"b\\"",status="200"} ${fast}
x_total{route="c",status="500"} ${slow}
y_seconds_bucket{op="ask",le="0.01"} ${fast}
y_seconds_bucket{op="ask",le="0.1"} ${fast + slow}
y_seconds_bucket{op="ask",le="+Inf"} ${fast + slow}
y_seconds_bucket{op="other",le="0.01"} 1000
y_seconds_bucket{op="other",le="+Inf"} 1000
`);

test('metrics are read with their labels', (t) => {
  const samples = reading(3, 1).get('x_total')!;
  t.deepEqual(samples[0], { labels: { route: 'a "b"', status: '200' }, value: 3 });
  t.is(total(reading(3, 1), 'x_total'), 4);
  t.is(total(reading(3, 1), 'nothing'), 0);
});

test('rates and quantiles are those of the time between two readings', (t) => {
  t.is(rate(reading(10, 0), reading(30, 10), 'x_total', 2), 15);
  t.is(growth(100, 7), 7);
  const asks = ({ op }: Record<string, string>) => op === 'ask';
  t.is(quantile(reading(10, 0), reading(110, 0), 'y_seconds', 0.5, asks), 0.005);
  t.is(quantile(reading(0, 0), reading(50, 50), 'y_seconds', 0.75, asks)!.toFixed(3), '0.055');
  t.is(quantile(reading(5, 5), reading(5, 5), 'y_seconds', 0.5, asks), null);
});

test('rows in the window are drawn, with some beyond it', (t) => {
  const window = { rowHeight: 10, rows: 100_000, margin: 2 };
  t.deepEqual(visibleRows({ ...window, top: 0, height: 100 }), { first: 0, end: 12 });
  t.deepEqual(visibleRows({ ...window, top: 505, height: 100 }), { first: 48, end: 63 });
  t.deepEqual(visibleRows({ ...window, top: 999_950, height: 100 }), { first: 99_993, end: 100_000 });
  t.deepEqual(visibleRows({ ...window, rows: 0, top: 50, height: 100 }), { first: 0, end: 0 });
  t.is(topFor(3, { top: 100, height: 50, rowHeight: 10 }), 30);
  t.is(topFor(12, { top: 100, height: 50, rowHeight: 10 }), 100);
  t.is(topFor(20, { top: 100, height: 50, rowHeight: 10 }), 160);
});

test('keys go through the rows and stay within them', (t) => {
  t.is(rowByKey('ArrowDown', 0, 10, 4), 1);
  t.is(rowByKey('ArrowUp', 0, 10, 4), 0);
  t.is(rowByKey('PageDown', 3, 10, 4), 7);
  t.is(rowByKey('PageUp', 3, 10, 4), 0);
  t.is(rowByKey('End', 0, 10, 4), 9);
  t.is(rowByKey('Home', 9, 10, 4), 0);
  t.is(rowByKey('x', 0, 10, 4), undefined);
});

const shard = (
  number: number,
  leader: string | null,
  healthy: string[],
  more: Partial<Shard> = {},
): Shard => ({
  shard: number,
  leader,
  term: 1,
  voters: ['a', 'b', 'c'],
  learners: [],
  healthy,
  commitIndex: 100,
  mode: 'quorum-fsync',
  ...more,
});

const member = (name: string, liveness = 'alive', leaving = false) =>
  ({ node: name, name, liveness, leaving, addresses: [] }) as unknown as ClusterView['members'][number];

const view = (members: ClusterView['members'], shards: Shard[]) =>
  ({ members, shards }) as unknown as ClusterView;

test('the load is what was committed meanwhile, by shard and by leader', (t) => {
  const before = view([], [shard(1, 'a', []), shard(2, 'a', []), shard(3, 'b', [])]);
  const after = view(
    [],
    [
      shard(1, 'a', [], { commitIndex: 120 }),
      shard(2, 'a', [], { commitIndex: 140 }),
      shard(3, null, [], { commitIndex: 90 }),
    ],
  );
  const { byShard, byNode } = loadOf(before, after, 2);
  t.deepEqual(
    [...byShard],
    [
      [1, 10],
      [2, 20],
      [3, 0],
    ],
  );
  t.deepEqual([...byNode], [['a', 30]]);
  t.is(loadOf(undefined, after, 0).byShard.size, 0);
});

test('an operator is told what is wrong, and nothing where all is well', (t) => {
  const nodes = [member('a'), member('b'), member('c')];
  t.deepEqual(troublesOf(view(nodes, [shard(1, 'a', ['a', 'b', 'c'])])), []);
  const ill = view(
    [member('a'), member('b', 'dead'), member('c', 'suspect', true)],
    [shard(1, null, []), shard(2, 'a', ['a', 'b']), shard(3, 'a', ['a', 'b', 'c'], { learners: ['d'] })],
  );
  t.deepEqual(troublesOf(ill), [
    'Down: b.',
    'Silent at the moment: c.',
    '1 shard without a leader: no majority answers.',
    '1 shard with a replica that is behind.',
    '1 shard on the move to other nodes.',
    'Leaving: c. Do not switch it off yet.',
  ]);
});

test('the others are those that were alive', (t) => {
  const self = { ...member('a'), self: true };
  t.deepEqual(othersAlive(view([self, member('b'), member('c', 'dead')], [])), ['b']);
  t.deepEqual(othersAlive(undefined), []);
});

test('workers are those with leases, the next to run out first', (t) => {
  const task = (status: string, worker: string | null, untilMillis: number | null) =>
    ({ status, worker, untilMillis }) as unknown as Task;
  const tasks = [
    task('leased', 'w1', 50),
    task('leased', 'w2', 20),
    task('leased', 'w1', 30),
    task('ready', null, null),
    task('leased', null, 90),
  ];
  t.deepEqual(workersOf(tasks), [
    { worker: 'w2', tasks: 1, untilMillis: 20 },
    { worker: 'w1', tasks: 2, untilMillis: 30 },
    { worker: 'without a name', tasks: 1, untilMillis: 90 },
  ]);
});

test('a tree of supervisors is read from its top, whichever actor is asked for', async (t) => {
  const child = (id: string, path: string, type = 'worker') => ({
    id,
    path,
    type,
    status: 'running',
    restart: 'permanent',
    restartsAt: null,
  });
  const actors = new Map<string, unknown>([
    [
      '/a',
      {
        path: '/a',
        lifecycle: 'running',
        supervisor: null,
        supervises: {
          size: 3,
          children: [child('b', '/a/b', 'supervisor'), child('lost', '/a/lost', 'supervisor')],
        },
      },
    ],
    [
      '/a/b',
      {
        path: '/a/b',
        lifecycle: 'running',
        supervisor: '/a',
        supervises: { size: 1, children: [child('c', '/a/b/c')] },
      },
    ],
    ['/a/b/c', { path: '/a/b/c', lifecycle: 'running', supervisor: '/a/b', supervises: null }],
  ]);
  const inspect = async (path: string) => {
    const found = actors.get(path);
    if (found === undefined) throw new Error(`no ${path}`);
    return found as ActorView;
  };
  for (const path of actors.keys()) {
    const root = await readTree(path, inspect);
    t.is(root.path, '/a');
    t.is(root.hidden, 1);
    t.deepEqual(
      root.children.map(({ label, type }) => [label, type]),
      [
        ['b', 'supervisor'],
        ['lost', 'supervisor'],
      ],
    );
    t.deepEqual(
      root.children[0]!.children.map(({ path: each }) => each),
      ['/a/b/c'],
    );
  }
});
