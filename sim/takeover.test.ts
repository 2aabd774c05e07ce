// How soon the actors of a node go on elsewhere, in the time of the simulated clocks: of one that is killed,
// whose connections close, and of one that falls silent with its connections open.
import test from 'ava';
import { parseNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import type { SimNode } from './sim-node.ts';
import { Trio } from './trio.ts';

const MILLIS = 1000;
const PATH = parsePath('/user/a/counter');
const SOURCE = `
  union Msg { Count }
  : count ( Map -- Map ) dup "count" map.get [ ] [ drop 0 ] if 1 i.+ "count" swap map.set ;
  : counter ( Map Msg -- Map ) match Count -> count 1 actor.reply end ;
`;

/** Milliseconds from the end of the leader to the first acknowledgement by another node. */
function takeover(seed: number, ends: (trio: Trio, leader: SimNode) => void): number {
  const trio = new Trio(SOURCE, { shards: 1, seed });
  trio.spawn(PATH, 'counter');
  const { cluster } = trio;
  const leader = trio.leaderOf(PATH);
  cluster.runFor((seed % 10) * 37 * MILLIS);
  ends(trio, leader);
  const [asked] = cluster.nodes.filter((each) => each !== leader);
  const diedAt = cluster.scheduler.now;
  let isOver = false;
  // A client tries again, with the same id, until it is answered. What it asked a node that fell silent is
  // never answered.
  const ask = () =>
    cluster.call(
      asked!,
      { op: 'ask', path: PATH, message: parseNotation('(Count)'), id: 'count', timeoutMs: 500 },
      (outcome) => {
        if (outcome !== 'lost' && outcome.ok) isOver = true;
        else cluster.scheduler.after(10 * MILLIS, ask);
      },
    );
  ask();
  cluster.runFor(20_000 * MILLIS, () => isOver);
  return (cluster.scheduler.now - diedAt) / MILLIS;
}

const longestOf = (ends: Parameters<typeof takeover>[1]) =>
  Math.max(...Array.from({ length: 40 }, (_, at) => takeover(at + 1, ends)));

test('the actors of a node that is killed go on elsewhere within a second', (t) => {
  const longest = longestOf(({ cluster }, leader) => cluster.crash(leader, false));
  t.true(longest <= 1000, `${longest} ms`);
});

test('the actors of a node that falls silent go on elsewhere within 4 s', (t) => {
  const longest = longestOf((_, leader) => leader.freeze());
  t.true(longest > 1000 && longest <= 4000, `${longest} ms`);
});
