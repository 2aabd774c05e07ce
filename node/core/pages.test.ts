// What does not fit one page of the store, or one answer, or one frame, comes in several, and none of it is
// lost.
import test from 'ava';
import fc from 'fast-check';
import { decodeRecord } from '../journal/journal-record.ts';
import type { ScanResult } from '../journal/store-port.ts';
import { Outbox, type Pair } from '../runtime/outbox.ts';
import type { ActorPage, JournalPage, ListedActor } from './requests/results.ts';
import { merged } from './requests/router.ts';
import { LoneNode } from './testing/lone-node.ts';

const SOURCE = `
union Message { Add { amount: Int } Pass { to: String, amount: Int } Total }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: counter ( Map Message -- Map )
  match
    Add { >amount } -> over total 10 i.* i.+ "total" swap map.set
    Pass { >to >amount } -> Make-Add actor.send
    Total -> dup total actor.reply
  end ;
`;
const [ONE, OTHER] = ['/user/one', '/user/other'];

function node(): LoneNode {
  const lone = new LoneNode();
  lone.deploy(SOURCE);
  for (const path of [ONE, OTHER]) lone.spawn(path, 'counter');
  return lone;
}

test('a reader that takes a part of a range for all of it does not type-check', (t) => {
  const found: ScanResult = { part: [], next: new Uint8Array(0) };
  // @ts-expect-error: whether these are all must be looked at first.
  t.is((found as ScanResult).rest, undefined);
  // @ts-expect-error: the same.
  t.deepEqual((found as ScanResult).part, []);
});

test('a journal comes in pages, and each says where the next begins', (t) => {
  const lone = node();
  for (let at = 2; at <= 10; at++) lone.tell(ONE, `(Add ${at})`);
  const pageOf = (from: number, limit: number) => {
    const result = lone.request({ op: 'journal', path: ONE as never, from, limit });
    const { records, next } = (result as { value: JournalPage }).value;
    return [records.map((bytes) => decodeRecord(bytes).sequence), next];
  };
  // The store of a lone node gives three rows at once.
  t.deepEqual(pageOf(1, 100), [[1, 2, 3], 4]);
  t.deepEqual(pageOf(4, 2), [[4, 5], 6]);
  t.deepEqual(pageOf(8, 3), [[8, 9, 10], null]);
  t.deepEqual(pageOf(9, 1), [[9], 10]);
  t.deepEqual(pageOf(11, 5), [[], null]);
  t.is(lone.journal(ONE).length, 10);
});

test('a journal comes newest first, too, whatever the store gives at once', (t) => {
  const lone = node();
  for (let at = 2; at <= 10; at++) lone.tell(ONE, `(Add ${at})`);
  const pageOf = (from: number, limit: number) => {
    const result = lone.request({ op: 'journal', path: ONE as never, from, limit, backwards: true });
    const { records, next } = (result as { value: JournalPage }).value;
    return [records.map((bytes) => decodeRecord(bytes).sequence), next];
  };
  // Of ten, five, and three records, the store gives the last three at once.
  t.deepEqual(pageOf(99, 100), [[10, 9, 8], 7]);
  t.deepEqual(pageOf(7, 2), [[7, 6], 5]);
  t.deepEqual(pageOf(3, 3), [[3, 2, 1], null]);
  t.deepEqual(pageOf(1, 5), [[1], null]);
  t.deepEqual(pageOf(0, 5), [[], null]);
  const seen: number[] = [];
  for (let from: number | null = 10; from !== null; ) {
    const [sequences, next] = pageOf(from, 100) as [number[], number | null];
    seen.push(...sequences);
    from = next;
  }
  t.deepEqual(seen, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test('a later leader sends all that waits, in order, however many pages it fills', (t) => {
  const lone = node();
  const head = lone.keyOf(OTHER, (keys, path) => keys.head(path));
  const before = lone.damage(head);
  lone.restart();
  for (const amount of [1, 2, 3, 4, 5, 6, 7, 8]) lone.tell(ONE, `(Pass "${OTHER}" ${amount})`);
  t.is(lone.core.inspect.load().outbox, 8);
  lone.damage(head, before);
  lone.restart();
  lone.pass(3000);
  t.is(lone.core.inspect.load().outbox, 0);
  t.is(lone.reply(OTHER, '(Total)'), 12_345_678);
});

test('an actor whose records fill many pages wakes as it was', (t) => {
  const lone = new LoneNode(2, { snapshotRecords: 1000, snapshotBytes: 1_000_000 });
  lone.deploy(SOURCE);
  lone.spawn(ONE, 'counter');
  for (const amount of [1, 2, 3, 4, 5, 6, 7, 8]) lone.tell(ONE, `(Add ${amount})`);
  lone.restart();
  t.is(lone.reply(ONE, '(Total)'), 12_345_678);
});

test('actors are listed in pages, and each says where the next begins', (t) => {
  const lone = node();
  const names = 'abcdefghij'.split('').map((name) => `/user/z/${name}`);
  for (const path of names) lone.spawn(path, 'counter');
  for (const limit of [1, 4, 10, 100]) {
    const listed: string[] = [];
    let pages = 0;
    for (let after: string | null = ''; after !== null; pages++) {
      const result = lone.request({ op: 'actors', prefix: '/user/z', after, limit });
      const { actors, next } = (result as { value: ActorPage }).value;
      listed.push(...actors.map(({ path }) => path));
      t.true(actors.length <= limit);
      after = next;
    }
    t.deepEqual(listed, names);
    t.is(pages, Math.ceil(names.length / limit));
  }
});

test('the pages of several shards are merged without a gap', (t) => {
  const row = (path: string): ListedActor => ({
    path,
    sequence: 1,
    lifecycle: 'running',
    since: null,
    shard: 1,
    nodeName: 'n',
  });
  const shards = fc.array(fc.uniqueArray(fc.nat(99), { maxLength: 12 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      shards,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      (lists, limit, cut) => {
        // Shards have no path in common.
        const paths = lists.map((list, shard) => list.map((each) => `/${100 + each}-${shard}`).sort());
        const listed: string[] = [];
        for (let after: string | null = ''; after !== null; ) {
          const pages = paths.map((all): ActorPage => {
            const rest = all.filter((path) => path > after!);
            // A shard may give fewer than it was asked for.
            const some = rest.slice(0, Math.min(limit, cut));
            return { actors: some.map(row), next: some.length < rest.length ? some.at(-1)! : null };
          });
          const page = merged(pages, limit);
          listed.push(...page.actors.map(({ path }) => path));
          if (page.next === after) return false;
          after = page.next;
        }
        t.deepEqual(listed, paths.flat().sort());
        return true;
      },
    ),
  );
});

test('messages of one pair share a frame up to its bytes, and one that is larger goes alone', (t) => {
  const MIB = 1024 * 1024;
  const sent: number[][] = [];
  let sending: Pair | undefined;
  const outbox = new Outbox(
    { time: { now: 0, wall: 0 }, log: () => {}, count: () => {}, faults: new Set() },
    (_, pair) => {
      sending = pair;
      sent.push(pair.waiting.slice(0, pair.underWay).map(([number]) => number));
    },
    { add: () => [] },
    () => {},
  );
  const sizes = [MIB / 2, MIB / 2, 1, 2 * MIB, 2 * MIB, 1, 1];
  for (const [at, bytes] of sizes.entries()) outbox.add('/a#1', '/b' as never, at + 1, new Uint8Array(bytes));
  for (let frames = 0; outbox.size > 0 && frames < 20; frames++) {
    outbox.pump();
    outbox.taken(sending!, sending!.attempt, sending!.underWay, []);
  }
  t.deepEqual(sent, [[1, 2], [3], [4], [5], [6, 7]]);
  t.deepEqual(
    outbox.takeNotes().map(({ delivered }) => delivered?.[2]),
    sent,
  );
});
