// What happens to volatile messages that come as one batch.
import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import { LoneNode } from './testing/lone-node.ts';
import type { CoreLimits } from './types.ts';

/**
 * Notes are numbered from 0 on, and kept but for the one that `At` names: there the actor faults, becomes
 * another, stops, or takes long.
 */
const PROGRAM = `
  union Msg {
    Send { to: String, count: Int }
    Both { one: String, other: String, count: Int }
    At { number: Int, what: Int }
    Note { number: Int }
    Seen
  }
  : number-of ( Map String -- Int ) map.get [ ] [ drop -1 ] if ;
  : notes ( Map -- List ) "seen" map.get [ ] [ drop list.make ] if ;
  : keep ( Map Int -- Map ) >aux dup notes aux> list.push "seen" swap map.set ;
  : send-many ( String Int Int -- )
    2dup i.> [ 2 pick over Make-Note actor.send 1 i.+ send-many ] [ 2drop drop ] if ;
  : alternate ( String String Int Int -- )
    2dup i.> [
      3 pick over Make-Note actor.send
      2 pick over Make-Note actor.send
      1 i.+ alternate
    ] [ 2drop 2drop ] if ;
  : spin ( Int -- ) dup 0 i.= [ drop ] [ 1 i.- spin ] if ;
  : odd ( Map Int -- Map )
    dup 1 i.= [ drop "/user/a/x" actor.stop ] [
      dup 2 i.= [ drop [ quiet ] actor.become ] [
        dup 3 i.= [ drop actor.self actor.stop ] [ drop 5000 spin ] if
      ] if
    ] if ;
  : quiet ( Map Msg -- Map )
    match
      Send { >to >count } -> 2drop
      Both { >one >other >count } -> 2drop drop
      At { >number >what } -> 2drop
      Note { >number } -> drop
      Seen -> dup notes actor.reply
    end ;
  : worker ( Map Msg -- Map )
    match
      Send { >to >count } -> 0 send-many
      Both { >one >other >count } -> 0 alternate
      At { >number >what } -> >aux "at" swap map.set aux> "what" swap map.set
      Note { >number } ->
        over "at" number-of over i.= [ drop dup "what" number-of odd ] [ keep ] if
      Seen -> dup notes actor.reply
    end ;
`;

function node(limits: Partial<CoreLimits> = {}): LoneNode {
  const lone = new LoneNode(2, { sliceReductions: 1000, ...limits });
  lone.deploy(PROGRAM);
  for (const name of ['x', 'y', 'z']) lone.spawn(`/user/a/${name}`, 'worker', 'volatile');
  return lone;
}

const seen = (lone: LoneNode, path = '/user/a/y') => formatNotation(lone.reply(path, '(Seen)'));
const numbers = (from: number, to: number, without = -1) =>
  `[${Array.from({ length: to - from }, (_, at) => from + at)
    .filter((number) => number !== without)
    .join(' ')}]`;

test('a mailbox takes of a batch what it has room for', (t) => {
  const lone = node({ mailboxMessages: 10 });
  lone.tell('/user/a/x', '(Send "/user/a/y" 15)');
  t.is(lone.core.inspect.counters['dead-letters'], 5);
  t.is(seen(lone), numbers(0, 10));
  lone.tell('/user/a/x', '(Send "/user/a/y" 3)');
  t.is(seen(lone), `${numbers(0, 10).slice(0, -1)} 0 1 2]`, 'and has room again');
});

test('a mailbox is full of the messages of its batches', (t) => {
  const lone = node({ mailboxMessages: 10, sliceReductions: 300 });
  lone.submit({
    op: 'tell',
    path: '/user/a/x' as never,
    message: LoneNode.message('(Send "/user/a/y" 10)'),
    id: 'a',
  });
  while (lone.core.inspect.counters.turns < 1) lone.slice();
  const refused = lone.submit({
    op: 'tell',
    path: '/user/a/y' as never,
    message: LoneNode.message('(Seen)'),
    id: 'b',
  });
  t.like(lone.result(refused), { ok: false, code: 'overloaded' });
  while (lone.core.hasWork) lone.slice();
  t.is(seen(lone), numbers(0, 10));
});

test('messages of one turn to two actors come to each in order', (t) => {
  const lone = node();
  lone.tell('/user/a/x', '(Both "/user/a/y" "/user/a/z" 30)');
  t.is(seen(lone), numbers(0, 30));
  t.is(seen(lone, '/user/a/z'), numbers(0, 30));
});

test('after a fault, and after a turn in slices, a batch goes on', (t) => {
  for (const what of [1, 4]) {
    const lone = node();
    lone.tell('/user/a/y', `(At 7 ${what})`);
    lone.tell('/user/a/x', '(Send "/user/a/y" 20)');
    t.is(seen(lone), numbers(0, 20, 7));
    t.is(lone.core.inspect.counters.faults, what === 1 ? 1 : 0);
  }
});

test('the rest of a batch goes to another behaviour, or to nobody', (t) => {
  const lone = node();
  lone.tell('/user/a/y', '(At 7 2)');
  lone.tell('/user/a/x', '(Send "/user/a/y" 20)');
  t.is(seen(lone), numbers(0, 7));
  lone.tell('/user/a/z', '(At 7 3)');
  lone.tell('/user/a/x', '(Send "/user/a/z" 20)');
  t.like(lone.tell('/user/a/z', '(Seen)'), { ok: false, code: 'actor-stopped' });
  t.is(lone.core.inspect.counters['dead-letters'], 12);
});

test('inspect shows the state in memory, in this life and no other', (t) => {
  const lone = new LoneNode(2, { stateBytes: 2000 });
  lone.deploy(`
    union Msg { Keep { text: String } Fail }
    : keeper ( Map Msg -- Map ) match Keep { >text } -> "text" swap map.set Fail -> 1 0 divide drop end ;
  `);
  const path = '/user/a/fast';
  lone.spawn(path, 'keeper', 'volatile');
  const state = () => formatNotation(lone.inspect(path).data);
  t.is(state(), '{}');
  for (const text of ['"a"', '"b"']) {
    lone.tell(path, `(Keep ${text})`);
    t.is(state(), `{"text" ${text}}`);
  }
  lone.tell(path, '(Fail)');
  t.is(state(), '{"text" "b"}');
  t.like(lone.inspect(path), { mode: 'volatile', sequence: 1, restarts: 1 });
  lone.disk('low');
  t.is(state(), '{"text" "b"}', 'a full disk is no matter for a read');
  lone.disk('enough');
  lone.stop(path);
  t.is(state(), '{"text" "b"}', 'until it is forgotten');
  lone.resume(path);
  t.is(state(), '{}');
  lone.tell(path, '(Keep "c")');
  lone.restart();
  t.is(state(), '{}', 'what nobody has in memory begins anew');
  lone.tell(path, `(Keep "${'long '.repeat(500)}")`);
  t.like(lone.request({ op: 'inspect', path: path as never }), { ok: false, code: 'too-large' });
  lone.stop(path);
  lone.spawn(path, 'keeper', 'durable', { newLife: true });
  t.is(state(), '{}');
});
