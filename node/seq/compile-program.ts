// From a bundle to a program: the stages in order.
import type { CompileOptions, CompileResult, Diagnostic, SourceBundle } from './api.ts';
import { BUILTINS } from './builtins/index.ts';
import { type Checked, checkProgram } from './check/program.ts';
import { TooLargeError } from './compile/operand.ts';
import { bundleProblem, resolveBundle } from './include.ts';
import { RunnableProgram } from './run/program.ts';
import type { FileTree } from './syntax/ast.ts';
import { diagnosticAt, Source } from './syntax/diagnostic.ts';

/** Parses, checks and compiles. Never throws for anything a program can hold. */
export function compileProgram(bundle: SourceBundle, options: CompileOptions = {}): CompileResult {
  try {
    const { checked, diagnostics } = checkBundle(bundle);
    if (checked === undefined || diagnostics.length > 0) return { ok: false, diagnostics };
    return { ok: true, program: new RunnableProgram(checked, options) };
  } catch (error) {
    return { ok: false, diagnostics: [tooLarge(bundle, error)] };
  }
}

export interface Checks {
  readonly files: readonly FileTree[];
  readonly checked?: Checked;
  /** All are errors. */
  readonly diagnostics: readonly Diagnostic[];
}

/** All stages before compiling. May throw what `tooLarge` takes. */
export function checkBundle(bundle: SourceBundle): Checks {
  const problem = bundleProblem(bundle);
  if (problem !== undefined) return { files: [], diagnostics: [problem] };
  const { files, modules, diagnostics } = resolveBundle(bundle);
  if (diagnostics.length > 0) return { files, diagnostics };
  const checked = checkProgram(files, BUILTINS, modules);
  return { files, checked, diagnostics: checked.diagnostics };
}

/** What a program is refused for that asks for more than the stages can take. Rethrows all else. */
export function tooLarge(bundle: SourceBundle, error: unknown): Diagnostic {
  const at = { source: new Source(bundle.entry, ''), line: 1, column: 1, endColumn: 2 };
  if (error instanceof TooLargeError)
    return diagnosticAt(at, 'program-too-large', error.message, 'Move parts into words.');
  if (!(error instanceof RangeError)) throw error;
  return diagnosticAt(at, 'nesting-too-deep', 'The program nests too deep.', 'Move parts into words.');
}
