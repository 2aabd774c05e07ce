// Checks a program again after an edit in the bodies of a few words: these alone are read and checked,
// against all others as they were. What such an edit means beyond them (a circle of calls, a lint about the
// whole program, another line of releases) is settled by the next full check.
import type { Diagnostic, SourceBundle } from '../api.ts';
import type { Word } from '../check/ir.ts';
import type { Checked } from '../check/program.ts';
import { checkSource } from '../check-source.ts';
import { checkBundle, lineOfEntry, tooLarge } from '../compile-program.ts';
import { type Line, NEWEST } from '../lines/releases.ts';
import { type Leaves, type Left, lintFlow } from '../lint/flow.ts';
import { lintChecked } from '../lint/index.ts';
import { keysIn, lintMapSets } from '../lint/map-set.ts';
import { lintPatterns } from '../lint/patterns.ts';
import { LintReport } from '../lint/report.ts';
import type { FileTree, WordDefinition } from '../syntax/ast.ts';
import { Source, type Span } from '../syntax/diagnostic.ts';
import { parseFile } from '../syntax/parser.ts';
import { effectText } from './definitions.ts';

/** More words than an edit changes. */
const CHANGED_MAX = 20;

/** A definition in its file. */
interface Item {
  /** Where its `:`, `union` or `include` stands. */
  start: number;
  line: number;
  /** Of a word: its name and effect. */
  readonly outline: string | undefined;
  readonly name: string;
  /** Lines count from that of the item. */
  diagnostics: readonly Diagnostic[];
}

interface KnownFile {
  text: string;
  readonly items: readonly Item[];
}

interface Known {
  readonly files: ReadonlyMap<string, KnownFile>;
  readonly checked: Checked;
  readonly leaves: Leaves;
  readonly defined: ReadonlySet<string>;
  /** The keys of maps in each word, and in all: a lint about one word asks for those of the others. */
  readonly keysOf: ReadonlyMap<string, readonly string[]>;
  readonly keys: ReadonlySet<string>;
  /** Whether there were no errors, so that all lints are known. */
  readonly linted: boolean;
}

export class IncrementalCheck {
  #known: Known | undefined;
  #line: Line | undefined;

  /** Of the file that the program begins with, when it was last checked whole. */
  get line(): Line | undefined {
    return this.#line;
  }

  /** What is wrong with the program or, if nothing is, what could be better. */
  full(bundle: SourceBundle): readonly Diagnostic[] {
    this.#known = undefined;
    try {
      const checks = checkBundle(bundle);
      const { files, lines, checked, diagnostics, newer } = checks;
      // A file that does not parse for the moment stays what it was.
      if (lines.length > 0 || this.#line === undefined) this.#line = lineOfEntry(bundle, checks);
      const today = lines.every(({ until }) => until === NEWEST.until);
      if (checked?.again === undefined || !today || newer !== undefined)
        return diagnostics.length > 0 ? diagnostics : checkSource(bundle);
      const leaves = new Map<Word, Left>();
      const all = diagnostics.length > 0 ? diagnostics : lintChecked(files, checked, leaves);
      const known = knownFiles(bundle, files, all);
      const defined = new Set(checked.words.keys());
      if (known !== undefined)
        this.#known = {
          files: known,
          checked,
          leaves,
          defined,
          ...keysOf(files),
          linted: diagnostics.length === 0,
        };
      return all;
    } catch (error) {
      return [tooLarge(bundle, error)];
    }
  }

  /**
   * The same after an edit, as far as the edited words tell; undefined where only a full check can tell.
   * `texts`: what the files hold now, but for those that have not changed.
   */
  quick(texts: ReadonlyMap<string, string>): readonly Diagnostic[] | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    for (const [name, file] of known.files) {
      const text = texts.get(name);
      if (text === undefined || text === file.text) continue;
      if (!edited(name, file, text, known)) {
        this.#known = undefined;
        return undefined;
      }
    }
    const all = shown(known.files);
    return known.linted || all.some(({ severity }) => severity === 'error') ? all : undefined;
  }
}

/** Reads and checks what has changed in a file; false where more than a few bodies have. */
function edited(name: string, file: KnownFile, text: string, known: Known): boolean {
  const { items } = file;
  const [from, to] = changedPart(file.text, text);
  const first = items.findLastIndex(({ start }) => start < from);
  const after = items.findIndex(({ start }) => start >= to);
  const behind = after < 0 ? items.length : after;
  if (first < 0 || behind - first > CHANGED_MAX) return false;
  const changed = items.slice(first, behind);
  const moved = text.length - file.text.length;
  const end = behind === items.length ? text.length : items[behind]!.start + moved;
  if (!beginsLine(text, changed[0]!.start) || !beginsLine(text, end)) return false;
  const definitions = wordsIn(name, text, changed[0]!.start, end, changed);
  if (definitions === undefined) return false;
  if (definitions.some(({ word }) => !sameItems(keysIn(word), known.keysOf.get(word.name)))) return false;
  changed.forEach((item, at) => {
    const definition = definitions[at]!;
    item.line = definition.at.line;
    item.start = changed[0]!.start + definition.offset;
    item.diagnostics = checkedAgain(definition.word, known).map((each) => relative(each, item.line));
  });
  const lines = lineCount(text) - lineCount(file.text);
  for (const item of items.slice(behind)) {
    item.start += moved;
    item.line += lines;
  }
  file.text = text;
  return true;
}

/** The part of `before` that is another in `after`: up to and without the second. */
function changedPart(before: string, after: string): [number, number] {
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before.charCodeAt(from) === after.charCodeAt(from)) from++;
  let same = 0;
  while (
    same < most - from &&
    before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)
  )
    same++;
  return [from, before.length - same];
}

const beginsLine = (text: string, at: number): boolean =>
  at === text.length || text.slice(text.lastIndexOf('\n', at - 1) + 1, at).trim() === '';

function lineCount(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

interface ReadWord {
  readonly word: WordDefinition;
  readonly at: Span;
  /** In the part that was read. */
  readonly offset: number;
}

/** The words of `text[from, to)`, if they are those of the items. */
function wordsIn(
  name: string,
  text: string,
  from: number,
  to: number,
  items: readonly Item[],
): readonly ReadWord[] | undefined {
  // Lines above keep the places right: as many as there are above the part, which need not begin on the line
  // of a name.
  const head = '\n'.repeat(lineCount(text.slice(0, from)));
  const source = new Source(name, head + text.slice(from, to));
  const { tree, diagnostics } = parseFile(source);
  if (diagnostics.length > 0 || tree.words.length !== items.length) return undefined;
  if (tree.unions.length + tree.includes.length > 0 || tree.release !== undefined) return undefined;
  if (tree.words.some((word, at) => outlineOf(word) !== items[at]!.outline)) return undefined;
  const offsets = starts(source.text, tree);
  return tree.words.map((word, at) => ({ word, at: word.at, offset: offsets[at]! - head.length }));
}

const outlineOf = ({ name, effect }: WordDefinition): string | undefined =>
  effect === undefined ? undefined : `${name} ${effectText(effect)}`;

/** What is wrong with a word or, if nothing is, what could be better. */
function checkedAgain(
  definition: WordDefinition,
  { checked, leaves, defined, keys }: Known,
): readonly Diagnostic[] {
  const { word, literals, diagnostics } = checked.again!(definition);
  if (diagnostics.length > 0) return diagnostics;
  const report = new LintReport();
  lintPatterns(definition, defined, report);
  lintMapSets([definition], keys, defined, report);
  lintFlow(definition, word.body, leaves, report);
  for (const { body } of literals) lintFlow(definition, body, leaves, report);
  return report.diagnostics();
}

function keysOf(files: readonly FileTree[]): Pick<Known, 'keysOf' | 'keys'> {
  const byWord = files.flatMap(({ words }) => words.map((word) => [word.name, keysIn(word)] as const));
  return { keysOf: new Map(byWord), keys: new Set(byWord.flatMap(([, keys]) => keys)) };
}

const sameItems = (a: readonly string[], b: readonly string[] | undefined): boolean =>
  a.length === b?.length && a.every((each, at) => each === b[at]);

/** Undefined where a diagnostic is of no word. */
function knownFiles(
  bundle: SourceBundle,
  trees: readonly FileTree[],
  all: readonly Diagnostic[],
): Map<string, KnownFile> | undefined {
  const files = new Map<string, KnownFile>();
  for (const tree of trees) {
    const spans = spansOf(tree);
    const [first] = spans;
    if (first === undefined) continue;
    const { file, text } = first.at.source;
    // A text that was mended for its surrogates is another.
    if (bundle.files[file] !== text) return undefined;
    const offsets = starts(text, tree);
    const items = spans.map(({ at, name, word }, index): Item => {
      const outline = word === undefined ? undefined : outlineOf(word);
      return { start: offsets[index]!, line: at.line, outline, name, diagnostics: [] };
    });
    files.set(file, { text, items });
  }
  for (const each of all) {
    const owner = files.get(each.file)?.items.findLast(({ line }) => line <= each.line);
    if (owner?.outline === undefined) return undefined;
    owner.diagnostics = [...owner.diagnostics, relative(each, owner.line)];
  }
  return files;
}

interface Defined {
  readonly at: Span;
  readonly name: string;
  readonly word?: WordDefinition;
}

/** The definitions of a file in their order. */
function spansOf({ words, unions, includes }: FileTree): readonly Defined[] {
  const all: Defined[] = [
    ...words.map((word) => ({ at: word.at, name: word.name, word })),
    ...[...unions, ...includes].map(({ at, name }) => ({ at, name })),
  ];
  return all.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
}

/** Where the definitions of a file begin: with the sign or word before their name. */
function starts(text: string, tree: FileTree): readonly number[] {
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  return spansOf(tree).map(({ at, word }) => {
    const name = lines[at.line - 1]! + at.column - 1;
    if (word !== undefined) return text.lastIndexOf(':', name - 1);
    return Math.max(text.lastIndexOf('union', name - 1), text.lastIndexOf('include', name - 1));
  });
}

const relative = (each: Diagnostic, line: number): Diagnostic => ({ ...each, line: each.line - line });

/** Errors alone, if there are any. */
function shown(files: ReadonlyMap<string, KnownFile>): readonly Diagnostic[] {
  const all = [...files.values()].flatMap(({ items }) =>
    items.flatMap(({ line, diagnostics }) =>
      diagnostics.map((each) => ({ ...each, line: each.line + line })),
    ),
  );
  const errors = all.filter(({ severity }) => severity === 'error');
  return errors.length > 0 ? errors : all;
}
