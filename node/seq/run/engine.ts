// One form of a program as running code: what it compiles to, guarded runs of it, and where a fault was.
import type { Data, SeqMap, Value } from '../../base/value.ts';
import type { TraceEntry } from '../api.ts';
import type { LineOrigin } from '../compile/code.ts';
import type { Form } from '../compile/form.ts';
import type { CompiledModule } from '../compile/module.ts';
import type { RunContext } from './context.ts';
import { type Code, instantiateModule, type ModuleInstance } from './instance.ts';
import {
  deepTraces,
  type Failure,
  failureOf,
  guarded,
  leftOrExit,
  type TraceSource,
  traceOf,
  usualTraces,
} from './outcome.ts';
import type { Quotation } from './quotation.ts';
import { Strands } from './strands.ts';

/** A run in slices. */
export interface SlicedRun<T> {
  /** Goes on for about that many reductions, but at most until every strand waits for the host. */
  resume(reductions: number): T | Failure | { readonly kind: 'running' } | { readonly kind: 'waiting' };
  /** Calls `ready` once, as soon as a strand that waits for the host can go on. */
  whenReady(ready: () => void): void;
  /**
   * Whether something has come in from outside, which the same run from the start would not get at the same
   * point.
   */
  heard(): boolean;
}

/** See compile/form.ts. */
export type FormName = Form['name'];

export class Engine {
  /** Whether runs need strands: then `run` is not for them. */
  readonly hasStrands: boolean;
  /** What the newest `turn` left of its reductions; negative when its last word overdrew them. */
  readonly reductionsLeft: () => number;
  readonly #compiled: CompiledModule;
  readonly #instance: ModuleInstance;
  readonly #source: TraceSource;
  readonly #pauses: boolean;

  constructor(compiled: CompiledModule, form: FormName) {
    this.#compiled = compiled;
    this.#instance = instantiateModule(this.#compiled);
    this.reductionsLeft = this.#instance.spare;
    this.#source = this.#instance;
    this.#pauses = form === 'resumable';
    this.hasStrands = this.#compiled.strands;
  }

  /** By the number of the word. */
  word(number: number): Code {
    return this.#instance.word(number);
  }

  quotation(index: number): Quotation {
    return this.#instance.literal(index);
  }

  /** The place of the word that is carried out now. */
  here(): TraceEntry | undefined {
    return traceOf(new Error(), this.#source)[0];
  }

  /** Runs to the end. Only of the plain form. */
  run<T>(context: RunContext, reductions: number, run: () => T): T | Failure {
    const before = this.#instance.begin(context, wholeReductions(reductions));
    const result = guarded(run, this.#source);
    this.#instance.end(before);
    return result;
  }

  /**
   * One turn to its end, without an object for each part of it; `reductions` is a whole number. Only of the
   * plain form.
   */
  turn(
    context: RunContext,
    reductions: number,
    code: (state: SeqMap, message: Data) => Value,
    finish: (state: SeqMap, left: Value) => SeqMap,
    state: SeqMap,
    message: Data,
  ): SeqMap | Failure {
    const limit = deepTraces();
    try {
      const left = this.#instance.turn(context, reductions, code, state, message);
      return finish(state, left);
    } catch (thrown) {
      return failureOf(thrown, this.#source);
    } finally {
      usualTraces(limit);
    }
  }

  /**
   * `code` is called with `args` in the first slice, as the first strand; `finish` gets what it leaves, once
   * all strands have ended. The plain form does not stop where a slice ends.
   */
  start<T>(
    context: RunContext,
    reductions: number,
    code: Code,
    args: readonly Value[],
    finish: (left: Value) => T,
  ): SlicedRun<T> {
    const instance = this.#instance;
    const strands = new Strands(instance.callSite, () => code(...args), context.turn === undefined);
    context.strands = strands;
    const source: TraceSource = { ...this.#source, waiting: () => waiting(strands, this.#compiled.sites) };
    let left = wholeReductions(reductions);
    const go = (): { result: T } | 'running' | 'waiting' => {
      const state = leftOrExit(() => strands.go());
      if (typeof state === 'number') return { result: finish(state) };
      return state === 'ended' ? { result: finish(strands.result) } : state;
    };
    return {
      whenReady: (ready) => strands.whenReady(ready),
      heard: () => strands.heard,
      resume: (slice) => {
        const given = this.#pauses ? Math.min(left, Math.max(1, wholeReductions(slice))) : left;
        const before = instance.begin(context, given);
        const outcome = guarded(go, source);
        left -= given - instance.end(before);
        if (typeof outcome === 'object') return 'result' in outcome ? outcome.result : outcome;
        if (outcome === 'waiting') return { kind: 'waiting' };
        return { kind: left > 0 ? 'running' : 'exhausted' };
      },
    };
  }
}

export const wholeReductions = (reductions: number): number => (reductions > 0 ? Math.floor(reductions) : 0);

function* waiting(strands: Strands, sites: readonly LineOrigin[]): Iterable<LineOrigin> {
  for (const site of strands.sites()) {
    const origin = sites[site];
    if (origin !== undefined) yield origin;
  }
}
