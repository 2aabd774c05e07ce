// A whole node within a benchmark's process, and what its memory holds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../node/host/config.ts';
import { silentLogger } from '../../node/host/logger.ts';
import { createNode, type RunningNode } from '../../node/host/node.ts';

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs `measure` on a node that has the module of bench.seq, and removes its data. */
export async function withNode(
  name: string,
  measure: (
    node: RunningNode,
    module: Awaited<ReturnType<RunningNode['api']['deploy']>>['hash'],
  ) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
  try {
    const flags = [
      ['node.data', directory],
      ['node.name', name],
      ['p2p.listen', '127.0.0.1:0'],
    ] as const;
    const { config } = parseConfig({
      flags: flags.map(([setting, value]) => ({ flag: setting, setting, value })),
    });
    const node = await createNode(config, { logger: silentLogger, entrance: { kind: 'create' } });
    while (!(await node.api.readiness()).ready) await sleep(20);
    const source = readFileSync(join(import.meta.dirname, 'bench.seq'), 'utf8');
    const { hash } = await node.api.deploy({ entry: 'bench.seq', files: { 'bench.seq': source } });
    await measure(node, hash);
    await node.stop();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Bytes that are in use once everything is done and the garbage is gone; needs `--expose-gc`. */
export async function usedBytes(): Promise<number> {
  await sleep(1000);
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
