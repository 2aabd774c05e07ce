// Whoever is asked, inspect shows the state that the leader of a volatile actor has in memory.
import test from 'ava';
import { decodeData } from '../node/base/codec.ts';
import { formatNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import type { Inspected } from '../node/core/requests/results.ts';
import type { SimNode } from './sim-node.ts';
import { Trio } from './trio.ts';

const SECOND = 1_000_000;
const PATH = parsePath('/user/a/counter');
const SOURCE = `
  union Msg { Add { amount: Int } }
  : counter ( Map Msg -- Map )
    match Add { >amount } -> over "sum" map.get [ ] [ drop 0 ] if i.+ "sum" swap map.set end ;
`;

function sum(trio: Trio, node: SimNode): string {
  let shown = 'no answer';
  trio.cluster.call(node, { op: 'inspect', path: PATH, timeoutMs: 4000 }, (outcome) => {
    if (outcome === 'lost') shown = outcome;
    else if (outcome.ok) shown = formatNotation(decodeData((outcome.value as Inspected).state));
    else shown = outcome.code;
  });
  trio.cluster.runFor(5 * SECOND, () => shown !== 'no answer');
  return shown;
}

test('inspect of a volatile actor through every node, and after the loss of its leader', (t) => {
  const trio = new Trio(SOURCE, { shards: 1 });
  trio.spawn(PATH, 'counter', 'volatile');
  for (let times = 1; times <= 3; times++) {
    trio.tell(PATH, '(Add 5)');
    for (const node of trio.cluster.nodes) t.is(sum(trio, node), `{"sum" ${times * 5}}`, node.peer.name);
  }
  trio.cluster.crash(trio.leaderOf(PATH), false);
  trio.cluster.runFor(5 * SECOND);
  const others = trio.cluster.nodes.filter(({ isUp }) => isUp);
  for (const node of others) t.is(sum(trio, node), '{}', 'another life');
  trio.tell(PATH, '(Add 7)');
  for (const node of others) t.is(sum(trio, node), '{"sum" 7}');
});
