// Prints the 7.x form of a program of an older generation. Only what changed is replaced, in place: comments,
// layout and all else stay as they are.
// 1. Names of the program's own words and unions keep their meaning, so they are not replaced.
// 2. A condition that is an Int becomes a comparison with 0. One of unknown type is taken for a Bool, as 7.x
//    demands.
import type { Diagnostic, SourceBundle } from '../api.ts';
import { branchesOf } from '../check/ir.ts';
import type { Checked } from '../check/program.ts';
import { currentTypeName } from '../check/signatures.ts';
import { CONCRETE, showEffect } from '../check/types.ts';
import { tooLarge } from '../compile-program.ts';
import { bundleProblem, resolveBundle } from '../include.ts';
import { checkInLine } from '../lines/find-line.ts';
import { MIXED, NEWEST } from '../lines/releases.ts';
import { type Vocabulary, vocabularyOf } from '../lines/vocabulary.ts';
import type { EffectExpression, FileTree, Node, TypeExpression } from '../syntax/ast.ts';
import { keywordConditionals } from '../syntax/conditionals.ts';
import { Source, type Span } from '../syntax/diagnostic.ts';
import { type Token, tokenize } from '../syntax/lexer.ts';
import { SYMBOL_NAME } from '../syntax/literal.ts';
import { parseFile } from '../syntax/parser.ts';
import { currentWord, FLAG_AS_INT } from './current-words.ts';

export type MigrateResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * The entry of the bundle in its 7.x form. Fails on a file that is no Seq at all; one whose types are wrong
 * is migrated.
 */
export function migrateSource(bundle: SourceBundle): MigrateResult {
  const problem = bundleProblem(bundle);
  if (problem !== undefined) return { ok: false, diagnostics: [problem] };
  const source = new Source(bundle.entry, bundle.files[bundle.entry]!.toWellFormed());
  const { tree, diagnostics } = parseFile(source);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  try {
    return { ok: true, text: new Migration(source, bundle).migrate(tree) };
  } catch (error) {
    return { ok: false, diagnostics: [tooLarge(bundle, error)] };
  }
}

interface Edit {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** How many spaces before a comment are kept in step. */
const GAP_MAX = 200;

class Migration {
  readonly #source: Source;
  readonly #lineStarts: readonly number[];
  readonly #edits: Edit[] = [];
  /** Words that the program defines. */
  readonly #own: ReadonlySet<string>;
  readonly #unions: ReadonlySet<string>;
  /** Where conditions are Ints. */
  readonly #truthy: ReadonlySet<string>;
  /** Those of them whose Int becomes a Bool. */
  readonly #flagged = new Set<string>();
  readonly #vocabulary: Vocabulary;
  readonly #checked: Checked;

  constructor(source: Source, bundle: SourceBundle) {
    this.#source = source;
    this.#lineStarts = [0, ...[...source.text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    const { files, modules } = resolveBundle(bundle);
    this.#own = new Set(files.flatMap(({ words }) => words.map(({ name }) => name)));
    this.#unions = new Set(files.flatMap(({ unions }) => unions.map(({ name }) => name)));
    const { checked, lineOf } = checkInLine(files, modules);
    const line = files.map((file) => lineOf.get(file)!).at(-1)!;
    this.#vocabulary = vocabularyOf(line.until === NEWEST.until ? MIXED : line);
    this.#checked = checked;
    this.#truthy = truthyConditions(checked);
  }

  migrate(tree: FileTree): string {
    const { tokens } = tokenize(this.#source);
    if (tree.release !== undefined && tree.release.text !== '7') this.#replace(tree.release.at, '7');
    for (const { kind, name, at } of tree.includes)
      if (kind === 'std' && name === 'math') this.#replace(at, 'imath');
    for (const { variants } of tree.unions)
      for (const { at, type } of variants.flatMap(({ fields }) => fields)) {
        const current = this.#isCurrent(type) ? undefined : currentTypeName(type);
        if (current !== undefined) this.#replace(at, current);
      }
    for (const { name, at, effect, body } of tree.words) {
      if (effect !== undefined) this.#effect(effect);
      else this.#missingEffect(name, at);
      this.#body(body);
    }
    this.#conditionals(tokens);
    this.#comments(tokens);
    return this.#edited();
  }

  #conditionals(tokens: readonly Token[]): void {
    for (const [token, { otherwise, end }] of keywordConditionals(tokens).keywords) {
      const ints = this.#truthy.has(placeOf(token)) && !this.#flagged.has(placeOf(token));
      this.#replace(token, ints ? '0 i.<> [' : '[');
      if (otherwise !== undefined) this.#replace(otherwise, '] [');
      this.#replace(end, otherwise === undefined ? '] [ ] if' : '] if');
    }
  }

  /** Comments that stand apart from what is before them stay in their columns, where there is room. */
  #comments(tokens: readonly Token[]): void {
    const grown = new Map<number, number>();
    for (const { line, from, to, text } of this.#edits)
      grown.set(line, (grown.get(line) ?? 0) + text.length - (to - from));
    tokens.forEach((token, at) => {
      const by = grown.get(token.line) ?? 0;
      if (by === 0 || tokens[at + 1]?.line === token.line || token.text.includes('\n')) return;
      const from = this.#offset(token.line, token.endColumn);
      const gap = /^ {2,}(?=#)/.exec(this.#source.text.slice(from, from + GAP_MAX))?.[0].length;
      if (gap === undefined) return;
      const text = ' '.repeat(Math.max(1, gap - by));
      this.#edits.push({ line: token.line, from, to: from + gap, text });
    });
  }

  #isCurrent(type: string): boolean {
    return this.#unions.has(type) || CONCRETE.has(type) || /^\p{Lu}$/u.test(type);
  }

  #effect(effect: EffectExpression): void {
    const names = [...namedTypes(effect)];
    const used = new Set(names.map(({ name }) => name));
    const letters = new Map<string, string>();
    for (const { name, at } of names) {
      if (this.#isCurrent(name)) continue;
      const written = currentTypeName(name) ?? letters.get(name) ?? freeLetter(name, used);
      if (written === undefined) continue;
      if (currentTypeName(name) === undefined) {
        letters.set(name, written);
        used.add(written);
      }
      this.#replace(at, written);
    }
  }

  #body(nodes: readonly Node[]): void {
    nodes.forEach((node, at) => {
      if (node.kind === 'name')
        this.#name(node.name, node.at, nodes.slice(Math.max(0, at - 2), at), nodes[at + 1]);
      else if (node.kind === 'literal') this.#literal(node, nodes[at + 1]);
      else if (node.kind === 'quotation') this.#body(node.body);
      else if (node.kind === 'match') for (const arm of node.arms) this.#body(arm.body);
      else if (node.kind === 'if') {
        this.#body(node.yes);
        this.#body(node.no);
      }
    });
  }

  #name(name: string, at: Span, before: readonly Node[], next: Node | undefined): void {
    if (this.#own.has(name)) return;
    const ofUnion = this.#vocabulary.truth === 'Int' && /^is-.*\?$/.test(name);
    const current = ofUnion ? { text: name, flag: true } : currentWord(name, this.#vocabulary);
    if (current === undefined) return;
    if (this.#vocabulary.truth === 'either') {
      if (name === 'variant-field-at' && this.#fieldAt(at, before.at(-1))) return;
      if (name === 'make-variant' && this.#makeVariant(at, before)) return;
    }
    // A Bool that a conditional takes at once may stay one.
    if (current.flag && next?.kind === 'if') this.#flagged.add(placeOf(next.at));
    const asInt = current.flag && next?.kind !== 'if';
    this.#replace(at, asInt ? `${current.text} ${FLAG_AS_INT}` : current.text);
  }

  /** What is true is an Int in the oldest programs, whoever says it. */
  #literal({ type, value, at }: Node & { kind: 'literal' }, next: Node | undefined): void {
    if (type !== 'Bool' || this.#vocabulary.truth !== 'Int') return;
    if (next?.kind === 'if') this.#flagged.add(placeOf(next.at));
    else this.#replace(at, value === true ? '1' : '0');
  }

  #missingEffect(name: string, at: Span): void {
    const word = this.#checked.words.get(name);
    if (word === undefined) return;
    this.#replace(at, `${this.#textOf(at)} ${showEffect(word.inputs, word.outputs)}`);
  }

  /** `2 variant-field-at` is `1 variant.field-at`. */
  #fieldAt(at: Span, index: Node | undefined): boolean {
    if (index?.kind !== 'literal' || typeof index.value !== 'number') return false;
    if (index.value > 0) {
      this.#replace(index.at, String(index.value - 1));
      this.#replace(at, 'variant.field-at');
    } else {
      this.#replace(index.at, 'variant.tag');
      this.#replace(at, 'symbol->string');
    }
    return true;
  }

  /** `"deposit" 100 make-variant` is `100 :deposit variant.make-1`. */
  #makeVariant(at: Span, [tag, field]: readonly Node[]): boolean {
    if (tag?.kind !== 'literal' || field?.kind !== 'literal' || typeof tag.value !== 'string') return false;
    const text = this.#textOf(field.at);
    if (!SYMBOL_NAME.test(tag.value) || (field.type === 'String' && !/^".*"$/.test(text))) return false;
    this.#replace(tag.at, text);
    this.#replace(field.at, `:${tag.value}`);
    this.#replace(at, 'variant.make-1');
    return true;
  }

  #offset(line: number, column: number): number {
    return this.#lineStarts[line - 1]! + column - 1;
  }

  #textOf({ line, column, endColumn }: Span): string {
    return this.#source.text.slice(this.#offset(line, column), this.#offset(line, endColumn));
  }

  #replace({ line, column, endColumn }: Span, text: string): void {
    this.#edits.push({ line, from: this.#offset(line, column), to: this.#offset(line, endColumn), text });
  }

  #edited(): string {
    const { text } = this.#source;
    let out = '';
    let at = 0;
    for (const edit of this.#edits.sort((a, b) => a.from - b.from)) {
      out += text.slice(at, edit.from) + edit.text;
      at = edit.to;
    }
    return out + text.slice(at);
  }
}

const placeOf = ({ source, line, column }: Span): string => `${line}:${column} ${source.file}`;

/** Places of the `if`s whose condition is an Int; none when the program's types are wrong. */
function truthyConditions({ words, literals, diagnostics }: Checked): ReadonlySet<string> {
  const places = new Set<string>();
  if (diagnostics.length > 0) return places;
  const pending = [...words.values(), ...literals].map(({ body }) => body);
  for (let body = pending.pop(); body !== undefined; body = pending.pop())
    for (const op of body) {
      if (op.op === 'if' && op.truthy === 'int') places.add(placeOf(op.at));
      for (const branch of branchesOf(op)) pending.push(branch.body);
    }
  return places;
}

function* namedTypes(effect: EffectExpression): Iterable<TypeExpression & { kind: 'name' }> {
  for (const type of [...effect.inputs.types, ...effect.outputs.types, ...effect.yields])
    if (type.kind === 'name') yield type;
    else yield* namedTypes(type.effect);
}

/** The letter for a type variable: its first, or else one that the effect does not have. */
function freeLetter(name: string, used: ReadonlySet<string>): string | undefined {
  return [name[0]!, ...'TUVWXYZABCDEFGHIJKLMNOPQRS'].find((letter) => !used.has(letter));
}
