// Clients of volatile actors. Little is promised of these, and exactly that is checked:
//
// V1 every acknowledgement, and every actor, says that it is volatile.
// V2 a message takes effect at most once in the life of an actor, whoever sent it and however often.
// V3 what one actor sends to another arrives in order; a part may be missing.
// V4 an actor whose leader is lost goes on without its state: it is never refused as one that is not there.
// V5 the journal of a volatile actor holds its beginning and nothing else; a durable actor has taken each of
//    its messages once at most.
//
// The actors look for V2 and V3 themselves (notes-program.ts). Where frames come twice or out of order,
// messages that travel without a log do so too: with such a network, only V2 of what clients and durable
// actors say is left, and of V3 nothing.
import type { ActorPath, ModuleHash } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import type { Random } from '../node/base/random.ts';
import { type Data, type SeqMap, Variant } from '../node/base/value.ts';
import type { Answered, Inspected } from '../node/core/requests/results.ts';
import { between, exponential, fork, pick } from './chance.ts';
import type { Cluster } from './cluster.ts';
import type { ActorJournal } from './history-checker.ts';
import { InsistentClient, type Untimed } from './insistent-client.ts';
import { demand, Violation } from './violation.ts';

export interface VolatileOptions {
  readonly module: ModuleHash;
  readonly word: string;
  readonly actors: number;
  /** Durable actors that take `Credit`. */
  accounts(): readonly ActorPath[];
  /** Mean virtual microseconds between two operations. */
  readonly think: number;
  /** Whether frames arrive once and in order, as they do over a transport of ours. */
  readonly orderly: boolean;
}

const PREFIX = '/volatile/';

export const isVolatilePath = (path: string): boolean => path.startsWith(PREFIX);

export function volatilePaths(actors: number): ActorPath[] {
  return Array.from({ length: actors }, (_, at) => parsePath(`${PREFIX}note-${at + 1}`));
}

export class VolatileWorkload {
  readonly #cluster: Cluster;
  readonly #options: VolatileOptions;
  readonly #random: Random;
  readonly #paths: readonly ActorPath[];
  readonly #client: InsistentClient;
  #active = false;
  #nextId = 1;

  constructor(cluster: Cluster, options: VolatileOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#random = fork(cluster.random);
    this.#paths = volatilePaths(options.actors);
    this.#client = new InsistentClient(cluster, this.#random);
  }

  /** Creates the actors; to be called on a cluster that is whole and has the program. */
  prepare(): void {
    const { module, word } = this.#options;
    const code = { module, target: { word }, captured: [] };
    for (const path of this.#paths)
      this.#insist({ op: 'spawn', path, code, mode: 'volatile', newLife: false, id: this.#id() }, () => {});
    this.#cluster.runFor(30_000_000, () => this.#client.open === 0);
    demand(this.#client.open === 0, 'progress', () => 'the volatile actors were not created');
  }

  begin(): void {
    this.#active = true;
    this.#think();
  }

  /** Nothing new; but each actor is asked once more what it has seen. */
  stop(): void {
    this.#active = false;
    for (const path of this.#paths) this.#ask(path, new Variant('Recall', []));
  }

  get isDone(): boolean {
    return !this.#active && this.#client.open === 0;
  }

  /** V5, of the journals that all replicas agree on. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    for (const path of this.#paths) {
      const kinds = journals.get(path)?.records.map(({ kind }) => kind) ?? [];
      demand(kinds.join() === 'spawned', 'volatile', () => `the journal of ${path} holds: ${kinds.join()}`);
    }
    if (!this.#options.orderly) return;
    for (const { path, records } of journals.values()) {
      const gifts = records
        .filter(
          ({ message, origin }) => message instanceof Variant && message.tag === 'Credit' && origin === null,
        )
        .map(({ message }) => Number((message as Variant).fields[1]));
      demand(
        new Set(gifts).size === gifts.length,
        'volatile',
        () => `${path} took a gift twice: ${gifts.join()}`,
      );
    }
  }

  #think() {
    this.#cluster.scheduler.after(exponential(this.#random, this.#options.think), () => {
      if (!this.#active) return;
      this.#act();
      this.#think();
    });
  }

  #act() {
    const random = this.#random;
    const path = pick(random, this.#paths);
    const other = pick(random, this.#paths);
    const dice = random.fraction();
    const number = this.#nextId;
    if (dice < 0.25) this.#tell(path, new Variant('Hear', [number]));
    else if (dice < 0.5) this.#ask(path, new Variant('Recall', []));
    else if (dice < 0.6) this.#inspect(path);
    else if (dice < 0.8) this.#tell(path, new Variant('Relay', [other, between(random, 1, 5)]));
    else this.#tell(path, new Variant('Gift', [pick(random, this.#options.accounts())]));
  }

  #tell(path: ActorPath, message: Data) {
    this.#insist({ op: 'tell', path, message, id: this.#id() }, (value) => this.#checkMode(path, value));
  }

  #ask(path: ActorPath, message: Data) {
    this.#insist({ op: 'ask', path, message, id: this.#id() }, (value) => {
      this.#checkMode(path, value);
      const seen = (value as Answered).reply as SeqMap;
      const wrong = seen.get('wrong') ?? (this.#options.orderly ? seen.get('late') : undefined);
      demand(wrong === undefined, 'volatile', () => `${path} saw twice, or late: ${String(wrong)}`);
    });
  }

  #inspect(path: ActorPath) {
    this.#insist({ op: 'inspect', path }, (value) => {
      this.#checkMode(path, value);
      const { sequence } = value as Inspected;
      demand(sequence === 1, 'volatile', () => `${path} stands at ${sequence}`);
    });
  }

  #checkMode(path: ActorPath, value: unknown) {
    const { mode } = value as Answered;
    demand(mode === 'volatile', 'volatile', () => `${path} acknowledges as ${mode}`);
  }

  #id(): string {
    return `volatile-${this.#nextId++}`;
  }

  #insist(request: Untimed, done: (value: unknown) => void) {
    this.#client.ask(request, (result) => {
      if (!result.ok)
        throw new Violation(
          'volatile',
          `${request.op} of ${request.path} was refused: ${result.code}: ${result.message}`,
        );
      done(result.value);
    });
  }
}
