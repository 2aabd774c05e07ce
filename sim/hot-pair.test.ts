// Two actors that send each other message after message while a replica of theirs is away: when it is back,
// or begins again with a store that forgot what was not synced, it takes a great many entries of one pair in
// a few writes. What these may cost SimStore checks.
import test from 'ava';
import { groupId } from '../node/base/ids.ts';
import { parseNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import { GroupKeys, keyName } from '../node/journal/keys.ts';
import type { SimNode } from './sim-node.ts';
import { Trio } from './trio.ts';

const SECOND = 1_000_000;
const SOURCE = `
union Message { Push { to: String, times: Int } Take Count }
: count ( Map -- Int ) "count" map.get [ ] [ drop 0 ] if ;
: push ( String Int -- )
  dup 0 i.> [ over Make-Take actor.send 1 i.- push ] [ drop drop ] if ;
: player ( Map Message -- Map )
  match
    Push { >to >times } -> push
    Take -> dup count 1 i.+ "count" swap map.set
    Count -> dup count actor.reply
  end ;
`;
const [ALICE, BOB] = [parsePath('/user/a/alice'), parsePath('/user/a/bob')];
const PUSHES = 500;
const TIMES = 3;
const GROUP = groupId(1);

/** Each of the two sends the other PUSHES × TIMES messages, of several turns at once. */
function play({ cluster }: Trio, asked: SimNode): () => boolean {
  let done = 0;
  for (let at = 0; at < PUSHES; at++)
    for (const [from, to] of [
      [ALICE, BOB],
      [BOB, ALICE],
    ] as const)
      cluster.scheduler.after(at * 10_000, () => {
        const message = parseNotation(`(Push "${to}" ${TIMES})`);
        const request = { op: 'tell', path: from, message, id: `${from}-${at}`, timeoutMs: 20_000 } as const;
        cluster.call(asked, request, (outcome) => {
          if (outcome === 'lost' || !outcome.ok) throw new Error(JSON.stringify(outcome));
          done++;
        });
      });
  return () => done === 2 * PUSHES;
}

/** The rows of the shard but for where a node keeps them. */
function shardRows(node: SimNode): string[] {
  const generation = [1, 2, 3, 4].find((each) => rowsOf(node, each).length > 0) ?? 1;
  return rowsOf(node, generation).map(([key, value]) => `${keyName(key.subarray(6))}=${value}`);
}

const rowsOf = (node: SimNode, generation: number) =>
  node.storage.rows.rowsIn(new GroupKeys(GROUP, generation).range());

const appliedBy = (node: SimNode) => node.views.find(({ group }) => group === GROUP)?.applied;

function agreed({ cluster }: Trio): boolean {
  const [first, ...others] = cluster.nodes.map(appliedBy);
  return first !== undefined && others.every((each) => each === first);
}

for (const [what, strike] of [
  ['is away', (trio: Trio, node: SimNode) => trio.cluster.crash(node, false)],
  ['loses power again and again', (trio: Trio, node: SimNode) => loseOften(trio, node)],
] as const)
  test(`a hot pair of which a replica ${what}: nothing is lost, and what it missed costs what it says`, (t) => {
    const limits = { logEntries: 100_000, logBytes: 64 * 1024 * 1024, logTotalBytes: 64 * 1024 * 1024 };
    const trio = new Trio(SOURCE, { shards: 1, limits });
    const { cluster } = trio;
    for (const path of [ALICE, BOB]) trio.spawn(path, 'player');
    const leader = trio.leaderOf(ALICE);
    const [follower] = cluster.nodes.filter((node) => node !== leader);
    const isDone = play(trio, leader);
    strike(trio, follower!);
    cluster.runFor(60 * SECOND, isDone);
    t.true(isDone());
    // All the pair's messages were taken while it was not there, or not for long.
    cluster.runFor(5 * SECOND);
    cluster.crash(follower!, true);
    cluster.start(follower!);
    cluster.runFor(30 * SECOND, () => agreed(trio));
    t.true(agreed(trio));
    for (const path of [ALICE, BOB]) t.is(trio.reply(path, '(Count)'), PUSHES * TIMES);
    cluster.runFor(2 * SECOND);
    const [first, ...others] = cluster.nodes.map(shardRows);
    t.true(first!.length > 2 * PUSHES * TIMES);
    for (const rows of others) t.deepEqual(rows, first);
    for (const node of cluster.nodes)
      t.deepEqual(node.storage.rows.rowsIn(new GroupKeys(GROUP, 1).outboxRange()), []);
  });

function loseOften({ cluster }: Trio, node: SimNode): void {
  for (let at = 1; at <= 6; at++)
    cluster.scheduler.after(at * 700_000, () => {
      cluster.crash(node, true);
      cluster.start(node);
    });
}
