// The tests of a folder are of one release, though only some of them may show it.
import { SeqNodeError } from '../base/errors.ts';
import type { CompileResult } from '../seq/api.ts';
import { compileProgram } from '../seq/compile-program.ts';
import { LINES } from '../seq/lines/releases.ts';
import { readProgram } from './source-files.ts';

/**
 * For each file the line that it is tested as. Where a file of the folder is of an older line than the
 * newest, it is the newest line that takes all that are accepted, and most of the others, where it takes the
 * file. Files that are of several releases, or say a line, have none: it is found out, as always.
 */
export function releasesInFolder(files: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (files.length < 2) return found;
  const refused: string[] = [];
  for (const file of files) {
    const result = compiled(file);
    if (result?.ok === false) refused.push(file);
    else if (result?.ok && LINES.some(({ name }) => name === result.release)) found.set(file, result.release);
  }
  const oldest = Math.max(0, ...[...found.values()].map(ageOf));
  if (oldest === 0) return found;
  let best: { readonly line: string; readonly more: readonly string[] } = {
    line: LINES[oldest]!.name,
    more: [],
  };
  for (const { name: line } of LINES.slice(oldest)) {
    const more = refused.filter((file) => compiled(file, line)?.ok);
    if (more.length <= best.more.length && line !== best.line) continue;
    const kept = (file: string) => ageOf(found.get(file)!) < oldest || compiled(file, line)?.ok;
    if (line === best.line || [...found.keys()].every(kept)) best = { line, more };
  }
  for (const [file, release] of found)
    if (release !== best.line && compiled(file, best.line)?.ok) found.set(file, best.line);
  for (const file of best.more) found.set(file, best.line);
  return found;
}

const ageOf = (release: string): number => LINES.findIndex(({ name }) => name === release);

/** Undefined for what cannot be read: the run of the tests reports it. */
function compiled(file: string, release?: string): CompileResult | undefined {
  try {
    return compileProgram(readProgram(file), { release });
  } catch (error) {
    if (error instanceof SeqNodeError) return undefined;
    throw error;
  }
}
