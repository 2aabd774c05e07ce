// A compiled module as running code, and what generated code may call outside of itself.
import { type Data, Float, isInt, List, SeqMap, type Value, Variant } from '../../base/value.ts';
import { linesOf } from '../builtins/file-lines.ts';
import type { LineOrigin } from '../compile/code.ts';
import type { CompiledModule, LaterCode, LaterKind } from '../compile/module.ts';
import { Fault, type FaultCode } from '../fault.ts';
import { elements } from '../words/elements.ts';
import { int } from '../words/row.ts';
import { EXHAUSTED, type RunContext } from './context.ts';
import { loadNumeric, type NumericCode, type NumericHooks } from './numeric.ts';
import { Quotation } from './quotation.ts';
import { show } from './show.ts';
import { type CallSite, PAUSE } from './strands.ts';

/** What a word or quotation compiles to. What may stop in the middle gives a generator. */
export type Code = (...args: Value[]) => Value;

export interface ModuleInstance {
  /** By the numbers of CompiledModule.words. */
  word(number: number): Code;
  /** By index of the literal, without captures. */
  literal(index: number): Quotation;
  /** Sets the context and the budget; gives what was there before. */
  begin(context: RunContext, reductions: number): unknown;
  /** Gives the reductions that are left, which is negative when the last word overdrew them. */
  end(before: unknown): number;
  /** Both around a call of `code`, which may throw; `spare` then tells the reductions that are left. */
  turn(
    context: RunContext,
    reductions: number,
    code: (state: SeqMap, message: Data) => Value,
    state: SeqMap,
    message: Data,
  ): Value;
  spare(): number;
  /** Generators note here where they call from. */
  readonly callSite: CallSite;
  /** The place that a line stands for, from 1, of a script that stack traces name so. */
  originAt(script: string, line: number): LineOrigin | undefined;
  /** The name under which stack traces know its WebAssembly. */
  readonly numericName: string;
  /** The places of the program by positions in its WebAssembly, once that runs. */
  numericOrigins(): ReadonlyMap<number, LineOrigin> | undefined;
}

/** `new Function` puts this many lines before the source. */
const LINES_BEFORE = 2;

let instances = 0;

export function instantiateModule(compiled: CompiledModule): ModuleInstance {
  const scriptName = `seq-program-${++instances}`;
  const make = new Function('K', '$', `${compiled.source}\n//# sourceURL=${scriptName}`);
  const callSite: CallSite = { site: -1 };
  let loaded: NumericCode | undefined;
  const numeric = (...hooks: NumericHooks) => {
    loaded = loadNumeric(compiled.numeric!, scriptName, hooks);
    return loaded?.exports;
  };
  const laterOrigins = new Map<string, LaterCode['origins']>();
  const later = (kind: LaterKind, number: number): string => {
    const { source, origins } = compiled.later(kind, number);
    const name = `${scriptName}/${kind}-${number}`;
    laterOrigins.set(name, origins);
    return `${source}\n//# sourceURL=${name}`;
  };
  const instance = make(compiled.constants, { ...support, callSite, numeric, later });
  return {
    ...instance,
    callSite,
    originAt: (script, line) =>
      script === scriptName
        ? compiled.origins[line - 1 - LINES_BEFORE]
        : laterOrigins.get(script)?.[line - 1],
    numericName: `wasm://wasm/${scriptName}-`,
    numericOrigins: () => loaded?.origins,
  };
}

function fault(code: FaultCode, message: string): never {
  throw new Fault(code, message);
}

/** The names with `$` that the prelude takes apart. */
const support = {
  $Variant: Variant,
  $Float: Float,
  $Quotation: Quotation,
  $List: List,
  isInt,
  exhausted: EXHAUSTED,
  pause: PAUSE,
  $fault: fault,
  $notVariant: (value: unknown) =>
    fault('type-fault', `A variant is needed here, but this is ${show(value)}.`),
  $noArm: (value: unknown) => fault('no-match', `No arm of the match fits ${show(value)}.`),
  $wrongVariant: (value: unknown, tag: string) =>
    fault('type-fault', `A ${tag} is needed here, but this is ${show(value)}.`),
  $notBool: (value: unknown) => fault('type-fault', `A Bool is needed here, but this is ${show(value)}.`),
  $truth: (value: unknown): boolean => {
    if (value === true || value === false) return value;
    if (typeof value === 'number' || typeof value === 'bigint') return value !== 0;
    return fault('type-fault', `A Bool is needed here, but this is ${show(value)}.`);
  },
  $misfit: (quotation: unknown, inputs: number, outputs: number) =>
    fault(
      'type-fault',
      quotation instanceof Quotation
        ? `A quotation that takes ${inputs} and gives ${outputs} is needed here, but this takes ${quotation.inputs} and gives ${quotation.outputs}.`
        : `A quotation is needed here, but this is ${show(quotation)}.`,
    ),
  $spawn: (context: RunContext, quotation: unknown, args: readonly Value[]) =>
    context.strands!.spawn(quotation, args),
  $weave: (context: RunContext, quotation: unknown, args: readonly Value[]) =>
    context.strands!.weave(quotation, args),
  $int: (value: unknown) => int(value),
  $items: (value: unknown) => (value instanceof List ? value : List.of(elements(value))),
  $lines: linesOf,
  $entries: (value: unknown) =>
    value instanceof SeqMap
      ? value.entries()
      : fault('type-fault', `A Map is needed here, but this is ${show(value)}.`),
};
