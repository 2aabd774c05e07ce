// A data directory that an earlier version of this code left, with rows of every kind: all of it goes on.
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { decodeData } from '../base/codec.ts';
import { formatNotation } from '../base/notation.ts';
import type { List, SeqMap, Sym } from '../base/value.ts';
import { type ParsedKey, parseKey } from '../journal/keys.ts';
import { parseToken } from '../runtime/tasks/queue-state.ts';
import { LoneNode } from './testing/lone-node.ts';
import { formatStored, readStored } from './testing/stored-data.ts';
import { BACK_OFF_MS, queueOrder, STORY_SHARDS, story, takeJob } from './testing/stored-story.ts';

const FILE = 'stored-data.txt';
const PLACE = new URL(`testing/${FILE}`, import.meta.url);

test.before(() => {
  if (!process.env.SEQ_NODE_WRITE_DATA) return;
  const { lone, lease } = story();
  const title = `What a node left, with rows of every kind. See stored-story.ts.\n# lease ${lease}`;
  writeFileSync(PLACE, formatStored(title, lone));
});

const opened = () => new LoneNode(STORY_SHARDS, {}, readStored(FILE));
const stateOf = (lone: LoneNode, path: string) => formatNotation(lone.inspect(path).data);
const told = (lone: LoneNode, path: string) => formatNotation(lone.reply(path, '(Told)'));

const EVERY_KIND: Readonly<Record<ParsedKey['kind'], true>> = {
  head: true,
  sequence: true,
  snapshot: true,
  record: true,
  task: true,
  mark: true,
  outbox: true,
  item: true,
  'dead-letter': true,
  timer: true,
  watch: true,
  stash: true,
  subscription: true,
  ask: true,
  due: true,
  clock: true,
  order: true,
  purged: true,
  'group-row': true,
};

test('rows of every kind are stored', (t) => {
  const kinds = new Set(readStored(FILE).rows.map(([key]) => parseKey(key).kind));
  t.deepEqual([...kinds].sort(), Object.keys(EVERY_KIND).sort());
});

test('actors go on as they were: their states, lives, code, ids and messages under way', (t) => {
  const lone = opened();
  t.is(lone.reply('/new/counts', '(Total)'), 78);
  t.like(lone.tell('/new/counts', '(Add 3)', 'add-3'), { ok: true, value: { replayed: true } });
  t.is(lone.reply('/new/upgraded', '(Total)'), 1007);
  for (const [path, lifecycle, total] of [
    ['/new/stopped', 'stopped', 8],
    ['/new/failed', 'failed', 9],
    ['/new/suspended', 'suspended', 1],
  ] as const) {
    t.is(lone.inspect(path).lifecycle, lifecycle);
    t.like(lone.resume(path), { ok: true });
    lone.pass(3000);
    t.is(lone.reply(path, '(Total)'), total, path);
  }
  t.like(lone.ask('/new/purged', '(Total)'), { ok: false, code: 'no-such-actor' });
  t.like(lone.spawn('/new/purged', 'actor'), { ok: true });
  t.is(lone.reply('/new/turned', '(Who)'), 'other');
  t.is(lone.reply('/new/volatile', '(Total)'), 0);
  t.deepEqual(lone.verify(), []);
});

test('timers, watches, links and stashes do what they were to do', (t) => {
  const lone = opened();
  lone.stop('/new/counts');
  lone.tell('/new/stashes', '(Take-up)');
  lone.pass(500);
  t.is(told(lone, '/new/watches'), '["/new/counts"]');
  t.is(told(lone, '/new/stashes'), '["put-aside" "put-aside"]');
  // It is told of the end of a link as of that of a watch.
  for (let fault = 0; fault < 4; fault++) lone.tell('/new/linked', '(Fail)');
  lone.pass(500);
  t.is(told(lone, '/new/watches'), '["/new/counts" "/new/linked"]');
  lone.pass(46_000);
  t.is(lone.reply('/new/clock', '(Total)'), 100);
  lone.pass(20_000);
  t.is(lone.reply('/new/clock', '(Total)'), 101);
  lone.pass(30_000);
  t.is(lone.reply('/new/clock', '(Total)'), 201);
  t.deepEqual(lone.verify(), []);
});

test('a subscriber goes on behind what it has taken', (t) => {
  const lone = opened();
  t.is(lone.reply('/new/subscribed', '(Count)'), 3);
  lone.tell('/new/upgraded', '(Add 1)');
  lone.pass(3000);
  t.is(lone.reply('/new/subscribed', '(Count)'), 4);
});

test('tasks and dead letters are where they were, and the ask is answered', (t) => {
  const lone = opened();
  const rows = lone.request({ op: 'tasks', path: '/queue/jobs' as never, from: 0, limit: 10 });
  t.true(rows.ok);
  const letters = [...lone.deadLetters('/new/counts'), ...lone.deadLetters('/queue/jobs')];
  t.deepEqual([...new Set(letters.map(({ receiver, code }) => `${receiver} ${code}`))].sort(), [
    '/new/nobody no-such-actor',
    '/queue/jobs task-failed',
  ]);
  const lease = /^# lease (\S+)$/m.exec(readFileSync(PLACE, 'utf8'))![1]!;
  const ready = takeJob(lone)!;
  t.is(decodeData(ready.message), 'ready');
  t.is(takeJob(lone), undefined);
  queueOrder(lone, { kind: 'complete', token: parseToken(lease)!, result: 'done' });
  lone.pass(500);
  t.is(told(lone, '/new/asks'), '["done"]');
  lone.pass(600_000);
  t.is(decodeData(takeJob(lone)!.message), 'again');
  t.deepEqual(lone.verify(), []);
});

test('a supervisor goes on counting, and with the back-off that was under way', (t) => {
  const lone = opened();
  const children = () =>
    (lone.reply('/new/sup', '(Children)') as List)
      .toArray()
      .map((row) => `${(row as SeqMap).get('id')}:${((row as SeqMap).get('status') as Sym).name}`);
  t.deepEqual(children(), ['a:running', 'b:restarting', 'c:stopped']);
  lone.pass(BACK_OFF_MS);
  t.deepEqual(children(), ['a:running', 'b:running', 'c:stopped']);
  t.is(lone.reply('/new/sup/a', '(Total)'), 5);
  lone.tell('/new/sup/a', '(Fail)');
  lone.pass(2000);
  t.is(lone.inspect('/new/sup').lifecycle, 'failed', 'two restarts were counted before, and two are allowed');
  t.is(stateOf(lone, '/new/sup/a'), '{"total" 5}');
});
