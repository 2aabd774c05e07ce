// Calls of words from files of other lines: where one line has an Int for what is true or false and the other a Bool, the value is
// changed on its way.
import { type Builtin, builtinOf, builtinOfSize } from '../builtins/table.ts';
import type { Span } from '../syntax/diagnostic.ts';
import { bool } from '../words/row.ts';
import type { Op } from './ir.ts';

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
export function converted(conversions: readonly Conversion[], at: Span): Op {
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
