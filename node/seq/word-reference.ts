// The table of builtin words as Markdown, for docs/LANGUAGE.md.
import { BUILTIN_ROWS } from './builtins/index.ts';
import type { BuiltinRow } from './builtins/table.ts';

/** One line for each word, in the order of the table, with its other names and the module it needs. */
export function wordReference(): string {
  const lines = BUILTIN_ROWS.map(
    (row) =>
      `| ${code(row.name)} | ${code(row.effect)} | ${(row.aliases ?? []).map(code).join(' ')} | ${needs(row)} |`,
  );
  return ['| Word | Effect | Also | Needs |', '|---|---|---|---|', ...lines].join('\n');
}

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
const needs = ({ module }: BuiltinRow): string => (module === undefined ? '' : code(`include ${module}`));
