// How results look on standard output.
import { fromJson } from '../base/json.ts';
import { formatNotation } from '../base/notation.ts';
import type { Context } from './command.ts';

export { printable } from '../base/printable.ts';

/** One JSON document and a line feed. */
export function printJson({ out }: Context, value: unknown) {
  out.write(`${JSON.stringify(value)}\n`);
}

export function printLine({ out }: Context, line: string) {
  out.write(`${line}\n`);
}

/** A remark for people: never data. */
export function remark({ err }: Context, line: string) {
  err.write(`${line}\n`);
}

/** Rows below a heading, each column as wide as its widest cell. */
export function printTable(
  context: Context,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
) {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? '')].length)));
  for (const [at, row] of all.entries()) {
    const line = row
      .map((cell, column) => cell + ' '.repeat(widths[column]! - [...cell].length))
      .join('  ')
      .trimEnd();
    printLine(context, at === 0 && context.out.color ? `\u001b[1m${line}\u001b[22m` : line);
  }
}

/** Names and values, one a line. */
export function printFields(context: Context, fields: readonly (readonly [string, string])[]) {
  const width = Math.max(...fields.map(([name]) => name.length));
  for (const [name, value] of fields) printLine(context, `${name.padEnd(width)}  ${value}`);
}

/** Milliseconds since 1970. */
export const timeText = (millis: number): string => new Date(millis).toISOString();

/** Data as the gateway gives it, in message notation. */
export function notationOf(json: unknown): string {
  return formatNotation(fromJson(json));
}
