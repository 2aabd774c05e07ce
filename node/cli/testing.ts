// `seq-node/testing`: a real node within the process of a test. Its types for users are in bin/testing.d.ts.
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeqNodeError } from '../base/errors.ts';
import { startLoneNode } from './lone-node.ts';

export interface TestNodeOptions {
  readonly data?: string;
  readonly memory?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestNode extends AsyncDisposable {
  readonly url: string;
  readonly data: string;
  stop(): Promise<void>;
}

/** A file system of Linux that has no disk below it. */
const MEMORY = '/dev/shm';

/**
 * Starts a node that is a cluster of its own, on free ports of loopback, and resolves once it serves.
 *
 * Its store and its log are those of production. They lie in a temporary directory, which is removed at the
 * end; with `memory` in one of /dev/shm, so that nothing waits for a disk; or in `data`, which stays. Rejects
 * with SeqNodeError.
 */
export async function testNode({
  data,
  memory = false,
  settings = {},
}: TestNodeOptions = {}): Promise<TestNode> {
  if (memory && data !== undefined)
    throw new SeqNodeError('bad-config', 'A test node has data or memory, not both.');
  if (memory && !isWritable(MEMORY))
    throw new SeqNodeError('bad-config', `This machine has no ${MEMORY} to keep data in memory.`);
  const directory = data ?? mkdtempSync(join(memory ? MEMORY : tmpdir(), 'seq-node-test-'));
  const remove = () => {
    if (data === undefined) rmSync(directory, { recursive: true, force: true });
  };
  try {
    const node = await startLoneNode('testNode', directory, { 'node.name': 'test', ...settings });
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= node.stop().finally(remove));
    return { url: node.url, data: directory, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    remove();
    throw error;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
