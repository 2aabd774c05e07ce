// The subscriptions of the actors of one shard, on the node that leads it: each is fed from its place on, as
// far as its actor keeps up. See ../subscriptions.ts.
//
// Invariants
//  X1  Between its place and the events under way, nothing is left out: once one is put off, so are those
//      behind it, and the feeding begins anew from the place that is stored.
//  X2  At most so many events are under way, and of each shard one page is held: an actor that is behind, or
//      does not run, stops the reading.
import { messageLimit } from '../../base/data-limits.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath, Millis } from '../../base/ids.ts';
import { encodedBytes } from '../../base/value.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { readRange } from '../../journal/scanning.ts';
import { allSubscriptions, parseSubscriptionKey, subscriptionKey } from '../../journal/timer-keys.ts';
import { type ActorHead, decodeHead } from '../actor/head-row.ts';
import type { Ending, Waiter } from '../actor/item.ts';
import { decodeSubscription, type SubscriptionRow } from '../actor/subscription-row.ts';
import type { RuntimeContext } from '../context.ts';
import type { Envelope, EventRun, Lot } from '../envelope.ts';
import { eventMessage, type SubscribedEvent, type Subscriptions } from '../subscriptions.ts';

export type Fed =
  | (SubscribedEvent & { readonly kind: 'event' })
  | { readonly kind: 'caught-up' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** The records below a prefix: see core/requests/follower.ts. */
export interface Feed {
  next(done: (fed: Fed) => void): void;
  cursor(): string;
  close(): void;
}

/** Throws `bad-cursor`. */
export type Follow = (prefix: string, cursor: string | null) => Feed;

export interface SubscriptionsOwner {
  readonly follow: Follow;
  deliver(envelope: Envelope, waiter: Waiter): void;
}

/** How a subscription is, for people. */
export interface SubscriptionView {
  readonly prefix: string;
  /** `behind`: there is more than the actor has taken. `waits`: nothing is read at the moment. */
  readonly status: 'behind' | 'caught-up' | 'waits';
  /** The code of what keeps it waiting. */
  readonly problem: string | null;
  /** Events that it was told of under this leader. */
  readonly taken: number;
}

/** Events of one subscription that its actor has not taken, and their bytes beyond the first. */
const UNDER_WAY_MAX = 64;
const BYTES_MAX = 1024 * 1024;
/** For how long nothing is tried, at first and at most. */
const PAUSE_MS: Millis = 100;
const PAUSE_MS_MAX: Millis = 2000;

export class ShardSubscriptions {
  readonly #context: RuntimeContext;
  readonly #keys: GroupKeys;
  readonly #owner: SubscriptionsOwner;
  readonly #feeders = new Map<ActorPath, Map<string, Feeder>>();
  #closed = false;

  constructor(context: RuntimeContext, keys: GroupKeys, owner: SubscriptionsOwner) {
    this.#context = context;
    this.#keys = keys;
    this.#owner = owner;
  }

  /** Finds those of the leader before. */
  load(): void {
    readRange(this.#context, allSubscriptions(this.#keys), {
      page: (rows) => {
        if (this.#closed) return false;
        for (const [key] of rows) this.#begin(...parseSubscriptionKey(key));
        return true;
      },
      end: () => {},
    });
  }

  /** What an actor is subscribed to is committed. */
  changed(path: ActorPath, subscriptions: Subscriptions): void {
    const wanted = new Set(subscriptions.values());
    for (const [reference, feeder] of this.#feeders.get(path) ?? [])
      if (!wanted.has(reference)) feeder.close();
    for (const reference of wanted) this.#begin(path, reference);
  }

  #begin(path: ActorPath, reference: string): void {
    if (this.#closed) return;
    const own = this.#feeders.get(path) ?? new Map<string, Feeder>();
    if (own.has(reference)) return;
    this.#feeders.set(path, own);
    const feeder = new Feeder(this.#context, this.#keys, this.#owner, path, reference, () => {
      own.delete(reference);
      if (own.size === 0 && this.#feeders.get(path) === own) this.#feeders.delete(path);
    });
    own.set(reference, feeder);
    feeder.begin();
  }

  viewOf(path: ActorPath): readonly SubscriptionView[] {
    return [...(this.#feeders.get(path)?.values() ?? [])].map((feeder) => feeder.view);
  }

  tick(now: Millis): void {
    for (const own of this.#feeders.values()) for (const feeder of own.values()) feeder.tick(now);
  }

  close(): void {
    this.#closed = true;
    for (const own of [...this.#feeders.values()]) for (const feeder of [...own.values()]) feeder.close();
  }
}

type State =
  /** Its place is being read. */
  | { readonly kind: 'reading' }
  | { readonly kind: 'feeding'; readonly feed: Feed; readonly lot: Lot; readonly run: EventRun }
  /** Nothing is fed any more; what is under way comes to its end. */
  | { readonly kind: 'draining' }
  | { readonly kind: 'waiting'; readonly until: Millis }
  | { readonly kind: 'closed' };

class Feeder {
  readonly #context: RuntimeContext;
  readonly #keys: GroupKeys;
  readonly #owner: SubscriptionsOwner;
  readonly #path: ActorPath;
  readonly #reference: string;
  readonly #ended: () => void;
  #state: State = { kind: 'reading' };
  #prefix = '';
  #underWay = 0;
  #bytes = 0;
  /** The feed was asked, and has nothing yet. */
  #asked = false;
  #pumping = false;
  #caughtUp = false;
  #problem: string | null = null;
  #pauseMs = PAUSE_MS;
  #taken = 0;

  /** `ended` is called once, when there is no such subscription any more. */
  constructor(
    context: RuntimeContext,
    keys: GroupKeys,
    owner: SubscriptionsOwner,
    path: ActorPath,
    reference: string,
    ended: () => void,
  ) {
    this.#context = context;
    this.#keys = keys;
    this.#owner = owner;
    this.#path = path;
    this.#reference = reference;
    this.#ended = ended;
  }

  get view(): SubscriptionView {
    const waits = this.#state.kind !== 'feeding';
    const status = waits ? 'waits' : this.#caughtUp && this.#underWay === 0 ? 'caught-up' : 'behind';
    return { prefix: this.#prefix, status, problem: this.#problem, taken: this.#taken };
  }

  /** From the place that is stored. */
  begin(): void {
    this.#state = { kind: 'reading' };
    const keys = [subscriptionKey(this.#keys, this.#path, this.#reference), this.#keys.head(this.#path)];
    this.#context.get(keys, ([row, head]) => {
      if (this.#state.kind !== 'reading') return;
      if (row === undefined) return this.close();
      try {
        this.#open(decodeSubscription(row), head === undefined ? undefined : decodeHead(head));
      } catch (error) {
        if (!(error instanceof SeqNodeError)) throw error;
        this.#wait(error.code, error.message);
      }
    });
  }

  #open({ prefix, cursor }: SubscriptionRow, head: ActorHead | undefined): void {
    this.#prefix = prefix;
    if (head?.lifecycle !== 'running') return this.#wait(`actor-${head?.lifecycle ?? 'purged'}`);
    // A seeded mistake: a new leader goes on from the beginning.
    const from = this.#context.faults.has('subscription-begins-anew') ? null : cursor;
    const feed = this.#owner.follow(prefix, from);
    this.#state = { kind: 'feeding', feed, lot: { putOff: undefined }, run: { over: false } };
    this.#asked = false;
    this.#caughtUp = false;
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#state.kind === 'feeding' && !this.#asked && this.#hasRoom) {
      const { feed } = this.#state;
      this.#asked = true;
      feed.next((fed) => {
        if (this.#state.kind !== 'feeding' || this.#state.feed !== feed) return;
        this.#asked = false;
        this.#take(fed, this.#state);
        this.#pump();
      });
    }
    this.#pumping = false;
  }

  get #hasRoom(): boolean {
    return this.#underWay === 0 || (this.#underWay < UNDER_WAY_MAX && this.#bytes < BYTES_MAX);
  }

  #take(fed: Fed, { feed, lot, run }: State & { readonly kind: 'feeding' }): void {
    if (fed.kind === 'failed') return this.#stop(fed.code, fed.message);
    if (fed.kind === 'caught-up') {
      this.#caughtUp = true;
      return;
    }
    const message = eventMessage(this.#path, fed, messageLimit(this.#context.limits.messageBytes));
    if (message === undefined) return;
    const bytes = encodedBytes(message);
    const payload = {
      kind: 'event',
      reference: this.#reference,
      cursor: feed.cursor(),
      message,
      run,
    } as const;
    this.#underWay++;
    this.#bytes += bytes;
    const sender = fed.path as ActorPath;
    this.#owner.deliver({ to: this.#path, sender, origin: null, payload, lot, bytes }, (ending) => {
      this.#underWay--;
      this.#bytes -= bytes;
      this.#settled(ending, lot);
    });
  }

  #settled(ending: Ending, lot: Lot): void {
    if (typeof ending !== 'string' && ending.ok) {
      this.#taken++;
      this.#pauseMs = PAUSE_MS;
      this.#problem = null;
      this.#context.count('events-taken');
    } else {
      // A seeded mistake: what was put off is taken for taken.
      if (this.#context.faults.has('put-off-event-is-lost')) return this.#pump();
      const refused = typeof ending === 'string' ? undefined : ending;
      lot.putOff ??= refused?.ok === false ? refused : UNKNOWN;
      this.#stop(lot.putOff.code);
    }
    if (this.#state.kind === 'draining' && this.#underWay === 0) this.#wait(this.#problem ?? 'draining');
    else this.#pump();
  }

  #stop(problem: string, message?: string): void {
    if (this.#state.kind !== 'feeding') return;
    this.#state.feed.close();
    if (this.#underWay === 0) return this.#wait(problem, message);
    this.#problem = problem;
    this.#state = { kind: 'draining' };
  }

  #wait(problem: string, message?: string): void {
    if (this.#state.kind === 'closed') return;
    if (message !== undefined && problem !== this.#problem)
      this.#context.log('warn', 'subscription-waits', {
        path: this.#path,
        prefix: this.#prefix,
        code: problem,
        problem: message,
      });
    this.#problem = problem;
    this.#state = { kind: 'waiting', until: this.#context.time.now + this.#pauseMs };
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
  }

  tick(now: Millis): void {
    if (this.#state.kind === 'waiting' && now >= this.#state.until) this.begin();
  }

  close(): void {
    if (this.#state.kind === 'closed') return;
    if (this.#state.kind === 'feeding') {
      this.#state.feed.close();
      this.#state.lot.putOff ??= UNKNOWN;
    }
    this.#state = { kind: 'closed' };
    this.#ended();
  }
}

const UNKNOWN = { ok: false, code: 'outcome-unknown', message: 'The subscription has ended.' } as const;
