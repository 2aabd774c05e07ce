// The names that a program brings, with what an editor shows of them. Works on programs that do not check,
// too.
import type { Position } from '../api.ts';
import type {
  EffectExpression,
  FileTree,
  StackExpression,
  TypeExpression,
  UnionDefinition,
  VariantDefinition,
  WordDefinition,
} from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';

export interface Definition extends Position {
  readonly kind: 'word' | 'union' | 'variant' | 'field' | 'union-word';
  readonly name: string;
  readonly endColumn: number;
  /** An effect, or for a union and its parts how it is written. */
  readonly text: string;
  /** The comment lines right above it, without their marks. */
  readonly comment?: string;
}

/**
 * All definitions of the files, in their order. Words that a union brings stand where its variant or field
 * does.
 */
export function definitionsOf(files: readonly FileTree[]): Definition[] {
  return files.flatMap(({ unions, words }) => [
    ...unions.flatMap(unionDefinitions),
    ...words.map(wordDefinition),
  ]);
}

function wordDefinition({ name, effect, at }: WordDefinition): Definition {
  return define('word', name, at, effect === undefined ? '' : effectText(effect), commentAbove(at));
}

function unionDefinitions(union: UnionDefinition): Definition[] {
  const comment = commentAbove(union.at);
  return [
    define('union', union.name, union.at, unionText(union), comment),
    ...union.variants.flatMap((variant) => variantDefinitions(union, variant, comment)),
  ];
}

function variantDefinitions(
  union: UnionDefinition,
  variant: VariantDefinition,
  comment: string | undefined,
): Definition[] {
  const { tag, fields, at } = variant;
  const inputs = fields.map(({ type }) => `${type} `).join('');
  const word = (name: string, span: Span, text: string) => define('union-word', name, span, text, comment);
  return [
    define('variant', tag, at, variantText(variant), comment),
    word(`Make-${tag}`, at, `( ${inputs}-- ${union.name} )`),
    word(`is-${tag}?`, at, `( ${union.name} -- Bool )`),
    ...fields.flatMap((field) => [
      define('field', field.name, field.at, `${field.name}: ${field.type}`, comment),
      word(`${tag}-${field.name}`, field.at, `( ${union.name} -- ${field.type} )`),
    ]),
  ];
}

function define(
  kind: Definition['kind'],
  name: string,
  at: Span,
  text: string,
  comment: string | undefined,
): Definition {
  const place = { file: at.source.file, line: at.line, column: at.column, endColumn: at.endColumn };
  return { kind, name, ...place, text, ...(comment === undefined ? {} : { comment }) };
}

function unionText({ name, variants }: UnionDefinition): string {
  return `union ${name} { ${variants.map(variantText).join(' ')} }`;
}

function variantText({ tag, fields }: VariantDefinition): string {
  if (fields.length === 0) return tag;
  return `${tag} { ${fields.map(({ name, type }) => `${name}: ${type}`).join(', ')} }`;
}

/** The effect in source form, as in `( Int [ Int -- Bool ] -- Bool )`. */
export function effectText(effect: EffectExpression): string {
  const yields = effect.yields.map((type) => ` | Yield ${typeText(type)}`).join('');
  return `( ${sidesText(effect)}${yields} )`;
}

function sidesText({ inputs, outputs }: EffectExpression): string {
  return [...stackTexts(inputs), '--', ...stackTexts(outputs)].join(' ');
}

function stackTexts({ row, types }: StackExpression): string[] {
  return [...(row === undefined ? [] : [`..${row.name}`]), ...types.map(typeText)];
}

function typeText(type: TypeExpression): string {
  if (type.kind === 'name') return type.name;
  return `${type.closure ? 'Closure' : ''}[ ${sidesText(type.effect)} ]`;
}

/** How many lines above a definition are read. */
const COMMENT_LINES_MAX = 40;

function commentAbove({ source, line }: Span): string | undefined {
  const lines: string[] = [];
  for (let above = line - 1; above > 0 && lines.length < COMMENT_LINES_MAX; above--) {
    const text = source.line(above).trim();
    if (!text.startsWith('#') || text.startsWith('#!')) break;
    if (!/^#\s*seq:allow\(/.test(text)) lines.unshift(text.replace(/^#+ ?/, ''));
  }
  const comment = lines.join('\n').trim();
  return comment === '' ? undefined : comment;
}
