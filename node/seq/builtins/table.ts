// The shape of a builtin word, and the table of all of them: one row for each.
import type { Value } from '../../base/value.ts';
import type { RunContext } from '../run/context.ts';
import type { END } from '../run/strand.ts';
import type { WAIT } from '../run/strands.ts';
import type { EffectExpression, UnionDefinition } from '../syntax/ast.ts';
import { Source } from '../syntax/diagnostic.ts';
import { parseEffect } from '../syntax/effect-parser.ts';
import { tokenize } from '../syntax/lexer.ts';
import { TokenReader } from '../syntax/reader.ts';
import type { Results, WordRow } from '../words/row.ts';

/** The type of a behaviour in the effects of actor words. */
export const BEHAVIOUR = '[ Map M -- Map ]';

/** How a builtin is carried out; the first that is there counts. */
export interface BuiltinRow extends Omit<WordRow, 'run'> {
  /** The checker and the compiler treat the word themselves. */
  readonly special?: true;
  /** Takes that many values and pushes those at these positions (0 is the deepest). */
  readonly give?: readonly number[];
  /** Carried out with the run it belongs to. */
  readonly host?: (context: RunContext, ...args: Value[]) => Results;
  /**
   * Like `host`, for a word at which a strand may have to wait. It gives its results, or else WAIT once it
   * has arranged that the strand is woken: `context.strands!.waitFor(promise, (value) => results)` does both.
   * All words that may come to such a word are compiled to generators, of which a call costs more than of
   * plain functions.
   */
  readonly suspends?: (context: RunContext, ...args: Value[]) => Results | typeof END | typeof WAIT;
  /**
   * Of `suspends`: it gives a value or END, of which generated code makes the results: the value, and a Bool
   * if there are two.
   */
  readonly ends?: true;
  /** Of `suspends`: that many inputs stay where they are, below the other results. */
  readonly keeps?: number;
  /** Not `suspends`, but needs `context.strands`. */
  readonly strands?: true;
  /** Fails everywhere else: in turns of actors, or in scripts. */
  readonly only?: 'script' | 'turn';
  /** Calls quotations: JavaScript source, see higher-order.ts. */
  readonly template?: string;
  readonly run?: (...args: Value[]) => Results;
  /** Makes `run` for a program with these unions. */
  readonly bind?: (unions: ReadonlyMap<string, UnionDefinition>) => (...args: Value[]) => Results;
  /** Generated code calls it; it has no shorter code for the name. */
  readonly outOfLine?: true;
}

export interface Builtin extends BuiltinRow {
  readonly written: EffectExpression;
  readonly takes: number;
  readonly results: number;
}

/**
 * The effect is read when a program first uses the word: most programs use few, and reading all takes longer
 * than a small run.
 */
export function builtinOf(row: BuiltinRow): Builtin {
  let read: EffectExpression | undefined;
  const written = (): EffectExpression => {
    read ??= parseEffect(new TokenReader(tokenize(new Source(`builtin ${row.name}`, row.effect)).tokens));
    return read;
  };
  return {
    ...row,
    get written() {
      return written();
    },
    get takes() {
      return written().inputs.types.length;
    },
    get results() {
      return written().outputs.types.length;
    },
  };
}

/** A row of the effect ( T -- ) for a word that takes and leaves so many values of any type. */
export function builtinOfSize(row: BuiltinRow, takes: number, results: number): Builtin {
  const builtin = builtinOf(row);
  const any = builtin.written.inputs.types[0]!;
  const values = (count: number) => ({ types: new Array(count).fill(any) as (typeof any)[] });
  const written = { ...builtin.written, inputs: values(takes), outputs: values(results) };
  return { ...builtin, written, takes, results };
}

const NO_ALIASES: readonly string[] = [];

/** Rows by every name they go by. Throws when two rows claim one name. */
export function tableOf(rows: readonly BuiltinRow[]): ReadonlyMap<string, Builtin> {
  const named = new Map<string, BuiltinRow>();
  const add = (name: string, row: BuiltinRow): void => {
    if (named.has(name)) throw new Error(`two builtins are named ${name}`);
    named.set(name, row);
  };
  // Without an object for each step: every script waits for this, and so for the garbage that it makes.
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    add(row.name, row);
    const aliases = row.aliases ?? NO_ALIASES;
    for (let other = 0; other < aliases.length; other++) add(aliases[other]!, row);
  }
  return new BuiltinTable(named);
}

/** A row becomes a builtin when it is first asked for. */
class BuiltinTable implements ReadonlyMap<string, Builtin> {
  readonly #rows: ReadonlyMap<string, BuiltinRow>;
  readonly #builtins = new Map<BuiltinRow, Builtin>();

  constructor(rows: ReadonlyMap<string, BuiltinRow>) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.size;
  }

  has(name: string): boolean {
    return this.#rows.has(name);
  }

  get(name: string): Builtin | undefined {
    const row = this.#rows.get(name);
    return row && this.#of(row);
  }

  #of(row: BuiltinRow): Builtin {
    let builtin = this.#builtins.get(row);
    if (builtin === undefined) {
      builtin = builtinOf(row);
      this.#builtins.set(row, builtin);
    }
    return builtin;
  }

  keys(): MapIterator<string> {
    return this.#rows.keys();
  }

  entries(): MapIterator<[string, Builtin]> {
    return this.#rows.entries().map(([name, row]): [string, Builtin] => [name, this.#of(row)]);
  }

  values(): MapIterator<Builtin> {
    return this.#rows.values().map((row) => this.#of(row));
  }

  forEach(each: (builtin: Builtin, name: string, table: ReadonlyMap<string, Builtin>) => void): void {
    for (const [name, builtin] of this.entries()) each(builtin, name, this);
  }

  [Symbol.iterator](): MapIterator<[string, Builtin]> {
    return this.entries();
  }
}
