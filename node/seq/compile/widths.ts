// How many values a row stands for. A word whose effect names a row, as in ( ..a Bool [ ..a -- ..b ] -- ..b
// ), is compiled once for each number of values that its quotations reach below what they declare; those pass
// as further parameters.
import type { QuoteArgument, Word } from '../check/ir.ts';
import { depthOf, type Quote, rowOf, type Stack } from '../check/types.ts';

/** By the name of the row; rows that are not there are 0 wide. */
export type Widths = ReadonlyMap<string, number>;

export const NO_WIDTHS: Widths = new Map();
/** A word that keeps asking for wider copies of itself is refused. */
export const WIDTH_MAX = 64;

/** How many values of the stack a function with these widths can see. */
export function arityOf(stack: Stack, widths: Widths): number {
  const row = rowOf(stack);
  return depthOf(stack) + (row.rigid ? (widths.get(row.name) ?? 0) : 0);
}

/** How wide the callee's rows are when it is called with these quotations. */
export function calleeWidths(word: Word, quotes: readonly QuoteArgument[], widths: Widths): Widths {
  if (quotes.length === 0) return NO_WIDTHS;
  const declared: Quote[] = [];
  collectInputs(word.inputs, declared);
  const result = new Map<string, number>();
  const pairs = quotes.map(({ index, quote }) => ({ declared: declared[index]!, quote }));
  for (const pair of pairs) {
    const row = rowOf(pair.declared.inputs).name;
    const reach = arityOf(pair.quote.inputs, widths) - depthOf(pair.declared.inputs);
    result.set(row, Math.max(result.get(row) ?? 0, reach));
  }
  for (const pair of pairs) {
    const input = rowOf(pair.declared.inputs).name;
    const output = rowOf(pair.declared.outputs).name;
    if (input === output) continue;
    const untouched =
      result.get(input)! - (arityOf(pair.quote.inputs, widths) - depthOf(pair.declared.inputs));
    const wide = arityOf(pair.quote.outputs, widths) + untouched - depthOf(pair.declared.outputs);
    result.set(output, Math.max(result.get(output) ?? 0, wide));
  }
  return result;
}

/** The declared inputs of a word at their positions; those that are no quotations leave holes. */
function collectInputs(stack: Stack, into: Quote[]): void {
  const depth = depthOf(stack);
  let at = depth - 1;
  for (let s = stack; s.kind === 'cons'; s = s.below, at--) if (s.top.kind === 'quote') into[at] = s.top;
}

/** A text that is the same for the same widths. */
export function widthsKey(widths: Widths): string {
  return [...widths]
    .filter(([, width]) => width > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([row, width]) => `${row}=${width}`)
    .join(',');
}
