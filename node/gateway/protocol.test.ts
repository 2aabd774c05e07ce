// What arrives on the socket: limits, time-outs, pipelining, and bytes that are no HTTP at all.
import { request } from 'node:http';
import { connect } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import { ERRORS, isErrorCode } from '../base/errors.ts';
import { call, codes, type Fixture, startGateway, statuses, talk } from './http.test-support.ts';

const HOST = 'Host: localhost';
const post = (address: string, body: string, headers = '') =>
  `POST ${address} HTTP/1.1\r\n${HOST}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const ASK = '/v1/actors/user/a/ask';
const ask = (message: string) => post(ASK, JSON.stringify({ message }));
const LAST = `GET /livez HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`;

test('a declared length over the limit is refused before the body is sent', async (t) => {
  const fixture = await startGateway(t);
  const answer = await talk(fixture, [
    `POST ${ASK} HTTP/1.1\r\n${HOST}\r\nContent-Length: 999999999\r\n\r\n`,
  ]);
  t.deepEqual([statuses(answer), codes(answer)], [[413], ['too-large']]);
});

test('an idle connection is closed after the time that each answer names', async (t) => {
  const fixture = await startGateway(t, { limits: { keepAliveMs: 1000 } });
  // Resolves once the connection is closed.
  const answer = await talk(fixture, [`GET /livez HTTP/1.1\r\n${HOST}\r\n\r\n`]);
  t.deepEqual(statuses(answer), [200]);
  t.regex(answer, /^Keep-Alive: timeout=1\r?$/im);
});

test('a client that waits for 100-continue is told to go on, or not to', async (t) => {
  const fixture = await startGateway(t);
  const body = JSON.stringify({ message: 'Balance' });
  const head = (length: number) =>
    `POST ${ASK} HTTP/1.1\r\n${HOST}\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
  t.deepEqual(statuses(await talk(fixture, [head(body.length), body])), [100, 200]);
  t.deepEqual(statuses(await talk(fixture, [head(999_999)])), [413]);
  const other = await talk(fixture, [head(5).replace('100-continue', 'magic')]);
  t.deepEqual(codes(other), ['bad-request']);
});

test('a body that grows over the limit is refused, and the client sees it while it still writes', async (t) => {
  const fixture = await startGateway(t);
  const chunk = 'x'.repeat(16_384);
  const chunks = Array.from({ length: 64 }, () => `4000\r\n${chunk}\r\n`);
  const answer = await talk(fixture, [
    `POST ${ASK} HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ...chunks,
    '0\r\n\r\n',
  ]);
  t.deepEqual([statuses(answer), codes(answer)], [[413], ['too-large']]);
  t.is((await call(fixture, 'GET', '/livez')).status, 200);
});

test('a body at the limit is taken, in however many pieces it comes', async (t) => {
  const fixture = await startGateway(t);
  const text = 'y'.repeat(60_000);
  const body = JSON.stringify({ message: { Echo: [text] } });
  const pieces = body.match(/.{1,5000}/g)!.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
  const head = `POST ${ASK} HTTP/1.1\r\n${HOST}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const answer = await talk(fixture, [head, ...pieces, '0\r\n\r\n']);
  t.deepEqual(statuses(answer), [200]);
  t.true(answer.includes(text));
});

test('a body that is not UTF-8, or compressed, is refused', async (t) => {
  const fixture = await startGateway(t);
  const head = `POST ${ASK} HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n`;
  const bytes = Uint8Array.of(0x22, 0xff, 0x22);
  t.deepEqual(codes(await talk(fixture, [`${head}Content-Length: 3\r\n\r\n`, bytes])), ['bad-request']);
  const compressed = `${head}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc`;
  t.deepEqual(codes(await talk(fixture, [compressed])), ['bad-request']);
});

test('pipelined requests are answered in order, on one connection', async (t) => {
  const fixture = await startGateway(t);
  const wanted = Array.from({ length: 50 }, (_, at) => at);
  const answer = await talk(fixture, [wanted.map((n) => ask(`Echo ${n}`)).join('') + LAST]);
  t.deepEqual(
    [...answer.matchAll(/"response":(\d+)/g)].map((match) => Number(match[1])),
    wanted,
  );
  t.is(statuses(answer).length, 51);
});

test('garbage behind good requests is refused after their answers', async (t) => {
  const fixture = await startGateway(t);
  const answer = await talk(fixture, [`${ask('Echo 1')}${ask('Echo 2')}GARBAGE\r\n\r\n`]);
  t.deepEqual([statuses(answer), codes(answer)], [[200, 200, 400], ['bad-request']]);
});

test('what is no HTTP is refused with a code', async (t) => {
  const fixture = await startGateway(t);
  const cases: [string, string][] = [
    ['GARBAGE\r\n\r\n', 'bad-request'],
    [`GET / HTTP/1.1\r\n${HOST}\r\nBad Header: x\r\n\r\n`, 'bad-request'],
    ['GET / HTTP/1.1\r\n\r\n', 'bad-request'],
    [`GET /livez HTTP/1.1\r\n${HOST}\r\nHOST: localhost\r\n\r\n`, 'bad-request'],
    [`GET /livez HTTP/1.1\r\n${HOST}\r\nhost: evil.example\r\n\r\n`, 'bad-request'],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`, 'too-large'],
    [`GET / HTTP/1.1\r\n${HOST}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'too-large'],
    [`POST ${ASK} HTTP/1.1\r\n${HOST}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`, 'bad-request'],
    [`POST ${ASK} HTTP/1.1\r\n${HOST}\r\nContent-Length: -1\r\n\r\n`, 'bad-request'],
    [`POST ${ASK} HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 'bad-request'],
    [`GET * HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`, 'bad-request'],
    [`GET http://a/v1/x HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`, 'no-such-endpoint'],
  ];
  for (const [bytes, code] of cases) {
    const answer = await talk(fixture, [bytes], /"code"/);
    t.deepEqual(codes(answer), [code], bytes.slice(0, 80));
    t.deepEqual(statuses(answer), [ERRORS[code as 'internal'].http], bytes.slice(0, 80));
  }
});

test('a head or a body that trickles in is cut off with a code', async (t) => {
  const fixture = await startGateway(t, { limits: { headerTimeoutMs: 200, requestTimeoutMs: 400 } });
  const head = await talk(fixture, [`GET /livez HTTP/1.1\r\nHos`]);
  t.deepEqual([statuses(head), codes(head)], [[408], ['request-timeout']]);
  const body = await talk(fixture, [`POST ${ASK} HTTP/1.1\r\n${HOST}\r\nContent-Length: 100\r\n\r\n{"mess`]);
  t.deepEqual([statuses(body), codes(body)], [[408], ['request-timeout']]);
});

test('a client that goes away while it waits, or while it writes, leaves nothing behind', async (t) => {
  const fixture = await startGateway(t);
  const waiting = request(fixture.gateway.url + ASK, { method: 'POST' });
  waiting.on('error', () => {});
  waiting.end(JSON.stringify({ message: 'Hang' }));
  while (fixture.node.calls.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  waiting.destroy();
  const halfway = connect(fixture.gateway.address.port, '127.0.0.1');
  await new Promise((resolve) =>
    halfway.write(`POST ${ASK} HTTP/1.1\r\n${HOST}\r\nContent-Length: 9\r\n\r\n{`, resolve),
  );
  halfway.destroy();
  fixture.node.release();
  t.is((await call(fixture, 'POST', ASK, { message: 'Balance' })).status, 200);
  t.true((await call(fixture, 'GET', '/metrics')).body.includes('seqnode_http_outstanding 0'));
});

test('deep nesting is refused before it costs time; brackets within text are text', async (t) => {
  const fixture = await startGateway(t);
  for (const opening of ['[', '{"a":', '[{"\\\\":']) {
    const answer = await call(fixture, 'POST', '/v1/batch', `[${opening.repeat(5000)}`, {
      'content-type': 'application/json',
    });
    t.is(answer.body.error.details.limit, 300, opening);
  }
  const text = `${'['.repeat(3000)}\\"${'{'.repeat(3000)}\\\\`;
  const echoed = await call(fixture, 'POST', ASK, { message: { Echo: [text] } });
  t.is(echoed.body.response, text);
});

test('HEAD has the head of GET and no body', async (t) => {
  const fixture = await startGateway(t);
  const answer = await call(fixture, 'HEAD', '/v1/cluster');
  t.is(answer.status, 200);
  t.true(Number(answer.headers.get('content-length')) > 100);
  t.is(answer.body, '');
});

/** Sends `bytes`, then shows that the gateway still serves; every refusal it gave must be of the table. */
async function survives(fixture: Fixture, bytes: string | Uint8Array): Promise<boolean> {
  const answer = await talk(fixture, [bytes, `\r\n\r\n${LAST}`], /"code":|ok\n$/);
  const known = codes(answer).every(isErrorCode);
  const refused = statuses(answer).filter((status) => status >= 400);
  const alive = (await call(fixture, 'GET', '/livez')).status === 200;
  return known && alive && refused.length === codes(answer).length;
}

test('random bytes on the socket: nothing crashes or hangs, every refusal has a code', async (t) => {
  const fixture = await startGateway(t, { limits: { headerTimeoutMs: 300, requestTimeoutMs: 300 } });
  const piece = fc.oneof(
    fc.constantFrom(
      'POST ',
      'GET ',
      'DELETE ',
      '/v1/actors/',
      'user/a',
      '/ask',
      ' HTTP/1.1',
      ' HTTP/1.0',
      '\r\n',
      '\n',
    ),
    fc.constantFrom(
      'Host: localhost\r\n',
      'Content-Length: ',
      'Transfer-Encoding: chunked\r\n',
      '5\r\n',
      '%',
      '?',
      '#',
    ),
    fc.constantFrom(
      'Connection: keep-alive\r\n',
      'Upgrade: websocket\r\n',
      'Expect: 100-continue\r\n',
      '\0',
      ':',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const raw = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.uint8Array({ maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(raw, (bytes) => survives(fixture, bytes)),
    { numRuns: 150 },
  );
  t.deepEqual(fixture.faults, []);
});

test('random addresses, queries and bodies: every answer is one, every refusal has a code', async (t) => {
  const fixture = await startGateway(t);
  const segment = fc.oneof(
    fc.constantFrom(
      'v1',
      'actors',
      'user',
      'a',
      'ask',
      'messages',
      'journal',
      'batch',
      '..',
      '%2e',
      '%',
      '%ff',
      '',
    ),
    fc.stringMatching(/^[!-~]{0,12}$/),
  );
  const address = fc
    .tuple(fc.array(segment, { maxLength: 6 }), fc.option(fc.stringMatching(/^[!-~]{0,20}$/)))
    .map(([segments, query]) =>
      `/${segments.join('/')}${query === null ? '' : `?${query}`}`.replaceAll('#', ''),
    );
  const body = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }).map((message) => JSON.stringify({ message })),
    fc.jsonValue().map((message) => JSON.stringify({ message })),
    fc.jsonValue().map((message) => JSON.stringify([{ path: '/user/a', op: 'ask', message }])),
    fc.integer({ min: 0, max: 10_000 }).map((depth) => `{"message":${'['.repeat(depth)}`),
    fc.integer({ min: 0, max: 10_000 }).map((depth) => `{"message":"${'('.repeat(depth)}"}`),
  );
  const place = fc.oneof(
    address,
    fc.constantFrom(ASK, '/v1/batch', '/v1/modules', '/v1/tokens', '/v1/actors/user/a'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('POST', 'GET', 'DELETE', 'PUT'),
      place,
      body,
      async (method, where, text) => {
        const payload = method === 'GET' ? '' : text;
        const head = `${method} ${where} HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
        const answer = await talk(fixture, [
          `${head}Content-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
        ]);
        const [status, ...others] = statuses(answer.slice(0, 20));
        if (status === undefined || others.length > 0) return false;
        const [code] = codes(answer);
        return status < 400 || (code !== undefined && isErrorCode(code) && ERRORS[code].http === status);
      },
    ),
    { numRuns: 400 },
  );
  t.deepEqual(fixture.faults, []);
});
