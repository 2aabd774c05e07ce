// A whole node within a benchmark's process, and what its memory holds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../node/host/config.ts';
import { silentLogger } from '../../node/host/logger.ts';
import { createNode, type RunningNode } from '../../node/host/node.ts';

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Module = Awaited<ReturnType<RunningNode['api']['deploy']>>['hash'];

export interface NodeSettings {
  /** Whether the node founds its cluster; otherwise its data are in the directory. */
  readonly create: boolean;
  readonly settings?: readonly (readonly [setting: string, value: string])[];
}

/** A node that is ready and has the module of bench.seq. */
export async function startNode(
  name: string,
  directory: string,
  { create, settings = [] }: NodeSettings,
): Promise<{ readonly node: RunningNode; readonly module: Module }> {
  const flags = [
    ['node.data', directory],
    ['node.name', name],
    ['p2p.listen', '127.0.0.1:0'],
    ...settings,
  ] as const;
  const { config } = parseConfig({
    flags: flags.map(([setting, value]) => ({ flag: setting, setting, value })),
  });
  const entrance = create ? ({ kind: 'create' } as const) : ({ kind: 'resume' } as const);
  const node = await createNode(config, { logger: silentLogger, entrance });
  while (!(await node.api.readiness()).ready) await sleep(20);
  const source = readFileSync(join(import.meta.dirname, 'bench.seq'), 'utf8');
  const { hash } = await node.api.deploy({ entry: 'bench.seq', files: { 'bench.seq': source } });
  return { node, module: hash };
}

/** Runs `measure` on such a node, and removes its data. */
export async function withNode(
  name: string,
  measure: (node: RunningNode, module: Module) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
  try {
    const { node, module } = await startNode(name, directory, { create: true });
    await measure(node, module);
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
