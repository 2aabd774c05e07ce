// Generated JavaScript as lines, each of which knows the place in the program that it stands for. Program
// text never gets in: names are numbered, values come from a table.
import type { Value } from '../../base/value.ts';
import type { Source, Span } from '../syntax/diagnostic.ts';
import { constantText } from './constants.ts';

/** Which word a line of generated code belongs to, and where in it. */
export interface LineOrigin {
  readonly word: string;
  readonly at: Pick<Span, 'line' | 'column'> & { readonly source: Pick<Source, 'file'> };
}

/** The values and functions that generated code refers to by number. */
export class ConstantTable {
  readonly values: unknown[] = [];
  readonly #numbers = new Map<unknown, number>();
  /** How many of them all code has variables for. */
  #declared: number | undefined;
  /** Others that were named since. */
  readonly #named = new Set<number>();

  /** The name of the constant. Equal strings get one name. */
  name(value: unknown): string {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.values.length;
      this.values.push(typeof value === 'string' ? constantText(value) : value);
      this.#numbers.set(value, number);
    }
    if (this.#declared !== undefined && number >= this.#declared) this.#named.add(number);
    return `k${number}`;
  }

  /** Variables for what has been named: the first time for all, then only for what is not among those. */
  declarations(): string[] {
    const numbers = this.#declared === undefined ? this.values.keys() : this.#named.values();
    const lines = [...numbers.map((i) => `const k${i} = K[${i}];`)];
    this.#declared ??= this.values.length;
    this.#named.clear();
    return lines;
  }

  /** The value as an expression: numbers and booleans stand for themselves. */
  literal(value: Value): string {
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value === 'bigint') return `${value}n`;
    return this.name(value);
  }
}

export class CodeLines {
  readonly lines: string[] = [];
  /** By index into `lines`; undefined where nothing can fault. */
  readonly origins: (LineOrigin | undefined)[] = [];

  add(text: string, origin?: LineOrigin): void {
    this.lines.push(text);
    this.origins.push(origin);
  }

  append(other: CodeLines): void {
    for (let i = 0; i < other.lines.length; i++) this.add(other.lines[i]!, other.origins[i]);
  }
}

/**
 * The code of a module. Finished lines are put together at once: engines copy what is small and lives on
 * again and again.
 */
export class CodeText {
  readonly #pieces: string[] = [];
  /** By line. */
  readonly origins: (LineOrigin | undefined)[] = [];

  add(line: string, origin?: LineOrigin): void {
    this.#pieces.push(line);
    this.origins.push(origin);
  }

  append(code: CodeLines): void {
    if (code.lines.length > 0) this.#addText(code.lines.join('\n'), code.origins);
  }

  appendText(text: CodeText): void {
    if (text.#pieces.length > 0) this.#addText(text.text(), text.origins);
  }

  #addText(text: string, origins: readonly (LineOrigin | undefined)[]): void {
    this.#pieces.push(text);
    for (const origin of origins) this.origins.push(origin);
  }

  text(): string {
    return this.#pieces.join('\n');
  }
}
