// The numeric words of a program as one WebAssembly module.
import type { Word } from '../../check/ir.ts';
import { callGraphOf } from '../call-graph.ts';
import type { LineOrigin } from '../code.ts';
import { tailCycles } from '../tail-calls.ts';
import { entryOf, type Passing, parameterTypes } from './boundary.ts';
import { type NumericWords, numberTypes } from './cluster.ts';
import {
  type Code,
  END,
  F64_TYPE,
  functionType,
  I32_TYPE,
  Instructions,
  name,
  section,
  unsigned,
  vector,
} from './encoding.ts';
import { IMPORTS, typesOf, WasmFunction, type WasmScope } from './function.ts';
import {
  FAULT_NAME,
  MEMORY_NAME,
  MODULE,
  type NumericBinary,
  SPENT_NAME,
  type WasmBinary,
} from './interface.ts';

/**
 * Numeric words, as the module of JavaScript around them needs them; the binary is made when one is first
 * called.
 */
export interface NumericModule extends NumericBinary {
  readonly words: NumericWords;
}

export const numericModule = (words: NumericWords): NumericModule => ({
  words,
  binary: () => new ModuleWriter(words).write(),
});

/** JavaScript that makes the functions of the roots when one is first called. */
export function numericPrelude({ roots }: NumericWords): string[] {
  const names = roots.flatMap((_, i) => [`n${i}`, `b${i}`]);
  const each = names.map((each) => `${each} = x.${each};`).join(' ');
  return [
    `var tried = false, ${[...names, 'NF', 'NI'].join(', ')};`,
    'const { isInt: $isInt } = $;',
    'const $resume = (left) => { B = left > SLICE ? SLICE : left; LEFT = left - B; };',
    'const $spent = (left) => { $resume(left); throw $.exhausted; };',
    'function $numeric() {',
    'if (tried) return false;',
    'tried = true;',
    'const x = $.numeric($spent, $resume);',
    'if (x === undefined) return false;',
    `NF = x.numbers; NI = x.ints; ${each}`,
    'return true;',
    '}',
  ];
}

interface FunctionPart {
  readonly type: Code;
  readonly code: Instructions;
}

/**
 * A function that does nothing. Engines inline more in a module whose functions are mostly small, as those of
 * a compiler that has not inlined itself: `fib` then takes 42 ms, not 70.
 */
const SMALL: FunctionPart = { type: functionType([], []), code: smallBody() };

function smallBody(): Instructions {
  const code = new Instructions();
  code.add(unsigned(0), END);
  return code;
}

class ModuleWriter implements WasmScope {
  readonly #words: NumericWords;
  readonly #indices: ReadonlyMap<Word, number>;
  readonly #groups = new Map<Word, readonly Word[]>();
  readonly #faults: [string, string][] = [];

  constructor(words: NumericWords) {
    this.#words = words;
    this.#indices = new Map(words.words.map((word, i) => [word, IMPORTS + i]));
    for (const group of tailCycles(callGraphOf(words.words)))
      for (const word of group) this.#groups.set(word, group);
  }

  indexOf(word: Word): number {
    return this.#indices.get(word)!;
  }

  callsLast(from: Word, to: Word): boolean {
    return this.#groups.get(from)?.includes(to) ?? false;
  }

  fault(code: string, message: string): number {
    const known = this.#faults.findIndex(([c, m]) => c === code && m === message);
    return known >= 0 ? known : this.#faults.push([code, message]) - 1;
  }

  write(): WasmBinary {
    const { words, roots } = this.#words;
    const functions: FunctionPart[] = words.map((word) => ({
      type: functionType(typesOf(numberTypes(word.inputs)!), typesOf(numberTypes(word.outputs)!)),
      code: new WasmFunction(this, word).emit(),
    }));
    const exported: Code[] = [];
    roots.forEach((word, root) => {
      for (const passing of ['number', 'bigint'] as const satisfies Passing[]) {
        const index = IMPORTS + functions.length;
        exported.push([...name(`${passing[0]}${root}`), 0, ...unsigned(index)]);
        const type = functionType(parameterTypes(word, passing), []);
        functions.push({ type, code: entryOf(word, this.indexOf(word), passing) });
      }
    });
    for (let i = functions.length; i > 0; i--) functions.push(SMALL);
    return this.#assemble(functions, exported);
  }

  #assemble(functions: readonly FunctionPart[], exported: readonly Code[]): WasmBinary {
    const types = [
      functionType([F64_TYPE], []),
      functionType([F64_TYPE, I32_TYPE], []),
      ...functions.map(({ type }) => type),
    ];
    const imports = [
      [...name(MODULE), ...name(SPENT_NAME), 0, 0],
      [...name(MODULE), ...name(FAULT_NAME), 0, 1],
      [...name(MODULE), ...name(MEMORY_NAME), 2, 1, 1, 1],
    ];
    const before = [
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types)),
      section(2, vector(imports)),
      section(3, vector(functions.map((_, i) => unsigned(IMPORTS + i)))),
      section(7, vector(exported)),
    ].flat();
    return { ...withBodies(before, functions), faults: this.#faults };
  }
}

/** Adds the code section, in which places of the program are known by their positions. */
function withBodies(
  before: number[],
  functions: readonly FunctionPart[],
): Pick<WasmBinary, 'bytes' | 'origins'> {
  const sizes = functions.map(({ code }) => unsigned(code.bytes.length));
  const count = unsigned(functions.length);
  const size = functions.reduce(
    (sum, { code }, i) => sum + sizes[i]!.length + code.bytes.length,
    count.length,
  );
  const head = [...before, 10, ...unsigned(size), ...count];
  const bytes = new Uint8Array(head.length + size - count.length);
  const origins = new Map<number, LineOrigin>();
  bytes.set(head);
  let at = head.length;
  functions.forEach(({ code }, i) => {
    bytes.set(sizes[i]!, at);
    at += sizes[i]!.length;
    for (const { offset, origin } of code.origins) origins.set(at + offset, origin);
    bytes.set(code.bytes, at);
    at += code.bytes.length;
  });
  return { bytes, origins };
}
