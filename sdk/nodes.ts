// The nodes that a client knows, and which of them is asked.
import { readError, SeqNodeError } from './errors.ts';

/** On top of what a node was told to wait, before its connection counts as dead. */
const ANSWER_SLACK_MS = 2000;
/** A node that could not be reached is asked again after so long, unless no other is left. */
const AVOIDED_MS = 2000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, encoded. */
  readonly address: string;
  /** JSON text. */
  readonly body?: string;
  /** Statuses beside 2xx that are no failure. */
  readonly accept?: readonly number[];
}

export interface Answer {
  readonly status: number;
  /** The JSON of the body. */
  readonly body: unknown;
}

interface Node {
  readonly url: URL;
  /** Until then others are asked first; of `performance.now()`. */
  avoidedUntil: number;
}

export class Nodes {
  readonly #nodes: readonly Node[];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;
  #at = 0;

  /** Throws TypeError for what is not the URL of a node. */
  constructor(urls: readonly string[], token: string | undefined, fetcher: typeof fetch) {
    if (urls.length === 0) throw new TypeError('nodes is empty');
    this.#nodes = urls.map((text) => ({ url: parseUrl(text), avoidedUntil: 0 }));
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#fetch = fetcher;
  }

  get size(): number {
    return this.#nodes.length;
  }

  [Symbol.iterator](): IterableIterator<Node> {
    return this.#nodes[Symbol.iterator]();
  }

  /** The node to ask now: `preferred` while it serves, else the same one while that does. */
  current(preferred?: Node): Node {
    const now = performance.now();
    if (preferred !== undefined && preferred.avoidedUntil <= now) return preferred;
    const { length } = this.#nodes;
    for (let further = 0; further < length; further++) {
      const node = this.#nodes[(this.#at + further) % length]!;
      if (node.avoidedUntil > now) continue;
      this.#at = (this.#at + further) % length;
      return node;
    }
    return this.#nodes[this.#at]!;
  }

  /** The node did not serve: the next call goes to another one. */
  avoid(node: Node): void {
    node.avoidedUntil = performance.now() + AVOIDED_MS;
    if (this.#nodes[this.#at] === node) this.#at = (this.#at + 1) % this.#nodes.length;
  }

  /**
   * One attempt. Rejects with SeqNodeError: that of the refusal; `unreachable` when nothing was sent, or
   * nothing can have come of it; `outcome-unknown` when the connection broke or stayed silent; or with the
   * reason of `signal`.
   */
  async attempt(node: Node, request: Request, patienceMs: number, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    const late = AbortSignal.timeout(Math.ceil(patienceMs) + ANSWER_SLACK_MS);
    const { method, address, body, accept } = request;
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(new URL(address, node.url), {
        method,
        headers: { ...this.#headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body }),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw brokenBy(cause, method, node.url);
    }
    const answer = { status: response.status, body: parse(text) };
    if (response.ok || accept?.includes(response.status)) return answer;
    throw refusalOf(answer.body, node.url);
  }

  /** A stream, once its head is there. Rejects as `attempt` does. */
  async open(
    node: Node,
    address: string,
    more: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(new URL(address, node.url), {
        headers: { ...this.#headers, ...more },
        signal,
      });
      if (response.ok) return response;
      throw refusalOf(parse(await response.text()), node.url);
    } catch (cause) {
      throw cause instanceof SeqNodeError ? cause : brokenBy(cause, 'GET', node.url);
    }
  }
}

const refusalOf = (body: unknown, { origin }: URL): SeqNodeError =>
  readError(body) ??
  new SeqNodeError('unreachable', { message: `What answers at ${origin} is not a seq-node.` });

/** Codes of a cause that say that no connection came about. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']);

function brokenBy(cause: unknown, method: Request['method'], { origin }: URL): SeqNodeError {
  const inner = cause instanceof Error ? (cause.cause as { code?: unknown } | undefined) : undefined;
  const nothingSent = typeof inner?.code === 'string' && NOT_CONNECTED.has(inner.code);
  if (method === 'GET' || nothingSent)
    return new SeqNodeError('unreachable', { message: `No node answers at ${origin}.`, cause });
  return new SeqNodeError('outcome-unknown', {
    message: `The connection to ${origin} broke before the answer.`,
    cause,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseUrl(text: string): URL {
  const given = text.trim();
  const whole = /^https?:\/\//i.test(given) ? given : `http://${given}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || url.pathname !== '/' || url.search !== '' || url.username !== '')
    throw new TypeError(`${JSON.stringify(text)} is not the URL of a node, such as http://127.0.0.1:7480`);
  return url;
}

export type { Node };
