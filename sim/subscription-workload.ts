// Actors that are subscribed to others and to each other, and are stopped, suspended and resumed meanwhile.
//
// U1 a subscriber is told of every record of each actor below its prefix, once, in order, from the beginning
//    on whenever it subscribes; and what it is told is what the journal holds.
// U2 it is told nothing of itself, and of other subscribers not what they were only told.
// U3 a healed cluster lets every subscriber catch up.
import type { ActorPath } from '../node/base/ids.ts';
import { formatNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import { type Data, equals, type SeqMap, Variant } from '../node/base/value.ts';
import type { Taken } from '../node/core/requests/results.ts';
import type { ClientResult } from '../node/core/types.ts';
import type { JournalRecord } from '../node/journal/journal-record.ts';
import { ACCOUNT_WORD } from './accounts-program.ts';
import { happens, pick } from './chance.ts';
import type { ActorJournal } from './history-checker.ts';
import type { Untimed } from './insistent-client.ts';
import { PacedWorkload } from './paced-workload.ts';
import { SUBSCRIPTION_WORD } from './subscription-program.ts';
import { demand } from './violation.ts';

const ACTORS = [1, 2, 3].map((number) => parsePath(`/followed/actor-${number}`));
const SUBSCRIBERS = ['/subscriber/a', '/subscriber/b'].map(parsePath);
const FOLLOWED = '/followed/';
const EACH_OTHER = '/subscriber/';
/** Mean virtual microseconds between two operations of the calm times. */
const THINK = 300_000;
/** Deposits that come at once when a subscriber goes on. */
const BURST = 12;
/** Virtual microseconds between two looks at how far a subscriber has come. */
const LOOK = 500_000;

export class SubscriptionWorkload extends PacedWorkload {
  protected readonly pause = THINK;
  /** Those that do not run, and those that follow the actors, as far as is known. */
  readonly #away = new Set<ActorPath>();
  readonly #acknowledged = new Map<ActorPath, number>();
  #open = 0;
  #behind = 0;
  #nextId = 1;

  get unsettled(): string {
    return `subscribers are behind by ${this.#behind} actors`;
  }

  prepare(): void {
    const spawn = (path: ActorPath, word: string): Untimed => {
      const code = { module: this.module, target: { word }, captured: [] };
      return { op: 'spawn', path, code, mode: 'durable', newLife: false, id: this.#id() };
    };
    const all = [
      ...ACTORS.map((path) => spawn(path, ACCOUNT_WORD)),
      ...SUBSCRIBERS.map((path) => spawn(path, SUBSCRIPTION_WORD)),
    ];
    this.create(all, 'are subscribed');
    const hear = SUBSCRIBERS.flatMap((path) =>
      [FOLLOWED, EACH_OTHER].map((prefix) => said(path, 'Follow', prefix)),
    );
    this.create(
      hear.map((request) => ({ ...request, id: this.#id() }) as Untimed),
      'subscribe',
    );
    for (const path of ACTORS) this.#acknowledged.set(path, 1);
  }

  protected act(done: () => void): void {
    if (!happens(this.random, 0.25)) {
      this.#deposit();
      return done();
    }
    const path = pick(this.random, SUBSCRIBERS);
    if (this.#away.delete(path)) {
      // What comes while a subscriber catches up is where others lose events.
      for (let at = 0; at < BURST; at++) this.#deposit();
      return this.#tell({ op: 'resume', path, id: this.#id() }, done);
    }
    if (happens(this.random, 0.3))
      return this.#tell({ ...said(path, 'Unfollow', FOLLOWED), id: this.#id() } as Untimed, () =>
        this.#tell({ ...said(path, 'Follow', FOLLOWED), id: this.#id() } as Untimed, done),
      );
    this.#away.add(path);
    this.#tell({ op: happens(this.random, 0.5) ? 'stop' : 'suspend', path, id: this.#id() }, done);
  }

  #deposit(): void {
    const path = pick(this.random, ACTORS);
    this.client.ask({ op: 'tell', path, message: new Variant('Deposit', [1]), id: this.#id() }, (result) => {
      demand(result.ok, 'subscriptions', () => `a deposit: ${JSON.stringify(result)}`);
      const { sequence } = (result as { value: unknown }).value as Taken;
      this.#acknowledged.set(path, Math.max(sequence, this.#acknowledged.get(path) ?? 0));
    });
  }

  #tell(request: Untimed, done: () => void): void {
    this.client.ask(request, (result, isFirst) => {
      demand(result.ok, 'subscriptions', () => `${request.op}: ${JSON.stringify(result)}`);
      if (isFirst) done();
    });
  }

  // ── The end: all run, and catch up ──

  override stop(): void {
    super.stop();
    this.#open++;
    this.cluster.scheduler.after(1, () => this.#settle());
  }

  #settle(): void {
    if (this.client.open > 0) return this.cluster.scheduler.after(LOOK, () => this.#settle());
    for (const path of this.#away) {
      this.#away.delete(path);
      this.#tell({ op: 'resume', path, id: this.#id() }, () => {});
    }
    if (this.client.open > 0) return this.cluster.scheduler.after(LOOK, () => this.#settle());
    this.#open--;
    for (const subscriber of SUBSCRIBERS) for (const path of ACTORS) this.#look(subscriber, path);
  }

  /** U3 */
  #look(subscriber: ActorPath, path: ActorPath): void {
    this.#behind++;
    this.client.ask({ ...said(subscriber, 'Newest', path), id: this.#id() } as Untimed, (result, isFirst) => {
      if (!isFirst) return;
      this.#behind--;
      if (newestOf(result) >= this.#acknowledged.get(path)!) return;
      this.#behind++;
      this.cluster.scheduler.after(LOOK, () => {
        this.#behind--;
        this.#look(subscriber, path);
      });
    });
  }

  override get isDone(): boolean {
    return super.isDone && this.#open === 0 && this.#behind === 0;
  }

  // ── What came ──

  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    for (const path of SUBSCRIBERS) checkSubscriber(path, journals);
  }

  #id(): string {
    return `subscribed-${this.#nextId++}`;
  }
}

const said = (path: ActorPath, tag: string, text: string) =>
  ({ op: 'ask', path, message: new Variant<Data>(tag, [text]) }) as const;

const newestOf = (result: ClientResult): number =>
  result.ok ? ((result.value as { readonly reply: Data }).reply as number) : 0;

/** U1 and U2, of the journals that all replicas agree on. */
function checkSubscriber(subscriber: ActorPath, journals: ReadonlyMap<ActorPath, ActorJournal>): void {
  const newest = new Map<string, Map<string, number>>();
  for (const { message } of journals.get(subscriber)?.records ?? []) {
    if (!(message instanceof Variant)) continue;
    const [text, sequence, record] = message.fields as [string, number, SeqMap];
    if (message.tag === 'Follow' && !newest.has(text)) newest.set(text, new Map());
    else if (message.tag === 'Unfollow') newest.delete(text);
    if (message.tag !== 'Recorded') continue;
    const what = () => `${subscriber} is told ${formatNotation(message).slice(0, 120)}`;
    const prefix = [...newest.keys()].find((each) => text.startsWith(each));
    demand(prefix !== undefined && text !== subscriber, 'subscriptions', what);
    const seen = newest.get(prefix!)!;
    const records = journals.get(text as ActorPath)?.records ?? [];
    const due = nextTold(records, seen.get(text) ?? 0);
    demand(sequence === due, 'subscriptions', () => `${what()} where record ${due} is due`);
    demand(isOf(record, records[sequence - 1]!), 'subscriptions', () => `${what()}, which is another`);
    seen.set(text, sequence);
  }
  for (const path of ACTORS) {
    const came = newest.get(FOLLOWED)?.get(path) ?? 0;
    const count = journals.get(path)?.records.length ?? 0;
    demand(came === count, 'subscriptions', () => `${subscriber} has ${came} of ${count} records of ${path}`);
  }
}

/** The sequence of the next record that others are told of. */
function nextTold(records: readonly JournalRecord[], after: number): number {
  let next = after + 1;
  while (records[next - 1] !== undefined && isToldOnly(records[next - 1]!)) next++;
  return next;
}

const isToldOnly = ({ message }: JournalRecord): boolean =>
  message instanceof Variant && message.tag === 'Recorded';

const isOf = (map: SeqMap, { atMillis, message }: JournalRecord): boolean =>
  map.get('at') === Math.floor(atMillis) && equals(map.get('message') ?? false, message ?? false);
