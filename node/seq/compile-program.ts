// From a bundle to a program: the stages in order.
import type { CompileOptions, CompileResult, Diagnostic, SourceBundle } from './api.ts';
import { BUILTINS } from './builtins/index.ts';
import { type Checked, checkProgram } from './check/program.ts';
import { TooLargeError } from './compile/operand.ts';
import { bundleProblem, resolveBundle } from './include.ts';
import { RunnableProgram } from './run/program.ts';
import { diagnosticAt, Source } from './syntax/diagnostic.ts';

/** Parses, checks and compiles. Never throws for anything a program can hold. */
export function compileProgram(bundle: SourceBundle, options: CompileOptions = {}): CompileResult {
  try {
    return compile(bundle, options);
  } catch (error) {
    const at = { source: new Source(bundle.entry, ''), line: 1, column: 1, endColumn: 2 };
    if (error instanceof TooLargeError)
      return { ok: false, diagnostics: [diagnosticAt(at, 'program-too-large', error.message)] };
    if (!(error instanceof RangeError)) throw error;
    const tooDeep = diagnosticAt(
      at,
      'nesting-too-deep',
      'The program nests too deep.',
      'Move parts into words.',
    );
    return { ok: false, diagnostics: [tooDeep] };
  }
}

function compile(bundle: SourceBundle, options: CompileOptions): CompileResult {
  const { checked, diagnostics } = check(bundle);
  if (checked === undefined || diagnostics.some(({ severity }) => severity === 'error'))
    return { ok: false, diagnostics };
  return { ok: true, program: new RunnableProgram(checked, diagnostics, options) };
}

function check(bundle: SourceBundle): { checked?: Checked; diagnostics: readonly Diagnostic[] } {
  const problem = bundleProblem(bundle);
  if (problem !== undefined) return { diagnostics: [problem] };
  const resolved = resolveBundle(bundle);
  if (resolved.diagnostics.length > 0) return { diagnostics: resolved.diagnostics };
  const checked = checkProgram(resolved.files, BUILTINS, resolved.modules);
  return { checked, diagnostics: checked.diagnostics };
}

/** What is wrong with the program, and what could be better; nothing is compiled. */
export function checkSource(bundle: SourceBundle): readonly Diagnostic[] {
  const result = compileProgram(bundle);
  return result.ok ? result.program.warnings : result.diagnostics;
}
