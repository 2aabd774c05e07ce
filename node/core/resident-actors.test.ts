// Actors that are idle leave memory when there are too many, and come back with their next message.
import test from 'ava';
import { LoneNode } from './testing/lone-node.ts';
import type { CoreLimits } from './types.ts';

const PROGRAM = `
union Msg { Add { amount: Int } Total Keep { text: String } Drop }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: adder ( Map Msg -- Map )
  match
    Add { >amount } -> over total i.+ "total" swap map.set
    Total -> dup total actor.reply
    Keep { >text } -> "text" swap map.set
    Drop -> "text" map.remove
  end ;
`;
const PATHS = Array.from({ length: 40 }, (_, at) => `/user/many/a${at}`);
const SHARDS = 2;

function node(limits: Partial<CoreLimits>): LoneNode {
  const lone = new LoneNode(SHARDS, limits);
  lone.deploy(PROGRAM);
  for (const path of PATHS) lone.spawn(path, 'adder');
  return lone;
}

const resident = (lone: LoneNode): number => lone.core.inspect.load().actors;

test('no more idle actors stay in memory than the limit of the node, and none of them loses anything', (t) => {
  const lone = node({ residentActors: 10 });
  for (const [at, path] of PATHS.entries()) lone.tell(path, `(Add ${at})`);
  lone.pass(3000);
  t.true(resident(lone) <= 10, `${resident(lone)}`);
  for (const [at, path] of PATHS.entries()) t.is(lone.reply(path, '(Total)'), at);
  lone.pass(3000);
  t.true(resident(lone) <= 10);
  t.deepEqual(lone.verify(), []);
});

test('below the limit all stay', (t) => {
  const lone = node({ residentActors: 1000 });
  lone.pass(60_000);
  t.is(resident(lone), PATHS.length);
});

const bytes = (lone: LoneNode): number => lone.core.inspect.load().actorBytes;

test('no more bytes of idle states stay in memory than the limit of the node', (t) => {
  const lone = node({ residentBytes: 20_000 });
  for (const path of PATHS) lone.tell(path, `(Keep "${'x'.repeat(1000)}")`);
  t.true(bytes(lone) > 40_000, `${bytes(lone)}`);
  lone.pass(3000);
  t.true(bytes(lone) <= 20_000, `${bytes(lone)}`);
  t.true(bytes(lone) > 16_000, 'no more leave than must');
  for (const path of PATHS) lone.tell(path, '(Add 7)');
  for (const path of PATHS) t.is(lone.reply(path, '(Total)'), 7);
  lone.pass(3000);
  t.true(bytes(lone) <= 20_000);
  t.deepEqual(lone.verify(), []);
});

test('what states take is counted as they grow, shrink, are read again and end', (t) => {
  const lone = node({});
  const before = bytes(lone);
  const [path] = PATHS as [string];
  lone.tell(path, `(Keep "${'x'.repeat(1000)}")`);
  t.true(bytes(lone) >= before + 1000);
  lone.tell(path, '(Drop)');
  // Exact again with the next snapshot.
  for (let n = 0; n < 10; n++) lone.tell(path, '(Add 1)');
  t.true(bytes(lone) < before + 1000, `${bytes(lone)}`);
  lone.tell(path, `(Keep "${'x'.repeat(1000)}")`);
  const held = bytes(lone);
  t.true(held >= 1000);
  lone.restart();
  t.is(bytes(lone), 0);
  lone.reply(path, '(Total)');
  t.true(bytes(lone) >= 1000 && bytes(lone) <= held, `${bytes(lone)}`);
  lone.stop(path);
  lone.purge(path);
  t.is(bytes(lone), 0);
});
