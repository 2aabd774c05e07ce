// The words of supervisors, in programs on a node.
import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import { type Data, type List, SeqMap, type Sym } from '../base/value.ts';
import { HITS } from './testing/hits.ts';
import { LoneNode } from './testing/lone-node.ts';

const SOURCE = `${HITS}: none ( -- List ) list.make ;
: many ( -- Map ) map.make 9 60000 supervisor.intensity ;

union BossMsg {
  Static
  Significant
  Dynamic
  Anywhere
  Add { id: String }
  AddInstance { id: String }
  Remove { id: String }
  Terminate { id: String }
  Restart { id: String }
  Forget { id: String }
  Spec { id: String }
  Count
}
: tree ( -- List )
  none
  "a" [ counter ] child 250 child.shutdown list.push
  "below" many none "x" [ counter ] child :transient child-restart list.push child.supervisor list.push ;
: significant ( String -- Map ) [ counter ] child :transient child.restart child-significant ;
: boss ( Map BossMsg -- Map )
  match
    Static -> "/sup" many tree supervisor.start-at drop
    Significant ->
      "/sup" many :all-significant supervisor-auto-shutdown none "a" significant list.push "b" significant list.push
      supervisor-start-at drop
    Dynamic ->
      "/sup" many :simple-one-for-one supervisor.strategy none "one" [ counter ] child list.push supervisor.start-at drop
    Anywhere ->
      many none "a" [ counter ] child "/user/elsewhere" child-at child-volatile child-shutdown-kill list.push
      "b" [ counter ] child "/user/b" child.at child-shutdown-infinity list.push
      supervisor-start actor.reply
    Add { >id } -> "/sup" swap [ counter ] child supervisor.add actor.reply
    AddInstance { >id } -> "/sup" swap supervisor-add-instance actor.reply
    Remove { >id } -> "/sup" swap supervisor-remove true actor.reply
    Terminate { >id } -> "/sup" swap supervisor.terminate true actor.reply
    Restart { >id } -> "/sup" swap supervisor.restart true actor.reply
    Forget { >id } -> "/sup" swap supervisor-delete true actor.reply
    Spec { >id } -> "/sup" swap supervisor.child actor.reply
    Count -> "/sup" supervisor.count actor.reply
  end ;
`;
const BOSS = '/user/boss';

function started(how: string): LoneNode {
  const lone = new LoneNode(4);
  lone.deploy(SOURCE);
  lone.spawn(BOSS, 'boss');
  const told = lone.tell(BOSS, how);
  if (!told.ok) throw new Error(told.message);
  lone.pass(1000);
  return lone;
}

const children = (lone: LoneNode, at = '/sup') =>
  (lone.reply(at, '(Children)') as List).toArray().map((row) => {
    const map = row as SeqMap;
    return `${map.get('id')}:${(map.get('status') as Sym).name}`;
  });

/** What a turn that asks the supervisor is answered, or why it failed. */
function asks(lone: LoneNode, message: string): Data | string {
  const answer = lone.ask(BOSS, message);
  lone.pass(500);
  return answer.ok ? (answer.value as { readonly reply: Data }).reply : `${answer.code}: ${answer.message}`;
}

test('supervisor-add, -terminate, -restart, -delete and -remove, and what they refuse', (t) => {
  const lone = started('(Static)');
  t.deepEqual(children(lone), ['a:running', 'below:running']);
  t.is(asks(lone, '(Add "c")'), '/sup/c');
  t.regex(String(asks(lone, '(Add "c")')), /^ask-failed: .*already-started: A child c runs already/);
  t.is(asks(lone, '(Terminate "c")'), true);
  t.deepEqual(children(lone), ['a:running', 'below:running', 'c:stopped']);
  t.regex(String(asks(lone, '(Add "c")')), /already-present/);
  t.is(asks(lone, '(Restart "c")'), true);
  t.regex(String(asks(lone, '(Restart "c")')), /running: The child c runs/);
  t.regex(String(asks(lone, '(Forget "c")')), /running/);
  t.is(asks(lone, '(Terminate "c")'), true);
  t.is(asks(lone, '(Forget "c")'), true);
  t.regex(String(asks(lone, '(Restart "c")')), /not-found: The supervisor has no child c/);
  t.is(asks(lone, '(Remove "a")'), true);
  t.deepEqual(children(lone), ['below:running']);
  t.is(lone.inspect(BOSS).lifecycle, 'running', 'a refusal is no fault of the program');
});

test('supervisor-count and -child tell what there is', (t) => {
  const lone = started('(Static)');
  const counts = SeqMap.from<Data>([
    ['specs', 2],
    ['active', 2],
    ['supervisors', 1],
    ['workers', 1],
  ]);
  t.deepEqual((asks(lone, '(Count)') as SeqMap).sorted(), counts.sorted());
  const spec = asks(lone, '(Spec "a")') as SeqMap;
  t.is(spec.get('shutdown'), 250);
  t.is(formatNotation(spec.get('restart')!), ':permanent');
});

test('child-supervisor: a child that is a supervisor is started again with its children', (t) => {
  const lone = started('(Static)');
  t.deepEqual(children(lone, '/sup/below'), ['x:running']);
  lone.tell('/sup/below/x', '(Hit)');
  lone.tell('/sup/below/x', '(Fail)');
  lone.pass(1000);
  t.deepEqual(children(lone, '/sup/below'), ['x:running']);
  t.is(lone.reply('/sup/below/x', '(Total)'), 1);
});

test('supervisor-auto-shutdown with child-significant: the supervisor ends with the last of them', (t) => {
  const lone = started('(Significant)');
  lone.tell('/sup/a', '(Leave)');
  lone.pass(1000);
  t.deepEqual(children(lone), ['a:stopped', 'b:running']);
  lone.tell('/sup/b', '(Leave)');
  lone.pass(1000);
  t.is(lone.inspect('/sup').lifecycle, 'stopped');
});

test('supervisor-add-instance: children of a simple-one-for-one supervisor are instances of one', (t) => {
  const lone = started('(Dynamic)');
  t.deepEqual(children(lone), []);
  t.is(asks(lone, '(AddInstance "x")'), '/sup/x');
  t.is(asks(lone, '(AddInstance "y")'), '/sup/y');
  lone.tell('/sup/x', '(Fail)');
  lone.pass(1000);
  t.deepEqual(children(lone), ['x:running', 'y:running']);
  t.is(asks(lone, '(Terminate "x")'), true);
  t.deepEqual(children(lone), ['y:running']);
  t.regex(String(asks(lone, '(Add "c")')), /simple-one-for-one/);
});

test('supervisor-start, child-at, child-volatile and child-shutdown-kill', (t) => {
  const lone = started('(Static)');
  const sup = asks(lone, '(Anywhere)') as string;
  t.regex(sup, /^\/uuid\//);
  t.deepEqual(children(lone, sup), ['a:running', 'b:running']);
  t.like(lone.inspect('/user/elsewhere'), { supervisor: sup, mode: 'volatile' });
  t.like(lone.inspect('/user/b'), { supervisor: sup, lifecycle: 'running' });
  lone.stop(sup);
  lone.pass(1000);
  for (const path of ['/user/elsewhere', '/user/b']) t.is(lone.inspect(path).lifecycle, 'stopped', path);
});
