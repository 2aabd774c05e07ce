// Other code for an actor that lives on: what it keeps, what makes its new state, and when it gets it.
import test from 'ava';
import { moduleHash } from '../base/ids.ts';
import { formatNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { decodeRecord, type JournalRecord } from '../journal/journal-record.ts';
import { LoneNode, replayed } from './testing/lone-node.ts';
import type { ClientResult, CoreLimits } from './types.ts';

const SHARED = `
union Msg { Deposit { amount: Int } Balance Fail Consult { other: String } Twice { other: String } Other }
: balance-of ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: idle ( Map Msg -- Map ) drop ;
`;
/** Deposits are doubled by mistake; to consult another actor is to wait for it. */
const WRONG = `${SHARED}
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> 2 i.* over balance-of i.+ "balance" swap map.set
    Balance -> dup balance-of actor.reply
    Fail -> 1 0 divide drop
    Consult { >other } -> Make-Balance actor.ask actor.reply
    Twice { >other } -> dup >aux Make-Balance actor.ask aux> Make-Balance actor.ask i.+ actor.reply
    Other -> [ idle ] actor.become
  end ;
`;
const RIGHT = `${SHARED}
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> over balance-of i.+ "balance" swap map.set
    Balance -> dup balance-of actor.reply
    Fail ->
    Consult { >other } -> drop -7 actor.reply
    Twice { >other } -> drop -8 actor.reply
    Other -> [ drop -1 actor.reply ] actor.become
  end ;
: other-word ( Map Msg -- Map ) drop -1 actor.reply ;
: to-cents ( Map -- Map ) dup balance-of 100 i.* "balance" swap map.set ;
: to-nothing ( Map -- Map ) 1 0 divide drop ;
: to-much ( Map -- Map ) "long" "0123456789abcdef" 8 long map.set ;
: long ( String Int -- String ) dup 0 i.> [ 1 i.- >aux dup string.concat aux> long ] [ drop ] if ;
: to-ever ( Map -- Map ) to-ever ;
: by-sending ( Map -- Map ) "/user/b/bob" Make-Balance actor.send ;
: by-asking ( Map -- Map ) "/user/b/bob" Make-Balance actor.ask drop ;
: slowly ( Map -- Map ) 3000 count ;
: count ( Map Int -- Map ) dup 0 i.> [ 1 i.- count ] [ drop ] if ;
: no-state ( Int -- Int ) ;
`;
const ALICE = '/user/a/alice';
const BOB = '/user/b/bob';
const NEW = 'bb';

function node(limits: Partial<CoreLimits> = {}): LoneNode {
  const lone = new LoneNode(2, limits);
  lone.deploy(WRONG);
  lone.deploy(RIGHT, NEW);
  lone.spawn(ALICE, 'account');
  lone.tell(ALICE, '(Deposit 5)');
  return lone;
}

const journal = (lone: LoneNode): JournalRecord[] => lone.journal(ALICE).map((bytes) => decodeRecord(bytes));
const stateOf = (lone: LoneNode): string => formatNotation(lone.inspect(ALICE).data);
const upgraded = (lifecycle = 'running') => ({ ok: true, value: { upgraded: true, lifecycle } }) as const;

test('an actor runs other code from its next turn on, keeps its state, and can be taken back', (t) => {
  const lone = node();
  t.like(lone.upgrade(ALICE, NEW), upgraded());
  t.is(stateOf(lone), '{"balance" 10}');
  lone.tell(ALICE, '(Deposit 5)');
  t.is(lone.reply(ALICE, '(Balance)'), 15);
  t.like(lone.upgrade(ALICE, 'aa'), upgraded());
  lone.tell(ALICE, '(Deposit 5)');
  lone.restart();
  t.is(lone.reply(ALICE, '(Balance)'), 25);
  const records = journal(lone).filter(({ kind }) => kind === 'upgraded');
  t.deepEqual(
    records.map(({ code, upgrade }) => [upgrade?.from.module, code.module, upgrade?.migrate]),
    [
      ['aa', NEW, null],
      [NEW, 'aa', null],
    ],
  );
  t.like(lone.core.inspect.counters, { spawned: 0, upgraded: 0 }, 'of this process');
  t.deepEqual(lone.verify(), []);
});

test('an upgrade to what it runs changes nothing and says so, and one is done once by its id', (t) => {
  const lone = node();
  t.like(lone.upgrade(ALICE, 'aa'), {
    ok: true,
    value: { upgraded: false, lifecycle: 'running', sequence: 2 },
  });
  const first = lone.upgrade(ALICE, NEW, { id: 'same' });
  t.deepEqual(lone.upgrade(ALICE, NEW, { id: 'same' }), replayed(first));
  lone.upgrade(ALICE, 'aa');
  t.deepEqual(lone.upgrade(ALICE, NEW, { id: 'same' }), replayed(first));
  t.is(lone.inspect(ALICE).module, 'aa');
  t.like(lone.upgrade(ALICE, NEW, { id: 'same', migrate: 'to-cents' }), { ok: false, code: 'id-reused' });
  t.like(lone.upgrade('/user/a/nobody', NEW), { ok: false, code: 'no-such-actor' });
});

test('an actor that failed, is stopped or suspended is upgraded as it is, or goes on at once', (t) => {
  const ends: Record<string, (lone: LoneNode) => void> = {
    failed: (lone) => {
      for (let at = 0; at < 4; at++) lone.tell(ALICE, '(Fail)');
    },
    stopped: (lone) => lone.stop(ALICE),
    suspended: (lone) => lone.suspend(ALICE),
  };
  for (const [lifecycle, end] of Object.entries(ends)) {
    const lone = node();
    end(lone);
    t.like(lone.upgrade(ALICE, NEW), upgraded(lifecycle));
    t.like(lone.inspect(ALICE), { lifecycle, module: NEW });
    lone.resume(ALICE);
    t.is(lone.reply(ALICE, '(Balance)'), 10);
    lone.tell(ALICE, '(Fail)');
    t.like(lone.inspect(ALICE), { lifecycle: 'running', restarts: 0 });
    const other = node();
    end(other);
    const first = other.upgrade(ALICE, NEW, { resume: true, id: 'x' });
    t.like(first, upgraded());
    t.deepEqual(other.upgrade(ALICE, NEW, { resume: true, id: 'x' }), replayed(first));
    t.is(other.reply(ALICE, '(Balance)'), 10);
    t.deepEqual(
      journal(other)
        .slice(-2)
        .map(({ kind }) => kind),
      ['upgraded', 'resumed'],
    );
    other.stop(ALICE);
    t.like(other.upgrade(ALICE, NEW, { resume: true }), {
      ok: true,
      value: { upgraded: false, lifecycle: 'running' },
    });
  }
});

test('a word of the new program makes the new state, in one record with the code', (t) => {
  for (const sliceReductions of [5, 10_000]) {
    const lone = node({ sliceReductions });
    t.like(lone.upgrade(ALICE, NEW, { migrate: 'to-cents' }), upgraded());
    t.is(stateOf(lone), '{"balance" 1000}');
    const record = journal(lone).at(-1)!;
    t.like(record, {
      kind: 'upgraded',
      upgrade: { migrate: 'to-cents' },
      patch: { set: [['balance', 1000]] },
    });
    t.deepEqual(record.inputs?.answers, [], 'with it, the word can be run again');
    lone.restart();
    t.is(lone.reply(ALICE, '(Balance)'), 1000);
  }
});

test('where no new state can be made nothing changes, and the fault says where', (t) => {
  const faults: Record<string, RegExp> = {
    'to-nothing': /division-by-zero.*in divide.*m\.seq:\d+:\d+|division-by-zero.*m\.seq:\d+:\d+/,
    'to-much': /state-bytes-max/,
    'to-ever': /turn-budget/,
    'by-sending': /sends, appends and replies nothing/,
    'by-asking': /may not ask/,
  };
  for (const [migrate, message] of Object.entries(faults)) {
    const lone = node({ stateBytes: 2000 });
    const before = journal(lone).length;
    const refused = lone.upgrade(ALICE, NEW, { migrate, id: 'm' });
    t.like(refused, { ok: false, code: 'migrate-failed' }, migrate);
    t.regex((refused as ClientResult & { ok: false }).message, message);
    t.deepEqual(lone.upgrade(ALICE, NEW, { migrate, id: 'm' }), replayed(refused));
    t.is(journal(lone).length, before);
    t.like(lone.inspect(ALICE), { lifecycle: 'running', module: 'aa', restarts: 0 });
    lone.tell(ALICE, '(Deposit 5)');
    t.is(stateOf(lone), '{"balance" 20}', 'the old code goes on');
  }
});

test('what is not deployed, or is no such word, is refused', (t) => {
  const lone = node();
  for (const options of [{ word: 'nowhere' }, { migrate: 'nowhere' }, { migrate: 'no-state' }])
    t.like(lone.upgrade(ALICE, NEW, options), { ok: false, code: 'no-such-module' });
  t.like(lone.upgrade(ALICE, 'cc'), { ok: false, code: 'no-such-module' });
  t.like(lone.upgrade(ALICE, NEW, { word: 'other-word' }), upgraded());
  t.is(lone.reply(ALICE, '(Balance)'), -1);
});

test('an actor that runs a quotation is told which word it is to run', (t) => {
  const lone = node();
  lone.upgrade(ALICE, NEW);
  lone.tell(ALICE, '(Other)');
  const refused = lone.upgrade(ALICE, 'aa') as ClientResult & { ok: false };
  t.is(refused.code, 'no-such-module');
  t.regex(refused.message, /say which word/);
  t.like(lone.upgrade(ALICE, 'aa', { word: 'account' }), upgraded());
  t.is(lone.reply(ALICE, '(Balance)'), 10);
});

test('a turn that waits for an answer ends under the code that asked', (t) => {
  const lone = node();
  // It never replies in time.
  lone.spawn(BOB, 'account');
  lone.suspend(BOB);
  const asked = lone.begin({
    op: 'ask',
    path: ALICE,
    message: LoneNode.message(`(Consult "${BOB}")`),
    id: 'c',
  } as never);
  lone.pass(300);
  t.not(lone.inspect(ALICE).waitingSince, null);
  const order = lone.begin({
    op: 'upgrade',
    path: ALICE,
    module: NEW,
    word: null,
    migrate: null,
    resume: false,
    id: 'u',
  } as never);
  lone.pass(300);
  t.is(lone.result(order), undefined, 'the order waits for the end of the turn');
  t.is(lone.inspect(ALICE).module, 'aa');
  lone.resume(BOB);
  lone.pass(3000);
  t.like(lone.result(asked), { ok: true, value: { reply: 0 } });
  t.like(lone.result(order), upgraded());
  t.is(lone.reply(ALICE, `(Consult "${BOB}")`), -7);
});

test('a turn that asks twice ends under the code that asked', (t) => {
  const lone = node();
  lone.spawn(BOB, 'account');
  lone.tell(BOB, '(Deposit 2)');
  lone.suspend(BOB);
  const twice = LoneNode.message(`(Twice "${BOB}")`);
  const asked = lone.begin({ op: 'ask', path: parsePath(ALICE), message: twice, id: 'c' });
  lone.pass(300);
  const to = { module: moduleHash(NEW), word: null, migrate: null, resume: false };
  const order = lone.begin({ op: 'upgrade', path: parsePath(ALICE), ...to, id: 'u' });
  lone.resume(BOB);
  lone.pass(3000);
  t.like(lone.result(asked), { ok: true, value: { reply: 8 } });
  t.like(lone.result(order), upgraded());
  t.deepEqual(
    journal(lone)
      .slice(-2)
      .map(({ kind, code }) => [kind, code.module]),
    [
      ['turn', 'aa'],
      ['upgraded', NEW],
    ],
  );
});

test('a volatile actor keeps the state that it has in memory', (t) => {
  const lone = node();
  lone.spawn(BOB, 'account', 'volatile');
  lone.tell(BOB, '(Deposit 5)');
  t.like(lone.upgrade(BOB, NEW, { migrate: 'to-cents' }), upgraded());
  t.is(lone.reply(BOB, '(Balance)'), 1000);
});

test('an order does not wait behind messages', (t) => {
  const lone = node({ mailboxMessages: 50 });
  const ids = Array.from({ length: 50 }, (_, at) =>
    lone.submit({ op: 'tell', path: ALICE, message: LoneNode.message('(Deposit 1)'), id: `d${at}` } as never),
  );
  const order = lone.submit({
    op: 'upgrade',
    path: ALICE,
    module: NEW,
    word: null,
    migrate: null,
    resume: false,
    id: 'u',
  } as never);
  lone.pass(1000);
  t.like(lone.result(order), upgraded());
  t.true(ids.every((id) => lone.result(id)?.ok));
  t.is(lone.reply(ALICE, '(Balance)'), 60);
});
