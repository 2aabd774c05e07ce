// What passes between the numeric words of a program and what runs them.
import type { LineOrigin } from '../code.ts';

export interface WasmBinary {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By the position of a call in `bytes`. */
  readonly origins: ReadonlyMap<number, LineOrigin>;
  /** By the number that the function `fault` is given: code and message. */
  readonly faults: readonly (readonly [code: string, message: string])[];
}

export interface NumericBinary {
  /**
   * `scriptName` becomes the name by which stack traces know the module. Throws NotNumericError where the
   * words have to run as JavaScript.
   */
  binary(scriptName: string): WasmBinary;
}

/** The types of a word are not those that its effect promises. */
export class NotNumericError extends Error {}

/** What `binary` imports and exports. */
export const MODULE = 's';
export const SPENT_NAME = 'spent';
export const FAULT_NAME = 'fault';
export const MEMORY_NAME = 'memory';
