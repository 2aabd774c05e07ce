// `npm run sim`: runs seeds of the simulator. Ends with `K seeds, F failed`, and exit 1 on any failure.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { readOptions, refuse, wholeNumber } from '../integration/options.ts';
import { FAULT_KINDS, type FaultKind } from '../sim/fault-plan.ts';
import { simulate } from '../sim/simulation.ts';
import { type SeedJob, SeedPool, type SeedReport, seedsFrom } from './sim-pool.ts';

const USAGE = {
  command: 'npm run sim',
  summary: 'Runs simulated clusters under faults, one for each seed; the same seed gives the same run.',
  options: [
    { title: '--from N --seeds K', doc: 'K seeds from N on; 100 from 1 on unless said' },
    { title: '--workers W', doc: 'how many at once' },
    {
      title: '--misses N',
      doc: 'in so many seeds availability may be missed: they are named, and judged by everything else; 0 unless said',
    },
    { title: '--corpus', doc: 'the seeds of sim/corpus.txt, which failed once' },
    { title: '--seed N [--trace]', doc: 'one seed; --trace prints what happens' },
    {
      title: '--kind NAME',
      doc: `also this kind of fault, whatever the seed draws: ${FAULT_KINDS.join(' ')}`,
    },
    { title: '--fault NAME', doc: 'makes a mistake on purpose; see `faults` in node/core/types.ts' },
  ],
};

const { values } = readOptions(USAGE, {
  from: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '100' },
  misses: { type: 'string', default: '0' },
  workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  corpus: { type: 'boolean', default: false },
  seed: { type: 'string' },
  trace: { type: 'boolean', default: false },
  fault: { type: 'string', multiple: true, default: [] },
  kind: { type: 'string', multiple: true, default: [] },
});

const number = (text: string, name: string) => wholeNumber(USAGE, name, text);

function faultKind(name: string): FaultKind {
  const kind = FAULT_KINDS.find((each) => each === name);
  if (kind !== undefined) return kind;
  return refuse(USAGE, `--kind takes one of ${FAULT_KINDS.join(' ')}, not ${JSON.stringify(name)}`);
}

const kinds = values.kind.map(faultKind);

/** The seeds of the corpus: the first number of each line that is no comment. */
export function corpusSeeds(): number[] {
  const text = readFileSync(new URL('../sim/corpus.txt', import.meta.url), 'utf8');
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map(Number);
}

function replay(seed: number): void {
  const trace = values.trace ? { print: (line: string) => console.log(line) } : {};
  const result = simulate({ seed, faults: new Set(values.fault), kinds, trace });
  const { hash, steps, virtualSeconds, operations, acknowledged, plan, violation } = result;
  console.log(`seed ${seed}: faults of the run: ${[...plan.kinds].join(' ') || 'none'}`);
  console.log(`trace hash ${hash}, ${steps} steps, ${virtualSeconds.toFixed(1)} virtual seconds`);
  console.log(`${acknowledged} of ${operations} operations acknowledged`);
  console.log(violation === undefined ? 'no promise broken' : violation.message);
  process.exitCode = violation === undefined ? 0 : 1;
}

async function runMany(seeds: readonly SeedJob[]): Promise<void> {
  const missesMax = number(values.misses, 'misses');
  const jobs = seeds.map((job) => ({ ...job, goesOnUnavailable: missesMax > 0 }));
  const started = performance.now();
  let done = 0;
  let failed = 0;
  let missed = 0;
  let milliseconds = 0;
  const pool = new SeedPool(number(values.workers, 'workers'));
  await pool.run(jobs, (report: SeedReport) => {
    done++;
    milliseconds += report.milliseconds;
    if (report.missed !== undefined) {
      missed++;
      console.log(`seed ${report.seed} misses availability: ${report.missed.split('\n', 1)[0]}`);
    }
    if (report.violation !== undefined) {
      failed++;
      console.log(`seed ${report.seed} failed: ${report.violation.message.split('\n', 4).join('\n  ')}`);
    }
    if (done % 50 === 0) console.log(`… ${done} of ${jobs.length} seeds, ${failed} failed`);
    return undefined;
  });
  await pool.close();
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${Math.round(milliseconds / Math.max(done, 1))} ms a seed, ${seconds} s in all`);
  if (missesMax > 0) console.log(`${missed} seeds miss availability; ${missesMax} may`);
  console.log(`${done} seeds, ${failed} failed`);
  process.exitCode = failed === 0 && missed <= missesMax ? 0 : 1;
}

if (values.seed !== undefined) replay(number(values.seed, 'seed'));
else if (values.corpus) await runMany(corpusSeeds().map((seed) => ({ seed, faults: values.fault, kinds })));
else
  await runMany([
    ...seedsFrom(number(values.from, 'from'), number(values.seeds, 'seeds'), values.fault, kinds),
  ]);
