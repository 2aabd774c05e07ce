// Supervisors as actors: their turns, what their children do with their orders, and that both survive the end
// of the process.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type ActorPath, moduleHash, SUPERVISOR_MODULE } from '../base/ids.ts';
import { formatNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { SeededRandom } from '../base/random.ts';
import { type List, SeqMap, type Sym } from '../base/value.ts';
import {
  type ChildSpec,
  childSpec,
  type SupervisorFlags,
  supervisorSpec,
} from '../runtime/lifecycle/supervisor-spec.ts';
import { HITS } from './testing/hits.ts';
import { LoneNode } from './testing/lone-node.ts';

const SUP = '/user/sup';
const AT = (id: string) => `${SUP}/${id}`;

type Flags = Partial<SupervisorFlags>;

function child(id: string, more: Partial<ChildSpec> = {}): ChildSpec {
  const code = { module: moduleHash('aa'), target: { word: 'counter' }, captured: [] };
  return childSpec({ id, program: { code }, ...more });
}

function node(flags: Flags, children: readonly ChildSpec[]): LoneNode {
  const lone = new LoneNode(4);
  lone.deploy(HITS);
  const started = lone.supervise(SUP, supervisorSpec({ ...flags, children }));
  if (!started.ok) throw new Error(started.message);
  lone.pass(500);
  return lone;
}

const ABC = [child('a'), child('b'), child('c')];

/** What the supervisor says of its children, such as `a:running`. */
function children(lone: LoneNode, at = SUP): string[] {
  return (lone.reply(at, '(Children)') as List).toArray().map((row) => {
    const map = row as SeqMap;
    return `${map.get('id')}:${(map.get('status') as Sym).name}`;
  });
}

const stateOf = (lone: LoneNode, path = SUP) => lone.inspect(path).data as SeqMap;
const restarted = (lone: LoneNode, path = SUP) => stateOf(lone, path).get('restarted');
const livesOf = (lone: LoneNode, ids: readonly string[]) =>
  ids.map((id) => (stateOf(lone).get(`child:${id}`) as SeqMap).get('life'));
const totals = (lone: LoneNode, ids: readonly string[]) => ids.map((id) => lone.reply(AT(id), '(Total)'));

function fail(lone: LoneNode, id: string): void {
  lone.tell(AT(id), '(Fail)');
  lone.pass(1000);
}

test('a supervisor starts its children in order, as actors below it', (t) => {
  const lone = node({}, ABC);
  t.deepEqual(children(lone), ['a:running', 'b:running', 'c:running']);
  t.deepEqual(livesOf(lone, ['a', 'b', 'c']), [1, 2, 3]);
  t.is(lone.inspect(AT('a')).lifecycle, 'running');
  t.deepEqual(lone.verify(), []);
});

for (const [strategy, lives] of [
  ['one-for-one', [1, 4, 3]],
  ['one-for-all', [4, 5, 6]],
  ['rest-for-one', [1, 4, 5]],
] as const)
  test(`${strategy}: the child that failed, and those that go with it, keep their state`, (t) => {
    const lone = node({ strategy }, ABC);
    for (const id of ['a', 'b', 'c']) lone.tell(AT(id), '(Hit)');
    fail(lone, 'b');
    t.deepEqual(children(lone), ['a:running', 'b:running', 'c:running']);
    t.deepEqual(livesOf(lone, ['a', 'b', 'c']), lives);
    t.deepEqual(totals(lone, ['a', 'b', 'c']), [1, 1, 1]);
    t.is(restarted(lone), 1);
  });

test('a message that a child failed on fails its sender, and what came behind it waits for the restart', (t) => {
  const lone = node({}, ABC);
  const failed = lone.begin({
    op: 'ask',
    path: parsePath(AT('a')),
    message: LoneNode.message('(Fail)'),
    id: 'f',
  });
  const behind = lone.begin({
    op: 'ask',
    path: parsePath(AT('a')),
    message: LoneNode.message('(Total)'),
    id: 'g',
  });
  lone.pass(1000);
  t.like(lone.result(failed), { ok: false, code: 'turn-failed' });
  t.like(lone.result(behind), { ok: true, value: { reply: 0 } });
});

test('a child that is to begin fresh has an empty state after a restart', (t) => {
  const lone = node({}, [child('a', { state: 'fresh' })]);
  lone.tell(AT('a'), '(Hit)');
  fail(lone, 'a');
  t.deepEqual(totals(lone, ['a']), [0]);
  lone.tell(AT('a'), '(Hit)');
  lone.restart();
  t.deepEqual(totals(lone, ['a']), [1], 'which is journaled like any other');
});

test('the restart intensity counts across restarts of the node, exactly', (t) => {
  const lone = node({ intensity: 3, periodMs: 600_000 }, [child('a')]);
  for (let failures = 1; failures <= 3; failures++) {
    fail(lone, 'a');
    lone.restart();
    t.is(restarted(lone), failures);
    t.deepEqual(children(lone), ['a:running']);
  }
  fail(lone, 'a');
  t.like(lone.inspect(SUP), { lifecycle: 'failed', lastFault: 'More restarts than its intensity allows.' });
  t.is(restarted(lone), 3);
  t.like(lone.inspect(AT('a')), { lifecycle: 'failed' });
});

test('a transient child is restarted after a fault, not after it stopped itself', (t) => {
  const lone = node({ intensity: 5 }, [
    child('a', { restart: 'transient' }),
    child('b', { restart: 'permanent' }),
  ]);
  for (const id of ['a', 'b']) lone.tell(AT(id), '(Leave)');
  lone.pass(1000);
  t.deepEqual(children(lone), ['a:stopped', 'b:running']);
  t.is(lone.inspect(AT('a')).lifecycle, 'stopped');
  t.true(lone.tell(SUP, `(Restart "a")`).ok);
  lone.pass(500);
  fail(lone, 'a');
  t.deepEqual(children(lone), ['a:running', 'b:running']);
});

test('a temporary child is never restarted: it has failed', (t) => {
  const lone = node({}, [child('a', { restart: 'temporary' })]);
  fail(lone, 'a');
  t.deepEqual(children(lone), []);
  t.is(lone.inspect(AT('a')).lifecycle, 'failed');
});

test('a supervisor that is stopped stops its children first, in reverse order', (t) => {
  const lone = node({}, ABC);
  t.true(lone.stop(SUP).ok);
  lone.pass(1000);
  const stopped = ['a', 'b', 'c'].map((id) => lone.inspect(AT(id)));
  t.deepEqual(
    stopped.map(({ lifecycle }) => lifecycle),
    ['stopped', 'stopped', 'stopped'],
  );
  const [a, b, c] = stopped.map(({ since }) => since!);
  t.true(c! <= b! && b! <= a!);
  t.is(lone.inspect(SUP).lifecycle, 'stopped');
  t.true(lone.resume(SUP).ok);
  lone.pass(500);
  t.deepEqual(children(lone), ['a:running', 'b:running', 'c:running']);
});

test('a supervisor that gave up is restarted by its own, with its children', (t) => {
  const inner = supervisorSpec({ intensity: 0, children: [child('x')] });
  const lone = node({ intensity: 2, periodMs: 600_000 }, [
    childSpec({ id: 'in', program: { supervisor: inner } }),
  ]);
  const X = '/user/sup/in/x';
  t.deepEqual(children(lone), ['in:running']);
  lone.tell(X, '(Hit)');
  lone.tell(X, '(Fail)');
  lone.pass(1500);
  t.is(restarted(lone), 1);
  t.deepEqual(children(lone), ['in:running']);
  t.deepEqual(children(lone, '/user/sup/in'), ['x:running']);
  t.is(lone.reply(X, '(Total)'), 1);
});

test('a child that lives already under nobody is not taken: the start fails', (t) => {
  const lone = new LoneNode(4);
  lone.deploy(HITS);
  lone.spawn(AT('a'), 'counter');
  lone.supervise(SUP, supervisorSpec({ children: [child('a')] }));
  lone.pass(1000);
  t.is(lone.inspect(SUP).lifecycle, 'failed');
  t.is(lone.inspect(AT('a')).lifecycle, 'running');
});

test('a new life of a supervisor starts its children again, with what they have', (t) => {
  const lone = node({}, [child('a')]);
  lone.tell(AT('a'), '(Hit)');
  lone.stop(SUP);
  lone.pass(500);
  t.true(lone.supervise(SUP, supervisorSpec({ children: [child('a')] }), true).ok);
  lone.pass(500);
  t.deepEqual(children(lone), ['a:running']);
  t.deepEqual(totals(lone, ['a']), [1]);
});

test('children are added, removed and restarted while the supervisor runs', (t) => {
  const lone = node({}, [child('a')]);
  t.deepEqual(formatNotation(lone.reply(SUP, '(Remove "none")')).slice(0, 20), '(Refused "not-found"');
  lone.tell(SUP, '(Remove "a")');
  lone.pass(500);
  t.deepEqual(children(lone), []);
  t.is(lone.inspect(AT('a')).lifecycle, 'stopped');
});

test('reports and orders cannot be made up by clients', (t) => {
  const lone = node({}, [child('a')]);
  t.like(lone.tell(SUP, '(Terminated "a" 1 "fault")'), { ok: false, code: 'bad-message' });
  t.like(lone.tell(SUP, '(Begin)'), { ok: false, code: 'bad-message' });
  t.like(lone.upgrade(SUP, 'aa', { word: 'counter' }), { ok: false, code: 'no-such-module' });
  t.deepEqual(livesOf(lone, ['a']), [1]);
});

test('a specification that is none is refused', (t) => {
  const lone = new LoneNode(2);
  const code = { module: SUPERVISOR_MODULE, target: { word: 'supervisor' }, captured: [SeqMap.empty] };
  const result = lone.request({
    op: 'spawn',
    path: parsePath(SUP),
    code,
    mode: 'durable',
    newLife: false,
    id: 'x',
  });
  t.like(result, { ok: false, code: 'no-such-module' });
});

test('a purged child is started anew', (t) => {
  const lone = node({}, [child('a')]);
  lone.tell(AT('a'), '(Hit)');
  t.true(lone.purge(AT('a'), { force: true }).ok);
  lone.pass(1000);
  t.deepEqual(children(lone), ['a:running']);
  t.deepEqual(totals(lone, ['a']), [0]);
});

test('a suspended child has not ended, and goes on when it is resumed', (t) => {
  const lone = node({}, [child('a')]);
  t.true(lone.suspend(AT('a')).ok);
  t.deepEqual(children(lone), ['a:running']);
  t.true(lone.resume(AT('a')).ok);
  t.deepEqual(totals(lone, ['a']), [0]);
  t.deepEqual(livesOf(lone, ['a']), [1]);
});

test('a child that an operator stops stays stopped, whatever its restart is, and counts as no restart', (t) => {
  const lone = node({ intensity: 0 }, [
    child('a'),
    child('b', { restart: 'transient' }),
    child('c', { restart: 'temporary' }),
    childSpec({ id: 'in', program: { supervisor: supervisorSpec({ children: [child('x')] }) } }),
  ]);
  for (const id of ['a', 'b', 'c', 'in']) t.true(lone.stop(AT(id)).ok);
  lone.pass(1000);
  t.deepEqual(children(lone), ['a:stopped', 'b:stopped', 'in:stopped']);
  for (const id of ['a', 'in', 'in/x']) t.is(lone.inspect(AT(id)).lifecycle, 'stopped', id);
  t.is(lone.inspect(SUP).lifecycle, 'running');
  t.is(restarted(lone), 0);
});

test('a child that an operator stops and resumes is supervised again, with its state', (t) => {
  for (const state of ['journaled', 'fresh'] as const) {
    const lone = node({ intensity: 5 }, [child('a', { state })]);
    lone.tell(AT('a'), '(Hit)');
    lone.stop(AT('a'));
    lone.pass(500);
    t.true(lone.resume(AT('a')).ok);
    lone.pass(500);
    t.deepEqual(children(lone), ['a:running']);
    t.is(lone.inspect(AT('a')).supervisor, SUP);
    t.deepEqual(totals(lone, ['a']), [1]);
    t.is(restarted(lone), 0);
    fail(lone, 'a');
    t.deepEqual(children(lone), ['a:running']);
    t.is(restarted(lone), 1);
    t.deepEqual(lone.verify(), []);
  }
});

test('orders of an operator that race with what a supervisor hears of them leave both of one mind', (t) => {
  const lone = node({ intensity: 100_000 }, [child('a'), child('b', { restart: 'transient' })]);
  const kinds = ['stop', 'resume', 'fail', 'suspend'] as const;
  const random = new SeededRandom(7);
  let id = 0;
  for (let round = 0; round < 150; round++) {
    const at = AT(round % 2 === 0 ? 'a' : 'b');
    const played: string[] = [];
    for (let step = 0; step < 5; step++) {
      const kind = kinds[random.below(kinds.length)]!;
      const rest = random.below(4);
      played.push(`${kind}, ${rest} slices`);
      const to = { path: at as ActorPath, id: `race-${id++}` };
      if (kind === 'fail') lone.submit({ op: 'tell', message: LoneNode.message('(Fail)'), ...to });
      else lone.submit({ op: kind, ...to });
      for (let slice = 0; slice < rest; slice++) lone.slice();
    }
    lone.pass(1000);
    const { lifecycle } = lone.inspect(at);
    // A suspended child has not ended.
    const status = lifecycle === 'suspended' ? 'running' : lifecycle;
    t.true(
      children(lone).includes(`${at.at(-1)}:${status}`),
      `${played.join('; ')}: ${lifecycle}, ${children(lone)}`,
    );
    if (lifecycle !== 'running') t.true(lone.resume(at).ok);
    lone.pass(500);
    t.deepEqual(children(lone), ['a:running', 'b:running'], played.join('; '));
    t.true(lone.tell(at, '(Hit)').ok);
  }
  t.deepEqual(lone.verify(), []);
});

test('a nested supervisor that an operator stops and resumes is supervised again, with its children', (t) => {
  const inner = supervisorSpec({ intensity: 0, children: [child('x')] });
  const lone = node({ intensity: 5 }, [childSpec({ id: 'in', program: { supervisor: inner } })]);
  lone.stop(AT('in'));
  lone.pass(500);
  t.deepEqual(children(lone), ['in:stopped']);
  t.true(lone.resume(AT('in')).ok);
  lone.pass(500);
  t.deepEqual(children(lone), ['in:running']);
  t.deepEqual(children(lone, AT('in')), ['x:running']);
  lone.tell(AT('in/x'), '(Fail)');
  lone.pass(1000);
  t.deepEqual(children(lone, AT('in')), ['x:running'], 'which gave up, and was restarted');
  t.is(restarted(lone), 1);
});

test('a child of a supervisor that has ended, or that does not know it any more, is nobody’s once it is resumed', (t) => {
  const lone = node({}, [child('a'), child('b')]);
  lone.tell(SUP, '(Remove "a")');
  lone.pass(500);
  t.true(lone.resume(AT('a')).ok);
  lone.stop(SUP);
  lone.pass(500);
  t.true(lone.resume(AT('b')).ok);
  lone.pass(500);
  for (const id of ['a', 'b']) {
    fail(lone, id);
    t.like(lone.inspect(AT(id)), { lifecycle: 'running', supervisor: null, restarts: 1 });
  }
  t.true(lone.resume(SUP).ok);
  lone.pass(500);
  t.deepEqual(children(lone), ['b:running']);
  t.is(lone.inspect(AT('b')).supervisor, SUP, 'the supervisor takes it back when it starts');
});

test('a suspended child is stopped with its supervisor', (t) => {
  const lone = node({}, [child('a')]);
  lone.suspend(AT('a'));
  lone.stop(SUP);
  lone.pass(500);
  t.is(lone.inspect(AT('a')).lifecycle, 'stopped');
  t.is(lone.inspect(SUP).lifecycle, 'stopped');
});

test('a suspended supervisor learns of its children once it is resumed', (t) => {
  const lone = node({}, [child('a')]);
  lone.suspend(SUP);
  lone.tell(AT('a'), '(Hit)');
  fail(lone, 'a');
  t.is(lone.inspect(AT('a')).lifecycle, 'restarting');
  lone.restart();
  t.is(lone.inspect(AT('a')).lifecycle, 'restarting');
  lone.resume(SUP);
  lone.pass(3000);
  t.deepEqual(totals(lone, ['a']), [1]);
  t.is(restarted(lone), 1);
});

test('a volatile child begins empty after a fault', (t) => {
  const lone = node({}, [child('a', { mode: 'volatile' })]);
  lone.tell(AT('a'), '(Hit)');
  t.deepEqual(totals(lone, ['a']), [1]);
  fail(lone, 'a');
  t.deepEqual(children(lone), ['a:running']);
  t.deepEqual(totals(lone, ['a']), [0]);
});

test('the back-off grows with each restart in a row, and survives the end of the process', (t) => {
  const backOff = { minMs: 4000, maxMs: 60_000 };
  const lone = node({ intensity: 5, periodMs: 600_000, backOff }, [child('a')]);
  lone.tell(AT('a'), '(Hit)');
  fail(lone, 'a');
  t.deepEqual(children(lone), ['a:restarting']);
  lone.restart();
  lone.pass(4000);
  t.deepEqual(children(lone), ['a:running']);
  fail(lone, 'a');
  lone.pass(2500);
  t.deepEqual(children(lone), ['a:restarting'], 'four seconds at least');
  lone.pass(5000);
  t.deepEqual(children(lone), ['a:running']);
  t.deepEqual(totals(lone, ['a']), [1]);
  t.is(restarted(lone), 2);
});

test('a program starts a supervisor, and asks what it has', (t) => {
  const lone = new LoneNode(4);
  lone.deploy(readFileSync(join(import.meta.dirname, '../../examples/supervised.seq'), 'utf8'));
  const APP = '/user/app';
  lone.spawn(APP, 'app');
  lone.tell(APP, '(Start)');
  lone.pass(500);
  t.is(lone.reply('/user/app/team/parser', '(Parse "7")'), 7);
  t.like(lone.ask('/user/app/team/parser', '(Parse "seven")'), { ok: false, code: 'turn-failed' });
  lone.pass(500);
  t.is(lone.reply('/user/app/team/parser', '(Count)'), 1);
  t.like(lone.inspect('/user/app/team/parser'), { lifecycle: 'running', supervisor: '/user/app/team' });
  const team = lone.reply(APP, '(Team)') as List;
  t.is(
    formatNotation(team.get(0)!),
    '{"id" "parser" "path" "/user/app/team/parser" "status" :running "type" :worker}',
  );
  t.deepEqual(
    ['parser', 'writer']
      .map((id) => (lone.inspect('/user/app/team').data as SeqMap).get(`child:${id}`))
      .map((each) => (each as SeqMap).get('life')),
    [3, 4],
    'the writer was restarted with the parser, once',
  );
});

test('a supervisor of settings that make no sense is not started: the turn fails', (t) => {
  const lone = new LoneNode(2);
  lone.deploy(`
union Msg { Twice Never }
: idle ( Map Msg -- Map ) drop ;
: app ( Map Msg -- Map )
  match
    Twice -> "s" map.make list.make "a" [ idle ] child list.push "a" [ idle ] child list.push supervisor.start-at drop
    Never -> "s" map.make 1 0 supervisor.intensity list.make supervisor.start-at drop
  end ;
`);
  lone.spawn('/user/app', 'app');
  const failed = lone.tell('/user/app', '(Twice)');
  t.like(failed, { ok: false, code: 'turn-failed' });
  t.regex(failed.ok ? '' : failed.message, /Two children have the id "a"/);
  t.like(lone.tell('/user/app', '(Never)'), { ok: false, code: 'turn-failed' });
  t.like(lone.request({ op: 'inspect', path: parsePath('/user/app/s') }), {
    ok: false,
    code: 'no-such-actor',
  });
});
