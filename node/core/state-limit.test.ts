// What an actor may keep is bounded by an option, whatever its program does.
import test from 'ava';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Bag { Put { text: String } Count }
: bag ( Map Bag -- Map )
  match
    Put { >text } -> over map.size int->string swap map.set
    Count -> dup map.size actor.reply
  end
;
`;

test('a turn that would outgrow the limit fails and changes nothing; the actor goes on', (t) => {
  const node = new LoneNode(2, { stateBytes: 10_000 });
  node.deploy(PROGRAM);
  node.spawn('/user/bag', 'bag');
  const text = 'x'.repeat(1000);
  const results = Array.from({ length: 12 }, () => node.tell('/user/bag', `(Put "${text}")`));
  const refused = results.flatMap((result) => (result.ok ? [] : [`${result.code}: ${result.message}`]));
  t.is(results.length - refused.length, 9);
  t.is(refused[0], 'turn-failed: too-large: The state outgrew runtime.state-bytes-max.');
  node.pass(10_000);
  t.is(node.reply('/user/bag', '(Count)'), 9);
});

test('a state that grows within one turn is stopped by the reductions of the turn', (t) => {
  const node = new LoneNode(2, { turnReductions: 100_000 });
  node.deploy(`
union Order { Grow }
: more ( Map Int -- Map ) swap over dup int->string map.set swap 1 i.+ more ;
: eater ( Map Order -- Map ) match Grow -> 0 more end ;
`);
  node.spawn('/user/eater', 'eater');
  const result = node.tell('/user/eater', '(Grow)');
  t.false(result.ok);
  t.regex(result.ok ? '' : result.message, /budget|reductions/);
});
