// The words of std:result, which 0.8.6 to 2.x had: values of unions with an Ok or Some first and an Err or
// None.

import { type Value, Variant } from '../../../base/value.ts';
import { Fault } from '../../fault.ts';
import type { BuiltinRow } from '../table.ts';
import { flagsAsInts } from './derive.ts';
import { type OlderRow, older } from './row.ts';

const RELEASES = '0.8.6-3';
/** Tags were Ints at first: 0 is that of the good variant. */
const GOOD: ReadonlySet<string> = new Set(['Ok', 'Some', '0']);
const GOOD_TEST = `whole instanceof $Variant && (${[...GOOD].map((tag) => `whole.tag === ${JSON.stringify(tag)}`).join(' || ')})`;

const isGood = (v: Value): boolean => v instanceof Variant && GOOD.has(v.tag);
const fieldOf = (v: Value): Value => ((v as Variant<Value>).fields[0] ?? 0) as Value;

function unwrap(name: string, good: boolean): (v: Value) => Value {
  return (v) => {
    if (isGood(v) === good) return fieldOf(v);
    throw new Fault('bad-argument', `${name} finds the other variant.`);
  };
}

const row = (name: string, effect: string, run: NonNullable<BuiltinRow['run']>): OlderRow[] => {
  const made: BuiltinRow = { name, effect, run, module: 'std:result' };
  if (!effect.includes('Bool')) return [older(name, RELEASES, undefined, made)];
  return [
    older(name, '0.8.6-0.18.8', undefined, flagsAsInts(made)),
    older(name, '0.18.8-3', undefined, made),
  ];
};

const mapped = (name: string, effect: string, body: string): OlderRow =>
  older(name, RELEASES, undefined, {
    effect,
    module: 'std:result',
    template: `function* (whole, ${effect.split('[').length > 2 ? 'quotation, wrap' : 'quotation'}) {
      const f = $call(quotation, 1, 1);
      if (!(${GOOD_TEST})) return whole;
      ${body}
    }`,
  });

const familyOf = (family: string, good: string, bad: string): readonly OlderRow[] => [
  ...row(`${family}-${good}?`, '( Variant -- Variant Bool )', (v) => [v!, isGood(v!)]),
  ...row(`${family}-${bad}?`, '( Variant -- Variant Bool )', (v) => [v!, !isGood(v!)]),
  ...row(
    `${family}-unwrap`,
    '( Variant -- T )',
    unwrap(`${family}-unwrap`, true) as NonNullable<BuiltinRow['run']>,
  ),
  ...row(`${family}-unwrap-or`, '( Variant T -- T )', (v, other) => (isGood(v!) ? fieldOf(v!) : other)),
  mapped(
    `${family}-map`,
    '( Variant [ T -- U ] -- Variant )',
    'return new $Variant(whole.tag, [CALL(f(whole.fields[0]))]);',
  ),
  mapped(`${family}-bind`, '( Variant [ T -- Variant ] -- Variant )', 'return CALL(f(whole.fields[0]));'),
  mapped(
    `${family}-map-with`,
    '( Variant [ T -- U ] [ U -- Variant ] -- Variant )',
    'const made = CALL(f(whole.fields[0])); const g = $call(wrap, 1, 1); return CALL(g(made));',
  ),
];

export const optionRows = (): readonly OlderRow[] => [
  ...familyOf('result', 'ok', 'err'),
  ...familyOf('option', 'some', 'none'),
  ...row(
    'result-unwrap-err',
    '( Variant -- T )',
    unwrap('result-unwrap-err', false) as NonNullable<BuiltinRow['run']>,
  ),
];
