// What pending timers cost in memory: `node --expose-gc scripts/bench/pending-timers.ts [COUNT]` prints one
// JSON object. A whole node runs in this process, and its actors set timers that are due in an hour.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Variant } from '../../node/base/value.ts';
import { parseConfig } from '../../node/host/config.ts';
import { silentLogger } from '../../node/host/logger.ts';
import { createNode } from '../../node/host/node.ts';

const COUNT = Number(process.argv[2] ?? 1_000_000);
const ACTORS = 100;
const SET = 100;
const HOUR_MS = 3_600_000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Bytes that are in use once everything is done and the garbage is gone. */
async function usedBytes(): Promise<number> {
  await sleep(1000);
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const directory = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
try {
  const flags = [
    ['node.data', directory],
    ['node.name', 'timers'],
    ['p2p.listen', '127.0.0.1:0'],
  ] as const;
  const { config } = parseConfig({
    flags: flags.map(([setting, value]) => ({ flag: setting, setting, value })),
  });
  const node = await createNode(config, { logger: silentLogger, entrance: { kind: 'create' } });
  while (!(await node.api.readiness()).ready) await sleep(20);
  const source = readFileSync(join(import.meta.dirname, 'bench.seq'), 'utf8');
  const { hash } = await node.api.deploy({ entry: 'bench.seq', files: { 'bench.seq': source } });
  const paths = Array.from({ length: ACTORS }, (_, at) => `/bench/pending/p${at}`);
  for (const path of paths) await node.api.spawn(path, { module: hash, word: 'worker' }, { id: `s${path}` });
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
  await node.stop();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
