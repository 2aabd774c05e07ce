// `npm run bench -- lang [--reference DIR] [--seqc BIN]`: the same programs in Seq, Go, Rust and Python, each
// where this machine has it. They are in `programs/`; with --reference also those of the reference
// implementation, from a checkout of its repository in DIR; with --seqc Seq is also compiled to native code
// by the reference's compiler. All print lines `BENCH:PROGRAM:TEST:RESULT:MILLISECONDS`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../../integration/node-process.ts';
import { migrateSource } from '../../node/seq/index.ts';
import { median } from './report.ts';

const ROUNDS = 5;
const LINE = /^BENCH:([^:]+):([^:]+):([^:]*):(\d+)$/gm;
const PROGRAMS = join(import.meta.dirname, 'programs');
const OURS = 'seq-node';
/** What takes so long is run once. */
const ONCE_MS = 10_000;
/** Nobody waits longer for a program that goes on for ever. */
const TIMEOUT_MS = 120_000;

export interface Comparison {
  readonly name: string;
  /** Medians in milliseconds, by language; without those that cannot do it here. */
  readonly times: ReadonlyMap<string, number>;
  /** At most so often the time of that language, where this is a goal. */
  readonly goals: readonly { readonly language: string; readonly bound: number }[];
}

/** One language: how a program becomes a command; undefined where that is not possible. */
interface Language {
  readonly name: string;
  readonly file: string;
  prepare(source: string, target: string): readonly string[] | undefined;
}

type Command = readonly [language: string, words: readonly string[]];

/** Throws where seq-node fails, or two languages come to different results. */
export function langPrograms(
  wanted: (name: string) => boolean,
  reference: string | undefined,
  seqc: string | undefined,
): Comparison[] {
  const own = readdirSync(PROGRAMS).map((name) => join(PROGRAMS, name));
  const theirs = reference === undefined ? [] : referencePrograms(join(reference, 'benchmarks'));
  const scratch = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
  try {
    return [...own, ...theirs]
      .filter((folder) => wanted(basename(folder)))
      .flatMap((folder, i) => compare(folder, join(scratch, String(i)), languages(seqc, scratch)));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const referencePrograms = (folder: string): string[] =>
  readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((each) => existsSync(join(each, 'seq.seq')));

function languages(seqc: string | undefined, scratch: string): readonly Language[] {
  // Not where the program lies: its folder may ask for another tool chain.
  const made = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { cwd: scratch, stdio: 'ignore' }).status === 0;
  const seq = [process.execPath, join(ROOT, 'bin', 'seq-node.cjs'), 'run'];
  return [
    { name: OURS, file: 'seq.seq', prepare: (source) => [...seq, source] },
    {
      name: 'native',
      file: 'seq.seq',
      prepare(source, target) {
        if (seqc === undefined) return undefined;
        writeFileSync(`${target}.seq`, currentForm(source));
        return made(seqc, 'build', `${target}.seq`, '-o', target) ? [target] : undefined;
      },
    },
    {
      name: 'Go',
      file: 'go.go',
      prepare: (source, target) => (made('go', 'build', '-o', target, source) ? [target] : undefined),
    },
    {
      name: 'Rust',
      file: 'rust.rs',
      prepare: (source, target) =>
        made('rustc', '-O', '--edition', '2021', '-o', target, source) ? [target] : undefined,
    },
    {
      name: 'Python',
      file: 'python.py',
      prepare: (source) => (made('python3', '--version') ? ['python3', source] : undefined),
    },
  ];
}

/** The reference's programs may be of an older line than its compiler. */
function currentForm(file: string): string {
  const migrated = migrateSource({ entry: file, files: { [file]: readFileSync(file, 'utf8') } });
  return migrated.ok ? migrated.text : readFileSync(file, 'utf8');
}

/** In turns, so that none sees another load than the others. */
function compare(folder: string, target: string, all: readonly Language[]): Comparison[] {
  process.stderr.write(`${folder} …\n`);
  const commands = all.flatMap(({ name, file, prepare }, i): Command[] => {
    const source = join(folder, file);
    const words = existsSync(source) ? prepare(source, `${target}-${i}`) : undefined;
    return words === undefined ? [] : [[name, words]];
  });
  const times = new Map<string, Map<string, number[]>>();
  const results = new Map<string, string>();
  const done = new Set<string>();
  for (let round = 0; round < ROUNDS; round++)
    for (const [language, words] of commands.filter(([name]) => !done.has(name))) {
      const from = performance.now();
      const lines = run(words);
      if (lines === undefined && language === OURS) throw new Error(`${words.join(' ')} failed`);
      if (lines === undefined || performance.now() - from > ONCE_MS) done.add(language);
      for (const { name, result, millis } of lines ?? []) {
        if ((results.get(name) ?? result) !== result)
          throw new Error(`${name}: ${language} comes to ${result}, and not to ${results.get(name)}`);
        results.set(name, result);
        const byLanguage = times.get(name) ?? new Map<string, number[]>();
        times.set(name, byLanguage.set(language, [...(byLanguage.get(language) ?? []), millis]));
      }
    }
  return [...times]
    .filter(([, byLanguage]) => byLanguage.has(OURS))
    .map(([name, byLanguage]) => ({
      name,
      times: new Map([...byLanguage].map(([language, values]) => [language, median(values)])),
      goals: goalsOf(name),
    }));
}

function run([command, ...args]: readonly string[]):
  | { name: string; result: string; millis: number }[]
  | undefined {
  const { status, stdout } = spawnSync(command!, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
  const lines = [...stdout.matchAll(LINE)].map(([, program, part, result = '', millis]) => ({
    name: `${program}: ${part}`,
    result,
    millis: Number(millis),
  }));
  return status === 0 && lines.length > 0 ? lines : undefined;
}

const goalsOf = (name: string): Comparison['goals'] => [
  { language: 'native', bound: 1 },
  ...(/fib-(?:naive-)?35|skynet/.test(name) ? [{ language: 'Go', bound: 1.5 }] : []),
];

const LANGUAGES = [OURS, 'native', 'Go', 'Rust', 'Python'];

/** Milliseconds, and of the others how often their time ours is. */
export function formatComparisons(comparisons: readonly Comparison[]): string {
  const shown = LANGUAGES.filter((language) => comparisons.some(({ times }) => times.has(language)));
  const lines = comparisons.map(({ name, times, goals }) => {
    const ours = times.get(OURS)!;
    const missed = goals.filter(({ language, bound }) => ours > bound * (times.get(language) ?? Infinity));
    const cells = shown.map((language) => {
      const time = times.get(language);
      if (time === undefined) return '';
      // All count whole milliseconds.
      return language === OURS || time === 0 ? String(time) : `${time} (${(ours / time).toFixed(2)})`;
    });
    const verdict = missed.map(({ language, bound }) => `MISSED: ≤ ${bound} × ${language}`).join(', ');
    return [name, ...cells, verdict];
  });
  const rows = [['milliseconds', ...shown, ''], ...lines];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .map((line) => line.trimEnd())
    .join('\n');
}
