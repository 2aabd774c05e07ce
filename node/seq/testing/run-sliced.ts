import type { ScriptResult, ScriptRun } from '../api.ts';

/** Runs to the end in slices of so many reductions. Throws where the program waits for its host. */
export function runSliced(run: ScriptRun, reductions: () => number): ScriptResult {
  for (;;) {
    const result = run.resume(reductions());
    if (result.kind === 'waiting') throw new Error('the program waits for its host');
    if (result.kind !== 'running') return result;
  }
}
