// An interactive session: a stack that stays between entries, and definitions that grow.
// 1. An entry is checked against the types of the stack before any of it runs. A refused entry changes
//    nothing.
// 2. The definitions of an entry stay when the words after them fail; the stack stays as it was before the
//    entry.
// 3. Each entry is compiled with all definitions, as one program. Quotations on the stack go over to that
//    program: their words, and the entries that they were typed in, are kept as long as they lie there.

import { invariant } from '../../base/assert.ts';
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { moduleHash } from '../../base/ids.ts';
import { List, type Value } from '../../base/value.ts';
import type { Diagnostic, Fault as FaultResult, ScriptHost, SourceBundle } from '../api.ts';
import { BUILTINS } from '../builtins/index.ts';
import { builtinOp } from '../check/infer.ts';
import type { Literal, Op, Word } from '../check/ir.ts';
import { type Checked, checkProgram } from '../check/program.ts';
import { LIST, push, rowOf, unstack } from '../check/types.ts';
import { RESUMABLE } from '../compile/form.ts';
import { TooLargeError } from '../compile/operand.ts';
import { Fault } from '../fault.ts';
import { resolveBundle } from '../include.ts';
import { checkInLine, releaseProblems } from '../lines/find-line.ts';
import { type Line, NEWEST } from '../lines/releases.ts';
import { type Vocabulary, vocabularyOf } from '../lines/vocabulary.ts';
import { compiledEngine } from '../run/compiled-engine.ts';
import type { Engine } from '../run/engine.ts';
import { Quotation } from '../run/quotation.ts';
import { show } from '../run/show.ts';
import type { FileTree, WordDefinition } from '../syntax/ast.ts';
import { DiagnosticError, diagnosticAt, fail, Source, type Span } from '../syntax/diagnostic.ts';
import { type Token, tokenize } from '../syntax/lexer.ts';
import { parseFile, parseTokens } from '../syntax/parser.ts';
import { type Definition, definitionsOf } from '../tooling/definitions.ts';
import { carry } from './carried.ts';
import { isIncomplete, type Parts, partsOf } from './entry.ts';
import { TypeWriter } from './stack-types.ts';

export interface StackItem {
  readonly value: Value;
  /** As an effect names it. */
  readonly type: string;
}

export type Entered =
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] }
  /** `run` is there when the entry has words to carry out. */
  | { readonly kind: 'accepted'; readonly run?: SessionRun };

export interface SessionRun {
  /**
   * Goes on for about `reductions` reductions. With `done`, and only then, the stack of the session has
   * changed.
   */
  resume(reductions: number): SessionResult;
}

export type SessionResult =
  | { readonly kind: 'done' | 'running' | 'exhausted' | 'awaiting' }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'waiting'; whenReady(ready: () => void): void }
  | FaultResult;

export interface SessionOptions {
  /**
   * The files that an include of an entry brings: `text` is the include, and `entry` the name that it must
   * have in the bundle.
   */
  readonly read: (entry: string, text: string) => SourceBundle;
  /** The releases of what is typed; default: the newest. Included files are of their own. */
  readonly line?: Line;
  /** The words of each line; default: those of the language. */
  readonly vocabularyOf?: (line: Line) => Vocabulary;
}

/** More than anybody waits for. */
const REDUCTIONS_MAX = 1e15;

/** What has been defined. Never changed: an entry makes a new one. */
interface Definitions {
  /** The includes of the entries, as they were written, and the texts of the files that they brought. */
  readonly includes: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  /** By file. */
  readonly included: ReadonlyMap<string, FileTree>;
  readonly lineOf: ReadonlyMap<FileTree, Line>;
  readonly modules: ReadonlySet<string>;
  /** By kind and name. */
  readonly own: ReadonlyMap<string, { readonly tree: FileTree; readonly text: string }>;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #line: Line;
  readonly #vocabularyOf: (line: Line) => Vocabulary;
  #definitions: Definitions = {
    includes: new Set(),
    texts: new Map(),
    included: new Map(),
    lineOf: new Map(),
    modules: new Set(),
    own: new Map(),
  };
  #stack: readonly StackItem[] = [];
  /** The literals of the program that the quotations on the stack belong to. */
  #literals: readonly Literal[] = [];
  /** The words of earlier entries whose quotations lie on the stack. */
  #lines: ReadonlyMap<string, FileTree> = new Map();
  #entries = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#line = options.line ?? NEWEST;
    this.#vocabularyOf = options.vocabularyOf ?? vocabularyOf;
  }

  /** Bottom to top. */
  get stack(): readonly StackItem[] {
    return this.#stack;
  }

  /** What the session has defined, without what was included. */
  get definitions(): readonly Definition[] {
    return definitionsOf(treesOf(this.#definitions.own));
  }

  /** Every name of the session and its includes. */
  get names(): readonly string[] {
    const { included, own } = this.#definitions;
    return definitionsOf([...included.values(), ...treesOf(own)])
      .filter(({ kind }) => kind !== 'field' && kind !== 'variant')
      .map(({ name }) => name);
  }

  /** All that was defined, as a program of its own. */
  bundle(): SourceBundle {
    const { includes, texts, own } = this.#definitions;
    const text = [...includes, ...[...own.values()].map((definition) => definition.text), ''].join('\n');
    return { entry: 'session.seq', files: { ...Object.fromEntries(texts), 'session.seq': text } };
  }

  /** What would lie on the stack, as an effect names it; nothing is carried out or defined. */
  typesAfter(
    text: string,
  ): { readonly types: readonly string[] } | { readonly diagnostics: readonly Diagnostic[] } {
    const file = 'entry';
    try {
      const line = this.#lineTree('<entry>', file, text);
      const checked = this.#check(this.#definitions, line, '<entry>');
      const writer = new TypeWriter(checked.unions, checked.literals);
      return { types: unstack(checked.words.get('<entry>')!.outputs).types.map((type) => writer.type(type)) };
    } catch (error) {
      return { diagnostics: refusal(error, file) };
    }
  }

  clear(): void {
    this.#stack = [];
    this.#lines = new Map();
  }

  /** Never throws for anything that can be typed. */
  enter(text: string, host: ScriptHost): Entered {
    const number = ++this.#entries;
    const file = `entry ${number}`;
    try {
      if (isIncomplete(text))
        fail(endOf(file, text), 'unclosed', 'The entry ends in the middle.', 'Close what is open.');
      const parts = partsOf(file, text);
      const definitions = this.#with(parts, file);
      const line =
        parts.body === undefined ? undefined : { name: `<entry-${number}>`, file, body: parts.body };
      const tree = line === undefined ? undefined : this.#lineTree(line.name, line.file, line.body);
      const checked = this.#check(definitions, tree, line?.name);
      const run = line === undefined ? undefined : this.#run(checked, line.name, tree!, host);
      this.#definitions = definitions;
      return run === undefined ? { kind: 'accepted' } : { kind: 'accepted', run };
    } catch (error) {
      return { kind: 'refused', diagnostics: refusal(error, file) };
    }
  }

  /** The definitions with those of an entry. Throws what refuses it. */
  #with(parts: Parts, file: string): Definitions {
    const includes = new Set(this.#definitions.includes);
    const texts = new Map(this.#definitions.texts);
    const included = new Map(this.#definitions.included);
    const lineOf = new Map(this.#definitions.lineOf);
    const modules = new Set(this.#definitions.modules);
    const own = new Map(this.#definitions.own);
    for (const { kind, name, source } of parts.items) {
      if (kind === 'include') {
        const bundle = this.#options.read(file, source.text);
        const resolved = resolveBundle(bundle);
        refuseAny([...resolved.diagnostics, ...releaseProblems(resolved.files)]);
        for (const [tree, line] of checkInLine(resolved.files, resolved.modules).lineOf)
          lineOf.set(tree, line);
        includes.add(source.text.trim());
        for (const [path, text] of Object.entries(bundle.files)) {
          if (path === file) continue;
          if (texts.get(path) !== text)
            for (const word of included.get(path)?.words ?? []) this.#refuseHeld(word);
          texts.set(path, text);
        }
        for (const tree of resolved.files) {
          const [first] = [...tree.words, ...tree.unions];
          if (first !== undefined) included.set(first.at.source.file, tree);
        }
        for (const module of resolved.modules) modules.add(module);
        continue;
      }
      const { tree, diagnostics } = parseFile(source);
      refuseAny(diagnostics);
      const key = `${kind} ${name}`;
      const before = own.get(key)?.tree.words[0];
      if (before !== undefined) this.#refuseHeld(tree.words[0] ?? before);
      own.set(key, { tree, text: source.text.trim() });
    }
    return { includes, texts, included, lineOf, modules, own };
  }

  /**
   * A word is not defined again while a quotation of it lies on the stack, which would change its meaning.
   */
  #refuseHeld({ name, at }: WordDefinition): void {
    if (!this.#stack.some(({ value }) => wordsOf(value, this.#literals).has(name))) return;
    fail(
      at,
      'held-word',
      `A quotation of ${name} lies on the stack.`,
      'Take it away first, as with drop or :clear.',
    );
  }

  /** The words to carry out, as a word on the present stack. */
  #lineTree(name: string, file: string, body: string): FileTree {
    const inputs = this.#stack.map(({ type }) => `${type} `).join('');
    const head = tokenize(new Source(file, `: ${name} ( ${inputs}-- )`)).tokens.slice(0, -1);
    const { tokens, allowances } = tokenize(new Source(file, body));
    const semicolon = tokens.find(({ text, kind }) => text === ';' && kind === 'mark');
    if (semicolon !== undefined)
      fail(semicolon, 'unexpected', '; ends no word here.', 'A word begins as in : double ( Int -- Int )');
    const end = tokens.at(-1)!;
    const closing: Token = { ...end, kind: 'mark', text: ';' };
    const { tree, diagnostics } = parseTokens([...head, ...tokens.slice(0, -1), closing, end], allowances);
    refuseAny(diagnostics);
    return tree;
  }

  #check(definitions: Definitions, line: FileTree | undefined, name: string | undefined): Checked {
    const lines = new Map(this.#lines);
    if (line !== undefined) lines.set(name!, line);
    const trees = [...definitions.included.values(), ...treesOf(definitions.own), ...lines.values()];
    const words = this.#vocabularyOf(this.#line);
    // What lies on the stack is named by its type, also where programs of the line cannot name it.
    const typed = { ...words, variables: undefined };
    const held = new Set(lines.values());
    const vocabularyOf = (tree: FileTree): Vocabulary => {
      const line = definitions.lineOf.get(tree);
      if (line !== undefined) return this.#vocabularyOf(line);
      return held.has(tree) ? typed : words;
    };
    const checked = checkProgram(trees, vocabularyOf, definitions.modules, new Set(lines.keys()));
    refuseAny(checked.diagnostics);
    return checked;
  }

  #run(checked: Checked, name: string, tree: FileTree, host: ScriptHost): SessionRun {
    const open = checked.words.get(name)!;
    const packed = packing(open);
    const words = [...checked.words.values()].map((word) => (word === open ? packed : word));
    const engine = compiledEngine(words, checked.literals, RESUMABLE);
    const replace = replacing(this.#literals, checked.literals, engine);
    const args = this.#stack.map(({ value }) => carry(value, replace));
    const context = {
      host,
      turn: undefined,
      args: [],
      test: { name: '', passed: 0, failures: [] },
      strands: undefined,
      here: () => engine.here(),
      reference: (quotation: Quotation) => reference(quotation, checked.literals),
    };
    const run = engine.start(context, REDUCTIONS_MAX, engine.word(words.indexOf(packed)), args, (left) =>
      this.#finish(left, checked, open, tree),
    );
    return {
      resume(reductions) {
        const result = run.resume(reductions);
        return result.kind === 'waiting'
          ? { kind: 'waiting', whenReady: run.whenReady }
          : (result as SessionResult);
      },
    };
  }

  /** Throws Fault when what is left cannot be kept. */
  #finish(left: unknown, checked: Checked, open: Word, tree: FileTree): SessionResult {
    if (!(left instanceof List)) return { kind: 'exit', code: typeof left === 'number' ? left & 0xff : 0 };
    const values = left.toArray() as Value[];
    for (const value of values) carry(value, (quotation) => quotation);
    const writer = new TypeWriter(checked.unions, checked.literals);
    const { types } = unstack(open.outputs);
    this.#stack = values.map((value, at) => ({ value, type: writer.write(types[at]!, value) }));
    this.#literals = checked.literals;
    const held = new Set(values.flatMap((value) => [...wordsOf(value, checked.literals)]));
    const lines = new Map([...this.#lines, [open.name, tree] as const]);
    this.#lines = new Map([...lines].filter(([name]) => held.has(name)));
    return { kind: 'done' };
  }
}

/** A value as a user writes it, or its type if it is no data. */
export function showItem({ value, type }: StackItem): string {
  return value instanceof Quotation ? type : show(value);
}

class Refused extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super('refused');
    this.diagnostics = diagnostics;
  }
}

const treesOf = (own: Definitions['own']): FileTree[] => [...own.values()].map(({ tree }) => tree);

function refuseAny(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw new Refused(diagnostics);
}

function endOf(file: string, text: string): Span {
  const lines = text.split('\n');
  const column = lines.at(-1)!.length + 1;
  return { source: new Source(file, text), line: lines.length, column, endColumn: column + 1 };
}

/** Rethrows what is no refusal. */
function refusal(error: unknown, file: string): readonly Diagnostic[] {
  if (error instanceof Refused) return error.diagnostics;
  if (error instanceof DiagnosticError) return [error.diagnostic];
  const at = { source: new Source(file, ''), line: 1, column: 1, endColumn: 2 };
  if (error instanceof TooLargeError)
    return [diagnosticAt(at, 'program-too-large', error.message, 'Move parts into words.')];
  if (error instanceof RangeError)
    return [diagnosticAt(at, 'nesting-too-deep', 'The entry nests too deep.', 'Move parts into words.')];
  throw error;
}

/** The word with all that it leaves in one list. */
function packing(word: Word): Word {
  const { row, types } = unstack(word.outputs);
  const [make, add] = ['list.make', 'list.push'].map((name) => builtinOp(BUILTINS.get(name)!, word.at));
  const body: Op[] = [
    ...word.body,
    ...types.map((): Op => ({ op: 'stash' })),
    make!,
    ...types.flatMap((): Op[] => [{ op: 'unstash' }, add!]),
  ];
  return { ...word, outputs: push(rowOf(row), LIST), body };
}

/** Gives the quotation of the new program that stands where one of the old program stood. */
function replacing(
  before: readonly Literal[],
  now: readonly Literal[],
  engine: Engine,
): (quotation: Quotation) => Quotation {
  const places = placesOf(now);
  const old = new Map([...placesOf(before)].map(([place, index]) => [index, place]));
  const replace = ({ index, captured }: Quotation): Quotation => {
    const at = places.get(old.get(index)!);
    invariant(at !== undefined, 'a word is kept while a quotation of it lies on the stack');
    const whole = engine.quotation(at)!;
    if (captured.length === 0) return whole;
    const held = captured.map((value) => carry(value, replace));
    const given = whole.inputs - held.length;
    return new Quotation((...args) => whole.run(...args, ...held), given, whole.outputs, at, held);
  };
  return replace;
}

/** Literals by their word and their place in it. */
function placesOf(literals: readonly Literal[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const places = new Map<string, number>();
  for (const { word, index } of literals) {
    const nth = counts.get(word) ?? 0;
    counts.set(word, nth + 1);
    places.set(`${nth} ${word}`, index);
  }
  return places;
}

/** The words whose quotations are in a value. */
function wordsOf(value: Value, literals: readonly Literal[]): Set<string> {
  const words = new Set<string>();
  carry(value, (quotation) => {
    words.add(literals[quotation.index]!.word);
    for (const held of quotation.captured) for (const word of wordsOf(held, literals)) words.add(word);
    return quotation;
  });
  return words;
}

/** A behaviour of the session, which is kept under the name of a word. */
function reference(quotation: Quotation, literals: readonly Literal[]): BehaviourRef {
  const { body } = literals[quotation.index]!;
  const [only] = body;
  if (body.length !== 1 || only!.op !== 'word' || quotation.captured.length > 0)
    throw new Fault(
      'bad-argument',
      'In a session a behaviour is one word in brackets, as in [ counter ] actor.spawn.',
    );
  return { module: moduleHash(''), target: { word: only!.word.name }, captured: [] };
}
