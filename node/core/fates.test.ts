// What becomes of a message, a spawn, a stop and an ask of an actor, by the state of the receiver: the table
// of docs/GUARANTEES.md.
import test from 'ava';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg {
  Put { amount: Int }
  Total
  Fail
  Silent
  Send { to: String, amount: Int }
  Burst { to: String, count: Int }
  Wrong { to: String }
  Harm { to: String }
  Spawn { to: String }
  End { to: String }
  Ask { to: String }
  Ask-Wrong { to: String }
  Ask-Fail { to: String }
  Ask-Silent { to: String }
  Try { to: String }
  Try-Put { to: String }
  Ask-On { to: String, by: String }
  Ask-On-On { to: String, by: String, first: String }
  Ask-Try { held: String, by: String }
  Try-Then { held: String, back: String }
}
union Wrong-Msg { Nothing-Of-The-Kind }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: burst ( String Int -- ) dup 0 i.> [ over 1 Make-Put actor.send 1 i.- burst ] [ 2drop ] if ;
: worker ( Map Msg -- Map )
  match
    Put { >amount } -> over total i.+ "total" swap map.set
    Total -> dup total actor.reply
    Fail -> 1 0 divide drop
    Silent ->
    Send { >to >amount } -> Make-Put actor.send
    Burst { >to >count } -> burst
    Wrong { >to } -> Make-Nothing-Of-The-Kind actor.send
    Harm { >to } -> Make-Fail actor.send
    Spawn { >to } -> [ worker ] actor.spawn-at drop
    End { >to } -> actor.stop
    Ask { >to } -> Make-Total actor.ask actor.reply
    Ask-Wrong { >to } -> Make-Nothing-Of-The-Kind actor.ask actor.reply
    Ask-Fail { >to } -> Make-Fail actor.ask actor.reply
    Ask-Silent { >to } -> Make-Silent actor.ask actor.reply
    Try-Put { >to } -> 7 Make-Put 1000 actor.try-ask [ drop :done ] [ drop :unknown ] if actor.reply
    Try { >to } -> Make-Total 1000 actor.try-ask [ actor.reply ] [ drop "no answer" actor.reply ] if
    Ask-On-On { >to >by >first } -> >aux Make-Ask-On aux> swap actor.ask actor.reply
    Ask-Try { >held >by } -> >aux actor.self Make-Try-Then aux> swap actor.ask actor.reply
    Try-Then { >held >back } -> >aux Make-Total 1000 actor.try-ask 2drop aux> Make-Total actor.ask actor.reply
    Ask-On { >to >by } -> >aux Make-Ask aux> swap actor.ask actor.reply
  end ;
`;
const SENDER = '/user/a/sender';
const RECEIVER = '/user/b/receiver';
const NOBODY = '/user/c/nobody';

function node(): LoneNode {
  const lone = new LoneNode(4, { mailboxMessages: 5, askTimeoutMs: 2000 });
  lone.deploy(PROGRAM);
  lone.spawn(SENDER, 'worker');
  lone.spawn(RECEIVER, 'worker');
  return lone;
}

/** An actor whose stored data cannot be read: who asks it waits until the time of the ask is up. */
function holdActor(lone: LoneNode): string {
  const held = '/user/d/held';
  lone.spawn(held, 'worker');
  lone.damage(lone.keyOf(held, (keys, path) => keys.head(path)));
  lone.restart();
  return held;
}

const endings: readonly (readonly [name: string, code: string, end: (lone: LoneNode) => void])[] = [
  ['is stopped', 'actor-stopped', (lone) => lone.stop(RECEIVER)],
  [
    'has failed',
    'actor-stopped',
    (lone) => {
      for (let at = 0; at < 4; at++) lone.tell(RECEIVER, '(Fail)');
    },
  ],
];

/** The sender's turn is kept, and what it sent is counted and logged as a dead letter, with its reason. */
function isDeadLetter(lone: LoneNode, message: string): string[] {
  const before = lone.core.inspect.counters['dead-letters'];
  const told = lone.tell(SENDER, message);
  if (!told.ok) return [told.code];
  lone.pass(500);
  if (lone.core.inspect.load().outbox !== 0) return ['it waits'];
  const codes = lone.logs
    .filter(({ event }) => event === 'dead-letter')
    .map(({ fields }) => `${fields.code}`);
  return codes.slice(codes.length - (lone.core.inspect.counters['dead-letters'] - before));
}

test('what is sent to nobody is a dead letter', (t) => {
  const lone = node();
  t.deepEqual(isDeadLetter(lone, `(Send "${NOBODY}" 1)`), ['no-such-actor']);
  t.deepEqual(isDeadLetter(lone, `(End "${NOBODY}")`), ['no-such-actor']);
  lone.spawn(NOBODY, 'worker');
  lone.pass(500);
  t.is(lone.reply(NOBODY, '(Total)'), 0, 'who is born later does not get it');
});

for (const [how, code, end] of endings)
  test(`what is sent to an actor that ${how} is a dead letter, also after it was resumed`, (t) => {
    const lone = node();
    end(lone);
    t.deepEqual(isDeadLetter(lone, `(Send "${RECEIVER}" 1)`), [code]);
    t.deepEqual(isDeadLetter(lone, `(End "${RECEIVER}")`), [code]);
    t.deepEqual(isDeadLetter(lone, `(Spawn "${RECEIVER}")`), ['actor-ended']);
    lone.resume(RECEIVER);
    lone.pass(500);
    t.is(lone.reply(RECEIVER, '(Total)'), 0);
    t.like(lone.tell(SENDER, `(Send "${RECEIVER}" 1)`), { ok: true });
    t.is(lone.reply(RECEIVER, '(Total)'), 1);
  });

test('what the receiver does not take, and what it fails of, is a dead letter', (t) => {
  const lone = node();
  t.deepEqual(isDeadLetter(lone, `(Wrong "${RECEIVER}")`), ['bad-message']);
  t.deepEqual(isDeadLetter(lone, `(Spawn "${RECEIVER}")`), ['actor-exists']);
  t.deepEqual(isDeadLetter(lone, `(Harm "${RECEIVER}")`), ['turn-failed']);
  t.like(lone.inspect(RECEIVER), { restarts: 1, lifecycle: 'running' });
});

test('what finds the mailbox full waits, and arrives once and in order', (t) => {
  const lone = node();
  t.like(lone.tell(SENDER, `(Burst "${RECEIVER}" 40)`), { ok: true });
  lone.pass(20_000);
  t.is(lone.reply(RECEIVER, '(Total)'), 40);
  t.is(lone.core.inspect.counters['dead-letters'], 0);
});

const asks: readonly (readonly [message: string, reason: RegExp, prepare?: (lone: LoneNode) => void])[] = [
  [`(Ask "${NOBODY}")`, /no-such-actor/],
  [`(Ask "${RECEIVER}")`, /actor-stopped: .* is stopped/, (lone) => lone.stop(RECEIVER)],
  [`(Ask-Wrong "${RECEIVER}")`, /bad-message/],
  [`(Ask-Fail "${RECEIVER}")`, /turn-failed: division-by-zero/],
  [`(Ask-Silent "${RECEIVER}")`, /no-reply/],
  ['(Ask "no path /")', /bad-path/],
];

for (const [message, reason, prepare] of asks)
  test(`an ask without an answer fails its turn and never its actor: ${message} ${prepare ? 'stopped' : ''}`, (t) => {
    const lone = node();
    lone.tell(SENDER, '(Put 5)');
    prepare?.(lone);
    for (let at = 0; at < 6; at++) {
      const told = lone.ask(SENDER, message);
      t.like(told, { ok: false, code: 'ask-failed' });
      t.regex((told as { message: string }).message, reason);
      // Lest the receiver, whose own fault it may be, fails.
      lone.pass(3000);
    }
    t.like(lone.inspect(SENDER), { lifecycle: 'running', restarts: 0 });
    t.regex(lone.inspect(SENDER).lastFault!, /^no-answer: /);
    t.is(lone.reply(SENDER, '(Total)'), 5);
  });

test('an ask whose answer is late fails its turn; try-ask goes on without it', (t) => {
  const lone = node();
  const held = holdActor(lone);
  const asked = lone.ask(SENDER, `(Ask "${held}")`);
  t.like(asked, { ok: false, code: 'ask-failed' });
  t.regex((asked as { message: string }).message, /timeout/);
  t.is(lone.reply(SENDER, `(Try "${held}")`), 'no answer');
  t.is(lone.reply(SENDER, `(Try "${NOBODY}")`), 'no answer');
  t.is(lone.reply(SENDER, '(Try "no path /")'), 'no answer');
  t.is(lone.reply(SENDER, `(Try "${SENDER}")`), 'no answer');
  t.is(lone.reply(SENDER, `(Try "${RECEIVER}")`), 0);
});

test('who asks an actor whose own ask fails is told so, and neither of them is restarted', (t) => {
  const lone = node();
  const told = lone.ask(SENDER, `(Ask-On "${NOBODY}" "${RECEIVER}")`);
  t.like(told, { ok: false, code: 'ask-failed' });
  lone.pass(500);
  for (const path of [SENDER, RECEIVER]) t.is(lone.inspect(path).restarts, 0);
  t.regex(lone.inspect(SENDER).lastFault!, /ask-failed: no-answer: .*no-such-actor/);
});

test('an ask that finds the mailbox full waits for it; what it asked is done when there is room, its time up or not', (t) => {
  const lone = node();
  const held = holdActor(lone);
  const begin = (op: 'tell' | 'ask', path: string, message: string) =>
    lone.begin({ op, path: path as never, id: `${path}${message}`, message: LoneNode.message(message) });
  begin('ask', RECEIVER, `(Ask "${held}")`);
  for (let amount = 1; amount <= 5; amount++) begin('tell', RECEIVER, `(Put ${amount})`);
  t.like(lone.tell(RECEIVER, '(Put 100)', 'no room'), { ok: false, code: 'overloaded' });
  const asked = begin('ask', SENDER, `(Try-Put "${RECEIVER}")`);
  lone.pass(1200);
  t.like(lone.result(asked), { ok: true, value: { reply: LoneNode.message(':unknown') } });
  t.is(lone.inspect(RECEIVER).sequence, 1, 'nothing was done so far');
  lone.pass(10_000);
  t.is(lone.reply(RECEIVER, '(Total)'), 15 + 7);
});

const askers = ['/user/a/sender', '/user/b/receiver', '/user/e/third'] as const;
const cycles: readonly (readonly [name: string, actors: readonly string[], message: string])[] = [
  ['an actor that asks itself', askers.slice(0, 1), `(Ask "${askers[0]}")`],
  ['two actors', askers.slice(0, 2), `(Ask-On "${askers[0]}" "${askers[1]}")`],
  ['three actors', askers, `(Ask-On-On "${askers[0]}" "${askers[2]}" "${askers[1]}")`],
];

for (const [name, actors, message] of cycles)
  test(`a circle of asks fails at once, with the actors in it: ${name}`, (t) => {
    const lone = node();
    lone.spawn(askers[2], 'worker');
    const before = lone.now;
    const told = lone.ask(SENDER, message);
    t.like(told, { ok: false, code: 'ask-cycle' });
    const circle = [...actors, SENDER].join(' asks ');
    t.true((told as { message: string }).message.includes(`${circle}, which waits for that itself.`));
    t.true(lone.now - before < 1000, 'nobody waits until the time of an ask is up');
    for (const path of actors) t.like(lone.inspect(path), { restarts: 0, lifecycle: 'running' });
    t.is(lone.reply(SENDER, '(Total)'), 0);
    t.is(lone.reply(SENDER, `(Try "${SENDER}")`), 'no answer');
  });

test('who has its answer can be asked by whom it asked', (t) => {
  const lone = node();
  t.is(lone.reply(SENDER, `(Ask "${RECEIVER}")`), 0);
  t.is(lone.reply(RECEIVER, `(Ask "${SENDER}")`), 0);
});

test('a circle is seen by the leader after the one that let the first ask out', (t) => {
  const lone = node();
  const held = holdActor(lone);
  lone.begin({
    op: 'ask',
    path: SENDER as never,
    id: 'x',
    message: LoneNode.message(`(Ask-Try "${held}" "${RECEIVER}")`),
  });
  lone.pass(500);
  lone.restart();
  lone.pass(3000);
  t.regex(
    lone.inspect(RECEIVER).lastFault!,
    /^\/user\/a\/sender asks \/user\/b\/receiver asks \/user\/a\/sender, /,
  );
  t.regex(lone.inspect(SENDER).lastFault!, /^\/user\/a\/sender asks /);
});
