// The actors of a shard that are in memory. They are read from the store when first needed, and evicted when
// idle for long.

import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath, Millis } from '../../base/ids.ts';
import type { GroupKeys } from '../../journal/keys.ts';
import { Actor, type Held } from '../actor/actor.ts';
import { settle } from '../actor/item.ts';
import { loadActor } from '../actor/load.ts';
import { restash } from '../actor/stash-change.ts';
import type { RuntimeContext } from '../context.ts';
import { Casts } from '../envelope.ts';
import { isSupervisor } from '../lifecycle/supervisor-behaviour.ts';
import { withoutRestarts } from '../lifecycle/supervisor-state.ts';

const IDLE_MS = 1000;
/** So much of the limit is left in use, so that not each tick evicts. */
const SOME_ROOM = 0.9;

/**
 * How much of what is in memory now may stay there while it is idle, of the number of actors and of their
 * bytes: 1 is all.
 */
export interface Shares {
  readonly actors: number;
  readonly bytes: number;
}

export class ActorCache {
  readonly #context: RuntimeContext;
  readonly #keys: GroupKeys;
  readonly #actors = new Map<ActorPath, Actor>();
  readonly #held: Held = { bytes: 0 };
  readonly #loaded: (actor: Actor) => void;
  #evictsAt: Millis = Number.NEGATIVE_INFINITY;
  #closed = false;
  #last: Actor | undefined;

  /** `loaded` is called when an actor came from the store, or is held because it could not be read. */
  constructor(context: RuntimeContext, keys: GroupKeys, loaded: (actor: Actor) => void) {
    this.#context = context;
    this.#keys = keys;
    this.#loaded = loaded;
  }

  get size(): number {
    return this.#actors.size;
  }

  /** Of their states and stashes: see Held. */
  get bytes(): number {
    return this.#held.bytes;
  }

  find(path: ActorPath): Actor | undefined {
    return this.#actors.get(path);
  }

  /** The actor at `path`, which may still be loading. */
  require(path: ActorPath): Actor {
    // Messages come in bursts to one actor.
    if (this.#last?.path === path && this.#last.phase === 'ready') return this.#last;
    const actor = this.#actors.get(path) ?? this.#load(path);
    actor.lastUsed = this.#context.time.now;
    this.#last = actor;
    return actor;
  }

  #load(path: ActorPath): Actor {
    const actor = new Actor(path, this.#held);
    this.#actors.set(path, actor);
    loadActor(this.#context, this.#keys, path, (loaded) => {
      if (this.#closed) return;
      if (loaded instanceof SeqNodeError) {
        actor.phase = 'quarantined';
        this.#context.log('error', 'actor-quarantined', { path, problem: loaded.message });
      } else {
        actor.phase = 'ready';
        const { watches, stashed, ...rest } = loaded;
        Object.assign(actor, rest);
        // A seeded mistake: a new leader begins to count anew.
        if (this.#context.faults.has('restart-counter-not-journaled')) forgetRestarts(actor);
        for (const [reference, row] of watches) actor.watches.set(reference, row);
        // A seeded mistake: a new leader does not know what was put aside.
        if (!this.#context.faults.has('stash-forgotten-at-failover'))
          for (const { number, bytes, row } of stashed) restash(actor, number, bytes, row);
      }
      this.#loaded(actor);
    });
    return actor;
  }

  /** Lets idle actors go, the longest known first, until no more than the shares are left. */
  evict(now: Millis, { actors, bytes }: Shares): void {
    if ((actors >= 1 && bytes >= 1) || now < this.#evictsAt) return;
    // Those that stay are not looked at in every tick: there may be very many.
    this.#evictsAt = now + IDLE_MS;
    this.#last = undefined;
    const fewest = actors < 1 ? this.size * actors * SOME_ROOM : this.size;
    const least = bytes < 1 ? this.bytes * bytes * SOME_ROOM : this.bytes;
    for (const actor of this.#actors.values()) {
      if (this.size <= fewest && this.bytes <= least) return;
      if (!actor.isIdle || now - actor.lastUsed <= IDLE_MS) continue;
      // One that holds nothing makes no room by its bytes.
      if (this.size <= fewest && actor.heldBytes === 0) continue;
      this.#actors.delete(actor.path);
      actor.heldBytes = 0;
    }
  }

  /** The leadership is lost. Pending updates may take effect or not: waiters must ask elsewhere. */
  close(): void {
    this.#closed = true;
    this.#last = undefined;
    for (const actor of this.#actors.values()) {
      for (const { item } of actor.inFlight.values()) settle(item, 'elsewhere');
      if (actor.running !== undefined) settle(actor.running.item, 'elsewhere');
      for (const item of [
        ...actor.arrivals,
        ...actor.queue.drain(),
        ...actor.answers.drain(),
        ...actor.orders.drain(),
      ])
        if (!(item instanceof Casts)) settle(item, 'elsewhere');
    }
    this.#actors.clear();
    this.#held.bytes = 0;
  }
}

function forgetRestarts(actor: Actor): void {
  if (actor.head !== undefined && isSupervisor(actor.head.code)) actor.state = withoutRestarts(actor.state);
}
