// Mistakes with timers, watches, links, dead letters, reads, stashes and full mailboxes.
import type { Mutant, MutantTest } from './mutant.ts';

const of = (test: string): MutantTest => ({ ava: test });
const MODEL_OF_TIMERS = of('node/runtime/timers.test.ts');
const TIMERS = of('node/core/timers.test.ts');
const WATCHES = of('node/core/watches.test.ts');
const LINKS = of('node/core/links.test.ts');
const STASH = of('node/core/stash.test.ts');
const ASKERS = of('node/core/waiting-askers.test.ts');
const PRESSURE = of('node/core/back-pressure.test.ts');

const OF_TIMERS: readonly Mutant[] = [
  {
    name: 'wall-time-goes-back',
    file: 'node/runtime/timers.ts',
    before: 'this.#wall = Math.max(Math.floor(wall), this.#wall + Math.floor(passed));',
    after: 'this.#wall = Math.floor(wall);',
    why: 'A clock that is set back makes timers late.',
    test: MODEL_OF_TIMERS,
  },
  {
    name: 'timer-fires-early',
    file: 'node/runtime/timers.ts',
    before: 'if (key.due > this.#wall) break;',
    after: 'if (key.due > this.#wall + 50) break;',
    why: 'A timer fires before its time.',
    test: MODEL_OF_TIMERS,
  },
  {
    name: 'cancelled-timer-fires',
    file: 'node/runtime/timers.ts',
    before: 'if (content === undefined || taken.cancelled || this.#isCancelled(key))',
    after: 'if (content === undefined)',
    why: 'A timer that was cancelled while it was being read fires.',
    test: MODEL_OF_TIMERS,
  },
  {
    name: 'timers-of-an-owner-overtake',
    file: 'node/runtime/timers.ts',
    before: 'if (waiting.has(key.owner)) left.push(key);',
    after: 'if (false) left.push(key);',
    why: 'Timers of one actor fire out of order.',
    test: MODEL_OF_TIMERS,
  },
  {
    name: 'overdue-timers-without-a-pace',
    file: 'node/runtime/timers.ts',
    before: 'this.#tokens--;',
    after: '',
    why: 'After an outage all timers fire at once.',
    test: MODEL_OF_TIMERS,
  },
  {
    name: 'missed-occurrences-lost',
    file: 'node/runtime/timers.ts',
    before: "if (missed === 'all') return due + periodMs;",
    after: '',
    why: 'A repeated timer makes up one of the occurrences that all are to be made up.',
    test: MODEL_OF_TIMERS,
  },
  {
    name: 'skipped-occurrence-fires',
    file: 'node/runtime/timers.ts',
    before: "const isSkipped = every?.missed === 'skip' && this.#wall - key.due >= every.periodMs;",
    after: 'const isSkipped = false;',
    why: 'What is to be skipped is made up.',
    test: MODEL_OF_TIMERS,
  },
  {
    name: 'timers-left-for-ever',
    file: 'node/runtime/shard/timers.ts',
    before: 'this.#timers?.rewind();',
    after: '',
    why: 'What fell due while an actor was suspended never fires.',
    test: TIMERS,
  },
  {
    name: 'timer-of-a-life-before',
    file: 'node/runtime/shard/timers.ts',
    before: "incarnation === life && lifecycle !== 'stopped';",
    after: "lifecycle !== 'stopped';",
    why: 'A new life hears the timers of the one before.',
    test: TIMERS,
  },
  {
    name: 'timer-takes-the-rows-of-its-turn',
    file: 'node/runtime/shard/timers.ts',
    before: 'rows: [...(change.update.rows ?? []), ...rows]',
    after: 'rows',
    why: 'A turn that stashes its message and sets a timer loses the message.',
    test: STASH,
  },
  {
    name: 'next-timers-by-their-ids',
    file: 'node/core/requests/timers.ts',
    before: '.sort(inDueOrder)',
    after: '',
    why: 'An inspection names others than the timers that are due next.',
    test: TIMERS,
  },
];

const OF_WATCHES: readonly Mutant[] = [
  {
    name: 'watches-not-renewed',
    file: 'node/runtime/actor/watch-change.ts',
    before: 'const begins = !hasEnded(head) && hasEnded(before) && head.watching.size > 0;',
    after: 'const begins = false;',
    why: 'A watcher that is resumed does not learn what ended meanwhile.',
    test: WATCHES,
  },
  {
    name: 'watcher-unknown-where-it-ends',
    file: 'node/runtime/actor/watch-change.ts',
    before: 'watches.set(reference, { watcher, link });',
    after: '',
    why: 'Nobody is told of an end that comes before the watched actor is read again.',
    test: WATCHES,
  },
  {
    name: 'link-from-one-side',
    file: 'node/runtime/actor/watch-change.ts',
    before: "if (!link || head?.mode !== 'durable' || hasEnded(head)) return change;",
    after: 'return change;',
    why: 'Whoever is linked to does not hold the link, nor end it.',
    test: LINKS,
  },
  {
    name: 'link-outlives-its-actor',
    file: 'node/runtime/actor/watch-change.ts',
    before: 'const ending = { ...change, head: { ...head, watching: withoutLinks(head.watching) } };',
    after: 'const ending = change;',
    why: 'Two actors that failed together cannot be resumed.',
    test: LINKS,
  },
  {
    name: 'link-fails-in-good-order',
    file: 'node/runtime/watches.ts',
    before: 'fails: link && isAbnormal',
    after: 'fails: link',
    why: 'An actor fails because another was stopped.',
    test: LINKS,
  },
];

const OF_LETTERS_AND_READS: readonly Mutant[] = [
  {
    name: 'dead-letters-without-a-limit',
    file: 'node/runtime/dead-letters.ts',
    before: 'rows.push(this.#drop(oldest));',
    after: '',
    why: 'Dead letters fill the disk.',
    test: of('node/core/dead-letters.test.ts'),
  },
  {
    name: 'dead-letter-number-used-again',
    file: 'node/runtime/dead-letters.ts',
    before: 'if (parsed.number === 0) this.#next = parseCounter(value);',
    after: 'if (parsed.number === 0) continue;',
    why: 'A new leader writes letters over those of the one before.',
    test: of('node/core/dead-letters.test.ts'),
  },
  {
    name: 'turn-writes-on-a-full-disk',
    file: 'node/runtime/shard/turns.ts',
    before: "if (readOnly !== undefined && head.mode === 'durable') {",
    after: 'if (false) {',
    why: 'A turn for which there is no space is carried out.',
    test: of('sim/full-disk.test.ts'),
  },
  {
    name: 'whereis-finds-the-ended',
    file: 'node/runtime/actor/change.ts',
    before: "const answered = head === undefined || (hasEnded(head) && !findsEnded) ? '' : path;",
    after: "const answered = head === undefined ? '' : path;",
    why: 'An actor that is stopped or has failed is found by its name.',
    test: of('node/core/whereis.test.ts'),
  },
];

const OF_STASHES: readonly Mutant[] = [
  {
    name: 'stash-count-grows',
    file: 'node/runtime/stash.ts',
    before: 'count: count - 1,',
    after: 'count,',
    why: 'A stash is full though it is empty.',
    test: STASH,
  },
  {
    name: 'stash-not-read',
    file: 'node/runtime/shard/actor-cache.ts',
    before: 'for (const { number, bytes, row } of stashed) restash(actor, number, bytes, row);',
    after: '{}',
    why: 'A new leader does not know what was put aside.',
    test: STASH,
  },
  {
    name: 'mailbox-before-the-stash',
    file: 'node/runtime/actor/actor.ts',
    before: 'if (unstashed !== undefined) return unstashed;',
    after: 'if (unstashed !== undefined && this.queue.length === 0) return unstashed;',
    why: 'Messages overtake those that were put aside before.',
    test: STASH,
  },
  {
    name: 'stashed-ask-leaves-its-mark',
    file: 'node/runtime/actor/stash-change.ts',
    before: 'source: client === null ? source : { ...source, origin: null }',
    after: 'source',
    why: 'A client that sends its ask again is told that there was no reply.',
    test: STASH,
  },
  {
    name: 'stash-without-a-limit',
    file: 'node/runtime/shard/turns.ts',
    before: 'if (hasRoom || item.stashed !== undefined) return undefined;',
    after: 'return undefined;',
    why: 'An actor that stashes all takes the memory of the node.',
    test: STASH,
  },
  {
    name: 'stash-hides-a-circle',
    file: 'node/runtime/shard/turns.ts',
    before: 'askers: askersOf(actor, how.askers ?? NO_ASKERS),',
    after: 'askers: how.askers ?? NO_ASKERS,',
    why: 'An actor asks one that waits for it, and both wait until the time is up.',
    test: STASH,
  },
  {
    name: 'refused-stashed-message-is-lost',
    file: 'node/runtime/actor/stash-change.ts',
    before: 'return withMore(change, { head, rows: [row, ...rows] });',
    after: 'return withMore(change, { head, rows: [row] });',
    why: 'A stashed message that fails is no dead letter.',
    test: STASH,
  },
];

const OF_MAILBOXES: readonly Mutant[] = [
  {
    name: 'mailbox-without-a-limit',
    file: 'node/runtime/inbox/inbox.ts',
    before: 'if (!isFull) return undefined;',
    after: 'return undefined;',
    why: 'A flood for one actor takes the memory of the node.',
    test: PRESSURE,
  },
  {
    name: 'mailbox-without-bytes',
    file: 'node/runtime/inbox/inbox.ts',
    before: 'return more > 0 && queue.bytes > 0 && queue.bytes + more > this.#context.limits.mailboxBytes;',
    after: 'return false;',
    why: 'Large messages for one actor take the memory of the node.',
    test: PRESSURE,
  },
  {
    name: 'no-room-for-the-system',
    file: 'node/runtime/inbox/inbox.ts',
    before: ': isSystem(item)',
    after: ': false',
    why: 'An end is not told to an actor whose mailbox is full.',
    test: PRESSURE,
  },
  {
    name: 'two-actors-wait-for-each-other',
    file: 'node/runtime/shard/back-pressure.ts',
    before: ' && !this.#closesCircle(path) && !this.#isStalled(path, actor)',
    after: '',
    why: 'Two actors that flood each other never go on.',
    test: PRESSURE,
  },
  {
    name: 'mailbox-waits-for-nobody',
    file: 'node/runtime/shard/back-pressure.ts',
    before: ' && queue.fromOthers === 0) return false;',
    after: ') return false;',
    why: 'Two actors whose messages lie in the mailbox of the other never go on.',
    test: PRESSURE,
  },
  {
    name: 'sender-never-waits',
    file: 'node/runtime/shard/back-pressure.ts',
    before: 'const isFull = sent.messages >=',
    after: 'const isFull = false && sent.messages >=',
    why: 'The outbox of an actor grows without a limit.',
    test: PRESSURE,
  },
  {
    name: 'answers-wait-behind-messages',
    file: 'node/runtime/outbox.ts',
    before: "const lane = isUrgent(payload) ? 'answers' : 'messages';",
    after: "const lane = 'messages';",
    why: 'An answer waits behind messages that wait for the turn which waits for it.',
    test: PRESSURE,
  },
];

const OF_ASKS: readonly Mutant[] = [
  {
    name: 'asks-not-looked-for',
    file: 'node/runtime/shard/unfinished.ts',
    before: 'for (const each of [untold, released, asking])',
    after: 'for (const each of [untold, released])',
    why: 'An ask whose leader is lost, and whose client with it, never times out.',
    test: ASKERS,
  },
  {
    name: 'row-of-an-ask-stays',
    file: 'node/runtime/actor/ask-change.ts',
    before: 'if (waits === isWaiting(actor.head))',
    after: 'if (!waits || waits === isWaiting(actor.head))',
    why: 'Each new leader reads every actor that ever asked.',
    test: ASKERS,
  },
];

export const ACTORS: readonly Mutant[] = [
  ...OF_TIMERS,
  ...OF_WATCHES,
  ...OF_LETTERS_AND_READS,
  ...OF_STASHES,
  ...OF_MAILBOXES,
  ...OF_ASKS,
];
