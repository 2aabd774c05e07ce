// Subscriptions through a whole node: what a subscriber is told of other actors, and how often.
import test from 'ava';
import fc from 'fast-check';
import type { List } from '../base/value.ts';
import { decodeRecord } from '../journal/journal-record.ts';
import { parseKey } from '../journal/keys.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Ping { Ping }
: helper ( Map Ping -- Map ) match Ping -> "pong" actor.reply end ;
union Put { Put { value: Int } Fail Silent }
: put ( Map Put -- Map )
  match
    Put { >value } -> dup journal.append "last" swap map.set
    Fail -> 1 0 divide drop
    Silent -> "silent" true map.set
  end ;
union Msg {
  Begin { prefix: String }
  End { prefix: String }
  Twice { prefix: String }
  Mode { mode: String }
  Out
  Told
  Recorded { path: String, sequence: Int, record: Map }
  Purged { path: String }
  Unreadable { path: String, sequence: Int }
}
: told ( Map -- List ) "told" map.get [ ] [ drop list.make ] if ;
: note ( Map String -- Map ) >aux dup told aux> list.push "told" swap map.set ;
: line ( String Int -- String ) >aux " " string.concat aux> int->string string.concat ;
: mode ( Map -- String ) "mode" map.get [ ] [ drop "" ] if ;
: took ( Map String Int Map -- Map )
  drop line over mode
  dup "fails" string.equal? [ 1 0 divide drop ] when
  dup "asks" string.equal? [ "/user/h/helper" Make-Ping 500 actor.try-ask 2drop ] when
  dup "tells" string.equal? [ over journal.append ] when
  "stashes" string.equal? [ drop actor.stash ] [ note ] if ;
: ledger ( Map Msg -- Map )
  match
    Begin { >prefix } -> actor.subscribe
    End { >prefix } -> actor.unsubscribe
    Twice { >prefix } -> dup actor.unsubscribe dup actor.subscribe actor.subscribe
    Mode { >mode } -> "mode" swap map.set
    Out -> "mode" "" map.set actor.unstash-all
    Told -> dup told actor.reply
    Recorded { >path >sequence >record } -> took
    Purged { >path } -> " purged" string.concat note
    Unreadable { >path >sequence } -> line " ?" string.concat note
  end ;
union Deaf { Listen { prefix: String } }
: deaf ( Map Deaf -- Map ) match Listen { >prefix } -> actor.subscribe end ;
`;
const SMALL = `
union Small { Hear { prefix: String } Heard Recorded { path: String, sequence: Int, record: Map } }
: small ( Map Small -- Map )
  match
    Hear { >prefix } -> actor.subscribe
    Heard -> dup "count" map.get [ ] [ drop 0 ] if actor.reply
    Recorded { >path >sequence >record } -> 3drop dup "count" map.get [ ] [ drop 0 ] if 1 i.+ "count" swap map.set
  end ;
`;

const SHARDS = 4;
const LEDGER = '/user/l/ledger';
const [A, B] = ['/user/p/a', '/user/q/b'] as const;

function node(limits = {}): LoneNode {
  const lone = new LoneNode(SHARDS, limits);
  lone.deploy(PROGRAM);
  lone.spawn(LEDGER, 'ledger');
  lone.spawn('/user/h/helper', 'helper');
  for (const path of [A, B]) lone.spawn(path, 'put');
  return lone;
}

/** What the subscriber was told so far, by the actor that it was told of. */
function told(lone: LoneNode, path = LEDGER): Record<string, string[]> {
  lone.pass(4000);
  const lines = lone.reply(path, '(Told)');
  const byActor: Record<string, string[]> = {};
  for (const line of lines as List<string>) {
    const [of, what] = line.split(' ') as [string, string];
    byActor[of] ??= [];
    byActor[of].push(what);
  }
  return byActor;
}

const to = (last: number) => Array.from({ length: last }, (_, at) => String(at + 1));

test('a subscriber is told of each record once, in order, of those before and after it began', (t) => {
  const lone = node();
  for (let value = 1; value <= 3; value++) lone.tell(A, `(Put ${value})`);
  lone.tell(LEDGER, '(Begin "/user/p/")');
  t.deepEqual(told(lone), { [A]: to(4) });
  t.deepEqual(lone.inspect(LEDGER).subscriptions, ['/user/p/']);
  lone.tell(LEDGER, '(Begin "/user/p/")');
  lone.tell(A, '(Put 4)');
  lone.tell(B, '(Put 4)');
  t.deepEqual(told(lone), { [A]: to(5) });
  lone.restart();
  lone.tell(A, '(Put 5)');
  t.deepEqual(told(lone), { [A]: to(6) });
  const last = decodeRecord(lone.journal(LEDGER).at(-1)!);
  t.like(last.message, { tag: 'Recorded', fields: { 0: A, 1: 6 } });
  t.deepEqual(lone.verify(), []);
});

test('the record that a subscriber is told of is a map, with the events of its turn', (t) => {
  const lone = node();
  lone.tell(A, '(Put 7)');
  lone.tell(LEDGER, '(Begin "/user/p/")');
  told(lone);
  const { message } = decodeRecord(lone.journal(LEDGER).at(-1)!);
  const record = (message as unknown as { fields: [string, number, Map<string, unknown>] }).fields[2];
  t.is(String((record.get('kind') as { name: string }).name), 'turn');
  t.deepEqual([...(record.get('events') as List<number>)], [7]);
  t.is((record.get('set') as Map<string, unknown>).get('last'), 7);
  t.deepEqual([...(record.get('removed') as List<string>)], []);
  t.is(record.get('reply'), undefined);
});

test('nothing comes after the subscription has ended; another one begins anew', (t) => {
  const lone = node();
  lone.tell(LEDGER, '(Begin "/user/p/")');
  lone.tell(A, '(Put 1)');
  t.deepEqual(told(lone), { [A]: to(2) });
  lone.tell(LEDGER, '(End "/user/p/")');
  lone.tell(A, '(Put 2)');
  t.deepEqual(told(lone), { [A]: to(2) });
  t.deepEqual(lone.inspect(LEDGER).subscriptions, []);
  t.deepEqual(subscriptionRows(lone), []);
  lone.tell(LEDGER, '(Twice "/user/p/")');
  t.deepEqual(told(lone), { [A]: [...to(2), ...to(3)] });
  lone.restart();
  t.deepEqual(told(lone), { [A]: [...to(2), ...to(3)] });
});

const subscriptionRows = (lone: LoneNode) =>
  lone.rows().filter(([key]) => parseKey(key).kind === 'subscription');

test('a subscriber that does not run is told later, from where it was', (t) => {
  for (const [stop, go] of [
    ['stop', 'resume'],
    ['suspend', 'resume'],
  ] as const) {
    const lone = node();
    lone.tell(LEDGER, '(Begin "/user/p/")');
    lone.tell(A, '(Put 1)');
    t.deepEqual(told(lone), { [A]: to(2) });
    lone[stop](LEDGER);
    for (let value = 2; value <= 5; value++) lone.tell(A, `(Put ${value})`);
    lone.pass(3000);
    lone.restart();
    lone.pass(3000);
    lone[go](LEDGER);
    lone.tell(A, '(Put 6)');
    t.deepEqual(told(lone), { [A]: to(7) }, stop);
    t.deepEqual(lone.deadLetters(LEDGER), []);
  }
});

test('a purge and a new life end subscriptions', (t) => {
  const lone = node();
  lone.tell(LEDGER, '(Begin "/user/p/")');
  told(lone);
  lone.stop(LEDGER);
  lone.spawn(LEDGER, 'ledger', 'durable', { newLife: true });
  t.deepEqual(subscriptionRows(lone), []);
  lone.tell(A, '(Put 1)');
  t.deepEqual(told(lone), {});
  lone.tell(LEDGER, '(Begin "/user/p/")');
  t.deepEqual(told(lone), { [A]: to(2) });
  lone.purge(LEDGER, { force: true });
  t.deepEqual(subscriptionRows(lone), []);
  lone.spawn(LEDGER, 'ledger');
  t.deepEqual(told(lone), {});
});

test("subscribers below their own and each other's prefixes come to rest", (t) => {
  const lone = node();
  const other = '/user/m/other';
  lone.spawn(other, 'ledger');
  for (const path of [LEDGER, other]) lone.tell(path, '(Begin "/user/")');
  lone.tell(A, '(Put 1)');
  const mine = told(lone);
  const theirs = told(lone, other);
  t.deepEqual([mine[A], theirs[A]], [to(2), to(2)]);
  t.deepEqual([mine[LEDGER], theirs[other]], [undefined, undefined]);
  // It is told of what was asked of the other, and not of what that was told of.
  t.deepEqual([mine[other]?.slice(0, 2), theirs[LEDGER]?.slice(0, 2)], [to(2), to(2)]);
  const count = lone.journal(LEDGER).length;
  lone.pass(5000);
  t.is(lone.journal(LEDGER).length, count);
  // An event of its own is told of.
  lone.tell(other, '(Mode "tells")');
  lone.tell(A, '(Put 2)');
  told(lone);
  const texts = lone.journal(LEDGER).map((bytes) => decodeRecord(bytes).message);
  const fromOther = texts.filter((message) => isOf(message, other)).map(eventsOf);
  t.deepEqual(fromOther.at(-1), [`${A} 3`]);
});

type Shown = { readonly tag?: string; readonly fields: readonly unknown[] };
const isOf = (message: unknown, path: string) =>
  (message as Shown | null)?.tag === 'Recorded' && (message as Shown).fields[0] === path;
const eventsOf = (message: unknown) => [
  ...((message as { fields: [string, number, Map<string, List<string>>] }).fields[2].get('events') ?? []),
];

test('an event on which a turn fails becomes a dead letter, and those behind it come', (t) => {
  const lone = node();
  lone.tell(LEDGER, '(Mode "fails")');
  lone.tell(LEDGER, '(Begin "/user/p/")');
  lone.pass(1000);
  lone.tell(LEDGER, '(Mode "")');
  lone.tell(A, '(Put 1)');
  t.deepEqual(told(lone), { [A]: ['2'] });
  t.like(lone.deadLetters(LEDGER), {
    0: { sender: `${A}#event`, receiver: LEDGER, code: 'turn-failed' },
    length: 1,
  });
  lone.restart();
  t.deepEqual(told(lone), { [A]: ['2'] });
});

test('a turn that waits for an answer, and one that puts the event aside, have taken it', (t) => {
  const lone = node();
  lone.tell(LEDGER, '(Mode "asks")');
  lone.tell(LEDGER, '(Begin "/user/p/")');
  lone.tell(A, '(Put 1)');
  t.deepEqual(told(lone), { [A]: to(2) });
  lone.tell(LEDGER, '(Mode "stashes")');
  lone.tell(A, '(Put 2)');
  t.deepEqual(told(lone), { [A]: to(2) });
  lone.restart();
  t.deepEqual(told(lone), { [A]: to(2) });
  lone.tell(LEDGER, '(Out)');
  lone.tell(A, '(Put 3)');
  t.deepEqual(told(lone), { [A]: to(4) });
});

test('who subscribes says so in its messages, or its events become dead letters', (t) => {
  const lone = node();
  lone.spawn('/user/d/deaf', 'deaf');
  lone.tell('/user/d/deaf', '(Listen "/user/p/")');
  lone.pass(2000);
  t.like(lone.deadLetters('/user/d/deaf'), { 0: { code: 'bad-message' }, length: 1 });
  // A purge is told to those that take it.
  lone.deploy(SMALL, 'cc');
  lone.spawn('/user/s/small', 'small', 'durable', { hash: 'cc' });
  lone.tell('/user/s/small', '(Hear "/user/p/")');
  lone.tell(LEDGER, '(Begin "/user/p/")');
  told(lone);
  lone.purge(A, { force: true });
  t.deepEqual(told(lone)[A]?.at(-1), 'purged');
  lone.spawn(A, 'put');
  t.deepEqual(told(lone)[A]?.slice(-2), ['purged', '1']);
  t.deepEqual(
    lone.deadLetters('/user/s/small').filter(({ receiver }) => receiver.endsWith('small')),
    [],
  );
  t.true((lone.reply('/user/s/small', '(Heard)') as number) >= 2);
});

test('a subscriber is durable, and its prefixes are few and of paths', (t) => {
  const lone = node();
  lone.spawn('/user/v/volatile', 'ledger', 'volatile');
  t.like(lone.ask('/user/v/volatile', '(Begin "/user/p/")'), { ok: false, code: 'turn-failed' });
  t.like(lone.ask(LEDGER, '(Begin "user")'), { ok: false });
  for (let at = 1; at <= 16; at++) t.true(lone.tell(LEDGER, `(Begin "/user/x${at}/")`).ok);
  t.like(lone.tell(LEDGER, '(Begin "/user/x17/")'), { ok: false });
  t.is(lone.inspect(LEDGER).subscriptions.length, 16);
});

test('a subscriber that is far behind has so many events under way, and an upgrade keeps its place', (t) => {
  const lone = node({ mailboxMessages: 20 });
  for (let value = 1; value <= 300; value++) lone.tell(A, `(Put ${value})`);
  lone.tell(LEDGER, '(Begin "/user/p/")');
  lone.deploy(PROGRAM.replace('" purged"', '" is purged"'), 'bb');
  t.true(lone.upgrade(LEDGER, 'bb').ok);
  for (let at = 0; at < 20; at++) lone.pass(4000);
  t.deepEqual(told(lone), { [A]: to(301) });
});

const actions = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ does: fc.constant('put'), at: fc.constantFrom(A, B) }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('pass'), ms: fc.nat(400) }) },
    {
      arbitrary: fc.record({
        does: fc.constantFrom('restart', 'stop', 'resume', 'suspend', 'asks', 'plain'),
      }),
      weight: 3,
    },
  ),
  { maxLength: 30 },
);

test('whatever becomes of the subscriber and its node, it is told all, once and in order', (t) => {
  fc.assert(
    fc.property(actions, (does) => {
      const lone = node();
      const count: Record<string, number> = { [A]: 1, [B]: 1 };
      lone.tell(LEDGER, '(Begin "/user/p/")');
      lone.tell(LEDGER, '(Begin "/user/q/")');
      for (const each of does as readonly { does: string; at?: string; ms?: number }[]) {
        if (each.does === 'put') {
          lone.tell(each.at!, '(Put 1)');
          count[each.at!]!++;
        } else if (each.does === 'pass') lone.pass(each.ms!);
        else if (each.does === 'restart') lone.restart();
        else if (each.does === 'stop') lone.stop(LEDGER);
        else if (each.does === 'suspend') lone.suspend(LEDGER);
        else if (each.does === 'resume') lone.resume(LEDGER);
        else lone.tell(LEDGER, `(Mode "${each.does}")`);
      }
      lone.resume(LEDGER);
      t.deepEqual(told(lone), { [A]: to(count[A]!), [B]: to(count[B]!) });
    }),
    { numRuns: Number(process.env.FC_NUM_RUNS ?? 15) },
  );
});
