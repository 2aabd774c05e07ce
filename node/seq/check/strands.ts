// strand.spawn and strand.weave: what they start works on a copy of the stack, so nothing is taken from it.
import type { Span } from '../syntax/diagnostic.ts';
import type { WordChecker } from './checker.ts';
import type { Op } from './ir.ts';
import { CONCRETE, freshVar, INT } from './types.ts';

const WEAVE = CONCRETE.get('WeaveCtx')!;

/** Takes the quotation from the stack and pushes the number of the strand or the handle of the weave. */
export function startStrand(checker: WordChecker, name: string, at: Span, ops: Op[]): void {
  const weave = name === 'strand.weave';
  const quotation = checker.pop(at, `${name} takes a quotation`);
  const below = checker.stack;
  if (weave) {
    // What the body finds on top: its context, and what it is first resumed with.
    checker.push(WEAVE);
    checker.push(freshVar());
  }
  const quote = checker.applyQuote(quotation, name, at);
  checker.stack = below;
  checker.push(weave ? WEAVE : INT);
  ops.push({ op: 'strand', weave, quote, at });
}
