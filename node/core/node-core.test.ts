import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import type { ActorPage } from './requests/results.ts';
import { LoneNode, replayed } from './testing/lone-node.ts';

const PROGRAM = `
union Msg {
  Deposit { amount: Int }
  Balance
  Fail
  Loop
  Twice
  Quiet
  Stop
  Forward { to: String, amount: Int }
  Query { to: String }
  Child
}
: balance-of ( Map -- Map Int ) dup "balance" map.get if else drop 0 then ;
: forever ( -- ) forever ;
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> swap balance-of rot i.+ dup actor-reply "balance" swap map.set
    Balance -> balance-of actor-reply
    Fail -> 1 0 divide drop
    Twice -> 1 actor.reply 2 actor.reply
    Loop -> forever
    Quiet ->
    Stop -> actor-self actor-stop
    Forward { >to >amount } -> Make-Deposit actor-send
    Query { >to } -> Make-Balance actor-ask actor-reply
    Child -> "child" [ account ] actor-spawn-at actor-reply
  end ;
`;

function node(): LoneNode {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  lone.spawn('/user/a/alice', 'account');
  return lone;
}

test('a message takes effect once, however often its id comes', (t) => {
  const lone = node();
  const first = lone.ask('/user/a/alice', '(Deposit 5)', 'same');
  t.deepEqual(lone.ask('/user/a/alice', '(Deposit 5)', 'same'), replayed(first));
  t.is(lone.reply('/user/a/alice', '(Balance)'), 5);
});

test('two requests with one id under way at once are one', (t) => {
  const lone = node();
  const request = { op: 'ask', path: '/user/a/alice' as never, id: 'same' } as const;
  const message = LoneNode.message('(Deposit 5)');
  const ids = [lone.begin({ ...request, message }), lone.begin({ ...request, message })];
  lone.pass(100);
  t.deepEqual(replayed(lone.result(ids[0]!)!), lone.result(ids[1]!));
  t.is(lone.reply('/user/a/alice', '(Balance)'), 5);
});

test('a fault keeps state and journal; too many end the actor, which an operator sees', (t) => {
  const lone = node();
  lone.tell('/user/a/alice', '(Deposit 5)');
  const before = lone.inspect('/user/a/alice');
  for (let at = 0; at < 3; at++)
    t.like(lone.tell('/user/a/alice', '(Fail)'), { ok: false, code: 'turn-failed' });
  const restarting = lone.inspect('/user/a/alice');
  t.like(restarting, { lifecycle: 'running', restarts: 3, sequence: before.sequence });
  t.is(formatNotation(restarting.data), formatNotation(before.data));
  t.true(restarting.lastFault?.startsWith('division-by-zero'));
  lone.tell('/user/a/alice', '(Fail)');
  t.like(lone.inspect('/user/a/alice'), { lifecycle: 'failed' });
  t.like(lone.tell('/user/a/alice', '(Balance)'), { ok: false, code: 'actor-stopped' });
  t.true(lone.logs.some(({ event }) => event === 'actor-failed'));
});

test('faults that are far apart do not end an actor', (t) => {
  const lone = node();
  for (let at = 0; at < 8; at++) {
    lone.tell('/user/a/alice', '(Fail)');
    lone.pass(2000);
  }
  lone.pass(5000);
  t.is(lone.inspect('/user/a/alice').lifecycle, 'running');
});

test('a behaviour that never ends is stopped by its budget', (t) => {
  const lone = node();
  const result = lone.tell('/user/a/alice', '(Loop)');
  t.like(result, { ok: false, code: 'turn-failed' });
  t.regex((result as { message: string }).message, /turn-budget/);
  t.is(lone.reply('/user/a/alice', '(Deposit 1)'), 1);
});

test('why a turn failed is said once', (t) => {
  const lone = node();
  const message = (sent: string) => (lone.ask('/user/a/alice', sent) as { message: string }).message;
  t.regex(message('(Twice)'), /^The behaviour replied twice to one message/);
  t.regex(message('(Fail)'), /^division-by-zero: The divisor is 0/);
});

test('actors send to each other, exactly once and in order', (t) => {
  const lone = node();
  lone.spawn('/user/a/bob', 'account');
  for (let at = 0; at < 20; at++) lone.tell('/user/a/alice', `(Forward "/user/a/bob" ${at})`);
  lone.pass(1000);
  t.is(lone.reply('/user/a/bob', '(Balance)'), 190);
  t.is(lone.core.inspect.load().outbox, 0);
});

test('an actor asks another within a turn', (t) => {
  const lone = node();
  lone.spawn('/user/a/bob', 'account');
  lone.tell('/user/a/bob', '(Deposit 7)');
  t.is(lone.reply('/user/a/alice', '(Query "/user/a/bob")'), 7);
  t.is(lone.reply('/user/a/alice', '(Balance)'), 0);
});

test('an ask that cannot be answered fails the turn that asked', (t) => {
  const lone = node();
  t.like(lone.ask('/user/a/alice', '(Query "/user/a/nobody")'), { ok: false, code: 'ask-failed' });
  t.is(lone.core.inspect.load().outbox, 0);
  t.is(lone.reply('/user/a/alice', '(Balance)'), 0, 'the actor goes on');
});

test('an ask waits while its own actor takes no other message', (t) => {
  const lone = node();
  lone.spawn('/user/a/bob', 'account');
  const query = lone.begin({
    op: 'ask',
    path: '/user/a/alice' as never,
    id: 'q',
    message: LoneNode.message('(Query "/user/a/bob")'),
  });
  const deposit = lone.begin({
    op: 'ask',
    path: '/user/a/alice' as never,
    id: 'd',
    message: LoneNode.message('(Deposit 3)'),
  });
  lone.pass(1000);
  t.like(lone.result(query), { ok: true });
  t.like(lone.result(deposit), { ok: true });
  t.true(
    (lone.result(query) as never as { value: { sequence: number } }).value.sequence <
      (lone.result(deposit) as never as { value: { sequence: number } }).value.sequence,
  );
});

test('a child lives below its parent', (t) => {
  const lone = node();
  t.is(lone.reply('/user/a/alice', '(Child)'), '/user/a/alice/child');
  lone.pass(500);
  t.is(lone.reply('/user/a/alice/child', '(Deposit 2)'), 2);
});

test('an actor stops itself, and is not to be stopped twice', (t) => {
  const lone = node();
  t.like(lone.tell('/user/a/alice', '(Stop)'), { ok: true });
  t.is(lone.inspect('/user/a/alice').lifecycle, 'stopped');
  t.like(lone.request({ op: 'stop', path: '/user/a/alice' as never, id: 's' }), {
    ok: false,
    code: 'actor-stopped',
  });
});

test('refusals name what was wrong', (t) => {
  const lone = node();
  t.like(lone.tell('/user/a/nobody', '(Balance)'), { ok: false, code: 'no-such-actor' });
  t.like(lone.tell('/user/a/alice', '(Nothing)'), { ok: false, code: 'bad-message' });
  t.like(lone.tell('/user/a/alice', '(Deposit "five")'), { ok: false, code: 'bad-message' });
  t.like(lone.ask('/user/a/alice', '(Quiet)'), { ok: false, code: 'no-reply' });
  t.like(lone.spawn('/user/a/alice', 'account'), { ok: false, code: 'actor-exists' });
  t.like(lone.spawn('/user/a/x', 'account', 'durable', { hash: 'ff' }), {
    ok: false,
    code: 'no-such-module',
  });
  t.like(lone.spawn('/user/a/x', 'no-word'), { ok: false, code: 'no-such-module' });
});

test('fields by name become fields by position, as JSON sends them', (t) => {
  const lone = node();
  t.is(lone.reply('/user/a/alice', '{"Deposit" {"amount" 5}}'), 5);
  t.like(lone.tell('/user/a/alice', '{"Deposit" {"sum" 5}}'), { ok: false, code: 'bad-message' });
});

test('a volatile actor keeps nothing in the journal', (t) => {
  const lone = node();
  lone.spawn('/user/a/fast', 'account', 'volatile');
  t.like(lone.ask('/user/a/fast', '(Deposit 4)'), { ok: true, value: { mode: 'volatile' } });
  t.like(lone.ask('/user/a/fast', '(Quiet)'), {
    ok: false,
    code: 'no-reply',
    message: '/user/a/fast handled the message and gave no reply.',
  });
  t.is(lone.reply('/user/a/fast', '(Balance)'), 4);
  t.is(lone.inspect('/user/a/fast').sequence, 1);
});

test('a durable actor asks a volatile one', (t) => {
  const lone = node();
  lone.spawn('/user/a/fast', 'account', 'volatile');
  for (const balance of [7, 14]) {
    lone.tell('/user/a/fast', '(Deposit 7)');
    t.is(lone.reply('/user/a/alice', '(Query "/user/a/fast")'), balance);
  }
  t.is(lone.inspect('/user/a/fast').sequence, 1, 'nothing of it is journaled but its birth');
  t.is(lone.core.inspect.load().outbox, 0);
});

test('a volatile actor stops itself, takes another behaviour, and cannot stop others', (t) => {
  const lone = new LoneNode();
  lone.deploy(`
    union Msg { Stop Change Kill { other: String } Which }
    : first ( Map Msg -- Map )
      match
        Stop -> actor.self actor.stop 9 actor.reply
        Change -> [ second ] actor.become
        Kill { >other } -> actor.stop
        Which -> 1 actor.reply
      end ;
    : second ( Map Msg -- Map ) match Stop -> Change -> Kill { >other } -> drop Which -> 2 actor.reply end ;
  `);
  for (const name of ['x', 'y']) lone.spawn(`/user/a/${name}`, 'first', 'volatile');
  t.is(lone.reply('/user/a/x', '(Which)'), 1);
  t.like(lone.tell('/user/a/x', '(Change)'), { ok: true });
  t.is(lone.reply('/user/a/x', '(Which)'), 2);
  t.like(lone.tell('/user/a/y', '(Kill "/user/a/x")'), { ok: false, code: 'turn-failed' });
  t.is(lone.reply('/user/a/x', '(Which)'), 2);
  t.is(lone.reply('/user/a/y', '(Stop)'), 9);
  t.like(lone.tell('/user/a/y', '(Which)'), { ok: false, code: 'actor-stopped' });
  t.is(lone.inspect('/user/a/y').lifecycle, 'stopped');
});

test('volatile messages come in order, and one that nobody can take is a dead letter', (t) => {
  const lone = new LoneNode();
  lone.deploy(`
    union Msg { Note { number: Int } Burst { to: String, count: Int } Seen }
    : notes ( Map -- List ) "seen" map.get [ ] [ drop list.make ] if ;
    : send-many ( String Int Int -- )
      2dup i.> [ 2 pick over Make-Note actor.send 1 i.+ send-many ] [ 2drop drop ] if ;
    : worker ( Map Msg -- Map )
      match
        Note { >number } -> >aux dup notes aux> list.push "seen" swap map.set
        Burst { >to >count } -> 0 send-many
        Seen -> dup notes actor.reply
      end ;
  `);
  lone.spawn('/user/a/x', 'worker', 'volatile');
  lone.spawn('/user/b/y', 'worker', 'volatile');
  lone.spawn('/user/b/z', 'worker');
  const numbers = `[${Array.from({ length: 50 }, (_, at) => at).join(' ')}]`;
  lone.tell('/user/a/x', '(Burst "/user/b/y" 50)');
  t.is(formatNotation(lone.reply('/user/b/y', '(Seen)')), numbers);
  lone.tell('/user/a/x', '(Burst "/user/b/z" 50)');
  t.is(formatNotation(lone.reply('/user/b/z', '(Seen)')), numbers, 'a durable actor takes them, too');
  const before = lone.core.inspect.counters['dead-letters'];
  t.like(lone.tell('/user/a/x', '(Burst "/user/b/nobody" 3)'), { ok: true });
  lone.pass(100);
  t.is(lone.core.inspect.counters['dead-letters'], before + 3);
});

test('what is stored is enough to go on from, across snapshots', (t) => {
  const lone = node();
  for (let at = 1; at <= 25; at++) lone.tell('/user/a/alice', `(Deposit ${at})`);
  t.like(lone.inspect('/user/a/alice'), { sequence: 26 });
  t.is(formatNotation(lone.inspect('/user/a/alice').data), '{"balance" 325}');
});

test('actors are listed by prefix, in path order', (t) => {
  const lone = node();
  for (const name of ['zoe', 'bob', 'carl']) lone.spawn(`/user/a/${name}`, 'account');
  lone.spawn('/other/x', 'account');
  const list = (prefix: string, after = '', limit = 10) => {
    const result = lone.request({ op: 'actors', prefix, after, limit });
    return result.ok ? (result.value as ActorPage).actors.map(({ path }) => path) : [];
  };
  t.deepEqual(list('/user/'), ['/user/a/alice', '/user/a/bob', '/user/a/carl', '/user/a/zoe']);
  t.deepEqual(list('/user/', '/user/a/bob', 1), ['/user/a/carl']);
  t.deepEqual(list('/nothing'), []);
});

test('a reply names the fields of its variants, as the program of the actor declares them', (t) => {
  const lone = new LoneNode();
  lone.deploy(`
    union Reply { Balanced { balance: Int } Pair { first: Reply, second: Reply } Empty }
    union Msg { Ask List Number Foreign { value: Msg } }
    : teller ( Map Msg -- Map )
      match
        Ask -> 7 Make-Balanced Make-Empty Make-Pair actor.reply
        List -> list.make 1 Make-Balanced list.push 2 Make-Balanced list.push actor.reply
        Number -> 5 actor.reply
        Foreign { >value } -> actor.reply
      end ;`);
  lone.spawn('/user/a/teller', 'teller');
  const fields = (message: string) => {
    const result = lone.ask('/user/a/teller', message);
    return result.ok ? { ...(result.value as { fields?: object }).fields } : result.message;
  };
  t.deepEqual(fields('(Ask)'), { Pair: ['first', 'second'], Balanced: ['balance'], Empty: [] });
  t.deepEqual(fields('(List)'), { Balanced: ['balance'] });
  t.deepEqual(fields('(Number)'), {});
  t.deepEqual(fields('(Foreign (Number))'), { Number: [] });
});
