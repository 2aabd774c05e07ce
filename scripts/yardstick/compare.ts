// The same programs by the reference's compiler and by seq-node: what they write and how they end.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { SeededRandom } from '../../node/base/random.ts';
import { linesOf, releasesOf } from '../../node/seq/lines/releases.ts';
import { vocabularyOf } from '../../node/seq/lines/vocabulary.ts';
import { ProgramGenerator } from '../../node/seq/testing/random-program.ts';
import { type Compiler, filesBelow } from './reference.ts';

/** A program that takes longer is taken for a server, or for one that waits for a terminal. */
const RUN_MS_MAX = 10_000;
const BUILD_MS_MAX = 120_000;
const SEQ_NODE = join(import.meta.dirname, '..', '..', 'bin', 'seq-node');

/** What a program gets that reads lines or arguments. */
const NOTHING: Input = { args: [], stdin: '' };
const SOMETHING: Input = { args: ['12', 'text'], stdin: '3\n(+ 1 2)\n\nline without an end' };

interface Input {
  readonly args: readonly string[];
  readonly stdin: string;
}

export interface Compared {
  readonly same: number;
  readonly different: readonly string[];
  /** Not compared: refused by the reference's compiler, not ending, or not the same twice. */
  readonly left: readonly string[];
}

interface Ended {
  readonly stdout: string;
  /** `fault` stands for every way to end that the program did not choose itself. */
  readonly status: number | 'fault' | 'time-out';
}

interface Program {
  readonly name: string;
  readonly file: string;
  /** Its release is said, as nothing in a random program shows it. */
  readonly said: boolean;
  readonly inputs: readonly Input[];
  /** What it writes by the generator's reckoning; it cannot fail. */
  readonly wanted?: string;
}

/**
 * The tests of a release, with a `main` that runs them one after the other, and its examples that have a
 * `main`.
 */
export function comparePrograms(compiler: Compiler, root: string): Compared {
  const tests = filesBelow(join(root, 'tests', 'integration', 'src')).map(withMain);
  const examples = filesBelow(join(root, 'examples')).filter(hasMain);
  const programOf = (inputs: readonly Input[]) => (file: string) => ({
    name: relative(root, file),
    file,
    said: false,
    inputs,
  });
  return compareAll(compiler, root, [
    ...tests.filter((file) => file !== undefined).map(programOf([NOTHING])),
    ...examples.map(programOf([NOTHING, SOMETHING])),
  ]);
}

/** `count` random programs of the release's line. */
export function compareRandom(compiler: Compiler, root: string, count: number): Compared {
  const [line] = linesOf(releasesOf(compiler.release)!);
  const folder = join(root, 'yardstick-random');
  mkdirSync(folder, { recursive: true });
  // Words that are there anyway for us.
  const library = join(root, 'crates', 'compiler', 'stdlib');
  const includes = ['stack-utils', 'control']
    .filter((name) => existsSync(join(library, `${name}.seq`)))
    .map((name) => `include std:${name}\n`);
  const programs = Array.from({ length: count }, (_, seed) => {
    const random = new SeededRandom(seed);
    const { text, output } = new ProgramGenerator(() => random.fraction(), vocabularyOf(line!)).program();
    const file = join(folder, `random-${seed}.seq`);
    writeFileSync(file, includes.join('') + text);
    return { name: `random program ${seed}`, file, said: true, inputs: [NOTHING], wanted: output() };
  });
  return compareAll(compiler, root, programs);
}

const MAIN = /^\s*: main\s/m;
const hasMain = (file: string): boolean => MAIN.test(readFileSync(file, 'utf8'));

/** The file, or one beside it with a `main` that runs its tests; undefined when it has nothing to run. */
function withMain(file: string): string | undefined {
  const text = readFileSync(file, 'utf8');
  if (MAIN.test(text)) return file;
  const names = [...text.matchAll(/^\s*: (test-\S+)\s+\(\s*--\s*\)/gm)].map((match) => match[1]!);
  if (names.length === 0) return undefined;
  const made = join(dirname(file), `yardstick-${basename(file)}`);
  const calls = names.map((name) => `  "${name}" test.init ${name} test.finish\n`);
  writeFileSync(made, `${text}\n: main ( -- )\n${calls.join('')};\n`);
  return made;
}

function compareAll(compiler: Compiler, root: string, programs: readonly Program[]): Compared {
  let same = 0;
  const different: string[] = [];
  const left: string[] = [];
  for (const program of programs) {
    const found = comparison(compiler, root, program);
    process.stderr.write(`${compiler.release} ${program.name}: ${JSON.stringify(found)}\n`);
    if (found === 'same') same++;
    else if ('left' in found) left.push(`${program.name}: ${found.left}`);
    else different.push(`${program.name}: ${found.different}`);
  }
  return { same, different, left };
}

function comparison(
  { seqc, release }: Compiler,
  root: string,
  { file, said, inputs, wanted }: Program,
): 'same' | { readonly left: string } | { readonly different: string } {
  const binary = join(root, 'yardstick-program');
  // Each puts its runtime library into the folder for temporary files, under one name.
  const built = spawnSync(seqc, ['build', file, '-o', binary], {
    env: { ...process.env, TMPDIR: root },
    cwd: root,
    encoding: 'utf8',
    timeout: BUILD_MS_MAX,
  });
  if (built.status !== 0) return { left: `refused: ${built.stderr.trim().split('\n')[0]}` };
  for (const { args, stdin } of inputs) {
    const run = (command: string, all: readonly string[]) => ended(root, command, all, stdin);
    const theirs = run(binary, args);
    if (theirs.status === 'time-out') return { left: 'does not end' };
    const again = run(binary, args);
    if (theirs.stdout !== again.stdout || theirs.status !== again.status)
      return { left: 'not the same twice' };
    const ours = run(SEQ_NODE, ['run', ...(said ? ['--seq', release] : []), file, ...args]);
    const difference = differenceOf(ours, theirs);
    if (difference === undefined) continue;
    if (wanted !== undefined && ours.stdout === wanted && ours.status === 0 && theirs.status === 'fault')
      return { left: 'what the compiler made of it crashes' };
    const told = said
      ? difference
      : differenceOf(run(SEQ_NODE, ['run', '--seq', release, file, ...args]), theirs);
    return { different: told === undefined ? `${difference}, unless told its release` : difference };
  }
  return 'same';
}

function ended(root: string, command: string, args: readonly string[], input: string): Ended {
  const { stdout, stderr, status, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: RUN_MS_MAX,
    input,
    maxBuffer: 1 << 28,
  });
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT')
    return { stdout, status: 'time-out' };
  const chosen = status !== null && !/panicked at|^fault\[|error:/m.test(stderr);
  return { stdout, status: chosen ? status : 'fault' };
}

function differenceOf(ours: Ended, theirs: Ended): string | undefined {
  if (ours.stdout !== theirs.stdout) {
    const [our, their] = [ours, theirs].map(({ stdout }) => stdout.split('\n'));
    const at = our!.findIndex((line, i) => line !== their![i]);
    const place = at < 0 ? our!.length : at;
    return `line ${place + 1} is ${JSON.stringify(our![place])}, not ${JSON.stringify(their![place])} (${ours.status})`;
  }
  return ours.status === theirs.status ? undefined : `ends with ${ours.status}, not ${theirs.status}`;
}
