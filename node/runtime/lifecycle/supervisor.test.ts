// A test for each rule of the documentation of OTP's supervisor, then for what is ours: failovers, lives,
// back-off, repeats.
import test from 'ava';
import fc from 'fast-check';
import { type ActorPath, moduleHash } from '../../base/ids.ts';
import { type Data, SeqMap } from '../../base/value.ts';
import type { Strategy } from './supervisor-spec.ts';
import { childData, childSpec, readSpec, specData, specProblem, supervisorSpec } from './supervisor-spec.ts';
import { child, SupervisedWorld } from './testing/supervised-world.ts';

const world = () => new SupervisedWorld();
const abc = (given = {}) => [child('a', given), child('b', given), child('c', given)];

/** A supervisor of a, b and c that allows ten restarts, at rest. */
function supervising(strategy: Strategy, given = {}, intensity = 10) {
  const supervised = world().begin({ strategy, intensity }, ...abc(given));
  supervised.took();
  return supervised;
}

// ── Start and stop ──

test('children are started from left to right, each once the one before has started', (t) => {
  const supervised = world();
  supervised.give({ kind: 'begin', spec: supervisorSpec({ children: abc() }) });
  t.deepEqual(supervised.took(), ['start a']);
  supervised.carryOutNext('a');
  t.deepEqual(supervised.took(), [], 'the order alone is not enough');
  supervised.settle();
  t.deepEqual(supervised.took(), ['start b', 'start c', 'ready']);
});

test('a supervisor that terminates terminates its children in reversed start order', (t) => {
  const supervised = supervising('one-for-one');
  supervised.give({ kind: 'stop' });
  t.deepEqual(supervised.took(), ['stop c']);
  supervised.settle();
  t.deepEqual(supervised.took(), ['stop b', 'stop a', 'end stopped shutdown']);
});

test('if a child does not start, those already started are terminated and then the supervisor', (t) => {
  const supervised = world();
  supervised.fails = (id) => (id === 'c' ? 'no such word' : undefined);
  supervised.begin({}, ...abc());
  t.deepEqual(supervised.took(), [
    'start a',
    'start b',
    'start c',
    'stop b',
    'stop a',
    'end failed shutdown: the child c did not start: no such word',
  ]);
});

// ── Strategies ──

test('one-for-one: only the child that terminated is restarted', (t) => {
  const supervised = supervising('one-for-one');
  t.deepEqual(supervised.ends('b').took(), ['restart b']);
  t.deepEqual(supervised.children(), ['a running', 'b running', 'c running']);
});

test('one-for-one is the default strategy', (t) => {
  t.is(supervisorSpec({ children: [] }).strategy, 'one-for-one');
});

test('one-for-all: all other children are terminated, then all are restarted', (t) => {
  const supervised = supervising('one-for-all');
  t.deepEqual(supervised.ends('b').took(), ['stop c', 'stop a', 'restart a', 'restart b', 'restart c']);
});

test('rest-for-one: the children after it are terminated, then it and they are restarted', (t) => {
  const supervised = supervising('rest-for-one');
  t.deepEqual(supervised.ends('b').took(), ['stop c', 'restart b', 'restart c']);
});

test('simple-one-for-one: children are added as instances of one specification, and no other is started', (t) => {
  const supervised = world().begin({ strategy: 'simple-one-for-one', intensity: 9 }, child('worker'));
  t.deepEqual(supervised.took(), ['ready']);
  t.deepEqual(supervised.ask({ op: 'add-instance', id: undefined, args: [7] }), { ok: '/user/sup/1' });
  t.is(supervised.asked({ op: 'add-instance', id: 'ann', args: [] }), 'ok');
  const [order] = supervised.orders;
  t.like(order, {
    kind: 'start',
    child: '1',
    program: { code: { target: { word: 'worker' }, captured: [7] } },
  });
  supervised.took();
  t.deepEqual(supervised.ends('1').took(), ['restart 1']);
});

test('simple-one-for-one: delete and restart are invalid, and terminate by the id of the specification', (t) => {
  const supervised = world().begin({ strategy: 'simple-one-for-one' }, child('worker'));
  supervised.ask({ op: 'add-instance', id: 'ann', args: [] });
  t.is(supervised.asked({ op: 'delete', child: 'ann' }), 'simple-one-for-one');
  t.is(supervised.asked({ op: 'restart', child: 'ann' }), 'simple-one-for-one');
  t.is(supervised.asked({ op: 'terminate', child: 'worker' }), 'simple-one-for-one');
  t.is(supervised.asked({ op: 'add', spec: child('b') }), 'simple-one-for-one');
  t.is(supervised.asked({ op: 'terminate', child: 'ann' }), 'ok');
  t.deepEqual(supervised.children(), []);
  t.is(supervised.asked({ op: 'terminate', child: 'ann' }), 'not-found');
});

test('simple-one-for-one: all children are shut down side by side', (t) => {
  const supervised = world().begin({ strategy: 'simple-one-for-one' }, child('worker'));
  for (const id of ['x', 'y', 'z']) supervised.ask({ op: 'add-instance', id, args: [] });
  supervised.took();
  supervised.give({ kind: 'stop' });
  t.deepEqual(supervised.took(), ['stop x', 'stop y', 'stop z']);
  t.deepEqual(supervised.settle().took(), ['end stopped shutdown']);
});

// ── Restart ──

test('permanent: always restarted', (t) => {
  const supervised = supervising('one-for-one', { restart: 'permanent' });
  for (const reason of ['normal', 'shutdown', 'shutdown: idle', 'fault'])
    t.deepEqual(supervised.ends('a', reason).took(), ['restart a']);
});

test('transient: restarted only after an abnormal end', (t) => {
  const supervised = supervising('one-for-one', { restart: 'transient' });
  t.deepEqual(supervised.ends('a', 'fault').took(), ['restart a']);
  t.deepEqual(supervised.ends('a', 'normal').took(), []);
  t.deepEqual(supervised.ends('b', 'shutdown').took(), []);
  t.deepEqual(supervised.ends('c', 'shutdown: idle').took(), []);
  t.deepEqual(supervised.children(), ['a stopped', 'b stopped', 'c stopped'], 'the specifications stay');
});

test('temporary: never restarted, and its specification is deleted', (t) => {
  const supervised = supervising('one-for-one', { restart: 'temporary' });
  t.deepEqual(supervised.ends('a', 'fault').took(), ['let go a']);
  t.deepEqual(supervised.ends('b', 'normal').took(), []);
  t.deepEqual(supervised.children(), ['c running']);
  t.is(supervised.restarted, 0);
});

test('temporary: not restarted either when the end of a sibling causes its own', (t) => {
  for (const strategy of ['one-for-all', 'rest-for-one'] as const) {
    const children = [child('a'), child('b', { restart: 'temporary' }), child('c')];
    const supervised = world().begin({ strategy }, ...children);
    supervised.took();
    t.deepEqual(supervised.ends('a').took(), ['stop c', 'stop b', 'restart a', 'restart c']);
  }
});

test('permanent, not significant and a worker is what a child is by default', (t) => {
  const code = { module: moduleHash('aa'), target: { word: 'w' }, captured: [] };
  t.like(childSpec({ id: 'a', program: { code } }), {
    restart: 'permanent',
    significant: false,
    type: 'worker',
  });
});

// ── Intensity ──

test('more than intensity restarts within the period: all children are terminated, then the supervisor', (t) => {
  const supervised = supervising('one-for-one', {}, 2);
  t.deepEqual(supervised.ends('a').took(), ['restart a']);
  t.deepEqual(supervised.ends('b').took(), ['restart b']);
  t.deepEqual(supervised.ends('b').took(), ['stop c', 'let go b', 'stop a', 'end failed shutdown']);
  t.is(supervised.restarted, 2);
  t.is(supervised.phase, 'ended');
});

test('restarts outside of the period do not count', (t) => {
  const supervised = supervising('one-for-one', {}, 1);
  for (let round = 0; round < 10; round++) t.deepEqual(supervised.pass(5000).ends('a').took(), ['restart a']);
  t.is(supervised.pass(4999).ends('a').phase, 'ended');
});

test('intensity 1 and a period of 5 seconds are the defaults', (t) => {
  const { intensity, periodMs } = supervisorSpec({ children: [] });
  t.deepEqual([intensity, periodMs], [1, 5000]);
});

test('intensity 0: the first end of a permanent child ends the supervisor', (t) => {
  t.is(supervising('one-for-one', {}, 0).ends('a').phase, 'ended');
});

test('a restart that fails counts as one, and is tried again until the intensity is exceeded', (t) => {
  const supervised = supervising('one-for-one', {}, 3);
  supervised.fails = (id) => (id === 'a' ? 'gone' : undefined);
  const took = supervised.ends('a').took();
  t.deepEqual(took.slice(0, 3), ['restart a', 'restart a', 'restart a']);
  t.deepEqual(took.slice(3), ['stop c', 'stop b', 'let go a', 'end failed shutdown']);
  t.is(supervised.restarted, 3);
});

test('rest-for-one: where a child of the rest does not start, it and those after it are tried again', (t) => {
  const supervised = supervising('rest-for-one');
  supervised.fails = (id, life) => (id === 'b' && life === 5 ? 'not yet' : undefined);
  t.deepEqual(supervised.ends('a').took(), [
    'stop c',
    'stop b',
    'restart a',
    'restart b',
    'restart b',
    'restart c',
  ]);
  t.is(supervised.restarted, 2);
});

test('a child of the intensity of a supervisor ends that supervisor, whose own supervisor restarts it', (t) => {
  const inner = supervising('one-for-one', {}, 1);
  inner.ends('a').ends('a');
  const [end] = inner.orders.filter(({ kind }) => kind === 'end');
  t.like(end, { lifecycle: 'failed', reason: 'shutdown' });
  const outer = world().begin({}, child('inner', { type: 'supervisor' }));
  outer.took();
  t.deepEqual(outer.ends('inner', (end as { reason: string }).reason).took(), ['restart inner']);
  inner.took();
  inner.give({ kind: 'begin', spec: supervisorSpec({ children: [] }) });
  t.deepEqual(
    inner.settle().took(),
    ['restart a', 'restart b', 'restart c', 'ready'],
    'with its journaled state',
  );
  t.deepEqual(inner.ends('a').took(), ['restart a'], 'and a new count');
});

test('a supervisor that gives up ends with shutdown: a transient or temporary one is not restarted', (t) => {
  for (const [restart, after] of [
    ['transient', ['inner stopped']],
    ['temporary', []],
  ] as const) {
    const outer = world().begin({}, child('inner', { type: 'supervisor', restart }));
    outer.took();
    t.deepEqual(outer.ends('inner', 'shutdown').took(), []);
    t.deepEqual(outer.children(), [...after]);
  }
});

// ── Automatic shutdown ──

const significant = { restart: 'transient', significant: true } as const;

test('auto-shutdown never: a significant child is refused', (t) => {
  t.regex(specProblem(supervisorSpec({ children: [child('a', significant)] }))!, /auto-shutdown .* never/);
  t.is(supervising('one-for-one').asked({ op: 'add', spec: child('d', significant) }), 'bad-child');
});

test('a permanent child cannot be significant', (t) => {
  const spec = supervisorSpec({
    autoShutdown: 'any-significant',
    children: [child('a', { significant: true })],
  });
  t.regex(specProblem(spec)!, /permanent/);
});

test('any-significant: the supervisor shuts down when any significant child ends by itself', (t) => {
  const children = [child('a', significant), child('b', significant), child('c')];
  const supervised = world().begin({ autoShutdown: 'any-significant', intensity: 5 }, ...children);
  supervised.took();
  t.deepEqual(
    supervised.ends('a', 'fault').took(),
    ['restart a'],
    'a transient one that is restarted has not ended',
  );
  t.deepEqual(supervised.ends('a', 'normal').took(), ['stop c', 'stop b', 'end stopped shutdown']);
});

test('any-significant: the end of a temporary significant child shuts down, normal or not', (t) => {
  for (const reason of ['normal', 'fault']) {
    const temporary = child('a', { restart: 'temporary', significant: true });
    const supervised = world().begin({ autoShutdown: 'any-significant' }, temporary);
    t.is(supervised.ends('a', reason).phase, 'ended');
  }
});

test('a supervisor that shuts down by itself ends with shutdown: a permanent one is restarted', (t) => {
  const inner = world().begin({ autoShutdown: 'any-significant' }, child('a', significant));
  inner.ends('a', 'normal');
  const [end] = inner.orders.filter(({ kind }) => kind === 'end');
  t.like(end, { lifecycle: 'stopped', reason: 'shutdown' });
  const outer = world().begin({}, child('inner', { type: 'supervisor' }));
  outer.took();
  t.deepEqual(outer.ends('inner', (end as { reason: string }).reason).took(), ['restart inner']);
});

test('all-significant: the supervisor shuts down when the last active significant child ends', (t) => {
  const children = [child('a', significant), child('b', significant), child('c')];
  const supervised = world().begin({ autoShutdown: 'all-significant' }, ...children);
  t.is(supervised.ends('a', 'normal').phase, 'running');
  t.is(supervised.ends('b', 'normal').phase, 'ended');
});

test('a significant child that is terminated by a request, or with its group, shuts nothing down', (t) => {
  const flags = { autoShutdown: 'any-significant', strategy: 'one-for-all' } as const;
  const supervised = world().begin(flags, child('a', significant), child('b'));
  t.is(supervised.asked({ op: 'terminate', child: 'a' }), 'ok');
  t.is(supervised.ends('b').phase, 'running');
});

const isSimple = (strategy: Strategy) => strategy === 'simple-one-for-one';

/** Two significant children, x and y. */
function significantPair(strategy: Strategy): SupervisedWorld {
  const flags = { strategy, autoShutdown: 'all-significant' } as const;
  if (!isSimple(strategy)) return world().begin(flags, child('x', significant), child('y', significant));
  const supervised = world().begin(flags, child('worker', significant));
  for (const id of ['x', 'y']) supervised.ask({ op: 'add-instance', id, args: [] });
  return supervised;
}

test('all-significant of a simple-one-for-one supervisor: with the last instance', (t) => {
  const supervised = significantPair('simple-one-for-one');
  t.is(supervised.ends('x', 'normal').phase, 'running');
  t.is(supervised.ends('y', 'normal').phase, 'ended');
});

test('all-significant: a child that a request is stopping, when another ends, is not active', (t) => {
  for (const strategy of ['one-for-one', 'simple-one-for-one'] as const) {
    const supervised = significantPair(strategy);
    supervised.give({ kind: 'request', from: 'stop x', request: { op: 'terminate', child: 'x' } });
    t.is(supervised.ends('y', 'normal').phase, 'ended', strategy);
  }
});

test('all-significant: a child that a request is starting is active once it is started, and only then', (t) => {
  for (const strategy of ['one-for-one', 'simple-one-for-one'] as const)
    for (const starts of [true, false]) {
      const supervised = significantPair(strategy);
      supervised.ends('x', 'normal');
      supervised.fails = () => (starts ? undefined : 'not now');
      const spec = child('z', significant);
      const request = isSimple(strategy) ? ({ op: 'add-instance', id: 'z', args: [] } as const) : ({ op: 'add', spec } as const); // biome-ignore format: one line
      supervised.give({ kind: 'request', from: 'start z', request });
      supervised.crash('y', 'normal');
      supervised.give(supervised.line('y').answers.shift()!);
      t.is(supervised.settle().phase, starts ? 'running' : 'ended', strategy);
    }
});

// ── Shutdown ──

test('shutdown time-out: a child that has not stopped in time is killed', (t) => {
  const supervised = supervising('one-for-one', { shutdown: 300 });
  supervised.isStubborn = (id) => id === 'b';
  supervised.give({ kind: 'stop' });
  t.deepEqual(supervised.settle().took(), ['stop c', 'stop b']);
  t.deepEqual(supervised.pass(299).took(), []);
  t.deepEqual(supervised.pass(1).took(), ['kill b', 'stop a', 'end stopped shutdown']);
  t.is(supervised.timers.size, 0, 'no timer is left');
});

test('shutdown brutal-kill: the child is killed at once', (t) => {
  const supervised = supervising('one-for-one', { shutdown: 'brutal-kill' });
  supervised.give({ kind: 'stop' });
  t.deepEqual(supervised.settle().took(), ['kill c', 'kill b', 'kill a', 'end stopped shutdown']);
});

test('shutdown infinity: the child is waited for', (t) => {
  const supervised = supervising('one-for-one', { shutdown: 'infinity' });
  supervised.isStubborn = () => true;
  supervised.give({ kind: 'stop' });
  t.deepEqual(supervised.settle().pass(1e9).took(), ['stop c']);
  t.is(supervised.phase, 'stopping');
});

test('shutdown is 5 seconds for a worker, and infinity for a supervisor, by default', (t) => {
  t.is(child('a').shutdown, 5000);
  t.is(child('a', { type: 'supervisor' }).shutdown, 'infinity');
  const below = { supervisor: supervisorSpec({ children: [] }) };
  t.is(childSpec({ id: 'a', program: below }).type, 'supervisor');
});

test('a supervisor that is killed kills its children and waits for none', (t) => {
  const supervised = supervising('one-for-one');
  supervised.isStubborn = () => true;
  supervised.give({ kind: 'kill' });
  t.deepEqual(supervised.took(), ['kill c', 'kill b', 'kill a', 'end stopped killed']);
});

// ── Requests ──

test('add: the child is started as the last, and its path is the answer', (t) => {
  const supervised = supervising('rest-for-one');
  t.deepEqual(supervised.ask({ op: 'add', spec: child('d') }), { ok: '/user/sup/d' });
  supervised.took();
  t.deepEqual(supervised.ends('c').took(), ['stop d', 'restart c', 'restart d']);
});

test('add: an id that is known is refused, as running or as present', (t) => {
  const supervised = supervising('one-for-one');
  t.is(supervised.asked({ op: 'add', spec: child('a') }), 'already-started');
  supervised.ask({ op: 'terminate', child: 'a' });
  t.is(supervised.asked({ op: 'add', spec: child('a') }), 'already-present');
  const path = '/user/sup/b' as ActorPath;
  t.is(supervised.asked({ op: 'add', spec: child('e', { path }) }), 'bad-child', 'two children at one path');
});

test('add: where the child does not start, its specification is discarded', (t) => {
  const supervised = supervising('one-for-one');
  supervised.fails = (id) => (id === 'd' ? 'gone' : undefined);
  t.is(supervised.asked({ op: 'add', spec: child('d') }), 'start-failed');
  t.deepEqual(supervised.children(), ['a running', 'b running', 'c running']);
  t.is(supervised.restarted, 0);
});

test('terminate: the child stops, its specification stays, and it is not restarted by itself', (t) => {
  const supervised = supervising('one-for-one');
  t.is(supervised.asked({ op: 'terminate', child: 'b' }), 'ok');
  t.deepEqual(supervised.took(), ['stop b']);
  t.deepEqual(supervised.children(), ['a running', 'b stopped', 'c running']);
  t.is(supervised.asked({ op: 'terminate', child: 'b' }), 'ok', 'also one that does not run');
  t.is(supervised.asked({ op: 'terminate', child: 'x' }), 'not-found');
});

test('terminate: of a temporary child the specification is deleted', (t) => {
  const supervised = supervising('one-for-one', { restart: 'temporary' });
  supervised.ask({ op: 'terminate', child: 'b' });
  t.deepEqual(supervised.children(), ['a running', 'c running']);
});

test('a child that was terminated is restarted with its group', (t) => {
  const supervised = supervising('one-for-all');
  supervised.ask({ op: 'terminate', child: 'b' });
  supervised.took();
  t.deepEqual(supervised.ends('a').took(), ['stop c', 'restart a', 'restart b', 'restart c']);
});

test('restart: starts a child that does not run, and refuses any other', (t) => {
  const supervised = supervising('one-for-one');
  t.is(supervised.asked({ op: 'restart', child: 'b' }), 'running');
  t.is(supervised.asked({ op: 'restart', child: 'x' }), 'not-found');
  supervised.ask({ op: 'terminate', child: 'b' });
  supervised.fails = (_, life) => (life === 4 ? 'not yet' : undefined);
  t.is(supervised.asked({ op: 'restart', child: 'b' }), 'start-failed');
  t.deepEqual(supervised.ask({ op: 'restart', child: 'b' }), { ok: '/user/sup/b' });
  t.is(supervised.restarted, 0, 'it does not count');
});

test('delete: only of a child that does not run', (t) => {
  const supervised = supervising('one-for-one');
  t.is(supervised.asked({ op: 'delete', child: 'b' }), 'running');
  t.is(supervised.asked({ op: 'delete', child: 'x' }), 'not-found');
  supervised.ask({ op: 'terminate', child: 'b' });
  t.is(supervised.asked({ op: 'delete', child: 'b' }), 'ok');
  t.deepEqual(supervised.children(), ['a running', 'c running']);
});

test('delete and restart of a child that is about to be restarted are refused, and terminate ends its wait', (t) => {
  const supervised = world().begin({ backOff: { minMs: 100, maxMs: 100 } }, ...abc());
  supervised.ends('b');
  t.is(supervised.asked({ op: 'delete', child: 'b' }), 'restarting');
  t.is(supervised.asked({ op: 'restart', child: 'b' }), 'restarting');
  supervised.took();
  t.is(supervised.asked({ op: 'terminate', child: 'b' }), 'ok');
  t.deepEqual(supervised.took(), ['let go b']);
  t.is(supervised.timers.size, 0);
  t.deepEqual(supervised.pass(1000).took(), []);
});

test('remove: terminates and deletes in one', (t) => {
  const supervised = supervising('one-for-one');
  t.is(supervised.asked({ op: 'remove', child: 'b' }), 'ok');
  t.deepEqual(supervised.took(), ['stop b']);
  t.deepEqual(supervised.children(), ['a running', 'c running']);
});

test('configure: children that run go on under other settings, specifications and in another order', (t) => {
  const supervised = supervising('one-for-one', {}, 0);
  const children = ['c', 'a', 'x'].map((id) => child(id, { restart: 'transient' }));
  const spec = supervisorSpec({ strategy: 'rest-for-one', intensity: 5, children });
  t.is(supervised.asked({ op: 'configure', supervisor: spec }), 'ok');
  t.deepEqual(supervised.took(), [], 'nothing is started or stopped');
  t.deepEqual(supervised.children(), ['c running', 'a running', 'b running']);
  t.deepEqual(supervised.ends('a').took(), ['stop b', 'restart a', 'restart b']);
  t.deepEqual(supervised.ends('c', 'normal').children(), ['c stopped', 'a running', 'b running']);
  supervised.ask({ op: 'add', spec: child('d') });
  t.is(supervised.children().at(-1), 'd running', 'who comes later is the last');
});

test('configure: what makes no sense, and another place, is refused, and nothing changes', (t) => {
  const supervised = supervising('one-for-one');
  const { state } = supervised;
  for (const [given, refusal] of [
    [{ children: [child('a', { significant: true, restart: 'transient' })] }, 'bad-child'],
    [{ children: [child('a', { mode: 'volatile' })] }, 'bad-child'],
    [{ children: [child('a', { path: '/other' as ActorPath })] }, 'bad-child'],
    [{ strategy: 'simple-one-for-one', children: [child('a')] }, 'simple-one-for-one'],
  ] as const)
    t.is(supervised.asked({ op: 'configure', supervisor: supervisorSpec(given) }), refusal);
  t.deepEqual(supervised.state.sorted(), state.sorted());
});

test('children and count say what there is', (t) => {
  const supervised = supervising('one-for-one');
  supervised.ask({ op: 'terminate', child: 'c' });
  supervised.ask({ op: 'add', spec: child('d', { type: 'supervisor' }) });
  t.deepEqual(supervised.children(), ['a running', 'b running', 'c stopped', 'd running']);
  const { ok } = supervised.ask({ op: 'count' }) as { readonly ok: SeqMap };
  const counts: [string, Data][] = [['specs', 4], ['active', 3], ['supervisors', 1], ['workers', 3]]; // biome-ignore format: one line
  t.deepEqual(ok.sorted(), SeqMap.from(counts).sorted());
  t.deepEqual(supervised.ask({ op: 'spec', child: 'a' }), { ok: childData(child('a')) });
});

test('a request that comes while its child is starting waits for that, and one to a sibling does not', (t) => {
  const supervised = supervising('one-for-one');
  supervised.crash('a', 'fault');
  supervised.give({ kind: 'terminated', child: 'a', life: 1, reason: 'fault' });
  supervised.give({ kind: 'request', from: 'one', request: { op: 'terminate', child: 'a' } });
  supervised.give({ kind: 'request', from: 'two', request: { op: 'terminate', child: 'b' } });
  t.deepEqual(supervised.took(), ['restart a', 'stop b']);
  t.deepEqual([...supervised.replies.keys()], []);
  t.deepEqual(supervised.failover().settle().took(), ['stop a']);
  t.deepEqual([...supervised.replies.keys()].sort(), ['one', 'two']);
});

test('a supervisor that ends refuses the requests that wait', (t) => {
  const supervised = supervising('one-for-one', {}, 1);
  supervised.crash('a', 'fault');
  supervised.give({ kind: 'terminated', child: 'a', life: 1, reason: 'fault' });
  supervised.give({ kind: 'request', from: 'one', request: { op: 'terminate', child: 'a' } });
  supervised.ends('b');
  t.like(supervised.replies.get('one'), { refused: 'supervisor-ended' });
  t.is(supervised.asked({ op: 'add', spec: child('d') }), 'supervisor-ended');
});

// ── Ours ──

test('restarts are counted across failovers', (t) => {
  const supervised = supervising('one-for-one', {}, 3);
  for (let round = 0; round < 3; round++)
    t.deepEqual(supervised.failover().ends('a').failover().took(), ['restart a']);
  t.is(supervised.failover().ends('a').phase, 'ended');
  t.is(supervised.restarted, 3);
});

test('a notice of an earlier life, or one that comes again, changes nothing', (t) => {
  const supervised = supervising('one-for-one');
  supervised.ends('a').took();
  for (const life of [1, 1, 2]) supervised.give({ kind: 'terminated', child: 'a', life, reason: 'fault' });
  t.is(supervised.restarted, 1);
  supervised.give({ kind: 'terminated', child: 'a', life: 4, reason: 'fault' });
  supervised.give({ kind: 'terminated', child: 'a', life: 4, reason: 'fault' });
  supervised.give({ kind: 'started', child: 'a', life: 4 });
  t.deepEqual(supervised.took(), ['restart a']);
  const before = supervised.state;
  supervised.give({ kind: 'begin', spec: supervisorSpec({ children: [] }) });
  t.is(supervised.state, before);
});

test('an id that is added again does not take notices of the child before', (t) => {
  const supervised = supervising('one-for-one', { restart: 'temporary' });
  supervised.ends('a');
  supervised.ask({ op: 'add', spec: child('a', { restart: 'temporary' }) });
  supervised.give({ kind: 'terminated', child: 'a', life: 1, reason: 'fault' });
  t.deepEqual(supervised.children(), ['b running', 'c running', 'a running']);
});

test('a child restarts with its journaled state, or fresh, as its specification says', (t) => {
  const supervised = world().begin(
    { intensity: 9 },
    child('a'),
    child('b', { state: 'fresh', mode: 'volatile' }),
  );
  supervised.took();
  supervised.ends('a').ends('b', 'lost');
  t.like(supervised.orders[0], { kind: 'start', child: 'a', state: 'journaled', mode: 'durable' });
  t.like(supervised.orders[1], { kind: 'start', child: 'b', state: 'fresh', mode: 'volatile' });
});

test('back-off: doubled for each restart in a row, with jitter from the recorded seed, up to its longest', (t) => {
  const waits: number[] = [];
  const flags = { intensity: 100, periodMs: 60_000, backOff: { minMs: 100, maxMs: 1000 } };
  const run = () => {
    const supervised = world().begin(flags, ...abc());
    supervised.took();
    for (let round = 0; round < 8; round++) {
      supervised.seed = [round, 7, 7];
      t.deepEqual(supervised.ends('a').took(), [], 'not yet');
      const { dueMs } = [...supervised.timers.values()][0]!;
      waits.push(dueMs - supervised.wall);
      t.deepEqual(
        supervised
          .failover()
          .pass(dueMs - supervised.wall)
          .took(),
        ['restart a'],
      );
    }
  };
  run();
  run();
  t.deepEqual(waits.slice(0, 8), waits.slice(8), 'the same seed gives the same waits');
  waits.slice(0, 8).forEach((wait, round) => {
    const longest = Math.min(1000, 100 * 2 ** round);
    t.true(wait >= longest / 2 && wait <= longest, `${wait} after ${round}`);
  });
  t.true(new Set(waits).size > 4);
});

test('back-off begins anew once a child ran for a period', (t) => {
  const flags = { intensity: 100, backOff: { minMs: 100, maxMs: 1_000_000 } };
  const supervised = world().begin(flags, child('a'));
  for (let round = 0; round < 5; round++) supervised.ends('a').pass(100 * 2 ** round);
  supervised.pass(5000).ends('a');
  t.true([...supervised.timers.values()][0]!.dueMs - supervised.wall <= 100);
});

test('one-for-all with back-off: the others stop at once, and all start after it', (t) => {
  const supervised = world().begin(
    { strategy: 'one-for-all', backOff: { minMs: 100, maxMs: 100 } },
    ...abc(),
  );
  supervised.took();
  t.deepEqual(supervised.ends('b').took(), ['stop c', 'stop a']);
  t.deepEqual(supervised.children(), ['a stopped', 'b restarting', 'c stopped']);
  t.deepEqual(supervised.pass(100).took(), ['restart a', 'restart b', 'restart c']);
  t.is(supervised.restarted, 1);
});

test('a specification is the same after it was data', (t) => {
  const given = fc.record({
    restart: fc.constantFrom('permanent', 'transient', 'temporary'),
    shutdown: fc.oneof(fc.nat(), fc.constantFrom('infinity', 'brutal-kill')),
    state: fc.constantFrom('journaled', 'fresh'),
    mode: fc.constantFrom('durable', 'volatile'),
    type: fc.constantFrom('worker', 'supervisor'),
  });
  const strategy = fc.constantFrom('one-for-one', 'one-for-all', 'rest-for-one');
  fc.assert(
    fc.property(fc.array(given, { maxLength: 4 }), strategy, fc.nat(), (children, strategy, intensity) => {
      const inner = supervisorSpec({ strategy, intensity, children: children.map((each, at) => child(`c${at}`, each as object)) }); // biome-ignore format: one line
      const spec = supervisorSpec({ children: [childSpec({ id: 'in', program: { supervisor: inner } })] });
      t.deepEqual(readSpec(specData(spec)), spec);
    }),
  );
});

test('a specification that makes no sense is refused, with the reason', (t) => {
  const cases: [object, RegExp][] = [
    [{ children: [child('a'), child('a')] }, /Two children have the id "a"/],
    [{ children: [child('a b')] }, /"a b" has no valid path/],
    [{ children: [child('a', { shutdown: -1 })] }, /shutdown time/],
    [{ children: [], intensity: -1 }, /intensity/],
    [{ children: [], periodMs: 0 }, /period/],
    [{ children: [], strategy: 'simple-one-for-one' }, /one child specification/],
    [{ children: [], backOff: { minMs: 2, maxMs: 1 } }, /back-off/],
  ];
  for (const [given, problem] of cases) {
    const spec = supervisorSpec(given as never);
    t.regex(specProblem(spec)!, problem);
    const supervised = world();
    supervised.give({ kind: 'begin', spec });
    t.regex(supervised.took()[0]!, /^end failed shutdown: /);
  }
  t.throws(() => readSpec(SeqMap.from<Data>([['children', 1]])), { code: 'bad-message' });
});
