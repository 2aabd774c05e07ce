import { multiaddr } from '@multiformats/multiaddr';
import test from 'ava';
import { formatHostPort, fromMultiaddr, parseHostPort, toMultiaddr } from './address.ts';
import { createIdentity, identityOf, libp2pKey, PRIVATE_KEY_BYTES } from './identity.ts';

test('addresses are read and written', (t) => {
  for (const [text, host, port] of [
    ['127.0.0.1:7400', '127.0.0.1', 7400],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[::1]:65535', '::1', 65535],
    ['node-1.example.org:80', 'node-1.example.org', 80],
    ['localhost:7400', 'localhost', 7400],
    ['seq_node_1:7400', 'seq_node_1', 7400],
  ] as const) {
    t.deepEqual(parseHostPort(text), { host, port });
    t.is(formatHostPort({ host, port }), text);
    t.is(fromMultiaddr(toMultiaddr(text)), text);
  }
});

test('what is no address is refused by name', (t) => {
  for (const text of [
    '',
    ':',
    '127.0.0.1',
    ':7400',
    'host:',
    'host:x',
    'host:99999',
    '::1:7400',
    '[127.0.0.1]:7400',
    '[zz]:1',
    'a b:1',
    '-host:1',
    'host:1/p2p/x',
    `${'a'.repeat(300)}:1`,
  ]) {
    const error = t.throws(() => parseHostPort(text), { message: /HOST:PORT/ });
    t.is((error as { code?: string }).code, 'bad-config');
  }
});

test('of a multiaddr, only one of TCP has a host and a port', (t) => {
  t.is(
    fromMultiaddr(multiaddr('/ip6/::1/tcp/80/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC')),
    '[::1]:80',
  );
  t.is(fromMultiaddr(multiaddr('/dns4/host/tcp/80')), 'host:80');
  t.is(fromMultiaddr(multiaddr('/ip4/127.0.0.1/udp/80')), undefined);
});

test('an identity is its key', (t) => {
  const identity = createIdentity();
  t.is(identity.privateKey.byteLength, PRIVATE_KEY_BYTES);
  t.is(identityOf(identity.privateKey), identity.node);
  t.not(createIdentity().node, identity.node);
  t.regex(identity.node, /^12D3Koo/);
});

test('bytes that are no key, or whose halves do not belong together, are refused', (t) => {
  const { privateKey } = createIdentity();
  const other = createIdentity().privateKey;
  const mixed = new Uint8Array([...privateKey.subarray(0, 32), ...other.subarray(32)]);
  for (const bytes of [new Uint8Array(0), privateKey.subarray(1), new Uint8Array(65), mixed])
    t.is((t.throws(() => libp2pKey(bytes)) as { code?: string }).code, 'bad-config');
});
