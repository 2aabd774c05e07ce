// The two forms of a program together: a run begins in the plain form, and goes on in the other when it gets
// too deep.

import type { Value } from '../../base/value.ts';
import type { Fault as FaultResult, ScriptHost, TurnHost } from '../api.ts';
import type { RunContext } from './context.ts';
import type { Engine, FormName, SlicedRun } from './engine.ts';
import type { Code } from './instance.ts';
import { type Failure, leftOrExit } from './outcome.ts';
import { RecordedScript, RecordedTurn } from './replay.ts';

/** Something to run, in whichever form. */
export interface Job<T> {
  readonly host: ScriptHost;
  /** The same host in a turn of an actor. */
  readonly turn: TurnHost | undefined;
  readonly args: readonly Value[];
  code(engine: Engine): Code;
  /** A context of its own for each run. */
  context(engine: Engine, host: ScriptHost, turn: TurnHost | undefined): RunContext;
  /** What the run comes to, from the one value that the code leaves, if any. */
  finish(left: Value, context: RunContext): T;
}

export class Forms {
  readonly plain: Engine;
  readonly #engineOf: (form: FormName) => Engine;
  #resumable: Engine | undefined;

  constructor(engineOf: (form: FormName) => Engine) {
    this.#engineOf = engineOf;
    this.plain = engineOf('plain');
  }

  /** To the end. Each of the two runs may take `reductions`. */
  run<T extends { readonly kind: string }>(job: Job<T>, reductions: number): T | Failure {
    if (this.plain.hasStrands) return toTheEnd(this.launch(job, reductions), reductions);
    const { host, recorded } = recording(job);
    const context = job.context(this.plain, recorded.host, recorded.turn);
    const outcome = this.plain.run(context, reductions, () =>
      job.finish(
        leftOrExit(() => job.code(this.plain)(...job.args)),
        context,
      ),
    );
    if (!isTooDeep(outcome) || !host.rewind()) return outcome;
    return toTheEnd(this.start(recorded, reductions), reductions);
  }

  /** The same, but gives the thread back where every strand waits for the host. */
  launch<T extends { readonly kind: string }>(job: Job<T>, reductions: number): SlicedRun<T> {
    if (!this.plain.hasStrands) return { ...NOTHING_HEARD, resume: () => this.run(job, reductions) };
    const { host, recorded } = recording(job);
    let run = this.#startIn(this.plain, recorded, reductions);
    let canRepeat = true;
    const launched: SlicedRun<T> = {
      whenReady: (ready) => run.whenReady(ready),
      heard: () => run.heard(),
      resume: (slice) => {
        const outcome = run.resume(slice);
        if (!canRepeat || !isTooDeep(outcome) || run.heard() || !host.rewind()) return outcome;
        canRepeat = false;
        run = this.start(recorded, reductions);
        return launched.resume(slice);
      },
    };
    return launched;
  }

  /** In slices, in the resumable form from the start. */
  start<T extends { readonly kind: string }>(job: Job<T>, reductions: number): SlicedRun<T> {
    this.#resumable ??= this.#engineOf('resumable');
    return this.#startIn(this.#resumable, job, reductions);
  }

  #startIn<T extends { readonly kind: string }>(
    engine: Engine,
    job: Job<T>,
    reductions: number,
  ): SlicedRun<T> {
    const context = job.context(engine, job.host, job.turn);
    return engine.start(context, reductions, job.code(engine), job.args, (left) => job.finish(left, context));
  }
}

const NOTHING_HEARD = { whenReady: (ready: () => void) => ready(), heard: () => false };

function recording<T>(job: Job<T>): { host: RecordedScript; recorded: Job<T> } {
  const turn = job.turn === undefined ? undefined : new RecordedTurn(job.turn);
  const host = turn ?? new RecordedScript(job.host);
  return { host, recorded: { ...job, host, turn } };
}

const isTooDeep = (outcome: { readonly kind: string }): boolean =>
  outcome.kind === 'fault' && (outcome as FaultResult).code === 'stack-overflow';

/** Without giving the thread back; there is nothing to wait for then. */
function toTheEnd<T extends { readonly kind: string }>(run: SlicedRun<T>, slice: number): T | Failure {
  for (;;) {
    const result = run.resume(slice);
    if (result.kind === 'waiting') return MUST_WAIT;
    if (result.kind !== 'running') return result as T | Failure;
  }
}

/** What becomes of a run that has to wait for its host where it cannot. */
export const MUST_WAIT: FaultResult = {
  kind: 'fault',
  code: 'must-wait',
  message: 'The run must wait for something outside, and where it runs it cannot.',
  trace: [],
};
