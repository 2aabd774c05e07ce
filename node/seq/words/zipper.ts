// std:zipper: a list with a cursor (G. Huet, "The Zipper", 1997). An empty zipper is the variant (ZipEmpty),
// any other (Zip left focus right), where `left` holds what is before the focus and `right` what is after it,
// the nearest last.
import { List, type Value, Variant } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { elementArray } from './lists.ts';
import { type WordRow, workOfAll } from './row.ts';

interface Zip {
  readonly left: List<Value>;
  readonly focus: Value;
  readonly right: List<Value>;
}

const EMPTY = new Variant<Value>('ZipEmpty', []);
const NO_FOCUS = new Variant<Value>('ZipperEmpty', []);

const zip = (left: List<Value>, focus: Value, right: List<Value>): Value =>
  new Variant<Value>('Zip', [left, focus, right]);

/** Undefined for the empty zipper. */
function opened(v: unknown): Zip | undefined {
  if (v instanceof Variant) {
    const [left, focus, right] = v.fields as Value[];
    if (v.tag === 'Zip' && left instanceof List && right instanceof List && v.fields.length === 3)
      return { left, focus: focus!, right };
    if (v.tag === 'ZipEmpty' && v.fields.length === 0) return undefined;
  }
  throw new Fault('type-fault', 'A zipper is needed here.');
}

const last = (list: List<Value>): Value => list.get(list.length - 1)!;

function fromList(list: Value): Value {
  const [focus, ...after] = elementArray(list);
  return focus === undefined ? EMPTY : zip(List.empty, focus, List.of(after.reverse()));
}

function elementsOf({ left, focus, right }: Zip): Value[] {
  return [...left, focus, ...right.toArray().reverse()];
}

function moved(v: Value, forward: boolean): Value {
  const at = opened(v);
  if (at === undefined) return v;
  const { left, focus, right } = at;
  if (forward) return right.length === 0 ? v : zip(left.push(focus), last(right), right.pop());
  return left.length === 0 ? v : zip(left.pop(), last(left), right.push(focus));
}

function toEnd(v: Value, forward: boolean): Value {
  const at = opened(v);
  if (at === undefined) return v;
  if (!forward) return fromList(List.of(elementsOf(at)));
  const all = List.of(elementsOf(at));
  return zip(all.pop(), last(all), List.empty);
}

function deleted(v: Value): Value {
  const at = opened(v);
  if (at === undefined) return v;
  const { left, right } = at;
  if (right.length > 0) return zip(left, last(right), right.pop());
  return left.length > 0 ? zip(left.pop(), last(left), List.empty) : EMPTY;
}

/** What `of` makes of a zipper that is not empty; the other for an empty one. */
const either = (v: Value, of: (at: Zip) => Value, empty: Value): Value => {
  const at = opened(v);
  return at === undefined ? empty : of(at);
};

const row = (name: string, effect: string, run: WordRow['run']): WordRow => ({
  name: `zipper.${name}`,
  effect,
  run,
  module: 'std:zipper',
});

/** A word whose time grows with the zipper. */
const whole = (name: string, effect: string, run: (v: Value) => Value): WordRow => ({
  ...row(name, effect, run),
  work: (result, v) => workOfAll(result, v, ...(v instanceof Variant ? (v.fields as Value[]) : [])),
});

export const zipperWords: readonly WordRow[] = [
  whole('from-list', '( List -- Variant )', fromList),
  whole('to-list', '( Variant -- List )', (v) => either(v, (at) => List.of(elementsOf(at)), List.empty)),
  row('make-empty', '( -- Variant )', () => EMPTY),
  row('empty?', '( Variant -- Bool )', (v) => opened(v) === undefined),
  row('right', '( Variant -- Variant )', (v) => moved(v, true)),
  row('left', '( Variant -- Variant )', (v) => moved(v, false)),
  whole('start', '( Variant -- Variant )', (v) => toEnd(v, false)),
  whole('end', '( Variant -- Variant )', (v) => toEnd(v, true)),
  row('focus', '( Variant -- T )', (v) => either(v, ({ focus }) => focus, NO_FOCUS)),
  row('at-start?', '( Variant -- Variant Bool )', (v) => [v, (opened(v)?.left.length ?? 0) === 0]),
  row('at-end?', '( Variant -- Variant Bool )', (v) => [v, (opened(v)?.right.length ?? 0) === 0]),
  row('set', '( Variant T -- Variant )', (v, value) =>
    either(v, ({ left, right }) => zip(left, value, right), EMPTY),
  ),
  // Into an empty zipper both put the one element.
  row('insert-left', '( Variant T -- Variant )', (v, value) =>
    either(v, ({ left, focus, right }) => zip(left.push(value), focus, right), fromList(List.of([value]))),
  ),
  row('insert-right', '( Variant T -- Variant )', (v, value) =>
    either(v, ({ left, focus, right }) => zip(left, focus, right.push(value)), fromList(List.of([value]))),
  ),
  row('delete', '( Variant -- Variant )', deleted),
  row('length', '( Variant -- Int )', (v) =>
    either(v, ({ left, right }) => left.length + 1 + right.length, 0),
  ),
  row('index', '( Variant -- Int )', (v) => either(v, ({ left }) => left.length, 0)),
];
