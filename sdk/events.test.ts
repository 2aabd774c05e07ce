// Event streams over nodes that end them, break them, and are gone.
import test from 'ava';
import { SeqNodeError as NodeError } from '../node/base/errors.ts';
import { startGateway } from '../node/gateway/http.test-support.ts';
import type { FollowedEvent } from '../node/host/api.ts';
import { type ActorEvent, connect, SeqNodeError } from './index.ts';

const record = (sequence: number): FollowedEvent => ({
  kind: 'record',
  path: '/user/a',
  cursor: `c${sequence}`,
  row: {
    sequence,
    kind: 'turn',
    term: 1,
    atMillis: 5,
    message: 2n ** 60n,
    events: [sequence],
    set: [],
    removed: [],
    reply: null,
    code: 'ab:account',
    origin: null,
    upgrade: null,
  },
});

/** Of a record its sequence. */
const shortly = (event: ActorEvent) => (event.type === 'record' ? event.record.sequence : event.type);

test('a stream that ends goes on at another node, behind the last event', async (t) => {
  const first = await startGateway(t);
  const second = await startGateway(t);
  const caughtUp = { kind: 'caught-up', cursor: 'c2' } as const;
  first.node.nextFeed = (at) => [record(1), record(2), caughtUp, new NodeError('stopping')][at];
  second.node.nextFeed = (at) => [{ ...caughtUp }, record(3), record(4)][at];
  await using client = connect({ nodes: ['http://127.0.0.1:1', first.gateway.url, second.gateway.url] });
  const seen: (string | number)[] = [];
  for await (const event of client.events({ prefix: '/user/', from: 'c0' })) {
    seen.push(shortly(event));
    if (event.type === 'record') {
      t.is(event.record.message, 2n ** 60n);
      t.deepEqual(event.record.events, [event.record.sequence]);
    }
    if (seen.length === 5) break;
  }
  t.deepEqual(seen, [1, 2, 'caught-up', 3, 4]);
  t.deepEqual(first.node.feeds[0]!.options, { prefix: '/user/', exact: false, from: 'c0' });
  t.deepEqual(second.node.feeds[0]!.options, { prefix: '/user/', exact: false, from: 'c2' });
  while (!second.node.feeds[0]!.closed) await new Promise((resolve) => setTimeout(resolve, 5));
  t.pass('the node is told that nobody reads any more');
});

test('what does not pass ends the loop, and so does a signal', async (t) => {
  const { node, gateway } = await startGateway(t);
  await using client = connect({ nodes: gateway.url });
  node.nextFeed = () => new NodeError('events-not-kept');
  const failed = await client
    .events()
    .next()
    .catch((error: unknown) => error);
  t.true(failed instanceof SeqNodeError);
  t.is((failed as SeqNodeError).code, 'events-not-kept');
  const refused = await client
    .events({ from: 'broken' })
    .next()
    .catch((error: unknown) => error);
  t.is((refused as SeqNodeError).code, 'bad-cursor');
  node.nextFeed = (at) => [record(1)][at];
  const stop = new AbortController();
  const following = client.events({ actor: '/user/a', signal: stop.signal });
  t.is(shortly((await following.next()).value as ActorEvent), 1);
  const next = following.next();
  stop.abort(new Error('enough'));
  await t.throwsAsync(next, { message: 'enough' });
  t.deepEqual(node.feeds.at(-1)!.options, { prefix: '/user/a', exact: true, from: 'beginning' });
});

test('no node for longer than the time-out ends the loop', async (t) => {
  await using client = connect({ nodes: 'http://127.0.0.1:1', timeoutMs: 300 });
  const failed = await client
    .events()
    .next()
    .catch((error: unknown) => error);
  t.is((failed as SeqNodeError).code, 'unreachable');
});
