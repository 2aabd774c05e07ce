// Variants before 0.18.8: their tags are Ints. A variant of a union is numbered by its place in the union;
// other numbers are tags of their own.
import { List, type Value } from '../../../base/value.ts';
import type { UnionDefinition } from '../../syntax/ast.ts';
import { dataWords, int, variant } from '../../words/index.ts';
import { tagged } from '../../words/variants.ts';
import { type OlderRow, older } from './row.ts';

const FIELDS_MAX = 4;

/** The number of a variant's tag. */
function numberOfTag(unions: ReadonlyMap<string, UnionDefinition>): (v: Value) => Value {
  const places = new Map<string, number>();
  for (const { variants } of unions.values())
    for (const [place, { tag }] of variants.entries()) places.set(tag, place);
  return (v) => {
    const whole = variant(v);
    if (whole instanceof List) return 0;
    return places.get(whole.tag) ?? (/^-?\d+$/.test(whole.tag) ? Number(whole.tag) : 0);
  };
}

const makersOf = (count: number): OlderRow[] => {
  const inputs = Array.from({ length: count }, (_, i) => `T${i + 1} `).join('');
  const row = {
    effect: `( ${inputs}Int -- Variant )`,
    run: (...args: Value[]) => tagged(String(int(args[count])), args.slice(0, count)),
  };
  const now = `int->string string->symbol variant.make-${count}`;
  return [
    older(`make-variant-${count}`, '0.5.1-0.9', now, row),
    older(`variant.make-${count}`, '0.9-0.18.8', now, row),
  ];
};

const tag = { effect: '( Variant -- Int )', bind: numberOfTag };
const fieldAt = () => dataWords.find(({ name }) => name === 'variant.field-at')!;

export const tagRows = (): readonly OlderRow[] => [
  ...Array.from({ length: FIELDS_MAX + 1 }, (_, count) => makersOf(count)).flat(),
  older('variant-tag', '0-0.9', undefined, tag),
  older('variant.tag', '0.9-0.18.8', undefined, tag),
  older('variant-field-at', '0-0.9', 'variant.field-at', fieldAt()),
];
