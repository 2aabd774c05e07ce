// Each program of corpus/ says in comments what the lints find in it, and nothing else is found:
//
//   # expect-lint: id line:column
//   # expect-nothing
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { FAILURES } from '../builtins/fallible.ts';
import { BUILTINS } from '../builtins/index.ts';
import { checkSource } from '../index.ts';
import { Source } from '../syntax/diagnostic.ts';
import { parseFile } from '../syntax/parser.ts';
import { RULES } from './index.ts';
import { lintPatterns } from './patterns.ts';
import { LintReport } from './report.ts';

const folder = join(import.meta.dirname, 'corpus');
const programs = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
const lintsOf = (text: string) => checkSource({ entry: 'a.seq', files: { 'a.seq': text } });

for (const [name, text] of programs)
  test(name, (t) => {
    const wanted = [...text.matchAll(/# expect-lint: (.*)$/gm)].map((match) => match[1]!);
    t.is(text.includes('# expect-nothing'), wanted.length === 0);
    const found = lintsOf(text).map((each) => `${each.code} ${each.line}:${each.column}`);
    t.deepEqual(found.toSorted(), wanted.toSorted());
  });

test('rules have names of their own, and words what they mean', (t) => {
  t.is(new Set(RULES.map(({ id }) => id)).size, RULES.length);
  for (const { id } of RULES) t.regex(id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
});

test('fallible words leave a Bool on top, and the words of patterns are words', (t) => {
  for (const word of FAILURES.keys()) {
    const top = BUILTINS.get(word)?.written.outputs.types.at(-1);
    t.is(top?.kind === 'name' ? top.name : undefined, 'Bool', word);
  }
  for (const { pattern = '' } of RULES)
    for (const word of pattern.split(' ')) t.true(pattern === '' || BUILTINS.has(word), word);
});

test('docs/TOOLS.md names all rules and no others', (t) => {
  const manual = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'TOOLS.md'), 'utf8');
  const table = manual.slice(manual.indexOf('| Rules |'), manual.indexOf('## Migration'));
  const rows = table.split('\n').flatMap((line) => line.split('|')[1]?.match(/`[^`]+`/g) ?? []);
  t.deepEqual(rows.toSorted(), RULES.map(({ id }) => `\`${id}\``).toSorted());
});

test('each pattern is found, with its place and what to do', (t) => {
  for (const { id, pattern, message, hint, severity } of RULES) {
    if (pattern === undefined) continue;
    const { tree } = parseFile(new Source('a.seq', `: w ( A -- )\n  ${pattern}\n;`));
    const report = new LintReport();
    lintPatterns(tree.words[0]!, new Set(), report);
    t.like(
      report.diagnostics().find((each) => each.code === id),
      { severity, line: 2, column: 3, endColumn: 3 + pattern.length, message, hint },
    );
  }
});

test('a program with errors has no lints', (t) => {
  t.deepEqual(
    lintsOf(': w ( Int -- ) dup drop ;').map(({ code }) => code),
    ['output-mismatch'],
  );
});
