// An id of a client stands for one request at its path, for ever.

import test from 'ava';
import { fingerprint } from '../base/hash.ts';
import { moduleHash } from '../base/ids.ts';
import { parsePath } from '../base/path.ts';
import { decodeMark, encodeMark } from '../runtime/actor/mark-row.ts';
import type { ActorMode } from '../runtime/envelope.ts';
import { digestOf, type Repeatable } from './requests/digest.ts';
import { LoneNode } from './testing/lone-node.ts';
import type { ClientResult } from './types.ts';

const PROGRAM = `
union Msg { Deposit { amount: Int } Balance Slow { other: String } }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> over total i.+ dup actor.reply "total" swap map.set
    Balance -> dup total actor.reply
    Slow { >other } -> Make-Balance actor.ask actor.reply
  end ;
: other ( Map Msg -- Map ) drop ;
`;
const [ALICE, BOB] = ['/user/a/alice', '/user/a/bob'];

function node(mode: ActorMode = 'durable'): LoneNode {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  lone.spawn(ALICE, 'account', mode);
  lone.spawn(BOB, 'account', mode);
  return lone;
}

const code = (word: string) => ({ module: moduleHash('aa'), target: { word }, captured: [] });
const spawn = (lone: LoneNode, word: string, mode: ActorMode, newLife: boolean, id: string) =>
  lone.request({ op: 'spawn', path: parsePath(ALICE), code: code(word), mode, newLife, id });

const isReused = (result: ClientResult) => !result.ok && result.code === 'id-reused';
const wasReplayed = (result: ClientResult) =>
  (result.ok ? (result.value as { replayed?: true }) : result.details).replayed === true;

for (const mode of ['durable', 'volatile'] as const) {
  test(`${mode}: the same id is a repeat, and for another message or operation it is refused`, (t) => {
    const lone = node(mode);
    const first = lone.ask(ALICE, '(Deposit 5)', 'x');
    t.false(wasReplayed(first));
    const again = lone.ask(ALICE, '(Deposit 5)', 'x');
    t.true(wasReplayed(again));
    t.like(again, { value: { reply: 5 } });
    for (const other of [
      lone.ask(ALICE, '(Deposit 6)', 'x'),
      lone.ask(ALICE, '(Balance)', 'x'),
      lone.tell(ALICE, '(Deposit 5)', 'x'),
      lone.stop(ALICE, 'x'),
      lone.resume(ALICE, 'x'),
      spawn(lone, 'account', mode, false, 'x'),
    ])
      t.true(isReused(other), JSON.stringify(other));
    t.is(lone.reply(ALICE, '(Balance)'), 5);
    t.is(lone.inspect(ALICE).lifecycle, 'running');
    t.false(wasReplayed(lone.ask(BOB, '(Deposit 5)', 'x')), 'an id belongs to its path');
  });
}

test('the id of what is under way is refused for something else, and shared by a repeat', (t) => {
  const lone = node();
  const ask = (amount: number) =>
    lone.submit({
      op: 'ask',
      path: parsePath(ALICE),
      message: LoneNode.message(`(Deposit ${amount})`),
      id: 'x',
    });
  const [first, repeat, other] = [ask(5), ask(5), ask(6)];
  lone.pass(200);
  t.false(wasReplayed(lone.result(first)!));
  t.true(wasReplayed(lone.result(repeat)!));
  t.true(isReused(lone.result(other)!));
  t.is(lone.reply(ALICE, '(Balance)'), 5);
});

test('a restart, and a turn that waited for an answer, keep what the id stood for', (t) => {
  const lone = node();
  t.like(lone.ask(ALICE, `(Slow "${BOB}")`, 'slow'), { ok: true });
  lone.ask(ALICE, '(Deposit 5)', 'x');
  lone.restart();
  for (const id of ['slow', 'x']) t.true(isReused(lone.ask(ALICE, '(Balance)', id)), id);
  t.true(wasReplayed(lone.ask(ALICE, `(Slow "${BOB}")`, 'slow')));
  t.true(wasReplayed(lone.ask(ALICE, '(Deposit 5)', 'x')));
});

test('what failed or was refused in its turn is remembered like what took effect', (t) => {
  const lone = node();
  lone.stop(ALICE);
  t.like(lone.ask(ALICE, '(Balance)', 'x'), { code: 'actor-stopped' });
  t.true(wasReplayed(lone.ask(ALICE, '(Balance)', 'x')));
  t.true(isReused(lone.ask(ALICE, '(Deposit 5)', 'x')));
});

test('an id is remembered through the end of a life', (t) => {
  const lone = node();
  lone.ask(ALICE, '(Deposit 5)', 'x');
  t.like(lone.stop(ALICE), { ok: true });
  t.like(spawn(lone, 'account', 'durable', true, 'next'), { ok: true });
  t.true(isReused(lone.ask(ALICE, '(Deposit 6)', 'x')));
  const again = lone.ask(ALICE, '(Deposit 5)', 'x');
  t.true(wasReplayed(again));
  t.like(again, { value: { reply: 5, sequence: 2 } });
  t.is(lone.reply(ALICE, '(Balance)'), 0, 'it took effect in the earlier life, once');
});

test('a spawn is the same only with the same behaviour, mode and intent', (t) => {
  const lone = node();
  lone.stop(ALICE);
  t.like(spawn(lone, 'account', 'durable', true, 's'), { ok: true });
  t.true(wasReplayed(spawn(lone, 'account', 'durable', true, 's')));
  t.true(isReused(spawn(lone, 'other', 'durable', true, 's')));
  t.true(isReused(spawn(lone, 'account', 'volatile', true, 's')));
  t.true(isReused(spawn(lone, 'account', 'durable', false, 's')));
});

test('digests of different requests differ, and are those of every version', (t) => {
  const path = parsePath(ALICE);
  const requests: readonly Repeatable[] = [
    { op: 'tell', timeoutMs: 1, path, id: 'i', message: 1 },
    { op: 'ask', timeoutMs: 1, path, id: 'i', message: 1 },
    { op: 'ask', timeoutMs: 1, path, id: 'i', message: 'x'.repeat(5) },
    { op: 'stop', timeoutMs: 1, path, id: 'i' },
    { op: 'resume', timeoutMs: 1, path, id: 'i' },
    { op: 'spawn', timeoutMs: 1, path, id: 'i', code: code('a'), mode: 'durable', newLife: false },
  ];
  const digests = requests.map((request) => digestOf(request).toHex());
  t.is(new Set(digests).size, requests.length);
  t.deepEqual(
    requests.map((request) => digestOf({ ...request, timeoutMs: 9, id: 'j' }).toHex()),
    digests,
    'how long it may take is no part of what it says',
  );
  // MurmurHash3_x86_32 of the reference with the seed 0, and CRC-32C, each with its low byte first.
  const of = (text: string) => fingerprint(new TextEncoder().encode(text)).toHex();
  t.is(of(''), '0000000000000000');
  t.is(of('hello'), '47fa8b24' + '4cbb719a');
  t.is(of('123456789'), '82f3feb4' + '839206e3');
});

test('a mark of before digests were kept is one of a repeat', (t) => {
  const outcome = { ok: true, sequence: 3, reply: null } as const;
  const old = encodeMark({ number: 0, digest: undefined, outcome });
  t.deepEqual(decodeMark(old), { number: 0, digest: undefined, outcome });
  const digest = Uint8Array.of(0x91, 0, 1, 2, 3, 4, 5, 255);
  for (const ending of [outcome, { ok: false, code: 'actor-stopped', message: 'm' } as const]) {
    const mark = { number: 0, digest, outcome: ending };
    t.deepEqual(decodeMark(encodeMark(mark)), mark);
  }
  t.true(encodeMark({ number: 0, digest, outcome }).length - old.length === 9);
  const lone = node();
  lone.ask(ALICE, '(Deposit 5)', 'x');
  lone.damage(
    lone.keyOf(ALICE, (keys, path) => keys.mark(path, 'c:x')),
    old,
  );
  lone.restart();
  t.true(wasReplayed(lone.ask(ALICE, '(Deposit 6)', 'x')));
});
