// One thread of the simulator's pool: runs the seeds that it is given, one at a time.
import { parentPort } from 'node:worker_threads';
import { simulate } from '../sim/simulation.ts';
import type { SeedJob, SeedReport } from './sim-pool.ts';

parentPort?.on('message', ({ seed, faults, kinds = [], goesOnUnavailable = false }: SeedJob) => {
  const started = performance.now();
  const { violation, missed, hash, steps, virtualSeconds, operations, acknowledged, struck } = simulate({
    seed,
    faults: new Set(faults),
    kinds,
    goesOnUnavailable,
  });
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
