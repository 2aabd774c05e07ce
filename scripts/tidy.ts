// The house rules as a program: import map, banned calls, file and function length, names, left-over marks.
// `npm run verify` runs it; it prints one line per breach and exits 1 on any.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const root = dirname(import.meta.dirname);
const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

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
  'node/host': ['node/base', 'node/core', 'node/cluster', 'node/journal', 'node/runtime', 'node/seq'],
  'node/gateway': ['node/base', 'node/host/api.ts'],
  'node/cli': ['node/base', 'node/seq', 'node/host', 'node/gateway', 'node/journal'],
  sim: ['node', 'sim'],
  integration: ['integration'],
  scripts: ['bin', 'node', 'sim', 'integration', 'scripts'],
};

const PURE_PACKAGES = new Set(['@msgpack/msgpack']);
/** Pure functions that files of pure folders may take from elsewhere: only those files, and not what is impure there. */
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

const problems: string[] = [];
const report = (file: string, line: number, text: string) => problems.push(`${file}:${line}: ${text}`);

function files(): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '');
}

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

function checkImports(file: string, lines: readonly string[]) {
  const rule = ruleFor(file);
  const test = file.endsWith('.test.ts');
  lines.forEach((text, at) => {
    const match =
      /^\s*(?:import|export)\b.*?from '([^']+)'|^\s*import '([^']+)'|\bimport\('([^']+)'\)/.exec(text) ??
      /^} from '([^']+)'/.exec(text);
    const name = match?.[1] ?? match?.[2] ?? match?.[3];
    if (name === undefined) return;
    if (!name.startsWith('.')) {
      if (isPure(file) && !PURE_PACKAGES.has(name) && !PURE_IMPORTS[file]?.includes(name))
        report(file, at + 1, `a pure folder may not import ${name}`);
      return;
    }
    const target = relative(root, normalize(join(root, dirname(file), name)));
    if (rule === undefined || test) return;
    const hostMayUseIo = /^node\/(host|cli)\//.test(file) || file.startsWith('scripts/');
    const allowed = rule.some(
      (folder) => folderAllows(folder, target) || (hostMayUseIo && target.startsWith(`${folder}/`)),
    );
    if (!allowed) report(file, at + 1, `${dirname(file)} may not import ${target}`);
  });
}

function checkBanned(file: string, lines: readonly string[]) {
  if (!isPure(file)) return;
  lines.forEach((text, at) => {
    const code = text
      .replace(/\/\/.*$|^\s*\*.*$|^\s*\/\*.*$/, '')
      .replace(/'(?:[^'\\]|\\.)*'|`[^`]*`/g, "''");
    for (const [pattern, what] of BANNED_IN_PURE)
      if (pattern.test(code)) report(file, at + 1, `a pure folder may not use ${what}`);
  });
}

function checkLength(file: string, lines: readonly string[]) {
  const test = file.endsWith('.test.ts');
  if (!test && lines.length > FILE_LINES_MAX + 1)
    report(file, 1, `${lines.length} lines; at most ${FILE_LINES_MAX}`);
  if (test) return;
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
        report(file, start + 1, `a function of ${length} lines; at most ${FUNCTION_LINES_MAX}`);
      start = -1;
    }
  });
}

function checkText(file: string, lines: readonly string[]) {
  if (BAD_NAMES.test(file)) report(file, 1, 'the name says nothing; name it after what it does');
  if (file === 'scripts/tidy.ts') return;
  lines.forEach((text, at) => {
    if (/\b(TODO|FIXME|XXX|HACK)\b/.test(text)) report(file, at + 1, 'a left-over mark');
    if (/\btest(\.serial)?\.(only|skip|todo|failing)\b/.test(text))
      report(file, at + 1, 'a test that does not run');
    if (/@ts-(ignore|nocheck)/.test(text)) report(file, at + 1, 'a silenced type error');
  });
}

for (const file of files()) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  checkImports(file, lines);
  checkBanned(file, lines);
  checkLength(file, lines);
  checkText(file, lines);
}
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? 'tidy: no breach' : `tidy: ${problems.length} breaches`);
process.exitCode = problems.length === 0 ? 0 : 1;
