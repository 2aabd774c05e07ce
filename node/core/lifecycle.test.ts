// How an actor's life ends and goes on: what it keeps, and what it is refused meanwhile.
import test from 'ava';
import { moduleHash } from '../base/ids.ts';
import { formatNotation } from '../base/notation.ts';
import { parsePath } from '../base/path.ts';
import { decodeRecord, type JournalRecord } from '../journal/journal-record.ts';
import { parseKey } from '../journal/keys.ts';
import { LoneNode, replayed } from './testing/lone-node.ts';
import type { CoreLimits } from './types.ts';

const PROGRAM = `
union Msg {
  Deposit { amount: Int }
  Balance
  Fail
  Grow
  Forward { to: String, amount: Int }
  Spawn { path: String }
  Other
}
: balance-of ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: long ( String Int -- String ) dup 0 i.> [ 1 i.- >aux dup string.concat aux> long ] [ drop ] if ;
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> over balance-of i.+ dup actor.reply "balance" swap map.set
    Balance -> dup balance-of actor.reply
    Fail -> 1 0 divide drop
    Grow -> "long" "0123456789abcdef" 16 long map.set
    Forward { >to >amount } -> Make-Deposit actor.send
    Spawn { >path } -> [ account ] actor.spawn-at drop
    Other -> [ other ] actor.become
  end ;
: other ( Map Msg -- Map ) drop -1 actor.reply ;
`;
const ALICE = '/user/a/alice';
const BOB = '/user/b/bob';

function node(limits: Partial<CoreLimits> = {}): LoneNode {
  const lone = new LoneNode(2, limits);
  lone.deploy(PROGRAM);
  lone.spawn(ALICE, 'account');
  lone.tell(ALICE, '(Deposit 5)');
  return lone;
}

function failed(message = '(Fail)'): LoneNode {
  const lone = node();
  for (let at = 0; at < 4; at++) lone.tell(ALICE, message);
  return lone;
}

function journal(lone: LoneNode, path = ALICE): JournalRecord[] {
  return lone.journal(path).map((bytes) => decodeRecord(bytes));
}

const kinds = (lone: LoneNode): string[] => journal(lone).map(({ kind }) => kind);

for (const message of ['(Fail)', '(Grow)'])
  test(`an actor that has failed of ${message} goes on with its state`, (t) => {
    const lone = failed(message);
    t.like(lone.inspect(ALICE), { lifecycle: 'failed', restarts: 3 });
    t.like(lone.tell(ALICE, '(Balance)'), { ok: false, code: 'actor-stopped' });
    t.like(lone.resume(ALICE), { ok: true, value: { resumed: true, sequence: 4 } });
    t.like(lone.inspect(ALICE), { lifecycle: 'running', restarts: 0 });
    t.is(lone.reply(ALICE, '(Balance)'), 5);
    t.deepEqual(kinds(lone), ['spawned', 'turn', 'failed', 'resumed']);
    t.true(lone.logs.some(({ event }) => event === 'actor-resumed'));
    for (let at = 0; at < 3; at++) lone.tell(ALICE, message);
    t.like(lone.inspect(ALICE), { lifecycle: 'running', restarts: 3 }, 'it has all its restarts again');
  });

test('an actor that is stopped goes on with its state, also after the end of the process', (t) => {
  const lone = node();
  lone.stop(ALICE);
  lone.restart();
  t.like(lone.resume(ALICE), { ok: true, value: { resumed: true } });
  t.is(lone.reply(ALICE, '(Deposit 1)'), 6);
  lone.restart();
  t.is(lone.reply(ALICE, '(Balance)'), 6);
});

test('what it became before it was stopped is what goes on', (t) => {
  const lone = node();
  lone.tell(ALICE, '(Other)');
  lone.stop(ALICE);
  lone.resume(ALICE);
  t.is(lone.reply(ALICE, '(Balance)'), -1);
});

test('resume takes effect once by its id, and of a running actor it changes nothing', (t) => {
  const lone = node();
  lone.stop(ALICE);
  const first = lone.resume(ALICE, 'same');
  t.deepEqual(lone.resume(ALICE, 'same'), replayed(first));
  t.like(lone.resume(ALICE), { ok: true, value: { resumed: false, sequence: 4 } });
  lone.stop(ALICE);
  t.deepEqual(
    lone.resume(ALICE, 'same'),
    replayed(first),
    'an order that was carried out is not carried out again',
  );
  t.is(lone.inspect(ALICE).lifecycle, 'stopped');
  t.deepEqual(kinds(lone), ['spawned', 'turn', 'stopped', 'resumed', 'stopped']);
  t.like(lone.resume('/user/a/nobody'), { ok: false, code: 'no-such-actor' });
});

test('spawn does not take the state of an actor that has ended, unless that is said', (t) => {
  for (const lone of [failed(), node()]) {
    lone.stop(ALICE);
    t.like(lone.spawn(ALICE, 'account'), { ok: false, code: 'actor-ended' });
    t.is(formatNotation(lone.inspect(ALICE).data), '{"balance" 5}');
    const { sequence } = lone.inspect(ALICE);
    t.like(lone.spawn(ALICE, 'account', 'durable', { newLife: true }), {
      ok: true,
      value: { sequence: sequence + 1 },
    });
    t.is(lone.reply(ALICE, '(Deposit 1)'), 1);
  }
});

test('a new life is for actors that have ended', (t) => {
  const lone = node();
  t.like(lone.spawn(ALICE, 'account', 'durable', { newLife: true }), { ok: false, code: 'actor-exists' });
  t.is(lone.reply(ALICE, '(Balance)'), 5);
  t.like(lone.spawn(BOB, 'account', 'durable', { newLife: true }), { ok: true });
});

test('an actor that spawns at the path of one that has ended leaves it as it is', (t) => {
  const lone = failed();
  lone.spawn(BOB, 'account');
  t.like(lone.tell(BOB, `(Spawn "${ALICE}")`), { ok: true });
  lone.pass(500);
  t.is(lone.core.inspect.load().outbox, 0);
  t.like(lone.inspect(ALICE), { lifecycle: 'failed' });
  t.is(formatNotation(lone.inspect(ALICE).data), '{"balance" 5}');
  t.true(lone.logs.some(({ event, fields }) => event === 'dead-letter' && fields.code === 'actor-ended'));
});

test('what an actor sent before and after it was resumed arrives once each', (t) => {
  const lone = node();
  lone.spawn(BOB, 'account');
  for (let at = 1; at <= 3; at++) {
    lone.tell(ALICE, `(Forward "${BOB}" 10)`);
    lone.stop(ALICE);
    lone.restart();
    lone.resume(ALICE);
    t.is(lone.reply(BOB, '(Balance)'), at * 10);
  }
});

test('what was sent to an actor that has ended is refused and not kept for it', (t) => {
  const lone = failed();
  lone.spawn(BOB, 'account');
  lone.tell(BOB, `(Forward "${ALICE}" 10)`);
  lone.pass(500);
  t.is(lone.core.inspect.counters['dead-letters'], 1);
  t.like(lone.tell(ALICE, '(Deposit 100)', 'early'), { ok: false, code: 'actor-stopped' });
  lone.resume(ALICE);
  lone.pass(500);
  t.is(lone.reply(ALICE, '(Balance)'), 5);
  t.like(
    lone.tell(ALICE, '(Deposit 100)', 'early'),
    { ok: false, code: 'actor-stopped' },
    'it is remembered',
  );
});

test('a volatile actor that is resumed begins with an empty state and as what it was spawned', (t) => {
  // So that a snapshot falls on a stop.
  const lone = node({ snapshotRecords: 9 });
  lone.spawn(BOB, 'account', 'volatile');
  for (let at = 0; at < 12; at++) {
    t.is(lone.reply(BOB, '(Deposit 7)'), 7);
    lone.tell(BOB, '(Other)');
    lone.stop(BOB);
    t.deepEqual(lone.verify(), []);
    t.like(lone.resume(BOB), { ok: true, value: { resumed: true } });
  }
  lone.stop(BOB);
  lone.restart();
  lone.resume(BOB);
  t.is(lone.reply(BOB, '(Balance)'), 0);
  t.deepEqual(lone.verify(), []);
  for (const { patch } of journal(lone, BOB)) t.deepEqual(patch, { set: [], removed: [] });
});

test('a volatile life and a durable one follow each other at a path', (t) => {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  for (const mode of ['durable', 'volatile', 'durable', 'volatile', 'durable'] as const) {
    t.like(lone.spawn(ALICE, 'account', mode, { newLife: true }), { ok: true });
    t.is(lone.reply(ALICE, '(Deposit 7)'), 7);
    lone.restart();
    t.is(lone.reply(ALICE, '(Balance)'), mode === 'durable' ? 7 : 0);
    lone.stop(ALICE);
  }
  t.deepEqual(lone.verify(), []);
});

test('what waits in the mailbox of an actor that fails is refused, and what it sent before leaves', (t) => {
  const lone = node();
  lone.spawn(BOB, 'account');
  const send = (message: string, id: string) =>
    lone.submit({ op: 'tell', path: ALICE as never, id, message: LoneNode.message(message) });
  send(`(Forward "${BOB}" 10)`, 'forward');
  for (let at = 0; at < 4; at++) send('(Fail)', `fail-${at}`);
  const behind = send('(Deposit 100)', 'behind');
  lone.pass(500);
  t.like(lone.result(behind), { ok: false, code: 'actor-stopped' });
  t.is(lone.reply(BOB, '(Balance)'), 10);
  lone.resume(ALICE);
  t.is(lone.reply(ALICE, '(Balance)'), 5);
});

test('a suspended actor takes no messages, and goes on with its state', (t) => {
  const lone = node();
  lone.spawn(BOB, 'account');
  t.like(lone.suspend(ALICE, 's'), { ok: true, value: { suspended: true, sequence: 3 } });
  t.like(lone.suspend(ALICE), { ok: true, value: { suspended: false, sequence: 3 } });
  const { lifecycle, since } = lone.inspect(ALICE);
  t.is(lifecycle, 'suspended');
  t.true(since !== null && since > 1_700_000_000_000);
  t.like(lone.tell(ALICE, '(Deposit 1)', 'refused'), { ok: false, code: 'actor-suspended' });
  t.like(lone.spawn(ALICE, 'account'), { ok: false, code: 'actor-exists' });
  lone.restart();
  t.like(lone.tell(ALICE, '(Deposit 1)', 'refused'), { ok: false, code: 'actor-suspended' });
  // What an actor sends waits, in its order, and is given at the usual pace.
  for (const amount of [2, 3]) lone.tell(BOB, `(Forward "${ALICE}" ${amount})`);
  lone.pass(10_000);
  t.is(lone.inspect(ALICE).sequence, 3);
  t.is(lone.core.inspect.load().outbox, 2);
  t.like(lone.resume(ALICE), { ok: true, value: { resumed: true } });
  t.like(lone.tell(ALICE, '(Deposit 1)', 'refused'), { ok: true }, 'the same id, for nothing was done');
  lone.pass(3000);
  t.is(lone.reply(ALICE, '(Balance)'), 11);
  t.is(lone.core.inspect.load().outbox, 0);
  t.deepEqual(kinds(lone).slice(0, 4), ['spawned', 'turn', 'suspended', 'resumed']);
  lone.suspend(ALICE);
  t.like(lone.stop(ALICE), { ok: true });
  t.like(lone.suspend(ALICE), { ok: false, code: 'actor-stopped' });
  t.like(lone.suspend('/user/a/nobody'), { ok: false, code: 'no-such-actor' });
});

test('what waits in a mailbox when its actor is suspended is put off, in order', (t) => {
  const lone = node({ sliceReductions: 5 });
  lone.spawn(BOB, 'account');
  for (const amount of [2, 3, 4]) lone.tell(BOB, `(Forward "${ALICE}" ${amount})`);
  lone.pass(1000);
  const sent = Array.from({ length: 20 }, (_, at) =>
    lone.submit({
      op: 'tell',
      path: parsePath(ALICE),
      message: LoneNode.message('(Deposit 1)'),
      id: `d${at}`,
    }),
  );
  const order = lone.submit({ op: 'suspend', path: parsePath(ALICE), id: 's' });
  lone.pass(1000);
  t.like(lone.result(order), { ok: true });
  const taken = sent.filter((id) => lone.result(id)?.ok).length;
  t.true(taken < sent.length);
  for (const id of sent.slice(taken)) t.like(lone.result(id), { ok: false, code: 'actor-suspended' });
  lone.resume(ALICE);
  t.is(lone.reply(ALICE, '(Balance)'), 14 + taken);
});

test('a volatile actor that is suspended keeps its state', (t) => {
  const lone = node();
  lone.spawn(BOB, 'account', 'volatile');
  lone.tell(BOB, '(Deposit 5)');
  lone.suspend(BOB);
  lone.resume(BOB);
  t.is(lone.reply(BOB, '(Balance)'), 5);
});

test('a purge leaves nothing of an actor but what keeps messages from taking effect twice', (t) => {
  const lone = node();
  lone.spawn(BOB, 'account');
  lone.tell(BOB, `(Forward "${ALICE}" 2)`);
  lone.pass(1000);
  t.like(lone.purge(ALICE), { ok: false, code: 'not-ended' });
  lone.tell(ALICE, `(Forward "${BOB}" 4)`);
  lone.stop(ALICE);
  const purged = lone.purge(ALICE, { id: 'p' });
  t.like(purged, { ok: true, value: { sequence: 5 } });
  lone.pass(1000);
  t.is(lone.reply(BOB, '(Balance)'), 4, 'what it had sent is delivered');
  const left = lone
    .rows()
    .map(([key]) => parseKey(key))
    .filter((key) => 'path' in key && key.path === ALICE);
  t.deepEqual(left.map((key) => (key.kind === 'mark' ? key.source.slice(0, 14) : key.kind)).sort(), [
    'a:/user/b/bob#',
    'c:p',
    'purged',
  ]);
  t.deepEqual(lone.verify(), []);
  for (const result of [lone.tell(ALICE, '(Deposit 1)'), lone.resume(ALICE), lone.purge(ALICE)])
    t.like(result, { ok: false, code: 'no-such-actor' });
  t.throws(() => lone.inspect(ALICE), { message: /no-such-actor/ });
  t.deepEqual(lone.purge(ALICE, { id: 'p' }), replayed(purged));
  // As where nobody ever lived.
  t.like(lone.spawn(ALICE, 'account'), { ok: true, value: { sequence: 1 } });
  t.is(lone.reply(ALICE, '(Deposit 1)'), 1);
  t.deepEqual(lone.purge(ALICE, { id: 'p' }), replayed(purged), 'it does not purge another');
  lone.tell(BOB, `(Forward "${ALICE}" 7)`);
  lone.restart();
  t.is(lone.reply(ALICE, '(Balance)'), 8);
  t.deepEqual(lone.verify(), []);
});

test('an actor that runs is purged by force, in the order of what was asked', (t) => {
  const lone = node();
  lone.suspend(ALICE);
  t.like(lone.purge(ALICE), { ok: false, code: 'not-ended' });
  t.like(lone.purge(ALICE, { force: true }), { ok: true, value: { sequence: 4 } });
  t.like(lone.spawn(ALICE, 'account'), { ok: true, value: { sequence: 1 } });
  for (let at = 0; at < 5; at++) {
    lone.submit({ op: 'purge', path: parsePath(ALICE), force: true, id: `p${at}` });
    lone.submit({
      op: 'spawn',
      path: parsePath(ALICE),
      code: { module: moduleHash('aa'), target: { word: 'account' }, captured: [] },
      mode: 'durable',
      newLife: false,
      id: `s${at}`,
    });
  }
  lone.pass(1000);
  t.deepEqual(lone.verify(), []);
  lone.restart();
  t.is(lone.reply(ALICE, '(Deposit 3)'), 3);
  t.deepEqual(kinds(lone), ['spawned', 'turn']);
});

test('each arrow is a metric and a line of the log', (t) => {
  const lone = node();
  lone.deploy(PROGRAM, 'bb');
  lone.suspend(ALICE);
  lone.resume(ALICE);
  lone.upgrade(ALICE, 'bb');
  for (let at = 0; at < 4; at++) lone.tell(ALICE, '(Fail)');
  lone.resume(ALICE);
  lone.stop(ALICE);
  lone.purge(ALICE);
  const { spawned, suspended, resumed, upgraded, failed, stopped, purged } = lone.core.inspect.counters;
  t.deepEqual([spawned, suspended, resumed, upgraded, failed, stopped, purged], [1, 1, 2, 1, 1, 1, 1]);
  const told = new Set(lone.logs.map(({ event }) => event));
  for (const arrow of ['spawned', 'suspended', 'resumed', 'upgraded', 'failed', 'stopped', 'purged'])
    t.true(told.has(`actor-${arrow}`), arrow);
});
