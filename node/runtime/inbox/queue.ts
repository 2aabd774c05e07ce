// The messages of an actor that wait for their turn, and what they take.
import type { Item } from '../actor/item.ts';
import { Casts } from '../envelope.ts';
import { Mailbox } from './mailbox.ts';

/** What the node itself says between actors: it has room of its own, and keeps its place among messages. */
export function isSystem({ envelope: { payload } }: Item): boolean {
  const { kind } = payload;
  return kind === 'watch' || kind === 'unwatch' || kind === 'terminated' || kind === 'report';
}

export class Queue extends Mailbox<Item | Casts> {
  /** Of the messages, at most. */
  bytes = 0;
  /** How many are of the system. */
  system = 0;
  /** How many are of other actors, which wait for them to be handled. */
  fromOthers = 0;

  override push(item: Item | Casts): void {
    super.push(item);
    this.#count(item, 1);
  }

  override unshift(item: Item | Casts): void {
    super.unshift(item);
    this.#count(item, 1);
  }

  override shift(): Item | Casts | undefined {
    const item = super.shift();
    if (item !== undefined) this.#count(item, -1);
    return item;
  }

  /** A message of the batch that is first is taken out: it took so many bytes. */
  lost(bytes: number): void {
    this.bytes -= bytes;
  }

  #count(item: Item | Casts, by: 1 | -1): void {
    if (item instanceof Casts) this.bytes += by * item.size;
    else {
      this.bytes += by * (item.envelope.bytes ?? 0);
      if (isSystem(item)) this.system += by;
      const { sender, to } = item.envelope;
      if (sender !== '' && sender !== to) this.fromOthers += by;
    }
  }
}
