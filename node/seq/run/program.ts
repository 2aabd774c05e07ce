// A program that is ready to run.
import { type ModuleHash, moduleHash } from '../../base/ids.ts';
import { assertData, type Data, type Value } from '../../base/value.ts';
import type {
  Behaviour,
  BehaviourRef,
  CompileOptions,
  Diagnostic,
  Program,
  ScriptHost,
  ScriptResult,
  TurnHost,
  WordInfo,
} from '../api.ts';
import type { Word } from '../check/ir.ts';
import type { Checked } from '../check/program.ts';
import { depthOf, showEffect } from '../check/types.ts';
import type { CompiledModule } from '../compile/module.ts';
import {
  behaviourOf,
  isBehaviourEffect,
  messageTypeOfLiteral,
  messageTypeOfWord,
  type TurnRunner,
  takesVariant,
} from './behaviour.ts';
import { ExitSignal, type RunContext, type TestCounts } from './context.ts';
import { type Code, instantiateModule, type ModuleInstance } from './instance.ts';
import { type Failure, guarded, type TraceSource, traceOf } from './outcome.ts';
import type { Quotation } from './quotation.ts';

/** What a script may do when nothing says otherwise: enough for hours. */
const SCRIPT_STEPS = 1e15;

export class RunnableProgram implements Program {
  readonly words: readonly WordInfo[];
  readonly behaviours: readonly WordInfo[];
  readonly tests: readonly WordInfo[];
  readonly warnings: readonly Diagnostic[];
  readonly #checked: Checked;
  readonly #compiled: CompiledModule;
  readonly #instance: ModuleInstance;
  readonly #traceSource: TraceSource;
  readonly #module: ModuleHash;

  constructor(
    checked: Checked,
    compiled: CompiledModule,
    warnings: readonly Diagnostic[],
    options: CompileOptions,
  ) {
    this.#checked = checked;
    this.#compiled = compiled;
    this.#instance = instantiateModule(compiled);
    this.#traceSource = { scriptName: this.#instance.scriptName, origins: compiled.origins };
    this.#module = options.moduleHash ?? moduleHash('');
    this.warnings = warnings;
    const words = [...checked.words.values()];
    this.words = words.map(infoOf);
    this.behaviours = words
      .filter(({ inputs, outputs }) => isBehaviourEffect(inputs, outputs) && takesVariant(inputs))
      .map(infoOf);
    this.tests = words.filter((word) => word.name.startsWith('test-') && isPlain(word)).map(infoOf);
  }

  behaviourOf(word: string): Behaviour | undefined {
    return this.behaviour({ module: this.#module, target: { word }, captured: [] });
  }

  behaviour(ref: BehaviourRef): Behaviour | undefined {
    const { unions } = this.#checked;
    if ('word' in ref.target) {
      const word = this.#checked.words.get(ref.target.word);
      if (word === undefined || ref.captured.length > 0 || !isBehaviourEffect(word.inputs, word.outputs))
        return undefined;
      const code = this.#code(word);
      return behaviourOf(ref, messageTypeOfWord(word, unions), this.#turn(code, []));
    }
    const literal = this.#checked.literals[ref.target.quotation];
    const quotation = this.#instance.quotations[ref.target.quotation];
    if (literal === undefined || quotation === undefined) return undefined;
    const given = quotation.inputs - ref.captured.length;
    if (given < 0 || given > 2 || quotation.outputs !== given - 1) return undefined;
    const messageType = messageTypeOfLiteral(literal, ref.captured.length, unions);
    const code: Code =
      given === 2 ? quotation.run : (state, _message, ...captured) => quotation.run(state!, ...captured);
    return behaviourOf(ref, messageType, this.#turn(code, ref.captured));
  }

  #code(word: Word): Code {
    return this.#instance.words[this.#compiled.words.get(word)!]!;
  }

  #turn(code: Code, captured: readonly Data[]): TurnRunner {
    return (host, budgetSteps, state, message, finish) =>
      this.#run(this.#context(host, host, []), budgetSteps, () => ({
        kind: 'left' as const,
        state: finish(code(state, message, ...captured)),
      }));
  }

  #run<T>(context: RunContext, steps: number, run: () => T): T | Failure {
    const before = this.#instance.begin(context, Math.max(0, Math.floor(steps)));
    const result = guarded(run, this.#traceSource);
    this.#instance.end(before);
    return result;
  }

  #context(host: ScriptHost, turn: TurnHost | undefined, args: readonly string[]): RunContext {
    const test: TestCounts = { name: '', passed: 0, failures: [] };
    return {
      host,
      turn,
      args,
      test,
      here: () => traceOf(new Error(), this.#traceSource)[0],
      reference: (quotation) => this.#reference(quotation),
    };
  }

  /** A quotation that only calls a word is kept under the word's name, which survives a change of the code around it. */
  #reference(quotation: Quotation): BehaviourRef {
    const captured = quotation.captured.map((value, i): Data => {
      assertData(value, `captured[${i}]`);
      return value;
    });
    const body = this.#checked.literals[quotation.index]!.body;
    const [only] = body;
    const target =
      body.length === 1 && only!.op === 'word' && captured.length === 0
        ? { word: only!.word.name }
        : { quotation: quotation.index };
    return { module: this.#module, target, captured };
  }

  runMain(host: ScriptHost | TurnHost, args: readonly string[], budgetSteps = SCRIPT_STEPS): ScriptResult {
    const main = this.#checked.words.get('main');
    if (main === undefined)
      return { kind: 'fault', code: 'no-main', message: 'The program has no word main.', trace: [] };
    return this.#script(main, host, args, budgetSteps);
  }

  runWord(name: string, host: ScriptHost | TurnHost, budgetSteps = SCRIPT_STEPS): ScriptResult {
    const word = this.#checked.words.get(name);
    if (word === undefined || !isPlain(word))
      return {
        kind: 'fault',
        code: 'no-word',
        message: `The program has no word ${name} ( -- ).`,
        trace: [],
      };
    return this.#script(word, host, [], budgetSteps);
  }

  #script(
    word: Word,
    host: ScriptHost | TurnHost,
    args: readonly string[],
    budgetSteps: number,
  ): ScriptResult {
    const code = this.#code(word);
    const turn = 'spawn' in host ? host : undefined;
    const context = this.#context(host, turn, [word.at.source.file, ...args]);
    return this.#run(context, budgetSteps, () => {
      try {
        const exit: Value | undefined = code();
        return { kind: 'done' as const, exitCode: Number(exit ?? 0), test: context.test };
      } catch (thrown) {
        if (thrown instanceof ExitSignal)
          return { kind: 'done' as const, exitCode: thrown.code, test: context.test };
        throw thrown;
      }
    });
  }
}

const isPlain = (word: Word): boolean => depthOf(word.inputs) === 0 && depthOf(word.outputs) === 0;

function infoOf(word: Word): WordInfo {
  const { name, at, inputs, outputs } = word;
  return {
    name,
    effect: showEffect(inputs, outputs),
    file: at.source.file,
    line: at.line,
    column: at.column,
  };
}
