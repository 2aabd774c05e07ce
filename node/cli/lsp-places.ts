// Places and names of files, as the language server protocol and node/seq/tooling have them.
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Position, Range } from 'vscode-languageserver/node';

interface Stretch {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Ours count from 1, those of the protocol from 0; both count UTF-16 units. */
export function rangeOf({ line, column, endColumn }: Stretch): Range {
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: line - 1, character: endColumn - 1 },
  };
}

/** Line and column of a position. */
export const placeOf = ({ line, character }: Position): readonly [number, number] => [
  line + 1,
  character + 1,
];

/** A document that is no file, such as a new one, goes by its URI. */
export function fileOf(uri: string): string {
  return uri.startsWith('file:') ? fileURLToPath(uri) : uri;
}

export function uriOf(file: string): string {
  return file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(file) ? pathToFileURL(file).href : file;
}
