// The loop of seq-node repl: reads entries, carries them out in slices, and shows the stack after each.
import { relative } from 'node:path';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Fault, ScriptHost } from '../../seq/index.ts';
import { formatDiagnostic } from '../../seq/index.ts';
import { type Line, linesOf, NEWEST, releasesOf } from '../../seq/lines/releases.ts';
import { type Vocabulary, vocabularyOf } from '../../seq/lines/vocabulary.ts';
import { withActors } from '../../seq/session/actor-client.ts';
import { isIncomplete } from '../../seq/session/entry.ts';
import {
  Session,
  type SessionResult,
  type SessionRun,
  type StackItem,
  showItem,
} from '../../seq/session/session.ts';
import { builtinNames, builtinWords, olderForms, olderSentence } from '../../seq/tooling/builtin-words.ts';
import type { Context, Input } from '../command.ts';
import { printable, printLine, remark } from '../output.ts';
import { releaseFrom } from '../release-flag.ts';
import { readEdited } from '../source-files.ts';
import { LineReader } from './line-reader.ts';
import { SessionActors } from './session-actors.ts';
import { SessionWorld } from './session-world.ts';

/** Between two slices a key is heard. */
const SLICE_REDUCTIONS = 200_000;
const ITEMS_SHOWN_MAX = 20;
const ITEM_LENGTH_MAX = 400;
const FAILED = 65;

const HELP = `An entry is words to carry out, definitions (: name ( … -- … ) … ;), unions and includes, in any order.
An entry goes on over several lines while something is open. What is wrong leaves the stack as it was.

  :help         this
  :stack        the stack, with types
  :type WORDS   what the stack would hold after WORDS, without carrying them out
  :doc WORD     what a word takes and gives
  :words        what this session has defined
  :load FILE    include a file
  :clear        empty the stack
  :quit         leave, as does Ctrl-D

Ctrl-C stops what runs, or forgets what is typed. Tab completes words.
Actors live on the node that --node or SEQ_NODE_URL names, or else on one of this session's own, which starts when it is first needed.`;

/** What is typed for a command of the session, in other languages or without its colon. */
const MEANT: Readonly<Record<string, string>> = {
  help: ':help',
  '?': ':help',
  quit: ':quit',
  exit: ':quit',
  bye: ':quit',
  q: ':quit',
  '.s': ':stack',
  stack: ':stack',
  words: ':words',
  clear: ':clear',
};

export class Repl {
  readonly #context: Context;
  readonly #reader: LineReader;
  readonly #vocabularyLine: Line;
  readonly #session: Session;
  readonly #actors: SessionActors;
  readonly #world: SessionWorld;
  readonly #host: ScriptHost;
  /** The lines of an entry that is not complete. */
  #pending = '';
  /** Stops the entry that runs. */
  #stop: (() => void) | undefined;
  #atLineStart = true;
  #failed = false;
  #exit: number | undefined;

  constructor(context: Context, input: Input, history: string | undefined) {
    this.#context = context;
    this.#reader = new LineReader(context, {
      history,
      complete: (before) => this.#complete(before),
      interrupted: () => this.#interrupted(),
    });
    const release = releaseFrom(input);
    this.#vocabularyLine = (release === undefined ? undefined : linesOf(releasesOf(release)!)[0]) ?? NEWEST;
    this.#actors = new SessionActors(context, input, () => this.#session.bundle());
    this.#session = new Session({
      read: (entry, text) => readEdited(entry, new Map([[entry, text]])),
      line: this.#vocabularyLine,
      vocabularyOf: this.#vocabularies(),
    });
    this.#world = new SessionWorld(this.#reader);
    this.#host = {
      write: (text) => this.#write(text),
      nowMillis: () => Date.now(),
      random: () => Math.random(),
      world: this.#world,
    };
  }

  #vocabularies(): (line: Line) => Vocabulary {
    const made = new Map<string, Vocabulary>();
    return (line) => {
      const key = `${line.name} ${line.from} ${line.until}`;
      const vocabulary = made.get(key) ?? vocabularyOf(line);
      if (!made.has(key)) made.set(key, { ...vocabulary, words: withActors(vocabulary.words, this.#actors) });
      return made.get(key)!;
    };
  }

  /**
   * Resolves to the exit status, once the input ends. Only input that is no terminal can fail: nobody saw it
   * happen.
   */
  async run(files: readonly string[]): Promise<number> {
    try {
      for (const file of files) await this.#load(file);
      if (this.#reader.terminal) remark(this.#context, 'seq-node repl: :help tells more, Ctrl-D leaves');
      while (this.#exit === undefined) {
        const line = await this.#reader.next(this.#pending === '' ? 'seq> ' : '...> ');
        if (line === undefined) break;
        this.#reader.remember(line);
        await this.#line(line);
      }
      // What is open at the end of the input is said to be.
      if (this.#pending !== '' && !this.#reader.terminal) await this.#enter(this.#pending);
      if (this.#reader.terminal && this.#exit === undefined) printLine(this.#context, '');
      return this.#exit ?? (this.#failed && !this.#reader.terminal ? FAILED : 0);
    } finally {
      this.#reader.close();
      this.#world.close();
      await this.#actors.close();
    }
  }

  async #line(line: string): Promise<void> {
    const command = this.#pending === '' ? /^\s*:([a-z]+)(?:\s+(.*))?$/.exec(line) : null;
    if (command !== null && (await this.#command(command[1]!, command[2]?.trim() ?? ''))) return;
    const text = this.#pending + line;
    if (isIncomplete(text)) {
      this.#pending = `${text}\n`;
      return;
    }
    this.#pending = '';
    if (text.trim() !== '') await this.#enter(text);
  }

  async #enter(text: string): Promise<void> {
    const entered = this.#session.enter(text, this.#host);
    if (entered.kind === 'refused') {
      this.#failed = true;
      const meant = Object.hasOwn(MEANT, text.trim()) ? MEANT[text.trim()] : undefined;
      const command =
        meant === undefined ? {} : { hint: `Write ${meant}: what is for the session begins with a colon.` };
      for (const diagnostic of entered.diagnostics)
        remark(this.#context, formatDiagnostic({ ...diagnostic, ...command }));
    } else if (entered.run !== undefined) this.#ended(await this.#carryOut(entered.run));
    this.#showStack();
  }

  async #carryOut(run: SessionRun): Promise<SessionResult | 'stopped'> {
    let stopped = false;
    const stop = new Promise<void>((resolve) => {
      this.#stop = () => {
        stopped = true;
        resolve();
      };
    });
    try {
      for (;;) {
        const result = run.resume(SLICE_REDUCTIONS);
        if (result.kind === 'waiting')
          await Promise.race([new Promise<void>((ready) => result.whenReady(ready)), stop]);
        else if (result.kind === 'running') await nextRound();
        else return result;
        if (stopped) return 'stopped';
      }
    } finally {
      this.#stop = undefined;
    }
  }

  #ended(result: SessionResult | 'stopped'): void {
    if (!this.#atLineStart) this.#write('\n');
    if (result === 'stopped') remark(this.#context, 'stopped');
    else if (result.kind === 'exit') this.#exit = result.code;
    else if (result.kind === 'fault') this.#fault(result);
    else if (result.kind !== 'done') remark(this.#context, `The entry ended: ${result.kind}.`);
    if (result === 'stopped' || (result.kind !== 'done' && result.kind !== 'exit')) this.#failed = true;
  }

  #fault({ code, message, trace }: Fault): void {
    remark(this.#context, `fault[${code}]: ${printable(message)}`);
    for (const { word, file, line, column } of trace.slice(0, ITEMS_SHOWN_MAX))
      remark(this.#context, `  in ${printable(word)} at ${file}:${line}:${column}`);
  }

  #showStack(): void {
    if (this.#exit !== undefined) return;
    const { stack } = this.#session;
    const shown = stack.slice(-ITEMS_SHOWN_MAX).map(shownItem);
    if (shown.length < stack.length) shown.unshift('…');
    printLine(this.#context, `( ${[...shown, ''].join(' ')})`);
  }

  #write(text: string | Uint8Array): void {
    this.#context.out.write(text);
    if (text.length > 0)
      this.#atLineStart = typeof text === 'string' ? text.endsWith('\n') : text.at(-1) === 10;
  }

  /** False when there is no such command: then it is a symbol. */
  async #command(name: string, rest: string): Promise<boolean> {
    switch (name) {
      case 'help':
        printLine(this.#context, HELP);
        return true;
      case 'quit':
        this.#exit = 0;
        return true;
      case 'stack':
        for (const item of this.#session.stack) printLine(this.#context, `${shownItem(item)}  ${item.type}`);
        return true;
      case 'type':
        this.#types(rest);
        return true;
      case 'doc':
        this.#doc(rest);
        return true;
      case 'words':
        for (const { name: word, kind, text } of this.#session.definitions)
          if (kind === 'word' || kind === 'union')
            printLine(this.#context, kind === 'word' ? `${word} ${text}` : text);
        return true;
      case 'load':
        await this.#load(rest);
        return true;
      case 'clear':
        this.#session.clear();
        this.#showStack();
        return true;
      default:
        return false;
    }
  }

  #types(text: string): void {
    const result = this.#session.typesAfter(text);
    if ('types' in result) printLine(this.#context, `( ${[...result.types, ''].join(' ')})`);
    else {
      this.#failed = true;
      for (const diagnostic of result.diagnostics) remark(this.#context, formatDiagnostic(diagnostic));
    }
  }

  #doc(word: string): void {
    const own = this.#session.definitions.filter(({ name }) => name === word);
    for (const { text } of own) printLine(this.#context, `${word} ${text}`);
    if (own.length > 0) return;
    const found = builtinWords(word, this.#vocabularyLine);
    const forms = found.length > 0 ? [] : olderForms(word);
    for (const { name, effect, needs } of found)
      printLine(this.#context, `${name} ${effect}${needs === undefined ? '' : `  needs include ${needs}`}`);
    for (const form of forms) {
      printLine(this.#context, `${form.name} ${form.effect}`);
      printLine(this.#context, `  ${olderSentence(form)}`);
    }
    if (found.length + forms.length === 0) remark(this.#context, `There is no word ${printable(word)}.`);
  }

  /** The same as to include it: names are relative to the working folder. */
  async #load(file: string): Promise<void> {
    const name = relative(process.cwd(), file)
      .replaceAll('\\', '/')
      .replace(/\.seq$/, '');
    await this.#enter(`include ${JSON.stringify(name)}`);
  }

  #complete(before: string): readonly [readonly string[], string] {
    const typed = /[^\s()[\]{};,#"]*$/.exec(before)![0];
    const names = typed.startsWith(':')
      ? HELP.match(/^ {2}:[a-z]+/gm)!.map((line) => line.trim())
      : [...new Set([...this.#session.names, ...builtinNames(this.#vocabularyLine)])].sort();
    return [names.filter((name) => name.startsWith(typed)), typed];
  }

  #interrupted(): void {
    if (this.#stop !== undefined) {
      this.#stop();
      return;
    }
    this.#pending = '';
    this.#reader.drop();
  }
}

function shownItem(item: StackItem): string {
  const text = printable(showItem(item));
  return text.length <= ITEM_LENGTH_MAX ? text : `${text.slice(0, ITEM_LENGTH_MAX - 1)}…`;
}
