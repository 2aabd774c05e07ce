// One thread of the simulator's pool: runs the seeds that it is given, one at a time.
import { parentPort } from 'node:worker_threads';
import { simulate } from '../sim/simulation.ts';
import type { SeedJob, SeedReport } from './sim-pool.ts';

parentPort?.on('message', ({ faults, ...job }: SeedJob) => {
  const started = performance.now();
  const { violation, missed, seed, hash, steps, virtualSeconds, operations, acknowledged, struck } = simulate(
    {
      ...job,
      faults: new Set(faults),
    },
  );
  const report: SeedReport = {
    seed,
    hash,
    steps,
    virtualSeconds,
    operations,
    acknowledged,
    struck,
    milliseconds: performance.now() - started,
    violation: violation && { invariant: violation.invariant, message: violation.message },
    missed: missed?.message,
  };
  parentPort?.postMessage(report);
});
