// examples/transfer.seq on a cluster whose nodes are killed at every step of a payment: what one wallet pays,
// the other has, once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ActorPath } from '../node/base/ids.ts';
import { parseNotation } from '../node/base/notation.ts';
import { parsePath } from '../node/base/path.ts';
import type { Variant } from '../node/base/value.ts';
import type { SimNode } from './sim-node.ts';
import { Trio } from './trio.ts';

const FOLDER = join(import.meta.dirname, '../examples');
const SECOND = 1_000_000;
const CAROL = parsePath('/user/a/carol');
/** Virtual microseconds between two moments at which a node is killed. */
const STEP = 1_000;
const MOMENTS = 24;

/** Two wallets whose shards are led by different nodes. */
function wallets(): { readonly trio: Trio; readonly dave: ActorPath } {
  const files = Object.fromEntries(
    ['transfer.seq', 'accounts.seq'].map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
  );
  const trio = new Trio({ entry: 'transfer.seq', files }, { shards: 3 });
  const paths = Array.from({ length: 50 }, (_, at) => parsePath(`/user/a${at}/dave`));
  const dave = paths.find((path) => trio.leaderOf(path) !== trio.leaderOf(CAROL))!;
  for (const path of [CAROL, dave]) {
    trio.spawn(path, 'wallet');
    trio.reply(path, '(Save 1000)');
  }
  return { trio, dave };
}

const tagOf = (trio: Trio, message: string): string => (trio.reply(CAROL, message) as Variant).tag;
const holds = (trio: Trio, path: ActorPath): number =>
  (trio.reply(path, '(Holds)') as Variant).fields[0] as number;

const victims: readonly (readonly [name: string, of: (trio: Trio, dave: ActorPath) => SimNode[]])[] = [
  ['the payer', (trio) => [trio.leaderOf(CAROL)]],
  ['the payee', (trio, dave) => [trio.leaderOf(dave)]],
  ['both', (trio, dave) => [trio.leaderOf(CAROL), trio.leaderOf(dave)]],
];

for (const [name, of] of victims)
  test(`a payment survives the loss of the leader of ${name}, whenever that is`, (t) => {
    const { trio, dave } = wallets();
    const { cluster } = trio;
    const outcomes = new Map<string, number>();
    let paid = 0;
    for (let moment = 0; moment < MOMENTS; moment++) {
      const message = `(Pay "p${moment}" "${dave}" 10)`;
      const pay = { op: 'ask', path: CAROL, message: parseNotation(message), id: trio.id() } as const;
      t.not(trio.leaderOf(CAROL), trio.leaderOf(dave));
      const lost = of(trio, dave);
      cluster.call(trio.leaderOf(CAROL), { ...pay, timeoutMs: 2000 }, () => undefined);
      cluster.runFor(moment * STEP);
      for (const node of lost) cluster.crash(node, moment % 2 === 0);
      cluster.runFor(4 * SECOND);
      for (const node of lost) cluster.start(node);
      cluster.runFor(8 * SECOND);
      let tag = tagOf(trio, `(Settle "p${moment}")`);
      for (let asked = 0; tag === 'Waits' && asked < 10; asked++) tag = tagOf(trio, `(Settle "p${moment}")`);
      outcomes.set(tag, (outcomes.get(tag) ?? 0) + 1);
      if (tag === 'Paid') paid += 10;
      t.true(tag === 'Paid' || tag === 'Unknown', `moment ${moment}: ${tag}`);
      t.deepEqual([holds(trio, CAROL), holds(trio, dave)], [1000 - paid, 1000 + paid], `moment ${moment}`);
    }
    t.true((outcomes.get('Paid') ?? 0) > 0, [...outcomes].join());
  });
