// Streams of events on simulated clusters, under all faults: every record comes once, in order, and mistakes
// with them are seen.
import test from 'ava';
import { simulate } from './simulation.ts';

const SEEDS = 6;
const seeds = Array.from({ length: SEEDS }, (_, at) => 7201 + at);

/** Other seeds have followers, too: see extras.ts. */
const KEPT = seeds.slice(0, 2);

test.serial(`followers get every record once, in order, in ${KEPT.length} seeds`, (t) => {
  t.timeout(600_000);
  const failed = KEPT.flatMap((seed) => {
    const { violation } = simulate({ seed, extras: ['events'] });
    return violation === undefined ? [] : [`seed ${seed}: ${violation.message}`];
  });
  t.deepEqual(failed, []);
});

for (const mistake of ['cursor-skips-at-snapshot', 'caught-up-too-early'])
  test.serial(`the mistake ${mistake} is seen`, (t) => {
    t.timeout(600_000);
    const faults = new Set([mistake]);
    const caught = seeds
      .values()
      .map((seed) => simulate({ seed, extras: ['events'], faults }))
      .find(({ violation }) => violation !== undefined);
    t.truthy(caught, `it went through ${SEEDS} seeds unseen`);
    t.not(caught?.violation?.invariant, 'simulator');
    t.log(`seed ${caught?.seed}: ${caught?.violation?.message.split('\n', 1)[0]}`);
  });
