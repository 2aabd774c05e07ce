// Runs of a word of effect ( -- ), and of main.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import type { Text, Value } from '../../base/value.ts';
import type { ScriptHost, ScriptResult, ScriptRun, TurnHost } from '../api.ts';
import { Context, type RunContext } from './context.ts';
import type { SlicedRun } from './engine.ts';
import type { Job } from './forms.ts';
import type { Quotation } from './quotation.ts';

/** What a script may do when nothing says otherwise: enough for hours. */
export const SCRIPT_REDUCTIONS = 1e15;

/** The word that a script runs. */
export interface ScriptWord {
  /** Its place among the words of the program. */
  readonly number: number;
  /** The file that it is in: what the program has as its own name. */
  readonly file: string;
}

export const scriptJob = (
  { number, file }: ScriptWord,
  host: ScriptHost | TurnHost,
  args: readonly Text[],
  reference: (quotation: Quotation) => BehaviourRef,
): Job<ScriptResult> => ({
  host,
  turn: 'spawn' in host ? host : undefined,
  args: [],
  code: (engine) => engine.word(number),
  context: (engine, on, turn) => new Context(on, turn, [file, ...args], () => engine.here(), reference),
  finish: scriptDone,
});

export const NO_MAIN: ScriptResult = {
  kind: 'fault',
  code: 'no-main',
  message: 'The program has no word main.',
  trace: [],
};

export const noWord = (name: string): ScriptResult => ({
  kind: 'fault',
  code: 'no-word',
  message: `The program has no word ${name} ( -- ).`,
  trace: [],
});

/** A run of a script, as the rest of the node sees it. */
export function scriptRun(run: SlicedRun<ScriptResult>): ScriptRun {
  return {
    resume(reductions) {
      const result = run.resume(reductions);
      if (result.kind !== 'waiting') return result;
      return { kind: 'waiting', whenReady: run.whenReady };
    },
  };
}

/** `exit` is the exit code, if main leaves one or `os.exit` was called. */
function scriptDone(exit: Value | undefined, { test }: RunContext): ScriptResult {
  return typeof exit === 'number' ? { kind: 'done', exitCode: exit & 0xff, test } : { kind: 'done', test };
}
