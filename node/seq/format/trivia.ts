// What stands between the tokens of a file, which the lexer skips: line ends, blank lines and comments.
import type { Token } from '../syntax/lexer.ts';

/** A comment that follows code on its line, and what stands on lines of its own before the next token. */
export interface Gap {
  readonly trailing?: Comment;
  /**
   * One for each line between; an empty text is a blank line. Undefined when the next token is on the same
   * line.
   */
  readonly lines: readonly string[] | undefined;
  /** How many spaces stand before a token on the same line, where there are only spaces; else 0. */
  readonly spaces: number;
}

export interface Comment {
  /** From `#` on, without white space at its end. */
  readonly text: string;
  /** How many characters stand between it and the code before it. */
  readonly distance: number;
}

/**
 * The gap before each token, the last one (`end`) included, of a text that ends with a line end. The first
 * gap never has a trailing comment.
 */
export function gapsBefore(text: string, tokens: readonly Token[]): Gap[] {
  const starts = lineStarts(text);
  let from = 0;
  return tokens.map((token, at) => {
    const start = starts[token.line - 1]! + token.column - 1;
    // A comment in the first line has no code before it: as if a line had ended there.
    const gap = at === 0 ? `\n${text.slice(0, start)}` : text.slice(from, start);
    from = start + token.text.length;
    return gapOf(gap);
  });
}

function gapOf(text: string): Gap {
  const pieces = text.split('\n');
  const [first = ''] = pieces;
  const comment = first.trim();
  const trailing =
    comment === '' ? undefined : { text: comment, distance: first.length - first.trimStart().length };
  const lines = pieces.length === 1 ? undefined : pieces.slice(1, -1).map((line) => line.trim());
  const spaces = /^ +$/.test(text) ? text.length : 0;
  return trailing === undefined ? { lines, spaces } : { trailing, lines, spaces };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
