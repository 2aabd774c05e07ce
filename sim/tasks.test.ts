// Queues of tasks on simulated clusters, under all faults: each task is closed once and none is lost, and
// mistakes with them are seen.
import test from 'ava';
import { simulate } from './simulation.ts';

const SEEDS = 8;
const seeds = Array.from({ length: SEEDS }, (_, at) => 9001 + at);

test.serial(`each task is closed once in ${SEEDS} seeds`, (t) => {
  t.timeout(600_000);
  const failed = seeds.flatMap((seed) => {
    const { violation } = simulate({ seed, extras: ['tasks'] });
    return violation === undefined ? [] : [`seed ${seed}: ${violation.message}`];
  });
  t.deepEqual(failed, []);
});

for (const mistake of ['lease-forgotten-at-failover', 'task-completed-twice'])
  test.serial(`the mistake ${mistake} is seen`, (t) => {
    t.timeout(600_000);
    const faults = new Set([mistake]);
    const caught = seeds
      .values()
      .map((seed) => simulate({ seed, extras: ['tasks'], faults }))
      .find(isCaught);
    t.truthy(caught, `${mistake} went through ${SEEDS} seeds unseen`);
    t.not(caught?.violation?.invariant, 'simulator');
    t.log(`seed ${caught?.seed}: ${caught?.violation?.message.split('\n', 1)[0]}`);
  });

const isCaught = ({ violation }: ReturnType<typeof simulate>) => violation !== undefined;
