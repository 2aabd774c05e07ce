import { SeqNodeError } from '../../base/errors.ts';
import { compileBundle } from '../compiling.ts';
import { keepProgram } from '../kept-programs.ts';
import { runCommand } from '../run-command.ts';
import { readProgram } from '../source-files.ts';

export const run = runCommand((file, release) => {
  const bundle = readProgram(file);
  const program = compileBundle(bundle, file, release);
  if (!program.words.some(({ name }) => name === 'main'))
    throw new SeqNodeError('bad-program', `${file} has no word main.`, { file });
  // Of a release that only the command line says, nothing is kept.
  return release === undefined ? { program, ended: () => keepProgram(bundle, program) } : { program };
});
