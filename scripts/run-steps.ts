import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { ended, spawnTracked } from '../integration/children.ts';

export type Step = readonly [title: string, command: string, ...args: string[]];

/** While `step` runs, which mostly waits, `beside` takes what it leaves of the processors. */
export interface StepBeside {
  readonly step: Step;
  readonly beside: Step;
}

const LOWEST_PRIORITY = 19;

/** Runs each step in turn with its output shown; exits with the first status that is not 0. */
export async function runSteps(steps: readonly (Step | StepBeside)[]): Promise<void> {
  for (const each of steps) {
    if (!('beside' in each)) await runStep(each);
    else await Promise.all([runStep(each.step), runStepBeside(each.beside)]);
  }
}

async function runStep([title, command, ...args]: Step): Promise<void> {
  const started = performance.now();
  console.log(`\n── ${title}`);
  const status = await statusOf(spawnTracked(command, args, { stdio: 'inherit' }));
  report(title, status, started);
}

/** Its output comes when it has ended. */
async function runStepBeside([title, command, ...args]: Step): Promise<void> {
  const started = performance.now();
  const child = spawnTracked(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) setPriority(child.pid, LOWEST_PRIORITY);
  const [status, ...outputs] = await Promise.all([statusOf(child), text(child.stdout!), text(child.stderr!)]);
  console.log(`\n── ${title}`);
  for (const output of outputs) process.stdout.write(output);
  report(title, status, started);
}

/** What is under way beside it ends with this process. */
function report(title: string, status: number | NodeJS.Signals, started: number): void {
  if (status !== 0) {
    console.error(`── ${title}: failed (${typeof status === 'number' ? `exit ${status}` : status})`);
    process.exit(typeof status === 'number' ? status : 1);
  }
  console.log(`── ${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function statusOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  // It ends what it started itself.
  for (const each of ['SIGTERM', 'SIGHUP'] as const) process.on(each, () => child.kill(each));
  const { code, signal } = await Promise.race([ended(child), failed(child)]);
  return code ?? signal ?? 1;
}

/** Rejects with why the child could not be started. */
async function failed(child: ChildProcess): Promise<never> {
  const [error] = await once(child, 'error');
  throw error;
}
