// Turns that change nothing: what they write, which is nothing; what their replies wait for; and what is no
// such turn.
import test from 'ava';
import { groupId } from '../base/ids.ts';
import { parseNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { decodeRecord } from '../journal/journal-record.ts';
import { LoneNode, replayed } from './testing/lone-node.ts';

const PROGRAM = `
union Msg {
  Deposit { amount: Int }
  Withdraw { amount: Int }
  Put { value: Int }
  Balance
  Silent
  Note
  Fail
  Shout
  Query { to: String }
  Become
  Stop
  Poke { to: String }
  Later
}
: balance-of ( Map -- Map Int ) dup "balance" map.get if else drop 0 then ;
: to-balance ( Map Int -- Map ) "balance" swap map.set ;
: answer ( Map -- Map ) balance-of actor.reply ;
: withdraw ( Map Int -- Map )
  swap balance-of 2 pick i.<
  if nip -1 actor.reply else balance-of rot i.- to-balance answer then ;
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> swap balance-of rot i.+ to-balance answer
    Withdraw { >amount } -> withdraw
    Put { >value } -> to-balance answer
    Balance -> answer
    Silent ->
    Note -> "noted" journal.append
    Fail -> 1 actor.reply 2 actor.reply
    Shout -> "looked" io.write-line answer
    Query { >to } -> Make-Balance actor.ask actor.reply
    Become -> [ account ] actor.become
    Stop -> actor.self actor.stop
    Poke { >to } -> Make-Balance actor.send
    Later -> actor.self Make-Balance 9000 actor.send-after drop
  end ;
`;

const ALICE = '/user/a/alice';
const BOB = '/user/b/bob';

function node({ journalReads = false } = {}): LoneNode {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  lone.spawn(ALICE, 'account', 'durable', { journalReads });
  lone.spawn(BOB, 'account');
  lone.tell(ALICE, '(Deposit 5)', 'deposit');
  return lone;
}

const records = (lone: LoneNode, path = ALICE) => lone.journal(path).map((bytes) => decodeRecord(bytes));
const READ = { ok: true, value: { sequence: 2, mode: 'single-fsync', read: true } } as const;

test('a turn that changes nothing writes nothing, and its answer says so', (t) => {
  const lone = node();
  const before = { rows: lone.rows(), writes: lone.writes };
  for (let at = 0; at < 3; at++)
    t.deepEqual(lone.ask(ALICE, '(Balance)'), { ok: true, value: { ...READ.value, reply: 5 } });
  t.deepEqual(lone.tell(ALICE, '(Balance)'), READ);
  t.deepEqual(lone.ask(ALICE, '(Put 5)'), { ok: true, value: { ...READ.value, reply: 5 } });
  t.deepEqual(lone.ask(ALICE, '(Withdraw 6)'), { ok: true, value: { ...READ.value, reply: -1 } });
  t.like(lone.ask(ALICE, '(Silent)'), {
    ok: false,
    code: 'no-reply',
    message: `${ALICE} handled the message and gave no reply.`,
    details: { sequence: 2, read: true },
  });
  t.deepEqual({ rows: lone.rows(), writes: lone.writes }, before);
  t.is(lone.core.inspect.counters.reads, 7);
});

test('whatever a turn causes beside a reply is written', (t) => {
  const lone = node();
  const turns: readonly string[] = ['(Note)', `(Poke "${BOB}")`, '(Later)', '(Become)', '(Stop)'];
  turns.forEach((message, at) => {
    const result = lone.tell(ALICE, message);
    t.deepEqual(result, { ok: true, value: { sequence: 3 + at, mode: 'single-fsync' } }, message);
  });
  lone.pass(500);
  t.deepEqual(
    records(lone, BOB).map(({ kind }) => kind),
    ['spawned', 'turn'],
    'what an actor sent leaves its mark where it arrives',
  );
});

test('what is printed is no change; a fault is counted as ever', (t) => {
  const lone = node();
  t.like(lone.ask(ALICE, '(Shout)'), READ);
  t.true(lone.logs.some(({ event, fields }) => event === 'actor-output' && fields.text === 'looked\n'));
  t.like(lone.ask(ALICE, '(Fail)', 'fail'), { ok: false, code: 'turn-failed' });
  t.like(lone.inspect(ALICE), { restarts: 1, sequence: 2 });
  t.deepEqual(lone.ask(ALICE, '(Fail)', 'fail'), replayed(lone.ask(ALICE, '(Fail)', 'fail')));
  t.is(lone.inspect(ALICE).restarts, 1);
});

test('a turn that asks another actor is written, and so is what it asked', (t) => {
  const lone = node();
  lone.tell(BOB, '(Deposit 7)');
  t.like(lone.ask(ALICE, `(Query "${BOB}")`, 'query'), { ok: true, value: { sequence: 3, reply: 7 } });
  t.deepEqual(
    [records(lone).length, records(lone, BOB).length],
    [3, 3],
    'the answer leaves from the outbox of the one that was asked',
  );
  lone.restart();
  t.like(lone.ask(ALICE, `(Query "${BOB}")`, 'query'), { ok: true, value: { reply: 7, replayed: true } });
});

test('a read has no mark: a repeat is answered by the state of then; what was written is answered from its mark', (t) => {
  const lone = node();
  t.like(lone.ask(ALICE, '(Withdraw 6)', 'w'), { ok: true, value: { reply: -1, read: true } });
  t.like(lone.ask(ALICE, '(Withdraw 7)', 'w'), { ok: true, value: { reply: -1, read: true } });
  lone.tell(ALICE, '(Deposit 2)');
  const taken = lone.ask(ALICE, '(Withdraw 6)', 'w');
  t.deepEqual(taken, { ok: true, value: { sequence: 4, mode: 'single-fsync', reply: 1 } });
  t.deepEqual(lone.ask(ALICE, '(Withdraw 6)', 'w'), replayed(taken));
  t.like(lone.ask(ALICE, '(Balance)', 'w'), { ok: false, code: 'id-reused' });
  // It would change nothing now.
  lone.tell(ALICE, '(Put 5)', 'put');
  t.like(lone.tell(ALICE, '(Put 5)', 'put'), { ok: true, value: { sequence: 5, replayed: true } });
});

test('W1: a reply waits until what its turn saw is committed, and joins what it repeats', (t) => {
  const lone = node();
  const balance = parseNotation('(Balance)');
  const ask = (path: string, id: string) =>
    lone.begin({ op: 'ask', path: parsePath(path), message: balance, id });
  lone.holdDisk();
  const deposit = lone.begin({
    op: 'ask',
    path: parsePath(ALICE),
    message: parseNotation('(Deposit 2)'),
    id: 'more',
  });
  const [read, repeat, other] = [ask(ALICE, 'r'), ask(ALICE, 'r'), ask(BOB, 'r')];
  t.is(lone.result(deposit), undefined);
  t.is(lone.result(read), undefined);
  t.like(lone.result(other), { ok: true, value: { reply: 0, read: true } }, 'it saw nothing of that');
  lone.releaseDisk();
  t.like(lone.result(deposit), { ok: true, value: { sequence: 3, reply: 7 } });
  const answer = { sequence: 3, mode: 'single-fsync', read: true, reply: 7 } as const;
  t.deepEqual(lone.result(read), { ok: true, value: answer });
  t.deepEqual(lone.result(repeat), replayed({ ok: true, value: answer }));
});

test('reads of an actor that is to journal them are turns like any other', (t) => {
  const lone = node({ journalReads: true });
  t.is(lone.inspect(ALICE).journalReads, true);
  t.is(lone.inspect(BOB).journalReads, false);
  const taken = lone.ask(ALICE, '(Balance)', 'r');
  t.deepEqual(taken, { ok: true, value: { sequence: 3, mode: 'single-fsync', reply: 5 } });
  lone.restart();
  lone.tell(ALICE, '(Deposit 1)');
  t.deepEqual(lone.ask(ALICE, '(Balance)', 'r'), replayed(taken));
  t.like(lone.ask(ALICE, '(Withdraw 100)'), { ok: true, value: { sequence: 5, reply: -1 } });
  lone.stop(ALICE);
  lone.resume(ALICE);
  t.is(lone.inspect(ALICE).journalReads, true);
  lone.stop(ALICE);
  lone.spawn(ALICE, 'account', 'durable', { newLife: true });
  t.is(lone.inspect(ALICE).journalReads, false, 'another life');
});

test('a group shows that a majority is with its leader', (t) => {
  const lone = node();
  const { writes } = lone;
  t.deepEqual(lone.request({ op: 'has-quorum', group: groupId(1) }), { ok: true, value: null });
  t.is(lone.writes, writes);
});
