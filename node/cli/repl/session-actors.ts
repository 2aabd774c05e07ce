// Actors for a session: those of the node that --node names, or of a node of its own that is gone with the
// session.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeqNodeError } from '../../base/errors.ts';
import { fromJson, toJson } from '../../base/json.ts';
import { type Data, type Key, List, SeqMap, sym, Variant } from '../../base/value.ts';
import type { SourceBundle, SpawnPlace } from '../../seq/index.ts';
import type { ActorClient } from '../../seq/session/actor-client.ts';
import type { Context, Input } from '../command.ts';
import type { LoneNode } from '../lone-node.ts';
import { actorAddress, NodeClient } from '../node-client.ts';
import { remark } from '../output.ts';

/** What leaves a try-ask without an answer, in a turn as well. */
const SILENT: ReadonlySet<string> = new Set([
  'outcome-unknown',
  'no-reply',
  'no-such-actor',
  'actor-stopped',
  'bad-path',
  'bad-message',
  'turn-failed',
  'ask-failed',
  'ask-cycle',
]);
const NOBODY: ReadonlySet<string> = new Set(['no-such-actor', 'bad-path']);
const READY_POLL_MS = 20;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class SessionActors implements ActorClient {
  readonly #context: Context;
  readonly #input: Input;
  readonly #bundle: () => SourceBundle;
  #local: Promise<LoneNode> | undefined;

  /** `bundle` gives what the session has defined so far. */
  constructor(context: Context, input: Input, bundle: () => SourceBundle) {
    this.#context = context;
    this.#input = input;
    this.#bundle = bundle;
  }

  async spawn(word: string, place: SpawnPlace): Promise<string> {
    const path = pathOf(place);
    await this.#post(actorAddress(path), { module: await this.#deployed(), word });
    return path;
  }

  async supervise(supervisor: Data, place: SpawnPlace): Promise<string> {
    const path = pathOf(place);
    const whole = inModule(supervisor, await this.#deployed());
    await this.#post(actorAddress(path), { supervisor: toJson(whole) });
    await this.#untilStarted(path);
    return path;
  }

  /** As in OTP: who starts a supervisor goes on once its children run. */
  async #untilStarted(path: string): Promise<void> {
    const client = await this.#client();
    for (;;) {
      const view = (await client.call({ method: 'GET', address: actorAddress(path) })) as {
        readonly state: unknown;
        readonly lifecycle: string;
      };
      const state = fromJson(view.state);
      const phase = state instanceof SeqMap ? state.get('phase') : undefined;
      const isStarting = phase === undefined || phase === sym('starting');
      if (!isStarting || view.lifecycle !== 'running') return;
      await sleep(READY_POLL_MS);
    }
  }

  /** The module of what the session has defined so far. */
  async #deployed(): Promise<string> {
    const client = await this.#client();
    const module = await client.call({ method: 'POST', address: '/v1/modules', body: this.#bundle() });
    return (module as { readonly hash: string }).hash;
  }

  send(to: string, message: Data): Promise<unknown> {
    return this.#post(actorAddress(addressed(to), 'messages'), { message: toJson(message) });
  }

  async ask(to: string, asked: Data, timeoutMs?: number): Promise<Data> {
    // A child that is added runs a word of the session.
    const adds = asked instanceof Variant && asked.tag === 'Add';
    const message = adds ? inModule(asked, await this.#deployed()) : asked;
    const answer = await this.#post(
      actorAddress(addressed(to), 'ask'),
      { message: toJson(message), positional: true },
      timeoutMs,
    );
    return fromJson((answer as { readonly response: unknown }).response);
  }

  async tryAsk(to: string, message: Data, timeoutMs: number): Promise<Data | undefined> {
    try {
      return await this.ask(to, message, Math.max(1, timeoutMs));
    } catch (error) {
      if (error instanceof SeqNodeError && SILENT.has(error.code)) return undefined;
      throw error;
    }
  }

  async whereis(address: string): Promise<string | undefined> {
    const client = await this.#client();
    try {
      const found = await client.call({ method: 'GET', address: actorAddress(addressed(address)) });
      const { path, lifecycle } = found as { readonly path: string; readonly lifecycle: string };
      return lifecycle === 'stopped' || lifecycle === 'failed' ? undefined : path;
    } catch (error) {
      if (error instanceof SeqNodeError && NOBODY.has(error.code)) return undefined;
      throw error;
    }
  }

  async stop(actor: string): Promise<unknown> {
    const client = await this.#client();
    const body = { id: randomUUID(), timeoutMs: client.messageTimeoutMs() };
    return client.call({ method: 'DELETE', address: actorAddress(addressed(actor)), body });
  }

  /** Stops the session's own node, if there is one. */
  async close(): Promise<void> {
    const local = await this.#local?.catch(() => undefined);
    await local?.stop();
  }

  async #post(address: string, body: object, timeoutMs?: number): Promise<unknown> {
    const client = await this.#client(timeoutMs);
    const limited = { ...body, id: randomUUID(), timeoutMs: client.messageTimeoutMs() };
    return client.call({ method: 'POST', address, body: limited });
  }

  /** One for each call, because its time runs from when it is made. */
  async #client(timeoutMs?: number): Promise<NodeClient> {
    const named = this.#input.texts('node').length > 0 || this.#context.env.SEQ_NODE_URL;
    if (!named) this.#local ??= startLocalNode(this.#context);
    const local = await this.#local;
    return new NodeClient(this.#context, {
      ...{ arguments: [], boolean: () => false, integer: () => undefined },
      text: (flag) => this.#input.text(flag),
      texts: (flag) => (local === undefined ? this.#input.texts(flag) : [local.url]),
      duration: () => timeoutMs ?? this.#input.duration('timeout'),
    });
  }
}

/** The same data, in which references to words of the session are to words of that module. */
function inModule(value: Data, module: string): Data {
  if (value instanceof List) return List.of(value.toArray().map((each) => inModule(each as Data, module)));
  if (value instanceof SeqMap)
    return SeqMap.from(
      value.sorted().map(([key, each]): [Key, Data] => [key as Key, inModule(each as Data, module)]),
    );
  if (!(value instanceof Variant)) return value;
  const [first, ...others] = value.fields as readonly Data[];
  if (value.tag === 'Code' && first === '') return new Variant<Data>('Code', [module, ...others]);
  return new Variant<Data>(
    value.tag,
    value.fields.map((each) => inModule(each as Data, module)),
  );
}

/** As a turn resolves it; but a session has no path that another could be below. */
function pathOf(place: SpawnPlace): string {
  switch (place.kind) {
    case 'fresh':
      return `/uuid/${randomUUID()}`;
    case 'name':
      return `/name/${place.name}`;
    case 'path':
      return place.path;
  }
}

function addressed(to: string): string {
  if (to.startsWith('/')) return to;
  return UUID.test(to) ? `/uuid/${to}` : `/name/${to}`;
}

/** A node alone, on loopback, whose data is removed when it stops. */
async function startLocalNode(context: Context): Promise<LoneNode> {
  const { startLoneNode } = await import('../lone-node.ts');
  const data = mkdtempSync(join(tmpdir(), 'seq-node-session-'));
  const removeData = () => rmSync(data, { recursive: true, force: true });
  try {
    const node = await startLoneNode('the session', data, { 'node.name': 'session' });
    remark(context, `seq-node: started a node for this session at ${node.url}; its actors end with it`);
    const stop = async () => {
      await node.stop();
      removeData();
    };
    return { url: node.url, stop };
  } catch (error) {
    removeData();
    throw error;
  }
}
