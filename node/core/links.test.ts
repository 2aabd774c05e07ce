// Links between actors, on a node by itself: who ends with whom.
import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg { Link { whom: String } Unlink { whom: String } Fail End Ping }
: tied ( Map Msg -- Map )
  match
    Link { >whom } -> actor.link
    Unlink { >whom } -> actor-unlink
    Fail -> 1 0 divide drop
    End -> actor.self actor.stop
    Ping -> 1 actor.reply
  end ;
`;
const TRAPS = `
union Msg { Link { whom: String } Told Terminated { path: String, reason: Symbol } }
: told ( Map -- List ) "told" map.get [ ] [ drop list.make ] if ;
: traps ( Map Msg -- Map )
  match
    Link { >whom } -> actor.link
    Told -> dup told actor.reply
    Terminated { >path >reason } -> >aux >aux dup told aux> list.push aux> list.push "told" swap map.set
  end ;
`;
const [A, B, C] = ['/user/a/one', '/user/b/two', '/user/c/three'];

function node(): LoneNode {
  const lone = new LoneNode(4);
  lone.deploy(PROGRAM);
  lone.deploy(TRAPS, 'bb');
  for (const path of [A, B, C]) lone.spawn(path, 'tied');
  return lone;
}

function link(lone: LoneNode, one: string, other: string): void {
  lone.tell(one, `(Link "${other}")`);
  lone.pass(500);
}

function fail(lone: LoneNode, path: string): void {
  for (let at = 0; at < 4; at++) lone.tell(path, '(Fail)');
  lone.pass(500);
}

const lives = (lone: LoneNode) => [A, B, C].map((path) => lone.inspect(path).lifecycle);

for (const [first, second] of [
  [A, B],
  [B, A],
] as const)
  test(`of two that are linked by ${A}, ${second} fails with ${first}`, (t) => {
    const lone = node();
    link(lone, A, B);
    t.like(lone.inspect(A), { watching: [B], watchers: 1 });
    t.like(lone.inspect(B), { watching: [A], watchers: 1 });
    lone.restart();
    fail(lone, first);
    t.deepEqual(lives(lone), ['failed', 'failed', 'running']);
    t.is(lone.inspect(second).lastFault, `linked: ${first} ended (failed), and this actor is linked to it.`);
    t.deepEqual(lone.verify(), []);
    // A link ends with either side: both go on, and are not linked any more.
    lone.resume(first);
    lone.resume(second);
    t.is(formatNotation(lone.reply(second, '(Ping)')), '1');
    t.like(lone.inspect(first), { watching: [], watchers: 0 });
    for (const path of [A, B])
      t.deepEqual(lone.deadLetters(path), [], 'nobody is told of what it does not watch');
    fail(lone, second);
    t.is(lone.inspect(first).lifecycle, 'running');
    t.is(lone.core.inspect.load().outbox, 0);
  });

for (const [who, whom] of [
  [A, B],
  [B, A],
] as const)
  test(`${who} fails as soon as it is linked to ${whom}: both do`, (t) => {
    const lone = node();
    const messages = [`(Link "${whom}")`, '(Fail)', '(Fail)', '(Fail)', '(Fail)'];
    for (const [at, message] of messages.entries())
      lone.submit({ op: 'tell', path: who as never, message: LoneNode.message(message), id: `m${at}` });
    lone.pass(500);
    t.deepEqual(lives(lone), ['failed', 'failed', 'running']);
    for (const path of [A, B]) t.like(lone.inspect(path), { watching: [], watchers: 0 });
    for (const path of [A, B]) lone.resume(path);
    lone.pass(500);
    t.deepEqual(lives(lone), ['running', 'running', 'running']);
    t.is(lone.core.inspect.load().outbox, 0);
  });

for (const end of ['stop', 'purge'] as const)
  test(`a link to one that ends at once by a ${end} is gone`, (t) => {
    const lone = node();
    lone.submit({ op: 'tell', path: A as never, message: LoneNode.message(`(Link "${B}")`), id: 'm' });
    if (end === 'stop') lone.submit({ op: 'stop', path: A as never, id: 'e' });
    else lone.submit({ op: 'purge', path: A as never, force: true, id: 'e' });
    lone.pass(500);
    t.like(lone.inspect(B), { lifecycle: 'running', watching: [], watchers: 0 });
    t.is(lone.core.inspect.load().outbox, 0);
  });

test('a chain of links fails from end to end, and a fault that is survived is no end', (t) => {
  const lone = node();
  link(lone, A, B);
  link(lone, B, C);
  lone.tell(A, '(Fail)');
  lone.pass(500);
  t.deepEqual(lives(lone), ['running', 'running', 'running']);
  fail(lone, C);
  t.deepEqual(lives(lone), ['failed', 'failed', 'failed']);
});

test('who stops in good order leaves the other alone', (t) => {
  const lone = node();
  link(lone, A, B);
  lone.tell(A, '(End)');
  lone.pass(500);
  t.deepEqual(lives(lone), ['stopped', 'running', 'running']);
  t.like(lone.inspect(B), { watching: [], watchers: 0 });
  link(lone, B, C);
  lone.purge(C, { force: true });
  lone.pass(500);
  t.is(lone.inspect(B).lifecycle, 'running');
});

for (const who of [A, B])
  test(`a link is taken back by ${who}, for both`, (t) => {
    const lone = node();
    link(lone, A, B);
    lone.tell(who, `(Unlink "${who === A ? B : A}")`);
    lone.pass(500);
    for (const path of [A, B]) t.like(lone.inspect(path), { watching: [], watchers: 0 });
    fail(lone, A);
    t.is(lone.inspect(B).lifecycle, 'running');
  });

test('linked by both at once, or twice, they are linked once', (t) => {
  const lone = node();
  lone.submit({ op: 'tell', path: A as never, message: LoneNode.message(`(Link "${B}")`), id: 'a' });
  lone.submit({ op: 'tell', path: B as never, message: LoneNode.message(`(Link "${A}")`), id: 'b' });
  lone.pass(500);
  link(lone, A, B);
  for (const path of [A, B]) t.is(lone.inspect(path).watchers, 1);
  lone.tell(A, `(Unlink "${B}")`);
  lone.pass(500);
  for (const path of [A, B]) t.like(lone.inspect(path), { watching: [], watchers: 0 });
});

test('who links to nobody, or to one that has failed, fails', (t) => {
  const lone = node();
  link(lone, A, '/user/nobody');
  t.is(lone.inspect(A).lifecycle, 'failed');
  fail(lone, B);
  link(lone, C, B);
  t.is(lone.inspect(C).lifecycle, 'failed');
});

test('an actor with Terminated in its messages is told, and goes on', (t) => {
  const lone = node();
  lone.spawn('/user/d/traps', 'traps', 'durable', { hash: 'bb' });
  const told = () => formatNotation(lone.reply('/user/d/traps', '(Told)'));
  link(lone, '/user/d/traps', A);
  fail(lone, A);
  t.is(told(), `["${A}" :failed]`);
  link(lone, B, '/user/d/traps');
  lone.stop(B);
  lone.pass(500);
  t.is(told(), `["${A}" :failed "${B}" :stopped]`);
  t.is(lone.inspect('/user/d/traps').lifecycle, 'running');
});

test('no actor is linked to itself, and a volatile one links to none', (t) => {
  const lone = node();
  t.like(lone.tell(A, `(Link "${A}")`), { ok: false, code: 'turn-failed' });
  lone.spawn('/user/v', 'tied', 'volatile');
  t.like(lone.tell('/user/v', `(Link "${A}")`), { ok: false, code: 'turn-failed' });
  link(lone, A, '/user/v');
  lone.restart();
  lone.reply('/user/v', '(Ping)');
  lone.pass(500);
  t.is(lone.inspect(A).lifecycle, 'failed', 'its life was lost');
});
