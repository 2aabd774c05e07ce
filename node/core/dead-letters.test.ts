// Messages that were refused for good: kept, listed, sent again, dropped, and bounded.
import test from 'ava';
import { groupId } from '../base/ids.ts';
import { formatNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { shardOf } from '../cluster/placement.ts';
import { decodePayload } from '../runtime/actor/payload.ts';
import { type DeadLetter, decodeDeadLetter } from '../runtime/dead-letters.ts';
import type { DeadLetterPage } from './requests/results.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg { Put { amount: Int } Total Fail Send { to: String, amount: Int } Ask { to: String } Spawn { to: String } }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: worker ( Map Msg -- Map )
  match
    Put { >amount } -> over total i.+ "total" swap map.set
    Total -> dup total actor.reply
    Fail -> 1 0 divide drop
    Send { >to >amount } -> Make-Put actor.send
    Ask { >to } -> Make-Total actor.ask actor.reply
    Spawn { >to } -> [ worker ] actor.spawn-at drop
  end ;
`;
const SHARDS = 4;
const SENDER = '/user/a/sender';
const NOBODY = '/user/c/nobody';
const SHARD = shardOf(parsePath(SENDER), SHARDS);

function node(limits = {}): LoneNode {
  const lone = new LoneNode(SHARDS, limits);
  lone.deploy(PROGRAM);
  lone.spawn(SENDER, 'worker');
  return lone;
}

function letters(lone: LoneNode, group = SHARD, limit = 100): (DeadLetter & { readonly number: number })[] {
  const found: (DeadLetter & { readonly number: number })[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const result = lone.request({ op: 'dead-letters', group, from, limit });
    if (!result.ok) throw new Error(result.message);
    const page = result.value as DeadLetterPage;
    for (const { number, bytes } of page.letters) found.push({ number, ...decodeDeadLetter(bytes) });
    from = page.next;
  }
  return found;
}

const messageOf = ({ payload }: DeadLetter) => {
  const decoded = decodePayload(payload);
  return decoded.kind === 'message' ? formatNotation(decoded.message) : decoded.kind;
};

function send(lone: LoneNode, amount: number, to = NOBODY): void {
  lone.tell(SENDER, `(Send "${to}" ${amount})`);
  lone.pass(500);
}

const order = (lone: LoneNode, op: 'replay-dead-letter' | 'drop-dead-letter', number: number) =>
  lone.request({ op, group: SHARD, number });

test('D1: a letter tells what was sent, by whom, to whom, and why it was refused', (t) => {
  const lone = node();
  send(lone, 1);
  lone.tell(SENDER, `(Spawn "${SENDER}")`);
  lone.pass(500);
  const [first, second, ...others] = letters(lone);
  t.like(first, {
    number: 1,
    receiver: NOBODY,
    code: 'no-such-actor',
    reason: `No actor lives at ${NOBODY}.`,
  });
  t.true(first!.sender.startsWith(`${SENDER}#`));
  t.is(messageOf(first!), '(Put 1)');
  t.like(second, { receiver: SENDER, code: 'actor-exists' });
  t.is(messageOf(second!), 'spawn');
  t.deepEqual(others, []);
  t.is(lone.core.inspect.load().outbox, 0, 'D1: and not in the outbox');
  t.deepEqual(letters(lone, groupId((SHARD % SHARDS) + 1)), [], 'other shards have none');
  t.deepEqual(lone.verify(), []);
});

test('an ask that is refused is no dead letter: who asked is told', (t) => {
  const lone = node();
  t.like(lone.ask(SENDER, `(Ask "${NOBODY}")`), { ok: false, code: 'ask-failed' });
  t.deepEqual(letters(lone), []);
});

test('a message of which its receiver failed is a dead letter', (t) => {
  const lone = node();
  lone.deploy(PROGRAM.replace('Put { >amount } ->', 'Put { >amount } -> 1 0 divide drop'), 'bb');
  lone.spawn(NOBODY, 'worker', 'durable', { hash: 'bb' });
  send(lone, 7);
  t.like(letters(lone)[0], { code: 'turn-failed', receiver: NOBODY });
});

test('D2: what is replayed takes effect once, also after the end of the process and when asked for again', (t) => {
  const lone = node();
  send(lone, 5);
  send(lone, 6);
  lone.restart();
  t.deepEqual(letters(lone, SHARD, 1).map(messageOf), ['(Put 5)', '(Put 6)']);
  lone.spawn(NOBODY, 'worker');
  t.deepEqual(order(lone, 'replay-dead-letter', 2), { ok: true, value: { done: true } });
  t.deepEqual(order(lone, 'replay-dead-letter', 2), { ok: true, value: { done: false } });
  lone.pass(500);
  t.is(lone.reply(NOBODY, '(Total)'), 6);
  t.deepEqual(order(lone, 'replay-dead-letter', 1), { ok: true, value: { done: true } });
  lone.pass(500);
  t.is(lone.reply(NOBODY, '(Total)'), 11, 'in whatever order they are replayed');
  t.deepEqual(letters(lone), []);
  lone.restart();
  t.is(lone.reply(NOBODY, '(Total)'), 11);
});

test('a message that is refused again is a letter of a new number', (t) => {
  const lone = node();
  send(lone, 5);
  order(lone, 'replay-dead-letter', 1);
  lone.pass(500);
  const [again, ...others] = letters(lone);
  t.deepEqual(others, []);
  t.true(again!.number > 1);
  t.is(again!.sender.slice(0, again!.sender.indexOf('#')), SENDER);
  lone.spawn(NOBODY, 'worker');
  order(lone, 'replay-dead-letter', again!.number);
  lone.pass(500);
  t.is(lone.reply(NOBODY, '(Total)'), 5);
});

test('D3: a dropped letter is gone, and its number is never used again', (t) => {
  const lone = node();
  send(lone, 1);
  t.deepEqual(order(lone, 'drop-dead-letter', 1), { ok: true, value: { done: true } });
  t.deepEqual(order(lone, 'drop-dead-letter', 1), { ok: true, value: { done: false } });
  lone.restart();
  send(lone, 2);
  t.deepEqual(
    letters(lone).map((letter) => [letter.number, messageOf(letter)]),
    [[2, '(Put 2)']],
  );
});

test('the oldest letters make room, by their count and by their bytes', (t) => {
  const few = node({ deadLetters: 3 });
  for (let amount = 1; amount <= 5; amount++) send(few, amount);
  t.deepEqual(letters(few).map(messageOf), ['(Put 3)', '(Put 4)', '(Put 5)']);
  t.is(few.core.inspect.counters['dead-letters'], 5);
  t.is(few.logs.filter(({ event }) => event === 'dead-letter-dropped').length, 2);
  few.restart();
  send(few, 6);
  t.deepEqual(letters(few).map(messageOf), ['(Put 4)', '(Put 5)', '(Put 6)']);
  const small = node({ deadLetterBytes: 10 });
  send(small, 1);
  send(small, 2);
  t.deepEqual(letters(small).map(messageOf), ['(Put 2)'], 'the newest is kept, however large');
});
