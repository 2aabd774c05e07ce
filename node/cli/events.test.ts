// The commands that follow events, against a gateway on a real socket with a feed in memory behind it.
import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { startGateway } from '../gateway/http.test-support.ts';
import type { FollowedEvent } from '../host/api.ts';
import { run } from './cli.test-support.ts';

const record = (sequence: number, path = '/user/a'): FollowedEvent => ({
  kind: 'record',
  path,
  cursor: `c${sequence}`,
  row: {
    sequence,
    kind: 'turn',
    term: 1,
    atMillis: 0,
    message: sequence,
    events: [],
    set: [],
    removed: [],
    reply: null,
    code: 'ab:account',
    origin: null,
    upgrade: null,
  },
});
const EVENTS: readonly FollowedEvent[] = [
  record(1),
  record(2),
  { kind: 'purged', path: '/user/a', cursor: 'c3' },
  { kind: 'unreadable', path: '/user/b', sequence: 7, cursor: 'c4' },
  { kind: 'caught-up', cursor: 'c5' },
];

test('events shows what there is, over nodes, and ends once it has caught up', async (t) => {
  const first = await startGateway(t);
  const second = await startGateway(t);
  first.node.nextFeed = (at) => [...EVENTS.slice(0, 2), new SeqNodeError('stopping')][at];
  second.node.nextFeed = (at) => EVENTS[at + 2];
  const env = { SEQ_NODE_URL: `${first.gateway.url},${second.gateway.url}` };
  const shown = await run(['events', '/user/', '--once'], env);
  t.deepEqual(shown.stdout.split('\n'), [
    '/user/a #1  1970-01-01T00:00:00.000Z  turn  1',
    '/user/a #2  1970-01-01T00:00:00.000Z  turn  2',
    '/user/a was purged',
    '/user/b #7 cannot be read',
    '',
  ]);
  t.is(shown.code, 0);
  t.deepEqual(second.node.feeds[0]!.options, { prefix: '/user/', exact: false, from: 'c2' });
  second.node.nextFeed = (at) => EVENTS[at + 1];
  const json = await run(['events', '/', '--from', 'c1', '--once', '--json'], {
    SEQ_NODE_URL: second.gateway.url,
  });
  const lines = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(lines[0], { event: 'record', cursor: 'c2', path: '/user/a', sequence: 2 });
  t.deepEqual(lines.at(-1), { event: 'caught-up', cursor: 'c5' });
});

test('journal show --follow goes on from a sequence, until what ends it', async (t) => {
  const { node, gateway } = await startGateway(t);
  const env = { SEQ_NODE_URL: gateway.url };
  node.nextFeed = (at) => [...EVENTS.slice(0, 2), new SeqNodeError('events-not-kept')][at];
  const shown = await run(['journal', 'show', '/user/a', '--follow', '--from', '2'], env);
  t.is(shown.stdout, '#2  1970-01-01T00:00:00.000Z  turn  2\n');
  t.is(shown.code, 65);
  t.regex(shown.stderr, /error\[events-not-kept\]/);
  t.deepEqual(node.feeds[0]!.options, { prefix: '/user/a', exact: true, from: 'beginning' });
  t.regex((await run(['journal', 'show', '/user/a', '--follow', '--limit', '2'], env)).stderr, /bad-usage/);
});

test('logs shows what was printed, and goes on behind it until what ends it', async (t) => {
  const { node, gateway } = await startGateway(t);
  const env = { SEQ_NODE_URL: gateway.url };
  node.printed.push('hello');
  t.is((await run(['logs', '/user/a'], env)).stdout, '1970-01-01T00:00:00.000Z  hello\n');
  node.printed.push('one', 'two\u0007');
  const shown = await run(['logs', '/user/a', '--follow'], env);
  t.regex(shown.stdout, /^1970-01-01T00:00:00.000Z {2}one\n1970-01-01T00:00:00.000Z {2}two\S+\n$/);
  t.false(shown.stdout.includes('\u0007'));
  t.regex(shown.stderr, /error\[no-such-actor\]/);
  node.printed.push('as data');
  const json = await run(['logs', '/user/a', '--json'], env);
  t.deepEqual(JSON.parse(json.stdout), { atMillis: 0, text: 'as data' });
});
