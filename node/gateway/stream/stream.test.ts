// Many requests on one connection, against a gateway on a real socket; clients are Node's own WebSocket, and
// bare sockets where it is too polite.
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { codes, type Fixture, startGateway, statuses, talk } from '../http.test-support.ts';
import { maskedFrame } from './frames.test-support.ts';
import { STREAM_ITEMS_MAX } from './stream.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const opening = (headers: readonly string[] = [], address = '/v1/stream') =>
  [
    `GET ${address} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${KEY}`,
    ...headers,
    '\r\n',
  ].join('\r\n');
const message = (json: unknown) =>
  maskedFrame(1, Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)));

interface Outcome {
  readonly ref: number | null;
  readonly response?: unknown;
  readonly acknowledged?: boolean;
  readonly replayed?: boolean;
  readonly error?: { readonly code: string };
}

interface Client {
  readonly outcomes: Outcome[];
  /** Messages that came. */
  readonly messages: number;
  send(json: unknown): void;
  /** Resolves once so many outcomes are there. */
  until(count: number): Promise<readonly Outcome[]>;
  readonly closed: Promise<{ readonly code: number }>;
  close(): void;
}

async function open(t: ExecutionContext, { gateway }: Fixture, protocols: string[] = []): Promise<Client> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/stream`, protocols);
  t.teardown(() => socket.close());
  const outcomes: Outcome[] = [];
  let messages = 0;
  let arrived = () => {};
  const closed = new Promise<{ code: number }>((resolve) =>
    socket.addEventListener('close', ({ code }) => {
      resolve({ code });
      arrived();
    }),
  );
  socket.addEventListener('message', ({ data }) => {
    messages++;
    outcomes.push(...JSON.parse(data));
    arrived();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('refused')));
  });
  return {
    outcomes,
    get messages() {
      return messages;
    },
    send: (json) => socket.send(typeof json === 'string' ? json : JSON.stringify(json)),
    until: async (count) => {
      while (outcomes.length < count) await new Promise<void>((resolve) => (arrived = resolve));
      return outcomes;
    },
    closed,
    close: () => socket.close(),
  };
}

const ask = (ref: number, text: string, rest: object = {}) => ({
  ref,
  op: 'ask',
  path: '/user/a',
  message: text,
  ...rest,
});

test('each item has one outcome, by its ref', async (t) => {
  const client = await open(t, await startGateway(t));
  client.send(ask(7, '(Deposit 5)', { id: 'one' }));
  client.send([ask(8, '(Deposit 1)'), { ref: 9, op: 'send', path: '/user/a', message: '(Deposit 2)' }]);
  const before = await client.until(3);
  t.deepEqual(
    before.map(({ ref, response, acknowledged }) => [ref, response, acknowledged]),
    [
      [7, 5, undefined],
      [8, 6, undefined],
      [9, undefined, true],
    ],
  );
  client.send([ask(10, '(Balance)'), ask(11, '(Deposit 5)', { id: 'one' })]);
  const after = (await client.until(5)).slice(3);
  t.deepEqual(after.map(({ ref, response }) => [ref, response]).sort(), [
    [10, 8],
    [11, 5],
  ]);
});

test('outcomes that are there together come in one message', async (t) => {
  const client = await open(t, await startGateway(t));
  client.send(Array.from({ length: 50 }, (_, ref) => ask(ref, '(Balance)')));
  await client.until(50);
  t.true(client.messages < 10, `${client.messages} messages`);
});

test('one that waits holds up no other', async (t) => {
  const fixture = await startGateway(t);
  const client = await open(t, fixture);
  client.send([ask(1, '(Hang)'), ask(2, '(Balance)')]);
  t.deepEqual(
    (await client.until(1)).map(({ ref }) => ref),
    [2],
  );
  fixture.node.release();
  t.deepEqual(
    (await client.until(2)).map(({ ref }) => ref),
    [2, 1],
  );
});

test('what cannot be read is refused alone', async (t) => {
  const client = await open(t, await startGateway(t));
  client.send('{');
  client.send([1, { op: 'ask' }, ask(1, ''), ask(2, '(Balance)', { colour: 1 }), ask(3, '(Balance)')]);
  client.send('[{"ref":4,"ref":5}]');
  client.send(Array.from({ length: 101 }, (_, ref) => ask(ref, '(Balance)')));
  const outcomes = await client.until(8);
  const told = outcomes.map(({ ref, error }) => `${ref} ${error?.code}`).sort();
  t.deepEqual(told, [
    '1 bad-notation',
    '2 bad-request',
    '3 undefined',
    'null bad-request',
    'null bad-request',
    'null bad-request',
    'null bad-request',
    'null bad-request',
  ]);
});

test('over the limit of the gateway an item is refused, and the stream goes on', async (t) => {
  const fixture = await startGateway(t, { limits: { outstandingMax: 2 } });
  const client = await open(t, fixture);
  client.send([ask(1, '(Hang)'), ask(2, '(Hang)'), ask(3, '(Hang)')]);
  t.deepEqual((await client.until(1))[0], { ref: 3, error: client.outcomes[0]!.error! });
  t.is(client.outcomes[0]!.error?.code, 'overloaded');
  fixture.node.release();
  await client.until(3);
});

test('a client with too many items under way is read no further', async (t) => {
  const fixture = await startGateway(t, { limits: { outstandingMax: 100_000, batchItemsMax: 10 } });
  const socket = await bareStream(t, fixture);
  const hanging = message([ask(1, '(Hang)')]);
  const sent = Buffer.concat(Array.from({ length: STREAM_ITEMS_MAX * 4 }, () => Buffer.from(hanging)));
  socket.write(sent);
  const asked = () => fixture.node.calls.length;
  while (asked() < STREAM_ITEMS_MAX) await new Promise((resolve) => setTimeout(resolve, 5));
  // What was read in one piece with the last of them is taken as well.
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.true(asked() < STREAM_ITEMS_MAX + 65_536 / hanging.length + 1, `${asked()} of ${STREAM_ITEMS_MAX * 4}`);
  t.true(asked() < STREAM_ITEMS_MAX * 4);
  while (asked() < STREAM_ITEMS_MAX * 4) {
    fixture.node.release();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  fixture.node.release();
});

test('a client that does not read its outcomes is read no further', async (t) => {
  const fixture = await startGateway(t, { limits: { outstandingMax: 1_000_000 } });
  const socket = await bareStream(t, fixture);
  socket.pause();
  const large = ask(1, `(Echo "${'x'.repeat(8000)}")`);
  const frame = message(large);
  let taken = true;
  for (let count = 0; taken && count < 20_000; count++) {
    taken = socket.write(Buffer.from(frame));
    if (taken) continue;
    // Until neither side moves any more.
    const drained = new Promise<boolean>((resolve) => {
      socket.once('drain', () => resolve(true));
      setTimeout(() => resolve(false), 1000);
    });
    taken = await drained;
  }
  t.false(taken);
});

test('a client that never reads its outcomes is hung up on', async (t) => {
  const fixture = await startGateway(t, { limits: { outstandingMax: 1_000_000, keepAliveMs: 300 } });
  const socket = await bareStream(t, fixture);
  socket.pause();
  const gone = new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  const large = message(ask(1, `(Echo "${'x'.repeat(8000)}")`));
  // More than all buffers on the way take: the client is held back until it is given up.
  for (let count = 0; count < 4000; count++) socket.write(Buffer.from(large));
  await gone;
  t.pass();
});

/** A stream on a bare socket, opened. */
async function bareStream(t: ExecutionContext, { gateway }: Fixture): Promise<Socket> {
  const socket = connect(gateway.address.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write(opening());
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

test('what comes with the opening is the first message', async (t) => {
  const received = await talk(
    await startGateway(t),
    [Buffer.concat([Buffer.from(opening()), message(ask(3, '(Deposit 4)'))])],
    /"response":4/,
  );
  t.regex(received, /^HTTP\/1\.1 101 /);
  t.regex(received, /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
  t.true(received.includes('[{"ref":3,"response":4,'));
});

test('what breaks the protocol closes the stream with the code for it', async (t) => {
  const fixture = await startGateway(t, { limits: { bodyBytesMax: 2000 } });
  const unmasked = Buffer.from([0x81, 2, 0x7b, 0x7d]);
  const reserved = maskedFrame(1, Buffer.from('{}'));
  reserved[0]! |= 0x40;
  const hostile: [number, readonly Uint8Array[]][] = [
    [1003, [maskedFrame(2, Buffer.alloc(3))]],
    [1002, [unmasked]],
    [1002, [reserved]],
    [1002, [maskedFrame(3, Buffer.alloc(0))]],
    [1002, [maskedFrame(0, Buffer.from('{}'))]],
    [1002, [maskedFrame(9, Buffer.alloc(126))]],
    [1002, [maskedFrame(9, Buffer.alloc(1), { isLast: false })]],
    [1007, [maskedFrame(1, Buffer.from([0xff, 0xfe]))]],
    [1009, [maskedFrame(1, Buffer.alloc(2001, 0x20))]],
    [
      1009,
      Array.from({ length: 3 }, (_, at) =>
        maskedFrame(at === 0 ? 1 : 0, Buffer.alloc(900, 0x20), { isLast: false }),
      ),
    ],
  ];
  for (const [code, frames] of hostile) {
    const received = await talk(fixture, [Buffer.concat([Buffer.from(opening()), ...frames])]);
    const close = received.slice(received.indexOf('\r\n\r\n') + 4);
    t.is(close.charCodeAt(0), 0x88);
    t.is(close.charCodeAt(2) * 256 + close.charCodeAt(3), code);
  }
});

test('a ping is answered, and a close', async (t) => {
  const bytes = Buffer.concat([
    Buffer.from(opening()),
    maskedFrame(9, Buffer.from('hey')),
    maskedFrame(8, Buffer.from([3, 232])),
  ]);
  const received = await talk(await startGateway(t), [bytes]);
  t.true(received.endsWith('\x8a\x03hey\x88\x02\x03\xe8'));
});

test('a client that is not there any more is hung up on', async (t) => {
  const received = await talk(await startGateway(t, { limits: { keepAliveMs: 50 } }), [opening()]);
  t.true(received.endsWith('\x89\x00'));
});

test('a stream is for whoever may use the gateway', async (t) => {
  const token = 'a-long-enough-token';
  const fixture = await startGateway(t, { token });
  const encoded = Buffer.from(token).toString('base64url');
  const answers = await Promise.all(
    [
      opening(),
      opening(['Sec-WebSocket-Protocol: seq-node.1, seq-node.token.AAAA']),
      opening([`Authorization: Bearer ${token}`, 'Origin: http://elsewhere.example']),
    ].map((request) => talk(fixture, [request])),
  );
  t.deepEqual(answers.map(statuses), [[401], [401], [403]]);
  t.deepEqual(answers.flatMap(codes), ['unauthorized', 'unauthorized', 'origin-refused']);
  t.regex(answers[0]!, /www-authenticate: Bearer/);
  const header = await talk(fixture, [opening([`Authorization: Bearer ${token}`])], /\r\n\r\n/);
  t.deepEqual(statuses(header), [101]);
  const client = await open(t, fixture, ['seq-node.1', `seq-node.token.${encoded}`]);
  client.send(ask(1, '(Balance)'));
  t.is((await client.until(1))[0]!.response, 0);
  const app = 'https://app.example';
  const allowing = await startGateway(t, { token, origins: [app] });
  const page = (origin: string) =>
    talk(allowing, [opening([`Authorization: Bearer ${token}`, `Origin: ${origin}`])], /\r\n\r\n/);
  t.deepEqual([statuses(await page(app)), statuses(await page(`${app}.evil`))], [[101], [403]]);
});

test('an opening that is none is refused', async (t) => {
  const fixture = await startGateway(t);
  const without = (line: RegExp) => opening().replace(line, '');
  const answers = await Promise.all(
    [
      without(/Sec-WebSocket-Version.*\r\n/),
      without(/Sec-WebSocket-Key.*\r\n/),
      without(/Host.*\r\n/),
      opening(['Sec-WebSocket-Protocol: graphql-ws']),
      opening([], '/v1/stream?colour=1'),
      `GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    ].map((request) => talk(fixture, [request])),
  );
  t.deepEqual(answers.map(statuses), Array(6).fill([400]));
  t.deepEqual(answers.flatMap(codes), Array(6).fill('bad-request'));
});

test('another protocol, or address, is answered as if no other had been offered', async (t) => {
  const fixture = await startGateway(t);
  const h2c = 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
  const elsewhere = opening([], '/livez');
  t.deepEqual(statuses(await talk(fixture, [h2c], /ok/)), [200]);
  t.deepEqual(statuses(await talk(fixture, [elsewhere], /ok/)), [200]);
});

test('a gateway that closes lets what is under way end, takes nothing more, and says why', async (t) => {
  const fixture = await startGateway(t);
  const client = await open(t, fixture);
  client.send(ask(1, '(Hang)'));
  while (fixture.node.calls.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  const closed = fixture.gateway.close(60_000);
  client.send(ask(2, '(Balance)'));
  t.is((await client.until(1))[0]!.error?.code, 'stopping');
  fixture.node.release();
  t.deepEqual(
    (await client.until(2)).map(({ ref }) => ref),
    [2, 1],
  );
  t.is((await client.closed).code, 1001);
  await closed;
});
