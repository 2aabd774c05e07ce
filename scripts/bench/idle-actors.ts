// What an idle actor costs in memory: `node --expose-gc scripts/bench/idle-actors.ts` prints one JSON object.
// A whole node runs in this process; actors are spawned in steps, each takes one turn and then rests.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Variant } from '../../node/base/value.ts';
import { parseConfig } from '../../node/host/config.ts';
import { silentLogger } from '../../node/host/logger.ts';
import { createNode, type RunningNode } from '../../node/host/node.ts';

const STEP = 10_000;
const STEPS = 4;
const AT_ONCE = 500;

async function start(directory: string): Promise<RunningNode> {
  const flags = [
    ['node.data', directory],
    ['node.name', 'memory'],
    ['p2p.listen', '127.0.0.1:0'],
  ] as const;
  const { config } = parseConfig({
    flags: flags.map(([setting, value]) => ({ flag: setting, setting, value })),
  });
  const node = await createNode(config, { logger: silentLogger, entrance: { kind: 'create' } });
  while (!(await node.api.readiness()).ready) await sleep(20);
  return node;
}

async function spawnStep(node: RunningNode, module: string, step: number): Promise<void> {
  const numbers = Array.from({ length: STEP }, (_, at) => at);
  for (let from = 0; from < STEP; from += AT_ONCE)
    await Promise.all(
      numbers.slice(from, from + AT_ONCE).map(async (at) => {
        const path = `/bench/idle/s${step}-${at}`;
        await node.api.spawn(path, { module: module as never, word: 'worker' }, { id: `s${path}` });
        await node.api.tell(path, new Variant('Add', [1]), { id: `t${path}` });
      }),
    );
}

/** Bytes that are in use once everything is done and the garbage is gone. */
async function usedBytes(): Promise<number> {
  await sleep(500);
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const directory = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
try {
  const node = await start(directory);
  const source = readFileSync(join(import.meta.dirname, 'bench.seq'), 'utf8');
  const { hash } = await node.api.deploy({ entry: 'bench.seq', files: { 'bench.seq': source } });
  // The first step also pays for compiled code and tables that grow by doubling.
  await spawnStep(node, hash, 0);
  const bytes: number[] = [];
  let before = await usedBytes();
  for (let step = 1; step <= STEPS; step++) {
    await spawnStep(node, hash, step);
    const after = await usedBytes();
    bytes.push((after - before) / STEP);
    before = after;
  }
  const resident = Number(/^seqnode_actors_resident (\d+)$/m.exec(node.api.metrics())?.[1]);
  if (resident < STEP * (STEPS + 1)) throw new Error(`only ${resident} actors are resident`);
  await node.stop();
  process.stdout.write(`${JSON.stringify({ bytes, resident })}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
