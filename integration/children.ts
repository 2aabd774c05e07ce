// Child processes that never outlive us: each is known by its process id, and ended by it when this process
// ends.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/**
 * What ties a node to its standard input: it stops when that ends, as it does when this process is killed.
 * See bin/lifeline.cjs.
 */
export const TIED_TO_INPUT = { SEQ_NODE_LIFELINE: '0' } as const;

const living = new Set<ChildProcess>();
let watching = false;

/** Spawns a process that is killed, by its id, when this process exits or is interrupted. */
export function spawnTracked(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  watchOwnEnd();
  const child = spawn(command, [...args], options);
  living.add(child);
  child.once('exit', () => living.delete(child));
  child.once('error', () => living.delete(child));
  return child;
}

/** Ends every tracked child at once. SIGKILL also ends a process that is stopped by SIGSTOP. */
export function killAllTracked(): void {
  for (const child of living) child.kill('SIGKILL');
  living.clear();
}

/** Resolves with how the child ended, also when it has ended already. */
export function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
}

function watchOwnEnd(): void {
  if (watching) return;
  watching = true;
  process.on('exit', killAllTracked);
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.on(signal, () => {
      // A program that wants a graceful end has a listener of its own (by `on`: that of `once` is gone by
      // now).
      if (process.listenerCount(signal) === 1) process.exit(status);
    });
}
