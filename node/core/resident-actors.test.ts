// Actors that are idle leave memory when there are too many, and come back with their next message.
import test from 'ava';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg { Add { amount: Int } Total }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: adder ( Map Msg -- Map )
  match
    Add { >amount } -> over total i.+ "total" swap map.set
    Total -> dup total actor.reply
  end ;
`;
const PATHS = Array.from({ length: 40 }, (_, at) => `/user/many/a${at}`);
const SHARDS = 2;

function node(residentActors: number): LoneNode {
  const lone = new LoneNode(SHARDS, { residentActors });
  lone.deploy(PROGRAM);
  for (const path of PATHS) lone.spawn(path, 'adder');
  return lone;
}

const resident = (lone: LoneNode): number => lone.core.inspect.load().actors;

test('no more idle actors stay in memory than the limit of the node, and none of them loses anything', (t) => {
  const lone = node(10);
  for (const [at, path] of PATHS.entries()) lone.tell(path, `(Add ${at})`);
  lone.pass(3000);
  t.true(resident(lone) <= 10, `${resident(lone)}`);
  for (const [at, path] of PATHS.entries()) t.is(lone.reply(path, '(Total)'), at);
  lone.pass(3000);
  t.true(resident(lone) <= 10);
  t.deepEqual(lone.verify(), []);
});

test('below the limit all stay', (t) => {
  const lone = node(1000);
  lone.pass(60_000);
  t.is(resident(lone), PATHS.length);
});
