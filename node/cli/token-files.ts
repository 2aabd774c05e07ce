// Join tokens as files: how the nodes of a deployment without a coordinator get theirs. The first node writes
// them into a directory that the others share with it; each of the others waits for its own.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeqNodeError } from '../base/errors.ts';
import type { NodeApi } from '../host/api.ts';

const POLL_MS = 200;
const RETRY_MS = 250;
const VALID_MS = 24 * 3_600_000;

/** The token in `file`, once there is one. Rejects with `token-refused` when none appears within `waitMs`. */
export async function readTokenFile(file: string, waitMs: number): Promise<string> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const token = readIfThere(file);
    if (token !== '') return token;
    if (performance.now() >= deadline)
      throw new SeqNodeError('token-refused', `${file} holds no token after ${waitMs} ms.`, { file });
    await sleep(POLL_MS);
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw new SeqNodeError('bad-config', `${file} cannot be read (${code}).`, { file });
  }
}

/**
 * Writes `token-1` … `token-N` into `directory`, readable by their owner only, each whole or not at all. A
 * file that is there is kept, so that a restart makes no new tokens. Waits for a cluster that has no leader
 * yet, until `isOver`.
 */
export async function issueTokens(
  api: Pick<NodeApi, 'createToken'>,
  directory: string,
  count: number,
  isOver: () => boolean = () => false,
): Promise<void> {
  // With what only a node needs: other commands load this file, too.
  const { makeDirectory } = await import('../host/data-directory.ts');
  makeDirectory(directory, 0o700);
  for (let number = 1; number <= count; number++) {
    const file = join(directory, `token-${number}`);
    if (existsSync(file)) continue;
    const token = await patiently(() => api.createToken({ validMs: VALID_MS }), isOver);
    if (token === undefined) return;
    writeFileSync(`${file}.new`, `${token.token}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

async function patiently<T>(act: () => Promise<T>, isOver: () => boolean): Promise<T | undefined> {
  while (!isOver()) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof SeqNodeError) || error.exit === 70) throw error;
      await sleep(RETRY_MS);
    }
  }
  return undefined;
}
