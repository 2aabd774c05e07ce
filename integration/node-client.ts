// Talks to one node over its HTTP API, as any client would.

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON body; undefined when there is none. */
  readonly body: unknown;
}

/** The refusal of a node, as it stands in the answer's body. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

export interface Acknowledged {
  readonly acknowledged: true;
  readonly mode: string;
  readonly sequence: number;
}

export interface ClusterAnswer {
  readonly cluster: string;
  readonly node: string;
  readonly name: string;
  readonly members: readonly {
    readonly node: string;
    readonly name: string;
    readonly addresses: readonly string[];
    readonly liveness: string;
    readonly self: boolean;
    readonly leads: number;
    readonly replicas: number;
    readonly healthy: number;
  }[];
  readonly shards: readonly {
    readonly shard: number;
    readonly leader: string | null;
    readonly term: number;
    readonly voters: readonly string[];
    readonly learners: readonly string[];
    readonly healthy: readonly string[];
    readonly commitIndex: number;
    readonly mode: string | null;
  }[];
}

export interface ActorAnswer {
  readonly path: string;
  readonly state: unknown;
  readonly sequence: number;
  readonly code: { readonly module: string; readonly target: string };
  readonly lifecycle: string;
  readonly restarts: number;
  readonly lastFault: string | null;
  readonly mode: string;
  readonly node: string;
  readonly nodeName: string;
  readonly shard: number;
}

export class NodeClient {
  readonly base: string;

  /**
   * `address` is the HOST:PORT of the HTTP API. Its token, if it wants one, is in SEQ_NODE_TOKEN, as for the
   * command line.
   */
  constructor(address: string) {
    this.base = `http://${address}`;
  }

  /** Rejects when nobody answers within `timeoutMs`. */
  async request(method: string, path: string, body?: unknown, timeoutMs = 10_000): Promise<Answer> {
    const headers: Record<string, string> = { ...authorization() };
    const init: RequestInit = { method, headers, signal: AbortSignal.timeout(timeoutMs) };
    if (body !== undefined) {
      init.body = typeof body === 'string' ? body : JSON.stringify(body);
      headers['content-type'] = 'application/json';
    }
    const response = await fetch(this.base + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  }

  /** Rejects with RefusedError when the status is not 2xx. */
  async call<T>(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<T> {
    const answer = await this.request(method, path, body, timeoutMs);
    if (answer.status < 200 || answer.status > 299) throw refusalOf(answer);
    return answer.body as T;
  }

  tell(path: string, message: unknown, id: string, timeoutMs = 5000): Promise<Acknowledged> {
    return this.call('POST', `/v1/actors${path}/messages`, { message, id, timeoutMs }, timeoutMs + 5000);
  }

  ask(path: string, message: unknown, id: string, timeoutMs = 5000): Promise<{ response: unknown }> {
    return this.call(
      'POST',
      `/v1/actors${path}/ask`,
      { message, id, timeoutMs, positional: true },
      timeoutMs + 5000,
    );
  }

  inspect(path: string): Promise<ActorAnswer> {
    return this.call('GET', `/v1/actors${path}`);
  }

  cluster(): Promise<ClusterAnswer> {
    return this.call('GET', '/v1/cluster');
  }

  /** The value of a metric without labels, or the sum over its labels. */
  async metric(name: string): Promise<number> {
    const response = await fetch(`${this.base}/metrics`, {
      headers: authorization(),
      signal: AbortSignal.timeout(5000),
    });
    let sum = Number.NaN;
    for (const line of (await response.text()).split('\n')) {
      const match = /^([a-z_]+)(?:\{[^}]*\})? (\S+)$/.exec(line);
      if (match?.[1] === name) sum = (Number.isNaN(sum) ? 0 : sum) + Number(match[2]);
    }
    return sum;
  }
}

function authorization(): Record<string, string> {
  const token = process.env.SEQ_NODE_TOKEN;
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function refusalOf({ status, body }: Answer): RefusedError {
  const error = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  return new RefusedError(
    status,
    String(error?.code ?? 'unknown'),
    String(error?.message ?? JSON.stringify(body)),
  );
}
