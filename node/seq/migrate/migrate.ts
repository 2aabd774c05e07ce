// Prints the 7.x form of a program of an older generation. Only what changed is replaced, in place: comments, layout and all
// else stay as they are.
// 1. Names of the program's own words and unions keep their meaning, so they are not replaced.
// 2. A condition that is an Int becomes a comparison with 0. One of unknown type is taken for a Bool, as 7.x demands.
import type { Diagnostic, SourceBundle } from '../api.ts';
import { BUILTINS } from '../builtins/index.ts';
import { branchesOf } from '../check/ir.ts';
import { checkProgram } from '../check/program.ts';
import { currentTypeName } from '../check/signatures.ts';
import { CONCRETE } from '../check/types.ts';
import { tooLarge } from '../compile-program.ts';
import { bundleProblem, resolveBundle } from '../include.ts';
import { mixed } from '../lines/vocabulary.ts';
import type { EffectExpression, FileTree, Node, TypeExpression } from '../syntax/ast.ts';
import { keywordConditionals } from '../syntax/conditionals.ts';
import { Source, type Span } from '../syntax/diagnostic.ts';
import { type Token, tokenize } from '../syntax/lexer.ts';
import { SYMBOL_NAME } from '../syntax/literal.ts';
import { parseFile } from '../syntax/parser.ts';
import { RENAMED } from './vocabulary.ts';

export type MigrateResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** The entry of the bundle in its 7.x form. Fails on a file that is no Seq at all; one whose types are wrong is migrated. */
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

  constructor(source: Source, bundle: SourceBundle) {
    this.#source = source;
    this.#lineStarts = [0, ...[...source.text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    const { files, modules } = resolveBundle(bundle);
    this.#own = new Set(files.flatMap(({ words }) => words.map(({ name }) => name)));
    this.#unions = new Set(files.flatMap(({ unions }) => unions.map(({ name }) => name)));
    this.#truthy = truthyConditions(files, modules);
  }

  migrate(tree: FileTree): string {
    const { tokens } = tokenize(this.#source);
    this.#conditionals(tokens);
    for (const { variants } of tree.unions)
      for (const { at, type } of variants.flatMap(({ fields }) => fields)) {
        const current = this.#isCurrent(type) ? undefined : currentTypeName(type);
        if (current !== undefined) this.#replace(at, current);
      }
    for (const { effect, body } of tree.words) {
      if (effect !== undefined) this.#effect(effect);
      this.#body(body);
    }
    this.#comments(tokens);
    return this.#edited();
  }

  #conditionals(tokens: readonly Token[]): void {
    for (const [token, { otherwise, end }] of keywordConditionals(tokens).keywords) {
      this.#replace(token, this.#truthy.has(placeOf(token)) ? '0 i.<> [' : '[');
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
      if (node.kind === 'name') this.#name(node.name, node.at, nodes.slice(Math.max(0, at - 2), at));
      else if (node.kind === 'quotation') this.#body(node.body);
      else if (node.kind === 'match') for (const arm of node.arms) this.#body(arm.body);
      else if (node.kind === 'if') {
        this.#body(node.yes);
        this.#body(node.no);
      }
    });
  }

  #name(name: string, at: Span, before: readonly Node[]): void {
    const current = this.#own.has(name) ? undefined : RENAMED.get(name);
    if (current === undefined) return;
    if (name === 'variant-field-at' && this.#fieldAt(at, before.at(-1))) return;
    if (name === 'make-variant' && this.#makeVariant(at, before)) return;
    this.#replace(at, current);
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
function truthyConditions(files: readonly FileTree[], modules: ReadonlySet<string>): ReadonlySet<string> {
  const { words, literals, diagnostics } = checkProgram(files, () => mixed(BUILTINS), modules);
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
