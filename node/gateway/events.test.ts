// Event streams over HTTP.
import { connect } from 'node:net';
import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import type { FollowedEvent } from '../host/api.ts';
import { EVENT_STREAMS_MAX, type Every } from './event-streams.ts';
import { call, codes, startGateway, talk } from './http.test-support.ts';

const purged = (at: number): FollowedEvent => ({ kind: 'purged', path: `/user/${at}`, cursor: `c${at}` });
const get = (address: string, headers = '') => `GET ${address} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

test('a stream is made of events with an id, a kind and data, and ends with the error that ended it', async (t) => {
  const fixture = await startGateway(t);
  const events: (FollowedEvent | Error)[] = [
    {
      kind: 'record',
      path: '/user/a',
      cursor: 'c0',
      row: {
        sequence: 2,
        kind: 'turn',
        term: 3,
        atMillis: 5,
        message: 'hello',
        events: [1],
        set: [['total', 1]],
        removed: [],
        reply: null,
        code: 'ab:account',
        origin: null,
        upgrade: null,
      },
    },
    purged(1),
    { kind: 'unreadable', path: '/user/b', sequence: 4, cursor: 'c2' },
    { kind: 'caught-up', cursor: 'c3' },
    new SeqNodeError('no-quorum', 'Nobody leads.'),
  ];
  fixture.node.nextFeed = (number) => events[number];
  const { status, headers, body } = await call(fixture, 'GET', '/v1/events?prefix=/user/');
  t.is(status, 200);
  t.is(headers.get('content-type'), 'text/event-stream');
  const parts = (body as string).split('\n\n');
  t.is(parts[0], 'retry: 500');
  t.is(
    parts[1],
    'event: record\nid: c0\ndata: {"path":"/user/a","sequence":2,"kind":"turn","term":3,"atMillis":5,"message":"hello","events":[1],"set":[["total",1]],"removed":[],"reply":null,"code":"ab:account","origin":null,"upgrade":null}',
  );
  t.is(parts[2], 'event: purged\nid: c1\ndata: {"path":"/user/1"}');
  t.is(parts[3], 'event: unreadable\nid: c2\ndata: {"path":"/user/b","sequence":4}');
  t.is(parts[4], 'event: caught-up\nid: c3\ndata: {}');
  t.regex(parts[5]!, /^event: failed\ndata: \{"error":\{"code":"no-quorum","message":"Nobody leads."/);
  t.deepEqual(parts.slice(6), ['']);
  t.true(fixture.node.feeds[0]!.closed);
});

test('where it begins is said by the address, or by a browser that opens it again', async (t) => {
  const fixture = await startGateway(t);
  fixture.node.nextFeed = () => new SeqNodeError('stopping');
  await call(fixture, 'GET', '/v1/events');
  await call(fixture, 'GET', '/v1/events?prefix=/user/&from=now');
  await call(fixture, 'GET', '/v1/events?actor=/user/a&from=abc', undefined, { 'last-event-id': 'def' });
  t.deepEqual(
    fixture.node.feeds.map(({ options }) => options),
    [
      { prefix: '/', exact: false, from: 'beginning' },
      { prefix: '/user/', exact: false, from: 'now' },
      { prefix: '/user/a', exact: true, from: 'def' },
    ],
  );
  t.like(await call(fixture, 'GET', '/v1/events?from=broken'), {
    status: 400,
    body: { error: { code: 'bad-cursor' } },
  });
  t.like(await call(fixture, 'GET', '/v1/events?prefix=/a&actor=/a'), { status: 400 });
  t.like(await call(fixture, 'HEAD', '/v1/events'), { status: 200, body: '' });
  t.true(fixture.node.feeds.at(-1)!.closed);
});

test('nothing is taken for a client that does not read, and all of it once it does', async (t) => {
  const fixture = await startGateway(t);
  const EVENTS = 20_000;
  const large = 'x'.repeat(2000);
  fixture.node.nextFeed = (number) => {
    if (number === EVENTS) return new SeqNodeError('stopping');
    return { kind: 'purged', path: `/user/${large}${number}`, cursor: `c${number}` };
  };
  const socket = connect(fixture.gateway.address.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.pause();
  socket.write(get('/v1/events'));
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await until(() => fixture.node.feeds.length === 1);
  const [feed] = fixture.node.feeds;
  // It stops once the buffers of the connection are full, whatever they hold.
  for (let taken = -1; taken !== feed!.taken; ) {
    taken = feed!.taken;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  t.true(feed!.taken < EVENTS, `${feed!.taken} events were taken`);
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
  });
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  const ids = [...received.matchAll(/^id: c(\d+)$/gm)].map(([, id]) => Number(id));
  t.is(ids.length, EVENTS);
  t.true(ids.every((id, at) => id === at));
});

test('a stream ends with its client, and with the gateway', async (t) => {
  const fixture = await startGateway(t);
  fixture.node.nextFeed = (number) => (number === 0 ? purged(0) : undefined);
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await talk(fixture, [get('/v1/events')], /id: c0/);
  await until(() => fixture.node.feeds[0]!.closed);
  const open = talk(fixture, [get('/v1/events')]);
  await until(() => fixture.node.feeds[1]?.taken === 1);
  await fixture.gateway.close(10_000);
  t.regex(await open, /id: c0/);
  t.true(fixture.node.feeds[1]!.closed);
});

test('more streams than a node serves are refused', async (t) => {
  const fixture = await startGateway(t, { limits: { connectionsMax: EVENT_STREAMS_MAX + 10 } });
  const open = Array.from({ length: EVENT_STREAMS_MAX }, () => {
    const socket = connect(fixture.gateway.address.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(get('/v1/events'));
    return socket;
  });
  while (fixture.node.feeds.length < EVENT_STREAMS_MAX)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const refused = await talk(fixture, [get('/v1/events', 'Connection: close\r\n')]);
  t.deepEqual(codes(refused), ['overloaded']);
  for (const socket of open) socket.destroy();
});

test('a stream on which nothing was said since the last heartbeat says that it is alive', async (t) => {
  const beats = new Set<() => void>();
  const periods: number[] = [];
  const every: Every = (periodMs, act) => {
    periods.push(periodMs);
    beats.add(act);
    return () => beats.delete(act);
  };
  const beat = () => {
    for (const act of beats) act();
  };
  const fixture = await startGateway(t, { every });
  const response = await fetch(`${fixture.gateway.url}/v1/events`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (end: string) => {
    while (!text.endsWith(end)) text += (await reader.read()).value!;
  };
  await until('retry: 500\n\n');
  beat();
  fixture.node.feeds[0]!.source = (number) => (number === 0 ? purged(0) : undefined);
  await until('}\n\n');
  beat();
  beat();
  await until('still here\n\n');
  beat();
  fixture.node.feeds[0]!.source = (number) =>
    number === 1 ? purged(1) : new SeqNodeError('stopping', 'It stops.');
  const [head, first, comment, ...others] = text.split('\n\n');
  t.deepEqual([head, comment], ['retry: 500', ': still here']);
  t.regex(first!, /^event: purged\n/);
  // The third heartbeat came after a comment, so another one follows it; then the stream ends.
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  t.regex(text, /: still here\n\n: still here\n\nevent: purged\nid: c1\n.*\n\nevent: failed\n/);
  t.deepEqual([periods, beats.size, others], [[10_000], 0, ['']]);
});
