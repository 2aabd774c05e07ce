// Lays a program out: indentation, missing spaces and blank lines. Where lines end, and what stands in
// columns, stays as the author decided; no token changes.
import type { Diagnostic } from '../api.ts';
import { Source } from '../syntax/diagnostic.ts';
import { type Token, tokenize } from '../syntax/lexer.ts';
import { parseFile } from '../syntax/parser.ts';
import { Layout } from './layout.ts';
import { type Comment, type Gap, gapsBefore } from './trivia.ts';

export type FormatResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** A line of the result, or several where a string holds line ends. A comment alone is `code`. */
interface Line {
  readonly code: string;
  readonly comment?: PlacedComment;
}

interface PlacedComment extends Comment {
  /** Where it began in the program, from 1. */
  readonly column: number;
}

/**
 * 1. The tokens of the result are those of the program, and each line begins with the same token.
 * 2. Formatting the result gives the result.
 *
 * A program that does not parse is refused: what is meant to be inside of what is then not known.
 */
export function formatSource(file: string, text: string): FormatResult {
  // Where ends of both kinds are mixed, strings may hold some: those stay, and others become line feeds.
  const carriage = text.includes('\r\n') && !/(?<!\r)\n/.test(text);
  const lines = carriage ? text.replaceAll('\r\n', '\n') : text;
  const source = new Source(file, `${lines.toWellFormed()}\n`);
  const { diagnostics } = parseFile(source);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const { tokens } = tokenize(source);
  const result = written(alignComments(layOut(tokens, gapsBefore(source.text, tokens))));
  return { ok: true, text: carriage ? result.replaceAll('\n', '\r\n') : result };
}

function layOut(tokens: readonly Token[], gaps: readonly Gap[]): Line[] {
  const layout = new Layout(tokens);
  const lines: Line[] = [];
  let code = '';
  let indent = 0;
  tokens.forEach((token, at) => {
    const { trailing, lines: between, spaces } = gaps[at]!;
    if (between === undefined) code += layout.isApart(at) ? pad(Math.max(1, spaces), token.text) : token.text;
    else {
      if (at > 0)
        lines.push(
          trailing === undefined ? { code } : { code, comment: commentAfter(tokens[at - 1]!, trailing) },
        );
      indent = layout.indentOf(at);
      const inner = layout.closes(at) ? layout.inside : indent;
      for (const comment of between) lines.push({ code: comment === '' ? '' : pad(inner, comment) });
      code = pad(indent, token.text);
    }
    layout.pass(at, indent);
  });
  return lines;
}

function commentAfter(token: Token, comment: Comment): PlacedComment {
  const start = token.text.includes('\n') ? 1 : token.column;
  return { ...comment, column: start + lastLine(token.text).length + comment.distance };
}

const pad = (spaces: number, text: string): string => ' '.repeat(spaces) + text;

/** Comments behind code that stood below each other in the program still do. */
function alignComments(lines: readonly Line[]): string[] {
  const texts: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const { code, comment } = lines[at]!;
    if (comment === undefined) {
      texts.push(code);
      at++;
      continue;
    }
    let end = at;
    while (lines[end]?.comment?.column === comment.column) end++;
    const group = lines.slice(at, end);
    const widest = Math.max(...group.map((line) => lastLine(line.code).length));
    const nearest = Math.min(...group.map((line) => line.comment!.distance));
    const column = widest + Math.max(1, nearest);
    for (const line of group)
      texts.push(line.code + ' '.repeat(column - lastLine(line.code).length) + line.comment!.text);
    at = end;
  }
  return texts;
}

/** A string may hold line ends. */
const lastLine = (code: string): string => code.slice(code.lastIndexOf('\n') + 1);

/** At most one blank line in a row, and none at either end. */
function written(lines: readonly string[]): string {
  const kept = lines.filter((line, at) => line !== '' || (at > 0 && lines[at - 1] !== ''));
  while (kept.at(-1) === '') kept.pop();
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`;
}
