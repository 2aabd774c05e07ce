// Who asks whether an actor lives at an address, and what that is told.
import test from 'ava';
import { formatNotation, parseNotation } from '../base/notation.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg {
  Find { whom: String }
  Name { name: String }
  Twice { name: String }
  Busy { whom: String }
  Fail
}
: found ( String Bool -- ) [ ] [ drop "nobody" ] if actor.reply ;
: seeker ( Map Msg -- Map )
  match
    Find { >whom } -> actor.whereis found
    Name { >name } -> [ seeker ] actor.register drop
    Twice { >name } -> dup [ seeker ] actor.register drop actor-whereis found
    Busy { >whom } -> 0 1000 actor.try-ask 2drop
    Fail -> 1 0 divide drop
  end ;
`;
const SEEKER = '/user/a/seeker';
const OTHER = '/user/b/other';

function node(): LoneNode {
  const lone = new LoneNode(4, { askTimeoutMs: 100_000 });
  lone.deploy(PROGRAM);
  lone.spawn(SEEKER, 'seeker');
  return lone;
}

const find = (lone: LoneNode, whom: string) => formatNotation(lone.reply(SEEKER, `(Find "${whom}")`));

test('by name, path and UUID, an actor is found while it lives', (t) => {
  const lone = node();
  const uuid = '01234567-89ab-4def-8123-456789abcdef';
  for (const [address, path] of [
    ['svc', '/name/svc'],
    [OTHER, OTHER],
    [uuid, `/uuid/${uuid}`],
  ] as const) {
    t.is(find(lone, address), '"nobody"');
    lone.spawn(path, 'seeker');
    t.is(find(lone, address), `"${path}"`);
    lone.suspend(path);
    t.is(find(lone, address), `"${path}"`);
    lone.resume(path);
    lone.stop(path);
    t.is(find(lone, address), '"nobody"');
    lone.resume(path);
    t.is(find(lone, address), `"${path}"`);
    lone.purge(path, { force: true });
    t.is(find(lone, address), '"nobody"');
  }
  t.is(find(lone, SEEKER), `"${SEEKER}"`);
  t.is(find(lone, 'no/address'), '"nobody"');
  t.is(find(lone, ''), '"nobody"');
  t.deepEqual(lone.verify(), []);
  lone.pass(500);
  t.is(lone.core.inspect.load().outbox, 0);
});

test('one that has failed does not live', (t) => {
  const lone = node();
  lone.spawn(OTHER, 'seeker');
  for (let at = 0; at < 4; at++) lone.tell(OTHER, '(Fail)');
  t.is(lone.inspect(OTHER).lifecycle, 'failed');
  t.is(find(lone, OTHER), '"nobody"');
});

test('an actor that waits for an answer is found', (t) => {
  const lone = node();
  lone.spawn(OTHER, 'seeker');
  lone.suspend(SEEKER);
  lone.begin({ op: 'tell', path: OTHER as never, message: parseNotation(`(Busy "${SEEKER}")`), id: 'busy' });
  lone.pass(500);
  t.not(lone.inspect(OTHER).waitingSince, null);
  lone.spawn('/user/c/second', 'seeker');
  t.is(formatNotation(lone.reply('/user/c/second', `(Find "${OTHER}")`)), `"${OTHER}"`);
});

test('the answer is part of the turn: it is the same after the process has ended', (t) => {
  const lone = node();
  t.is(formatNotation(lone.reply(SEEKER, '(Find "svc")', 'once')), '"nobody"');
  lone.tell(SEEKER, '(Name "svc")');
  lone.restart();
  t.is(formatNotation(lone.reply(SEEKER, '(Find "svc")', 'once')), '"nobody"');
  t.is(find(lone, 'svc'), '"/name/svc"');
});

test('what the turn itself registers is not there before its end', (t) => {
  const lone = node();
  t.is(formatNotation(lone.reply(SEEKER, '(Twice "svc")')), '"nobody"');
  t.is(formatNotation(lone.reply(SEEKER, '(Twice "svc")')), '"/name/svc"');
});

test('a volatile actor cannot ask so', (t) => {
  const lone = node();
  lone.spawn('/user/v', 'seeker', 'volatile');
  t.like(lone.ask('/user/v', '(Find "svc")'), {
    ok: false,
    code: 'turn-failed',
    message: 'actor-whereis needs a durable actor; this one is volatile. (in seeker, m.seq:12:23)',
  });
});
