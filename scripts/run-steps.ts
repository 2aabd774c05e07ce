import { spawnSync } from 'node:child_process';

/** Runs each command in turn with its output shown; exits with the first status that is not 0. */
export function runSteps(
  steps: readonly (readonly [title: string, command: string, ...args: string[]])[],
): void {
  for (const [title, command, ...args] of steps) {
    const started = performance.now();
    console.log(`\n── ${title}`);
    const result = spawnSync(command, args, { stdio: 'inherit' });
    if (result.error) console.error(result.error.message);
    if (result.status !== 0) {
      console.error(`── ${title}: failed (exit ${result.status ?? result.signal})`);
      process.exit(result.status ?? 1);
    }
    console.log(`── ${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}
