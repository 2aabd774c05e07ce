// Turns that take more than one slice: they delay nobody but the messages of their own actor.

import test from 'ava';
import { parsePath } from '../base/path.ts';
import { decodeRecord } from '../journal/journal-record.ts';
import type { ActorMode } from '../runtime/envelope.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg {
  Count { rounds: Int, to: String }
  Deep { levels: Int }
  Query { rounds: Int, to: String }
  Forever
  Add { amount: Int }
  Total
}
: total-of ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: add ( Map Int -- Map ) over total-of i.+ "total" swap map.set ;
: spin ( Int -- ) dup 0 i.> [ 1 i.- spin ] [ drop ] if ;
: deep ( Int -- Int ) dup 0 i.> [ 1 i.- deep 1 i.+ ] when ;
: forever ( -- ) forever ;
# ( state rounds to )
: count ( Map Int String -- Map )
  dup 1 Make-Add actor.send
  >aux dup spin aux>
  over Make-Add actor.send
  add ;
: worker ( Map Msg -- Map )
  match
    Count { >rounds >to } -> count
    Deep { >levels } -> deep add
    Query { >rounds >to } -> swap spin Make-Total actor.ask add
    Forever -> forever
    Add { >amount } -> add dup total-of actor.reply
    Total -> dup total-of actor.reply
  end ;
`;

const LONG = '/user/a/long';
const OTHER = '/user/a/other';

function node(sliceReductions = 1000, mode: ActorMode = 'durable'): LoneNode {
  const lone = new LoneNode(2, { sliceReductions });
  lone.deploy(PROGRAM);
  lone.spawn(LONG, 'worker', mode);
  lone.spawn(OTHER, 'worker', mode);
  return lone;
}

const ask = (path: string, message: string, id: string) => ({
  op: 'ask' as const,
  path: parsePath(path),
  message: LoneNode.message(message),
  id,
});

for (const mode of ['durable', 'volatile'] as const)
  test(`a ${mode} actor that never ends its turn delays no other, and is stopped by its budget`, (t) => {
    const lone = node(1000, mode);
    const forever = lone.submit(ask(LONG, '(Forever)', 'forever'));
    const behind = lone.submit(ask(LONG, '(Add 1)', 'behind'));
    let answered = 0;
    let slices = 0;
    while (lone.result(forever) === undefined) {
      const id = lone.submit(ask(OTHER, '(Add 1)', `other-${slices}`));
      lone.slice();
      lone.slice();
      slices += 2;
      if (lone.result(id) !== undefined) answered++;
      if (lone.result(forever) === undefined) t.is(lone.result(behind), undefined);
      t.true(slices < 1000);
    }
    // 100,000 reductions in slices of 1,000.
    t.true(slices >= 100, `${slices}`);
    t.true(answered >= slices / 2 - 1, `${answered} of ${slices}`);
    t.like(lone.result(forever), { ok: false, code: 'turn-failed' });
    t.regex((lone.result(forever) as { message: string }).message, /turn-budget/);
    lone.pass(100);
    t.like(lone.result(behind), { ok: true });
  });

for (const mode of ['durable', 'volatile'] as const)
  test(`what a long turn of a ${mode} actor does, it does once`, (t) => {
    const lone = node(1000, mode);
    const id = lone.submit({ ...ask(LONG, `(Count 5000 "${OTHER}")`, 'count'), op: 'tell' });
    lone.slice();
    t.true(lone.core.hasWork);
    lone.slice();
    t.is(lone.result(id), undefined);
    lone.pass(1000);
    t.like(lone.result(id), { ok: true });
    t.is(lone.reply(OTHER, '(Total)'), 5001);
    t.is(lone.reply(LONG, '(Total)'), 5000);
  });

test('a turn comes to the same in slices of whatever size', (t) => {
  const journal = (sliceReductions: number) => {
    const lone = node(sliceReductions);
    for (const message of [`(Count 3000 "${OTHER}")`, `(Query 3000 "${OTHER}")`, '(Forever)', '(Total)'])
      lone.tell(LONG, message);
    lone.pass(2000);
    return lone
      .journal(LONG)
      .map(decodeRecord)
      .map(({ sequence, kind, message, patch, sent }) => ({
        sequence,
        kind,
        message,
        patch,
        sent,
      }));
  };
  const whole = journal(1_000_000);
  // The last message changes nothing.
  t.is(whole.length, 3);
  for (const sliceReductions of [1, 77, 1000])
    t.deepEqual(journal(sliceReductions), whole, `${sliceReductions}`);
});

test('a turn that gets too deep for the stack goes on without it', (t) => {
  const lone = new LoneNode(2, { sliceReductions: 1_000_000, turnReductions: 1_000_000 });
  lone.deploy(PROGRAM);
  lone.spawn(LONG, 'worker');
  lone.tell(LONG, '(Deep 50000)');
  t.is(lone.reply(LONG, '(Total)'), 50_000);
});

test('an operator can stop an actor in the middle of a turn', (t) => {
  const lone = node();
  const forever = lone.submit(ask(LONG, '(Forever)', 'forever'));
  const behind = lone.submit(ask(LONG, '(Add 1)', 'behind'));
  for (let at = 0; at < 5; at++) lone.slice();
  const stop = lone.submit({ op: 'stop', path: parsePath(LONG), id: 'stop' });
  for (let at = 0; at < 5; at++) lone.slice();
  t.like(lone.result(stop), { ok: true });
  t.like(lone.result(forever), { ok: false, code: 'actor-stopped' });
  t.like(lone.result(behind), { ok: false, code: 'actor-stopped' });
  t.is(lone.inspect(LONG).lifecycle, 'stopped');
  t.like(lone.ask(LONG, '(Forever)', 'forever'), { ok: false, code: 'actor-stopped' }, 'it is remembered');
});

test('a turn that goes on after an ask ends with its actor, and the answer is not asked for again', (t) => {
  const lone = node();
  const query = lone.submit(ask(LONG, `(Query 50000 "${OTHER}")`, 'query'));
  // Until the ask is answered and the turn goes through its long part for the second time.
  for (let at = 0; at < 70; at++) lone.slice();
  t.is(lone.core.inspect.load().outbox, 1, 'the answer is under way');
  lone.request({ op: 'stop', path: parsePath(LONG), id: 'stop' });
  t.like(lone.result(query), { ok: false, code: 'actor-stopped' });
  lone.pass(3000);
  t.is(lone.core.inspect.load().outbox, 0);
  t.false(lone.core.hasWork);
});
