// A client of a cluster: one for a program, with as many actors as it likes.
import { type Actor, actorOf } from './actor.ts';
import { Leaders } from './leaders.ts';
import { type Answer, Nodes, type Request } from './nodes.ts';
import { type Exchange, Packer } from './packer.ts';
import { persist } from './persist.ts';
import type { TaskHandler, Worker, WorkerOptions } from './tasks.ts';
import type {
  Acknowledged,
  ActorEvent,
  ActorRow,
  ActorView,
  CallOptions,
  FollowOptions,
  JournalOptions,
  JournalRecord,
  Module,
  SpawnOptions,
  Untyped,
} from './types.ts';
import { fromWire, toWire, type Value } from './values.ts';

const TIMEOUT_MS_DEFAULT = 15_000;
const NODE_DEFAULT = 'http://127.0.0.1:7480';

export interface ConnectOptions {
  /** URLs of nodes of one cluster; any takes any message. Default: http://127.0.0.1:7480. */
  readonly nodes?: string | readonly string[];
  readonly token?: string;
  /** For how long a call is tried, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number;
  /** `bigint`: every Int that arrives is a bigint. Default: a number where that is exact. */
  readonly ints?: 'number' | 'bigint';
  /** Default: that of the platform. */
  readonly fetch?: typeof fetch;
}

/** Opens no connection yet. Throws TypeError for what is not the URL of a node. */
export function connect(options: ConnectOptions = {}): Client {
  return new Client(options);
}

export class Client implements AsyncDisposable {
  readonly #nodes: Nodes;
  readonly #packer: Packer;
  readonly #leaders: Leaders;
  readonly #timeoutMs: number;
  readonly #bigints: boolean;
  readonly #closed = new AbortController();

  constructor({ nodes = NODE_DEFAULT, token, timeoutMs, ints, fetch: given }: ConnectOptions) {
    const urls = (typeof nodes === 'string' ? [nodes] : nodes).flatMap((text) => text.split(','));
    // Called as a method, fetch of a browser refuses.
    this.#nodes = new Nodes(urls, token, given ?? ((...request) => fetch(...request)));
    this.#packer = new Packer(this.#nodes);
    this.#leaders = new Leaders(this.#nodes);
    this.#timeoutMs = timeoutMs ?? TIMEOUT_MS_DEFAULT;
    this.#bigints = ints === 'bigint';
  }

  /** `address`: the path of an actor, such as /user/accounts/alice, its registered name, or its UUID. */
  actor<P = Untyped>(address: string): Actor<P> {
    return actorOf<P>(this, address);
  }

  /** What `ask` and `tell` of an actor do. Resolves to the reply, or to the acknowledgement. */
  async exchange(
    op: Exchange['op'],
    path: string,
    message: unknown,
    { id = freshId(), timeoutMs = this.#timeoutMs, signal }: CallOptions = {},
  ): Promise<unknown> {
    const exchange = { path, op, message: messageToWire(message), id };
    const until = this.#until(signal);
    const preferred = () => this.#leaders.find(path);
    const answer = await persist(this.#nodes, { timeoutMs, signal: until, preferred }, (node, patienceMs) =>
      this.#packer.exchange(node, exchange, patienceMs, until),
    );
    this.#leaders.learn(path, answer);
    return op === 'send' ? answer : fromWire((answer as { response: unknown }).response, this.#bigints);
  }

  async spawn(path: string, { timeoutMs, signal, ...rest }: SpawnOptions): Promise<Acknowledged> {
    const body = { id: freshId(), ...rest };
    return (await this.#message('POST', addressOf(path), body, { timeoutMs, signal })) as Acknowledged;
  }

  /** An order to an actor that has no body but an id: stop, suspend, resume. */
  async order(
    method: 'POST' | 'DELETE',
    path: string,
    endpoint: string,
    { id = freshId(), ...rest }: CallOptions = {},
  ): Promise<Acknowledged> {
    return (await this.#message(method, addressOf(path) + endpoint, { id }, rest)) as Acknowledged;
  }

  async inspect(path: string, options: CallOptions = {}): Promise<ActorView> {
    const view = (await this.#read(addressOf(path), {}, options)) as ActorView;
    return { ...view, state: this.#value(view.state) };
  }

  async *journal(
    path: string,
    { from, order = 'asc', ...options }: JournalOptions = {},
  ): AsyncGenerator<JournalRecord, void> {
    for (let next: number | null | undefined = from; next !== null; ) {
      const query = { order, ...(next !== undefined && { from: String(next) }) };
      const page = (await this.#read(`${addressOf(path)}/journal`, query, options)) as {
        readonly records: readonly JournalRecord[];
        readonly next: number | null;
      };
      for (const record of page.records)
        yield {
          ...record,
          message: this.#value(record.message),
          events: record.events.map((event) => this.#value(event)),
          reply: this.#value(record.reply),
        };
      next = page.next;
    }
  }

  /** All actors whose path begins with `prefix`, page by page, in path order. */
  async *actors({
    prefix = '/',
    ...options
  }: CallOptions & { readonly prefix?: string } = {}): AsyncGenerator<ActorRow, void> {
    for (let after: string | null = ''; after !== null; ) {
      const page = (await this.#read('/v1/actors', { prefix, ...(after !== '' && { after }) }, options)) as {
        readonly actors: readonly ActorRow[];
        readonly next: string | null;
      };
      yield* page.actors;
      after = page.next;
    }
  }

  /**
   * What happens to actors: their journal records, for each actor in order, then those that are committed.
   * Goes on at another node when one is lost, without a gap or a repeat, until it is ended or aborted.
   */
  async *events({ signal, ...options }: FollowOptions = {}): AsyncGenerator<ActorEvent, void> {
    const { follow } = await import('./events.ts');
    const client = {
      nodes: this.#nodes,
      timeoutMs: this.#timeoutMs,
      value: <T extends Value | null>(json: T) => this.#value(json),
    };
    yield* follow(client, options, this.#until(signal));
  }

  /** Deploys a module: `files` are Seq sources by name, of which `entry` is the one to begin with. */
  async deploy(
    entry: string,
    files: Readonly<Record<string, string>>,
    options: CallOptions = {},
  ): Promise<Module> {
    // The hash of what is deployed is its id.
    const body = JSON.stringify({ entry, files });
    return (await this.request({ method: 'POST', address: '/v1/modules', body }, options)).body as Module;
  }

  async modules(options: CallOptions = {}): Promise<readonly Module[]> {
    return ((await this.#read('/v1/modules', {}, options)) as { modules: readonly Module[] }).modules;
  }

  /**
   * Does the tasks that actors send to `/queue/` and this name, until it is stopped. A task is tried again
   * when the handler throws or the worker is gone; what it does outside should be keyed by `id`.
   */
  worker<Message = Value>(queue: string, handler: TaskHandler<Message>, options: WorkerOptions = {}): Worker {
    const client = {
      queue: (name: string, order: string, body: object, waitMs = 0) =>
        this.#queue(name, order, body, waitMs),
      fromWire: (json: unknown) => fromWire(json, this.#bigints),
      toWire: (value: unknown) => toWire(value, 'the result'),
    };
    const started = import('./worker.ts').then(
      ({ QueueWorker }) => new QueueWorker(client, queue, handler, options),
    );
    started.catch((error) => options.onError?.(error, undefined));
    const stop = async () => (await started).stop();
    return { stop, [Symbol.asyncDispose]: stop };
  }

  async #queue(name: string, order: string, body: object, waitMs: number): Promise<unknown> {
    const address = `/v1/queues/${encodeURIComponent(name)}/${order}`;
    const request: Request = { method: 'POST', address, body: JSON.stringify(body) };
    return (await this.#tried(() => request, {}, waitMs)).body;
  }

  /** Any other request that is safe to repeat. Resolves to status and JSON; rejects as all calls do. */
  request(request: Request, options: CallOptions = {}): Promise<Answer> {
    return this.#tried(() => request, options);
  }

  /**
   * `requestOf` gets the time that the node is given, in milliseconds; `waitMs` is how much longer it may
   * hold the request.
   */
  #tried(
    requestOf: (patienceMs: number) => Request,
    { timeoutMs = this.#timeoutMs, signal }: Patient,
    waitMs = 0,
  ): Promise<Answer> {
    const until = this.#until(signal);
    return persist(this.#nodes, { timeoutMs: timeoutMs + waitMs, signal: until }, (node, patienceMs) =>
      this.#nodes.attempt(node, requestOf(patienceMs), patienceMs + waitMs, until),
    );
  }

  /** Calls that are under way reject with an AbortError, and so do all that follow. */
  close(): void {
    this.#closed.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #message(
    method: 'POST' | 'DELETE',
    address: string,
    body: object,
    options: Patient,
  ): Promise<unknown> {
    const requestOf = (timeoutMs: number) => ({
      method,
      address,
      body: JSON.stringify({ ...body, timeoutMs }),
    });
    return (await this.#tried(requestOf, options)).body;
  }

  async #read(address: string, query: Readonly<Record<string, string>>, options: Patient): Promise<unknown> {
    const search = new URLSearchParams(query);
    const request: Request = { method: 'GET', address: search.size === 0 ? address : `${address}?${search}` };
    return (await this.#tried(() => request, options)).body;
  }

  /** Aborted by the caller, or by `close`. */
  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  #value<T extends Value | null>(json: T): T {
    return (json === null ? null : fromWire(json, this.#bigints)) as T;
  }
}

type Patient = { readonly timeoutMs?: number | undefined; readonly signal?: AbortSignal | undefined };

/** Also where crypto.randomUUID is not: on a page that was not sent over TLS. */
function freshId(): string {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
}

/** On the wire a string is message notation, in which a text stands in quotes. */
function messageToWire(message: unknown): unknown {
  const wire = toWire(message);
  return typeof wire === 'string' ? JSON.stringify(wire) : wire;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The last segment might be the name of an endpoint: with a letter of it encoded it is that of an actor. */
function addressOf(actor: string): string {
  if (!actor.startsWith('/'))
    return `/v1/${UUID.test(actor) ? 'uuids' : 'names'}/${encodeURIComponent(actor)}`;
  const segments = actor.slice(1).split('/').map(encodeURIComponent);
  const last = segments.pop()!;
  const marked = /^[a-z]/.test(last) ? `%${last.charCodeAt(0).toString(16)}${last.slice(1)}` : last;
  return `/v1/actors/${[...segments, marked].join('/')}`;
}
