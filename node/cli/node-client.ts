// Talks to nodes over HTTP, for the commands. Retries what is safe to retry, with the same id, until the
// time-out.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrorCode, PASSING_CODES, SeqNodeError } from '../base/errors.ts';
import { resolveAddress } from '../base/path.ts';
import type { Context, FlagRow, Input } from './command.ts';
import { remark } from './output.ts';

const DEFAULT_URL = 'http://127.0.0.1:7480';
const TIMEOUT_MS_DEFAULT = 15_000;
/** How long one attempt waits for the node to say what became of a message. */
const ATTEMPT_MS = 5000;
/** On top of what the node was told to wait, before the connection counts as dead. */
const ANSWER_SLACK_MS = 2000;
/** By how much sooner a node gives a read up than the command. */
const READ_SLACK_MS = 200;
const BACKOFF_MS_FIRST = 50;
const BACKOFF_MS_MAX = 1000;
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

export const CLIENT_FLAGS: readonly FlagRow[] = [
  {
    name: 'node',
    type: 'text',
    value: 'URL',
    many: true,
    doc: `A node to talk to; several are tried in turn. Default: SEQ_NODE_URL, else ${DEFAULT_URL}.`,
  },
  { name: 'token', type: 'text', value: 'TOKEN', doc: "The gateway's token. Default: SEQ_NODE_TOKEN." },
  {
    name: 'timeout',
    type: 'duration',
    value: 'TIME',
    least: 1,
    most: 3_600_000,
    doc: `How long to keep trying, as in 500ms or 1m. Default: ${TIMEOUT_MS_DEFAULT / 1000}s.`,
  },
];

export const JSON_FLAG: FlagRow = { name: 'json', type: 'boolean', doc: 'Print JSON.' };

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From the slash on, encoded. */
  readonly address: string;
  /** Whether the node is told how long to try: for reads that a majority confirms. */
  readonly confirmed?: true;
  readonly body?: unknown;
  /** Statuses beside 2xx that are no failure. */
  readonly accept?: readonly number[];
}

const ACTOR_ENDPOINTS = [
  'ask',
  'messages',
  'suspend',
  'resume',
  'upgrade',
  'purge',
  'journal',
  'timers',
  'why',
  'logs',
] as const;
type ActorEndpoint = (typeof ACTOR_ENDPOINTS)[number];

/**
 * The address of an endpoint of an actor, which is given by its path, name or UUID. A last segment that is
 * the name of an endpoint is encoded, so that it stays a name.
 */
export function actorAddress(actor: string, endpoint: '' | ActorEndpoint = ''): string {
  // Checked here, so that a client library's way of reading `..` in a URL never matters.
  const segments = resolveAddress(actor).slice(1).split('/').map(encodeSegment);
  return ['/v1/actors', ...segments, ...(endpoint === '' ? [] : [endpoint])].join('/');
}

function encodeSegment(segment: string): string {
  if (ACTOR_ENDPOINTS.some((endpoint) => endpoint === segment))
    return `%${segment.charCodeAt(0).toString(16)}${segment.slice(1)}`;
  return encodeURIComponent(segment);
}

export class NodeClient {
  readonly #nodes: readonly URL[];
  readonly #token: string;
  readonly #timeoutMs: number;
  #deadline: number;
  readonly #context: Context;
  /** Which node is asked next; moves on when one cannot serve. */
  #at = 0;
  #saidWaiting = false;

  constructor(context: Context, input: Input) {
    this.#context = context;
    const given = input.texts('node');
    const texts = given.length > 0 ? given : [context.env.SEQ_NODE_URL || DEFAULT_URL];
    this.#nodes = texts.flatMap((text) => text.split(',')).map(parseUrl);
    this.#token = input.text('token') ?? context.env.SEQ_NODE_TOKEN ?? '';
    if (!/^[\x21-\x7e]*$/.test(this.#token))
      throw new SeqNodeError('bad-usage', 'The token may hold only visible ASCII characters.');
    this.#timeoutMs = input.duration('timeout') ?? TIMEOUT_MS_DEFAULT;
    this.#deadline = performance.now() + this.#timeoutMs;
  }

  /** The JSON of a successful answer. A request that changes nothing, or carries an id, may be repeated. */
  async call(call: Call): Promise<unknown> {
    const { body } = await this.send(call);
    try {
      return JSON.parse(body);
    } catch {
      throw this.#notANode();
    }
  }

  /**
   * The answer when it is 2xx or accepted; rejects with the error of any other. Passing refusals are tried
   * again, at the next node, until the time is up; then the last that a node gave stands, or
   * `outcome-unknown` if any attempt may have taken effect. A read gives up once every node was found
   * unreachable.
   */
  send(call: Call): Promise<{ readonly status: number; readonly body: string }> {
    return this.#persist(call.method, () => this.#attempt(call));
  }

  async #persist<T>(method: Call['method'], attempted: () => Promise<T>): Promise<T> {
    let backoffMs = BACKOFF_MS_FIRST;
    let unknown: SeqNodeError | undefined;
    let answered: SeqNodeError | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await attempted();
      } catch (error) {
        if (!(error instanceof SeqNodeError) || !PASSING_CODES.has(error.code)) throw error;
        if (error.code === 'outcome-unknown') unknown = error;
        if (error.code !== 'unreachable') answered = error;
        const gone = error.code === 'unreachable' && (method === 'GET' || error.details.peers === true);
        const hopeless = gone && attempt >= this.#nodes.length;
        const left = this.#deadline - performance.now();
        if (left <= 0 || hopeless) throw unknown ?? answered ?? error;
        this.#sayWaiting(error, left);
        this.#at = (this.#at + 1) % this.#nodes.length;
        await sleep(Math.min(left, backoffMs * (0.5 + Math.random() / 2)));
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
      }
    }
  }

  /** Only once, and only when a person would wonder. */
  #sayWaiting(error: SeqNodeError, leftMs: number) {
    if (this.#saidWaiting || this.#nodes.length > 1 || leftMs < 2000) return;
    this.#saidWaiting = true;
    remark(this.#context, `seq-node: ${error.message} Trying again for ${Math.ceil(leftMs / 1000)} s …`);
  }

  /**
   * The body of an answer that has no end, whatever the time-out; until there is one, tried as a read is.
   */
  async open(address: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    this.#deadline = performance.now() + this.#timeoutMs;
    return this.#persist('GET', () => this.#head(address, headers));
  }

  /** Whether what was refused may be served at another node, or later. */
  passes({ code }: SeqNodeError): boolean {
    return PASSING_CODES.has(code);
  }

  next(): void {
    this.#at = (this.#at + 1) % this.#nodes.length;
  }

  #head(address: string, more: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const node = this.#nodes[this.#at]!;
    const url = new URL(address, node);
    const headers = { ...more, ...(this.#token !== '' && { authorization: `Bearer ${this.#token}` }) };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        agent: false,
        headers,
      });
      request.on('error', (error: NodeJS.ErrnoException) =>
        reject(this.#broken({ method: 'GET', address }, node, false, error)),
      );
      request.on('response', (response) => {
        if (response.statusCode === 200) resolve(response);
        else collect(response).then((text) => reject(readRefusal(text) ?? this.#notANode()), reject);
      });
      request.end();
    });
  }

  /** Asks the node to wait as long as an attempt may take, out of what is left. */
  messageTimeoutMs(): number {
    return Math.max(1, Math.min(ATTEMPT_MS, Math.ceil(this.#deadline - performance.now())));
  }

  async #attempt(call: Call): Promise<{ status: number; body: string }> {
    const left = Math.max(1, Math.ceil(this.#deadline - performance.now()));
    // A read may be cut off whenever; after a message the node gets the time to say what became of it.
    const patienceMs = call.method === 'GET' ? left : Math.min(left, ATTEMPT_MS) + ANSWER_SLACK_MS;
    const { status, body } = await this.#exchange(call, patienceMs).catch((error) => this.#explained(error));
    if ((status >= 200 && status < 300) || call.accept?.includes(status)) return { status, body };
    throw readRefusal(body) ?? this.#notANode();
  }

  #exchange(call: Call, timeoutMs: number): Promise<{ status: number; body: string }> {
    const node = this.#nodes[this.#at]!;
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const url = new URL(call.address, node);
    // It says itself why it has no answer, if it is given up before this side gives up.
    if (call.confirmed)
      url.searchParams.set('timeoutMs', String(Math.max(1, Math.min(timeoutMs - READ_SLACK_MS, ATTEMPT_MS))));
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method: call.method,
        agent: false,
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': body.length }),
          ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
        },
      });
      let connected = false;
      const timer = setTimeout(() => request.destroy(new Error('no answer in time')), timeoutMs);
      request.on('socket', (socket) => {
        socket.once('connect', () => {
          connected = true;
        });
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(this.#broken(call, node, connected, error));
      });
      request.on('response', (response) =>
        collect(response).then(
          (text) => {
            clearTimeout(timer);
            resolve({ status: response.statusCode ?? 0, body: text });
          },
          (error: NodeJS.ErrnoException) => request.destroy(error),
        ),
      );
      request.end(body);
    });
  }

  /** A port for other nodes breaks every connection of a client: nothing can have come of it. */
  async #explained(error: SeqNodeError): Promise<never> {
    const node = this.#nodes[this.#at]!;
    const { isPeerPort } = await import('./peer-port.ts');
    if (error.details.broke !== true || !(await isPeerPort(node))) throw error;
    throw new SeqNodeError(
      'unreachable',
      `${node.host} is an address for other nodes (p2p.listen), not for clients (http.listen).`,
      { peers: true },
    );
  }

  /** A connection that broke after the request left: what it asked for may have happened. */
  #broken(call: Call, node: URL, connected: boolean, error: NodeJS.ErrnoException): SeqNodeError {
    const reason = error.code ?? error.message;
    // What is no HTTP is no answer of a node either.
    if (reason.startsWith('HPE_')) return this.#notANode();
    if (connected && call.method !== 'GET')
      return new SeqNodeError(
        'outcome-unknown',
        `The connection to ${node.origin} broke before the answer (${reason}).`,
        { broke: true },
      );
    return new SeqNodeError('unreachable', `No node answers at ${node.origin} (${reason}).`, {
      broke: connected,
    });
  }

  #notANode(): SeqNodeError {
    return new SeqNodeError(
      'unreachable',
      `What answers at ${this.#nodes[this.#at]!.origin} is not a seq-node.`,
    );
  }
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}

function readRefusal(body: string): SeqNodeError | undefined {
  let error: unknown;
  try {
    error = (JSON.parse(body) as { error?: unknown }).error;
  } catch {
    return undefined;
  }
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message, details } = error as Readonly<Record<string, unknown>>;
  if (typeof code !== 'string' || typeof message !== 'string') return undefined;
  // A newer node may know a code that we do not.
  if (!isErrorCode(code)) return new SeqNodeError('internal', `${message} (${code})`);
  return new SeqNodeError(code, message, isRecord(details) ? details : {});
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** `HOST:PORT` is enough; the path must be empty. */
function parseUrl(text: string): URL {
  const trimmed = text.trim();
  const url = URL.parse(/^https?:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  if (url === null || url.hostname === '' || url.pathname !== '/' || url.search !== '' || url.username !== '')
    throw new SeqNodeError(
      'bad-usage',
      `${JSON.stringify(text)} is not the URL of a node, such as ${DEFAULT_URL}.`,
    );
  return url;
}
