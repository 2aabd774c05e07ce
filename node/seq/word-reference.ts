// The table of builtin words as Markdown, for docs/LANGUAGE.md.
import { BUILTIN_ROWS } from './builtins/index.ts';
import { OPERATORS } from './builtins/operators.ts';
import type { BuiltinRow } from './builtins/table.ts';
import { operatorWords } from './check/sugar.ts';
import { manual, manualOf } from './manual/index.ts';

/**
 * Signs, keywords and types; then the operators, and one line for each word, with its other names and the
 * module it needs.
 */
export function wordReference(): string {
  const operators = OPERATORS.map((name) => {
    const words = operatorWords(name)!.map(code).join(' ');
    return line(code(name), words, said(name), '', '');
  });
  const words = BUILTIN_ROWS.map((row) =>
    line(
      code(row.name),
      code(row.effect),
      said(row.name),
      (row.aliases ?? []).map(code).join(' '),
      needs(row),
    ),
  );
  const signs = [...manual().values()]
    .filter(({ keyword }) => keyword)
    .map(({ name }) => line(code(name), said(name)));
  const keywords = [line('Sign, keyword or type', 'Does'), '|---|---|', ...signs, ''];
  const head = [line('Word', 'Effect, or words', 'Does', 'Also', 'Needs'), '|---|---|---|---|---|'];
  return [...keywords, ...head, ...operators, ...words].join('\n');
}

const line = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The sentence about a word, and its example. */
function said(name: string): string {
  const entry = manualOf(name);
  if (entry === undefined) return '';
  const { sentence, example, leaves } = entry;
  return `${sentence.replaceAll('|', '\\|')} ${code(`${example} → ${leaves}`)}`;
}

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
const needs = ({ module }: BuiltinRow): string => (module === undefined ? '' : code(`include ${module}`));
