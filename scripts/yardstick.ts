// `npm run yardstick -- --reference PATH [--tags v2.1.0,v7.7.3] [--seqc DIR] [--said]`: runs the reference's own tests and checks its
// examples, release by release, and prints a table of how many hold. PATH is a Git directory of the reference, or a folder with a
// checkout for each tag. With DIR, a folder with `TAG/bin/seqc`, each example is also run by both and compared. With --said, files
// are told their release instead of having it found out. Nothing of the reference comes into this repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const TAGS = [
  ...['v0.8.1', 'v0.13.0', 'v0.18.6', 'v0.21.0', 'v1.0.5', 'v2.1.0'],
  ...['v3.0.6', 'v4.1.0', 'v5.5.1', 'v6.6.0', 'v7.7.3'],
];
/** An example that takes longer is taken for a server, or for one that reads the terminal. */
const EXAMPLE_MS_MAX = 10_000;
const TESTS_MS_MAX = 300_000;
const SEQ_NODE = join(import.meta.dirname, '..', 'bin', 'seq-node');

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
      said: { type: 'boolean', default: false },
    },
  });
  if (values.reference === undefined) throw new Error('Say where the reference is: --reference PATH.');
  const scratch = mkdtempSync(join(tmpdir(), 'yardstick-'));
  const rows: string[] = [];
  const wrong: string[] = [];
  try {
    for (const tag of values.tags?.split(',') ?? TAGS) {
      const root = checkoutOf(values.reference, tag, scratch);
      const flags = values.said ? ['--seq', tag.slice(1)] : [];
      const scores = [testsOf(root, flags), outputsOf(root, flags), examplesOf(root, flags)];
      if (values.seqc !== undefined)
        scores.push(comparisonOf(root, flags, join(values.seqc, tag, 'bin', 'seqc')));
      const cells = scores.map(({ good, of }) => (of === 0 ? '' : `${good} / ${of}`));
      rows.push(`| ${[tag.slice(1), ...cells].join(' | ')} |`);
      for (const { wrong: lines } of scores) wrong.push(...lines.map((line) => `${tag} ${line}`));
      process.stderr.write(`${rows.at(-1)}\n`);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  const columns = ['release', 'own tests', 'own outputs', 'examples check'];
  if (values.seqc !== undefined) columns.push('examples run the same');
  process.stdout.write(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}\n${rows.join('\n')}\n`);
  for (const line of wrong) process.stdout.write(`- ${line}\n`);
}

/** A folder with the files of a tag. */
function checkoutOf(reference: string, tag: string, scratch: string): string {
  const there = join(reference, tag);
  if (existsSync(there)) return there;
  const made = join(scratch, tag);
  mkdirSync(made);
  const archive = join(scratch, `${tag}.tar`);
  for (const [command, ...args] of [
    ['git', '--git-dir', reference, 'archive', '--output', archive, tag],
    ['tar', '-x', '-f', archive, '-C', made],
  ] as const) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  }
  return made;
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.seq'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const seqNode = (root: string, args: readonly string[], timeout: number) =>
  spawnSync(SEQ_NODE, args, { cwd: root, encoding: 'utf8', timeout, input: '', maxBuffer: 1 << 28 });

/** The words `test-…` of its integration tests. A test of a file that does not compile counts as one that fails. */
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

/** Examples with `main`, built by the compiler of the release and run, against our run of them. */
function comparisonOf(root: string, flags: readonly string[], seqc: string): Score {
  const programs = filesBelow(join(root, 'examples')).filter((file) =>
    /^: main\s/m.test(readFileSync(file, 'utf8')),
  );
  const wrong: string[] = [];
  let compared = 0;
  const binary = join(root, 'yardstick-program');
  for (const file of programs) {
    if (spawnSync(seqc, ['build', file, '-o', binary], { cwd: root }).status !== 0) continue;
    const theirs = spawnSync(binary, [], { cwd: root, encoding: 'utf8', timeout: EXAMPLE_MS_MAX, input: '' });
    if (theirs.error !== undefined) continue;
    compared++;
    const ours = seqNode(root, ['run', ...flags, file], EXAMPLE_MS_MAX);
    if (ours.stdout !== theirs.stdout) wrong.push(`${relative(root, file)}: another output`);
    else if ((ours.status === 0) !== (theirs.status === 0))
      wrong.push(`${relative(root, file)}: status ${ours.status}, not ${theirs.status}`);
  }
  return { good: compared - wrong.length, of: compared, wrong };
}

main();
