// Turns that are not committed yet: updates gather into entries, entries are proposed, and the commit of each
// update releases its waiters.
import { invariant } from '../../base/assert.ts';
import { ENTRY_BYTES, UPDATE_BYTES_MAX } from '../../base/data-limits.ts';
import type { ActorPath } from '../../base/ids.ts';
import type { Actor } from '../actor/actor.ts';
import { withAsk } from '../actor/ask-change.ts';
import { type Change, refusedBefore } from '../actor/change.ts';
import { type Item, settle } from '../actor/item.ts';
import type { Mark, Outcome } from '../actor/mark-row.ts';
import { unstashed, withoutStash } from '../actor/stash-change.ts';
import { withSubscriptions } from '../actor/subscription-change.ts';
import { WATCHES_BYTES_MAX, withWatches } from '../actor/watch-change.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { isClient, markName, type Origin } from '../envelope.ts';
import { Mailbox } from '../inbox/mailbox.ts';
import type { Outbox } from '../outbox.ts';
import { NO_SUBSCRIPTIONS, type Subscriptions } from '../subscriptions.ts';
import { encodeCommands, type Note, type Update } from './entry.ts';

export interface ProposalOwner {
  /** Proposes one entry; returns its index, or undefined when this node leads no more or the log is full. */
  propose(data: Uint8Array): number | undefined;
  /** What the update adds to its actor's outbox, once it is committed. */
  sends(update: Update): void;
  /** Takes messages that may leave now; `load` those of notes, of which nobody was told before. */
  readonly outbox: Pick<Outbox, 'add' | 'load'>;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  /** An actor that had ended runs again. */
  resumed(): void;
  /** What the actor at `path` is subscribed to from now on. */
  subscribed(path: ActorPath, subscriptions: Subscriptions): void;
  /** An update of the actor is committed. */
  committed(actor: Actor): void;
}

interface Waiting {
  readonly actor: Actor;
  readonly item: Item | undefined;
  readonly change: Change;
  /** Whether it changes what the actor is subscribed to. */
  readonly subscribes: boolean;
}

/** Notes that one entry holds, as far as their bytes allow. */
const ENTRY_NOTES = 1000;
/** What a row takes beside its value, at most. */
const ROW_BYTES = 256;

export class Proposals {
  readonly #owner: ProposalOwner;
  #batch: Waiting[] = [];
  #notes: Note[] = [];
  #bytes = 0;
  /** A purge may be among what gathered. */
  #purges = false;
  /**
   * The log takes nothing at the moment: it is full, or a hand-over is under way. What gathered is kept; run
   * no more.
   */
  blocked = false;
  /** In the order of their entries, in which they are committed. */
  readonly #proposed = new Mailbox<{
    readonly index: number;
    readonly batch: readonly Waiting[];
    readonly notes: readonly Note[];
  }>();

  constructor(owner: ProposalOwner) {
    this.#owner = owner;
  }

  readonly #addLetter: DeadLetters['add'] = (letter) => this.#owner.deadLetters.add(letter);

  /**
   * Takes the change into the actor's memory and into the next entry. `item` is settled when it is committed.
   */
  add(actor: Actor, item: Item | undefined, change: Change): void {
    const handled = unstashed(actor, item, change, this.#addLetter);
    const left = withoutStash(actor, handled);
    const { told, others } = withWatches(actor, left);
    const first = withSubscriptions(actor, item, told, this.#addLetter);
    this.#add(actor, item, withAsk(actor, first));
    for (let at = 0; at < others.length; at++) this.#add(actor, undefined, others[at]!);
  }

  #add(actor: Actor, item: Item | undefined, change: Change): void {
    const { record, snapshot } = change.update;
    invariant(
      change.bytes <= UPDATE_BYTES_MAX + WATCHES_BYTES_MAX,
      () => `${actor.path}: an update of ${change.bytes} bytes`,
    );
    if (record !== null) {
      invariant(
        record.sequence === actor.sequence + 1,
        () => `${actor.path}: record ${record.sequence} after ${actor.sequence}`,
      );
      actor.sequence = record.sequence;
      actor.recordsSinceSnapshot = snapshot ? 0 : actor.recordsSinceSnapshot + 1;
      actor.bytesSinceSnapshot = snapshot ? 0 : actor.bytesSinceSnapshot + record.bytes.length;
    }
    if (change.update.purge !== undefined) actor.forget();
    else actor.heldBytes = heldAfter(actor, change);
    const resumes = actor.head !== undefined && actor.head.lifecycle !== 'running';
    const subscribes = actor.head?.subscriptions !== change.head?.subscriptions;
    actor.state = change.state;
    actor.head = change.head;
    if (resumes && change.head?.lifecycle === 'running') this.#owner.resumed();
    actor.updates++;
    actor.uncommitted++;
    if (change.update.outbox.length > 0) this.#owner.sends(change.update);
    if (change.outcome?.ok === false) this.#refused(actor, item, change.marked, change.outcome);
    if (change.update.purge !== undefined) this.#purges = true;
    this.#batch.push({ actor, item, change, subscribes });
    this.#bytes += change.bytes;
    if (this.#bytes > ENTRY_BYTES && !this.blocked) this.flush([]);
  }

  /** What follows remembers it. Of a turn that another leader began, the message may not have come here. */
  #refused(
    { inFlight }: Actor,
    item: Item | undefined,
    marked: readonly Origin[],
    outcome: Outcome & { readonly ok: false },
  ): void {
    for (const origin of marked) {
      if (isClient(origin.source)) continue;
      if (item !== undefined && inFlight.get(origin.source) === undefined) inFlight.set(origin, item);
      inFlight.refused(origin, outcome);
    }
  }

  /** Proposes what gathered, and the notes. */
  flush(notes: readonly Note[]): void {
    this.#notes.push(...notes);
    while (this.#batch.length > 0 || this.#notes.length > 0) {
      const count = this.#entryLength();
      const updates = this.#batch.slice(0, count).map(({ change }) => change.update);
      const noted = this.#notes.slice(0, updates[0]?.purge === undefined ? notesOfEntry(this.#notes) : 0);
      const index = this.#owner.propose(encodeCommands(updates, noted));
      this.blocked = index === undefined;
      if (index === undefined) return;
      const batch = this.#batch.splice(0, count);
      this.#notes.splice(0, noted.length);
      this.#proposed.push({ index, batch, notes: noted });
      for (const { change } of batch) this.#bytes -= change.bytes;
    }
  }

  /** Proposes an entry that is of no turn. `ended` learns whether it is committed under this leadership. */
  entry(data: Uint8Array, ended: (committed: boolean) => void): void {
    const index = this.#owner.propose(data);
    if (index === undefined) ended(false);
    else this.#proposed.push({ index, batch: [], notes: [{ rows: [], ended }] });
  }

  /**
   * How many updates one entry takes: more than usual wait when the log took nothing for a while. A purge has
   * one of its own.
   */
  #entryLength(): number {
    if (this.#bytes <= ENTRY_BYTES && !this.#purges) return this.#batch.length;
    let bytes = 0;
    for (let at = 0; at < this.#batch.length; at++) {
      const { update, bytes: more } = this.#batch[at]!.change;
      if (update.purge !== undefined) return Math.max(at, 1);
      bytes += more;
      if (at > 0 && bytes > ENTRY_BYTES) return at;
    }
    this.#purges = false;
    return this.#batch.length;
  }

  /** The entry at `index` is committed and stored. */
  committed(index: number): void {
    const { first } = this.#proposed;
    if (first === undefined || first.index > index) return;
    invariant(first.index === index, () => `entry ${index} is committed before entry ${first.index}`);
    this.#proposed.shift();
    for (const { outbox, ended } of first.notes) {
      for (const [receiver, number, payload] of outbox?.rows ?? [])
        this.#owner.outbox.load(outbox!.sender, receiver, number, payload);
      ended?.(true);
    }
    for (const waiting of first.batch) this.#release(waiting);
  }

  #release({ actor, item, change, subscribes }: Waiting): void {
    const { update, outcome, marked } = change;
    actor.uncommitted--;
    if (update.purge !== undefined)
      for (const source of actor.recent?.keys() ?? []) if (isClient(source)) actor.recent!.delete(source);
    for (const origin of marked) {
      const { source, number, digest } = origin;
      const underWay = actor.inFlight.get(source);
      if (actor.checks > 0 && outcome !== undefined) {
        const refused = refusedBefore(actor, origin);
        const mark = { number, digest, outcome };
        actor.recent ??= new Map<string, Mark>();
        actor.recent.set(markName(origin), refused === undefined ? mark : { ...mark, refused });
      }
      if (underWay?.number === number) actor.inFlight.delete(source);
    }
    for (const [receiver, number, payload] of update.outbox) {
      invariant(update.sender !== null, () => `${actor.path}: messages without a sender`);
      this.#owner.outbox.add(update.sender, receiver, number, payload);
    }
    change.committed?.();
    if (subscribes) this.#owner.subscribed(actor.path, change.head?.subscriptions ?? NO_SUBSCRIPTIONS);
    if (item !== undefined && outcome !== undefined) settle(item, outcome);
    this.#owner.committed(actor);
  }

  /** The leadership is lost: waiters must ask elsewhere. */
  close(): void {
    const proposed = this.#proposed.drain();
    for (const { ended } of [...this.#notes, ...proposed.flatMap(({ notes }) => notes)]) ended?.(false);
    for (const { item } of [...this.#batch, ...proposed.flatMap(({ batch }) => batch)])
      if (item) settle(item, 'elsewhere');
    this.#notes = [];
    this.#batch = [];
  }
}

/** How many of the first go in one entry: one at least. */
function notesOfEntry(notes: readonly Note[]): number {
  const most = Math.min(notes.length, ENTRY_NOTES);
  let bytes = 0;
  for (let count = 0; count < most; count++) {
    for (const [, value] of notes[count]!.rows) bytes += ROW_BYTES + (value?.length ?? 0);
    for (const [, , payload] of notes[count]!.outbox?.rows ?? []) bytes += ROW_BYTES + payload.length;
    if (count > 0 && bytes > ENTRY_BYTES) return count;
  }
  return most;
}

function heldAfter({ heldBytes, head }: Actor, { update, growth, head: next }: Change): number {
  const stash = next?.stash?.bytes ?? 0;
  if (update.snapshot !== null) return update.snapshot.length + stash;
  return heldBytes + growth + stash - (head?.stash?.bytes ?? 0);
}
