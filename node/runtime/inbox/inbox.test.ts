// E1: what comes again while it is under way gets the ending of the first, and runs once.
import test from 'ava';
import { LoneNode } from '../../core/testing/lone-node.ts';

const PROGRAM = `
union Msg { Add { amount: Int } Total }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: counter ( Map Msg -- Map )
  match
    Add { >amount } -> over total i.+ dup actor.reply "total" swap map.set
    Total -> dup total actor.reply
  end ;
`;
const PATH = '/user/a/counter';

test('E1: a message that comes again before its turn runs once, and both hear of it', (t) => {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  lone.spawn(PATH, 'counter');
  const ask = () =>
    lone.submit({ op: 'ask', path: PATH as never, message: LoneNode.message('(Add 5)'), id: 'same' });
  const [one, other] = [ask(), ask()];
  while (lone.core.hasWork) lone.slice();
  lone.pass(1000);
  const answered = { sequence: 2, reply: 5 };
  t.like(lone.result(one), { ok: true, value: answered });
  t.like(lone.result(other), { ok: true, value: { ...answered, replayed: true } });
  t.is(lone.reply(PATH, '(Total)'), 5);
});
