import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ended, spawnTracked } from '../integration/children.ts';

/** Runs each command in turn with its output shown; exits with the first status that is not 0. */
export async function runSteps(
  steps: readonly (readonly [title: string, command: string, ...args: string[]])[],
): Promise<void> {
  for (const [title, command, ...args] of steps) {
    const started = performance.now();
    console.log(`\n── ${title}`);
    const child = spawnTracked(command, args, { stdio: 'inherit' });
    // It ends what it started itself.
    for (const each of ['SIGTERM', 'SIGHUP'] as const) process.on(each, () => child.kill(each));
    const { code, signal } = await Promise.race([ended(child), failed(child)]);
    if (code !== 0) {
      console.error(`── ${title}: failed (${signal ?? `exit ${code}`})`);
      process.exit(code ?? 1);
    }
    console.log(`── ${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

/** Rejects with why the child could not be started. */
async function failed(child: ChildProcess): Promise<never> {
  const [error] = await once(child, 'error');
  throw error;
}
