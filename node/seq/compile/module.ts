// A checked program to one JavaScript module: its source, the values it refers to, and which line stands for
// what.

import type { Builtin } from '../builtins/table.ts';
import type { Literal, Op, Word } from '../check/ir.ts';
import { depthOf } from '../check/types.ts';
import { boundedWords } from './bounded.ts';
import { callGraphOf } from './call-graph.ts';
import { CodeText, ConstantTable, type LineOrigin } from './code.ts';
import type { JumpTarget, ModuleScope } from './emitter.ts';
import { adaptSource, type Form, type Kind, keyword, templateSource } from './form.ts';
import { FunctionEmitter } from './function.ts';
import { TooLargeError } from './operand.ts';
import { type Suspension, suspensionOf } from './suspension.ts';
import { tailCycles } from './tail-calls.ts';
import { callerOf } from './wasm/boundary.ts';
import { NO_NUMERIC_WORDS, type NumericWords, numericWords } from './wasm/cluster.ts';
import { type NumericModule, numericModule, numericPrelude } from './wasm/module.ts';
import { arityOf, NO_WIDTHS, WIDTH_MAX, type Widths, widthsKey } from './widths.ts';

/** Functions that a module names more than it can hold are refused. */
const FUNCTIONS_MAX = 200_000;

export interface CompiledModule {
  readonly source: string;
  readonly constants: readonly unknown[];
  /** By line of `source`, from 0. */
  readonly origins: readonly (LineOrigin | undefined)[];
  /** The number of each word's function in the module's `words`. */
  readonly words: ReadonlyMap<Word, number>;
  /** Whether a run of it needs strands. */
  readonly strands: boolean;
  /** What call sites are numbers of. */
  readonly sites: readonly LineOrigin[];
  /** The words that `source` calls as WebAssembly, if there are any. */
  readonly numeric: NumericModule | undefined;
}

interface Group {
  readonly name: string;
  readonly members: readonly Word[];
  readonly parameters: readonly string[];
}

interface Job {
  readonly word: Word;
  readonly widths: Widths;
  readonly name: string;
}

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
  readonly #literals: readonly Literal[];
  readonly #names = new Map<Word, Map<string, string>>();
  readonly #templates = new Map<string, string>();
  readonly #templateSources = new Map<string, string>();
  readonly #groups = new Map<Word, Group>();
  readonly #queue: Job[] = [];
  readonly #code = new CodeText();
  readonly #templateCode = new CodeText();
  #current: { word: Word; key: string; parameters: readonly string[]; group?: Group } | undefined;
  #count = 0;
  #resultsMax = 1;

  constructor(words: readonly Word[], literals: readonly Literal[], form: Form) {
    this.#words = words;
    this.#literals = literals;
    this.form = form;
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
    const numbers = new Map<Word, number>();
    const names = this.#words.map((word, i) => {
      numbers.set(word, i);
      return this.wordName(word, NO_WIDTHS);
    });
    for (const group of groups) this.#group(group);
    for (const literal of this.#literals) this.#literal(literal);
    for (let job = this.#queue.pop(); job !== undefined; job = this.#queue.pop()) this.#word(job);
    return this.#assemble(names, numbers);
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
      if (this.#count >= FUNCTIONS_MAX) throw new TooLargeError('The program needs too many functions.');
      for (const width of widths.values())
        if (width > WIDTH_MAX)
          throw new TooLargeError(`Word ${word.name} calls itself with quotations that reach ever deeper.`);
      name = `w${this.#count++}`;
      byWidths.set(key, name);
      this.#queue.push({ word, widths, name });
    }
    return name;
  }

  literalName(op: Op & { op: 'quote' }): string {
    return `q${op.literal.index}`;
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
    let name = this.#templates.get(source);
    if (name === undefined) {
      name = `h${this.#templates.size}`;
      this.#templates.set(source, name);
      this.#templateCode.add(`const ${name} = ${source};`);
    }
    return name;
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

  #word({ word, widths, name: called }: Job): void {
    const root = this.#roots.get(word);
    const name = root === undefined ? called : `${called}j`;
    if (root !== undefined) for (const line of callerOf(word, root, called, name)) this.#code.add(line);
    const group = widthsKey(widths) === '' ? this.#groups.get(word) : undefined;
    const parameters = parameterNames(arityOf(word.inputs, widths));
    if (group !== undefined) {
      const state = group.members.indexOf(word);
      const call = [state, ...parameters].join(', ');
      // In both forms: the group gives a value or a generator, and so does this.
      this.#code.add(`function ${name}(${parameters.join(', ')}) { return ${group.name}(${call}); }`);
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
    if (speculative.givesUp) this.#speculativeLoop(word, name, parameters, speculative);
    this.#code.add(`${keyword(kind)} ${name}${speculative.givesUp ? 'g' : ''}(${parameters.join(', ')}) {`);
    if (emitter.jumps) this.#code.add('L: for (;;) {');
    this.#code.add(this.form.reduction(kind), { word: word.name, at: word.at });
    this.#code.append(emitter.code);
    if (emitter.jumps) this.#code.add('}');
    this.#code.add('}');
  }

  /**
   * A loop in which all Ints are numbers, which engines keep unboxed; one that could be a bigint anywhere
   * would be boxed everywhere. At a wide Int it leaves for the general loop, which does this turn from its
   * start. It also leaves when the slice is spent, then to come back: a call in such a loop would cost more
   * than the loop does.
   */
  #speculativeLoop(word: Word, name: string, parameters: readonly string[], emitter: FunctionEmitter): void {
    const list = parameters.join(', ');
    this.#results(parameters.length + 1);
    this.#code.add(`function ${name}(${list}) {`);
    this.#code.add('for (;;) {');
    this.#code.add(`const left = ${name}f(${list});`);
    this.#code.add('if (left !== $again) return left;');
    // The turn that is done again has been counted.
    this.#code.add('$spend(); B++;');
    parameters.forEach((each, i) => {
      this.#code.add(`${each} = R${i + 1};`);
    });
    this.#code.add('}');
    this.#code.add('}');
    this.#code.add(`function ${name}f(${list}) {`);
    this.#code.add('L: for (;;) {');
    this.#code.add('if (--B < 0) break L;', { word: word.name, at: word.at });
    this.#code.append(emitter.code);
    this.#code.add('}');
    this.#code.add(`if (B >= 0) { B++; return ${name}g(${list}); }`);
    parameters.forEach((each, i) => {
      this.#code.add(`R${i + 1} = ${each};`);
    });
    this.#code.add('return $again;');
    this.#code.add('}');
  }

  #group(group: Group): void {
    const kind = this.kindOf(group.members[0]!);
    this.#code.add(`${keyword(kind)} ${group.name}(${['s', ...group.parameters].join(', ')}) {`);
    this.#code.add('L: for (;;) {');
    this.#code.add(this.form.reduction(kind), { word: group.members[0]!.name, at: group.members[0]!.at });
    this.#code.add('switch (s) {');
    group.members.forEach((word, state) => {
      const parameters = group.parameters.slice(0, arityOf(word.inputs, NO_WIDTHS));
      this.#current = { word, key: '', parameters, group };
      const results = this.#results(arityOf(word.outputs, NO_WIDTHS));
      const emitter = new FunctionEmitter(this, word.name, NO_WIDTHS, parameters, results);
      emitter.function(word.body);
      this.#current = undefined;
      this.#code.add(`case ${state}: {`);
      this.#code.append(emitter.code);
      this.#code.add('}');
    });
    this.#code.add('}');
    this.#code.add('}');
    this.#code.add('}');
  }

  #literal(literal: Literal): void {
    const inputs = depthOf(literal.quote.inputs);
    const outputs = this.#results(depthOf(literal.quote.outputs));
    const parameters = parameterNames(inputs);
    const emitter = new FunctionEmitter(this, literal.word, NO_WIDTHS, parameters, outputs);
    emitter.function(literal.body);
    const name = `q${literal.index}`;
    const kind = this.#kind(this.#suspension.literals.has(literal));
    this.#code.add(`${keyword(kind)} ${name}(${parameters.join(', ')}) {`);
    this.#code.add(this.form.reduction(kind), { word: literal.word, at: literal.at });
    this.#code.append(emitter.code);
    this.#code.add('}');
    this.#code.add(`const ${name}v = new $Quotation(${name}, ${inputs}, ${outputs}, ${literal.index}, []);`);
  }

  #assemble(names: readonly string[], numbers: ReadonlyMap<Word, number>): CompiledModule {
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
    this.constants.values.forEach((_, i) => {
      head.add(`const k${i} = K[${i}];`);
    });
    const { roots } = this.#numeric;
    if (roots.length > 0) for (const line of numericPrelude(this.#numeric)) head.add(line);
    head.appendText(this.#templateCode);
    head.appendText(this.#code);
    head.add(`const words = [${names.join(', ')}];`);
    head.add(`const quotations = [${this.#literals.map(({ index }) => `q${index}v`).join(', ')}];`);
    head.add('return { words, quotations, begin: $begin, end: $end, turn: $turn, spare: $spare };');
    return {
      source: head.text(),
      constants: this.constants.values,
      origins: head.origins,
      words: numbers,
      strands: this.#suspension.strands,
      sites: this.#sites,
      numeric: roots.length === 0 ? undefined : numericModule(this.#numeric),
    };
  }
}

const parameterNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`);
