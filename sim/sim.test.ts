// The promises of GUARANTEES on simulated clusters: many seeds keep them all, and each classic mistake is
// seen within as many.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import test from 'ava';
import { runSeeds, type SeedReport, seedsFrom } from '../scripts/sim-pool.ts';
import { FAULT_KINDS, type FaultKind } from './fault-plan.ts';
import { simulate } from './simulation.ts';

const SEEDS = 200;
const DAMAGED_SEEDS = 60;
const THREADS = Math.min(2, availableParallelism());

const describe = ({ seed, violation }: SeedReport) => `seed ${seed}: ${violation?.message}`;

test.serial('a seed run twice gives one trace, another seed another', (t) => {
  // Every fourth seed keeps its logs as bytes.
  for (const seed of [3, 4]) {
    const once = simulate({ seed });
    const twice = simulate({ seed });
    t.is(once.hash, twice.hash);
    t.is(once.steps, twice.steps);
    t.true(once.virtualSeconds >= 60);
    t.true(once.acknowledged > 0);
  }
  t.not(simulate({ seed: 3 }).hash, simulate({ seed: 5 }).hash);
});

test.serial(`${SEEDS} seeds and those that failed once keep every promise`, async (t) => {
  t.timeout(600_000);
  const failed: string[] = [];
  const struck = new Set<FaultKind>();
  let operations = 0;
  const corpus = readFileSync(new URL('corpus.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => Number(line.replace(/#.*/, '').trim()))
    .filter((seed) => seed > 0);
  const jobs = [...corpus.map((seed) => ({ seed, faults: [] })), ...seedsFrom(1001, SEEDS)];
  await runSeeds(jobs, THREADS, (report) => {
    operations += report.acknowledged;
    for (const kind of report.struck) struck.add(kind);
    if (report.violation !== undefined) failed.push(describe(report));
    return undefined;
  });
  t.log(`${operations} operations were acknowledged`);
  t.deepEqual(failed, []);
  t.true(operations > SEEDS);
  t.deepEqual([...struck].sort(), [...FAULT_KINDS].sort(), 'every kind of fault struck');
});

test.serial(`${DAMAGED_SEEDS} seeds with damaged logs keep every promise`, async (t) => {
  t.timeout(600_000);
  const failed: string[] = [];
  await runSeeds(seedsFrom(1, DAMAGED_SEEDS, [], ['corrupt-log']), THREADS, (report) => {
    if (report.violation !== undefined) failed.push(describe(report));
    return undefined;
  });
  t.deepEqual(failed, []);
});

const MISTAKES = [
  'ack-before-fsync',
  'vote-not-persisted',
  'commit-old-term-by-count',
  'truncate-on-any-append',
  'overlapping-config-changes',
  'read-without-quorum',
  'read-without-readindex',
  'read-saw-uncommitted',
  'applied-not-atomic',
  'torn-middle',
  'goes-on-damaged',
  'no-prevote-checkquorum',
  'dedup-expires',
  'removed-too-early',
  'no-relay',
  'minority-waits',
  'never-steps-down',
  'upgrade-drops-pending-ask',
  'purge-leaves-marks',
  'goes-on-forgetful',
  'keeps-old-address',
  'timer-fires-twice',
  'timer-lost-at-takeover',
];

/** What some need to show, whatever a seed draws. */
const SHOWN_BY: Readonly<Record<string, readonly FaultKind[]>> = {
  'no-relay': ['broken-link'],
  'read-without-readindex': ['partition'],
  'goes-on-forgetful': ['lost-tail'],
  'keeps-old-address': ['readdress'],
};

for (const mistake of MISTAKES)
  test.serial(`the mistake ${mistake} is seen`, async (t) => {
    t.timeout(600_000);
    let caught: SeedReport | undefined;
    const kinds = SHOWN_BY[mistake] ?? [];
    await runSeeds(seedsFrom(1, SEEDS, [mistake], kinds), THREADS, (report) => {
      if (report.violation !== undefined) caught = report;
      return caught !== undefined;
    });
    t.truthy(caught, `${mistake} went through ${SEEDS} seeds unseen`);
    t.not(caught?.violation?.invariant, 'simulator');
    t.is(
      caught && simulate({ seed: caught.seed, kinds }).violation,
      undefined,
      'the seed keeps its promises without the mistake',
    );
    if (caught) t.log(describe(caught).split('\n', 1)[0]);
  });
