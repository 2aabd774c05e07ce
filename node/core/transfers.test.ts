// examples/transfer.seq: the money of all wallets together stays what it is, and a payment is made once or
// not at all.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { moduleHash } from '../base/ids.ts';
import { formatNotation } from '../base/notation.ts';
import type { SeqMap, Variant } from '../base/value.ts';
import { LoneNode } from './testing/lone-node.ts';

const FOLDER = join(import.meta.dirname, '../../examples');
const CAROL = '/user/a/carol';
const DAVE = '/user/b/dave';
const PAY = `(Pay "rent" "${DAVE}" 30)`;
const SETTLE = '(Settle "rent")';

function wallets(limits = {}): LoneNode {
  const lone = new LoneNode(4, limits);
  const files = Object.fromEntries(
    ['transfer.seq', 'accounts.seq'].map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
  );
  lone.request({ op: 'deploy', hash: moduleHash('aa'), bundle: { entry: 'transfer.seq', files } });
  for (const path of [CAROL, DAVE]) {
    lone.spawn(path, 'wallet');
    lone.reply(path, '(Save 100)');
  }
  return lone;
}

const say = (lone: LoneNode, path: string, message: string): string =>
  formatNotation(lone.reply(path, message));
const holds = (lone: LoneNode, path: string): number =>
  (lone.reply(path, '(Holds)') as Variant).fields[0] as number;

/**
 * Settles the payment, and sees that it was made once, or that nothing has changed. Returns what became of
 * it.
 */
function judge(t: ExecutionContext, lone: LoneNode, hint: string): string {
  lone.pass(5000);
  const { tag } = lone.reply(CAROL, SETTLE) as Variant;
  const paid = tag === 'Paid' ? 30 : 0;
  t.deepEqual([tag, holds(lone, CAROL), holds(lone, DAVE)], [tag, 100 - paid, 100 + paid], hint);
  t.true(['Paid', 'Returned', 'Unknown'].includes(tag), `${hint}: ${tag}`);
  return tag;
}

test('a payment is made once, however often it is ordered and settled', (t) => {
  const lone = wallets();
  t.is(say(lone, CAROL, PAY), '(Started "rent")');
  lone.pass(1000);
  for (let times = 0; times < 3; times++) {
    t.is(say(lone, CAROL, SETTLE), '(Paid "rent")');
    t.is(say(lone, CAROL, PAY), '(Paid "rent")');
  }
  t.is(judge(t, lone, 'at the end'), 'Paid');
  t.deepEqual(lone.inspect(CAROL).restarts, 0);
});

test('a payment is refused before anything is set aside', (t) => {
  const lone = wallets();
  const refusals = [
    ['(Pay "a" "/user/c/nobody" 30)', 'the payee takes no money now'],
    ['(Pay "b" "no path /" 30)', 'the payee takes no money now'],
    [`(Pay "c" "${CAROL}" 30)`, 'the payee takes no money now'],
    [`(Pay "d" "${DAVE}" 101)`, 'the balance is too low'],
    [`(Pay "e" "${DAVE}" 0)`, 'the sum must be positive'],
  ] as const;
  for (const [message, why] of refusals) t.is(say(lone, CAROL, message), `(Rejected "${why}" 100)`);
  lone.reply(DAVE, '(Close)');
  t.is(say(lone, CAROL, PAY), '(Rejected "the payee takes no money now" 100)');
  lone.stop(DAVE);
  t.is(say(lone, CAROL, PAY), '(Rejected "the payee takes no money now" 100)');
  t.like(lone.inspect(CAROL), { lifecycle: 'running', restarts: 0 });
});

/**
 * Orders the payment, does `act` after each possible number of slices, and returns what became of the
 * payments.
 */
function interrupted(t: ExecutionContext, act: (lone: LoneNode) => void, mend: (lone: LoneNode) => void) {
  const seen = new Set<string>();
  for (let slices = 0; slices < 12; slices++) {
    const lone = wallets();
    lone.submit({ op: 'ask', path: CAROL as never, id: 'pay', message: LoneNode.message(PAY) });
    for (let at = 0; at < slices; at++) lone.slice();
    act(lone);
    lone.pass(5000);
    mend(lone);
    seen.add(judge(t, lone, `after ${slices} slices`));
  }
  return [...seen].sort();
}

test('a payee that closes at any moment has the money, or the payer has it back', (t) => {
  const close = (lone: LoneNode) =>
    lone.submit({ op: 'tell', path: DAVE as never, id: 'close', message: LoneNode.message('(Close)') });
  t.deepEqual(
    interrupted(t, close, () => {}),
    ['Paid', 'Returned', 'Unknown'],
  );
});

test('a payee that is stopped at any moment has the money once it goes on', (t) => {
  const stop = (lone: LoneNode) => lone.submit({ op: 'stop', path: DAVE as never, id: 'stop' });
  t.deepEqual(
    interrupted(t, stop, (lone) => lone.resume(DAVE)),
    ['Paid', 'Unknown'],
  );
});

test('a payer that is stopped at any moment goes on with the payment when it is settled', (t) => {
  const stop = (lone: LoneNode) => lone.submit({ op: 'stop', path: CAROL as never, id: 'stop' });
  t.deepEqual(
    interrupted(t, stop, (lone) => lone.resume(CAROL)),
    // Stopped before its turn began, it made none.
    ['Paid', 'Unknown'],
  );
});

test('a node that ends at any moment makes the payment once, or not at all', (t) => {
  t.deepEqual(
    interrupted(
      t,
      (lone) => lone.restart(),
      () => {},
    ),
    ['Paid', 'Unknown'],
  );
});

test('a credit that comes after the time-out of its ask is not given back', (t) => {
  let late = 0;
  for (let slices = 0; slices < 12; slices++) {
    const lone = wallets();
    // Both set their sums aside and ask each other for the credit: each is busy until its own time is up.
    lone.submit({ op: 'ask', path: CAROL as never, id: 'x', message: LoneNode.message(PAY) });
    for (let at = 0; at < slices; at++) lone.slice();
    const debt = LoneNode.message(`(Pay "debt" "${CAROL}" 50)`);
    lone.submit({ op: 'ask', path: DAVE as never, id: 'y', message: debt });
    lone.pass(10_000);
    const part = (path: string, name: string) =>
      formatNotation((lone.inspect(path).data as SeqMap).get(name) ?? 0);
    if (part(CAROL, 'aside').includes('rent') && part(DAVE, 'credits').includes('rent')) late++;
    const [rent, owed] = [lone.reply(CAROL, SETTLE), lone.reply(DAVE, '(Settle "debt")')] as Variant[];
    const paid = [rent!.tag === 'Paid' ? 30 : 0, owed!.tag === 'Paid' ? 50 : 0] as const;
    const found = [rent!.tag, owed!.tag, holds(lone, CAROL), holds(lone, DAVE)];
    t.deepEqual(found.slice(2), [100 - paid[0] + paid[1], 100 + paid[0] - paid[1]], found.join());
    for (const { tag } of [rent!, owed!]) t.true(['Paid', 'Unknown'].includes(tag), found.join());
  }
  t.true(late > 0, 'the payee has the money, and the payer does not know');
});
