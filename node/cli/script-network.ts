// The network of a script: sockets of this process, by number.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { createServer, isIP, type Server, Socket as TcpSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Datagram, HttpOutcome, HttpRequest, Network } from '../seq/index.ts';
import { HttpClient } from './script-http.ts';

const SOCKETS_MAX = 10_000;
const CONNECT_MS = 10_000;
const HANDSHAKE_MS = 10_000;
/** Datagrams that wait to be received; further ones are dropped, as the system does. */
const DATAGRAMS_MAX = 1000;
const EVERYWHERE = '0.0.0.0';

interface Listener {
  readonly kind: 'listener';
  readonly server: Server;
  readonly accepted: TcpSocket[];
}

interface Stream {
  readonly kind: 'stream';
  socket: TcpSocket;
  failed: boolean;
}

interface Udp {
  readonly kind: 'udp';
  readonly socket: UdpSocket;
  readonly received: Datagram[];
}

/** A socket, and those who want to know when something has happened to it. */
type Entry = (Listener | Stream | Udp) & { waiters: (() => void)[]; closed: boolean };

export class ScriptNetwork implements Network {
  readonly #entries = new Map<number, Entry>();
  readonly #http: HttpClient;
  #ids = 0;

  constructor(http = new HttpClient()) {
    this.#http = http;
  }

  /** Closes everything that is open. */
  close(): void {
    for (const id of [...this.#entries.keys()]) this.#end(id);
    this.#http.close();
  }

  async tcpListen(port: number): Promise<number | undefined> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const accepted: TcpSocket[] = [];
    const good = await settled((yes, no) => server.once('error', no).listen({ port, host: EVERYWHERE }, yes));
    if (!good) return undefined;
    return this.#add({ kind: 'listener', server, accepted }, (entry) => {
      server.on('connection', (socket) => {
        socket.on('error', () => undefined);
        if (this.#entries.size + accepted.length >= SOCKETS_MAX) socket.destroy();
        else accepted.push(socket);
        wake(entry);
      });
      server.on('error', () => wake(entry));
    });
  }

  async tcpAccept(listener: number): Promise<number | undefined> {
    const entry = this.#entries.get(listener);
    if (entry?.kind !== 'listener') return undefined;
    const socket = await firstOf(entry, entry.accepted);
    return socket && this.#addStream(socket);
  }

  async tcpConnect(host: string, port: number): Promise<number | undefined> {
    const socket = new TcpSocket({ allowHalfOpen: true });
    const good = await settled((yes, no) => {
      // Tries every address that the host has.
      socket.once('error', no).connect({ host, port, autoSelectFamily: true }, yes);
    }, CONNECT_MS);
    if (good) return this.#addStream(socket);
    socket.on('error', () => undefined).destroy();
    return undefined;
  }

  #addStream(socket: TcpSocket): number | undefined {
    socket.setNoDelay(true);
    const id = this.#add({ kind: 'stream', socket, failed: false }, (entry) =>
      follow(entry as Entry & Stream),
    );
    if (id === undefined) socket.destroy();
    return id;
  }

  async tcpRead(id: number): Promise<Uint8Array | undefined> {
    const entry = this.#stream(id);
    if (entry === undefined) return undefined;
    for (;;) {
      const { socket } = entry;
      const piece = socket.read() as Buffer | null;
      if (piece !== null) return new Uint8Array(piece);
      if (socket.readableEnded && !entry.failed) return new Uint8Array();
      if (entry.closed || entry.failed || socket.destroyed) return undefined;
      await happening(entry);
    }
  }

  async tcpWrite(id: number, bytes: Uint8Array): Promise<boolean> {
    const entry = this.#stream(id);
    if (entry === undefined || entry.failed || !entry.socket.writable) return false;
    return new Promise((done) => entry.socket.write(bytes, (error) => done(error == null)));
  }

  localPort(id: number): number | undefined {
    const entry = this.#entries.get(id);
    if (entry?.kind === 'stream') return entry.socket.localPort;
    const address = entry?.kind === 'listener' ? entry.server.address() : null;
    return address !== null && typeof address === 'object' ? address.port : undefined;
  }

  tcpClose(id: number): boolean {
    return this.#entries.get(id)?.kind !== 'udp' && this.#end(id);
  }

  async tlsClient(id: number, host: string): Promise<boolean> {
    const entry = this.#stream(id);
    if (entry === undefined || entry.failed) return false;
    const plain = entry.socket;
    for (const event of FOLLOWED) plain.removeAllListeners(event);
    plain.on('error', () => undefined);
    const secure = connectTls({ socket: plain, host, ...(isIP(host) === 0 ? { servername: host } : {}) });
    entry.socket = secure;
    const good = await settled((yes, no) => {
      secure.once('error', no).once('close', no).once('secureConnect', yes);
    }, HANDSHAKE_MS);
    if (good && !entry.closed) {
      follow(entry);
      return true;
    }
    secure.on('error', () => undefined).destroy();
    plain.destroy();
    this.#end(id);
    return false;
  }

  async udpBind(port: number): Promise<{ socket: number; port: number } | undefined> {
    const socket = createSocket('udp4');
    const good = await settled((yes, no) =>
      socket.once('error', no).bind({ port, address: EVERYWHERE }, yes),
    );
    if (!good) return undefined;
    const received: Datagram[] = [];
    const bound = socket.address().port;
    const id = this.#add({ kind: 'udp', socket, received }, (entry) => {
      socket.on('message', (bytes, { address, port: from }) => {
        if (received.length < DATAGRAMS_MAX)
          received.push({ bytes: new Uint8Array(bytes), host: address, port: from });
        wake(entry);
      });
      socket.on('error', () => wake(entry));
    });
    return id === undefined ? undefined : { socket: id, port: bound };
  }

  async udpSend(id: number, host: string, port: number, bytes: Uint8Array): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (entry?.kind !== 'udp') return false;
    for (const address of await this.resolve(host)) {
      if (entry.closed) return false;
      // The socket is one of IPv4, which reaches no other addresses.
      if (isIP(address) !== 4) continue;
      const sent = new Promise<boolean>((done) => {
        entry.socket.send(bytes, port, address, (error) => done(error === null));
      });
      if (await sent) return true;
    }
    return false;
  }

  async udpReceive(id: number): Promise<Datagram | undefined> {
    const entry = this.#entries.get(id);
    if (entry?.kind !== 'udp') return undefined;
    return firstOf(entry, entry.received);
  }

  udpClose(id: number): boolean {
    return this.#entries.get(id)?.kind === 'udp' && this.#end(id);
  }

  async resolve(host: string): Promise<readonly string[]> {
    try {
      const found = await lookup(host, { all: true });
      return [...new Set(found.map(({ address }) => address))];
    } catch {
      return [];
    }
  }

  http(request: HttpRequest): Promise<HttpOutcome> {
    return this.#http.send(request);
  }

  #stream(id: number): (Entry & Stream) | undefined {
    const entry = this.#entries.get(id);
    return entry?.kind === 'stream' ? entry : undefined;
  }

  #add(socket: Listener | Stream | Udp, begin: (entry: Entry) => void): number | undefined {
    const entry: Entry = { ...socket, waiters: [], closed: false };
    if (this.#entries.size >= SOCKETS_MAX) {
      release(entry);
      return undefined;
    }
    this.#entries.set(++this.#ids, entry);
    begin(entry);
    return this.#ids;
  }

  #end(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    entry.closed = true;
    release(entry);
    wake(entry);
    return true;
  }
}

function release(entry: Entry): void {
  if (entry.kind === 'stream') {
    // What was written still leaves.
    entry.socket.on('error', () => undefined);
    entry.socket.destroySoon();
  } else {
    if (entry.kind === 'listener') for (const socket of entry.accepted.splice(0)) socket.destroy();
    (entry.kind === 'listener' ? entry.server : entry.socket).close();
  }
}

const FOLLOWED = ['readable', 'end', 'close', 'error'] as const;

/** Wakes those who wait for a stream whenever something happens to it. */
function follow(entry: Entry & Stream): void {
  const { socket } = entry;
  socket.on('readable', () => wake(entry));
  socket.on('end', () => wake(entry));
  socket.on('close', () => wake(entry));
  socket.on('error', () => {
    entry.failed = true;
    wake(entry);
  });
}

function wake(entry: Entry): void {
  const { waiters } = entry;
  entry.waiters = [];
  for (const waiter of waiters) waiter();
}

const happening = (entry: Entry): Promise<void> =>
  new Promise((next) => {
    entry.waiters.push(next);
  });

/** The next that comes in; undefined once the socket is closed. */
async function firstOf<T>(entry: Entry, incoming: T[]): Promise<T | undefined> {
  while (incoming.length === 0) {
    if (entry.closed) return undefined;
    await happening(entry);
  }
  return incoming.shift();
}

/** Whether the first of the two is called before the second and before the time is over. */
function settled(begin: (yes: () => void, no: () => void) => unknown, timeMs?: number): Promise<boolean> {
  return new Promise((done) => {
    const timer = timeMs === undefined ? undefined : setTimeout(() => done(false), timeMs);
    const end = (good: boolean) => {
      clearTimeout(timer);
      done(good);
    };
    begin(
      () => end(true),
      () => end(false),
    );
  });
}
