// Turns that changed nothing, and refusals without a mark, on the node that leads their shard. Nothing is
// written; only the answers have to wait: another node may lead by now, with newer state.
//
// Invariants
//  W1  A reply is sent once every turn whose state it saw is committed.
//  W2  And once a majority has confirmed, after the turn, that this node leads: so no other can have
//      committed a turn that it did not see.

import type { Data } from '../../base/value.ts';
import type { Actor } from '../actor/actor.ts';
import { type Ending, type Item, settle } from '../actor/item.ts';
import type { RuntimeContext } from '../context.ts';

/** `done` learns whether this node has led the shard from now on until then. */
export type Confirm = (done: (leads: boolean) => void) => void;

interface ReadTurn {
  readonly actor: Actor;
  readonly item: Item;
  readonly ending: Exclude<Ending, string>;
  /** Which update of the actor was the last that it saw. */
  readonly saw: number;
  isCommitted: boolean;
  isConfirmed: boolean;
}

export class ReadTurns {
  readonly #context: Pick<RuntimeContext, 'faults' | 'count'>;
  readonly #confirm: Confirm;
  /** All whose replies have not left. */
  readonly #open = new Set<ReadTurn>();
  /** Those for which no confirmation is under way. */
  #unconfirmed: ReadTurn[] = [];
  /** Those that saw what is not committed, in the order of their turns. */
  readonly #early = new Map<Actor, ReadTurn[]>();

  constructor(context: Pick<RuntimeContext, 'faults' | 'count'>, confirm: Confirm) {
    this.#context = context;
    this.#confirm = confirm;
  }

  /** A turn of the actor ended that changed nothing, and replied `reply` to the message of `item`. */
  add(actor: Actor, item: Item, reply: Data | undefined): void {
    this.#context.count('reads');
    const { waiters, envelope } = item;
    // Nobody waits for the outcome.
    if (waiters === undefined && envelope.origin === null) return;
    this.#wait(actor, item, { ok: true, sequence: actor.sequence, reply: reply ?? null, read: true });
  }

  /** A client is told something by what the actor is, or by what is known of the id of its message. */
  tell(actor: Actor, item: Item, told: Exclude<Ending, string>): void {
    this.#wait(actor, item, told);
  }

  #wait(actor: Actor, item: Item, ending: Exclude<Ending, string>): void {
    const { updates: saw } = actor;
    // A seeded mistake: the reply does not wait for what the turn saw.
    const isCommitted = actor.uncommitted === 0 || this.#context.faults.has('read-saw-uncommitted');
    const read = { actor, item, ending, saw, isCommitted, isConfirmed: false };
    this.#open.add(read);
    this.#unconfirmed.push(read);
    if (isCommitted) return;
    const early = this.#early.get(actor);
    if (early === undefined) this.#early.set(actor, [read]);
    else early.push(read);
  }

  /** Has the lead confirmed for the turns since the last call: one confirmation for all of them. */
  flush(): void {
    if (this.#unconfirmed.length === 0) return;
    const reads = this.#unconfirmed;
    this.#unconfirmed = [];
    // A seeded mistake: the reply of a leader that takes itself for one.
    if (this.#context.faults.has('read-without-readindex')) return this.#confirmed(reads, true);
    this.#confirm((leads) => this.#confirmed(reads, leads));
  }

  #confirmed(reads: readonly ReadTurn[], leads: boolean): void {
    for (const read of reads) {
      if (!this.#open.has(read)) continue;
      read.isConfirmed = true;
      if (!leads || read.isCommitted) this.#end(read, leads);
    }
  }

  /** An update of the actor is committed. */
  committed(actor: Actor): void {
    const early = this.#early.get(actor);
    if (early === undefined) return;
    const committed = actor.updates - actor.uncommitted;
    while (early.length > 0 && early[0]!.saw <= committed) {
      const read = early.shift()!;
      read.isCommitted = true;
      if (read.isConfirmed) this.#end(read, true);
    }
    if (early.length === 0) this.#early.delete(actor);
  }

  #end(read: ReadTurn, leads: boolean): void {
    if (!this.#open.delete(read)) return;
    const { actor, item, ending } = read;
    const { origin } = item.envelope;
    if (origin !== null && actor.inFlight.get(origin.source)?.item === item)
      actor.inFlight.delete(origin.source);
    settle(item, leads ? ending : 'undone');
  }

  /** The leadership is lost: waiters must ask elsewhere. */
  close(): void {
    for (const read of this.#open) this.#end(read, false);
    this.#unconfirmed = [];
    this.#early.clear();
  }
}
