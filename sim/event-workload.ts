// Clients that follow the events of actors below a prefix: they read slowly or fast, go on at another node by
// the cursor of the last event when a stream fails or when they feel like it, and begin anew at times.
//
// E1 for each actor every record comes once, in order; after its purge it begins anew. Of one that was purged
//    some may be missing: a node that knows of the purge leaves them out, and another that does not know yet
//    goes on behind them. Then the purge comes.
// E2 what comes is what the journals hold, and in the end all of it.
// E3 when a stream says that it has caught up, everything came that was acknowledged before it began.
// E4 a healed cluster lets every stream catch up.

import type { ActorPath } from '../node/base/ids.ts';
import { parsePath } from '../node/base/path.ts';
import { equals, Variant } from '../node/base/value.ts';
import { readCursor } from '../node/core/requests/cursor.ts';
import { type Followed, Follower } from '../node/core/requests/follower.ts';
import type { Taken } from '../node/core/requests/results.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import { decodeRecord, type JournalRecord } from '../node/journal/journal-record.ts';
import { ACCOUNT_WORD } from './accounts-program.ts';
import { between, exponential, happens, pick } from './chance.ts';
import { CLUSTER_ID, SHARDS } from './core-factory.ts';
import { isRetryable } from './history.ts';
import type { ActorJournal } from './history-checker.ts';
import { PacedWorkload } from './paced-workload.ts';
import { demand, Violation } from './violation.ts';

const ACTORS = [1, 2, 3, 4].map((number) => parsePath(`/events/actor-${number}`));
/** Where actors are purged. */
const PURGED = '/life/';
const PREFIXES = ['/', '/events/', '/life/'];
const CLUSTER = { id: CLUSTER_ID, shards: SHARDS };
/** Mean virtual microseconds between two deposits of the calm times. */
const THINK = 400_000;
/** How many come at once when a stream is about to catch up. */
const BURST = 12;
const CATCH_UP_SECONDS = 60;

interface Subscriber {
  readonly prefix: string;
  readonly slow: boolean;
  follower: Follower | undefined;
  /** Grows with every stream. */
  stream: number;
  cursor: string | undefined;
  /** Records of each actor's present life, oldest first. */
  seen: Map<string, JournalRecord[]>;
  /** Actors of whose records some were missing: they were purged, which is still to come. */
  torn: Set<string>;
  /** What was acknowledged before the stream began. */
  owed: ReadonlyMap<ActorPath, number>;
  caughtUp: boolean;
}

export class EventWorkload extends PacedWorkload {
  protected readonly pause = THINK;
  readonly unsettled = 'deposits that are followed are open';
  readonly #acknowledged = new Map<ActorPath, number>();
  readonly #subscribers: readonly Subscriber[] = PREFIXES.map((prefix, at) => ({
    prefix,
    slow: at === 0,
    follower: undefined,
    stream: 0,
    cursor: undefined,
    seen: new Map(),
    torn: new Set(),
    owed: new Map(),
    caughtUp: false,
  }));
  #nextId = 1;

  prepare(): void {
    const code = { module: this.module, target: { word: ACCOUNT_WORD }, captured: [] };
    const spawn = { op: 'spawn', code, mode: 'durable', newLife: false } as const;
    this.create(
      ACTORS.values().map((path) => ({ ...spawn, path, id: this.#id() })),
      'are followed',
    );
  }

  override begin(): void {
    for (const subscriber of this.#subscribers) this.#open(subscriber);
    super.begin();
  }

  protected act(done: () => void): void {
    this.#deposit();
    done();
  }

  #deposit(): void {
    const path = pick(this.random, ACTORS);
    const message = new Variant('Deposit', [1]);
    this.client.ask({ op: 'tell', path, message, id: this.#id() }, (result) => {
      demand(result.ok, 'events', () => `a deposit: ${JSON.stringify(result)}`);
      const { sequence } = (result as { value: unknown }).value as Taken;
      this.#acknowledged.set(path, Math.max(sequence, this.#acknowledged.get(path) ?? 0));
    });
  }

  // ── Streams ──

  #open(subscriber: Subscriber): void {
    const node = pick(this.random, this.cluster.members);
    const stream = ++subscriber.stream;
    if (happens(this.random, 0.1)) {
      subscriber.cursor = undefined;
      subscriber.seen = new Map();
      subscriber.torn = new Set();
    }
    const { prefix, cursor } = subscriber;
    subscriber.owed = new Map(this.#acknowledged);
    subscriber.caughtUp = false;
    const submit = (request: ClientRequest, done: (result: ClientResult) => void) =>
      this.cluster.call(node, request, (outcome) => {
        const lost = { ok: false, code: 'unreachable', message: 'the node is gone', details: {} } as const;
        done(outcome === 'lost' ? lost : outcome);
      });
    const from = cursor === undefined ? 'beginning' : readCursor(CLUSTER, cursor);
    subscriber.follower?.close();
    subscriber.follower = new Follower({
      cluster: CLUSTER,
      prefix,
      exact: false,
      from,
      submit,
    });
    // What comes while a stream catches up is where others lost events.
    if (this.active && happens(this.random, 0.3)) for (let at = 0; at < BURST; at++) this.#deposit();
    this.#next(subscriber, stream);
  }

  #next(subscriber: Subscriber, stream: number): void {
    subscriber.follower?.next((followed) => {
      if (subscriber.stream !== stream) return;
      if (followed.kind === 'failed') return this.#failed(subscriber, followed);
      this.#take(subscriber, followed);
      if (this.active && happens(this.random, 0.01)) return this.#reopen(subscriber);
      const pause = subscriber.slow && this.active ? exponential(this.random, 30_000) : 1;
      this.cluster.scheduler.after(pause, () => {
        if (subscriber.stream === stream) this.#next(subscriber, stream);
      });
    });
  }

  #failed(subscriber: Subscriber, { code, message }: Extract<Followed, { kind: 'failed' }>): void {
    if (!isRetryable(code)) throw new Violation('events', `a stream failed: ${code}: ${message}`);
    this.#reopen(subscriber);
  }

  #reopen(subscriber: Subscriber): void {
    subscriber.stream++;
    subscriber.follower?.close();
    const { stream } = subscriber;
    this.cluster.scheduler.after(between(this.random, 1_000, 500_000), () => {
      if (subscriber.stream === stream) this.#open(subscriber);
    });
  }

  // ── What came ──

  #take(subscriber: Subscriber, followed: Exclude<Followed, { kind: 'failed' }>): void {
    subscriber.cursor = subscriber.follower?.cursor();
    if (followed.kind === 'caught-up') {
      subscriber.caughtUp = true;
      return this.#checkOwed(subscriber);
    }
    const { path, sequence, record } = followed;
    demand(path.startsWith(subscriber.prefix), 'events', () => `${path} is not below ${subscriber.prefix}`);
    if (sequence === 0) {
      subscriber.torn.delete(path);
      return void subscriber.seen.set(path, []);
    }
    const seen = subscriber.seen.get(path) ?? [];
    subscriber.seen.set(path, seen);
    if (path.startsWith(PURGED) && sequence > seen.length + 1) subscriber.torn.add(path);
    if (subscriber.torn.has(path)) return;
    demand(sequence === seen.length + 1, 'events', () => {
      return `record ${sequence} of ${path} comes behind record ${seen.length}`;
    });
    demand(record !== null, 'events', () => `record ${sequence} of ${path} cannot be read`);
    seen.push(decodeRecord(record as Uint8Array));
  }

  /** E3 */
  #checkOwed({ owed, seen, prefix }: Subscriber): void {
    for (const [path, sequence] of owed) {
      if (!path.startsWith(prefix)) continue;
      const came = seen.get(path)?.length ?? 0;
      demand(came >= sequence, 'events', () => {
        return `caught up with ${came} records of ${path}, of which ${sequence} were acknowledged before`;
      });
    }
  }

  /** E2 and E4, of the journals that all replicas agree on; to be called once nothing is written any more. */
  check(journals: ReadonlyMap<ActorPath, ActorJournal>): void {
    for (const subscriber of this.#subscribers) this.#open(subscriber);
    const isDone = () => this.#subscribers.every(({ caughtUp }) => caughtUp);
    this.cluster.runFor(CATCH_UP_SECONDS * 1_000_000, isDone);
    demand(isDone(), 'progress', () => `a stream does not catch up in ${CATCH_UP_SECONDS} s`);
    for (const { torn } of this.#subscribers)
      demand(torn.size === 0, 'events', () => `records of ${[...torn]} are missing, and no purge came`);
    for (const { prefix, seen } of this.#subscribers)
      for (const { path, records } of journals.values()) {
        if (!path.startsWith(prefix)) continue;
        const came = seen.get(path) ?? [];
        const isSame =
          came.length >= records.length && records.every((record, at) => isOne(record, came[at]!));
        demand(
          isSame,
          'events',
          () => `of ${path}, ${came.length} of ${records.length} records came, or others`,
        );
      }
  }

  #id(): string {
    return `events-${this.#nextId++}`;
  }
}

const isOne = (one: JournalRecord, other: JournalRecord): boolean =>
  one.sequence === other.sequence &&
  one.kind === other.kind &&
  one.term === other.term &&
  one.atMillis === other.atMillis &&
  one.origin?.source === other.origin?.source &&
  one.origin?.number === other.origin?.number &&
  (one.message === other.message ||
    (one.message !== null && other.message !== null && equals(one.message, other.message)));
