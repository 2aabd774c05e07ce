// A program that is ready to run.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { type ModuleHash, moduleHash } from '../../base/ids.ts';
import { assertData, type Data, type SeqMap, type Text, type Value } from '../../base/value.ts';
import type {
  Behaviour,
  CompileOptions,
  Program,
  RunResult,
  ScriptHost,
  ScriptResult,
  ScriptRun,
  TurnHost,
  WordInfo,
} from '../api.ts';
import type { Word } from '../check/ir.ts';
import type { Checked } from '../check/program.ts';
import { depthOf, showEffect } from '../check/types.ts';
import { PLAIN, RESUMABLE } from '../compile/form.ts';
import { interfaceOf } from '../interfaces.ts';
import { fieldNamesOf } from '../message-type.ts';
import { prepareProgram } from '../prepared/prepare.ts';
import type { PreparedProgram } from '../prepared/prepared-program.ts';
import type { ProgramInterface } from '../program-interface.ts';
import {
  isBehaviourEffect,
  isMigrationEffect,
  messageTypeOfLiteral,
  messageTypeOfWord,
  newState,
  ProgramBehaviour,
  type TurnRunner,
  takesVariant,
} from './behaviour.ts';
import { compiledEngine } from './compiled-engine.ts';
import { Context } from './context.ts';
import type { Engine } from './engine.ts';
import { Forms, type Job, MUST_WAIT } from './forms.ts';
import type { Code } from './instance.ts';
import type { Quotation } from './quotation.ts';
import { NO_MAIN, noWord, SCRIPT_REDUCTIONS, type ScriptWord, scriptJob, scriptRun } from './script.ts';
import { shortTurns } from './short-turns.ts';

type TurnDone = RunResult & { kind: 'done' };

const FORMS = { plain: PLAIN, resumable: RESUMABLE };

export class RunnableProgram implements Program {
  readonly words: readonly WordInfo[];
  readonly behaviours: readonly WordInfo[];
  readonly tests: readonly WordInfo[];
  readonly #checked: Checked;
  readonly #forms: Forms;
  readonly #numbers: ReadonlyMap<Word, number>;
  readonly #module: ModuleHash;
  /** Made when it is first asked for. */
  #fields: ReadonlyMap<string, readonly string[] | undefined> | undefined;
  readonly #fieldNames = (tag: string): readonly string[] | undefined => {
    this.#fields ??= fieldNamesOf(this.#checked.unions);
    return this.#fields.get(tag);
  };

  constructor(checked: Checked, options: CompileOptions) {
    this.#checked = checked;
    const words = [...checked.words.values()];
    this.#forms = new Forms((form) => compiledEngine(words, checked.literals, FORMS[form]));
    this.#numbers = new Map(words.map((word, number) => [word, number]));
    this.#module = options.moduleHash ?? moduleHash('');
    this.words = words.map(infoOf);
    this.behaviours = words
      .filter(({ inputs, outputs }) => isBehaviourEffect(inputs, outputs) && takesVariant(inputs))
      .map(infoOf);
    this.tests = words.filter((word) => word.name.startsWith('test-') && isPlain(word)).map(infoOf);
  }

  interface(): ProgramInterface {
    return interfaceOf(
      this.#checked,
      this.behaviours.map(({ name }) => name),
    );
  }

  behaviourOf(word: string): Behaviour | undefined {
    return this.behaviour({ module: this.#module, target: { word }, captured: [] });
  }

  migration(name: string): Behaviour | undefined {
    const word = this.#checked.words.get(name);
    if (word === undefined || !isMigrationEffect(word.inputs, word.outputs)) return undefined;
    const turns = this.#turns(
      (engine) => engine.word(this.#numbers.get(word)!),
      (state) => [state],
      (code) => (state) => code(state),
    );
    return new ProgramBehaviour(
      { module: this.#module, target: { word: name }, captured: [] },
      undefined,
      turns,
    );
  }

  behaviour(ref: BehaviourRef): Behaviour | undefined {
    const { unions } = this.#checked;
    if ('word' in ref.target) {
      const word = this.#checked.words.get(ref.target.word);
      if (word === undefined || ref.captured.length > 0 || !isBehaviourEffect(word.inputs, word.outputs))
        return undefined;
      const turns = this.#turns(
        (engine) => engine.word(this.#numbers.get(word)!),
        (state, message) => [state, message],
        (code) => code,
      );
      return new ProgramBehaviour(ref, messageTypeOfWord(word, unions), turns);
    }
    const index = ref.target.quotation;
    const literal = this.#checked.literals[index];
    if (literal === undefined) return undefined;
    const quotation = this.#forms.plain.quotation(index);
    const given = quotation.inputs - ref.captured.length;
    const code = (engine: Engine) => engine.quotation(index).run;
    const messageType = messageTypeOfLiteral(literal, ref.captured.length, unions);
    if (given === 2 && quotation.outputs === 1) {
      const turns = this.#turns(
        code,
        (state, message) => [state, message, ...ref.captured],
        (run) => (state, message) => run(state, message, ...ref.captured),
      );
      return new ProgramBehaviour(ref, messageType, turns);
    }
    if (given !== 1 || quotation.outputs !== 0) return undefined;
    // It takes only the message, so the state stays what it was.
    const turns = this.#turns(
      code,
      (_, message) => [message, ...ref.captured],
      (run) => (_, message) => run(message, ...ref.captured),
      true,
    );
    return new ProgramBehaviour(ref, messageType, turns);
  }

  #turns(
    code: (engine: Engine) => Code,
    argsOf: (state: SeqMap, message: Data) => readonly Data[],
    callerOf: (code: Code) => (state: SeqMap, message: Data) => Value,
    keepsState = false,
  ): TurnRunner {
    const finish = (state: SeqMap, left: Value) => (keepsState ? state : newState(state, left));
    const job = (...[state, message, host]: Parameters<Behaviour['run']>): Job<TurnDone> => ({
      host,
      turn: host,
      args: argsOf(state, message),
      code,
      context: (...of) => this.#context(...of),
      finish: (left) => ({ kind: 'done', state: finish(state, left) }),
    });
    const { plain } = this.#forms;
    return {
      fieldNames: this.#fieldNames,
      reductionsLeft: plain.hasStrands ? () => 0 : plain.reductionsLeft,
      run: plain.hasStrands
        ? (...turn) => {
            const result = this.#forms.run(job(...turn), turn[3]);
            return result.kind === 'done' ? result.state : result;
          }
        : shortTurns({
            engine: plain,
            context: (host) => this.#context(plain, host, host),
            call: callerOf(code(plain)),
            finish,
          }),
      start: (...turn) => {
        const run = this.#forms.start(job(...turn), turn[3]);
        return {
          resume: (reductions) => {
            const result = run.resume(reductions);
            return result.kind === 'waiting'
              ? MUST_WAIT
              : (result as Exclude<typeof result, { kind: 'waiting' }>);
          },
        };
      },
    };
  }

  #context(engine: Engine, host: ScriptHost, turn: TurnHost | undefined): Context {
    const reference = (quotation: Quotation) => this.#reference(quotation);
    return new Context(host, turn, [], () => engine.here(), reference);
  }

  /**
   * A quotation that only calls a word is kept under the word's name, which survives a change of the code
   * around it.
   */
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

  runMain(
    host: ScriptHost | TurnHost,
    args: readonly Text[],
    budgetReductions = SCRIPT_REDUCTIONS,
  ): ScriptResult {
    const main = this.#checked.words.get('main');
    return main === undefined ? NO_MAIN : this.#forms.run(this.#script(main, host, args), budgetReductions);
  }

  startMain(
    host: ScriptHost | TurnHost,
    args: readonly Text[],
    budgetReductions = SCRIPT_REDUCTIONS,
  ): ScriptRun {
    const main = this.#checked.words.get('main');
    if (main === undefined) return { resume: () => NO_MAIN };
    return scriptRun(this.#forms.start(this.#script(main, host, args), budgetReductions));
  }

  prepare(): PreparedProgram | undefined {
    const main = this.#checked.words.get('main');
    if (main === undefined) return undefined;
    return prepareProgram([...this.#numbers.keys()], this.#checked.literals, this.#scriptWord(main));
  }

  launch(
    word: string,
    host: ScriptHost,
    args: readonly Text[],
    budgetReductions = SCRIPT_REDUCTIONS,
  ): ScriptRun {
    const found = this.#checked.words.get(word);
    if (found === undefined || (word !== 'main' && !isPlain(found)))
      return { resume: () => (word === 'main' ? NO_MAIN : noWord(word)) };
    return scriptRun(this.#forms.launch(this.#script(found, host, args), budgetReductions));
  }

  runWord(name: string, host: ScriptHost | TurnHost, budgetReductions = SCRIPT_REDUCTIONS): ScriptResult {
    const word = this.#checked.words.get(name);
    if (word === undefined || !isPlain(word)) return noWord(name);
    return this.#forms.run(this.#script(word, host, []), budgetReductions);
  }

  #script(word: Word, host: ScriptHost | TurnHost, args: readonly Text[]): Job<ScriptResult> {
    return scriptJob(this.#scriptWord(word), host, args, (quotation) => this.#reference(quotation));
  }

  #scriptWord(word: Word): ScriptWord {
    return { number: this.#numbers.get(word)!, file: word.at.source.file };
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
