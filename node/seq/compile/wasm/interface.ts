// What passes between the numeric words of a program and what runs them.
import type { LineOrigin } from '../code.ts';
import { name, section } from './encoding.ts';

export interface WasmBinary {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By the position of a call in `bytes`. */
  readonly origins: ReadonlyMap<number, LineOrigin>;
  /** By the number that the function `fault` is given: code and message. */
  readonly faults: readonly (readonly [code: string, message: string])[];
}

export interface NumericBinary {
  /** Throws NotNumericError where the words have to run as JavaScript. */
  binary(): WasmBinary;
}

/** The module with the name by which stack traces know it. */
export function named(bytes: Uint8Array, scriptName: string): Uint8Array<ArrayBuffer> {
  const last = section(0, [...name('name'), ...section(0, name(scriptName))]);
  const whole = new Uint8Array(bytes.length + last.length);
  whole.set(bytes);
  whole.set(last, bytes.length);
  return whole;
}

/** The types of a word are not those that its effect promises. */
export class NotNumericError extends Error {}

/** What `binary` imports and exports. */
export const MODULE = 's';
export const SPENT_NAME = 'spent';
export const FAULT_NAME = 'fault';
export const MEMORY_NAME = 'memory';
