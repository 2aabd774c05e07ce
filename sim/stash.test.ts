// Messages put aside on simulated clusters, under all faults: each is handled once, in order, and mistakes
// with them are seen.
import test from 'ava';
import { simulate } from './simulation.ts';

const SEEDS = 6;
const seeds = Array.from({ length: SEEDS }, (_, at) => 7101 + at);

test.serial(`what is put aside is handled once, in order, in ${SEEDS} seeds`, (t) => {
  t.timeout(600_000);
  const failed = seeds.flatMap((seed) => {
    const { violation } = simulate({ seed, extras: ['stashes'] });
    return violation === undefined ? [] : [`seed ${seed}: ${violation.message}`];
  });
  t.deepEqual(failed, []);
});

test.serial('the mistake stash-forgotten-at-failover is seen', (t) => {
  t.timeout(600_000);
  const faults = new Set(['stash-forgotten-at-failover']);
  const caught = seeds
    .values()
    .map((seed) => simulate({ seed, extras: ['stashes'], faults }))
    .find(({ violation }) => violation !== undefined);
  t.truthy(caught, `it went through ${SEEDS} seeds unseen`);
  t.not(caught?.violation?.invariant, 'simulator');
  t.log(`seed ${caught?.seed}: ${caught?.violation?.message.split('\n', 1)[0]}`);
});
