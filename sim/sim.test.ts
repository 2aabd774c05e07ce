// The promises of GUARANTEES on simulated clusters: many seeds keep them all, and each classic mistake is
// seen within as many. All tests share the threads, so that none waits while another has seeds to run.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import test from 'ava';
import { type SeedJob, SeedPool, type SeedReport, seedsFrom } from '../scripts/sim-pool.ts';
import { FAULT_KINDS } from './fault-plan.ts';
import { MISTAKES } from './mistakes.ts';

const SEEDS = 100;
/** A mistake is looked for in so many. */
const SEARCHED = 200;
const DAMAGED_SEEDS = 20;
/**
 * By their numbers they run watches, tasks, supervision and links. Clients of letters and stashes need more
 * room than small limits give: they wait for themselves.
 */
const TINY_SEEDS = 4;
/** Of all tests together: each begins at once, and waits for its turn. */
const PATIENCE_MS = 20 * 60_000;
const pool = new SeedPool(Math.min(2, availableParallelism()));

test.after.always(() => pool.close());
// The seeds would go on for minutes after ava has been killed.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const describe = ({ seed, violation }: SeedReport) => `seed ${seed}: ${violation?.message}`;
const failuresOf = (reports: readonly SeedReport[]) =>
  reports.filter(({ violation }) => violation !== undefined).map(describe);

async function reportsOf(jobs: Iterable<SeedJob>): Promise<SeedReport[]> {
  const reports: SeedReport[] = [];
  await pool.run(jobs, (report) => {
    reports.push(report);
    return undefined;
  });
  return reports;
}

test('a seed run twice gives one trace, another seed another', async (t) => {
  t.timeout(PATIENCE_MS);
  // Every fourth seed keeps its logs as bytes. The threads have run other seeds before the second time.
  const reports = await reportsOf([3, 4, 5, 3, 4].map((seed) => ({ seed, faults: [] })));
  for (const seed of [3, 4]) {
    const [once, twice] = reports.filter((report) => report.seed === seed);
    t.is(once?.hash, twice!.hash);
    t.is(once?.steps, twice!.steps);
    t.true(twice!.virtualSeconds >= 60);
    t.true(twice!.acknowledged > 0);
  }
  t.is(new Set(reports.map(({ hash }) => hash)).size, 3);
});

test(`${SEEDS} seeds and those that failed once keep every promise`, async (t) => {
  t.timeout(PATIENCE_MS);
  const corpus = readFileSync(new URL('corpus.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => Number(line.replace(/#.*/, '').trim()))
    .filter((seed) => seed > 0);
  const jobs = [...corpus.map((seed) => ({ seed, faults: [] })), ...seedsFrom(1001, SEEDS)];
  const reports = await reportsOf(jobs);
  const operations = reports.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  const struck = new Set(reports.flatMap((report) => [...report.struck]));
  t.log(`${operations} operations were acknowledged`);
  t.deepEqual(failuresOf(reports), []);
  t.true(operations > SEEDS);
  t.deepEqual([...struck].sort(), [...FAULT_KINDS].sort(), 'every kind of fault struck');
});

test(`${DAMAGED_SEEDS} seeds with damaged logs keep every promise`, async (t) => {
  t.timeout(PATIENCE_MS);
  const reports = await reportsOf(seedsFrom(1, DAMAGED_SEEDS, [], ['corrupt-log']));
  t.is(reports.length, DAMAGED_SEEDS);
  t.deepEqual(failuresOf(reports), []);
});

test(`${TINY_SEEDS} seeds with mailboxes and outboxes that hold next to nothing keep every promise`, async (t) => {
  t.timeout(PATIENCE_MS);
  const limits = { mailboxMessages: 3, outboxWaiting: 2, outboxBytes: 2000, mailboxBytes: 4000 };
  const more = { limits, goesOnUnavailable: true };
  const reports = await reportsOf(seedsFrom(7205, TINY_SEEDS).map((job) => ({ ...job, ...more })));
  t.is(reports.length, TINY_SEEDS);
  t.deepEqual(failuresOf(reports), []);
});

for (const { name, seed = 1, kinds = [], extras, breaks } of MISTAKES)
  test(`the mistake ${name} is seen`, async (t) => {
    t.timeout(PATIENCE_MS);
    let caught: SeedReport | undefined;
    const more = { kinds, ...(extras && { extras }) };
    const jobs = [...seedsFrom(seed, 1, [name]), ...seedsFrom(1, SEARCHED, [name])].map((job) => ({
      ...job,
      ...more,
    }));
    await pool.run(jobs, (report) => {
      const { violation } = report;
      const isIt = violation !== undefined && (breaks === undefined || violation.invariant === breaks);
      if (isIt) caught = report;
      return isIt;
    });
    t.truthy(caught, `${name} went through ${SEARCHED} seeds unseen`);
    t.not(caught?.violation?.invariant, 'simulator');
    if (caught === undefined) return;
    t.log(describe(caught).split('\n', 1)[0]);
    const without = await reportsOf([{ seed: caught.seed, faults: [], ...more }]);
    t.deepEqual(failuresOf(without), [], 'the seed keeps its promises without the mistake');
  });
