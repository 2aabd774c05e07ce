// The rules of the house, as a function of the source files: import map, circles, banned calls, lengths,
// names, left-over marks.
import { dirname, normalize } from 'node:path/posix';
import { readSource, type SourceText } from './source-text.ts';

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
/** The width of code is the formatter's business. */
const COMMENT_WIDTH = 110;

/** For each folder (the longest matching prefix wins): the folders that it may import beside itself. */
const IMPORTS: Record<string, readonly string[]> = {
  'node/base': [],
  'node/seq': ['node/base'],
  'node/runtime': ['node/base', 'node/journal'],
  'node/runtime/behaviour.ts': ['node/base', 'node/seq', 'node/runtime'],
  'node/journal': ['node/base'],
  'node/journal/io': ['node/base', 'node/journal'],
  'node/cluster/consensus': ['node/base'],
  'node/cluster/membership': ['node/base'],
  'node/cluster/io': ['node/base', 'node/cluster'],
  'node/cluster': ['node/base', 'node/cluster/consensus', 'node/cluster/membership', 'node/journal'],
  'node/core': ['node/base', 'node/seq', 'node/runtime', 'node/journal', 'node/cluster'],
  'node/core/testing': [
    'node/base',
    'node/seq',
    'node/runtime',
    'node/journal',
    'node/cluster',
    'node/core',
    'sim/disk-faults.ts',
    'sim/key-values.ts',
    'sim/sim-store.ts',
  ],
  'node/projection': ['node/base', 'node/journal'],
  'node/host': [
    'node/base',
    'node/core',
    'node/cluster',
    'node/journal',
    'node/projection',
    'node/runtime',
    'node/seq',
  ],
  'node/dashboard': [],
  'node/gateway': ['node/base', 'node/host/api.ts', 'node/dashboard'],
  'node/cli': ['node/base', 'node/seq', 'node/host', 'node/gateway', 'node/journal', 'sdk/events.ts'],
  sdk: [],
  sim: ['node', 'sim'],
  integration: ['integration', 'sdk'],
  scripts: ['bin', 'node', 'sim', 'integration', 'scripts', 'sdk'],
};

const PURE_PACKAGES = new Set(['@msgpack/msgpack']);
/**
 * Pure functions that files of pure folders may take from elsewhere: only those files, and not what is impure
 * there.
 */
const PURE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'node/seq/words/compression.ts': ['node:zlib'],
  'node/seq/words/crypto.ts': ['node:crypto'],
  'node/seq/words/deferred.ts': ['node:module'],
  'node/seq/words/regex.ts': ['re2js'],
  'node/seq/words/yaml-text.ts': ['yaml'],
};
const BANNED_IN_PURE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\b(?!\w)/, 'the clock (Date)'],
  [/\bMath\.random\b/, 'Math.random'],
  [/\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/, 'a timer'],
  [/\basync\b|\bawait\b|\bnew Promise\b/, 'async code'],
  [/\bprocess\.\w/, 'process'],
  [/\bperformance\.\w/, 'performance'],
];
const BAD_NAMES = /(^|[/-])(utils?|helpers?|common|manager|misc)([.-]|$)/;

/** One line a breach: `file:line: what`. `files` holds the text of each, by its path from the root. */
export function breachesOf(files: ReadonlyMap<string, string>): string[] {
  const breaches: string[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const [file, text] of files) {
    const report: Report = (line, what) => breaches.push(`${file}:${line}: ${what}`);
    const source = readSource(text);
    checkImports(file, source, report);
    checkBanned(file, source, report);
    if (!file.endsWith('.test.ts')) checkLength(source.lines, report);
    checkText(file, source, report);
    graph.set(file, targetsOf(file, source));
  }
  for (const circle of circlesOf(graph))
    breaches.push(`${circle[0]}:1: a circle of imports: ${circle.join(' → ')}`);
  return breaches;
}

type Report = (line: number, what: string) => void;

const isPure = (file: string) =>
  /^(node\/(base|seq|runtime|journal|cluster|core)|sim)\//.test(file) &&
  !file.includes('/io/') &&
  !file.includes('/testing/') &&
  !file.endsWith('.test.ts');

function ruleFor(file: string): readonly string[] | undefined {
  const prefixes = Object.keys(IMPORTS).filter((prefix) => file === prefix || file.startsWith(`${prefix}/`));
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : [longest, ...(IMPORTS[longest] ?? [])];
}

function folderAllows(folder: string, target: string): boolean {
  if (folder.endsWith('.ts')) return target === folder;
  return target.startsWith(`${folder}/`) && (folder.includes('/io') || !target.includes('/io/'));
}

const targetOf = (file: string, name: string) => normalize(`${dirname(file)}/${name}`);

/** What is loaded with the file. */
function targetsOf(file: string, { imports }: SourceText): string[] {
  return imports.flatMap(({ name, isLazy }) =>
    name?.startsWith('.') && !isLazy ? [targetOf(file, name)] : [],
  );
}

function checkImports(file: string, { imports }: SourceText, report: Report): void {
  const rule = ruleFor(file);
  const isTest = file.endsWith('.test.ts');
  for (const { name, line } of imports) {
    if (name === undefined) {
      if (isPure(file)) report(line, 'a pure folder may not import by a computed name');
      continue;
    }
    if (!name.startsWith('.')) {
      if (isPure(file) && !PURE_PACKAGES.has(name) && !PURE_IMPORTS[file]?.includes(name))
        report(line, `a pure folder may not import ${name}`);
      continue;
    }
    if (rule === undefined || isTest) continue;
    const target = targetOf(file, name);
    const mayUseIo = /^node\/(host|cli)\//.test(file) || file.startsWith('scripts/');
    const allowed = rule.some(
      (folder) => folderAllows(folder, target) || (mayUseIo && target.startsWith(`${folder}/`)),
    );
    if (!allowed) report(line, `${dirname(file)} may not import ${target}`);
  }
}

function checkBanned(file: string, { code }: SourceText, report: Report): void {
  if (!isPure(file)) return;
  code.forEach((text, at) => {
    for (const [pattern, what] of BANNED_IN_PURE)
      if (pattern.test(text)) report(at + 1, `a pure folder may not use ${what}`);
  });
}

function checkLength(lines: readonly string[], report: Report): void {
  if (lines.length > FILE_LINES_MAX + 1) report(1, `${lines.length} lines; at most ${FILE_LINES_MAX}`);
  let start = -1;
  let indent = '';
  lines.forEach((text, at) => {
    const head =
      /^(\s*)(?:export )?(?:async )?function\*? |^(\s\s)(?:static |async |override |private |get |set |\*)*#?\w+(?:<[^>]*>)?\([^;]*\{$/.exec(
        text,
      );
    if (head && start < 0 && !/^\s*(if|for|while|switch|return|catch)\b/.test(text)) {
      start = at;
      indent = head[1] ?? head[2] ?? '';
    } else if (start >= 0 && text === `${indent}}`) {
      const length = at - start + 1;
      if (length > FUNCTION_LINES_MAX)
        report(start + 1, `a function of ${length} lines; at most ${FUNCTION_LINES_MAX}`);
      start = -1;
    }
  });
}

function checkText(file: string, { lines, code }: SourceText, report: Report): void {
  if (BAD_NAMES.test(file)) report(1, 'the name says nothing; name it after what it does');
  lines.forEach((text, at) => {
    const comment = /^\s*(?:\/\/|\/?\*)/.test(text) && code[at]?.trimEnd() === '';
    if (comment && text.length > COMMENT_WIDTH && !/https?:/.test(text))
      report(at + 1, `a comment of ${text.length} characters; at most ${COMMENT_WIDTH}`);
    const marks = text.slice(code[at]?.trimEnd().length ?? 0);
    if (/\b(TODO|FIXME|XXX|HACK)\b/.test(marks)) report(at + 1, 'a left-over mark');
    if (/@ts-(ignore|nocheck)/.test(marks)) report(at + 1, 'a silenced type error');
    if (/\btest(\.serial)?\.(only|skip|todo|failing)\b/.test(code[at] ?? ''))
      report(at + 1, 'a test that does not run');
  });
}

/** The strongly connected parts of more than one file (Tarjan). */
export function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string) => {
    numbers.set(file, numbers.size);
    lowest.set(file, numbers.get(file)!);
    stack.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!graph.has(target)) continue;
      if (!numbers.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== numbers.get(file)) return;
    const part = stack.splice(stack.indexOf(file));
    if (part.length > 1) circles.push(part.sort());
  };
  for (const file of graph.keys()) if (!numbers.has(file)) visit(file);
  return circles;
}
