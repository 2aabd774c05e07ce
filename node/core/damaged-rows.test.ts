// What is stored of an actor is read as it is or not at all: whatever row is damaged, the actor is held,
// nobody else, and nothing is lost.
import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import { decodeRecord } from '../journal/journal-record.ts';
import { counterBytes } from '../journal/keys.ts';
import { decodeSnapshot } from '../runtime/actor/snapshot-row.ts';
import type { ActorPage, ListedActor } from './requests/results.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg { Deposit { amount: Int } Balance Pass { to: String, amount: Int } Change }
: balance-of ( Map -- Map Int ) dup "balance" map.get [ ] [ drop 0 ] if ;
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> swap balance-of rot i.+ dup actor.reply "balance" swap map.set
    Balance -> balance-of actor.reply
    Pass { >to >amount } -> Make-Deposit actor.send
    Change -> [ other ] actor.become
  end ;
: other ( Map Msg -- Map )
  match Deposit { >amount } -> drop Balance -> 77 actor.reply Pass { >to >amount } -> 2drop Change -> end ;
`;
const ALICE = '/user/a/alice';
const BOB = '/user/b/bob';
const HELD = { ok: false, code: 'actor-quarantined' };

/** Alice has records 1 to 4 and a balance of 12; the node begins anew, so that nobody is in memory. */
function node(): LoneNode {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  lone.spawn(ALICE, 'account');
  lone.spawn(BOB, 'account');
  for (const amount of [3, 4, 5]) lone.tell(ALICE, `(Deposit ${amount})`, `deposit-${amount}`);
  lone.restart();
  return lone;
}

const listed = (lone: LoneNode): readonly ListedActor[] => {
  const result = lone.request({ op: 'actors', prefix: '/', after: '', limit: 10 });
  return result.ok ? (result.value as ActorPage).actors : [];
};

const journal = (lone: LoneNode, path: string) =>
  lone.request({ op: 'journal', path: path as never, from: 1, limit: 100 });

test('an undamaged actor is what it was before', (t) => {
  const lone = node();
  t.is(lone.reply(ALICE, '(Balance)'), 12);
  t.like(lone.inspect(ALICE), { sequence: 4, lifecycle: 'running' });
});

const DAMAGES = {
  'the first record': (lone: LoneNode) => lone.keyOf(ALICE, (keys, path) => keys.record(path, 1)),
  'a record in the middle': (lone: LoneNode) => lone.keyOf(ALICE, (keys, path) => keys.record(path, 3)),
  'the last record': (lone: LoneNode) => lone.keyOf(ALICE, (keys, path) => keys.record(path, 4)),
  'the counter': (lone: LoneNode) => lone.keyOf(ALICE, (keys, path) => keys.sequence(path)),
  'the head': (lone: LoneNode) => lone.keyOf(ALICE, (keys, path) => keys.head(path)),
  'the snapshot': (lone: LoneNode) => lone.keyOf(ALICE, (keys, path) => keys.snapshot(path)),
};

for (const [what, keyIn] of Object.entries(DAMAGES))
  test(`damage of ${what} holds the actor, and nobody else`, (t) => {
    const lone = node();
    const key = keyIn(lone);
    if (what === 'the first record') lone.erase(lone.keyOf(ALICE, (keys, path) => keys.snapshot(path)));
    const before = lone.damage(key);
    t.like(lone.ask(ALICE, '(Balance)'), HELD);
    t.like(lone.tell(ALICE, '(Deposit 1)'), HELD);
    t.like(lone.spawn(ALICE, 'account'), HELD);
    t.like(lone.request({ op: 'stop', path: ALICE as never, id: 's' }), HELD);
    t.like(lone.request({ op: 'inspect', path: ALICE as never }), HELD);
    t.true(lone.logs.some(({ event }) => event === 'actor-quarantined'));
    t.is(lone.reply(BOB, '(Deposit 2)'), 2);
    t.deepEqual(
      listed(lone).map(({ path, lifecycle }) => [path, lifecycle]),
      [
        [ALICE, 'quarantined'],
        [BOB, 'running'],
      ],
    );
    lone.damage(key, before);
    lone.restart();
    t.is(lone.reply(ALICE, '(Balance)'), 12, 'what was stored is as it was');
  });

test('a record that is missing is not skipped either', (t) => {
  for (const sequence of [2, 3, 4]) {
    const lone = node();
    lone.erase(lone.keyOf(ALICE, (keys, path) => keys.record(path, sequence)));
    t.like(lone.ask(ALICE, '(Balance)'), HELD, `without record ${sequence}`);
  }
});

test('a record that stands in the place of another is not taken for it', (t) => {
  const lone = node();
  const key = (sequence: number) => lone.keyOf(ALICE, (keys, path) => keys.record(path, sequence));
  lone.damage(key(3), lone.row(key(2)));
  t.like(lone.ask(ALICE, '(Balance)'), HELD);
});

test('a snapshot of what the journal does not have is not taken for the state', (t) => {
  const lone = node();
  lone.damage(
    lone.keyOf(ALICE, (keys, path) => keys.sequence(path)),
    counterBytes(0),
  );
  t.like(lone.ask(ALICE, '(Balance)'), HELD);
});

test('what another actor sends to a held one waits for it, in order', (t) => {
  const lone = node();
  const key = lone.keyOf(ALICE, (keys, path) => keys.record(path, 3));
  const before = lone.damage(key);
  for (const amount of [100, 200]) t.like(lone.tell(BOB, `(Pass "${ALICE}" ${amount})`), { ok: true });
  lone.pass(10_000);
  t.is(lone.core.inspect.load().outbox, 2);
  t.is(lone.core.inspect.counters['dead-letters'], 0);
  lone.damage(key, before);
  lone.restart();
  lone.pass(3000);
  t.is(lone.reply(ALICE, '(Balance)'), 312);
  t.is(lone.core.inspect.load().outbox, 0);
});

test('a message that cannot be read stays in the outbox, and the node goes on', (t) => {
  const lone = node();
  const held = lone.keyOf(ALICE, (keys, path) => keys.record(path, 3));
  const record = lone.damage(held);
  lone.tell(BOB, `(Pass "${ALICE}" 100)`);
  const [row] = lone.rows({
    from: lone.keyOf(BOB, (keys) => keys.outboxRange().from),
    to: lone.keyOf(BOB, (keys) => keys.outboxRange().to),
  });
  const message = lone.damage(row![0]);
  lone.damage(held, record);
  lone.restart();
  lone.pass(3000);
  t.true(lone.logs.some(({ event }) => event === 'message-held'));
  t.is(lone.reply(ALICE, '(Balance)'), 12);
  lone.damage(row![0], message);
  lone.restart();
  lone.pass(3000);
  t.is(lone.reply(ALICE, '(Balance)'), 112);
});

test('a damaged mark refuses the message that it is of, and no other', (t) => {
  const lone = node();
  lone.damage(lone.keyOf(ALICE, (keys, path) => keys.mark(path, 'c:deposit-4')));
  t.like(lone.tell(ALICE, '(Deposit 4)', 'deposit-4'), HELD);
  t.like(lone.tell(ALICE, '(Deposit 5)', 'deposit-5'), { ok: true });
  t.is(lone.reply(ALICE, '(Deposit 1)', 'new'), 13);
});

test('the journal of an actor whose counter is damaged is refused', (t) => {
  const lone = node();
  lone.damage(lone.keyOf(ALICE, (keys, path) => keys.sequence(path)));
  t.like(journal(lone, ALICE), HELD);
  t.like(journal(lone, BOB), { ok: true });
});

test('a record names the code that ran, also when its actor becomes another', (t) => {
  const lone = node();
  lone.tell(ALICE, '(Change)');
  t.is(lone.reply(ALICE, '(Balance)'), 77);
  t.like(lone.stop(ALICE), { ok: true });
  const targets = lone.journal(ALICE).map((bytes) => decodeRecord(bytes).code.target);
  const [changed, after] = targets.slice(-2);
  t.deepEqual(changed, { word: 'account' });
  t.notDeepEqual(after, changed);
});

test('a snapshot is written after so many records, and after so many bytes; waking reads what follows it', (t) => {
  for (const limits of [
    { snapshotRecords: 4, snapshotBytes: 1_000_000 },
    { snapshotRecords: 1000, snapshotBytes: 400 },
  ]) {
    const lone = new LoneNode(2, limits);
    lone.deploy(PROGRAM);
    lone.spawn(ALICE, 'account');
    for (let at = 1; at <= 10; at++) lone.tell(ALICE, `(Deposit ${at})`);
    lone.restart();
    t.is(formatNotation(lone.inspect(ALICE).data), '{"balance" 55}');
    const snapshot = lone.row(lone.keyOf(ALICE, (keys, path) => keys.snapshot(path)));
    const { sequence } = decodeSnapshot(snapshot);
    t.true(sequence > 4 && sequence <= 11, `the snapshot is of record ${sequence}`);
    const before = lone.keyOf(ALICE, (keys, path) => keys.record(path, sequence));
    const after = lone.keyOf(ALICE, (keys, path) => keys.record(path, sequence + 1));
    const starts = lone.scans.map(({ from }) => hexOf(from));
    t.is(starts.includes(hexOf(after)), sequence < 11);
    t.false(starts.some((start) => start.length === hexOf(before).length && start <= hexOf(before)));
  }
});

const hexOf = (bytes: Uint8Array) => bytes.toHex();
