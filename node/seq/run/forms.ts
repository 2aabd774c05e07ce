// The two forms of a program together: a run begins in the plain form, and goes on in the other when it gets too deep.

import type { Value } from '../../base/value.ts';
import type { Fault as FaultResult, ScriptHost, TurnHost } from '../api.ts';
import type { Literal, Word } from '../check/ir.ts';
import { PLAIN, RESUMABLE } from '../compile/form.ts';
import type { RunContext } from './context.ts';
import { Engine, type SlicedRun } from './engine.ts';
import type { Code } from './instance.ts';
import type { Failure } from './outcome.ts';
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
  readonly #words: readonly Word[];
  readonly #literals: readonly Literal[];
  #resumable: Engine | undefined;

  constructor(words: readonly Word[], literals: readonly Literal[]) {
    this.#words = words;
    this.#literals = literals;
    this.plain = new Engine(words, literals, PLAIN);
  }

  /** To the end. Each of the two runs may take `steps`. */
  run<T extends { readonly kind: string }>(job: Job<T>, steps: number): T | Failure {
    const turn = job.turn === undefined ? undefined : new RecordedTurn(job.turn);
    const host = turn ?? new RecordedScript(job.host);
    const context = job.context(this.plain, host, turn);
    const outcome = this.plain.run(context, steps, () =>
      job.finish(job.code(this.plain)(...job.args), context),
    );
    const tooDeep = outcome.kind === 'fault' && (outcome as FaultResult).code === 'stack-overflow';
    if (!tooDeep || !host.rewind()) return outcome;
    const run = this.start({ ...job, host, turn }, steps);
    for (;;) {
      const again = run.resume(steps);
      if (again.kind !== 'running') return again as T | Failure;
    }
  }

  /** In slices, in the resumable form from the start. */
  start<T extends { readonly kind: string }>(job: Job<T>, steps: number): SlicedRun<T> {
    this.#resumable ??= new Engine(this.#words, this.#literals, RESUMABLE);
    const engine = this.#resumable;
    const context = job.context(engine, job.host, job.turn);
    return engine.start(context, steps, job.code(engine), job.args, (left) => job.finish(left, context));
  }
}
