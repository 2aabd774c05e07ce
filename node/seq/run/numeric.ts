// The numeric words of a program as running WebAssembly.
import type { LineOrigin } from '../compile/code.ts';
import {
  FAULT_NAME,
  MEMORY_NAME,
  MODULE,
  NotNumericError,
  type NumericBinary,
  named,
  SPENT_NAME,
  type WasmBinary,
} from '../compile/wasm/interface.ts';
import { Fault, type FaultCode } from '../fault.ts';

/** The part of the standard that is used here, which the types of Node lack. */
interface MachineMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly:
  | {
      readonly Memory: new (pages: { initial: number; maximum: number }) => MachineMemory;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object, imports: object) => { readonly exports: object };
      readonly CompileError: new () => Error;
    }
  | undefined;

/** Of generated code: ends a run that has used up its reductions, and goes on with those that are left. */
export type NumericHooks = [spent: (left: number) => never, resume: (left: number) => void];

export interface NumericCode {
  /** The functions by their names, and the memory in the two forms that generated code reads. */
  readonly exports: object;
  readonly origins: ReadonlyMap<number, LineOrigin>;
}

/**
 * What functions leave for JavaScript is read before another one is called, so that all programs share it.
 */
let shared: MachineMemory | undefined;

/** Undefined where the words have to run as JavaScript: this machine has no WebAssembly, or not for these. */
export function loadNumeric(
  module: NumericBinary,
  scriptName: string,
  [spent, resume]: NumericHooks,
): NumericCode | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const { bytes, origins, faults } = module.binary();
    shared ??= new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const imports = {
      [MODULE]: { [SPENT_NAME]: spent, [FAULT_NAME]: faulting(faults, resume), [MEMORY_NAME]: shared },
    };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(named(bytes, scriptName)), imports);
    const memory = { numbers: new Float64Array(shared.buffer), ints: new BigInt64Array(shared.buffer) };
    return { exports: { ...exports, ...memory }, origins };
  } catch (error) {
    const { CompileError } = WebAssembly;
    // A RangeError: there is no room for the memory.
    const refused = [NotNumericError, CompileError, RangeError].some((kind) => error instanceof kind);
    if (refused) return undefined;
    throw error;
  }
}

const faulting =
  (faults: WasmBinary['faults'], resume: (left: number) => void) =>
  (left: number, number: number): never => {
    resume(left);
    const [code, message] = faults[number]!;
    throw new Fault(code as FaultCode, message);
  };
