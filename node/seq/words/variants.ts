// Variants. In the reference a list is a variant with the tag List, so each word here takes a List as well.
import { List, Sym, sym, type Value, Variant } from '../../base/value.ts';
import { codePointsOf } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { elementArray, elementAt, likewise, positionIn, pushed, sequenceLength } from './lists.ts';
import { int, symbol, text, variant, type WordRow, workOfAll, workOfCopy } from './row.ts';

const FIELDS_MAX = 12;

/** A variant, or a list for the tag List. */
export function tagged(tag: string, fields: readonly Value[]): Value {
  return tag === 'List' ? List.of(fields) : new Variant<Value>(tag, fields);
}

function tagOf(v: Value): string {
  const whole = variant(v);
  return whole instanceof List ? 'List' : whole.tag;
}

function fieldAt(whole: Value, index: Value): Value {
  const position = positionIn(variant(whole), index);
  if (position >= 0) return elementAt(whole, position)!;
  const count = sequenceLength(whole);
  throw new Fault(
    'index-out-of-range',
    `There is no field ${int(index)} in a ${tagOf(whole)}, which has ${count} field${count === 1 ? '' : 's'}.`,
  );
}

/** In the seed generation a variant counts as `(Tag field …)`: position 0 is the tag, 1 the first field. */
function seedFieldAt(whole: Value, index: Value): Value {
  const at = int(index);
  return at === 0 ? tagOf(whole) : fieldAt(whole, typeof at === 'number' ? at - 1 : at);
}

function endField(whole: Value, position: number): Value {
  const field = position < 0 ? undefined : elementAt(variant(whole), position);
  if (field !== undefined) return field;
  throw new Fault('index-out-of-range', `A ${tagOf(whole)} without fields has no first or last field.`);
}

function withoutLast(whole: Value): Value {
  endField(whole, sequenceLength(variant(whole)) - 1);
  return likewise(whole, elementArray(whole).slice(0, -1));
}

/** The seed generation's `"deposit" 100 make-variant`: a tag, as a String or Symbol, and the one field. */
function seedVariant(tag: Value, field: Value): Value {
  return tagged(tag instanceof Sym ? tag.name : codePointsOf(text(tag)), [field]);
}

function constructorRow(count: number, name: string, aliases: readonly string[]): WordRow {
  const inputs = Array.from({ length: count }, (_, i) => `T${i + 1} `).join('');
  return {
    name,
    aliases,
    effect: `( ${inputs}Symbol -- Variant )`,
    run: (...args) => tagged(symbol(args[count]).name, args.slice(0, count)),
  };
}

const constructors = Array.from({ length: FIELDS_MAX + 1 }, (_, n) =>
  constructorRow(n, `variant.make-${n}`, [`wrap-${n}`, `make-variant-${n}`]),
);

export const variantWords: readonly WordRow[] = [
  { name: 'variant.field-count', effect: '( Variant -- Int )', run: (v) => sequenceLength(variant(v)) },
  { name: 'variant.tag', effect: '( Variant -- Symbol )', run: (v) => sym(tagOf(v)) },
  { name: 'variant.field-at', effect: '( Variant Int -- T )', run: fieldAt },
  {
    name: 'variant.append',
    effect: '( Variant T -- Variant )',
    run: (v, field) => pushed(variant(v), field),
    work: workOfCopy,
  },
  { name: 'variant.first', effect: '( Variant -- T )', run: (v) => endField(v, 0) },
  {
    name: 'variant.last',
    effect: '( Variant -- T )',
    run: (v) => endField(v, sequenceLength(variant(v)) - 1),
  },
  { name: 'variant.init', effect: '( Variant -- Variant )', run: withoutLast, work: workOfAll },
  ...constructors,
  // The seed generation.
  { name: 'variant-tag', effect: '( Variant -- String )', run: tagOf },
  { name: 'variant-field-at', effect: '( Variant Int -- T )', run: seedFieldAt },
  { name: 'variant-field-count', effect: '( Variant -- Int )', run: (v) => sequenceLength(variant(v)) },
  {
    name: 'variant-append',
    effect: '( Variant T -- Variant )',
    run: (v, field) => pushed(variant(v), field),
    work: workOfCopy,
  },
  {
    name: 'variant-last',
    effect: '( Variant -- T )',
    run: (v) => endField(v, sequenceLength(variant(v)) - 1),
  },
  { name: 'variant-init', effect: '( Variant -- Variant )', run: withoutLast, work: workOfAll },
  { name: 'make-variant', effect: '( T U -- Variant )', run: seedVariant },
];
