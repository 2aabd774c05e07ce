// A program that is ready to run.
import { type ModuleHash, moduleHash } from '../../base/ids.ts';
import { assertData, type Data, type SeqMap, type Value } from '../../base/value.ts';
import type {
  Behaviour,
  BehaviourRef,
  CompileOptions,
  Diagnostic,
  Program,
  ScriptHost,
  ScriptResult,
  ScriptRun,
  TurnHost,
  WordInfo,
} from '../api.ts';
import type { Word } from '../check/ir.ts';
import type { Checked } from '../check/program.ts';
import { depthOf, showEffect } from '../check/types.ts';
import { type Form, PLAIN, RESUMABLE } from '../compile/form.ts';
import {
  behaviourOf,
  isBehaviourEffect,
  messageTypeOfLiteral,
  messageTypeOfWord,
  type TurnRunner,
  takesVariant,
} from './behaviour.ts';
import type { RunContext, TestCounts } from './context.ts';
import { Engine } from './engine.ts';
import type { Code } from './instance.ts';
import type { Quotation } from './quotation.ts';

/** What a script may do when nothing says otherwise: enough for hours. */
const SCRIPT_STEPS = 1e15;

export class RunnableProgram implements Program {
  readonly words: readonly WordInfo[];
  readonly behaviours: readonly WordInfo[];
  readonly tests: readonly WordInfo[];
  readonly warnings: readonly Diagnostic[];
  readonly #checked: Checked;
  readonly #plain: Engine;
  readonly #module: ModuleHash;
  #resumable: Engine | undefined;

  constructor(checked: Checked, warnings: readonly Diagnostic[], options: CompileOptions) {
    this.#checked = checked;
    this.#plain = this.#engine(PLAIN);
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
      const turns = this.#turns(
        (engine) => engine.word(word),
        (state, message) => [state, message],
      );
      return behaviourOf(ref, messageTypeOfWord(word, unions), turns);
    }
    const index = ref.target.quotation;
    const literal = this.#checked.literals[index];
    const quotation = this.#plain.quotation(index);
    if (literal === undefined || quotation === undefined) return undefined;
    const given = quotation.inputs - ref.captured.length;
    const code = (engine: Engine) => engine.quotation(index)!.run;
    const messageType = messageTypeOfLiteral(literal, ref.captured.length, unions);
    if (given === 2 && quotation.outputs === 1) {
      const turns = this.#turns(code, (state, message) => [state, message, ...ref.captured]);
      return behaviourOf(ref, messageType, turns);
    }
    if (given !== 1 || quotation.outputs !== 0) return undefined;
    // It takes only the message, so the state stays what it was.
    const turns = this.#turns(code, (_, message) => [message, ...ref.captured], true);
    return behaviourOf(ref, messageType, turns);
  }

  #engine(form: Form): Engine {
    return new Engine([...this.#checked.words.values()], this.#checked.literals, form);
  }

  #turns(
    code: (engine: Engine) => Code,
    argsOf: (state: SeqMap, message: Data) => readonly Data[],
    keepsState = false,
  ): TurnRunner {
    return {
      run: (host, steps, state, message, finish) =>
        this.#plain.run(this.#context(this.#plain, host, host, []), steps, () => {
          const left = code(this.#plain)(...argsOf(state, message));
          return { kind: 'left' as const, state: keepsState ? state : finish(left) };
        }),
      start: (host, steps, state, message, finish) => {
        this.#resumable ??= this.#engine(RESUMABLE);
        const context = this.#context(this.#resumable, host, host, []);
        const args = argsOf(state, message);
        return this.#resumable.start(context, steps, code(this.#resumable), args, (left) => ({
          kind: 'left' as const,
          state: keepsState ? state : finish(left),
        }));
      },
    };
  }

  #context(
    engine: Engine,
    host: ScriptHost,
    turn: TurnHost | undefined,
    args: readonly string[],
  ): RunContext {
    const test: TestCounts = { name: '', passed: 0, failures: [] };
    return {
      host,
      turn,
      args,
      test,
      here: () => engine.here(),
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
    return main === undefined ? NO_MAIN : this.#script(main, host, args, budgetSteps);
  }

  startMain(host: ScriptHost | TurnHost, args: readonly string[], budgetSteps = SCRIPT_STEPS): ScriptRun {
    const main = this.#checked.words.get('main');
    if (main === undefined) return { resume: () => NO_MAIN };
    this.#resumable ??= this.#engine(RESUMABLE);
    const engine = this.#resumable;
    const context = this.#scriptContext(engine, main, host, args);
    const run = engine.start(context, budgetSteps, engine.word(main), [], (exit) =>
      scriptDone(exit, context),
    );
    return run;
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
    const code = this.#plain.word(word);
    const context = this.#scriptContext(this.#plain, word, host, args);
    return this.#plain.run(context, budgetSteps, () => scriptDone(code(), context));
  }

  #scriptContext(
    engine: Engine,
    word: Word,
    host: ScriptHost | TurnHost,
    args: readonly string[],
  ): RunContext {
    return this.#context(engine, host, 'spawn' in host ? host : undefined, [word.at.source.file, ...args]);
  }
}

const NO_MAIN: ScriptResult = {
  kind: 'fault',
  code: 'no-main',
  message: 'The program has no word main.',
  trace: [],
};

/** `exit` is what main leaves: nothing, or its exit code. */
function scriptDone(exit: Value | undefined, { test }: RunContext): ScriptResult {
  return { kind: 'done', exitCode: typeof exit === 'number' ? exit & 0xff : 0, test };
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
