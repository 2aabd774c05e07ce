// Runs seeds of the simulator on several threads.
import { Worker } from 'node:worker_threads';
import type { FaultKind } from '../sim/fault-plan.ts';

export interface SeedJob {
  readonly seed: number;
  readonly faults: readonly string[];
  /** Kinds of fault that the run has, whatever it draws. */
  readonly kinds?: readonly FaultKind[];
  readonly goesOnUnavailable?: boolean;
}

export interface SeedReport {
  readonly seed: number;
  readonly hash: string;
  readonly steps: number;
  readonly virtualSeconds: number;
  readonly operations: number;
  readonly acknowledged: number;
  readonly struck: ReadonlySet<FaultKind>;
  readonly milliseconds: number;
  readonly violation: { readonly invariant: string; readonly message: string } | undefined;
  /** Where availability was missed and the run went on. */
  readonly missed: string | undefined;
}

/**
 * Runs `jobs` on `threads` threads, in the order in which threads become free, until `onReport` returns true.
 */
export async function runSeeds(
  jobs: Iterable<SeedJob>,
  threads: number,
  onReport: (report: SeedReport) => boolean | undefined,
): Promise<void> {
  const waiting = jobs[Symbol.iterator]();
  let stopped = false;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./sim-worker.ts', import.meta.url));
      const next = () => {
        const job = stopped ? undefined : waiting.next();
        if (job === undefined || job.done) worker.terminate().then(() => resolve(), reject);
        else worker.postMessage(job.value);
      };
      worker.on('message', (report: SeedReport) => {
        if (!stopped && onReport(report) === true) stopped = true;
        next();
      });
      worker.on('error', reject);
      next();
    });
  await Promise.all(Array.from({ length: threads }, work));
}

export function* seedsFrom(
  first: number,
  count: number,
  faults: readonly string[] = [],
  kinds: readonly FaultKind[] = [],
): Generator<SeedJob> {
  for (let seed = first; seed < first + count; seed++) yield { seed, faults, kinds };
}
