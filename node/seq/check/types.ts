// Types and stacks, and their unification.
// 1. A stack is a row and the types above it. A rigid row stands for what a word's caller has below: nothing
//    may be taken from it. A flexible row may still turn out to hold more, and gives what is asked of it.
// 2. Variables are bound in place; every binding is on the trail, so that an attempt can be undone.
// 3. A quotation literal takes nothing from its surroundings but its captures, so all its variables are its
//    own: it is `generic: 'all'` and each use makes a copy. A declared [ A -- B ] without a row is generic in
//    its row alone.

export interface Con {
  readonly kind: 'con';
  readonly name: string;
  /**
   * Fits every type, a different one each time: a type variable in the word of releases before 3.0 that
   * declares it.
   */
  readonly any?: true;
}

export interface UnionType {
  readonly kind: 'union';
  readonly name: string;
}

export interface TypeVar {
  readonly kind: 'var';
  readonly name: string;
  bound: Type | undefined;
}

export interface Quote {
  readonly kind: 'quote';
  readonly inputs: Stack;
  readonly outputs: Stack;
  readonly generic: 'no' | 'row' | 'all';
  /** Of a literal: that it yields to whoever resumes the weave it runs in. */
  readonly yields?: boolean;
}

export type Type = Con | UnionType | TypeVar | Quote;

export interface Cons {
  readonly kind: 'cons';
  readonly below: Stack;
  readonly top: Type;
}

export interface Row {
  readonly kind: 'row';
  readonly name: string;
  readonly rigid: boolean;
  bound: Stack | undefined;
}

export type Stack = Cons | Row;

const con = (name: string): Con => ({ kind: 'con', name });
export const INT = con('Int');
export const FLOAT = con('Float');
export const BOOL = con('Bool');
export const STRING = con('String');
export const SYMBOL = con('Symbol');
export const VARIANT = con('Variant');
export const LIST = con('List');
export const MAP = con('Map');
export const CONCRETE: ReadonlyMap<string, Con> = new Map(
  [INT, FLOAT, BOOL, STRING, SYMBOL, VARIANT, LIST, MAP, con('Channel'), con('Socket'), con('WeaveCtx')].map(
    (t) => [t.name, t],
  ),
);

export const freshVar = (name = 'T'): TypeVar => ({ kind: 'var', name, bound: undefined });
export const freshRow = (name = 'rest', rigid = false): Row => ({
  kind: 'row',
  name,
  rigid,
  bound: undefined,
});
export const push = (below: Stack, top: Type): Cons => ({ kind: 'cons', below, top });
export const pushAll = (below: Stack, types: readonly Type[]): Stack => types.reduce<Stack>(push, below);

export function typeOf(type: Type): Type {
  let t = type;
  while (t.kind === 'var' && t.bound !== undefined) t = t.bound;
  return t;
}

export function stackOf(stack: Stack): Stack {
  let s = stack;
  while (s.kind === 'row' && s.bound !== undefined) s = s.bound;
  return s;
}

/** The row of a stack and its types, bottom to top. */
export function unstack(stack: Stack): { row: Row; types: Type[] } {
  const types: Type[] = [];
  let s = stackOf(stack);
  for (; s.kind === 'cons'; s = stackOf(s.below)) types.push(s.top);
  types.reverse();
  return { row: s, types };
}

/** How many types are above the row. */
export function depthOf(stack: Stack): number {
  let depth = 0;
  for (let s = stackOf(stack); s.kind === 'cons'; s = stackOf(s.below)) depth++;
  return depth;
}

export function rowOf(stack: Stack): Row {
  let s = stackOf(stack);
  while (s.kind === 'cons') s = stackOf(s.below);
  return s;
}

/** Everything bound since a mark can be undone. */
export class Unifier {
  readonly #trail: (TypeVar | Row)[] = [];

  mark(): number {
    return this.#trail.length;
  }

  undo(mark: number): void {
    while (this.#trail.length > mark) this.#trail.pop()!.bound = undefined;
  }

  /** Takes the top type; a flexible row grows to give one. Undefined when the stack has none. */
  pop(stack: Stack): { below: Stack; top: Type } | undefined {
    const s = stackOf(stack);
    if (s.kind === 'cons') return s;
    if (s.rigid) return undefined;
    const grown = push(freshRow(s.name), freshVar());
    this.bindRow(s, grown);
    return grown;
  }

  /** Without a check that `row` is not in `stack`. */
  bindRow(row: Row, stack: Stack): void {
    row.bound = stack;
    this.#trail.push(row);
  }

  types(left: Type, right: Type): boolean {
    const a = typeOf(left);
    const b = typeOf(right);
    if (a === b) return true;
    if (a.kind === 'var') return this.#bindVar(a, b);
    if (b.kind === 'var') return this.#bindVar(b, a);
    if (isAny(a) || isAny(b)) return true;
    if (a.kind === 'quote' || b.kind === 'quote')
      return a.kind === 'quote' && b.kind === 'quote' && this.quotes(a, b);
    if (a.kind === 'union' && b.kind === 'union') return a.name === b.name;
    if (a.kind === 'con' && b.kind === 'con' && a.name === b.name) return true;
    return isVariant(a) && isVariant(b) && (a !== MAP || b === VARIANT) && (b !== MAP || a === VARIANT);
  }

  #bindVar(variable: TypeVar, type: Type): boolean {
    if (type.kind === 'quote' && isPartOf(variable, [type])) return false;
    variable.bound = type;
    this.#trail.push(variable);
    return true;
  }

  /**
   * `expected` comes from a declaration; if it is generic in its row, `found` must not reach below what it
   * declares.
   */
  quotes(found: Quote, expected: Quote): boolean {
    const f = instantiate(found);
    const e = instantiate(expected);
    if (!this.stacks(f.inputs, e.inputs) || !this.stacks(f.outputs, e.outputs)) return false;
    return expected.generic !== 'row' || depthOf(e.inputs) === depthOf(expected.inputs);
  }

  stacks(left: Stack, right: Stack): boolean {
    let a = stackOf(left);
    let b = stackOf(right);
    for (;;) {
      if (a === b) return true;
      if (a.kind === 'row' && !a.rigid) return this.#bindRowChecked(a, b);
      if (b.kind === 'row' && !b.rigid) return this.#bindRowChecked(b, a);
      if (a.kind === 'row' || b.kind === 'row') return false;
      if (!this.types(a.top, b.top)) return false;
      a = stackOf(a.below);
      b = stackOf(b.below);
    }
  }

  #bindRowChecked(row: Row, stack: Stack): boolean {
    if (isPartOfStack(row, stack)) return false;
    this.bindRow(row, stack);
    return true;
  }
}

export const isAny = (type: Type): boolean => type.kind === 'con' && type.any === true;

/**
 * A list is a variant in the older vocabulary: `variant.field-at` reads both. A map is one in name alone: the
 * reference has no type for maps, so that its programs write Variant where they pass one.
 */
function isVariant(type: Type): boolean {
  return type.kind === 'union' || type === VARIANT || type === LIST || type === MAP;
}

/** Whether binding `part` to the stack would make it a part of itself. */
function isPartOfStack(part: Row, stack: Stack): boolean {
  const quotes: Quote[] = [];
  const row = collectQuotes(stack, quotes);
  return row === part || (quotes.length > 0 && isPartOf(part, quotes));
}

/**
 * Whether a variable or row is anywhere in the quotations. Each is looked at once, however often it is used.
 */
function isPartOf(part: TypeVar | Row, quotes: Quote[]): boolean {
  const seen = new Set<Quote>();
  for (let quote = quotes.pop(); quote !== undefined; quote = quotes.pop()) {
    if (seen.has(quote)) continue;
    seen.add(quote);
    for (const side of [quote.inputs, quote.outputs])
      if (collectQuotes(side, quotes, part) === part) return true;
  }
  return false;
}

/** Adds the quotations on a stack to `quotes`. Returns its row, or `part` if that is on it. */
function collectQuotes(stack: Stack, quotes: Quote[], part?: TypeVar | Row): TypeVar | Row {
  let s = stackOf(stack);
  for (; s.kind === 'cons'; s = stackOf(s.below)) {
    const type = typeOf(s.top);
    if (type.kind === 'quote') quotes.push(type);
    else if (type === part) return type;
  }
  return s;
}

/** A copy of what the quotation owns: see rule 3. The result is `generic: 'no'`. */
export function instantiate(quote: Quote): Quote {
  if (quote.generic === 'no') {
    // A closure's types are fixed by what it captured, but the row below its inputs is still its own.
    const row = rowOf(quote.inputs);
    if (row.rigid || rowOf(quote.outputs) !== row) return quote;
  }
  const types = new Map<TypeVar, TypeVar>();
  const rows = new Map<Row, Row>();
  const all = quote.generic === 'all';
  const copyType = (type: Type): Type => {
    const t = typeOf(type);
    if (t.kind === 'var') {
      if (!all) return t;
      const copy = types.get(t) ?? freshVar(t.name);
      types.set(t, copy);
      return copy;
    }
    if (t.kind !== 'quote' || !all) return t;
    return { kind: 'quote', inputs: copyStack(t.inputs), outputs: copyStack(t.outputs), generic: t.generic };
  };
  const copyRow = (row: Row): Row => {
    if (row.rigid) return row;
    const copy = rows.get(row) ?? freshRow(row.name);
    rows.set(row, copy);
    return copy;
  };
  const copyStack = (stack: Stack): Stack => {
    const { row, types: items } = unstack(stack);
    return pushAll(copyRow(row), items.map(copyType));
  };
  return { kind: 'quote', inputs: copyStack(quote.inputs), outputs: copyStack(quote.outputs), generic: 'no' };
}

/** How many items of a stack or type a message shows. */
const SHOWN_MAX = 12;

export function showType(type: Type, depth = 0): string {
  const t = typeOf(type);
  switch (t.kind) {
    case 'con':
    case 'union':
    case 'var':
      return t.name;
    case 'quote':
      return depth > 4 ? '[ … ]' : `[ ${showSides(t.inputs, t.outputs, depth + 1)} ]`;
  }
}

function showSides(inputs: Stack, outputs: Stack, depth: number): string {
  const showRow = rowOf(inputs) !== rowOf(outputs) || rowOf(inputs).rigid;
  const left = showStack(inputs, showRow && rowOf(inputs).name !== 'rest', depth);
  const right = showStack(outputs, showRow && rowOf(outputs).name !== 'rest', depth);
  return `${left} -- ${right}`.trim();
}

/** `( Int -- Bool )` */
export function showEffect(inputs: Stack, outputs: Stack): string {
  return `( ${showSides(inputs, outputs, 0)} )`;
}

function showStack(stack: Stack, withRow: boolean, depth: number): string {
  const { row, types } = unstack(stack);
  const shown = types.slice(-SHOWN_MAX).map((t) => showType(t, depth));
  if (types.length > SHOWN_MAX) shown.unshift('…');
  if (withRow) shown.unshift(`..${row.name}`);
  return shown.join(' ');
}

/** What the stack holds, for a message: `Int String`, or `nothing`. */
export function showItems(stack: Stack): string {
  return showStack(stack, false, 0) || 'nothing';
}
