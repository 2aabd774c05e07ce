// `npm run yardstick -- --reference PATH [--tags v2.1.0,v7.7.3] [--said]`: runs the reference's own tests and
// checks its examples, release by release, and prints a table of how many hold. PATH is a Git directory of
// the reference, or a folder with a checkout for each tag. With --said, files are told their release instead
// of having it found out. With --seqc PATH, a compiler of the reference or a folder of them
// (PATH/7.7.5/bin/seqc), the tests and examples of its release are run by both, as are --random 100 programs,
// and compared. Nothing of the reference comes into this repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { comparePrograms, compareRandom } from './compare.ts';
import { checkoutOf, compilersAt, filesBelow } from './reference.ts';

const TAGS = [
  ...['v0.8.1', 'v0.13.0', 'v0.18.6', 'v0.21.0', 'v1.0.5', 'v2.1.0'],
  ...['v3.0.6', 'v4.1.0', 'v5.5.1', 'v6.6.0', 'v7.7.3'],
];
/** An example that takes longer is taken for a server, or for one that reads the terminal. */
const EXAMPLE_MS_MAX = 10_000;
const TESTS_MS_MAX = 300_000;
const SEQ_NODE = join(import.meta.dirname, '..', '..', 'bin', 'seq-node');

const TEST = /^\s*: (test-\S+)\s+\(\s*--\s*\)/m;

interface Score {
  readonly good: number;
  readonly of: number;
  /** What does not hold, a line each. */
  readonly wrong: readonly string[];
}

function main(): void {
  const { values } = parseArgs({
    options: {
      reference: { type: 'string' },
      tags: { type: 'string' },
      seqc: { type: 'string' },
      random: { type: 'string', default: '100' },
      said: { type: 'boolean', default: false },
    },
  });
  if (values.reference === undefined) throw new Error('Say where the reference is: --reference PATH.');
  const scratch = mkdtempSync(join(tmpdir(), 'yardstick-'));
  const tags = values.tags?.split(',');
  try {
    if (values.seqc === undefined) own(values.reference, tags ?? TAGS, values.said, scratch);
    else compared(values.reference, values.seqc, tags, Number(values.random), scratch);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function own(reference: string, tags: readonly string[], said: boolean, scratch: string): void {
  const rows: string[] = [];
  const wrong: string[] = [];
  for (const tag of tags) {
    const root = checkoutOf(reference, tag, scratch);
    const flags = said ? ['--seq', tag.slice(1)] : [];
    const scores = [testsOf(root, flags), outputsOf(root, flags), examplesOf(root, flags)];
    const cells = scores.map(({ good, of }) => (of === 0 ? '' : `${good} / ${of}`));
    rows.push(`| ${[tag.slice(1), ...cells].join(' | ')} |`);
    for (const { wrong: lines } of scores) wrong.push(...lines.map((line) => `${tag} ${line}`));
    process.stderr.write(`${rows.at(-1)}\n`);
  }
  print(['release', 'own tests', 'own outputs', 'examples check'], rows, wrong);
}

function compared(
  reference: string,
  path: string,
  tags: readonly string[] | undefined,
  random: number,
  scratch: string,
): void {
  const rows: string[] = [];
  const wrong: string[] = [];
  for (const compiler of compilersAt(path, reference)) {
    const { release, tag } = compiler;
    if (tags !== undefined && !tags.includes(tag)) continue;
    const root = checkoutOf(reference, tag, scratch);
    const kinds = [comparePrograms(compiler, root), compareRandom(compiler, root, random)];
    const cells = kinds.flatMap(({ same, different, left }) => [same, different.length, left.length]);
    rows.push(`| ${[release, tag, ...cells].join(' | ')} |`);
    for (const { different, left } of kinds) {
      wrong.push(...different.map((line) => `${release} different: ${line}`));
      wrong.push(...left.map((line) => `${release} not compared: ${line}`));
    }
    process.stderr.write(`${rows.at(-1)}\n`);
  }
  const kinds = ['tests and examples', 'random programs'];
  const counts = kinds.flatMap((kind) => [`${kind}: same`, 'different', 'not compared']);
  print(['compiler', 'files of', ...counts], rows, wrong);
}

function print(columns: readonly string[], rows: readonly string[], wrong: readonly string[]): void {
  process.stdout.write(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}\n${rows.join('\n')}\n`);
  for (const line of wrong) process.stdout.write(`- ${line}\n`);
}

const seqNode = (root: string, args: readonly string[], timeout: number) =>
  spawnSync(SEQ_NODE, args, { cwd: root, encoding: 'utf8', timeout, input: '', maxBuffer: 1 << 28 });

/**
 * The words `test-…` of its integration tests. A test of a file that does not compile counts as one that
 * fails.
 */
function testsOf(root: string, flags: readonly string[]): Score {
  const folder = join('tests', 'integration', 'src');
  const tests = filesBelow(join(root, folder)).filter((file) => basename(file).startsWith('test-'));
  const defined = tests.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(new RegExp(TEST, 'gm'))]);
  const { stdout } = seqNode(root, ['test', '--json', ...flags, folder], TESTS_MS_MAX);
  const { tests: outcomes } = JSON.parse(stdout) as {
    readonly tests: readonly { file: string; test: string; passed: boolean; failures: string[] }[];
  };
  const failed = outcomes.filter(({ passed }) => !passed);
  const ran = new Set(outcomes.map(({ file }) => basename(file)));
  const broken = tests.filter((file) => !ran.has(basename(file)) && TEST.test(readFileSync(file, 'utf8')));
  return {
    good: outcomes.length - failed.length,
    of: Math.max(defined.length, outcomes.length),
    wrong: [
      ...failed.map(({ file, test, failures }) => `${basename(file)} ${test}: ${failures[0]}`),
      ...broken.map((file) => `${basename(file)}: refused`),
    ],
  };
}

/** The first releases had programs with the output that they should have. */
function outputsOf(root: string, flags: readonly string[]): Score {
  const folder = join(root, 'tests', 'integration');
  const programs = filesBelow(join(folder, 'src')).filter((file) => existsSync(expectedOf(folder, file)));
  const wrong = programs.filter((file) => {
    const { stdout, status } = seqNode(root, ['run', ...flags, file], EXAMPLE_MS_MAX);
    return status !== 0 || stdout !== readFileSync(expectedOf(folder, file), 'utf8');
  });
  return {
    good: programs.length - wrong.length,
    of: programs.length,
    wrong: wrong.map((file) => `${basename(file)}: another output`),
  };
}

const expectedOf = (folder: string, file: string): string =>
  join(folder, 'expected', `${basename(file, '.seq')}.txt`);

function examplesOf(root: string, flags: readonly string[]): Score {
  const examples = filesBelow(join(root, 'examples'));
  const wrong: string[] = [];
  for (const file of examples) {
    const { status, stderr } = seqNode(root, ['check', '--no-lints', ...flags, file], EXAMPLE_MS_MAX);
    if (status !== 0)
      wrong.push(`${relative(root, file)}: ${stderr.split('\n').find((line) => line.includes(': error: '))}`);
  }
  return { good: examples.length - wrong.length, of: examples.length, wrong };
}

main();
