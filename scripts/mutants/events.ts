// Mistakes with event streams.
import type { Mutant, MutantTest } from './mutant.ts';

const of = (test: string): MutantTest => ({ ava: test });
const EVENTS = of('node/core/events.test.ts');
const STREAMS = of('node/gateway/events.test.ts');
const ORDER = of('node/journal/order-rows.test.ts');

export const OF_EVENTS: readonly Mutant[] = [
  {
    name: 'cursor-takes-an-entry-for-read',
    file: 'node/core/requests/follower.ts',
    before: 'else this.#move(part, { index, skip: place + 1 });',
    after: 'else this.#move(part, { index: index + 1, skip: 0 });',
    why: 'A stream that goes on behind an event leaves out the rest of its log entry.',
    test: EVENTS,
  },
  {
    name: 'purged-records-come-from-a-new-life',
    file: 'node/core/requests/events.ts',
    before: 'if (sequence > 0 && index < (purges.get(path) ?? 0)) continue;',
    after: '',
    why: 'Records of a new life come in the place of those that were purged, and once more.',
    test: EVENTS,
  },
  {
    name: 'stream-of-unknown-beginning',
    file: 'node/core/requests/events.ts',
    before: 'if (open.index < first) this.#refuse(open);',
    after: 'if (open.index < 0) this.#refuse(open);',
    why: 'A stream begins behind records whose order is not kept, without a word.',
    test: EVENTS,
  },
  {
    name: 'stream-without-back-pressure',
    file: 'node/gateway/event-streams.ts',
    before: 'if (!write(eventText(event))) await drained(response);',
    after: 'write(eventText(event));',
    why: 'Events gather in memory for a client that does not read.',
    test: STREAMS,
  },
  {
    name: 'purge-and-record-as-one',
    file: 'node/journal/order-rows.ts',
    before: 'this.#count > 0 && this.#first > 0 && sequence',
    after: 'this.#count > 0 && sequence',
    why: 'The first record behind a purge is taken for a second purge.',
    test: ORDER,
  },
];
