// Resolves the includes of a bundle: every file once, what it includes before it.
import type { Diagnostic, SourceBundle } from './api.ts';
import type { FileTree, Include } from './syntax/ast.ts';
import { DiagnosticError, diagnosticAt, Source } from './syntax/diagnostic.ts';
import { SOURCE_LENGTH_MAX, tokenize } from './syntax/lexer.ts';
import { parseFile } from './syntax/parser.ts';

/**
 * The library modules, and those that each brings along. Their words are builtins that wait for the include.
 */
const MODULES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    control: [],
    fmath: [],
    http: [],
    imath: [],
    json: [],
    list: [],
    loops: [],
    map: [],
    // The name of imath before 0.15.
    math: ['imath'],
    // Until 2.x.
    result: [],
    signal: [],
    son: ['map', 'list'],
    'stack-utils': [],
    yaml: [],
    zipper: [],
  }),
);

/** The names of the library modules, without `std:`. */
export const MODULE_NAMES: readonly string[] = [...MODULES.keys()];

export interface Resolved {
  readonly files: readonly FileTree[];
  /** As in `std:list`. */
  readonly modules: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

export function resolveBundle(bundle: SourceBundle): Resolved {
  const files: FileTree[] = [];
  const modules = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  const done = new Set<string>();
  const texts = new Map(Object.entries(bundle.files));
  const addModule = (name: string): void => {
    modules.add(`std:${name}`);
    for (const other of MODULES.get(name) ?? []) modules.add(`std:${other}`);
  };
  const included = (include: Include, from: string): string | undefined => {
    if (include.kind === 'std' && MODULES.has(include.name)) addModule(include.name);
    else if (include.kind !== 'file')
      diagnostics.push(
        diagnosticAt(
          include.at,
          'unknown-module',
          `There is no module ${include.kind}:${include.name}.`,
          moduleHint(),
        ),
      );
    else {
      const path = includedPath(from, include.name);
      if (path !== undefined && texts.has(path)) return path;
      diagnostics.push(
        diagnosticAt(
          include.at,
          'unknown-file',
          `The program has no file ${JSON.stringify(`${include.name.slice(0, 200)}.seq`)} beside ${from}.`,
          'Paths are relative to the file that includes, without .seq.',
        ),
      );
    }
    return undefined;
  };
  // A loop and not recursion: a chain of includes may be long.
  const pending: { name: string; tree?: FileTree }[] = [{ name: bundle.entry }];
  while (pending.length > 0) {
    const here = pending.pop()!;
    if (here.tree !== undefined) {
      files.push(here.tree);
      continue;
    }
    if (done.has(here.name)) continue;
    done.add(here.name);
    const source = new Source(here.name, (texts.get(here.name) ?? '').toWellFormed());
    const { tree, diagnostics: found } = parseFile(source);
    diagnostics.push(...found);
    pending.push({ name: here.name, tree });
    const next = tree.includes
      .map((include) => included(include, here.name))
      .filter((name) => name !== undefined);
    for (const name of next.reverse()) pending.push({ name });
  }
  return { files, modules, diagnostics };
}

const moduleHint = () => `The modules are ${MODULE_NAMES.map((name) => `std:${name}`).join(', ')}.`;

/** The name in the bundle that an include means, or undefined when it leaves the bundle. */
export function includedPath(from: string, include: string): string | undefined {
  if (include === '' || include.startsWith('/') || include.includes('\\') || include.length > 1024)
    return undefined;
  const segments = from.split('/').slice(0, -1);
  for (const segment of include.split('/')) {
    if (segment === '..') {
      if (segments.length === 0 || segments.at(-1) === '..') segments.push('..');
      else segments.pop();
    } else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  const path = segments.join('/');
  return path.endsWith('.seq') ? path : `${path}.seq`;
}

/** The includes of a text, as far as it can be told without reading the words around them. */
export function includesIn(file: string, text: string): readonly Include[] {
  if (!text.includes('include')) return [];
  try {
    const { tokens } = tokenize(new Source(file, text));
    return tokens.flatMap((token, at): Include[] => {
      const path = tokens[at + 1];
      if (token.kind !== 'name' || token.text !== 'include' || path?.kind !== 'string') return [];
      return [{ kind: 'file', name: path.text.slice(1, -1), at: path }];
    });
  } catch (error) {
    if (error instanceof DiagnosticError) return [];
    throw error;
  }
}

/** A diagnostic when the bundle as a whole cannot be read, before anything is parsed. */
export function bundleProblem(bundle: SourceBundle): Diagnostic | undefined {
  const entries = Object.entries(bundle.files);
  const length = entries.reduce((sum, [, text]) => sum + text.length, 0);
  const entry = new Source(bundle.entry, '');
  const at = { source: entry, line: 1, column: 1, endColumn: 2 };
  if (length > SOURCE_LENGTH_MAX)
    return diagnosticAt(
      at,
      'program-too-large',
      `The program is longer than ${SOURCE_LENGTH_MAX} characters.`,
      'Deploy parts of it as programs of their own.',
    );
  if (!Object.hasOwn(bundle.files, bundle.entry))
    return diagnosticAt(
      at,
      'unknown-file',
      `The program has no file ${JSON.stringify(bundle.entry.slice(0, 200))}.`,
      'Name a file that is there.',
    );
  return undefined;
}
