// What an editor changes on behalf of its user: renaming, and what diagnostics ask for.
import {
  type CodeAction,
  CodeActionKind,
  ErrorCodes,
  type Location,
  type Diagnostic as LspDiagnostic,
  type Range,
  ResponseError,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { Diagnostic } from '../seq/index.ts';
import { migrateSource } from '../seq/migrate/migrate.ts';
import type { Analysis } from '../seq/tooling/analysis.ts';
import { fixesOf } from '../seq/tooling/fixes.ts';
import { rangeOf, uriOf } from './lsp-places.ts';
import { readEdited } from './source-files.ts';

/**
 * Asks for the whole file in its current form; made when it is chosen, because that takes as long as a check.
 */
export const MIGRATE = `${CodeActionKind.Source}.migrate`;

/** Each place once that one of the programs names: a file may belong to several that are open. */
export function referencesIn(
  analyses: readonly Analysis[],
  file: string,
  place: readonly [number, number],
  withDefinition: boolean,
): Location[] {
  const found = new Map<string, Location>();
  for (const analysis of analyses)
    for (const each of analysis.references(file, ...place)?.all ?? []) {
      if (each.defines && !withDefinition) continue;
      const location = { uri: uriOf(each.file), range: rangeOf(each) };
      found.set(JSON.stringify(location), location);
    }
  return [...found.values()];
}

const refuse = (message: string): never => {
  throw new ResponseError(ErrorCodes.InvalidRequest, message);
};

/** Where the name stands that can be renamed. Throws what the editor shows. */
export function renameable(
  analyses: readonly Analysis[],
  file: string,
  place: readonly [number, number],
): Range {
  const found = analyses
    .map((analysis) => analysis.references(file, ...place))
    .find((each) => each !== undefined);
  if (found === undefined) return refuse('There is no name here that the program defines.');
  if (!found.own) return refuse(`${found.target.name} is a word of the language.`);
  const [line, column] = place;
  const here = found.all.find(
    (each) => each.file === file && each.line === line && each.column <= column && column <= each.endColumn,
  );
  return here === undefined ? refuse('There is no name here that the program defines.') : rangeOf(here);
}

/** Throws what the editor shows. */
export function renamed(
  analyses: readonly Analysis[],
  file: string,
  place: readonly [number, number],
  to: string,
): WorkspaceEdit {
  const edits = new Map<string, Map<string, TextEdit>>();
  for (const analysis of analyses) {
    const found = analysis.references(file, ...place);
    if (found === undefined) continue;
    if (!found.own) refuse(`${found.target.name} is a word of the language.`);
    if (analysis.broken) refuse('The program does not parse: correct that first.');
    const problem = analysis.problemOfName(found.target, to);
    if (problem !== undefined) refuse(problem);
    for (const each of found.all) {
      const edit = { range: rangeOf(each), newText: each.renamed(to) };
      const inFile = edits.get(uriOf(each.file)) ?? new Map<string, TextEdit>();
      edits.set(uriOf(each.file), inFile.set(JSON.stringify(edit.range), edit));
    }
  }
  if (edits.size === 0) refuse('There is no name here that the program defines.');
  return { changes: Object.fromEntries([...edits].map(([uri, all]) => [uri, [...all.values()]])) };
}

/** `shown`: the diagnostics of the file, each with the form in which the editor has it. */
export function actionsFor(
  uri: string,
  range: Range,
  shown: readonly (readonly [Diagnostic, LspDiagnostic])[],
): CodeAction[] {
  const fixes = shown
    .filter(([, { range: at }]) => at.start.line <= range.end.line && at.end.line >= range.start.line)
    .flatMap(([diagnostic, lsp]) =>
      fixesOf(diagnostic).map(
        (fix): CodeAction => ({
          title: fix.title,
          kind: CodeActionKind.QuickFix,
          diagnostics: [lsp],
          edit: { changes: { [uri]: [{ range: rangeOf(fix), newText: fix.text }] } },
        }),
      ),
    );
  return [...fixes, { title: 'Print the program in its current form', kind: MIGRATE, data: { uri } }];
}

/** The program of a file in its current form, in place of what is there. Throws what the editor shows. */
export function migration(uri: string, file: string, texts: ReadonlyMap<string, string>): WorkspaceEdit {
  const bundle = readEdited(file, texts);
  const result = migrateSource(bundle);
  if (!result.ok) return refuse(result.diagnostics[0]?.message ?? 'The program cannot be migrated.');
  const text = bundle.files[file] ?? '';
  if (result.text === text) return { changes: {} };
  const end = { line: text.split('\n').length, character: 0 };
  return { changes: { [uri]: [{ range: { start: { line: 0, character: 0 }, end }, newText: result.text }] } };
}
