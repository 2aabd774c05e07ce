// Actors whose turn waits for an answer, on a node by itself, when the process ends meanwhile: nobody has to
// remind the next leader of them.
import test from 'ava';
import { parsePath } from '../base/path.ts';
import { parseKey } from '../journal/keys.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg {
  Begin { whom: String }
  Query { whom: String }
  Twice { whom: String }
  Once { whom: String }
  Quick
  Keep
  Seen
}
: act ( Map Msg -- Map )
  match
    Begin { >whom } -> "/user/b/asker" swap Make-Query actor.send
    Query { >whom } -> Make-Keep actor.ask drop
    Twice { >whom } -> dup Make-Quick actor.ask drop Make-Keep actor.ask drop
    Once { >whom } -> Make-Quick actor.ask drop
    Quick -> 1 actor.reply
    Keep -> actor.stash
    Seen -> dup actor.reply
  end ;
`;
const [SENDER, ASKER, KEEPER] = ['/user/a/sender', '/user/b/asker', '/user/c/keeper'];

function node(): LoneNode {
  const lone = new LoneNode(4, { askTimeoutMs: 2000 });
  lone.deploy(PROGRAM);
  for (const path of [SENDER, ASKER, KEEPER]) lone.spawn(path, 'act');
  return lone;
}

const rows = (lone: LoneNode) =>
  lone.rows().flatMap(([key]) => {
    const parsed = parseKey(key);
    return parsed.kind === 'ask' ? [parsed.path] : [];
  });
const waits = (lone: LoneNode) => lone.inspect(ASKER).waitingSince;

/** A client asks, and is heard of no more. */
const leave = (lone: LoneNode, message: string, id = 'gone') =>
  lone.begin({ op: 'tell', path: parsePath(ASKER), message: LoneNode.message(message), id });

test('an ask times out although the process ended, and nobody writes to its asker', (t) => {
  for (const message of [`(Query "${KEEPER}")`, `(Twice "${KEEPER}")`]) {
    const lone = node();
    leave(lone, message);
    lone.pass(500);
    t.not(waits(lone), null);
    t.deepEqual(rows(lone), [parsePath(ASKER)]);
    lone.restart();
    lone.pass(5000);
    t.is(waits(lone), null, message);
    t.regex(lone.inspect(ASKER).lastFault ?? '', /timeout/);
    t.deepEqual(rows(lone), []);
    t.deepEqual(lone.verify(), []);
  }
});

test('so does that of a turn whose message another actor sent, or that came from the stash', (t) => {
  const lone = node();
  lone.tell(ASKER, '(Keep)');
  lone.tell(SENDER, `(Begin "${KEEPER}")`);
  lone.pass(500);
  lone.restart();
  lone.pass(5000);
  t.is(waits(lone), null);
  t.deepEqual(rows(lone), []);
});

test('whoever has its answer, is stopped, or is purged waits no more, and leaves no row', (t) => {
  const lone = node();
  t.true(lone.tell(ASKER, `(Once "${KEEPER}")`).ok);
  t.deepEqual(rows(lone), []);
  const ends = [() => lone.stop(ASKER), () => lone.suspend(ASKER), () => lone.purge(ASKER, { force: true })];
  for (const [at, end] of ends.entries()) {
    leave(lone, `(Query "${KEEPER}")`, `gone-${at}`);
    lone.pass(500);
    t.deepEqual(rows(lone), [parsePath(ASKER)]);
    t.true(end().ok);
    lone.pass(500);
    t.deepEqual(rows(lone), []);
    lone.resume(ASKER);
  }
  t.deepEqual(lone.verify(), []);
});
