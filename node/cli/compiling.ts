// Compiles a Seq program that lies on disk.
import { SeqNodeError } from '../base/errors.ts';
import { compileProgram, formatDiagnostic, type Program } from '../seq/index.ts';
import { readProgram } from './source-files.ts';

/** Throws `bad-program` with the diagnostics as text. */
export function compileFile(file: string): Program {
  const result = compileProgram(readProgram(file));
  if (!result.ok) {
    const errors = result.diagnostics.length;
    throw new SeqNodeError('bad-program', `${file} has ${errors} ${errors === 1 ? 'error' : 'errors'}.`, {
      file,
      diagnostics: result.diagnostics.map(formatDiagnostic),
    });
  }
  return result.program;
}
