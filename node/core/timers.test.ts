// Timers of actors, by a node alone: what they promise whatever becomes of their actor and of the process.
import test from 'ava';
import { groupId } from '../base/ids.ts';
import { parsePath } from '../base/path.ts';
import { shardOf } from '../cluster/placement.ts';
import { GroupKeys, parseKey } from '../journal/keys.ts';
import { decodeDeadLetter } from '../runtime/dead-letters.ts';
import type { DeadLetterPage, TimerPage } from './requests/results.ts';
import { summarizeTimers } from './requests/timers.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg { After { id: Int, ms: Int } Every { ms: Int } Missed { ms: Int } Cancel Both Ring { id: Int } Rings Fail Far { to: String } }
: rings ( Map -- List ) "rings" map.get [ ] [ drop list.make ] if ;
: keep ( Map String -- Map ) "timer" swap map.set ;
: clock ( Map Msg -- Map )
  match
    After { >id >ms } -> swap Make-Ring swap actor.self rot rot actor.send-after keep
    Every { >ms } -> 0 Make-Ring swap actor.self rot rot actor.send-every keep
    Missed { >ms } -> 0 Make-Ring swap actor.self rot rot :skip actor.send-every-missed keep
    Cancel -> dup "timer" map.get [ actor.cancel ] [ drop ] if
    Both -> actor.self 1 Make-Ring 50 actor.send-after actor.cancel
    Ring { >id } -> over rings swap list.push "rings" swap map.set
    Rings -> dup rings actor.reply
    Fail -> actor.self 1 Make-Ring 10 actor.send-after drop 1 0 divide drop
    Far { >to } -> 9 Make-Ring 50 actor.send-after keep
  end ;
`;
const SHARDS = 4;
const CLOCK = '/user/clock';

function node(): LoneNode {
  const lone = new LoneNode(SHARDS);
  lone.deploy(PROGRAM);
  lone.spawn(CLOCK, 'clock');
  return lone;
}

/** What has rung at the actor, in order. */
const rings = (lone: LoneNode, path = CLOCK) => [...(lone.reply(path, '(Rings)') as Iterable<number>)];

function letters(lone: LoneNode, path = CLOCK): { receiver: string; code: string }[] {
  const group = shardOf(parsePath(path), SHARDS);
  const result = lone.request({ op: 'dead-letters', group, from: 0, limit: 100 });
  if (!result.ok) throw new Error(result.message);
  return (result.value as DeadLetterPage).letters.map(({ bytes }) => decodeDeadLetter(bytes));
}

/** Rows of timers, of dues and of all that is kept. */
const timerRows = (lone: LoneNode) =>
  lone.rows().flatMap(([key]) => {
    const { kind } = parseKey(key);
    return kind === 'timer' || kind === 'due' ? kind : [];
  });

test('a timer fires once, when it is due, and leaves nothing', (t) => {
  const lone = node();
  lone.ask(CLOCK, '(After 1 500)');
  lone.pass(400);
  t.deepEqual(rings(lone), []);
  lone.pass(200);
  t.deepEqual(rings(lone), [1]);
  lone.pass(60_000);
  t.deepEqual(rings(lone), [1]);
  t.deepEqual(timerRows(lone), []);
  t.deepEqual(lone.verify(), []);
  t.is(lone.core.inspect.counters['timers-fired'], 1);
});

test('R3: timers of an actor fire in the order in which they are due, also after the end of the process', (t) => {
  const lone = node();
  for (let at = 8; at > 0; at--) lone.ask(CLOCK, `(After ${at} ${at * 1000 + 22_000})`);
  t.deepEqual(lone.verify(), [], 'their rows are known');
  lone.pass(14_000);
  lone.restart();
  lone.pass(10_000);
  const before = rings(lone);
  t.true(before.length > 0 && before.length < 8, `${before}`);
  // All that is left is overdue when the process is there again.
  lone.skip(60_000);
  lone.restart();
  lone.pass(500);
  t.deepEqual(rings(lone), [1, 2, 3, 4, 5, 6, 7, 8]);
  t.deepEqual(timerRows(lone), []);
});

test('a timer that was taken back does not fire', (t) => {
  const lone = node();
  lone.ask(CLOCK, '(After 1 500)');
  t.like(lone.tell(CLOCK, '(Cancel)'), { ok: true });
  t.like(lone.tell(CLOCK, '(Both)'), { ok: true }, 'nor one that its own turn takes back');
  lone.pass(2000);
  t.deepEqual(rings(lone), []);
  t.deepEqual(timerRows(lone), []);
  t.like(lone.tell(CLOCK, '(Cancel)'), { ok: true }, 'again, and after it is gone, is no fault');
});

test('a repeated timer fires until it is taken back; what was missed is made up by one message, or not', (t) => {
  const lone = node();
  lone.ask(CLOCK, '(Every 1000)');
  lone.pass(5500);
  t.is(rings(lone).length, 5);
  lone.skip(10_000);
  lone.restart();
  lone.ask(CLOCK, '(Cancel)');
  const after = rings(lone).length;
  t.true(after >= 6 && after < 12, `${after}`);
  lone.pass(5000);
  t.is(rings(lone).length, after);
  t.deepEqual(timerRows(lone), []);
  lone.ask(CLOCK, '(Missed 100000)');
  lone.skip(250_000);
  lone.restart();
  t.is(rings(lone).length, after);
});

test('a turn that fails sets no timer', (t) => {
  const lone = node();
  t.like(lone.ask(CLOCK, '(Fail)'), { ok: false });
  lone.pass(1000);
  t.deepEqual(rings(lone), []);
  t.deepEqual(timerRows(lone), []);
});

test('a timer for another actor is a message: to nobody it is a dead letter, and so it is when its turn fails', (t) => {
  const lone = node();
  const far = '/user/far';
  lone.spawn(far, 'clock');
  lone.ask(CLOCK, `(Far "${far}")`);
  lone.pass(1000);
  t.deepEqual(rings(lone, far), [9]);
  lone.ask(CLOCK, '(Far "/user/nobody")');
  lone.pass(1000);
  t.like(letters(lone), [{ receiver: '/user/nobody', code: 'no-such-actor' }]);
  lone.deploy(PROGRAM.replace('Ring { >id } ->', 'Ring { >id } -> 1 0 divide drop'), 'bb');
  lone.spawn('/user/faulty', 'clock', 'durable', { hash: 'bb' });
  lone.ask(CLOCK, '(Far "/user/faulty")');
  lone.pass(1000);
  t.like(letters(lone)[1], { receiver: '/user/faulty', code: 'turn-failed' });
  t.deepEqual(timerRows(lone), []);
});

test('R2: what is due while its actor is stopped is dropped, and what is due later fires after resume', (t) => {
  const lone = node();
  lone.ask(CLOCK, '(After 1 1000)');
  lone.ask(CLOCK, '(After 2 9000)');
  lone.stop(CLOCK);
  lone.pass(3000);
  t.is(timerRows(lone).length, 2, 'the first is gone');
  lone.resume(CLOCK);
  lone.pass(10_000);
  t.deepEqual(rings(lone), [2]);
  t.deepEqual(letters(lone), []);
});

test('R2: what is due while its actor has failed waits until it is resumed, in its order', (t) => {
  const lone = node();
  for (const each of [3, 1, 2]) lone.ask(CLOCK, `(After ${each} ${each * 100})`);
  for (let fault = 0; fault < 4; fault++) lone.ask(CLOCK, '(Fail)', `f${fault}`);
  t.is(lone.inspect(CLOCK).lifecycle, 'failed');
  lone.pass(2000);
  t.is(timerRows(lone).length, 6);
  lone.restart();
  lone.pass(2000);
  lone.resume(CLOCK);
  lone.pass(1000);
  t.deepEqual(rings(lone), [1, 2, 3]);
});

test('R1: a new life does not hear the timers of the life before', (t) => {
  const lone = node();
  lone.ask(CLOCK, '(After 1 5000)');
  lone.stop(CLOCK);
  lone.spawn(CLOCK, 'clock', 'durable', { newLife: true });
  lone.pass(10_000);
  t.deepEqual(rings(lone), []);
  t.deepEqual(timerRows(lone), []);
});

test('a volatile actor sets no timers', (t) => {
  const lone = node();
  lone.spawn('/user/volatile', 'clock', 'volatile');
  const refused = lone.ask('/user/volatile', '(After 1 5)');
  t.like(refused, { ok: false, code: 'turn-failed' });
  t.regex(refused.ok ? '' : refused.message, /actor-send-after needs a durable actor/);
});

test('R2: what is due while its actor is suspended waits; a purge takes all of them', (t) => {
  const lone = node();
  lone.ask(CLOCK, '(After 1 1000)');
  lone.ask(CLOCK, '(After 2 90000)');
  t.like(lone.suspend(CLOCK), { ok: true });
  lone.pass(3000);
  t.is(timerRows(lone).length, 4);
  lone.resume(CLOCK);
  lone.pass(1000);
  t.deepEqual(rings(lone), [1]);
  t.like(lone.purge(CLOCK, { force: true }), { ok: true });
  t.deepEqual(timerRows(lone), ['due'], 'which goes when it is due');
  lone.spawn(CLOCK, 'clock');
  lone.pass(100_000);
  t.deepEqual(rings(lone), []);
  t.deepEqual(timerRows(lone), []);
});

test('pending timers are listed by pages, and cancelled by order', (t) => {
  const lone = node();
  for (const each of [1, 2, 3, 4, 5]) lone.ask(CLOCK, `(After ${each} 60000)`);
  lone.ask(CLOCK, '(Every 90000)');
  const path = parsePath(CLOCK);
  const listed = () => {
    const found: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const result = lone.request({ op: 'timers', path, after, limit: 2 });
      if (!result.ok) throw new Error(result.message);
      const { timers, next } = result.value as TimerPage;
      found.push(...timers.map(({ id }) => id));
      after = next;
    }
    return found;
  };
  const [first, ...others] = listed();
  t.is(others.length, 5);
  for (const cancelled of [true, false])
    t.deepEqual(lone.request({ op: 'cancel-timer', path, timer: first! }), {
      ok: true,
      value: { cancelled },
    });
  t.deepEqual(listed(), others);
  t.deepEqual(lone.request({ op: 'cancel-timer', path, timer: 'no id' }), {
    ok: true,
    value: { cancelled: false },
  });
  lone.pass(70_000);
  const { length } = rings(lone);
  t.true(length === 4 || length === 5, `${length}`);
  t.is(listed().length, length === 4 ? 1 : 0);
});

test('an inspection counts pending timers and names the next five, in the order in which they are due', (t) => {
  const lone = node();
  t.deepEqual(lone.inspect(CLOCK).timers, { count: 0, more: false, next: [] });
  for (const ms of [7000, 3000, 9000, 5000, 8000, 4000]) lone.ask(CLOCK, `(After ${ms} ${ms})`);
  lone.ask(CLOCK, '(Every 6000)');
  const { count, more, next } = lone.inspect(CLOCK).timers;
  t.is(count, 7);
  t.false(more);
  const dues = next.map(({ dueMillis }) => dueMillis);
  t.deepEqual(
    dues,
    dues.toSorted((a, b) => a - b),
  );
  t.is(dues.length, 5);
  t.deepEqual(
    next.map(({ every }) => every),
    [null, null, null, { periodMs: 6000, missed: 'once' }, null],
  );
  t.deepEqual([...new Set(next.map(({ to }) => to))], [CLOCK]);
  lone.pass(3200);
  t.is(lone.inspect(CLOCK).timers.count, 6);
});

test('an inspection counts no more than 10,000 timers', (t) => {
  const lone = node();
  lone.ask(CLOCK, '(After 1 900000)');
  const row = lone.rows().find(([key]) => parseKey(key).kind === 'timer')!;
  const reader = (rows: number) => ({
    scan: (_: unknown, done: (found: { rest: readonly (typeof row)[] }) => void) =>
      done({ rest: Array.from({ length: rows }, () => row) }),
  });
  const of = (rows: number) => {
    let found: unknown;
    const keys = new GroupKeys(groupId(1), 1);
    summarizeTimers(reader(rows), { keys }, parsePath(CLOCK), (timers) => {
      found = timers;
    });
    return found;
  };
  t.like(of(10_000), { count: 10_000, more: false });
  t.deepEqual(of(10_001), { count: 10_000, more: true, next: [] });
});
