// Runs seeds of the simulator on several threads.
import { Worker } from 'node:worker_threads';
import type { CoreLimits } from '../node/core/types.ts';
import type { ExtraName } from '../sim/extras.ts';
import type { FaultKind } from '../sim/fault-plan.ts';

export interface SeedJob {
  readonly seed: number;
  readonly faults: readonly string[];
  /** Kinds of fault that the run has, whatever it draws. */
  readonly kinds?: readonly FaultKind[];
  /** What the clients do besides, in the place of what the seed draws. */
  readonly extras?: readonly ExtraName[];
  /** Limits in the place of those that the seed draws. */
  readonly limits?: Partial<CoreLimits>;
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

interface Run {
  readonly jobs: Iterator<SeedJob>;
  /** Ends the run by `true`: reports of what is under way are dropped. */
  readonly onReport: (report: SeedReport) => boolean | undefined;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  underWay: number;
  isGivenOut: boolean;
  isStopped: boolean;
}

/**
 * Threads that stay: the first seeds of a thread cost several times as much as later ones. Runs are served in
 * the order in which they were asked for; a thread that the first has nothing for goes on with the next.
 */
export class SeedPool {
  readonly #threads: number;
  readonly #workers = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #runs = new Set<Run>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** Runs `jobs`, until `onReport` returns true. */
  run(jobs: Iterable<SeedJob>, onReport: Run['onReport']): Promise<void> {
    return new Promise((done, failed) => {
      const state = { underWay: 0, isGivenOut: false, isStopped: false };
      this.#runs.add({ jobs: jobs[Symbol.iterator](), onReport, done, failed, ...state });
      while (this.#workers.size < this.#threads) this.#idle.push(this.#makeWorker());
      for (const worker of this.#idle.splice(0)) this.#next(worker);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  #makeWorker(): Worker {
    const worker = new Worker(new URL('./sim-worker.ts', import.meta.url));
    this.#workers.add(worker);
    worker.on('error', (error) => {
      this.#workers.delete(worker);
      for (const run of this.#runs) run.failed(error);
      this.#runs.clear();
    });
    return worker;
  }

  #next(worker: Worker): void {
    const { run, job } = this.#nextJob() ?? {};
    if (run === undefined) {
      this.#idle.push(worker);
      return;
    }
    run.underWay++;
    worker.once('message', (report: SeedReport) => {
      run.underWay--;
      if (!run.isStopped) run.isStopped = run.onReport(report) === true;
      this.#endIfDone(run);
      this.#next(worker);
    });
    worker.postMessage(job);
  }

  #nextJob(): { readonly run: Run; readonly job: SeedJob } | undefined {
    for (const run of this.#runs) {
      const next = run.isStopped || run.isGivenOut ? undefined : run.jobs.next();
      if (next !== undefined && !next.done) return { run, job: next.value };
      run.isGivenOut = true;
      this.#endIfDone(run);
    }
    return undefined;
  }

  #endIfDone(run: Run): void {
    if (!(run.isGivenOut || run.isStopped) || run.underWay > 0 || !this.#runs.delete(run)) return;
    run.done();
  }
}

export function* seedsFrom(
  first: number,
  count: number,
  faults: readonly string[] = [],
  kinds: readonly FaultKind[] = [],
): Generator<SeedJob> {
  for (let seed = first; seed < first + count; seed++) yield { seed, faults, kinds };
}
