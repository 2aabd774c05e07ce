// Scripts on the network of this machine: servers and clients that are strands of one program, and servers of
// the test.
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, BlockList, createServer as createTcp } from 'node:net';
import { createServer as createTls, setDefaultCACertificates } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { compileProgram, formatDiagnostic } from '../seq/index.ts';
import { LOCALHOST_CERTIFICATE, LOCALHOST_KEY } from './localhost-certificate.test-support.ts';
import { runScript } from './running.ts';
import { HttpClient } from './script-http.ts';
import { ScriptNetwork } from './script-network.ts';

setDefaultCACertificates([LOCALHOST_CERTIFICATE]);

async function output(t: ExecutionContext, text: string): Promise<string> {
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(formatDiagnostic).join('\n'));
  let written = '';
  const result = await runScript(compiled.program, 'main', { write: (part) => (written += part) });
  t.is(result.kind, 'done', JSON.stringify(result));
  return written;
}

const LISTEN = '0 net.tcp.listen drop dup net.tcp.local-port drop';

test('a script serves many clients at once, each in a strand', async (t) => {
  const text = `
    : echo ( Socket -- )
      dup net.tcp.read drop dup "" string.equal?
      [ drop net.tcp.close drop ] [ over net.tcp.write drop echo ] if ;
    : serve ( Socket Int -- )
      dup 0 = [ drop net.tcp.close drop ]
      [ over net.tcp.accept drop [ echo ] strand.spawn drop drop 1 - serve ] if ;
    : read-all ( Socket Int String -- String )
      over over string.byte-length <= [ nip nip ]
      [ 2 pick net.tcp.read drop string.concat read-all ] if ;
    : client ( Int Channel -- )
      swap "127.0.0.1" swap net.tcp.connect drop
      "hello \\xff\\x00" over net.tcp.write drop
      dup 8 "" read-all swap net.tcp.close drop
      swap chan.send drop ;
    : clients ( Int Int Channel -- )
      2 pick 0 = [ drop drop drop ]
      [ over over [ client ] strand.spawn drop drop drop rot 1 - rot rot clients ] if ;
    : collect ( Int Channel -- )
      over 0 = [ drop drop ]
      [ dup chan.receive drop encoding.hex-encode io.write-line swap 1 - swap collect ] if ;
    : main ( -- )
      ${LISTEN} swap 20 [ serve ] strand.spawn drop drop drop
      chan.make dup rot swap 20 rot rot clients 20 swap collect ;`;
  t.is(await output(t, text), '68656c6c6f20ff00\n'.repeat(20));
});

test('what is large arrives whole, and the end of the stream is an empty text', async (t) => {
  const text = `
    : count ( Socket Int -- Int )
      over net.tcp.read drop dup "" string.equal? [ drop nip ] [ string.byte-length + count ] if ;
    : doubled ( String Int -- String ) dup 0 = [ drop ] [ swap dup string.concat swap 1 - doubled ] if ;
    : send ( Int -- )
      "127.0.0.1" swap net.tcp.connect drop "0123456789abcdef" 18 doubled over net.tcp.write drop net.tcp.close drop ;
    : main ( -- )
      ${LISTEN} [ send ] strand.spawn drop drop net.tcp.accept drop 0 count int->string io.write ;`;
  t.is(await output(t, text), String(16 * 2 ** 18));
});

test('closing a socket wakes the strands that wait for it', async (t) => {
  const text = `
    : wait ( Socket -- ) net.tcp.accept [ "got" ] [ "closed" ] if io.write-line drop ;
    : main ( -- ) ${LISTEN} drop dup [ wait ] strand.spawn drop drop 10 time.sleep-ms net.tcp.close drop ;`;
  t.is(await output(t, text), 'closed\n');
});

test('programs from before 7.0 take sockets for Ints', async (t) => {
  const text = `
    : receive ( Int -- ) dup udp.receive-from drop drop drop io.write udp.close drop ;
    : main ( -- ) 0 udp.bind drop "hello" swap "127.0.0.1" swap 3 pick udp.send-to drop receive ;`;
  t.is(await output(t, text), 'hello');
});

test('datagrams have their sender', async (t) => {
  const text = `
    : main ( -- )
      0 net.udp.bind drop 0 net.udp.bind drop drop >aux
      "ping" "127.0.0.1" rot aux> net.udp.send-to [ "sent " ] [ "failed " ] if io.write
      net.udp.receive-from drop drop io.write " " io.write io.write ;`;
  t.is(await output(t, text), 'sent 127.0.0.1 ping');
});

test('what cannot be done leaves false, and no socket is known by the number of another', async (t) => {
  const net = new ScriptNetwork();
  const none = [
    await net.tcpConnect('127.0.0.1', 1),
    await net.tcpConnect('no-such-host.invalid', 80),
    await net.tcpConnect('a b', 80),
    await net.tcpAccept(99),
    await net.tcpRead(99),
    await net.udpReceive(99),
    net.localPort(99),
  ];
  t.deepEqual(
    none,
    none.map(() => undefined),
  );
  const listener = (await net.tcpListen(0))!;
  const datagrams = (await net.udpBind(0))!;
  t.is(await net.tcpRead(listener), undefined);
  t.is(await net.tcpAccept(datagrams.socket), undefined);
  t.false(net.udpClose(listener));
  t.false(net.tcpClose(datagrams.socket));
  t.is(await net.tcpListen(net.localPort(listener)!), undefined, 'the port is taken');
  t.true(net.tcpClose(listener));
  t.false(net.tcpClose(listener));
  t.false(await net.tcpWrite(listener, Uint8Array.of(1)));
  t.deepEqual(await net.resolve('127.0.0.1'), ['127.0.0.1']);
  t.deepEqual(await net.resolve('no-such-host.invalid'), []);
  net.close();
});

test('a stream goes on encrypted when the certificate is of the name that is asked for', async (t) => {
  const server = createTls({ cert: LOCALHOST_CERTIFICATE, key: LOCALHOST_KEY }, (socket) => {
    socket.on('error', () => undefined).on('data', (data) => socket.end(`secret ${data}`));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const text = (name: string) => `
    : main ( -- )
      "127.0.0.1" ${port} net.tcp.connect drop "${name}" net.tls.client
      [ "ping" over net.tcp.write drop dup net.tcp.read drop io.write net.tcp.close drop ] [ drop "refused" io.write ] if ;`;
  t.is(await output(t, text('localhost')), 'secret ping');
  t.is(await output(t, text('example.org')), 'refused');
  t.is(await output(t, text('127.0.0.1')), 'refused');
  server.close();
});

test('a handshake with a peer that speaks no TLS fails', async (t) => {
  const server = createTcp((socket) => socket.on('error', () => undefined).end('no TLS here\r\n'));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const net = new ScriptNetwork();
  const socket = (await net.tcpConnect('127.0.0.1', (server.address() as AddressInfo).port))!;
  t.false(await net.tlsClient(socket, 'localhost'));
  t.is(await net.tcpRead(socket), undefined);
  t.false(net.tcpClose(socket), 'it is closed');
  net.close();
  server.close();
});

async function withHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  ask: (url: string, client: HttpClient) => Promise<void>,
): Promise<void> {
  const server = createHttp(answer);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const client = new HttpClient(new BlockList());
  await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, client);
  client.close();
  server.closeAllConnections();
  server.close();
}

test('HTTP requests carry their body, and responses theirs, byte for byte', async (t) => {
  const seen: string[] = [];
  await withHttp(
    (request, response) => {
      request.setEncoding('latin1');
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? '-'} ${body}`);
        if (request.url === '/moved') response.writeHead(302, { location: '/' }).end();
        else response.writeHead(request.url === '/none' ? 404 : 200).end(Buffer.of(0xff, 0));
      });
    },
    async (url, client) => {
      const body = { bytes: Uint8Array.of(0xfe, 1), type: 'a/b' };
      t.deepEqual(await client.send({ method: 'GET', url: `${url}/x?y=1` }), { status: 200, body: Uint8Array.of(0xff, 0) }); // biome-ignore format: one line
      t.like(await client.send({ method: 'POST', url, body }), { status: 200 });
      t.like(await client.send({ method: 'PUT', url: `${url}/none`, body }), { status: 404 });
      t.like(await client.send({ method: 'DELETE', url: `${url}/moved` }), { status: 302 });
      const injected = { bytes: Uint8Array.of(1), type: 'a/b\r\nx: y' };
      t.true('error' in (await client.send({ method: 'POST', url, body: injected })));
    },
  );
  t.deepEqual(seen, [
    'GET /x?y=1 - ',
    'POST / a/b \u00fe\u0001',
    'PUT /none a/b \u00fe\u0001',
    'DELETE /moved - ',
  ]);
});

test('a body without end is cut off with an error', async (t) => {
  await withHttp(
    (_, response) => {
      const piece = Buffer.alloc(1_000_000);
      const more = () => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    },
    async (url, client) => void t.true('error' in (await client.send({ method: 'GET', url }))),
  );
});

test('a response that breaks off is an error', async (t) => {
  await withHttp(
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('part', () => response.destroy());
    },
    async (url, client) => void t.true('error' in (await client.send({ method: 'GET', url }))),
  );
});

test('HTTP does not lead into this machine or its network, however the address is written', async (t) => {
  const client = new HttpClient();
  const hosts = ['127.0.0.1', '127.1', '0x7f000001', '2130706433', '0.0.0.0', '10.1.2.3', '169.254.169.254', '172.20.0.1', '192.168.1.1', '100.64.0.1', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[fd00::1]', '[fe80::1]', '[64:ff9b::7f00:1]', 'localhost']; // biome-ignore format: one line
  for (const host of hosts) {
    const outcome = await client.send({ method: 'GET', url: `http://${host}:9/` });
    t.true('error' in outcome && outcome.error.includes('private'), `${host}: ${JSON.stringify(outcome)}`);
  }
  for (const url of ['ftp://example.org/', 'file:///etc/passwd', 'nonsense', '', 'http://'])
    t.deepEqual(await client.send({ method: 'GET', url }), { error: 'The URL is not one of http or https.' });
  client.close();
});

test('programs see a response as a map', async (t) => {
  const text = `: main ( -- )
    "http://127.0.0.1:9/" "{}" "application/json" net.http.post
    dup "status" map.get drop int->string io.write dup "ok" map.get drop [ "ok" ] [ "failed" ] if io.write
    "error" map.get drop io.write ;`;
  t.is(await output(t, text), '0failedThe host is of a private network.');
});
