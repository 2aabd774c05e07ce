// Mailboxes and outboxes that are full, on a node by itself: who waits for whom, and what goes on.
import test from 'ava';
import fc from 'fast-check';
import { formatNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { OVERDRAFT } from '../runtime/shard/back-pressure.ts';
import type { Doing } from './requests/results.ts';
import { LoneNode } from './testing/lone-node.ts';
import type { CoreLimits } from './types.ts';

const PROGRAM = `
union Msg {
  Take { number: Int }
  Text { text: String }
  Burst { to: String, from: Int, count: Int }
  Answered { number: Int, back: String }
  Bounce { to: String, left: Int }
  Grow { to: String }
  Ask { whom: String }
  Flood { to: String, count: Int }
  Look { whom: String }
  Drive { from: Int, count: Int }
  Relay { number: Int }
  Hold { whom: String }
  Count
  Last
  Terminated { path: String, reason: Symbol }
}
: number ( Map String -- Int ) map.get [ ] [ drop 0 ] if ;
: counted ( Map -- Map ) dup "taken" number 1 i.add "taken" swap map.set ;
# ( state from count ) lets the sink send the numbers from, from + 1, … on
: drive ( Map Int Int -- Map )
  dup 0 i.> [
    1 i.subtract >aux
    "/user/b/sink" over Make-Relay actor.send
    1 i.add aux> drive
  ] [ 2drop ] if ;
# ( state to from count ) sends the numbers from, from + 1, …
: burst ( Map String Int Int -- Map )
  dup 0 i.> [
    1 i.subtract >aux
    over over Make-Take actor.send
    1 i.add aux> burst
  ] [ drop 2drop ] if ;
: in-order ( Map Int -- Map )
  over "taken" number 1 i.add over i.= [ ] [ swap "wrong" over "wrong" number 1 i.add map.set swap ] if
  drop counted ;
: sink ( Map Msg -- Map )
  match
    Take { >number } -> in-order
    Text { >text } -> drop counted
    Burst { >to >from >count } -> burst
    Answered { >number >back } -> 2drop
    Bounce { >to >left } -> bounce
    Grow { >to } -> dup dup Make-Grow actor.send dup Make-Grow actor.send
    Ask { >whom } -> actor.self 150 Make-Flood actor.ask drop counted
    Flood { >to >count } -> 1 swap burst 7 actor.reply
    Look { >whom } -> actor.watch
    Drive { >from >count } -> drive
    Relay { >number } -> "/user/c/other" swap Make-Take actor.send counted
    Hold { >whom } -> Make-Count actor.ask drop
    Count -> dup "taken" number actor.reply
    Last -> dup "wrong" number actor.reply
    Terminated { >path >reason } -> 2drop "told" true map.set
  end ;
: bounce ( Map String Int -- Map )
  dup 0 i.> [ 1 i.subtract actor.self swap Make-Bounce actor.send ] [ 2drop ] if counted ;
`;
const [SOURCE, SINK, OTHER] = ['/user/a/source', '/user/b/sink', '/user/c/other'];
const TINY = { mailboxMessages: 4, outboxWaiting: 4, askTimeoutMs: 60_000 };

function node(limits: Partial<CoreLimits> = TINY): LoneNode {
  const lone = new LoneNode(4, limits);
  lone.deploy(PROGRAM);
  for (const path of [SOURCE, SINK, OTHER]) lone.spawn(path, 'sink');
  return lone;
}

function doing(lone: LoneNode, path: string): Doing {
  const result = lone.request({ op: 'why', path: parsePath(path) });
  if (!result.ok) throw new Error(result.message);
  return result.value as Doing;
}

const taken = (lone: LoneNode, path = SINK) => Number(lone.reply(path, '(Count)'));
const begin = (lone: LoneNode, path: string, message: string, id: string) =>
  lone.begin({ op: 'tell', path: parsePath(path), message: LoneNode.message(message), id });

test('what a full receiver does not take waits at its sender, in order, and is taken when there is room', (t) => {
  const lone = node();
  lone.tell(SOURCE, `(Burst "${SINK}" 1 90)`);
  lone.pass(5000);
  t.is(taken(lone), 90);
  t.is(formatNotation(lone.reply(SINK, '(Last)')), '0');
  t.is(lone.core.inspect.load().outbox, 0);
  t.deepEqual(lone.deadLetters(SOURCE), []);
  t.true(lone.core.inspect.counters.overloaded > 0, 'there was not always room');
});

test('an actor whose outbox is full waits, and so do its clients; all goes on when its receiver does', (t) => {
  const lone = node();
  lone.suspend(SINK);
  lone.tell(SOURCE, `(Burst "${SINK}" 1 6)`);
  lone.pass(500);
  t.true(doing(lone, SOURCE).paused);
  t.deepEqual(doing(lone, SOURCE).outboxes, [{ receiver: SINK, messages: 6, putOff: 'actor-suspended' }]);
  t.is(lone.core.inspect.load().paused, 1);
  const waiting = [0, 1, 2, 3].map((at) =>
    begin(lone, SOURCE, `(Burst "${SINK}" ${7 + at} 1)`, `more-${at}`),
  );
  lone.pass(1000);
  t.deepEqual(
    waiting.map((id) => lone.result(id)),
    [undefined, undefined, undefined, undefined],
  );
  t.like(lone.tell(SOURCE, '(Take 1)', 'late'), { ok: false, code: 'overloaded' });
  t.is(doing(lone, SOURCE).sequence, 2, 'it handled nothing');
  // An operator is not put off, and neither is whoever inspects.
  t.true(lone.stop(OTHER).ok);
  lone.resume(SINK);
  lone.pass(5000);
  t.true(waiting.every((id) => lone.result(id)?.ok));
  t.is(taken(lone), 10);
  t.is(formatNotation(lone.reply(SINK, '(Last)')), '0');
  t.false(doing(lone, SOURCE).paused);
});

test('three in a chain wait for each other when each mailbox is full, and nothing is lost when it is emptied', (t) => {
  const lone = node({ ...TINY, askTimeoutMs: 600_000 });
  const last = '/user/d/last';
  lone.spawn(last, 'sink');
  lone.suspend(last);
  begin(lone, OTHER, `(Hold "${last}")`, 'hold');
  t.true(lone.tell(SOURCE, '(Drive 1 40)').ok);
  lone.pass(60_000);
  // The one in the middle is waited for, so it went on now and then (B4), until it had sent all that it may.
  t.like(doing(lone, SOURCE), { paused: true, outboxes: [{ receiver: SINK, putOff: 'overloaded' }] });
  t.like(doing(lone, SINK), { paused: true, outboxes: [{ receiver: OTHER, messages: 4 * OVERDRAFT }] });
  t.deepEqual(
    [SINK, OTHER].map((path) => doing(lone, path).mailbox),
    [4, 4],
  );
  t.deepEqual(doing(lone, SINK).senders, { count: 1, first: [SOURCE] });
  t.deepEqual(doing(lone, OTHER).senders, { count: 1, first: [SINK] });
  const waiting = [0, 1, 2, 3].map((at) => begin(lone, SOURCE, `(Drive ${41 + at} 1)`, `more-${at}`));
  t.like(lone.tell(SOURCE, '(Drive 45 1)', 'late'), { ok: false, code: 'overloaded' });
  t.deepEqual(
    waiting.map((id) => lone.result(id)),
    [undefined, undefined, undefined, undefined],
  );
  lone.resume(last);
  lone.pass(20_000);
  t.true(waiting.every((id) => lone.result(id)?.ok));
  t.is(taken(lone, OTHER), 44);
  t.is(formatNotation(lone.reply(OTHER, '(Last)')), '0', 'in order');
  t.like(lone.core.inspect.load(), { outbox: 0, paused: 0 });
  t.deepEqual(lone.deadLetters(SOURCE), []);
  t.deepEqual(lone.deadLetters(SINK), []);
});

test('two actors whose outboxes are full of what the other has in its mailbox both go on', (t) => {
  const lone = node({ ...TINY, mailboxMessages: 20 });
  lone.suspend(SINK);
  lone.tell(SOURCE, `(Burst "${SINK}" 1 4)`);
  lone.resume(SINK);
  begin(lone, SINK, `(Burst "${SOURCE}" 1 4)`, 'back');
  lone.pass(500);
  t.deepEqual(
    [SOURCE, SINK].map((path) => doing(lone, path).paused),
    [true, true],
  );
  lone.pass(10_000);
  t.like(lone.core.inspect.load(), { outbox: 0, paused: 0 });
  t.deepEqual([taken(lone, SOURCE), taken(lone, SINK)], [4, 4]);
});

test('who waits for room in a full mailbox is told with its receiver', (t) => {
  const lone = node();
  lone.suspend(OTHER);
  begin(lone, SINK, `(Ask "${OTHER}")`, 'ask');
  for (let at = 0; at < 4; at++) begin(lone, SINK, '(Text "x")', `fill-${at}`);
  t.deepEqual(doing(lone, SINK).senders, { count: 0, first: [] });
  lone.tell(SOURCE, `(Burst "${SINK}" 1 2)`);
  lone.pass(500);
  t.deepEqual(doing(lone, SINK).senders, { count: 1, first: [SOURCE] });
  lone.resume(OTHER);
  lone.pass(5000);
  t.deepEqual(doing(lone, SINK).senders, { count: 0, first: [] });
});

test('an answer does not wait behind messages that are put off', (t) => {
  const lone = node({ ...TINY, outboxMessages: 200 });
  lone.tell(SINK, `(Ask "${SOURCE}")`);
  lone.pass(5000);
  // 150 messages are on their way to it before the answer, and it takes four.
  t.is(taken(lone), 151);
});

test('what the node says between actors finds room in a full mailbox', (t) => {
  const lone = node();
  lone.suspend(OTHER);
  begin(lone, SINK, `(Ask "${OTHER}")`, 'ask');
  for (let at = 0; at < 4; at++) begin(lone, SINK, '(Text "x")', `fill-${at}`);
  t.like(lone.tell(SINK, '(Text "x")', 'over'), { ok: false, code: 'overloaded' });
  lone.tell(SOURCE, `(Look "${SINK}")`);
  lone.pass(3000);
  t.like(doing(lone, SOURCE).outboxes, [{ receiver: SINK, putOff: null }]);
  t.is(doing(lone, SINK).mailbox, 5);
});

test('a mailbox is bounded by bytes, and takes one message however large', (t) => {
  const lone = node({ mailboxBytes: 1000, askTimeoutMs: 60_000 });
  lone.suspend(OTHER);
  begin(lone, SINK, `(Ask "${OTHER}")`, 'ask');
  begin(lone, SINK, `(Text "${'x'.repeat(3000)}")`, 'large');
  t.like(lone.tell(SINK, '(Text "x")', 'over'), { ok: false, code: 'overloaded' });
  lone.resume(OTHER);
  lone.pass(5000);
  t.true(lone.tell(SINK, '(Text "x")', 'after').ok);
});

test('two actors that send to each other with tiny limits come to an end', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 12 })), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(1, 2, 4),
      fc.constantFrom(1, 2, 4),
      (starts, mailboxMessages, outboxWaiting) => {
        const lone = node({ mailboxMessages, outboxWaiting, askTimeoutMs: 60_000 });
        // Each has sent the other more than both have room for before either has taken any.
        const bursts = 20;
        for (const [from, to] of [
          [SOURCE, SINK],
          [SINK, SOURCE],
        ] as const)
          lone.submit({
            op: 'tell',
            path: parsePath(from),
            message: LoneNode.message(`(Burst "${to}" 1 ${bursts})`),
            id: 'burst',
          });
        lone.pass(5000);
        t.is(lone.core.inspect.load().paused, 0);
        let expected = 2 * bursts;
        for (const [at, [here, left]] of starts.entries()) {
          const [path, to] = here ? [SOURCE, SINK] : [SINK, SOURCE];
          for (let sent = false, attempt = 0; !sent && attempt < 50; attempt++) {
            const result = lone.tell(path, `(Bounce "${to}" ${left})`, `start-${at}-${attempt}`);
            sent = result.ok;
            if (!sent) lone.pass(500);
          }
          expected += left + 1;
        }
        lone.pass(20_000);
        t.is(taken(lone, SOURCE) + taken(lone, SINK), expected);
        t.is(lone.core.inspect.load().outbox, 0);
      },
    ),
    { numRuns: Number(process.env.FC_NUM_RUNS ?? 12) },
  );
});

test('an actor that sends more and more to itself fails, and is told why', (t) => {
  const lone = node({ mailboxMessages: 1000, outboxWaiting: 50, outboxMessages: 100 });
  lone.tell(SOURCE, `(Grow "${SOURCE}")`);
  lone.pass(5000);
  const { lifecycle, lastFault } = lone.inspect(SOURCE);
  t.is(lifecycle, 'failed');
  t.regex(lastFault ?? '', /^outbox-full: /);
});

test('a flooded actor does not slow its neighbour: each has its turns', (t) => {
  const lone = node({ mailboxMessages: 10_000, sliceReductions: 20_000 });
  for (let at = 0; at < 3000; at++)
    lone.submit({
      op: 'tell',
      path: parsePath(SINK),
      message: LoneNode.message('(Text "x")'),
      id: `flood-${at}`,
    });
  const ids = Array.from({ length: 10 }, (_, at) =>
    lone.submit({ op: 'tell', path: parsePath('/user/b/beside'), message: 1, id: `beside-${at}` }),
  );
  lone.slice();
  const answered = () => ids.filter((id) => lone.result(id) !== undefined).length;
  let slices = 1;
  for (; answered() < ids.length && slices < 100; slices++) lone.slice();
  // Nobody lives there, so what is counted is how soon that is said.
  t.is(answered(), ids.length);
  t.true(doing(lone, SINK).mailbox > 1000, `${slices} slices, and ${doing(lone, SINK).mailbox} still wait`);
});
