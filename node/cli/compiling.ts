// Compiles a Seq program that lies on disk.
import { SeqNodeError } from '../base/errors.ts';
// Not from index.ts: a script does not wait for lints and migration.
import type { Program, SourceBundle } from '../seq/api.ts';
import { compileProgram } from '../seq/compile-program.ts';
import { formatDiagnostic } from '../seq/syntax/diagnostic.ts';
import { readProgram } from './source-files.ts';

/** `release`: see CompileOptions. Throws `bad-program` with the diagnostics as text. */
export const compileFile = (file: string, release?: string): Program =>
  compileBundle(readProgram(file), file, release);

/** As `compileFile`, of what was read from `file`. */
export function compileBundle(bundle: SourceBundle, file: string, release?: string): Program {
  const result = compileProgram(bundle, { release });
  if (!result.ok) {
    const errors = result.diagnostics.length;
    throw new SeqNodeError('bad-program', `${file} has ${errors} ${errors === 1 ? 'error' : 'errors'}.`, {
      file,
      diagnostics: result.diagnostics.map(formatDiagnostic),
    });
  }
  return result.program;
}
