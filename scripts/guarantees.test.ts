// Each promise of docs/GUARANTEES.md names tests, and all that are named are there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/GUARANTEES.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

test('promises are numbered from one on, and each has its row of what was tried', (t) => {
  const promises = [...page.matchAll(/^\*\*(\d+)\. /gm)].map(([, number]) => Number(number));
  const rows = [...page.matchAll(/^\| (\d+) \|.*\|.*`.+` \|$/gm)].map(([, number]) => Number(number));
  t.deepEqual(
    promises,
    promises.map((_, at) => at + 1),
  );
  t.deepEqual(rows, promises);
});

test('every test and command that the page names is there', (t) => {
  const names = [...page.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  const paths = names.filter((name) => /^(?:node|sim|integration|examples)\//.test(name));
  t.true(paths.length > 40);
  t.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
  const commands = names
    .map((name) => /^npm run ([a-z-]+)/.exec(name)?.[1])
    .filter((name) => name !== undefined);
  t.deepEqual(
    commands.filter((name) => scripts[name] === undefined),
    [],
  );
});

test('each rule of supervision is the name of a test, and each test a rule', (t) => {
  const tests = readFileSync(join(root, 'node/runtime/lifecycle/supervisor.test.ts'), 'utf8');
  const section = page.split('## Rules of supervision')[1]!.split('\n## ')[0]!;
  const rules = [...section.matchAll(/^\| ([A-Z][\w ]+) \| ([^|]+) \|$/gm)].map(([, of, rule]) => [of, rule]);
  let part = '';
  const named: string[][] = [];
  for (const [, heading, name] of tests.matchAll(/^\/\/ ── (.+?) ──|^test\(\s*'([^']+)'/gm))
    if (heading !== undefined) part = heading;
    else named.push([part, name!]);
  t.true(named.length > 50);
  t.deepEqual(rules.slice(1), named);
});
