// What could be better in a program that may run as it is.
import type { Diagnostic } from '../api.ts';
import { componentsOf } from '../check/cycles.ts';
import { branchesOf, type Op, type Word } from '../check/ir.ts';
import type { Checked } from '../check/program.ts';
import type { FileTree } from '../syntax/ast.ts';
import { type Left, lintFlow } from './flow.ts';
import { keysIn, lintMapSets } from './map-set.ts';
import { lintPatterns } from './patterns.ts';
import { lintPlaces } from './places.ts';
import { lintYields } from './reachability.ts';
import { LintReport } from './report.ts';
import { lintWatches } from './watches.ts';

export { RULES, type Rule } from './rules.ts';

/** Of a program without errors; `files` are those that `checked` was made from. */
export const lintProgram = (files: readonly FileTree[], checked: Checked): readonly Diagnostic[] =>
  lintChecked(files, checked, new Map());

/** The same; `leaves` gets what each word leaves of its own. */
export function lintChecked(
  files: readonly FileTree[],
  checked: Checked,
  leaves: Map<Word, Left>,
): readonly Diagnostic[] {
  const report = new LintReport();
  const definitions = files.flatMap(({ words }) => words);
  const byName = new Map(definitions.map((word) => [word.name, word]));
  for (const word of definitions) lintPatterns(word, byName, report);
  lintYields(definitions, report);
  lintMapSets(definitions, new Set(definitions.flatMap(keysIn)), byName, report);
  lintPlaces(definitions, checked.words, report);
  lintWatches(files, report);
  for (const word of componentsOf(checked.words.values(), (each) => calledWords(each.body)).flat())
    leaves.set(word, lintFlow(byName.get(word.name)!, word.body, leaves, report));
  for (const { word, body } of checked.literals) lintFlow(byName.get(word)!, body, leaves, report);
  return report.diagnostics();
}

function* calledWords(ops: readonly Op[]): Iterable<Word> {
  for (const op of ops) {
    if (op.op === 'word') yield op.word;
    for (const { body } of branchesOf(op)) yield* calledWords(body);
  }
}
