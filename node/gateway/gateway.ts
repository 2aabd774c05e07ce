// The HTTP gateway of a node: an HTTP/1.1 server in front of its API.
//
// 1. Nothing is read that is over its limit: the head by the parser, the body by its declared and by its real
//    length.
// 2. Every request that is not abandoned by its client gets exactly one answer; every refusal carries a code
//    of the table.
// 3. Whatever arrives, the process goes on: a handler's fault is answered with `internal` and logged.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type Address, formatAddress, isLoopback } from '../base/address.ts';
import { SeqNodeError } from '../base/errors.ts';
import type { NodeApi } from '../host/api.ts';
import { type Admission, corsHeaders, createAdmission, preflightHeaders } from './admission.ts';
import { type Answer, parserError, rawRefusal, refusal, toSeqNodeError, withHeaders } from './answer.ts';
import { checkBodyHead, hasBody, readBody } from './body.ts';
import type { EndpointContext } from './endpoints.ts';
import { EventStreams, type Every } from './event-streams.ts';
import { Outstanding } from './outstanding.ts';
import { bad, quote, readQuery } from './request.ts';
import { addressOf, findTarget, needsToken, type Target } from './routes.ts';
import { sendAnswer, sendHead, sendRefusalUnread } from './sending.ts';
import { asksForStream, checkOpening, STREAM_PROTOCOL, withProtocolToken } from './stream/handshake.ts';
import { ItemStream } from './stream/stream.ts';
import { Traffic } from './traffic.ts';

export interface GatewayLimits {
  readonly bodyBytesMax: number;
  readonly batchItemsMax: number;
  readonly connectionsMax: number;
  readonly outstandingMax: number;
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
}

/** The part of the node's logger that the gateway uses. */
export interface GatewayLogger {
  log(level: 'warn' | 'error', event: string, fields?: Readonly<Record<string, string | number>>): void;
}

export interface GatewayOptions {
  readonly api: NodeApi;
  readonly listen: Address;
  /** Empty: none is asked for, which only a loopback address may do. */
  readonly token: string;
  /** Origins of web pages, in lower case, that may use the gateway beside its own. */
  readonly origins: readonly string[];
  /** Of the node's program. */
  readonly version: string;
  readonly limits: GatewayLimits;
  readonly logger: GatewayLogger;
  /** For the heartbeats of event streams. */
  readonly every?: Every;
}

export interface Gateway {
  /** Where it listens, with the real port. */
  readonly address: Address;
  /** `http://HOST:PORT`, with a host that clients on this machine can use. */
  readonly url: string;
  /** Takes no more requests, lets those under way finish for at most `graceMs`, then cuts what is left. */
  close(graceMs?: number): Promise<void>;
}

const HEADER_BYTES_MAX = 16 * 1024;
const CLOSE_GRACE_MS = 5000;

/** What is known of one client connection. */
interface Connection {
  /** Requests without a finished answer. */
  pending: number;
  /** Refuses the request whose body is arriving; false when it has arrived after all. */
  refuseReading: ((error: SeqNodeError) => boolean) | undefined;
  /** Sent, and the connection closed, after the last pending answer. */
  farewell: string | undefined;
}

/** Rejects with `bad-config` when the address cannot be listened on, or needs a token and there is none. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { listen, token } = options;
  const shown = formatAddress(listen);
  if (token === '' && !isLoopback(listen))
    throw new SeqNodeError(
      'bad-config',
      `http.listen is ${shown}, which other machines can reach; set http.token-file.`,
      {
        key: 'http.listen',
      },
    );
  const gateway = new GatewayServer(options);
  await new Promise<void>((resolve, reject) => {
    gateway.server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SeqNodeError('bad-config', `The gateway cannot listen on ${shown} (${error.code}).`, {
          key: 'http.listen',
        }),
      ),
    );
    gateway.server.listen({ host: listen.host, port: listen.port }, resolve);
  });
  const { port } = gateway.server.address() as AddressInfo;
  const reachable = /^(0\.0\.0\.0|::)$/.test(listen.host) ? 'localhost' : listen.host;
  return {
    address: { host: listen.host, port },
    url: `http://${formatAddress({ host: reachable, port })}`,
    close: (graceMs = CLOSE_GRACE_MS) => gateway.close(graceMs),
  };
}

class GatewayServer {
  readonly server: Server;
  readonly #context: EndpointContext;
  readonly #admission: Admission;
  readonly #limits: GatewayLimits;
  readonly #traffic = new Traffic();
  readonly #connections = new WeakMap<Duplex, Connection>();
  readonly #streams = new Map<Duplex, ItemStream>();
  readonly #webSockets: WebSocketServer;
  #opened = 0;
  #closing: Promise<void> | undefined;

  constructor({ api, token, origins, version, limits, logger, every }: GatewayOptions) {
    this.#limits = limits;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.bodyBytesMax,
      perMessageDeflate: false,
      handleProtocols: () => STREAM_PROTOCOL,
    });
    this.#admission = createAdmission(token, new Set(origins));
    const outstanding = new Outstanding(limits.outstandingMax);
    this.#context = {
      api,
      outstanding,
      version,
      addressOf,
      batchItemsMax: limits.batchItemsMax,
      eventStreams: new EventStreams(every),
      metrics: () => this.#traffic.text({ outstanding: outstanding.count, connections: this.#opened }),
      toError: (thrown) =>
        toSeqNodeError(thrown, (fault) =>
          logger.log('error', 'gateway-fault', {
            fault: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault),
          }),
        ),
    };
    this.server = createServer({
      maxHeaderSize: HEADER_BYTES_MAX,
      // Node would answer without a code.
      requireHostHeader: false,
      headersTimeout: limits.headerTimeoutMs,
      requestTimeout: Math.max(limits.requestTimeoutMs, limits.headerTimeoutMs),
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(1000, limits.headerTimeoutMs),
      shouldUpgradeCallback: asksForStream,
    });
    this.server.maxConnections = limits.connectionsMax;
    this.server.on('connection', (socket) => this.#connected(socket));
    this.server.on('request', (request, response) => this.#receive(request, response, 'none'));
    this.server.on('checkContinue', (request, response) => this.#receive(request, response, 'continue'));
    this.server.on('checkExpectation', (request, response) => this.#receive(request, response, 'other'));
    this.server.on('upgrade', (request, socket, head) => this.#open(request, socket, head));
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#unreadable(error, socket));
    this.server.on('drop', () =>
      logger.log('warn', 'gateway-connections-full', { limit: limits.connectionsMax }),
    );
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const cut = setTimeout(() => {
        this.server.closeAllConnections();
        for (const socket of this.#streams.keys()) socket.destroy();
      }, graceMs);
      for (const stream of this.#streams.values()) stream.finish();
      this.#context.eventStreams.close();
      this.server.close(() => {
        clearTimeout(cut);
        resolve();
      });
    });
    return this.#closing;
  }

  #connected(socket: Duplex) {
    this.#connections.set(socket, { pending: 0, refuseReading: undefined, farewell: undefined });
    this.#opened++;
    socket.once('close', () => {
      this.#opened--;
    });
  }

  #receive(request: IncomingMessage, response: ServerResponse, expectation: 'none' | 'continue' | 'other') {
    const began = performance.now();
    const connection = this.#connections.get(request.socket)!;
    connection.pending++;
    response.once('close', () => {
      if (--connection.pending === 0 && connection.farewell !== undefined)
        request.socket.end(connection.farewell);
    });
    let route = 'refused';
    const guest = this.#admission.guestOf(request.headers);
    const readable = guest === undefined ? same : (answer: Answer) => withHeaders(answer, corsHeaders(guest));
    const finish = (answer: Answer) => {
      this.#traffic.count(route, answer.status, (performance.now() - began) / 1000);
      if (answer.feed === undefined)
        return sendAnswer(response, readable(answer), this.#closing !== undefined);
      sendHead(response, readable(answer));
      this.#context.eventStreams.send(response, answer.feed, this.#context.toError);
    };
    const refuse = (error: SeqNodeError, moreComes: boolean) => {
      const answer = readable(refusal(error));
      if (request.complete || !hasBody(request)) return finish(answer);
      this.#traffic.count(route, answer.status, (performance.now() - began) / 1000);
      sendRefusalUnread(request, response, answer, moreComes);
    };
    try {
      if (guest !== undefined && isPreflight(request)) {
        route = 'preflight';
        response.writeHead(204, [...preflightHeaders(guest)]);
        response.end();
        this.#traffic.count(route, 204, (performance.now() - began) / 1000);
        return;
      }
      const { address, query } = splitTarget(request);
      const target = this.#admitted(request, address);
      route = target.route;
      if (expectation === 'other') throw bad('The only expectation that is met is 100-continue.');
      const run = (body: string) => this.#run(target, request, query, body, finish);
      if (!hasBody(request)) {
        run('');
        return;
      }
      checkBodyHead(request, this.#limits.bodyBytesMax);
      if (expectation === 'continue') response.writeContinue();
      this.#readBody(connection, request, run, refuse);
    } catch (error) {
      refuse(this.#context.toError(error), expectation === 'none');
    }
  }

  /** Ends in exactly one call, of `run` or of `refuse`, unless the client goes away. */
  #readBody(
    connection: Connection,
    request: IncomingMessage,
    run: (body: string) => void,
    refuse: (error: SeqNodeError, moreComes: boolean) => void,
  ) {
    let reading = true;
    const refuseReading = (error: SeqNodeError) => {
      if (!reading || request.complete) return false;
      reading = false;
      refuse(error, false);
      return true;
    };
    // The head of the next pipelined request may be parsed before this body's end is seen, and then takes the
    // place.
    connection.refuseReading = refuseReading;
    readBody(request, this.#limits.bodyBytesMax, (error, text) => {
      if (!reading) return;
      reading = false;
      if (error) refuse(error, true);
      else run(text);
    });
  }

  /** Throws `unauthorized` before it says whether the address exists, `stopping` when the gateway closes. */
  #admitted(request: Pick<IncomingMessage, 'method' | 'headers'>, address: string): Target {
    if (needsToken(address)) this.#admission.check(request.headers);
    const target = findTarget(request.method ?? '', address);
    if (this.#closing !== undefined) throw new SeqNodeError('stopping');
    return target;
  }

  /** A request that asks for a stream, which may be refused as any other. */
  #open(request: IncomingMessage, socket: Duplex, head: Buffer) {
    try {
      const { address, query } = splitTarget(request);
      this.#admitted({ method: request.method, headers: withProtocolToken(request.headers) }, address);
      readQuery(query, []);
      checkOpening(request.headers);
    } catch (thrown) {
      const error = this.#context.toError(thrown);
      this.#traffic.count('refused', error.http, 0);
      socket.on('error', () => socket.destroy());
      socket.end(rawRefusal(error));
      return;
    }
    this.#traffic.count('stream', 101, 0);
    this.#webSockets.handleUpgrade(request, socket, head, (web) => {
      this.#streams.set(socket, new ItemStream(web, socket as Socket, this.#context, this.#limits));
      socket.once('close', () => this.#streams.delete(socket));
    });
  }

  #run(
    target: Target,
    { method = '', headers, socket }: IncomingMessage,
    query: string,
    body: string,
    finish: (answer: Answer) => void,
  ) {
    target
      .handler(this.#context, { method, query, headers, body }, target.subject)
      .then(finish, (error: unknown) => finish(refusal(this.#context.toError(error), target.subject)))
      .catch((fault: unknown) => {
        this.#context.toError(fault);
        socket.destroy();
      });
  }

  /** The parser gave up on a connection, or a request took too long to arrive. */
  #unreadable(error: NodeJS.ErrnoException, socket: Duplex) {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const reason = parserError(error.code, { headerBytesMax: HEADER_BYTES_MAX });
    this.#traffic.count('refused', reason.http, 0);
    if (connection.refuseReading?.(reason)) return;
    if (connection.pending > 0) connection.farewell = rawRefusal(reason);
    else socket.end(rawRefusal(reason));
  }
}

const same = (answer: Answer) => answer;

/** A browser's question whether a page may send a request. It carries no token. */
function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** `name` in lower case. */
function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const each = rawHeaders[at]!;
    if (each.length === name.length && each.toLowerCase() === name) seen++;
  }
  return seen > 1;
}

/**
 * The address and the query of a request target; a proxy's absolute form loses its origin. Throws
 * `bad-request`.
 */
function splitTarget({ url = '', headers, rawHeaders, httpVersion }: IncomingMessage): {
  address: string;
  query: string;
} {
  if (headers.host === undefined && httpVersion === '1.1') throw bad('The Host header is missing.');
  // Node keeps the first of several; a proxy in front may have looked at another.
  if (isRepeated(rawHeaders, 'host')) throw bad('The Host header is given twice.');
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  if (!target.startsWith('/')) throw bad(`The request target ${quote(url)} is not an address.`);
  const mark = target.indexOf('?');
  return mark < 0
    ? { address: target, query: '' }
    : { address: target.slice(0, mark), query: target.slice(mark + 1) };
}
