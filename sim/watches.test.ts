// Watches on simulated clusters, under all faults: each has one end, and mistakes with them are seen.
import test from 'ava';
import { simulate } from './simulation.ts';

const SEEDS = 8;
const seeds = Array.from({ length: SEEDS }, (_, at) => 7001 + at);

test.serial(`each watch has one end in ${SEEDS} seeds`, (t) => {
  t.timeout(600_000);
  const failed = seeds.flatMap((seed) => {
    const { violation } = simulate({ seed, extras: ['watches'] });
    return violation === undefined ? [] : [`seed ${seed}: ${violation.message}`];
  });
  t.deepEqual(failed, []);
});

for (const [mistake, invariant] of [
  ['watch-lost-at-snapshot-transfer', 'replicas-differ'],
  ['terminated-twice', 'watches'],
] as const)
  test.serial(`the mistake ${mistake} is seen`, (t) => {
    t.timeout(600_000);
    const faults = new Set([mistake]);
    const caught = seeds
      .values()
      .map((seed) => simulate({ seed, extras: ['watches'], faults }))
      .find(isCaught);
    t.truthy(caught, `${mistake} went through ${SEEDS} seeds unseen`);
    t.is(caught?.violation?.invariant, invariant);
    t.log(`seed ${caught?.seed}: ${caught?.violation?.message.split('\n', 1)[0]}`);
  });

const isCaught = ({ violation }: ReturnType<typeof simulate>) => violation !== undefined;
