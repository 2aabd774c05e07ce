// `npm run mutate`: makes one small mistake after another in a copy of the sources and runs the test that is
// to notice it. A mistake that no test notices is a test that is missing. The list is in scripts/mutants;
// ends with exit 1 where a mistake goes unnoticed that is not known to, where one is noticed that is known
// not to be, or where the list does not fit the sources.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ended, spawnTracked } from '../integration/children.ts';
import { ROOT } from '../integration/node-process.ts';
import { readOptions, wholeNumber } from '../integration/options.ts';
import { SeededRandom } from '../node/base/random.ts';
import type { Mutant, MutantTest } from './mutants/mutant.ts';
import { MUTANTS } from './mutants/table.ts';
import { runScript, say } from './progress.ts';

const USAGE = {
  command: 'npm run mutate',
  summary:
    'Makes one mistake after another in a copy of the sources, and sees whether the test named for it notices.',
  options: [
    { title: '--only TEXT', doc: 'only those in whose name or file this occurs; may be repeated' },
    { title: '--sample N [--seed S]', doc: 'N of them by chance, of those that take seconds' },
    { title: '--jobs N', doc: 'how many at once; 2 unless said' },
    { title: '--list', doc: 'names them, and runs nothing' },
  ],
};

/** A test that never ends has noticed. */
const TEST_MS_MAX = 240_000;

interface Run {
  readonly passed: boolean;
  readonly timedOut: boolean;
  readonly output: string;
}

/** A copy of the sources, in which one mutant at a time lives. */
class Copy {
  readonly directory: string;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'seq-node-mutate-'));
    const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    for (const file of listed.split('\n').filter((each) => each !== '')) {
      mkdirSync(dirname(join(this.directory, file)), { recursive: true });
      cpSync(join(ROOT, file), join(this.directory, file));
    }
    for (const folder of ['node_modules', '.node'])
      spawnSync('test', ['-e', join(ROOT, folder)]).status === 0 &&
        symlinkSync(join(ROOT, folder), join(this.directory, folder));
  }

  /** Runs a test with the text in the place of that of the file. */
  async runWith(file: string, text: string, test: MutantTest): Promise<Run> {
    const path = join(this.directory, file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, text);
    try {
      return await this.run(test);
    } finally {
      writeFileSync(path, original);
    }
  }

  async run(test: MutantTest): Promise<Run> {
    const child = spawnTracked(process.execPath, commandOf(test), {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a test that never ends is ended with all that it started.
      detached: true,
      env: { ...process.env, NO_COLOR: '1', CI: '1' },
    });
    let output = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      process.kill(-child.pid!, 'SIGKILL');
    }, TEST_MS_MAX);
    const { code } = await ended(child);
    clearTimeout(timer);
    return { passed: code === 0, timedOut, output };
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function commandOf(test: MutantTest): string[] {
  if ('seeds' in test) {
    const [from, count] = test.seeds;
    const kinds = (test.kinds ?? []).flatMap((kind) => ['--kind', kind]);
    return ['scripts/sim.ts', '--from', String(from), '--seeds', String(count), '--workers', '1', ...kinds];
  }
  const match = test.match === undefined ? [] : ['--match', test.match];
  if ('integration' in test)
    return [AVA, '--config', 'integration/ava.config.mjs', test.integration, ...match];
  return [AVA, test.ava, ...match];
}

const AVA = join('node_modules', '.bin', 'ava');

/** The source with the mistake. Throws where the list does not fit it. */
function mutated({ file, before, after }: Mutant): string {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const found = source.split(before).length - 1;
  if (found !== 1) throw new Error(`${file} has ${JSON.stringify(before)} ${found} times, not once`);
  return source.replace(before, () => after);
}

type Verdict =
  | 'killed'
  | 'not tested here'
  | 'survived'
  | 'known survivor'
  | 'no survivor'
  | 'not applicable';

class Mutation {
  readonly #baselines = new Map<string, Promise<Run>>();
  readonly #counts = new Map<Verdict, number>();

  async work(copy: Copy, waiting: Iterator<Mutant>): Promise<void> {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      const mutant = next.value;
      const started = performance.now();
      const [verdict, remark] = await this.#judge(copy, mutant);
      this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      say(`${verdict.padEnd(14)} ${mutant.name} (${seconds} s)${remark === '' ? '' : `\n    ${remark}`}`);
    }
  }

  async #judge(copy: Copy, mutant: Mutant): Promise<readonly [Verdict, remark: string]> {
    let text: string;
    try {
      text = mutated(mutant);
    } catch (error) {
      return ['not applicable', String((error as Error).message)];
    }
    const baseline = await this.#baseline(copy, mutant.test);
    if (/NOT TESTED/.test(baseline.output)) return ['not tested here', 'the test cannot run on this machine'];
    if (!baseline.passed)
      return ['not applicable', `without the mistake the test fails:\n${lastLines(baseline.output)}`];
    const run = await copy.runWith(mutant.file, text, mutant.test);
    if (/SyntaxError/.test(run.output)) return ['not applicable', 'the mistake is none that compiles'];
    if (run.passed)
      return mutant.survives === undefined ? ['survived', mutant.why] : ['known survivor', mutant.survives];
    if (mutant.survives !== undefined) return ['no survivor', 'a test notices it: take `survives` away'];
    return ['killed', run.timedOut ? 'the test did not end' : ''];
  }

  /** Each test must pass where nothing is changed, and must exist. */
  #baseline(copy: Copy, test: MutantTest): Promise<Run> {
    const key = commandOf(test).join(' ');
    const known = this.#baselines.get(key) ?? copy.run(test);
    this.#baselines.set(key, known);
    return known;
  }

  /** Prints the sum; the status of the process. */
  conclude(): number {
    const count = (verdict: Verdict) => this.#counts.get(verdict) ?? 0;
    const bad = count('survived') + count('no survivor') + count('not applicable');
    const parts = [...this.#counts].map(([verdict, number]) => `${number} ${verdict}`);
    say(`mutants: ${parts.join(', ')}`);
    return bad === 0 ? 0 : 1;
  }
}

const lastLines = (text: string) => text.trimEnd().split('\n').slice(-15).join('\n    ');

const isQuick = ({ test }: Mutant) => 'ava' in test && test.slow !== true && !test.ava.startsWith('sim/');

function chosen(): readonly Mutant[] {
  const { values } = readOptions(USAGE, OPTIONS);
  const only = values.only ?? [];
  const wanted = MUTANTS.filter(
    ({ name, file }) => only.length === 0 || only.some((text) => name.includes(text) || file.includes(text)),
  );
  if (values.sample === undefined) return wanted;
  const seed = wholeNumber(USAGE, 'seed', values.seed);
  say(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const pool = wanted.filter(isQuick);
  const sample: Mutant[] = [];
  for (let left = wholeNumber(USAGE, 'sample', values.sample, 1); left > 0 && pool.length > 0; left--)
    sample.push(...pool.splice(random.below(pool.length), 1));
  return sample;
}

const OPTIONS = {
  only: { type: 'string', multiple: true },
  sample: { type: 'string' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  jobs: { type: 'string', default: '2' },
  list: { type: 'boolean' },
} as const;

async function main(): Promise<number> {
  const { values } = readOptions(USAGE, OPTIONS);
  const mutants = chosen();
  if (values.list === true) {
    for (const { name, file } of mutants) process.stdout.write(`${name}  ${file}\n`);
    return 0;
  }
  const jobs = Math.min(wholeNumber(USAGE, 'jobs', values.jobs, 1), mutants.length);
  const copies = Array.from({ length: jobs }, () => new Copy());
  const mutation = new Mutation();
  const waiting = mutants[Symbol.iterator]();
  try {
    await Promise.all(copies.map((copy) => mutation.work(copy, waiting)));
  } finally {
    for (const copy of copies) copy.dispose();
  }
  return mutation.conclude();
}

await runScript(main);
