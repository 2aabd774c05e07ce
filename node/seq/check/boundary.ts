// Calls of words from files of other lines: where one line has an Int for what is true or false and the other
// a Bool, the value is changed on its way.
import { type Builtin, builtinOf, builtinOfSize } from '../builtins/table.ts';
import type { Vocabulary } from '../lines/vocabulary.ts';
import type { Span } from '../syntax/diagnostic.ts';
import { DiagnosticError } from '../syntax/diagnostic.ts';
import { bool } from '../words/row.ts';
import type { Op, Word } from './ir.ts';
import type { Signature } from './signatures.ts';
import { BOOL, INT, pushAll, type Stack, type Type, typeOf, unstack } from './types.ts';

const truthAsInt: Builtin = builtinOf({
  name: 'truth as Int',
  effect: '( Bool -- Int )',
  outOfLine: true,
  run: (v) => Number(bool(v)),
});

/** The Bool on the top as an Int. */
export const asInt = (at: Span): Op => ({ op: 'builtin', builtin: truthAsInt, at });

export type Conversion = 'int' | 'bool' | undefined;

/** The topmost values, each changed as `conversions` say, bottom to top. */
function converted(conversions: readonly Conversion[], at: Span): Op {
  const run = (...values: unknown[]) => {
    const results = values.map((value, i) => {
      const to = conversions[i];
      return to === undefined ? value : to === 'int' ? Number(bool(value)) : bool(value);
    });
    return (results.length === 1 ? results[0] : results) as never;
  };
  const size = conversions.length;
  return {
    op: 'builtin',
    builtin: builtinOfSize({ name: 'between releases', effect: '( T -- )', run }, size, size),
    at,
  };
}

export interface Crossing {
  /** The effect of the word as the caller's line has it. */
  readonly signature: Signature;
  /** Around the call. */
  readonly before: readonly Op[];
  readonly after: readonly Op[];
}

/**
 * A call of a word from a file whose line has something else for what is true or false. `stack` is that
 * before the call.
 */
export function crossing(
  word: Word,
  mine: Vocabulary,
  signature: Signature,
  stack: Stack,
  at: Span,
): Crossing {
  const theirs = word.vocabulary.truth;
  const plain = { signature, before: [], after: [] };
  if (theirs === mine.truth) return plain;
  const given = unstack(stack).types;
  const inputs = unstack(signature.inputs);
  const outputs = unstack(signature.outputs);
  const taken: Conversion[] = [];
  const accepted = inputs.types.map((expected, i): Type => {
    const found = given[given.length - inputs.types.length + i];
    const type = found === undefined ? undefined : typeOf(found);
    if (typeOf(expected) === BOOL && type === INT) taken[i] = 'bool';
    else if (typeOf(expected) === INT && type === BOOL) taken[i] = 'int';
    return taken[i] === undefined ? expected : type!;
  });
  const left = outputs.types.map(
    (type): Conversion => (mine.truth === 'Int' && typeOf(type) === BOOL ? 'int' : undefined),
  );
  const leaves = outputs.types.map((type, i) => (left[i] === undefined ? type : INT));
  const op = (count: number, conversions: readonly Conversion[]): Op[] =>
    conversions.some((each) => each !== undefined)
      ? [
          converted(
            Array.from({ length: count }, (_, i) => conversions[i]),
            at,
          ),
        ]
      : [];
  return {
    signature: {
      ...signature,
      inputs: pushAll(inputs.row, accepted),
      outputs: pushAll(outputs.row, leaves),
    },
    before: op(accepted.length, taken),
    after: op(leaves.length, left),
  };
}

/** Names both places where a call between files of two lines is refused. Returns otherwise. */
export function nameBoth(error: unknown, word: Word, mine: Vocabulary): never {
  if (!(error instanceof DiagnosticError) || word.vocabulary.line.name === mine.line.name) throw error;
  const { file } = word.at.source;
  const { diagnostic } = error;
  throw new DiagnosticError({
    ...diagnostic,
    hint: `${diagnostic.hint} ${word.name}, at ${file}:${word.at.line}, is of ${word.vocabulary.line.name}, and this file of ${mine.line.name}.`,
  });
}
