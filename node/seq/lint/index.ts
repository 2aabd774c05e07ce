// What could be better in a program that may run as it is.
import type { Diagnostic } from '../api.ts';
import type { Checked } from '../check/program.ts';
import type { FileTree } from '../syntax/ast.ts';
import { lintFlow } from './flow.ts';
import { lintPatterns } from './patterns.ts';
import { lintYields } from './reachability.ts';
import { LintReport } from './report.ts';

export { RULES, type Rule } from './rules.ts';

/** Of a program without errors; `files` are those that `checked` was made from. */
export function lintProgram(files: readonly FileTree[], checked: Checked): readonly Diagnostic[] {
  const report = new LintReport();
  const definitions = files.flatMap(({ words }) => words);
  const byName = new Map(definitions.map((word) => [word.name, word]));
  for (const word of definitions) lintPatterns(word, byName, report);
  lintYields(definitions, report);
  for (const word of checked.words.values()) lintFlow(byName.get(word.name)!, word.body, report);
  for (const literal of checked.literals) lintFlow(byName.get(literal.word)!, literal.body, report);
  return report.diagnostics();
}
