// Lists. In the reference a list is a variant with the tag List, so each word here takes a Variant as well
// and keeps its tag.
import { List, type Value, Variant } from '../../base/value.ts';
import { finding, int, type Results, sequence, type WordRow, workOfAll, workOfCopy } from './row.ts';

type Sequence = List<Value> | Variant<Value>;

/** As `elements`, as an array that may be kept and changed. */
export function elementArray(v: unknown): Value[] {
  const whole = sequence(v);
  return whole instanceof List ? whole.toArray() : [...whole.fields];
}

/** A list, or a variant of the same tag, with other elements. */
export function likewise(whole: unknown, items: readonly Value[]): Sequence {
  const like = sequence(whole);
  return like instanceof List ? List.of(items) : new Variant<Value>(like.tag, items);
}

export function sequenceLength(v: unknown): number {
  const whole = sequence(v);
  return whole instanceof List ? whole.length : whole.fields.length;
}

/** `index` as a position in `whole`, or -1 when it is outside. */
export function positionIn(whole: unknown, index: unknown): number {
  const at = int(index);
  return at >= 0 && at < sequenceLength(whole) ? Number(at) : -1;
}

/** The element at a position that `positionIn` gave. */
export function elementAt(v: unknown, position: number): Value | undefined {
  const whole = sequence(v);
  return whole instanceof List ? whole.get(position) : whole.fields[position];
}

/** `whole` with `value` at its end. */
export function pushed(v: unknown, value: Value): Sequence {
  if (v instanceof List) return v.push(value);
  const { tag, fields } = sequence(v) as Variant<Value>;
  return new Variant<Value>(tag, [...fields, value]);
}

const valueAt = (whole: Value, position: number): Value | undefined =>
  position < 0 ? undefined : elementAt(whole, position);

function get(whole: Value, index: Value): Value | undefined {
  if (whole instanceof List && typeof index === 'number') return whole.get(index);
  return valueAt(whole, positionIn(whole, index));
}

function replaced(v: Value, index: Value, value: Value): Results {
  const whole = sequence(v);
  const position = positionIn(whole, index);
  if (position < 0) return [whole, false];
  return [
    whole instanceof List
      ? whole.set(position, value)
      : new Variant<Value>(whole.tag, whole.fields.with(position, value)),
    true,
  ];
}

const empty = (): Value => List.empty;

export const listWords: readonly WordRow[] = [
  { name: 'list.make', effect: '( -- List )', run: empty },
  { name: 'list.push', effect: '( List T -- List )', run: pushed, work: workOfCopy },
  { name: 'list.get', effect: '( List Int -- T Bool )', ...finding(get) },
  { name: 'list.set', effect: '( List Int T -- List Bool )', run: replaced, work: workOfCopy },
  { name: 'list.length', effect: '( List -- Int )', run: sequenceLength },
  { name: 'list.empty?', effect: '( List -- Bool )', run: (list) => sequenceLength(list) === 0 },
  {
    name: 'list.reverse',
    effect: '( List -- List )',
    run: (list) => likewise(list, elementArray(list).reverse()),
    work: workOfAll,
  },
  { name: 'list.first', effect: '( List -- T Bool )', ...finding((list) => valueAt(list, 0)) },
  {
    name: 'list.last',
    effect: '( List -- T Bool )',
    ...finding((list) => valueAt(list, sequenceLength(list) - 1)),
  },
  // The seed generation.
  { name: 'make-list', effect: '( -- List )', run: empty },
  { name: 'list-push', effect: '( List T -- List )', run: pushed, work: workOfCopy },
  { name: 'list-length', effect: '( List -- Int )', run: sequenceLength },
  { name: 'list-empty?', effect: '( List -- Bool )', run: (list) => sequenceLength(list) === 0 },
];

export const listLibrary: readonly WordRow[] = [
  { name: 'list-of', effect: '( -- List )', run: empty, module: 'std:list' },
  { name: 'lv', effect: '( List T -- List )', run: pushed, module: 'std:list', work: workOfCopy },
];
