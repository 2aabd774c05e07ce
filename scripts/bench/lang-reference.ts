// `npm run bench -- lang --reference DIR`: the benchmark programs of the reference implementation, from a checkout of its repository in
// DIR, run by `seq-node run`; beside them its programs in Python, where this machine has one. Both print lines
// `BENCH:PROGRAM:TEST:RESULT:MILLISECONDS`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../integration/node-process.ts';
import { type Measured, measured, median } from './report.ts';

const ROUNDS = 3;
const LINE = /^BENCH:([^:]+):([^:]+):([^:]*):(\d+)$/gm;

interface Outcome {
  readonly result: string;
  readonly times: number[];
}

/** Rows in milliseconds. Throws where a program fails, prints nothing, or two implementations disagree. */
export function langReference(directory: string): Measured[] {
  const programs = join(directory, 'benchmarks');
  return readdirSync(programs)
    .map((name) => join(programs, name))
    .filter((folder) => existsSync(join(folder, 'seq.seq')))
    .flatMap(compare);
}

function compare(folder: string): Measured[] {
  process.stderr.write(`${folder} …\n`);
  const ours = timesOf(process.execPath, [join(ROOT, 'bin', 'seq-node.cjs'), 'run', join(folder, 'seq.seq')]);
  const python = join(folder, 'python.py');
  const theirs = existsSync(python) && hasPython() ? timesOf('python3', [python]) : undefined;
  return [...ours].map(([name, { result, times }]) => {
    const other = theirs?.get(name);
    if (other !== undefined && other.result !== result)
      throw new Error(`${name}: ${result}, but Python says ${other.result}`);
    // Both programs count whole milliseconds.
    const limit = other === undefined || median(other.times) === 0 ? null : median(other.times);
    return measured(name, 'ms', times, limit, { kind: 'none' }, 'limit: the same program in Python.');
  });
}

const hasPython = () => spawnSync('python3', ['--version']).status === 0;

function timesOf(command: string, args: readonly string[]): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (let round = 0; round < ROUNDS; round++) {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
    for (const [, program, part, result = '', millis] of stdout.matchAll(LINE)) {
      const name = `${program}: ${part}`;
      const known = outcomes.get(name) ?? { result, times: [] };
      known.times.push(Number(millis));
      outcomes.set(name, known);
    }
  }
  if (outcomes.size === 0) throw new Error(`${args.join(' ')} printed no figures`);
  return outcomes;
}
