// What actors printed, as a node tells it.
import test from 'ava';
import type { PrintedPage } from './requests/results.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg { Say { text: String } Fail }
: talker ( Map Msg -- Map )
  match Say { >text } -> io.write-line Fail -> "lost" io.write-line 1 0 divide drop end ;
`;
const [A, B, V] = ['/user/a', '/user/b', '/user/v'] as const;

function logs(lone: LoneNode, path: string, after = '') {
  const result = lone.request({ op: 'logs', path: path as never, after });
  if (!result.ok) return { code: result.code };
  const { lines, next, nodeName } = result.value as PrintedPage;
  return { lines: lines.map(({ text }) => text), next, nodeName };
}

function node(): LoneNode {
  const lone = new LoneNode(2);
  lone.deploy(PROGRAM);
  for (const path of [A, B]) lone.spawn(path, 'talker');
  lone.spawn(V, 'talker', 'volatile');
  return lone;
}

test('what turns printed is told in order, and goes on behind a cursor; what failed printed nothing', (t) => {
  const lone = node();
  for (const path of [A, B, V]) {
    lone.tell(path, '(Say "one")');
    lone.tell(path, '(Fail)');
    lone.tell(path, '(Say "two")');
    const { lines, next, nodeName } = logs(lone, path);
    t.deepEqual([lines, nodeName], [['one', 'two'], 'n1'], path);
    t.deepEqual(logs(lone, path, next).lines, []);
    t.is(logs(lone, path, next).next, next);
    lone.tell(path, '(Say "three")');
    t.deepEqual(logs(lone, path, next).lines, ['three']);
  }
  t.deepEqual(logs(lone, '/user/nobody'), { code: 'no-such-actor' });
});

test('it is in memory: another process begins anew, whatever the cursor', (t) => {
  const lone = node();
  lone.tell(A, '(Say "one")');
  const { next } = logs(lone, A);
  lone.restart();
  t.deepEqual(logs(lone, A).lines, []);
  lone.tell(A, '(Say "two")');
  t.deepEqual(logs(lone, A, next).lines, ['two']);
});
