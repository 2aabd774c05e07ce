// The tests of a folder are of one release, though only some of them may show it.
import { SeqNodeError } from '../base/errors.ts';
import type { CompileResult } from '../seq/api.ts';
import { compileProgram } from '../seq/compile-program.ts';
import { LINES } from '../seq/lines/releases.ts';
import { readProgram } from './source-files.ts';

/**
 * For each file the line that it is tested as: the oldest that any file of the folder is of, where it is accepted as that. Files
 * that are refused, or are of several releases, or say a line, have none: it is found out, as always.
 */
export function releasesInFolder(files: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (files.length < 2) return found;
  for (const file of files) {
    const result = compiled(file);
    if (result?.ok && LINES.some(({ name }) => name === result.release)) found.set(file, result.release);
  }
  const age = (release: string) => LINES.findIndex(({ name }) => name === release);
  const oldest = [...found.values()].reduce<string | undefined>(
    (old, each) => (old === undefined || age(each) > age(old) ? each : old),
    undefined,
  );
  for (const [file, release] of found)
    if (release !== oldest && compiled(file, oldest)?.ok) found.set(file, oldest!);
  return found;
}

/** Undefined for what cannot be read: the run of the tests reports it. */
function compiled(file: string, release?: string): CompileResult | undefined {
  try {
    return compileProgram(readProgram(file), { release });
  } catch (error) {
    if (error instanceof SeqNodeError) return undefined;
    throw error;
  }
}
