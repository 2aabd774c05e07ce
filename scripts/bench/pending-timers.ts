// What pending timers cost in memory: `node --expose-gc scripts/bench/pending-timers.ts [COUNT]` prints one
// JSON object. A whole node runs in this process, and its actors set timers that are due in an hour.
import { Variant } from '../../node/base/value.ts';
import { usedBytes, withNode } from './one-node.ts';

const COUNT = Number(process.argv[2] ?? 1_000_000);
const ACTORS = 100;
const SET = 100;
const HOUR_MS = 3_600_000;

await withNode('timers', async (node, module) => {
  const paths = Array.from({ length: ACTORS }, (_, at) => `/bench/pending/p${at}`);
  for (const path of paths) await node.api.spawn(path, { module, word: 'worker' }, { id: `s${path}` });
  const arm = (turn: number) =>
    Promise.all(
      paths.map((path) => node.api.tell(path, new Variant('Arm', [SET, HOUR_MS]), { id: `${turn}${path}` })),
    );
  // The first ones also pay for compiled code and tables that grow by doubling.
  await arm(0);
  const before = await usedBytes();
  const startedAt = performance.now();
  const turns = Math.ceil(COUNT / (ACTORS * SET));
  for (let turn = 1; turn <= turns; turn++) await arm(turn);
  const seconds = (performance.now() - startedAt) / 1000;
  const bytes = (await usedBytes()) - before;
  const timers = turns * ACTORS * SET;
  const { rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ timers, bytes, rss, setPerSecond: timers / seconds })}\n`);
});
