// Rows of older releases made from rows of today: the same work, with other types at the edges.
import type { Value } from '../../../base/value.ts';
import { Fault, type FaultCode } from '../../fault.ts';
import type { RunContext } from '../../run/context.ts';
import { WAIT } from '../../run/strands.ts';
import { bool, int, type Results } from '../../words/row.ts';
import { Socket } from '../net.ts';
import type { BuiltinRow } from '../table.ts';

interface Edges {
  readonly effect: string;
  readonly args?: (args: readonly Value[]) => Value[];
  /** What the word of today leaves, bottom to top, and what it was given. */
  readonly results?: (results: readonly Value[], args: readonly Value[]) => Results;
}

const listed = (results: Results): readonly Value[] => {
  if (results === undefined) return [];
  return Array.isArray(results) ? (results as readonly Value[]) : [results as Value];
};

/** The row with its arguments and results changed. Of the ways to carry it out only calls are left. */
export function edged(row: BuiltinRow, { effect, args, results }: Edges): BuiltinRow {
  const given = (all: readonly Value[]): readonly Value[] => args?.(all) ?? all;
  const left = (all: Results, by: readonly Value[]): Results =>
    results === undefined ? all : results(listed(all), by);
  const { find: _find, ...kept } = row;
  const { run, host, suspends } = row;
  return {
    ...kept,
    effect,
    outOfLine: true,
    ...(run === undefined ? {} : { run: (...all: Value[]) => left(run(...given(all)), all) }),
    ...(host === undefined
      ? {}
      : { host: (context: RunContext, ...all: Value[]) => left(host(context, ...given(all)), all) }),
    ...(suspends === undefined ? {} : { suspends: edgedWait(suspends, given, left) }),
  };
}

/**
 * Results that come later pass through `left`, too: it stands between the word and the strands that it waits
 * with.
 */
function edgedWait(
  suspends: NonNullable<BuiltinRow['suspends']>,
  given: (all: readonly Value[]) => readonly Value[],
  left: (all: Results, by: readonly Value[]) => Results,
): NonNullable<BuiltinRow['suspends']> {
  return (context, ...all) => {
    const waitFor = <T>(pending: never, results: (value: T) => Results) =>
      context.strands!.waitFor<T>(pending, (value) => left(results(value), all));
    const inner = Object.create(context, { strands: { value: { waitFor } } }) as RunContext;
    const now = suspends(inner, ...given(all));
    return now === WAIT ? now : left(now as Results, all);
  };
}

/** Types of a simple effect, in order. */
const typesOf = (effect: string): [inputs: string[], outputs: string[]] => {
  const [inputs, outputs] = effect.replace(/^\(|\)$/g, '').split('--');
  return [inputs!.trim().split(/\s+/), outputs!.trim().split(/\s+/)];
};

/**
 * The word without the Bool that it leaves last. Where that is false, `otherwise` gives the result or throws.
 */
export function withoutFlag(
  row: BuiltinRow,
  otherwise: (args: readonly Value[], value: Value | undefined) => Value | undefined,
): BuiltinRow {
  return edged(row, {
    effect: row.effect.replace(/ Bool \)$/, ' )'),
    results: (all, args) => {
      const value = all.length > 1 ? all[0] : undefined;
      return all.at(-1) === true ? value : otherwise(args, value);
    },
  });
}

/** What ends the run where a word of today leaves false. */
export const faulting =
  (code: FaultCode, message: string): (() => never) =>
  () => {
    throw new Fault(code, message);
  };

/** Bools as the Ints 0 and 1; in the effects of quotations, too, whose results are taken as they come. */
export function flagsAsInts(row: BuiltinRow): BuiltinRow {
  const effect = row.effect.replaceAll('Bool', 'Int');
  if (row.template !== undefined || row.special || row.give !== undefined || effect === row.effect)
    return { ...row, effect };
  const [inputs, outputs] = typesOf(row.effect);
  return edged(row, {
    effect,
    args: (args) => args.map((arg, i) => (inputs[i] === 'Bool' ? bool(arg) : arg)),
    results: (all) => {
      const left = all.map((each, i) => (outputs[i] === 'Bool' ? Number(each) : each));
      return left.length === 1 ? left[0] : left;
    },
  });
}

/** Sockets as their numbers. */
export function socketsAsInts(row: BuiltinRow): BuiltinRow {
  const [inputs] = typesOf(row.effect);
  return edged(row, {
    effect: row.effect.replaceAll('Socket', 'Int'),
    args: (args) => args.map((arg, i) => (inputs[i] === 'Socket' ? new Socket(int(arg)) : arg)),
    results: (all) => {
      const left = all.map((each) =>
        (each as unknown) instanceof Socket ? (each as unknown as Socket).id : each,
      );
      return left.length === 1 ? left[0] : left;
    },
  });
}
