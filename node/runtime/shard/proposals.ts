// What ran and is not committed yet: updates gather into entries, entries are proposed, and on commit each update lets out
// what waited for it.
import { invariant } from '../../base/assert.ts';
import { ENTRY_BYTES, UPDATE_BYTES_MAX } from '../../base/data-limits.ts';
import type { ActorPath, SenderName } from '../../base/ids.ts';
import type { Actor } from '../actor/actor.ts';
import type { Change } from '../actor/change.ts';
import { type Item, settle } from '../actor/item.ts';
import type { Mark } from '../actor/mark-row.ts';
import { Mailbox } from '../inbox/mailbox.ts';
import { type DeliveredRow, encodeCommands } from './entry.ts';

export interface ProposalOwner {
  /** Proposes one entry; returns its index, or undefined when this node leads no more or the log is full. */
  propose(data: Uint8Array): number | undefined;
  /** A message that may leave now. */
  released(sender: SenderName, receiver: ActorPath, number: number, payload: Uint8Array): void;
}

interface Waiting {
  readonly actor: Actor;
  readonly item: Item | undefined;
  readonly change: Change;
}

/** Pairs of which one entry tells that their messages were delivered. */
const ENTRY_DELIVERED = 1000;

export class Proposals {
  readonly #owner: ProposalOwner;
  #batch: Waiting[] = [];
  #delivered: DeliveredRow[] = [];
  #bytes = 0;
  /** The log takes nothing at the moment: it is full, or a hand-over is under way. What gathered is kept; run no more. */
  blocked = false;
  /** In the order of their entries, in which they are committed. */
  readonly #proposed = new Mailbox<{ readonly index: number; readonly batch: readonly Waiting[] }>();

  constructor(owner: ProposalOwner) {
    this.#owner = owner;
  }

  /** Takes the change into the actor's memory and into the next entry. `item` is settled when it is committed. */
  add(actor: Actor, item: Item | undefined, change: Change): void {
    const { record, snapshot } = change.update;
    invariant(change.bytes <= UPDATE_BYTES_MAX, () => `${actor.path}: an update of ${change.bytes} bytes`);
    if (record !== null) {
      invariant(
        record.sequence === actor.sequence + 1,
        () => `${actor.path}: record ${record.sequence} after ${actor.sequence}`,
      );
      actor.sequence = record.sequence;
      actor.recordsSinceSnapshot = snapshot ? 0 : actor.recordsSinceSnapshot + 1;
      actor.bytesSinceSnapshot = snapshot ? 0 : actor.bytesSinceSnapshot + record.bytes.length;
    }
    actor.state = change.state;
    actor.head = change.head;
    actor.uncommitted++;
    this.#batch.push({ actor, item, change });
    this.#bytes += change.bytes;
    if (this.#bytes > ENTRY_BYTES && !this.blocked) this.flush([]);
  }

  /** Proposes what gathered, and which messages of the outbox were delivered. */
  flush(delivered: readonly DeliveredRow[]): void {
    this.#delivered.push(...delivered);
    while (this.#batch.length > 0 || this.#delivered.length > 0) {
      const count = this.#entryLength();
      const updates = this.#batch.slice(0, count).map(({ change }) => change.update);
      const index = this.#owner.propose(encodeCommands(updates, this.#delivered.slice(0, ENTRY_DELIVERED)));
      this.blocked = index === undefined;
      if (index === undefined) return;
      const batch = this.#batch.splice(0, count);
      this.#proposed.push({ index, batch });
      this.#delivered.splice(0, ENTRY_DELIVERED);
      for (const { change } of batch) this.#bytes -= change.bytes;
    }
  }

  /** How many updates one entry takes: more than usual wait when the log took nothing for a while. */
  #entryLength(): number {
    if (this.#bytes <= ENTRY_BYTES) return this.#batch.length;
    let bytes = 0;
    for (let at = 0; at < this.#batch.length; at++) {
      bytes += this.#batch[at]!.change.bytes;
      if (at > 0 && bytes > ENTRY_BYTES) return at;
    }
    return this.#batch.length;
  }

  /** The entry at `index` is committed and stored. */
  committed(index: number): void {
    const { first } = this.#proposed;
    if (first === undefined || first.index > index) return;
    invariant(first.index === index, () => `entry ${index} is committed before entry ${first.index}`);
    this.#proposed.shift();
    for (const waiting of first.batch) this.#release(waiting);
  }

  #release({ actor, item, change }: Waiting): void {
    const { update, outcome, marked } = change;
    actor.uncommitted--;
    for (const { source, number, digest } of marked) {
      if (actor.inFlight.get(source)?.number === number) actor.inFlight.delete(source);
      if (actor.checks === 0 || outcome === undefined) continue;
      actor.recent ??= new Map<string, Mark>();
      actor.recent.set(source, { number, digest, outcome });
    }
    for (const [receiver, number, payload] of update.outbox) {
      invariant(update.sender !== null, () => `${actor.path}: messages without a sender`);
      this.#owner.released(update.sender, receiver, number, payload);
    }
    if (item !== undefined && outcome !== undefined) settle(item, outcome);
  }

  /** The leadership is lost: whoever waits must ask elsewhere. */
  close(): void {
    for (const { item } of [...this.#batch, ...this.#proposed.drain().flatMap(({ batch }) => batch)])
      if (item) settle(item, 'elsewhere');
    this.#batch = [];
  }
}
