// What the code of a word will ask of its module, found without compiling it.
import { branchesOf, type Op, type QuoteArgument, type Word } from '../check/ir.ts';
import { depthOf } from '../check/types.ts';

export interface Needs {
  /** How many operations there are, with those of quotations, and how many values they push: at most. */
  size: number;
  /** The most results of any call. */
  results: number;
  readonly calls: Call[];
}

export interface Call {
  readonly word: Word;
  readonly arguments: readonly QuoteArgument[];
  /** In a quotation, which knows nothing of the rows of its word. */
  readonly quoted: boolean;
}

export function needsOf(body: readonly Op[]): Needs {
  const needs: Needs = { size: 0, results: 1, calls: [] };
  collect(body, false, needs);
  return needs;
}

function collect(ops: readonly Op[], quoted: boolean, needs: Needs): void {
  for (const op of ops) {
    const pushed = pushedBy(op);
    needs.size += 1 + pushed;
    needs.results = Math.max(needs.results, pushed + 1);
    if (op.op === 'word') needs.calls.push({ word: op.word, arguments: op.arguments, quoted });
    else if (op.op === 'quote') collect(op.literal.body, true, needs);
    else if (op.op === 'if') {
      collect(op.yes.body, quoted, needs);
      collect(op.no.body, quoted, needs);
    } else if (op.op === 'match') for (const { body } of branchesOf(op)) collect(body, quoted, needs);
  }
}

function pushedBy(op: Op): number {
  switch (op.op) {
    case 'shuffle':
      return op.give.length;
    case 'builtin':
      return op.builtin.results;
    case 'word':
      // Rows that are wider than declared reach what the stack has already.
      return depthOf(op.word.outputs);
    case 'quote':
      return depthOf(op.literal.quote.outputs);
    case 'call':
      return depthOf(op.quote.outputs);
    case 'match':
      return op.cases.reduce((sum, { fields }) => sum + fields.length, 0);
    default:
      return 1;
  }
}
