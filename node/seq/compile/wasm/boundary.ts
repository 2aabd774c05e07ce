// Between JavaScript and numeric words: two functions for each root, one that takes Ints as numbers and one
// that takes bigints, and the JavaScript that calls them. The reductions that are left and all results are
// written to the memory that both see.
import type { Word } from '../../check/ir.ts';
import { numberTypes } from './cluster.ts';
import {
  type Code,
  call,
  ELSE,
  END,
  F64_TYPE,
  f64Const,
  I32_TYPE,
  I64_TYPE,
  IF,
  Instructions,
  i32Const,
  i64Const,
  localGet,
  localSet,
  type NumberType,
  storeF64,
  storeI64,
  unsigned,
  VALUE_TYPES,
} from './encoding.ts';

/** How a root takes its Ints. */
export type Passing = 'number' | 'bigint';

/**
 * The memory in cells of 8 bytes: the reductions, then two for each result, which hold it as a number and as
 * an Int.
 */
const REDUCTIONS_CELL = 0;
const resultCell = (i: number): number => 1 + 2 * i;
const CELL_BYTES = 8;

export const parameterTypes = (word: Word, passing: Passing): Code => [
  F64_TYPE,
  ...numberTypes(word.inputs)!.map((type) =>
    type === 'int' && passing === 'bigint' ? I64_TYPE : type === 'bool' ? I32_TYPE : F64_TYPE,
  ),
];

/** The function of a root that JavaScript calls; `index` is that of the word. */
export function entryOf(word: Word, index: number, passing: Passing): Instructions {
  const inputs = numberTypes(word.inputs)!;
  const outputs = numberTypes(word.outputs)!;
  const first = 1 + inputs.length;
  const reductions = first + outputs.length;
  const code = new Instructions();
  const locals = [...outputs.map((type) => VALUE_TYPES[type]), I64_TYPE];
  code.add(unsigned(locals.length), ...locals.map((type): Code => [1, type]));
  code.add(localGet(0), [0xfc, 0x06]);
  inputs.forEach((type, i) => {
    code.add(localGet(i + 1));
    if (type === 'int') code.add(passing === 'number' ? [0xfc, 0x06] : [], i64Const(1n), [0x86]);
  });
  code.add(call(index));
  for (let i = outputs.length - 1; i >= 0; i--) code.add(localSet(first + i));
  code.add(localSet(reductions), i32Const(0), localGet(reductions), [0xb9], storeF64(REDUCTIONS_CELL));
  outputs.forEach((type, i) => {
    give(code, type, first + i, i);
  });
  code.add(END);
  return code;
}

/** Writes a result to the memory. An Int that is no number of JavaScript is NaN there. */
function give(code: Instructions, type: NumberType, local: number, index: number): void {
  const offset = resultCell(index) * CELL_BYTES;
  const value = localGet(local);
  if (type !== 'int') {
    code.add(i32Const(0), value, type === 'bool' ? [0xb7] : [], storeF64(offset));
    return;
  }
  const halved: Code = [...value, ...i64Const(1n), 0x87];
  const isNumber: Code = [...halved, ...i64Const(SAFE), 0x7c, ...i64Const(2n * SAFE), 0x58];
  code.add(isNumber, IF, i32Const(0), halved, [0xb9], storeF64(offset), ELSE);
  code.add(i32Const(0), f64Const(Number.NaN), storeF64(offset));
  code.add(i32Const(0), halved, storeI64(offset + CELL_BYTES), END);
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The lines of the function `name` for a root whose number is `root`. What is not of the declared types goes
 * on in the function `other`, as does all where there is no WebAssembly.
 */
export function callerOf(word: Word, root: number, name: string, other: string): string[] {
  const inputs = numberTypes(word.inputs)!;
  const outputs = numberTypes(word.outputs)!;
  const names = inputs.map((_, i) => `a${i}`);
  const list = names.join(', ');
  const passed = (passing: Passing) =>
    ['B + LEFT', ...inputs.map((type, i) => passedAs(type, names[i]!, passing))].join(', ');
  const test = (passing: Passing) =>
    inputs.map((type, i) => tested(type, names[i]!, passing)).join(' && ') || 'true';
  const results = outputs.map((type, i) => resultOf(type, resultCell(i)));
  return [
    `function ${name}(${list}) {`,
    `if (n${root} === undefined && !$numeric()) return ${other}(${list});`,
    `if (${test('number')}) n${root}(${passed('number')});`,
    inputs.includes('int') ? `else if (${test('bigint')}) b${root}(${passed('bigint')});` : '',
    `else return ${other}(${list});`,
    `B = NF[${REDUCTIONS_CELL}]; if (B > SLICE) { LEFT = B - SLICE; B = SLICE; } else LEFT = 0;`,
    ...results.slice(1).map((result, i) => `R${i + 1} = ${result};`),
    `return${results[0] === undefined ? '' : ` ${results[0]}`};`,
    '}',
  ];
}

const tested = (type: NumberType, code: string, passing: Passing): string =>
  type === 'float'
    ? `${code} instanceof $Float`
    : type === 'bool'
      ? `(${code} === true || ${code} === false)`
      : passing === 'number'
        ? `typeof ${code} === "number"`
        : `$isInt(${code})`;

const passedAs = (type: NumberType, code: string, passing: Passing): string =>
  type === 'float'
    ? `${code}.value`
    : type === 'bool'
      ? `${code} ? 1 : 0`
      : passing === 'number'
        ? code
        : `BigInt(${code})`;

/** Comparing a number to itself finds NaN. Programs see one NaN only, whatever the machine makes of it. */
function resultOf(type: NumberType, cell: number): string {
  const value = `NF[${cell}]`;
  if (type === 'bool') return `${value} !== 0`;
  if (type === 'int') return `${value} === ${value} ? ${value} : NI[${cell + 1}]`;
  return `new $Float(${value} === ${value} ? ${value} : NaN)`;
}
