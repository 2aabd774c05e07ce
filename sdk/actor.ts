// One actor, by its path, name or UUID.
import type {
  Acknowledged,
  ActorView,
  Ask,
  CallOptions,
  JournalOptions,
  JournalRecord,
  SpawnOptions,
  Tell,
  Untyped,
} from './types.ts';

/** What an actor asks of its client. */
export interface ActorClient {
  exchange(op: 'ask' | 'send', path: string, message: unknown, options?: CallOptions): Promise<unknown>;
  spawn(path: string, options: SpawnOptions): Promise<Acknowledged>;
  inspect(path: string, options?: CallOptions): Promise<ActorView>;
  journal(path: string, options?: JournalOptions): AsyncGenerator<JournalRecord, void>;
  order(
    method: 'POST' | 'DELETE',
    path: string,
    endpoint: string,
    options?: CallOptions,
  ): Promise<Acknowledged>;
}

export interface Actor<P = Untyped> {
  readonly path: string;
  /** Resolves to the reply. Rejects with SeqNodeError, or TypeError for what is no value of Seq. */
  readonly ask: Ask<P>;
  /** Resolves once the message is safe, whatever its turn leaves. */
  readonly tell: Tell<P>;
  spawn(options: SpawnOptions): Promise<Acknowledged>;
  inspect(options?: CallOptions): Promise<ActorView>;
  /** The journal, page by page. */
  journal(options?: JournalOptions): AsyncGenerator<JournalRecord, void>;
  /** Its state and journal are kept. */
  stop(options?: CallOptions): Promise<Acknowledged>;
  suspend(options?: CallOptions): Promise<Acknowledged>;
  /** Goes on with the state that it has. */
  resume(options?: CallOptions): Promise<Acknowledged>;
}

/** `then` would make a promise of what is asked so. */
const NO_TAGS: ReadonlySet<string | symbol> = new Set(['then']);

export function actorOf<P>(client: ActorClient, path: string): Actor<P> {
  // Spelled like Seq's own tags: deposit is Deposit.
  const byTag = (op: 'ask' | 'send') =>
    new Proxy((message: unknown, options?: CallOptions) => client.exchange(op, path, message, options), {
      get(target, name, receiver) {
        if (typeof name === 'symbol' || NO_TAGS.has(name)) return Reflect.get(target, name, receiver);
        const tag = name.charAt(0).toUpperCase() + name.slice(1);
        return (fields: unknown = [], options?: CallOptions) =>
          client.exchange(op, path, { [tag]: withoutNone(fields) }, options);
      },
    });
  return {
    path,
    ask: byTag('ask') as Ask<P>,
    tell: byTag('send') as unknown as Tell<P>,
    spawn: (options) => client.spawn(path, options),
    inspect: (options) => client.inspect(path, options),
    journal: (options) => client.journal(path, options),
    stop: (options) => client.order('DELETE', path, '', options),
    suspend: (options) => client.order('POST', path, '/suspend', options),
    resume: (options) => client.order('POST', path, '/resume', options),
  };
}

/** A message without fields is an empty list of them, whatever the actor declares. */
function withoutNone(fields: unknown): unknown {
  return typeof fields === 'object' && fields !== null && Object.keys(fields).length === 0 ? [] : fields;
}
