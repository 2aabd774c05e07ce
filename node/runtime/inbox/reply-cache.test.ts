import test from 'ava';
import { LoneNode, replayed } from '../../core/testing/lone-node.ts';
import { REPLIES_MAX, REPLY_BYTES_MAX, ReplyCache } from './reply-cache.ts';

const from = (at: number) => ({ source: `c:${at}`, number: 0 });

test('the newest message of each of the last sources is remembered, with its reply', (t) => {
  const heard = new ReplyCache();
  for (let at = 0; at < REPLIES_MAX; at++) heard.add(from(at), at);
  heard.add({ source: 'c:0', number: 1 }, 'again');
  heard.add(from(REPLIES_MAX), null);
  t.is(heard.find('c:1'), undefined, 'the one that was not heard for longest is forgotten');
  t.deepEqual(heard.find('c:0'), {
    number: 1,
    digest: undefined,
    outcome: { ok: true, sequence: 0, reply: 'again' },
  });
  t.deepEqual(heard.find('c:2'), {
    number: 0,
    digest: undefined,
    outcome: { ok: true, sequence: 0, reply: 2 },
  });
});

test('replies are remembered up to a size', (t) => {
  const heard = new ReplyCache();
  const large = 'x'.repeat(REPLY_BYTES_MAX / 3);
  for (let at = 0; at < 3; at++) heard.add(from(at), large);
  t.is(heard.find('c:0'), undefined);
  t.not(heard.find('c:1'), undefined);
  heard.add(from(2), 'small');
  heard.add(from(3), large);
  t.not(heard.find('c:1'), undefined, 'what a newer message replaced takes no room');
  heard.add(from(4), 'x'.repeat(REPLY_BYTES_MAX + 1));
  t.is(heard.find('c:4'), undefined, 'one that is larger by itself is not remembered');
  t.not(heard.find('c:3'), undefined, 'and takes no room either');
});

const PROGRAM = `
  union Msg { Count Forward { to: String } }
  : counted ( Map -- Int ) "count" map.get [ ] [ drop 0 ] if ;
  : counter ( Map Msg -- Map )
    match
      Count -> dup counted 1 i.+ dup actor.reply "count" swap map.set
      Forward { >to } -> Make-Count actor.send
    end ;
`;

test('a volatile actor gives the same answer to a message that comes again, and handles it once', (t) => {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  lone.spawn('/user/a/x', 'counter', 'volatile');
  const first = lone.ask('/user/a/x', '(Count)', 'same');
  t.like(first, { ok: true, value: { mode: 'volatile' } });
  t.deepEqual(lone.ask('/user/a/x', '(Count)', 'same'), replayed(first));
  t.is(lone.reply('/user/a/x', '(Count)'), 2);
  lone.spawn('/user/a/durable', 'counter');
  for (let at = 0; at < 3; at++) lone.tell('/user/a/durable', '(Forward "/user/a/x")');
  t.is(lone.reply('/user/a/x', '(Count)'), 6, 'and what a durable actor sends');
});
