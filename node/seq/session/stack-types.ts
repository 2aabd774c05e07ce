// The types of values that lie on the stack between two entries, written as an effect can name them.
import { typeName, type Value, Variant } from '../../base/value.ts';
import type { Literal } from '../check/ir.ts';
import {
  CONCRETE,
  freshVar,
  type Row,
  rowOf,
  type Stack,
  type Type,
  type TypeVar,
  typeOf,
  unstack,
} from '../check/types.ts';
import { Quotation } from '../run/quotation.ts';
import type { UnionDefinition } from '../syntax/ast.ts';

/** Names variables and rows so that none means two things. */
export class TypeWriter {
  readonly #unions: ReadonlyMap<string, UnionDefinition>;
  readonly #literals: readonly Literal[];
  readonly #variables = new Map<TypeVar, string>();
  readonly #rows = new Map<Row, string>();

  constructor(unions: ReadonlyMap<string, UnionDefinition>, literals: readonly Literal[]) {
    this.#unions = unions;
    this.#literals = literals;
  }

  /** What the checker knows of the value, or else what the value shows. */
  write(type: Type, value: Value): string {
    const known = typeOf(type);
    if (known.kind !== 'var') return this.type(known);
    if (value instanceof Variant) return this.#unionOf(value) ?? 'Variant';
    if (value instanceof Quotation) return this.#quotation(value);
    const name = typeName(value);
    return CONCRETE.has(name) && !this.#unions.has(name) ? name : this.type(known);
  }

  /** The one union that has such a variant. */
  #unionOf({ tag, fields }: Variant<Value>): string | undefined {
    const fitting = [...this.#unions.values()].filter(({ variants }) =>
      variants.some((variant) => variant.tag === tag && variant.fields.length === fields.length),
    );
    return fitting.length === 1 ? fitting[0]!.name : undefined;
  }

  #quotation(value: Quotation): string {
    const { inputs, outputs } = this.#literals[value.index]!.quote;
    const { row, types } = unstack(inputs);
    const given = types.slice(0, types.length - value.captured.length);
    return this.#quote(row, given, outputs);
  }

  type(type: Type): string {
    const known = typeOf(type);
    switch (known.kind) {
      case 'con':
        // A type that a union hides has no name.
        return this.#unions.has(known.name) ? this.type(freshVar()) : known.name;
      case 'union':
        return known.name;
      case 'var':
        return nameIn(this.#variables, known, (at) => `T${at}`);
      case 'quote': {
        const { row, types } = unstack(known.inputs);
        return this.#quote(row, types, known.outputs);
      }
    }
  }

  #quote(row: Row, inputs: readonly Type[], outputs: Stack): string {
    const after = unstack(outputs);
    const rows = row === rowOf(outputs) ? [] : [this.#row(row), this.#row(after.row)];
    const [before = '', behind = ''] = rows.map((name) => `${name} `);
    const side = (types: readonly Type[]) => types.map((type) => `${this.type(type)} `).join('');
    return `[ ${before}${side(inputs)}-- ${behind}${side(after.types)}]`;
  }

  #row(row: Row): string {
    return nameIn(this.#rows, row, (at) => `..r${at}`);
  }
}

function nameIn<K>(names: Map<K, string>, key: K, make: (at: number) => string): string {
  const name = names.get(key) ?? make(names.size + 1);
  names.set(key, name);
  return name;
}
