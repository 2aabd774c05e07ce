// What an idle actor costs in memory: `node --expose-gc scripts/bench/idle-actors.ts` prints one JSON object.
// A whole node runs in this process; actors are spawned in steps, each takes one turn and then rests.
import type { ModuleHash } from '../../node/base/ids.ts';
import { Variant } from '../../node/base/value.ts';
import type { RunningNode } from '../../node/host/node.ts';
import { usedBytes, withNode } from './one-node.ts';

const STEP = 10_000;
const STEPS = 4;
const AT_ONCE = 500;

async function spawnStep(node: RunningNode, module: ModuleHash, step: number): Promise<void> {
  const numbers = Array.from({ length: STEP }, (_, at) => at);
  for (let from = 0; from < STEP; from += AT_ONCE)
    await Promise.all(
      numbers.slice(from, from + AT_ONCE).map(async (at) => {
        const path = `/bench/idle/s${step}-${at}`;
        await node.api.spawn(path, { module, word: 'worker' }, { id: `s${path}` });
        await node.api.tell(path, new Variant('Add', [1]), { id: `t${path}` });
      }),
    );
}

await withNode('memory', async (node, module) => {
  // The first step also pays for compiled code and tables that grow by doubling.
  await spawnStep(node, module, 0);
  const bytes: number[] = [];
  let before = await usedBytes();
  for (let step = 1; step <= STEPS; step++) {
    await spawnStep(node, module, step);
    const after = await usedBytes();
    bytes.push((after - before) / STEP);
    before = after;
  }
  const resident = Number(/^seqnode_actors_resident (\d+)$/m.exec(node.api.metrics())?.[1]);
  if (resident < STEP * (STEPS + 1)) throw new Error(`only ${resident} actors are resident`);
  process.stdout.write(`${JSON.stringify({ bytes, resident })}\n`);
});
