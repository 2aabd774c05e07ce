// Compiles a Seq program that lies on disk.
import { SeqNodeError } from '../base/errors.ts';
import { compileProgram, formatDiagnostic, type Program } from '../seq/index.ts';
import { readProgram } from './source-files.ts';

/** Warnings go to `warn`, if it is given. Throws `bad-program` with the diagnostics as text. */
export function compileFile(file: string, warn?: (text: string) => void): Program {
  const result = compileProgram(readProgram(file));
  if (!result.ok) {
    const errors = result.diagnostics.filter(({ severity }) => severity === 'error').length;
    throw new SeqNodeError('bad-program', `${file} has ${errors} ${errors === 1 ? 'error' : 'errors'}.`, {
      file,
      diagnostics: result.diagnostics.map(formatDiagnostic),
    });
  }
  if (warn) for (const warning of result.program.warnings) warn(formatDiagnostic(warning));
  return result.program;
}
