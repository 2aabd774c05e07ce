// Builtins in generated code: arithmetic on numbers in place, everything else as a call.
import type { Builtin } from '../builtins/table.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { Emitter } from './emitter.ts';
import type { Operand } from './operand.ts';

const SAFE = '9007199254740991';

export function emitBuiltin(emitter: Emitter, builtin: Builtin, at: Span): void {
  const inputs = emitter.stack.take(builtin.takes);
  if (!builtin.outOfLine && emitInline(emitter, builtin, inputs, at)) return;
  const args = new Array<string>(inputs.length);
  for (let i = 0; i < inputs.length; i++) args[i] = inputs[i]!.code;
  if (builtin.cost !== undefined) {
    emitter.line(`B -= ${emitter.constants.name(builtin.cost)}(${args.join(', ')});`, at);
    // A word with a cost is not bounded, so that it can stop here.
    emitter.line(emitter.scope.form.reduction('generator'), at);
  }
  if (builtin.template !== undefined) {
    const call = `${emitter.scope.templateName(builtin, inputs.at(-1)?.literal)}(${args.join(', ')})`;
    emitter.callResults(call, builtin.results, at, emitter.scope.quotationKind);
  } else if (builtin.suspends !== undefined) emitSuspending(emitter, builtin, args, at);
  else if (builtin.find !== undefined) emitFinding(emitter, builtin, args, at);
  else if (builtin.host !== undefined) {
    emitter.speculates = false;
    const call = `${emitter.constants.name(builtin.host)}(C${args.map((arg) => `, ${arg}`).join('')})`;
    emitResults(emitter, call, args, builtin, at);
  } else
    emitResults(emitter, `${emitter.constants.name(builtin.run)}(${args.join(', ')})`, args, builtin, at);
}

/** Words that have code of their own; false when the builtin is none of them. */
function emitInline(emitter: Emitter, builtin: Builtin, inputs: readonly Operand[], at: Span): boolean {
  return INLINE.get(builtin.name)?.(emitter, builtin, inputs, at) ?? false;
}

type Inline = (emitter: Emitter, builtin: Builtin, inputs: readonly Operand[], at: Span) => boolean;

/** Arithmetic and comparison of Ints in place. */
function emitNumeric(emitter: Emitter, builtin: Builtin, inputs: readonly Operand[], at: Span): boolean {
  const [a, b] = inputs as [Operand, Operand];
  if (Object.hasOwn(ARITHMETIC, builtin.name)) {
    emitArithmetic(emitter, ARITHMETIC[builtin.name]!, [a, b], builtin, at);
    return true;
  }
  if (Object.hasOwn(DIVISION, builtin.name)) {
    emitDivision(emitter, DIVISION[builtin.name]!, [a, b], builtin, at);
    return true;
  }
  if (Object.hasOwn(BITWISE, builtin.name)) {
    const small = [a, b].map(({ code }) => `(${code} | 0) === ${code}`).join(' && ');
    const numbers = bothNumbers(a, b);
    const test = numbers === '' ? small : `${numbers} && ${small}`;
    const fast = `${a.code} ${BITWISE[builtin.name]} ${b.code}`;
    if (emitter.speculates) {
      emitter.require(test);
      emitter.assign(fast, undefined, 'small');
      return true;
    }
    const slow = `${emitter.constants.name(builtin.run)}(${a.code}, ${b.code})`;
    emitter.assign(`${test} ? ${fast} : ${slow}`, at);
    return true;
  }
  const numbers = bothNumbers(a, b);
  const test = `${a.code} ${COMPARISON[builtin.name]} ${b.code}`;
  if (emitter.speculates) {
    emitter.require(numbers);
    emitter.assign(test, undefined, 'boolean');
    return true;
  }
  const slow = `${emitter.constants.name(builtin.run)}(${a.code}, ${b.code})`;
  emitter.assign(numbers === '' ? test : `${numbers} ? ${test} : ${slow}`, at, 'boolean');
  return true;
}

/** Arithmetic and comparison of Floats in place. */
function emitFloat(emitter: Emitter, builtin: Builtin, inputs: readonly Operand[], at: Span): boolean {
  const operator = FLOAT_ARITHMETIC[builtin.name];
  const comparison = FLOAT_COMPARISON[builtin.name];
  const [a, b] = inputs as [Operand, Operand];
  const tests = [...new Set(inputs.filter(({ is }) => is !== 'float').map(({ code }) => code))];
  const floats = tests.map((code) => `${code} instanceof $Float`).join(' && ');
  const both = `${a.code}.value ${operator ?? comparison} ${b.code}.value`;
  const fast = operator === undefined ? both : `new $Float(${both})`;
  const slow = `${emitter.constants.name(builtin.run)}(${a.code}, ${b.code})`;
  // The slow way faults unless both are Floats, so what comes out is one in any case.
  emitter.assign(
    floats === '' ? fast : `${floats} ? ${fast} : ${slow}`,
    at,
    operator === undefined ? 'boolean' : 'float',
  );
  return true;
}

/** Pushes to a list in place; that is O(1) and so costs no further reductions, as it does for a variant. */
function emitPush(emitter: Emitter, builtin: Builtin, inputs: readonly Operand[], at: Span): boolean {
  const [list, value] = [inputs[0]!.code, inputs[1]!.code];
  const slow = `${emitter.constants.name(builtin.run)}(${list}, ${value})`;
  const work = `B -= ${emitter.constants.name(builtin.work)}(undefined, ${list}, ${value})`;
  emitter.assign(`${list} instanceof $List ? ${list}.push(${value}) : (${work}, ${slow})`, at);
  return true;
}

function emitLogic(emitter: Emitter, builtin: Builtin, inputs: readonly Operand[], at: Span): boolean {
  if (!inputs.every(({ is }) => is === 'boolean')) return false;
  const [a, b] = inputs;
  if (builtin.name === 'not') emitter.assign(`!${a!.code}`, at, 'boolean');
  else if (builtin.name === 'and') emitter.assign(`${a!.code} && ${b!.code}`, at, 'boolean');
  else if (builtin.name === 'or') emitter.assign(`${a!.code} || ${b!.code}`, at, 'boolean');
  else return false;
  return true;
}

/** A word that gives a value and true, or 0 and false, without an array of them. */
function emitFinding(emitter: Emitter, builtin: Builtin, args: readonly string[], at: Span): void {
  const [found, exists] = [emitter.fresh(), emitter.fresh()];
  emitter.line(`const ${found} = ${emitter.constants.name(builtin.find)}(${args.join(', ')});`, at);
  emitter.line(`const ${exists} = ${found} !== undefined;`);
  emitter.assign(`${exists} ? ${found} : 0`);
  emitter.stack.push({ code: exists, is: 'boolean' });
}

/** A word that gives its results, or makes the strand wait and go on with them later. */
function emitSuspending(emitter: Emitter, builtin: Builtin, args: readonly string[], at: Span): void {
  const results = emitter.fresh();
  const call = `${emitter.constants.name(builtin.suspends)}(${['C', ...args].join(', ')})`;
  emitter.line(`let ${results} = ${call};`, at);
  const site = emitter.scope.site({ word: emitter.word, at });
  emitter.line(`if (${results} === null) ${results} = yield (AT.site = ${site}, null);`, at);
  const kept = builtin.keeps ?? 0;
  for (const code of args.slice(0, kept)) emitter.stack.push({ code });
  const count = builtin.results - kept;
  if (count === 0) return;
  if (builtin.ends && count === 1) {
    const [code, message] = ['closed', 'The channel is closed.'].map((text) => emitter.constants.name(text));
    emitter.line(`if (${results} === undefined) $fault(${code}, ${message});`, at);
    emitter.stack.push({ code: results });
    return;
  }
  if (builtin.ends) {
    const exists = emitter.fresh();
    emitter.line(`const ${exists} = ${results} !== undefined;`);
    emitter.assign(`${exists} ? ${results} : 0`);
    if (boolOf(builtin, kept + 1) === undefined) emitter.assign(`${exists} ? 1 : 0`, undefined, 'small');
    else emitter.stack.push({ code: exists, is: 'boolean' });
    return;
  }
  for (let i = 0; i < count; i++)
    emitter.assign(count === 1 ? results : `${results}[${i}]`, undefined, boolOf(builtin, kept + i));
}

const boolOf = (builtin: Builtin, output: number): Operand['is'] => {
  const type = builtin.written.outputs.types[output]!;
  return type.kind === 'name' && type.name === 'Bool' ? 'boolean' : undefined;
};

function emitResults(
  emitter: Emitter,
  call: string,
  args: readonly string[],
  builtin: Builtin,
  at: Span,
): void {
  if (builtin.results === 0) {
    emitter.line(`${call};`, at);
    return;
  }
  // What grows with its data is charged for it; the next reduction stops the run if that was too much.
  const charge = (results: string): string =>
    builtin.work === undefined
      ? ''
      : ` B -= ${emitter.constants.name(builtin.work)}(${[results, ...args].join(', ')});`;
  if (builtin.results === 1) {
    const name = emitter.fresh();
    emitter.line(`const ${name} = ${call};${charge(name)}`, at);
    emitter.stack.push(operandOf(name, boolOf(builtin, 0)));
    return;
  }
  const results = emitter.fresh();
  emitter.line(`const ${results} = ${call};${charge(results)}`, at);
  for (let i = 0; i < builtin.results; i++) emitter.assign(`${results}[${i}]`, undefined, boolOf(builtin, i));
}

const operandOf = (code: string, is: Operand['is']): Operand => (is === undefined ? { code } : { code, is });

/**
 * A test that both operands are numbers of JavaScript, without those that are known to be; empty when both
 * are.
 */
function bothNumbers(a: Operand, b: Operand): string {
  const left = a.is === 'small' ? '' : `typeof ${a.code} === "number"`;
  if (b.is === 'small' || b.code === a.code) return left;
  const right = `typeof ${b.code} === "number"`;
  return left === '' ? right : `${left} && ${right}`;
}

const ARITHMETIC: Readonly<Record<string, '+' | '-' | '*'>> = {
  'i.add': '+',
  'i.subtract': '-',
  'i.multiply': '*',
};
const BITWISE: Readonly<Record<string, string>> = { band: '&', bor: '|', bxor: '^' };
/** On numbers of JavaScript, where the divisor is not 0. Adding 0 turns -0 into 0. */
const DIVISION: Readonly<Record<string, (a: string, b: string) => string>> = {
  'i.divide': (a, b) => `Math.trunc(${a} / ${b}) + 0`,
  'i.modulo': (a, b) => `${a} % ${b} + 0`,
};
const FLOAT_ARITHMETIC: Readonly<Record<string, string>> = {
  'f.add': '+',
  'f.subtract': '-',
  'f.multiply': '*',
  'f.divide': '/',
};
const FLOAT_COMPARISON: Readonly<Record<string, string>> = {
  'f.eq': '===',
  'f.lt': '<',
  'f.gt': '>',
  'f.lte': '<=',
  'f.gte': '>=',
  'f.neq': '!==',
};
const COMPARISON: Readonly<Record<string, string>> = {
  'i.eq': '===',
  'i.lt': '<',
  'i.gt': '>',
  'i.lte': '<=',
  'i.gte': '>=',
  'i.neq': '!==',
};

function emitArithmetic(
  emitter: Emitter,
  operator: '+' | '-' | '*',
  [a, b]: [Operand, Operand],
  builtin: Builtin,
  at: Span,
): void {
  const name = emitter.fresh();
  const numbers = bothNumbers(a, b);
  // Adding 0 turns -0 into 0, which a square is not.
  const mend = operator === '*' && a.code !== b.code ? ' + 0' : '';
  const compute = `(${name} = ${a.code} ${operator} ${negative(b.code)}${mend})`;
  const inRange = rangeTest(compute, name, operator, a, b);
  if (emitter.speculates) {
    emitter.line(`let ${name};`);
    emitter.require(numbers === '' ? inRange : `${numbers} && ${inRange}`);
    emitter.stack.push({ code: name, is: 'small' });
    return;
  }
  const slow = `${emitter.constants.name(builtin.run)}(${a.code}, ${b.code})`;
  emitter.line(
    `let ${name}; if (!(${numbers === '' ? '' : `${numbers} && `}${inRange})) ${name} = ${slow};`,
    at,
  );
  emitter.stack.push({ code: name });
}

/**
 * Whether the result is a safe integer, given that the operands are. What is changed by a constant can leave
 * at one end only.
 */
function rangeTest(compute: string, name: string, operator: '+' | '-' | '*', a: Operand, b: Operand): string {
  const step = operator === '*' ? Number.NaN : Number(b.code) * (operator === '-' ? -1 : 1);
  if (step > 0 || (operator === '*' && a.code === b.code)) return `${compute} <= ${SAFE}`;
  if (step < 0) return `${compute} >= -${SAFE}`;
  return `${compute} <= ${SAFE} && ${name} >= -${SAFE}`;
}

/** Leaves the result and whether there is one. */
function emitDivision(
  emitter: Emitter,
  divide: (a: string, b: string) => string,
  [a, b]: [Operand, Operand],
  builtin: Builtin,
  at: Span,
): void {
  const numbers = bothNumbers(a, b);
  const fast = divide(a.code, negative(b.code));
  const always = /^-?[1-9]/.test(b.code);
  if (emitter.speculates) {
    emitter.require(numbers);
    emitter.assign(always ? fast : `${b.code} === 0 ? 0 : ${fast}`, undefined, 'small');
    if (always) emitter.stack.push({ code: 'true', is: 'boolean' });
    else emitter.assign(`${b.code} !== 0`, undefined, 'boolean');
    return;
  }
  const [result, exists] = [emitter.fresh(), emitter.fresh()];
  const slow = `[${result}, ${exists}] = ${emitter.constants.name(builtin.run)}(${a.code}, ${b.code});`;
  const tests = [numbers, always ? '' : `${b.code} !== 0`].filter((test) => test !== '').join(' && ');
  emitter.line(`let ${result}, ${exists} = true;`);
  emitter.line(`if (${tests || 'true'}) ${result} = ${fast}; else ${slow}`, at);
  emitter.stack.push({ code: result });
  emitter.stack.push({ code: exists, is: 'boolean' });
}

/** `a - -1` needs the space, and `a - (-1)` reads better. */
const negative = (code: string): string => (code.startsWith('-') ? `(${code})` : code);

/** Words that have code of their own, by name. */
const INLINE: ReadonlyMap<string, Inline> = new Map<string, Inline>([
  ...[ARITHMETIC, DIVISION, BITWISE, COMPARISON]
    .flatMap((words) => Object.keys(words))
    .map((name): [string, Inline] => [name, emitNumeric]),
  ...[FLOAT_ARITHMETIC, FLOAT_COMPARISON]
    .flatMap((words) => Object.keys(words))
    .map((name): [string, Inline] => [name, emitFloat]),
  ...['not', 'and', 'or'].map((name): [string, Inline] => [name, emitLogic]),
  ...['list.push', 'list-push', 'lv'].map((name): [string, Inline] => [name, emitPush]),
]);
