// From a bundle to a program: the stages in order.
import type { CompileOptions, CompileResult, Diagnostic, SourceBundle } from './api.ts';
import type { Checked } from './check/program.ts';
import { TooLargeError } from './compile/operand.ts';
import { bundleProblem, resolveBundle } from './include.ts';
import { checkInLine, releaseProblems } from './lines/find-line.ts';
import { type Line, linesOf, NEWEST, releasesOf } from './lines/releases.ts';
import { RunnableProgram } from './run/program.ts';
import type { FileTree } from './syntax/ast.ts';
import { diagnosticAt, Source } from './syntax/diagnostic.ts';

/** Parses, checks and compiles. Never throws for anything a program can hold. */
export function compileProgram(bundle: SourceBundle, options: CompileOptions = {}): CompileResult {
  try {
    const { checked, lines, diagnostics } = checkBundle(bundle, options.release);
    if (checked === undefined || diagnostics.length > 0)
      return { ok: false, diagnostics, release: linesName(lines) };
    return { ok: true, program: new RunnableProgram(checked, options), release: linesName(lines) };
  } catch (error) {
    return { ok: false, diagnostics: [tooLarge(bundle, error)], release: NEWEST.name };
  }
}

export interface Checks {
  readonly files: readonly FileTree[];
  /** Of the files. */
  readonly lines: readonly Line[];
  /** See find-line.ts. */
  readonly newer?: Diagnostic;
  readonly checked?: Checked;
  /** All are errors. */
  readonly diagnostics: readonly Diagnostic[];
}

/** All stages before compiling. May throw what `tooLarge` takes. */
export function checkBundle(bundle: SourceBundle, release?: string): Checks {
  const problem = bundleProblem(bundle);
  if (problem !== undefined) return { files: [], lines: [], diagnostics: [problem] };
  const { files, modules, diagnostics } = resolveBundle(bundle);
  const problems = [...diagnostics, ...releaseProblems(files)];
  if (problems.length > 0) return { files, lines: [], diagnostics: problems };
  const silent = release === undefined ? undefined : releasesOf(release);
  const { checked, lineOf, newer } = checkInLine(files, modules, silent);
  const found = { files, lines: [...lineOf.values()], checked, diagnostics: checked.diagnostics };
  return newer === undefined ? found : { ...found, newer };
}

/** The line of the file that a program begins with; that which it says if it cannot be checked. */
export function lineOfEntry(bundle: SourceBundle, { files, lines }: Checks): Line {
  const at = files.findIndex(({ source }) => source.file === bundle.entry);
  const said = releasesOf(files[at]?.release?.text ?? '');
  return lines[at] ?? linesOf(said ?? NEWEST)[0] ?? NEWEST;
}

/** The lines of a program's files, for a reader. */
const linesName = (lines: readonly Line[]): string =>
  lines.length === 0 ? NEWEST.name : [...new Set(lines.map(({ name }) => name))].join(', ');

/** What a program is refused for that asks for more than the stages can take. Rethrows all else. */
export function tooLarge(bundle: SourceBundle, error: unknown): Diagnostic {
  const at = { source: new Source(bundle.entry, ''), line: 1, column: 1, endColumn: 2 };
  if (error instanceof TooLargeError)
    return diagnosticAt(at, 'program-too-large', error.message, 'Move parts into words.');
  if (!(error instanceof RangeError)) throw error;
  return diagnosticAt(at, 'nesting-too-deep', 'The program nests too deep.', 'Move parts into words.');
}
