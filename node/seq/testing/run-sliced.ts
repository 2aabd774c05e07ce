import type { ScriptResult, ScriptRun } from '../api.ts';

/** Runs to the end in slices of so many steps. Throws where the program waits for its host. */
export function runSliced(run: ScriptRun, steps: () => number): ScriptResult {
  for (;;) {
    const result = run.resume(steps());
    if (result.kind === 'waiting') throw new Error('the program waits for its host');
    if (result.kind !== 'running') return result;
  }
}
