// What an editor asks about a program: what is wrong, what a word is and where it is from, and how a word may
// go on. Answers as well as it can about programs that are just being written. Lines and columns count from
// 1, columns in UTF-16 units.
import type { Diagnostic, Position, SourceBundle } from '../api.ts';
import { CONCRETE } from '../check/types.ts';
import { checkSource } from '../check-source.ts';
import { checkBundle, lineOfEntry, tooLarge } from '../compile-program.ts';
import { includedPath, MODULE_NAMES, resolveBundle } from '../include.ts';
import { type Line, NEWEST } from '../lines/releases.ts';
import type { FileTree } from '../syntax/ast.ts';
import { DiagnosticError, Source } from '../syntax/diagnostic.ts';
import { type Token, tokenize } from '../syntax/lexer.ts';
import { numberLiteral } from '../syntax/literal.ts';
import { RESERVED } from '../syntax/parser.ts';
import { builtinNames, builtinWords, keywordManual, olderForms, olderSentence } from './builtin-words.ts';
import { type Definition, definitionsOf } from './definitions.ts';
import { looseDefinitions } from './loose-definitions.ts';
import { namesOf, type Occurrence, occurrencesOf, type Target, targetOf } from './references.ts';

export interface Hover extends Position {
  readonly endColumn: number;
  /** Seq source: names with their effects, a line each. */
  readonly code: string;
  /** Sentences about it. */
  readonly text: string;
}

export interface Location extends Position {
  readonly endColumn: number;
}

export interface Completion {
  readonly name: string;
  readonly kind: 'word' | 'union' | 'builtin' | 'type' | 'module';
  /** The effect, or how a union is written. */
  readonly detail: string;
  /** The include that the word needs and the program lacks. */
  readonly needs?: string;
  /** What it does. */
  readonly sentence?: string;
}

export interface References {
  readonly target: Target;
  /** Of the program, and not of the language. */
  readonly own: boolean;
  readonly all: readonly Occurrence[];
}

export interface Completions {
  /** Where the part begins that is already there. */
  readonly column: number;
  readonly items: readonly Completion[];
}

function foundLine(bundle: SourceBundle): Line {
  try {
    return lineOfEntry(bundle, checkBundle(bundle));
  } catch (error) {
    tooLarge(bundle, error);
    return NEWEST;
  }
}

/** A word of releases before the program's. */
function older({ text }: Token, place: Omit<Hover, 'code' | 'text'>): Hover | undefined {
  const forms = olderForms(text);
  if (forms.length === 0) return undefined;
  const code = forms.map(({ name, effect }) => `${name} ${effect}`).join('\n');
  return { ...place, code, text: forms.map(olderSentence).join(' ') };
}

/** What stands for itself and does not end a word. */
const WORD = /[^\s()[\]{};:,#"]*$/;
const INCLUDE_STD = /^\s*include\s+std:([^\s()[\]{};:,#"]*)$/;

export class Analysis {
  /** Whether some of the program does not parse. */
  readonly broken: boolean;
  readonly #bundle: SourceBundle;
  readonly #files: readonly FileTree[];
  readonly #definitions: readonly Definition[];
  /** The modules that the program includes, as in `std:list`. */
  readonly #modules: ReadonlySet<string>;
  readonly #sources = new Map<string, Source>();

  #line: Line | undefined;

  /** `line`: of releases, where a check has found it before. */
  constructor(bundle: SourceBundle, line?: Line) {
    this.#bundle = bundle;
    this.#line = line;
    const { files, modules, diagnostics } = resolveBundle(bundle);
    this.#files = files;
    const whole = definitionsOf(files);
    const broken = new Set(diagnostics.map(({ file }) => file));
    const loose = [...broken].flatMap((file) => looseDefinitions(file, bundle.files[file] ?? '', whole));
    this.#definitions = [...whole, ...loose];
    this.#modules = modules;
    this.broken = broken.size > 0;
  }

  /** Whose words the program has. */
  get line(): Line {
    this.#line ??= foundLine(this.#bundle);
    return this.#line;
  }

  /** Errors and warnings of all files of the program. */
  diagnostics(): readonly Diagnostic[] {
    return checkSource(this.#bundle);
  }

  /** The definitions in one file, in their order; without the words that unions bring. */
  outline(file: string): readonly Definition[] {
    return this.#definitions
      .filter((each) => each.file === file && each.kind !== 'union-word')
      .sort((a, b) => a.line - b.line || a.column - b.column);
  }

  hover(file: string, line: number, column: number): Hover | undefined {
    const token = this.#nameAt(file, line, column);
    if (token === undefined) return undefined;
    const place = { file, line: token.line, column: token.column, endColumn: token.endColumn };
    const found = this.#named(token);
    if (found.length > 0) {
      const code = found.map(definitionLine).join('\n');
      return { ...place, code, text: found[0]!.comment ?? '' };
    }
    const builtins = builtinWords(token.text, this.line);
    const said = keywordManual(token.text) ?? builtins[0]?.manual;
    if (builtins.length === 0 && said === undefined) return older(token, place);
    const [{ aliases, needs } = { aliases: [], needs: undefined }] = builtins;
    const notes = [
      ...(said === undefined ? [] : [said.sentence]),
      ...(builtins.length > 1 ? ['By the types of its operands.'] : []),
      ...(builtins.length === 1 && aliases.length > 0 ? [`Also ${aliases.join(', ')}.`] : []),
      ...(needs === undefined ? [] : [`Needs include ${needs}.`]),
    ];
    return {
      ...place,
      code: [
        ...(builtins.length === 0 ? [token.text] : builtins.map(({ name, effect }) => `${name} ${effect}`)),
        ...(said === undefined ? [] : [`${said.example}  # ${said.leaves}`]),
      ].join('\n'),
      text: notes.join(' '),
    };
  }

  /** Of a word, union, variant or field; of an included file its first line. */
  definition(file: string, line: number, column: number): Location | undefined {
    const token = this.#tokenAt(file, line, column);
    if (token === undefined) return undefined;
    if (token.kind === 'string') return this.#includedFile(file, token);
    const name = this.#nameAt(file, line, column);
    const [found] = name === undefined ? [] : this.#named(name);
    if (found === undefined) return undefined;
    return { file: found.file, line: found.line, column: found.column, endColumn: found.endColumn };
  }

  /** Every place of the program that names what the name at a place means, and what may be renamed by it. */
  references(file: string, line: number, column: number): References | undefined {
    const token = this.#nameAt(file, line, column);
    if (token === undefined) return undefined;
    const names = new Map(Object.keys(this.#bundle.files).map((each) => [each, namesOf(this.#tokens(each))]));
    const own = targetOf(token, this.#files, names);
    const builtin = own === undefined && builtinWords(token.text, this.line).length > 0;
    if (own === undefined && !builtin) return undefined;
    const target = own ?? { kind: 'word', name: token.text };
    return { target, own: own !== undefined, all: occurrencesOf(target, this.#files, names) };
  }

  /** Why a thing of the program cannot have that name, if it cannot. */
  problemOfName(target: Target, to: string): string | undefined {
    const [token, end] = tokensOf(new Source('name', to)) ?? [];
    const single = token?.kind === 'name' && token.text === to && end?.kind === 'end';
    if (!single || RESERVED.has(to) || numberLiteral(token) !== undefined) return `${to} cannot be a name.`;
    if ((target.kind === 'union' || target.kind === 'variant') && !/^\p{Lu}/u.test(to))
      return `The name of a ${target.kind} begins with a capital letter.`;
    if (target.kind === 'word' && this.#definitions.some(({ name, kind }) => name === to && kind !== 'field'))
      return `${to} is defined already.`;
    return undefined;
  }

  /** The effect of the word at a place, or of the last one before it in the line, and what it does. */
  signature(file: string, line: number, column: number): { code: string; text: string } | undefined {
    const tokens = this.#tokens(file);
    for (let at = tokens.length - 1; at >= 0; at--) {
      const token = tokens[at]!;
      if (token.kind !== 'name' || token.line !== line || token.column >= column) continue;
      const defines = tokens[at - 1]?.text === ':';
      const found = defines ? undefined : this.hover(file, line, token.column);
      if (found !== undefined && /^\S+ \(.* -- /.test(found.code))
        return { code: found.code.split('\n')[0]!, text: found.text };
    }
    return undefined;
  }

  /** How the word that ends at the column may go on. Nothing inside of strings and comments. */
  complete(file: string, line: number, column: number): Completions {
    const before = this.#source(file)
      .line(line)
      .slice(0, column - 1);
    const module = INCLUDE_STD.exec(before);
    if (module !== null) return this.#modulesFrom(module[1]!, column);
    const typed = WORD.exec(before)![0];
    const start = column - typed.length;
    if (this.#isText(file, line, column)) return { column: start, items: [] };
    const own = this.#definitions.filter(
      ({ name, kind }) => kind !== 'field' && kind !== 'variant' && name.startsWith(typed),
    );
    const names = new Set(own.map(({ name }) => name));
    const items: Completion[] = own.map(({ name, kind, text }) => ({
      name,
      kind: kind === 'union' ? 'union' : 'word',
      detail: text,
    }));
    for (const name of CONCRETE.keys())
      if (typed !== '' && name.startsWith(typed))
        items.push({ name, kind: 'type', detail: 'a type of the language' });
    for (const name of builtinNames(this.line)) {
      if (!name.startsWith(typed) || names.has(name)) continue;
      const [word] = builtinWords(name, this.line);
      if (word === undefined) continue;
      const needs = word.needs === undefined || this.#modules.has(word.needs) ? undefined : word.needs;
      items.push({
        name,
        kind: 'builtin',
        detail: word.effect,
        ...(needs === undefined ? {} : { needs }),
        ...(word.manual === undefined ? {} : { sentence: word.manual.sentence }),
      });
    }
    return { column: start, items };
  }

  #modulesFrom(typed: string, column: number): Completions {
    const names = MODULE_NAMES.filter((name) => name.startsWith(typed));
    const items = names.map((name) => ({ name, kind: 'module', detail: `std:${name}` }) as const);
    return { column: column - typed.length, items };
  }

  #source(file: string): Source {
    let source = this.#sources.get(file);
    if (source === undefined) {
      source = new Source(file, this.#bundle.files[file] ?? '');
      this.#sources.set(file, source);
    }
    return source;
  }

  #tokenAt(file: string, line: number, column: number): Token | undefined {
    return this.#tokens(file).find(
      (token) =>
        token.line === line && token.column <= column && column <= token.endColumn && token.kind !== 'end',
    );
  }

  #tokens(file: string): readonly Token[] {
    return tokensOf(this.#source(file)) ?? [];
  }

  /** The name at a place, unless it is that of a symbol. A cursor right behind a name is at it. */
  #nameAt(file: string, line: number, column: number): Token | undefined {
    const tokens = this.#tokens(file);
    const touches = (token: Token) =>
      token.kind === 'name' && token.line === line && token.column <= column && column <= token.endColumn;
    const at = tokens.findIndex(touches);
    if (at < 0) return undefined;
    const [before, token, after] = [tokens[at - 1], tokens[at]!, tokens[at + 1]];
    const joined = before?.kind === 'mark' && before.text === ':' && before.endColumn === token.column;
    return joined && before.line === token.line && after?.text !== '(' ? undefined : token;
  }

  /** What a name means in the program. A field is `>field` in a pattern. */
  #named({ text }: Token): readonly Definition[] {
    const plain = this.#definitions.filter(({ name, kind }) => name === text && kind !== 'field');
    if (plain.length > 0 || !text.startsWith('>') || text === '>aux') return plain;
    return this.#definitions.filter(({ name, kind }) => kind === 'field' && name === text.slice(1));
  }

  #includedFile(from: string, token: Token): Location | undefined {
    const path = includedPath(from, token.text.slice(1, -1));
    if (path === undefined || !Object.hasOwn(this.#bundle.files, path)) return undefined;
    return { file: path, line: 1, column: 1, endColumn: 1 };
  }

  /** Whether a place is inside of a string or comment. */
  #isText(file: string, line: number, column: number): boolean {
    const lines = this.#source(file).text.split('\n').slice(0, line);
    lines[line - 1] = (lines[line - 1] ?? '').slice(0, column - 1);
    const source = new Source(file, lines.join('\n'));
    const tokens = tokensOf(source);
    if (tokens === undefined) return true;
    const last = tokens.at(-2);
    const from = last?.line === line && !last.text.includes('\n') ? last.endColumn - 1 : 0;
    return lines[line - 1]!.slice(from).includes('#');
  }
}

/** Undefined when the text is no sequence of tokens: a string is not closed. */
function tokensOf(source: Source): readonly Token[] | undefined {
  try {
    return tokenize(source).tokens;
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}

function definitionLine({ kind, name, text }: Definition): string {
  return kind === 'word' || kind === 'union-word' ? `${name} ${text}`.trimEnd() : text;
}
