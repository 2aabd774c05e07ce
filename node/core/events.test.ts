// Events of the actors of a node, followed in their order.
import test from 'ava';
import { parsePath } from '../base/path.ts';
import { shardOf } from '../cluster/placement.ts';
import { decodeRecord } from '../journal/journal-record.ts';
import { GroupKeys } from '../journal/keys.ts';
import { isOrder, orderFrom, orderKey } from '../journal/order-keys.ts';
import { cursorOf, readCursor } from './requests/cursor.ts';
import { LoneFollower } from './testing/followed.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg { Put { amount: Int } Total Many { count: Int } }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: account ( Map Msg -- Map )
  match
    Put { >amount } -> over total i.+ dup journal.append "total" swap map.set
    Total -> dup total actor.reply
    Many { >count } -> drop
  end ;
`;
const SHARDS = 3;
const PATHS = ['/user/a', '/user/b', '/user/c', '/user/d'];

function node(): LoneNode {
  const lone = new LoneNode(SHARDS);
  lone.deploy(PROGRAM);
  for (const path of PATHS) lone.spawn(path, 'account');
  return lone;
}

const follow = (lone: LoneNode, options: ConstructorParameters<typeof LoneFollower>[2]) =>
  new LoneFollower(lone, SHARDS, options);

/** For each actor its sequences, as they came. */
function byActor(taken: readonly string[]): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  for (const each of taken) {
    const [path, sequence] = each.split(' ') as [string, string | undefined];
    if (sequence === undefined) continue;
    found[path] ??= [];
    found[path].push(Number(sequence));
  }
  return found;
}

test('records come from the beginning, for each actor in order, then as they are committed', (t) => {
  const lone = node();
  for (let at = 0; at < 12; at++) lone.tell(PATHS[at % 4]!, `(Put ${at})`);
  const following = follow(lone, { prefix: '/user/' });
  const taken = following.take();
  t.is(taken.at(-1), 'caught-up');
  const expected = [1, 2, 3, 4];
  t.deepEqual(byActor(taken), Object.fromEntries(PATHS.map((path) => [path, expected])));
  lone.tell('/user/b', '(Put 5)');
  lone.tell('/user/b', '(Put 6)');
  t.deepEqual(following.take(), ['/user/b 5', '/user/b 6']);
});

test('an event holds the record as it is in the journal, with the events of its turn', (t) => {
  const lone = node();
  lone.tell('/user/a', '(Put 7)');
  const following = follow(lone, { prefix: '/user/a', exact: true });
  t.like(following.next(), { kind: 'event', path: '/user/a', sequence: 1 });
  const second = following.next();
  if (second?.kind !== 'event' || second.record === null) return t.fail();
  t.deepEqual(second.record, lone.journal('/user/a')[1]);
  t.deepEqual(decodeRecord(second.record).events, [7]);
});

test('every cursor goes on behind its event, also within an entry, and covers all shards', (t) => {
  const lone = node();
  lone.holdDisk();
  for (let at = 0; at < 24; at++)
    lone.submit({
      op: 'tell',
      path: parsePath(PATHS[at % 4]!),
      message: LoneNode.message(`(Put ${at})`),
      id: `held-${at}`,
    });
  while (lone.core.hasWork) lone.slice();
  lone.releaseDisk();
  const entries = lone.rows().filter(([key]) => isOrder(key));
  t.true(entries.length < 28, 'some entries hold several records');
  const whole = follow(lone, { prefix: '/user/' });
  const all: { readonly text: string; readonly cursor: string }[] = [];
  for (let next = whole.next(); next !== undefined; next = whole.next())
    if (next.kind === 'event')
      all.push({ text: `${next.path} ${next.sequence}`, cursor: whole.follower.cursor() });
  t.is(all.length, 28);
  for (const [at, { cursor }] of all.entries()) {
    const rest = byActor(follow(lone, { prefix: '/user/', from: cursor }).take());
    t.deepEqual(rest, byActor(all.slice(at + 1).map(({ text }) => text)), `behind ${all[at]!.text}`);
  }
});

test('from now on, nothing older comes; an empty stream is caught up', (t) => {
  const lone = node();
  lone.tell('/user/a', '(Put 7)');
  const following = follow(lone, { prefix: '/user/', from: 'now' });
  t.deepEqual(following.take(), ['caught-up']);
  lone.tell('/user/a', '(Put 8)');
  t.deepEqual(following.take(), ['/user/a 3']);
  const empty = follow(lone, { prefix: '/nobody/' });
  t.deepEqual(empty.take(), ['caught-up']);
  const deeper = follow(lone, { prefix: '/user/a/b/c', from: 'now' });
  t.is(deeper.next()?.kind, 'caught-up');
  t.deepEqual(follow(lone, { prefix: '/user/', from: deeper.follower.cursor() }).take(), ['caught-up']);
});

test('a prefix of three segments, and one actor, are read from their shard alone', (t) => {
  const lone = new LoneNode(SHARDS);
  lone.deploy(PROGRAM);
  for (const path of ['/user/a/b/c', '/user/a/b/d', '/user/a/b', '/user/a/bc']) lone.spawn(path, 'account');
  const below = follow(lone, { prefix: '/user/a/b/' });
  t.is(below.pending, 2);
  t.deepEqual(below.take(), ['/user/a/b/c 1', '/user/a/b/d 1', 'caught-up']);
  t.deepEqual(follow(lone, { prefix: '/user/a/b', exact: true }).take(), ['/user/a/b 1', 'caught-up']);
  t.deepEqual(follow(lone, { prefix: '/user/a/b' }).take().sort(), [
    '/user/a/b 1',
    '/user/a/b/c 1',
    '/user/a/b/d 1',
    '/user/a/bc 1',
    'caught-up',
  ]);
});

test('who does not ask holds one page of each shard', (t) => {
  const lone = node();
  for (let at = 0; at < 600; at++) lone.tell('/user/a', `(Put ${at})`);
  const following = follow(lone, { prefix: '/user/a', exact: true });
  following.next();
  const scans = lone.scans.length;
  lone.pass(20_000);
  t.is(lone.scans.length, scans);
  t.is(following.pending, 0);
  t.is(following.take(2000).length, 601);
});

test('what a purge deleted is left out, and the purge itself comes; a new life begins anew', (t) => {
  const lone = node();
  lone.tell('/user/a', '(Put 1)');
  lone.tell('/user/b', '(Put 1)');
  const before = follow(lone, { prefix: '/user/' });
  const seen = before.take(3);
  t.like(lone.purge('/user/a', { force: true }), { ok: true });
  lone.spawn('/user/a', 'account');
  lone.tell('/user/a', '(Put 1)');
  const later = byActor(follow(lone, { prefix: '/user/' }).take());
  t.deepEqual(later['/user/a'], [0, 1, 2]);
  t.deepEqual(later['/user/b'], [1, 2]);
  const whole = byActor([...seen, ...before.take()]);
  t.deepEqual(whole['/user/a']?.slice(-3), [0, 1, 2]);
  t.deepEqual(whole['/user/b'], [1, 2]);
  t.deepEqual(lone.verify(), []);
});

test('a node goes on with the order where it was', (t) => {
  const lone = node();
  const first = follow(lone, { prefix: '/user/' });
  const cursors: string[] = [];
  for (let next = first.next(); next !== undefined; next = first.next())
    if (next.kind === 'caught-up') cursors.push(first.follower.cursor());
  lone.tell('/user/c', '(Put 1)');
  lone.restart();
  lone.tell('/user/c', '(Put 2)');
  t.deepEqual(follow(lone, { prefix: '/user/', from: cursors[0]! }).take(), [
    '/user/c 2',
    '/user/c 3',
    'caught-up',
  ]);
});

test('a cursor that nothing is kept for is refused, and so is one that was never given', (t) => {
  const lone = node();
  const group = shardOf(parsePath('/user/a'), SHARDS);
  const keys = new GroupKeys(group, 1);
  // As in a store of a version that kept no order.
  lone.erase(orderKey(keys, 0));
  for (const [key] of lone.rows(orderFrom(keys, 0))) lone.erase(key);
  const read = (index: number) =>
    lone.request({ op: 'events', group, prefix: '/', exact: false, index, skip: 0, eager: false, waitMs: 0 });
  t.like(read(0), { ok: false, code: 'events-not-kept' });
  const end = lone.request({ op: 'applied-index', group });
  if (!end.ok) return t.fail();
  const now = (end.value as number) + 1;
  t.like(read(now), { ok: true });
  lone.tell('/user/a', '(Put 1)');
  lone.tell('/user/a', '(Put 2)');
  t.like(read(now), { ok: true, value: { events: [['/user/a'], ['/user/a']] } });
  t.like(read(now - 1), { ok: false, code: 'events-not-kept' });
  t.like(read(1_000_000), { ok: false, code: 'bad-cursor' });
  const positions = [1, 2, 3].map((index) => ({ index, skip: index % 2 }));
  const cursor = cursorOf({ id: 'test', shards: 3 }, positions);
  t.deepEqual(readCursor({ id: 'test', shards: 3 }, cursor), positions);
  for (const other of [
    { id: 'other', shards: 3 },
    { id: 'test', shards: 4 },
  ])
    t.throws(() => readCursor(other, cursor), { code: 'bad-cursor' });
  for (const broken of ['', '*', cursor.slice(0, -2), `${cursor}AAAA`])
    t.throws(() => readCursor({ id: 'test', shards: 3 }, broken), { code: 'bad-cursor' }, broken);
});

test('a record that cannot be read is told of, and does not stop the others', (t) => {
  const lone = node();
  lone.tell('/user/a', '(Put 1)');
  lone.erase(lone.keyOf('/user/a', (keys, path) => keys.record(path, 2)));
  lone.tell('/user/b', '(Put 1)');
  const following = follow(lone, { prefix: '/user/' });
  const found = [];
  for (let next = following.next(); next !== undefined; next = following.next())
    if (next.kind === 'event' && next.record === null) found.push(`${next.path} ${next.sequence}`);
  t.deepEqual(found, ['/user/a 2']);
});

test('the order costs an ask one row, of its path and some bytes', (t) => {
  const lone = node();
  const size = () => {
    const rows = lone.rows().filter(([key]) => isOrder(key));
    return {
      rows: rows.length,
      bytes: rows.reduce((sum, [key, value]) => sum + key.length + value.length, 0),
    };
  };
  const before = size();
  const path = '/user/a';
  for (let value = 1; value <= 100; value++) lone.tell(path, `(Put ${value})`);
  const after = size();
  t.is(after.rows - before.rows, 100);
  const each = (after.bytes - before.bytes) / 100;
  t.true(each <= path.length + 20, `${each} bytes`);
});
