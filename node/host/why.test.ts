// What `why` says of actors of a whole node.
import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { moduleHash } from '../base/ids.ts';
import { parsePath } from '../base/path.ts';
import type { Doing } from '../core/requests/results.ts';
import { LoneNode } from '../core/testing/lone-node.ts';
import { childSpec, supervisorSpec } from '../runtime/lifecycle/supervisor-spec.ts';
import { followWaits } from './why.ts';

const PROGRAM = `
union Msg { Ask { to: String } Ask-On { to: String, by: String } Send { to: String } Later { ms: Int } Fail Quiet }
: worker ( Map Msg -- Map )
  match
    Ask { >to } -> Make-Quiet actor.ask actor.reply
    Ask-On { >to >by } -> >aux Make-Ask aux> swap actor.ask actor.reply
    Send { >to } -> Make-Quiet actor.send
    Later { >ms } -> actor.self Make-Quiet rot actor.send-after drop
    Fail -> 1 0 divide drop
    Quiet ->
  end ;
`;
const [FIRST, SECOND, THIRD] = ['/user/a/first', '/user/b/second', '/user/c/third'] as const;

function node(): LoneNode {
  const lone = new LoneNode(4, { askTimeoutMs: 60_000 });
  lone.deploy(PROGRAM);
  for (const path of [FIRST, SECOND, THIRD]) lone.spawn(path, 'worker');
  return lone;
}

const chainOf = (lone: LoneNode, path: string) =>
  followWaits(
    async (request) => {
      const result = lone.request(request);
      if (!result.ok) throw new SeqNodeError(result.code, result.message);
      return result.value as Doing;
    },
    parsePath(path),
    1000,
  );

test('an idle actor does nothing, and its shard is told', async (t) => {
  const [only, ...others] = await chainOf(node(), FIRST);
  t.deepEqual(others, []);
  t.like(only, {
    path: FIRST,
    lifecycle: 'running',
    waits: null,
    runs: false,
    mailbox: 0,
    uncommitted: 0,
    outboxes: [],
    sequence: 1,
    nodeName: 'n1',
    replicas: ['n1'],
  });
});

test('whose answer an actor waits for is followed to the end, across shards', async (t) => {
  const lone = node();
  lone.suspend(THIRD);
  const began = lone.now;
  lone.begin({
    op: 'ask',
    path: parsePath(FIRST),
    id: 'x',
    message: LoneNode.message(`(Ask-On "${THIRD}" "${SECOND}")`),
  });
  for (const id of ['y', 'z'])
    lone.begin({ op: 'tell', path: parsePath(FIRST), id, message: LoneNode.message('(Fail)') });
  lone.pass(1000);
  const chain = await chainOf(lone, FIRST);
  t.like(chain, [
    { path: FIRST, lifecycle: 'running', mailbox: 2, waits: { for: SECOND, atMost: null, sender: '' } },
    { path: SECOND, waits: { for: THIRD, sender: FIRST }, outboxes: [{ receiver: THIRD, messages: 1 }] },
    { path: THIRD, lifecycle: 'suspended', waits: null },
  ]);
  const [{ waits }] = chain as [Doing];
  t.true(waits!.since! >= 1_700_000_000_000 + began);
  t.true(waits!.since! <= 1_700_000_000_000 + lone.now);
});

test('what an actor sent and its receiver does not take is told, and why an actor takes nothing', async (t) => {
  const lone = node();
  lone.suspend(SECOND);
  for (let at = 0; at < 3; at++) lone.tell(FIRST, `(Send "${SECOND}")`);
  for (let at = 0; at < 4; at++) lone.tell(THIRD, '(Fail)');
  t.like(await chainOf(lone, FIRST), [{ outboxes: [{ receiver: SECOND, messages: 3 }] }]);
  t.like(await chainOf(lone, THIRD), [{ lifecycle: 'failed', waits: null }]);
});

test('the timers of an actor are told, the next ones first, and what a supervisor has', async (t) => {
  const lone = node();
  for (const ms of [90_000, 60_000]) lone.tell(FIRST, `(Later ${ms})`);
  const [first] = (await chainOf(lone, FIRST)) as [Doing];
  t.like(first.timers, { count: 2, more: false });
  const [soon, late] = first.timers.next;
  t.true(soon!.dueMillis < late!.dueMillis);
  t.like(soon, { every: null, to: FIRST });
  const code = { module: moduleHash('aa'), target: { word: 'worker' }, captured: [] };
  lone.supervise('/user/sup', supervisorSpec({ children: [childSpec({ id: 'a', program: { code } })] }));
  lone.pass(500);
  const [supervisor] = (await chainOf(lone, '/user/sup')) as [Doing];
  t.like(supervisor.supervises, { phase: 'running', size: 1 });
  t.is(supervisor.timers.count, 0);
});

test('a child that waits for its restart names its supervisor, and that the end of its back-off', async (t) => {
  const lone = node();
  const code = { module: moduleHash('aa'), target: { word: 'worker' }, captured: [] };
  const children = [childSpec({ id: 'a', program: { code } }), childSpec({ id: 'b', program: { code } })];
  const backOff = { minMs: 20_000, maxMs: 20_000 };
  lone.supervise('/user/sup', supervisorSpec({ intensity: 3, periodMs: 60_000, backOff, children }));
  lone.pass(500);
  lone.tell('/user/sup/a', '(Fail)');
  lone.pass(500);
  const chain = await chainOf(lone, '/user/sup/a');
  t.like(chain, [
    { path: '/user/sup/a', lifecycle: 'restarting', supervisor: '/user/sup' },
    { path: '/user/sup', lifecycle: 'running', supervisor: null },
  ]);
  const { supervises } = chain[1] as Doing;
  t.like(supervises, {
    strategy: 'one-for-one',
    phase: 'running',
    restarts: { counted: 1, allowed: 3, periodMs: 60_000 },
    restarted: 1,
    size: 2,
  });
  const [a, b] = supervises!.children;
  t.like(a, { id: 'a', status: 'restarting', restart: 'permanent', type: 'worker' });
  t.true(a!.restartsAt! > 1_700_000_000_000 + lone.now + 8000);
  t.like(b, { id: 'b', status: 'running', restartsAt: null });
  t.deepEqual(lone.inspect('/user/sup').supervises, supervises);
  t.true(lone.inspect('/user/sup').accepts.includes('(Restart String)'));
  t.is(lone.inspect('/user/sup/b').supervises, null);
  lone.pass(25_000);
  t.like(await chainOf(lone, '/user/sup/a'), [{ lifecycle: 'running' }]);
});

test('a supervisor that has to restart too often is counted as an escalation', (t) => {
  const lone = node();
  const code = { module: moduleHash('aa'), target: { word: 'worker' }, captured: [] };
  const inner = supervisorSpec({ intensity: 0, children: [childSpec({ id: 'x', program: { code } })] });
  lone.supervise(
    '/user/sup',
    supervisorSpec({ children: [childSpec({ id: 'in', program: { supervisor: inner } })] }),
  );
  lone.pass(500);
  lone.tell('/user/sup/in/x', '(Fail)');
  lone.pass(1500);
  t.is(lone.core.inspect.counters.escalations, 1);
  t.like(lone.inspect('/user/sup').supervises, { restarted: 1, restarts: { counted: 1, allowed: 1 } });
});

test('a chain ends at an actor that cannot be told of', async (t) => {
  const lone = node();
  lone.damage(lone.keyOf(SECOND, (keys, path) => keys.head(path)));
  lone.restart();
  lone.begin({
    op: 'ask',
    path: parsePath(FIRST),
    id: 'x',
    message: LoneNode.message(`(Ask "${SECOND}")`),
  });
  lone.pass(500);
  t.like(await chainOf(lone, FIRST), [
    { path: FIRST, waits: { for: SECOND } },
    { path: SECOND, refused: 'actor-quarantined' },
  ]);
  await t.throwsAsync(chainOf(lone, '/user/d/nobody'), { message: /No actor lives/ });
});
