// Messages that an actor puts aside, on a node by itself: when they are handled, who is answered, and what
// becomes of them whatever becomes of their actor and of the process.
import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import { parseKey } from '../journal/keys.ts';
import { LoneNode } from './testing/lone-node.ts';
import type { CoreLimits } from './types.ts';

const PROGRAM = `
union Msg {
  Put { id: Int }
  Get { id: Int }
  Open
  Knock
  Later { id: Int }
  Seen
  Poison
  Both { id: Int }
  Twice
  Query { whom: String, id: Int }
  Back { whom: String }
}
: seen ( Map -- List ) "seen" map.get [ ] [ drop list.make ] if ;
: add ( Map Int -- Map ) over seen swap list.push "seen" swap map.set ;
: open? ( Map -- Map Bool ) dup "open" map.get [ ] [ drop false ] if ;
: gate ( Map Msg -- Map )
  match
    Put { >id } -> swap open? [ swap add ] [ actor.stash nip ] if
    Get { >id } -> swap open? [ swap dup actor.reply add ] [ actor-stash nip ] if
    Open -> "open" true map.set actor.unstash-all
    Knock -> actor.unstash-all
    Later { >id } -> dup Make-Put actor.self swap 300 actor.send-after drop drop actor.stash
    Seen -> dup seen actor.reply
    Poison -> open? [ 1 0 divide drop ] [ actor.stash ] if
    Both { >id } -> actor.stash actor.reply
    Twice -> actor.stash actor.stash
    Query { >whom >id } -> Make-Get actor.ask actor.reply
    Back { >whom } -> Make-Seen actor.ask drop
  end ;
`;
const GATE = '/user/a/gate';
const OTHER = '/user/b/other';

function node(limits: Partial<CoreLimits> = {}): LoneNode {
  const lone = new LoneNode(4, { askTimeoutMs: 60_000, ...limits });
  lone.deploy(PROGRAM);
  lone.spawn(GATE, 'gate');
  lone.spawn(OTHER, 'gate');
  return lone;
}

const seen = (lone: LoneNode) => formatNotation(lone.reply(GATE, '(Seen)'));
const stashRows = (lone: LoneNode) => lone.rows().filter(([key]) => parseKey(key).kind === 'stash').length;

test('what is stashed is handled in order, before what waits in the mailbox, and leaves nothing', (t) => {
  const lone = node();
  for (const id of [1, 2, 3]) t.true(lone.tell(GATE, `(Put ${id})`).ok);
  t.is(seen(lone), '[]');
  t.is(lone.inspect(GATE).stashed, 3);
  t.is(stashRows(lone), 3);
  t.deepEqual(lone.verify(), []);
  // All three at once: the order to open, and a message behind it.
  for (const [at, message] of ['(Open)', '(Put 4)'].entries())
    lone.submit({ op: 'tell', path: GATE as never, message: LoneNode.message(message), id: `late-${at}` });
  lone.pass(500);
  t.is(seen(lone), '[1 2 3 4]');
  t.is(lone.inspect(GATE).stashed, 0);
  t.is(stashRows(lone), 0);
  t.deepEqual(lone.verify(), []);
});

for (const how of ['the process ends', 'it is suspended', 'it is stopped', 'it is upgraded'] as const)
  test(`what is stashed stays where ${how}`, (t) => {
    const lone = node();
    for (const id of [1, 2, 3]) lone.tell(GATE, `(Put ${id})`);
    if (how === 'the process ends') lone.restart();
    else if (how === 'it is suspended') lone.suspend(GATE);
    else if (how === 'it is stopped') lone.stop(GATE);
    else {
      lone.deploy(PROGRAM, 'bb');
      t.true(lone.upgrade(GATE, 'bb').ok);
    }
    lone.restart();
    t.is(lone.inspect(GATE).stashed, 3);
    lone.resume(GATE);
    lone.tell(GATE, '(Open)');
    t.is(seen(lone), '[1 2 3]');
    t.is(stashRows(lone), 0);
  });

test('what was asked for is handled by itself after the process has ended', (t) => {
  const lone = node({ sliceReductions: 100 });
  for (const id of [1, 2, 3]) lone.tell(GATE, `(Put ${id})`);
  lone.submit({ op: 'tell', path: GATE as never, message: LoneNode.message('(Open)'), id: 'open' });
  lone.slice();
  t.true(stashRows(lone) > 0, 'the process ends before the last is handled');
  lone.restart();
  lone.pass(500);
  t.is(stashRows(lone), 0, 'nobody said anything to it');
  t.is(seen(lone), '[1 2 3]');
});

test("an actor's ask that is stashed is answered once it is handled", (t) => {
  const lone = node();
  const id = lone.begin({
    op: 'ask',
    path: OTHER as never,
    message: LoneNode.message(`(Query "${GATE}" 7)`),
    id: 'q',
  });
  lone.pass(1000);
  t.is(lone.inspect(GATE).stashed, 1);
  t.is(lone.result(id), undefined);
  lone.restart();
  lone.tell(GATE, '(Open)');
  t.is(formatNotation(lone.reply(OTHER, `(Query "${GATE}" 7)`, 'q')), '7');
  t.is(seen(lone), '[7]');
});

test("a client's ask that is stashed is answered once it is handled, also where it is sent again", (t) => {
  const lone = node();
  const message = LoneNode.message('(Get 7)');
  const first = lone.begin({ op: 'ask', path: GATE as never, message, id: 'g' });
  lone.pass(1000);
  t.is(lone.result(first), undefined);
  lone.restart();
  const second = lone.begin({ op: 'ask', path: GATE as never, message, id: 'g' });
  lone.pass(500);
  t.is(lone.result(second), undefined);
  t.is(lone.inspect(GATE).stashed, 1);
  t.like(lone.tell(GATE, '(Get 8)', 'g'), { ok: false, code: 'id-reused' });
  lone.tell(GATE, '(Open)');
  lone.pass(100);
  t.like(lone.result(second), { ok: true, value: { reply: 7 } });
  t.is(seen(lone), '[7]');
  t.is(formatNotation(lone.reply(GATE, '(Get 7)', 'g')), '7');
  t.is(seen(lone), '[7]');
});

test('what is stashed again keeps its order, and does not come again before it is asked for', (t) => {
  const lone = node({ mailboxMessages: 2 });
  for (const id of [1, 2]) lone.tell(GATE, `(Put ${id})`);
  for (let at = 0; at < 3; at++) {
    t.true(lone.tell(GATE, '(Knock)').ok);
    t.is(lone.inspect(GATE).stashed, 2);
    t.is(stashRows(lone), 2);
  }
  lone.tell(GATE, '(Open)');
  t.is(seen(lone), '[1 2]');
});

test('a stash is bounded by messages and by bytes, and a turn that finds it full fails', (t) => {
  const lone = node({ mailboxMessages: 2 });
  for (const id of [1, 2]) t.true(lone.tell(GATE, `(Put ${id})`).ok);
  const refused = lone.tell(GATE, '(Put 3)');
  t.like(refused, { ok: false, code: 'turn-failed' });
  t.regex(
    (refused as { message: string }).message,
    /^stash-full: The stash of \/user\/a\/gate holds 2 messages/,
  );
  lone.tell(GATE, '(Open)');
  t.is(seen(lone), '[1 2]');
  const small = node({ mailboxBytes: 30 });
  t.true(small.tell(GATE, '(Put 1)').ok);
  t.like(small.tell(GATE, '(Put 2)'), { ok: false, code: 'turn-failed' });
});

test('a stashed message that fails is gone, and who waits for it is told', (t) => {
  const lone = node();
  lone.tell(GATE, '(Poison)');
  const id = lone.begin({ op: 'ask', path: GATE as never, message: LoneNode.message('(Poison)'), id: 'p' });
  lone.tell(GATE, '(Put 5)');
  lone.tell(GATE, '(Open)');
  lone.pass(100);
  t.like(lone.result(id), { ok: false, code: 'turn-failed' });
  t.is(seen(lone), '[5]');
  t.is(stashRows(lone), 0);
  const letters = lone.deadLetters(GATE);
  t.deepEqual(
    letters.map(({ sender, receiver, code }) => [sender, receiver, code]),
    [[`${GATE}#stash`, GATE, 'turn-failed']],
  );
});

test('a message that the upgraded program does not take is refused, and its asker is told', (t) => {
  const lone = node();
  lone.begin({ op: 'ask', path: OTHER as never, message: LoneNode.message(`(Query "${GATE}" 7)`), id: 'q' });
  lone.pass(500);
  lone.deploy('union Msg { Open } : gate ( Map Msg -- Map ) match Open -> actor.unstash-all end ;', 'cc');
  lone.upgrade(GATE, 'cc');
  lone.tell(GATE, '(Open)');
  t.like(lone.ask(OTHER, `(Query "${GATE}" 7)`, 'q'), { ok: false, code: 'ask-failed' });
  t.is(stashRows(lone), 0);
});

test('a purge and a new life give the stash up', (t) => {
  for (const how of ['purge', 'new life']) {
    const lone = node();
    lone.tell(GATE, '(Put 1)');
    const id = lone.begin({ op: 'ask', path: GATE as never, message: LoneNode.message('(Get 2)'), id: 'g' });
    if (how === 'purge') lone.purge(GATE, { force: true });
    else lone.stop(GATE);
    lone.spawn(GATE, 'gate', 'durable', { newLife: true });
    t.is(stashRows(lone), 0, how);
    t.like(lone.result(id), { ok: false, code: 'actor-stopped' }, how);
    t.is(lone.inspect(GATE).stashed, 0);
    lone.tell(GATE, '(Open)');
    t.is(seen(lone), '[]');
    t.deepEqual(lone.verify(), []);
  }
});

test('who waits for a stashed message is not asked in turn: that would be a circle', (t) => {
  const lone = node();
  const id = lone.begin({
    op: 'ask',
    path: OTHER as never,
    message: LoneNode.message(`(Query "${GATE}" 7)`),
    id: 'q',
  });
  lone.pass(500);
  t.is(lone.result(id), undefined);
  t.like(lone.tell(GATE, `(Back "${OTHER}")`), { ok: false, code: 'ask-cycle' });
  lone.tell(GATE, '(Open)');
  lone.pass(500);
  t.like(lone.result(id), { ok: true, value: { reply: 7 } });
});

test('one message is stashed once, and not answered', (t) => {
  const lone = node();
  t.like(lone.tell(GATE, '(Twice)'), { ok: false, code: 'turn-failed' });
  t.like(lone.ask(GATE, '(Both 1)'), { ok: false, code: 'turn-failed' });
  lone.spawn('/user/v', 'gate', 'volatile');
  t.like(lone.tell('/user/v', '(Put 1)'), { ok: false, code: 'turn-failed' });
  t.is(stashRows(lone), 0);
});

test('a turn may stash its message and set a timer', (t) => {
  const lone = node();
  lone.tell(GATE, '(Later 4)');
  t.is(stashRows(lone), 1);
  lone.restart();
  lone.pass(1000);
  t.is(lone.inspect(GATE).stashed, 2, 'the timer has fired, and its message is stashed as well');
  lone.tell(GATE, '(Open)');
  lone.pass(1000);
  t.deepEqual(lone.verify(), []);
});
