import test from 'ava';
import { breachesOf, circlesOf } from './rules.ts';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: it is source text
const CASES: readonly (readonly [what: string, file: string, text: string, breach: RegExp | undefined])[] = [
  [
    'an import against the arrows',
    'node/base/a.ts',
    "import { b } from '../core/b.ts';",
    /may not import node\/core\/b\.ts/,
  ],
  [
    'one over several lines',
    'node/base/a.ts',
    "import {\n  b,\n} from '../core/b.ts';",
    /a\.ts:3: .*may not import/,
  ],
  ['one for its effect', 'node/base/a.ts', "import '../core/b.ts';", /may not import node\/core\/b\.ts/],
  ['an export', 'node/base/a.ts', "export * from '../core/b.ts';", /may not import/],
  ['a type', 'node/base/a.ts', "import type { B } from '../core/b.ts';", /may not import/],
  ['a dynamic import', 'node/base/a.ts', "import('../core/b.ts');", /may not import/],
  ['a computed import', 'node/base/a.ts', 'import(name);', /computed name/],
  ['a template as a name', 'node/base/a.ts', 'import(`../core/${name}.ts`);', /computed name/],
  [
    'a package in a pure folder',
    'node/core/a.ts',
    "import { readFile } from 'node:fs';",
    /may not import node:fs/,
  ],
  ['the same in the host', 'node/host/a.ts', "import { readFile } from 'node:fs';", undefined],
  ['a clock', 'node/core/a.ts', 'const now = Date.now();', /the clock/],
  ['a clock in a template', 'node/core/a.ts', 'const text = `at ${Date.now()}`;', /the clock/],
  ['a clock in a comment', 'node/core/a.ts', '// Date.now()', undefined],
  ['a clock in a string', 'node/core/a.ts', "const text = 'Date.now()';", undefined],
  ['a clock behind a string with //', 'node/core/a.ts', "const text = 'a//b' + Date.now();", /the clock/],
  ['a clock in a template text', 'node/core/a.ts', 'const text = `Date.now() {`;', undefined],
  ['chance', 'sim/a.ts', 'Math.random();', /Math\.random/],
  ['a timer', 'node/seq/a.ts', 'setTimeout(go, 1);', /a timer/],
  ['a promise', 'node/journal/a.ts', 'async function go() {}', /async code/],
  ['the same in an adapter', 'node/journal/io/a.ts', 'async function go() {}', undefined],
  ['the process', 'node/cluster/a.ts', 'process.exit(1);', /process/],
  ['a long file', 'node/core/a.ts', 'let a;\n'.repeat(501), /502 lines/],
  ['a long test', 'node/core/a.test.ts', 'let a;\n'.repeat(501), undefined],
  [
    'a long function',
    'node/core/a.ts',
    `function go() {\n${'  go();\n'.repeat(69)}}`,
    /a function of 71 lines/,
  ],
  [
    'a long method',
    'node/core/a.ts',
    `class A {\n  go() {\n${'    go();\n'.repeat(69)}  }\n}`,
    /a function of 71/,
  ],
  [
    'a function that is not too long',
    'node/core/a.ts',
    `function go() {\n${'  go();\n'.repeat(68)}}`,
    undefined,
  ],
  ['a name that says nothing', 'node/core/utils.ts', '', /says nothing/],
  ['a mark', 'node/core/a.ts', `// TO${''}DO: this`, /left-over/],
  ['a test that does not run', 'node/core/a.test.ts', "test.only('it', () => {});", /does not run/],
  ['a silenced error', 'node/core/a.ts', '// @ts-ignore', /silenced/],
  ['a wide comment', 'node/core/a.ts', `// ${'w'.repeat(108)}`, /a comment of 111 characters/],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: it is source text

for (const [what, file, text, breach] of CASES)
  test(`tidy: ${what}`, (t) => {
    const breaches = breachesOf(new Map([[file, text]]));
    if (breach === undefined) t.deepEqual(breaches, []);
    else {
      t.is(breaches.length, 1, breaches.join('\n'));
      t.regex(breaches[0]!, breach);
    }
  });

test('tidy: a circle of imports, be it of types', (t) => {
  const files = new Map([
    ['node/core/a.ts', "import { b } from './b.ts';"],
    ['node/core/b.ts', "import type { C } from './c.ts';"],
    ['node/core/c.ts', "import { a } from './a.ts';\nimport { d } from './d.ts';"],
    ['node/core/d.ts', ''],
  ]);
  t.deepEqual(breachesOf(files), [
    'node/core/a.ts:1: a circle of imports: node/core/a.ts → node/core/b.ts → node/core/c.ts',
  ]);
  t.deepEqual(
    circlesOf(
      new Map([
        ['a', ['b']],
        ['b', []],
      ]),
    ),
    [],
  );
});
