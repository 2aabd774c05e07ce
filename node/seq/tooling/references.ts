// Where a program names a thing: for the references and the renaming of an editor. What unions bring is named
// by words that are made of its name, such as Make-Circle and Circle-radius, and by patterns.
import type { FileTree, Node, VariantDefinition } from '../syntax/ast.ts';
import type { Token } from '../syntax/lexer.ts';

/** What a name means: a word of the program or the language, a union or a part of one. */
export type Target =
  | { readonly kind: 'word' | 'union'; readonly name: string }
  | { readonly kind: 'variant'; readonly name: string }
  | { readonly kind: 'field'; readonly name: string; readonly tag: string };

export interface Occurrence {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  /** What stands there once the target has another name. */
  readonly renamed: (to: string) => string;
  readonly defines: boolean;
}

/** The tokens of each file that name something: none of symbols, strings and comments. */
export type NamesByFile = ReadonlyMap<string, readonly Token[]>;

export function namesOf(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter((token, at) => token.kind === 'name' && !isSymbol(tokens, at));
}

/** A name that a colon right before it makes a symbol of. */
function isSymbol(tokens: readonly Token[], at: number): boolean {
  const [before, token, after] = [tokens[at - 1], tokens[at]!, tokens[at + 1]];
  const joined = before?.kind === 'mark' && before.text === ':' && before.endColumn === token.column;
  return joined && before.line === token.line && after?.text !== '(';
}

const variantsOf = (files: readonly FileTree[]): readonly VariantDefinition[] =>
  files.flatMap(({ unions }) => unions.flatMap(({ variants }) => variants));

/** What the name at a place means. */
export function targetOf(token: Token, files: readonly FileTree[], names: NamesByFile): Target | undefined {
  const { text } = token;
  const variants = variantsOf(files);
  const field = fieldAt(token, files, names);
  if (field !== undefined) return field;
  if (files.some(({ words }) => words.some(({ name }) => name === text))) return { kind: 'word', name: text };
  if (files.some(({ unions }) => unions.some(({ name }) => name === text)))
    return { kind: 'union', name: text };
  for (const { tag, fields } of variants) {
    if ([tag, `Make-${tag}`, `is-${tag}?`].includes(text)) return { kind: 'variant', name: tag };
    const found = fields.find(({ name }) => text === `${tag}-${name}`);
    if (found !== undefined) return { kind: 'field', name: found.name, tag };
  }
  return undefined;
}

/** The field that is defined, or bound by a pattern, at the place of the token. */
function fieldAt(token: Token, files: readonly FileTree[], names: NamesByFile): Target | undefined {
  const here = (at: { readonly source: { readonly file: string }; line: number; column: number }) =>
    at.source.file === token.source.file && at.line === token.line && at.column === token.column;
  for (const { tag, fields } of variantsOf(files))
    for (const field of fields) {
      const name = fieldName(field.at as Token, names);
      if (name !== undefined && here(name)) return { kind: 'field', name: field.name, tag };
    }
  for (const { tag, field, at } of bindingsIn(files))
    if (here(at)) return { kind: 'field', name: field, tag };
  return undefined;
}

/** The tree knows the place of a field's type; its name stands before that. */
function fieldName(type: Token, names: NamesByFile): Token | undefined {
  const all = names.get(type.source.file) ?? [];
  const at = all.findIndex(({ line, column }) => line === type.line && column === type.column);
  return at > 0 ? all[at - 1] : undefined;
}

interface Binding {
  readonly tag: string;
  readonly field: string;
  readonly at: Token;
}

function bindingsIn(files: readonly FileTree[]): Binding[] {
  const found: Binding[] = [];
  const visit = (nodes: readonly Node[]): void => {
    for (const node of nodes)
      if (node.kind === 'quotation') visit(node.body);
      else if (node.kind === 'if') {
        visit(node.yes);
        visit(node.no);
      } else if (node.kind === 'match')
        for (const { tag, bindings, body } of node.arms) {
          for (const { field, at } of bindings ?? []) found.push({ tag, field, at: at as Token });
          visit(body);
        }
  };
  for (const { words } of files) for (const { body } of words) visit(body);
  return found;
}

/** Every place that names the target, in the order of files and lines. */
export function occurrencesOf(
  target: Target,
  files: readonly FileTree[],
  names: NamesByFile,
): readonly Occurrence[] {
  const found: Occurrence[] = [];
  const add = (token: Token, renamed: (to: string) => string, defines = false): void => {
    const { source, line, column, endColumn } = token;
    found.push({ file: source.file, line, column, endColumn, renamed, defines });
  };
  const forms = formsOf(target, variantsOf(files));
  const defined = definingPlaces(target, files);
  for (const tokens of names.values())
    for (const token of tokens) {
      const form = forms.get(token.text);
      if (form !== undefined) add(token, form, defined.has(placeOf(token)));
    }
  if (target.kind === 'field') {
    for (const { tag, field, at } of bindingsIn(files))
      if (tag === target.tag && field === target.name) add(at, (to) => `>${to}`);
    for (const { tag, fields } of variantsOf(files))
      for (const field of fields) {
        const name = fieldName(field.at as Token, names);
        if (tag === target.tag && field.name === target.name && name !== undefined)
          add(name, (to) => to, true);
      }
  }
  return found.sort((a, b) => compareFiles(a.file, b.file) || a.line - b.line || a.column - b.column);
}

const compareFiles = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const placeOf = ({ source, line, column }: Token): string => `${line}:${column} ${source.file}`;

/** The names that are made of that of the target, and how each is made. */
function formsOf(
  target: Target,
  variants: readonly VariantDefinition[],
): ReadonlyMap<string, (to: string) => string> {
  const { kind, name } = target;
  if (kind === 'word' || kind === 'union') return new Map([[name, (to) => to]]);
  if (kind === 'field') return new Map([[`${target.tag}-${name}`, (to) => `${target.tag}-${to}`]]);
  const fields = variants.filter(({ tag }) => tag === name).flatMap((variant) => variant.fields);
  return new Map<string, (to: string) => string>([
    [name, (to) => to],
    [`Make-${name}`, (to) => `Make-${to}`],
    [`is-${name}?`, (to) => `is-${to}?`],
    ...fields.map((field) => [`${name}-${field.name}`, (to: string) => `${to}-${field.name}`] as const),
  ]);
}

function definingPlaces({ kind, name }: Target, files: readonly FileTree[]): ReadonlySet<string> {
  const places = files.flatMap(({ words, unions }) => [
    ...(kind === 'word' ? words.filter((word) => word.name === name).map(({ at }) => at) : []),
    ...(kind === 'union' ? unions.filter((union) => union.name === name).map(({ at }) => at) : []),
    ...(kind === 'variant'
      ? unions.flatMap(({ variants }) => variants.filter(({ tag }) => tag === name).map(({ at }) => at))
      : []),
  ]);
  return new Set(places.map((at) => placeOf(at as Token)));
}
