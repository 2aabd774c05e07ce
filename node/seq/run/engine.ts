// One form of a program as running code: what it compiles to, guarded runs of it, and where a fault was.
import type { Value } from '../../base/value.ts';
import type { TraceEntry } from '../api.ts';
import type { Literal, Word } from '../check/ir.ts';
import type { LineOrigin } from '../compile/code.ts';
import type { Form } from '../compile/form.ts';
import { type CompiledModule, compileModule } from '../compile/module.ts';
import type { RunContext } from './context.ts';
import { type Code, instantiateModule, type ModuleInstance, type Task } from './instance.ts';
import { type Failure, guarded, type TraceSource, traceOf } from './outcome.ts';
import type { Quotation } from './quotation.ts';

/** How many frames a resumable run may have. A frame takes about 300 bytes. */
export const FRAMES_MAX = 200_000;

/** A run in slices. */
export interface SlicedRun<T> {
  /** Goes on for about that many steps. */
  resume(steps: number): T | Failure | { readonly kind: 'running' };
}

export class Engine {
  readonly #compiled: CompiledModule;
  readonly #instance: ModuleInstance;
  readonly #source: TraceSource;

  constructor(words: readonly Word[], literals: readonly Literal[], form: Form) {
    this.#compiled = compileModule(words, literals, form);
    this.#instance = instantiateModule(this.#compiled);
    this.#source = { scriptName: this.#instance.scriptName, origins: this.#compiled.origins };
  }

  word(word: Word): Code {
    return this.#instance.words[this.#compiled.words.get(word)!]!;
  }

  quotation(index: number): Quotation | undefined {
    return this.#instance.quotations[index];
  }

  /** The place of the word that is carried out now. */
  here(): TraceEntry | undefined {
    return traceOf(new Error(), this.#source)[0];
  }

  /** Runs to the end. */
  run<T>(context: RunContext, steps: number, run: () => T): T | Failure {
    const before = this.#instance.begin(context, wholeSteps(steps));
    const result = guarded(run, this.#source);
    this.#instance.end(before);
    return result;
  }

  /** Only of the resumable form. `code` is called with `args` in the first slice; `finish` gets what it leaves. */
  start<T>(
    context: RunContext,
    steps: number,
    code: Code,
    args: readonly Value[],
    finish: (left: Value) => T,
  ): SlicedRun<T> {
    const instance = this.#instance;
    const sites = this.#compiled.sites;
    let left = wholeSteps(steps);
    let task: Task | undefined;
    const source: TraceSource = { ...this.#source, waiting: () => waiting(task, sites) };
    const go = (): { result: T } | undefined => {
      task ??= instance.task(generatorOf(code(...args)), FRAMES_MAX);
      return task.resume() ? { result: finish(task.result) } : undefined;
    };
    return {
      resume(slice) {
        const given = Math.min(left, Math.max(1, wholeSteps(slice)));
        const before = instance.begin(context, given);
        const outcome = guarded(go, source);
        left -= given - instance.end(before);
        if (outcome === undefined) return { kind: left > 0 ? 'running' : 'exhausted' };
        return 'result' in outcome ? outcome.result : outcome;
      },
    };
  }
}

const wholeSteps = (steps: number): number => Math.max(0, Math.floor(steps));

/** A bounded word gives its value at once, and a value has no `next`. */
function generatorOf(started: Value): Iterator<unknown, Value> {
  if (typeof started === 'object' && 'next' in started) return started as Iterator<unknown, Value>;
  return { next: () => ({ done: true, value: started }) };
}

function* waiting(task: Task | undefined, sites: readonly LineOrigin[]): Iterable<LineOrigin> {
  for (let i = (task?.sites.length ?? 0) - 1; i >= 0; i--) {
    const origin = sites[task!.sites[i]!];
    if (origin !== undefined) yield origin;
  }
}
