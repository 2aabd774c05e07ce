// What a script compiled to, as data that can be written down: it runs without lexer, checker and compiler.

/** A word, and a place in it. */
export type PreparedPlace = readonly [word: string, file: string, line: number, column: number];

/** A value or function that generated code refers to: of a function, where it is among
 * the rows of builtin words. */
export type PreparedConstant =
  | readonly [kind: 'text' | 'float' | 'symbol', text: string]
  | readonly [kind: 'bytes', bytes: readonly number[]]
  | PreparedBuiltin;

export type PreparedBuiltin = readonly [kind: 'builtin', group: string, word: string, property: string];

/** Places are indices into the program's; -1 where there is none. */
export interface PreparedCode {
  readonly source: string;
  readonly origins: readonly number[];
}

export interface PreparedNumeric {
  readonly bytes: readonly number[];
  readonly origins: readonly (readonly [position: number, place: number])[];
  readonly faults: readonly (readonly [code: string, message: string])[];
}

export interface PreparedModule extends PreparedCode {
  readonly constants: readonly PreparedConstant[];
  readonly strands: boolean;
  readonly sites: readonly number[];
  /** `refused`: there are numeric words, and they have to run as JavaScript. */
  readonly numeric: PreparedNumeric | 'refused' | undefined;
  /** By kind and number, as compile/module.ts has them. */
  readonly later: Readonly<Record<'word' | 'literal', Readonly<Record<number, PreparedCode>>>>;
}

export interface PreparedProgram {
  readonly plain: PreparedModule;
  readonly resumable: PreparedModule;
  /** The number of the word `main`, and the file that it is in. */
  readonly main: { readonly number: number; readonly file: string };
  readonly places: readonly PreparedPlace[];
}
