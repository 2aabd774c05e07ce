// TCP, UDP, TLS, DNS and HTTP. Each leaves whether it could be done; while it waits, the other strands go on.
import { bytesOf, List, SeqMap, textOf, type Value } from '../../base/value.ts';
import { codePointsOf } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import type { HttpOutcome, HttpRequest } from '../network.ts';
import { show } from '../run/show.ts';
import { int, text } from '../words/row.ts';
import type { BuiltinRow } from './table.ts';
import { waiting, worldly } from './world.ts';

/** A socket by its number. Not data: it cannot be journaled or sent to an actor. */
export class Socket {
  readonly id: number | bigint;

  constructor(id: number | bigint) {
    this.id = id;
  }
}

const NO_SOCKET = new Socket(0);

/** The number of a socket; one that no socket has stays what it is, and then nothing can be done with it. */
function idOf(v: Value | undefined): number {
  if (v instanceof Socket) return Number(v.id);
  throw new Fault('type-fault', `A Socket is needed here, but this is ${show(v)}.`);
}

/** Undefined for a number that is no port. */
function portOf(v: Value | undefined, lowest: number): number | undefined {
  const port = int(v);
  return typeof port === 'number' && port >= lowest && port <= 65_535 ? port : undefined;
}

/** Undefined for what can be no name of a host. */
function hostOf(v: Value | undefined): string | undefined {
  const host = codePointsOf(text(v));
  return host === '' || host.length > 255 || host.includes('\0') ? undefined : host;
}

const socketOrNone = (id: number | undefined): Value[] =>
  id === undefined ? [NO_SOCKET, false] : [new Socket(id), true];

const tcpWords: readonly BuiltinRow[] = [
  waiting('net.tcp.listen', '( Int -- Socket Bool )', (world, { strands }, v) => {
    const port = portOf(v, 0);
    return port === undefined
      ? socketOrNone(undefined)
      : strands!.waitFor(world.tcpListen(port), socketOrNone);
  }),
  waiting('net.tcp.connect', '( String Int -- Socket Bool )', (world, { strands }, to, at) => {
    const host = hostOf(to);
    const port = portOf(at, 1);
    return host === undefined || port === undefined
      ? socketOrNone(undefined)
      : strands!.waitFor(world.tcpConnect(host, port), socketOrNone);
  }),
  waiting('net.tcp.accept', '( Socket -- Socket Bool )', (world, { strands }, listener) =>
    strands!.waitFor(world.tcpAccept(idOf(listener)), socketOrNone),
  ),
  worldly('net.tcp.local-port', '( Socket -- Int Bool )', (world, socket) => {
    const port = world.localPort(idOf(socket));
    return port === undefined ? [0, false] : [port, true];
  }),
  waiting('net.tcp.read', '( Socket -- String Bool )', (world, { strands }, socket) =>
    strands!.waitFor(world.tcpRead(idOf(socket)), (bytes) =>
      bytes === undefined ? ['', false] : [textOf(bytes, true), true],
    ),
  ),
  waiting('net.tcp.write', '( String Socket -- Bool )', (world, { strands }, v, socket) =>
    strands!.waitFor(world.tcpWrite(idOf(socket), bytesOf(text(v))), (good) => good),
  ),
  worldly('net.tcp.close', '( Socket -- Bool )', (world, socket) => world.tcpClose(idOf(socket))),
  waiting('net.tls.client', '( Socket String -- Socket Bool )', (world, { strands }, socket, name) => {
    const host = hostOf(name);
    const id = idOf(socket);
    if (host === undefined) return socketOrNone(undefined);
    return strands!.waitFor(world.tlsClient(id, host), (good) =>
      good ? [socket!, true] : [NO_SOCKET, false],
    );
  }),
  // Sockets are told apart from Ints by their type alone; these change it.
  { name: 'fd->socket', effect: '( Int -- Socket )', run: (v) => new Socket(int(v)) },
  {
    name: 'socket->fd',
    effect: '( Socket -- Int )',
    run: (v) => {
      idOf(v);
      return (v as Socket).id;
    },
  },
];

const udpWords: readonly BuiltinRow[] = [
  waiting('net.udp.bind', '( Int -- Socket Int Bool )', (world, { strands }, v) => {
    const port = portOf(v, 0);
    if (port === undefined) return [NO_SOCKET, 0, false];
    return strands!.waitFor(world.udpBind(port), (bound) =>
      bound === undefined ? [NO_SOCKET, 0, false] : [new Socket(bound.socket), bound.port, true],
    );
  }),
  waiting(
    'net.udp.send-to',
    '( String String Int Socket -- Bool )',
    (world, { strands }, v, to, at, socket) => {
      const host = hostOf(to);
      const port = portOf(at, 1);
      const bytes = bytesOf(text(v));
      const id = idOf(socket);
      if (host === undefined || port === undefined) return false;
      return strands!.waitFor(world.udpSend(id, host, port, bytes), (good) => good);
    },
  ),
  waiting('net.udp.receive-from', '( Socket -- String String Int Bool )', (world, { strands }, socket) =>
    strands!.waitFor(world.udpReceive(idOf(socket)), (datagram) =>
      datagram === undefined
        ? ['', '', 0, false]
        : [textOf(datagram.bytes, true), datagram.host, datagram.port, true],
    ),
  ),
  worldly('net.udp.close', '( Socket -- Bool )', (world, socket) => world.udpClose(idOf(socket))),
];

/** What programs see of a response: `status`, `body`, `ok`, and `error` if there is none. */
function responseMap(outcome: HttpOutcome): Value {
  if ('error' in outcome)
    return SeqMap.from<Value>([
      ['status', 0],
      ['body', ''],
      ['ok', false],
      ['error', outcome.error],
    ]);
  const { status, body } = outcome;
  return SeqMap.from<Value>([
    ['status', status],
    ['body', textOf(body, true)],
    ['ok', status >= 200 && status < 300],
  ]);
}

function httpWord(method: HttpRequest['method'], withBody: boolean): BuiltinRow {
  const effect = withBody ? '( String String String -- Map )' : '( String -- Map )';
  const name = `http.${method.toLowerCase()}`;
  const word = waiting(`net.${name}`, effect, (world, { strands }, url, content, type) => {
    const request = { method, url: codePointsOf(text(url)) };
    const body = withBody ? { body: { bytes: bytesOf(text(content)), type: codePointsOf(text(type)) } } : {};
    return strands!.waitFor(world.http({ ...request, ...body }), responseMap);
  });
  return { ...word, aliases: [name] };
}

/**
 * Before 7.0 sockets were Ints. What programs of then declare as an Int is a Socket here too, which they only
 * pass on.
 */
const BEFORE_7 = new Set(['listen', 'accept', 'read', 'write', 'bind', 'send-to', 'receive-from', 'close']);

const older = (rows: readonly BuiltinRow[]): BuiltinRow[] =>
  rows
    .filter(({ name }) => name.startsWith('net.') && BEFORE_7.has(name.split('.')[2]!))
    .map((row) => ({
      ...row,
      name: row.name.slice('net.'.length),
      effect: row.effect.replaceAll('Socket', 'T'),
    }));

export const netWords: readonly BuiltinRow[] = [
  ...tcpWords,
  ...udpWords,
  ...older(tcpWords),
  ...older(udpWords),
  waiting('net.dns.resolve', '( String -- List Bool )', (world, { strands }, name) => {
    const host = hostOf(name);
    if (host === undefined) return [List.empty, false];
    return strands!.waitFor(world.resolve(host), (found) => [List.of<Value>(found), found.length > 0]);
  }),
  httpWord('GET', false),
  httpWord('DELETE', false),
  httpWord('POST', true),
  httpWord('PUT', true),
];
