// A checked program to one JavaScript module: its source, the values it refers to, and which line stands for
// what. The module leaves out most words, and asks for each when it is first called: a run needs part of
// them, and few at its start.

import type { Builtin } from '../builtins/table.ts';
import type { Literal, Op, Word } from '../check/ir.ts';
import { depthOf } from '../check/types.ts';
import { boundedWords } from './bounded.ts';
import { callGraphOf } from './call-graph.ts';
import { CodeText, ConstantTable, type LineOrigin } from './code.ts';
import type { JumpTarget, ModuleScope } from './emitter.ts';
import { adaptSource, type Form, type Kind, keyword, templateSource } from './form.ts';
import { FunctionEmitter } from './function.ts';
import { type Needs, needsOf } from './needs.ts';
import { TooLargeError } from './operand.ts';
import { LATER_PRELUDE, RETURN } from './prelude.ts';
import { type Suspension, suspensionOf } from './suspension.ts';
import { tailCycles } from './tail-calls.ts';
import { Unit } from './unit.ts';
import { callerOf } from './wasm/boundary.ts';
import { NO_NUMERIC_WORDS, type NumericWords, numericWords } from './wasm/cluster.ts';
import type { NumericBinary } from './wasm/interface.ts';
import { numericModule, numericPrelude } from './wasm/module.ts';
import { arityOf, calleeWidths, NO_WIDTHS, WIDTH_MAX, type Widths, widthsKey } from './widths.ts';

/** Functions that a module names more than it can hold are refused. */
const FUNCTIONS_MAX = 200_000;
/**
 * A word that may need more is not left out: it could be refused for its depth or for what it keeps on the
 * stack, and that is told before anything runs.
 */
const LATER_SIZE_MAX = 500;

export interface CompiledModule {
  readonly source: string;
  readonly constants: readonly unknown[];
  /** By line of `source`, from 0. */
  readonly origins: readonly (LineOrigin | undefined)[];
  /** Whether a run of it needs strands. */
  readonly strands: boolean;
  /** What call sites are numbers of. */
  readonly sites: readonly LineOrigin[];
  /** The words that `source` calls as WebAssembly, if there are any. */
  readonly numeric: NumericBinary | undefined;
  /**
   * The code of a word or literal that `source` leaves out, by its number, to be evaluated in the scope of
   * `source`. It may name more constants and sites than there were. The same each time.
   */
  later(kind: LaterKind, number: number): LaterCode;
  /** The numbers of all that `source` leaves out. */
  readonly left: Readonly<Record<LaterKind, readonly number[]>>;
}

export type LaterKind = 'word' | 'literal';
export type LaterCode = Pick<CompiledModule, 'source' | 'origins'>;

interface Group {
  readonly name: string;
  readonly members: readonly Word[];
  readonly parameters: readonly string[];
}

/** A word with rows of these widths: one function. */
interface Job {
  readonly number: number;
  readonly word: Word;
  readonly widths: Widths;
  readonly name: string;
}

/** The words have the numbers of their order. */
export function compileModule(
  words: readonly Word[],
  literals: readonly Literal[],
  form: Form,
): CompiledModule {
  return new ModuleEmitter(words, literals, form).emit();
}

class ModuleEmitter implements ModuleScope {
  readonly constants = new ConstantTable();
  readonly form: Form;
  readonly quotationKind: Kind;
  readonly #suspension: Suspension;
  readonly #tailCycles: readonly (readonly Word[])[];
  readonly #numeric: NumericWords;
  /** The number of each word that others call as WebAssembly. */
  readonly #roots: ReadonlyMap<Word, number>;
  readonly #bounded: ReadonlySet<Word>;
  readonly #sites: LineOrigin[] = [];
  readonly #words: readonly Word[];
  readonly #numbers: ReadonlyMap<Word, number>;
  readonly #literals: readonly Literal[];
  readonly #names = new Map<Word, Map<string, string>>();
  readonly #templateSources = new Map<string, string>();
  readonly #groups = new Map<Word, Group>();
  readonly #jobs: Job[] = [];
  readonly #needs = new Map<Word, Needs>();
  #unit = new Unit(false);
  #current: { word: Word; key: string; parameters: readonly string[]; group?: Group } | undefined;
  #resultsMax = 1;

  constructor(words: readonly Word[], literals: readonly Literal[], form: Form) {
    this.#words = words;
    this.#literals = literals;
    this.form = form;
    this.#numbers = new Map(words.map((word, i) => [word, i]));
    const calls = callGraphOf(words);
    this.#tailCycles = tailCycles(calls);
    this.#numeric = form.numeric ? numericWords(calls) : NO_NUMERIC_WORDS;
    this.#roots = new Map(this.#numeric.roots.map((word, i) => [word, i]));
    this.#bounded = boundedWords(calls);
    this.#suspension = suspensionOf(words, literals);
    this.quotationKind = this.#kind(this.#suspension.quotations);
  }

  emit(): CompiledModule {
    const groups = this.#tailCycles.map((members, i): Group => {
      const most = Math.max(...members.map((word) => arityOf(word.inputs, NO_WIDTHS)));
      return { name: `g${i}`, members, parameters: parameterNames(most) };
    });
    for (const group of groups) for (const word of group.members) this.#groups.set(word, group);
    for (const word of this.#words) this.wordName(word, NO_WIDTHS);
    for (const group of groups) if (!this.#canWait(group.members[0]!)) this.#group(group);
    // Each may name more, which then follow.
    for (const job of this.#jobs)
      if (this.#canWait(job.word)) this.#foresee(job);
      else this.#word(job);
    for (const literal of this.#unit.literals) this.#literal(literal);
    return this.#assemble();
  }

  /** Where the stack overflowed the last time, which may be anywhere in it, it begins from the start. */
  #later(kind: LaterKind, number: number): LaterCode {
    const unit = new Unit(true);
    this.#unit = unit;
    this.#current = undefined;
    if (kind === 'literal') unit.literals.add(this.#literals[number]!);
    else {
      const job = this.#jobs[number]!;
      const group = this.#groupOf(job);
      for (const word of group?.members ?? []) this.#word(this.#jobs[this.#numbers.get(word)!]!);
      if (group === undefined) this.#word(job);
      else this.#group(group);
    }
    for (const literal of unit.literals) this.#literal(literal);
    return unit.behind(new CodeText(), this.constants);
  }

  #groupOf({ word, widths }: Job): Group | undefined {
    return widthsKey(widths) === '' ? this.#groups.get(word) : undefined;
  }

  /** Those of a group wait together. What calls WebAssembly belongs to the module, which loads that. */
  #canWait(word: Word): boolean {
    const members = this.#groups.get(word)?.members ?? [word];
    return members.every((each) => !this.#roots.has(each) && this.#needsOf(each).size <= LATER_SIZE_MAX);
  }

  #needsOf(word: Word): Needs {
    let needs = this.#needs.get(word);
    if (needs === undefined) {
      needs = needsOf(word.body);
      this.#needs.set(word, needs);
    }
    return needs;
  }

  /** Names what the word will call: the module has a variable for each. */
  #foresee({ word, widths }: Job): void {
    const { calls, results } = this.#needsOf(word);
    this.#results(Math.max(results, arityOf(word.outputs, widths), arityOf(word.inputs, widths) + 1));
    for (const { word: callee, arguments: quotes, quoted } of calls)
      this.wordName(callee, calleeWidths(callee, quotes, quoted ? NO_WIDTHS : widths));
  }

  kindOf(word: Word): Kind {
    return this.#kind(this.#suspension.words.has(word), this.#bounded.has(word));
  }

  /** `bounded`: it takes few reductions whatever it is given. */
  #kind(suspends: boolean, bounded = false): Kind {
    if (suspends) return 'generator';
    return this.form.name === 'plain' || bounded ? 'function' : 'generator';
  }

  site(origin: LineOrigin): number {
    return this.#sites.push(origin) - 1;
  }

  wordName(word: Word, widths: Widths): string {
    const key = widthsKey(widths);
    const byWidths = this.#names.get(word) ?? new Map<string, string>();
    this.#names.set(word, byWidths);
    let name = byWidths.get(key);
    if (name === undefined) {
      const number = this.#jobs.length;
      if (number >= FUNCTIONS_MAX) throw new TooLargeError('The program needs too many functions.');
      for (const width of widths.values())
        if (width > WIDTH_MAX)
          throw new TooLargeError(`Word ${word.name} calls itself with quotations that reach ever deeper.`);
      name = `w${number}`;
      byWidths.set(key, name);
      this.#jobs.push({ number, word, widths, name });
    }
    return name;
  }

  literalName({ literal }: Op & { op: 'quote' }): string {
    this.#unit.literals.add(literal);
    return `q${literal.index}`;
  }

  templateName(builtin: Builtin, literal: Literal | undefined): string {
    this.#results(builtin.results + 1);
    let source = this.#templateSource(builtin.template!);
    if (literal !== undefined) {
      // A copy that names the literal, which engines then compile into its loop.
      const { inputs, outputs } = literal.quote;
      const called = `$call(quotation, ${depthOf(inputs)}, ${depthOf(outputs)})`;
      source = source.replace(called, `q${literal.index}`);
    }
    return this.#unit.template(source);
  }

  /**
   * On one line: nothing in it has a place in the program, and a program has a copy for each of its literals.
   */
  #templateSource(template: string): string {
    let source = this.#templateSources.get(template);
    if (source === undefined) {
      source = templateSource(template.trim(), this.form, this.quotationKind).replace(/\n\s*/g, ' ');
      this.#templateSources.set(template, source);
    }
    return source;
  }

  jumpTarget(word: Word, widths: Widths): JumpTarget | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    const key = widthsKey(widths);
    if (current.word === word && current.key === key)
      return { parameters: current.parameters, prepare: '', label: 'L' };
    const state = key === '' && current.key === '' ? (current.group?.members.indexOf(word) ?? -1) : -1;
    if (state < 0) return undefined;
    const parameters = current.group!.parameters.slice(0, arityOf(word.inputs, NO_WIDTHS));
    return { parameters, prepare: `s = ${state}; `, label: 'L' };
  }

  #results(count: number): number {
    this.#resultsMax = Math.max(this.#resultsMax, count);
    return count;
  }

  #word(job: Job): void {
    const { word, widths, name: called } = job;
    const { code } = this.#unit;
    const root = this.#roots.get(word);
    const name = root === undefined ? called : `${called}j`;
    if (root !== undefined) for (const line of callerOf(word, root, called, name)) code.add(line);
    const group = this.#groupOf(job);
    const parameters = parameterNames(arityOf(word.inputs, widths));
    const list = parameters.join(', ');
    // A word that is left out is no root, so that its function has its own name.
    const head = (kind: Kind) => this.#unit.head(kind, name, list, `W[${job.number}] = `);
    if (group !== undefined) {
      const state = group.members.indexOf(word);
      const call = [state, ...parameters].join(', ');
      // In both forms: the group gives a value or a generator, and so does this.
      code.add(`${head('function')} return ${group.name}(${call}); }`);
      return;
    }
    const results = this.#results(arityOf(word.outputs, widths));
    const body = (speculates: boolean): FunctionEmitter => {
      this.#current = { word, key: widthsKey(widths), parameters };
      const emitter = new FunctionEmitter(this, word.name, widths, parameters, results, speculates);
      emitter.function(word.body);
      this.#current = undefined;
      return emitter;
    };
    const kind = this.kindOf(word);
    const emitter = body(false);
    const speculative =
      emitter.jumps && this.form.name === 'plain' && kind === 'function' ? body(true) : emitter;
    if (speculative.givesUp) {
      this.#speculativeLoop(word, name, head('function'), parameters, speculative);
      code.add(`function ${name}g(${list}) {`);
    } else code.add(head(kind));
    if (emitter.jumps) code.add('L: for (;;) {');
    code.add(this.form.reduction(kind), { word: word.name, at: word.at });
    code.append(emitter.code);
    if (emitter.jumps) code.add('}');
    code.add('}');
  }

  /**
   * A loop in which all Ints are numbers, which engines keep unboxed; one that could be a bigint anywhere
   * would be boxed everywhere. At a wide Int it leaves for the general loop, which does this turn from its
   * start. It also leaves when the slice is spent, then to come back: a call in such a loop would cost more
   * than the loop does.
   */
  #speculativeLoop(
    word: Word,
    name: string,
    head: string,
    parameters: readonly string[],
    emitter: FunctionEmitter,
  ): void {
    const { code } = this.#unit;
    const list = parameters.join(', ');
    this.#results(parameters.length + 1);
    code.add(head);
    code.add('for (;;) {');
    code.add(`const left = ${name}f(${list});`);
    code.add('if (left !== $again) return left;');
    // The turn that is done again has been counted.
    code.add('$spend(); B++;');
    parameters.forEach((each, i) => {
      code.add(`${each} = R${i + 1};`);
    });
    code.add('}');
    code.add('}');
    code.add(`function ${name}f(${list}) {`);
    code.add('L: for (;;) {');
    code.add('if (--B < 0) break L;', { word: word.name, at: word.at });
    code.append(emitter.code);
    code.add('}');
    code.add(`if (B >= 0) { B++; return ${name}g(${list}); }`);
    parameters.forEach((each, i) => {
      code.add(`R${i + 1} = ${each};`);
    });
    code.add('return $again;');
    code.add('}');
  }

  #group(group: Group): void {
    const { code } = this.#unit;
    const kind = this.kindOf(group.members[0]!);
    code.add(`${keyword(kind)} ${group.name}(${['s', ...group.parameters].join(', ')}) {`);
    code.add('L: for (;;) {');
    code.add(this.form.reduction(kind), { word: group.members[0]!.name, at: group.members[0]!.at });
    code.add('switch (s) {');
    group.members.forEach((word, state) => {
      const parameters = group.parameters.slice(0, arityOf(word.inputs, NO_WIDTHS));
      this.#current = { word, key: '', parameters, group };
      const results = this.#results(arityOf(word.outputs, NO_WIDTHS));
      const emitter = new FunctionEmitter(this, word.name, NO_WIDTHS, parameters, results);
      emitter.function(word.body);
      this.#current = undefined;
      code.add(`case ${state}: {`);
      code.append(emitter.code);
      code.add('}');
    });
    code.add('}');
    code.add('}');
    code.add('}');
  }

  #literal(literal: Literal): void {
    const inputs = depthOf(literal.quote.inputs);
    const outputs = this.#results(depthOf(literal.quote.outputs));
    const parameters = parameterNames(inputs);
    const emitter = new FunctionEmitter(this, literal.word, NO_WIDTHS, parameters, outputs);
    emitter.function(literal.body);
    const { code } = this.#unit;
    const { index } = literal;
    const name = `q${index}`;
    const kind = this.#kind(this.#suspension.literals.has(literal));
    code.add(this.#unit.head(kind, name, parameters.join(', '), ''));
    code.add(this.form.reduction(kind), { word: literal.word, at: literal.at });
    code.append(emitter.code);
    code.add('}');
    const value = `new $Quotation(${name}, ${inputs}, ${outputs}, ${index}, [])`;
    code.add(`${this.#unit.isLater ? '' : 'const '}${name}v = Q[${index}] = ${value};`);
  }

  #assemble(): CompiledModule {
    const head = new CodeText();
    const registers = Array.from({ length: this.#resultsMax }, (_, i) => `R${i + 1}`);
    head.add('"use strict";');
    // A `let` would be looked at each time, whether it is initialised.
    head.add(`var B = 0, LEFT = 0, SPARE = 0, DEPTH = 0, C, ${registers.join(', ')};`);
    const prelude = `${this.form.prelude}\n${adaptSource(this.quotationKind)}`;
    for (const line of prelude.split('\n')) head.add(line);
    head.add(`const $registers = () => [${registers.join(', ')}];`);
    const spread = registers.map((name, i) => `${name} = values[${i + 1}];`).join(' ');
    head.add(`const $spread = (values) => { ${spread} };`);
    head.add(`const $clear = () => { ${registers.join(' = ')} = undefined; };`);
    const { roots } = this.#numeric;
    if (roots.length > 0) for (const line of numericPrelude(this.#numeric)) head.add(line);
    for (const line of LATER_PRELUDE.split('\n')) head.add(line);
    const isLater = ({ word }: Job) => this.#canWait(word);
    const words = this.#jobs.map((job) => (isLater(job) ? '' : job.name));
    head.add(`const W = [${words.join(',')}${words.at(-1) === '' ? ',' : ''}], Q = [];`);
    const variables = this.#jobs.filter(isLater).map(({ name, number }) => `${name} = $later(${number})`);
    for (const literal of this.#literals)
      if (!this.#unit.literals.has(literal)) variables.push(`q${literal.index}`, `q${literal.index}v`);
    if (variables.length > 0) head.add(`var ${variables.join(', ')};`);
    const left = {
      word: this.#jobs.filter(isLater).map(({ number }) => number),
      literal: this.#literals
        .filter((literal) => !this.#unit.literals.has(literal))
        .map(({ index }) => index),
    };
    this.#unit.code.add(RETURN);
    return {
      ...this.#unit.behind(head, this.constants),
      constants: this.constants.values,
      strands: this.#suspension.strands,
      sites: this.#sites,
      numeric: roots.length === 0 ? undefined : numericModule(this.#numeric),
      later: (kind, number) => this.#later(kind, number),
      left,
    };
  }
}

const parameterNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`);
