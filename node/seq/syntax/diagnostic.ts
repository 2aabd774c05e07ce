// Diagnostics: what the front end says about a program, with the place it is about.
import { printable, printableInColumns } from '../../base/printable.ts';
import type { Diagnostic } from '../api.ts';

/** A stretch of one source line. Lines and columns count from 1; `endColumn` is exclusive. */
export interface Span {
  readonly source: Source;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** One file of a bundle, with its line starts found once. */
export class Source {
  readonly file: string;
  readonly text: string;
  #starts: number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** The text of a line (from 1), without its end. */
  line(line: number): string {
    if (this.#starts === undefined) {
      this.#starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1))
        this.#starts.push(at + 1);
    }
    const start = this.#starts[line - 1] ?? this.text.length;
    const end = this.#starts[line] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, '');
  }
}

/** How much of a very long source line a diagnostic shows. */
const SHOWN_MAX = 120;

/** Thrown inside the front end; never leaves it. */
export class DiagnosticError extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

export function diagnosticAt(
  span: Span,
  code: string,
  message: string,
  hint: string,
  severity: Diagnostic['severity'] = 'error',
): Diagnostic {
  const line = span.source.line(span.line);
  const from =
    line.length <= SHOWN_MAX ? 0 : Math.max(0, Math.min(span.column - 1 - 40, line.length - SHOWN_MAX));
  return {
    code,
    severity,
    file: span.source.file,
    line: span.line,
    column: span.column,
    endColumn: span.endColumn,
    message,
    hint,
    sourceLine: line.slice(from, from + SHOWN_MAX),
    sourceOffset: from,
  };
}

/** Throws; typed so that callers can `throw fail(…)`. */
export function fail(span: Span, code: string, message: string, hint: string): never {
  throw new DiagnosticError(diagnosticAt(span, code, message, hint));
}

/**
 * The diagnostic as text:
 *
 *     bank.seq:3:5: error: …  [unknown-word]
 *       |  balanse map.get
 *       |  ^^^^^^^
 *       hint: …
 */
export function formatDiagnostic(d: Diagnostic): string {
  const before = d.sourceLine.slice(0, Math.max(0, d.column - 1 - d.sourceOffset)).replace(/[^\t]/g, ' ');
  const room = Math.max(1, d.sourceLine.length - before.length);
  const carets = '^'.repeat(Math.max(1, Math.min(d.endColumn - d.column, room)));
  // Names of files and words are the program's: they must not reach a terminal as they are.
  return [
    `${printable(d.file)}:${d.line}:${d.column}: ${d.severity}: ${printable(d.message)}  [${d.code}]`,
    `  | ${printableInColumns(d.sourceLine)}`,
    `  | ${before}${carets}`,
    `  hint: ${printable(d.hint)}`,
  ].join('\n');
}
