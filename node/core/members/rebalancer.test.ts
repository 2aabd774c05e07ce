// When the logs are cut, and how far.
import test from 'ava';
import { LoneNode } from '../testing/lone-node.ts';

const PROGRAM = `
union Note { Write { text: String } }
: keeper ( Map Note -- Map ) match Write { >text } -> "last" swap map.set end ;
`;

function written(limits: { readonly logTotalBytes: number }, messages: number): LoneNode {
  const node = new LoneNode(2, limits);
  node.deploy(PROGRAM);
  node.spawn('/user/a', 'keeper');
  for (let at = 0; at < messages; at++) node.tell('/user/a', `(Write "${at}${'x'.repeat(200)}")`);
  node.pass(2000);
  return node;
}

// A group begins behind entry 1, which holds its members.
const cuts = (node: LoneNode) => [...node.logStarts.values()].filter((index) => index > 1);

test('logs that are small together are left alone', (t) => {
  t.deepEqual(cuts(written({ logTotalBytes: 1024 * 1024 }, 100)), []);
});

test('logs that hold much together are cut, but for the last entries', (t) => {
  const starts = cuts(written({ logTotalBytes: 20_000 }, 300));
  t.is(Math.max(...starts) > 100, true);
  t.is(Math.max(...starts) < 300, true);
});

test('R3: a log is cut only up to what the store was asked to make durable, and has', (t) => {
  const node = written({ logTotalBytes: 20_000 }, 300);
  t.true(cuts(node).length > 0);
  t.is(node.unflushedCuts, 0);
});

test('an actor goes on from a log that was cut', (t) => {
  const node = written({ logTotalBytes: 20_000 }, 100);
  node.tell('/user/a', '(Write "end")');
  t.is(String(node.inspect('/user/a').sequence), '102');
});
