// A supervisor and its children on simulated clusters, under all faults: restarts are counted as a model
// does.
import test from 'ava';
import { simulate } from './simulation.ts';

const SEEDS = 8;

test.serial(`each fault of a supervised child is one restart in ${SEEDS} seeds`, (t) => {
  t.timeout(600_000);
  const failed = Array.from({ length: SEEDS }, (_, at) => 8001 + at).flatMap((seed) => {
    const { violation } = simulate({ seed, extras: ['supervised'] });
    return violation === undefined ? [] : [`seed ${seed}: ${violation.message}`];
  });
  t.deepEqual(failed, []);
});

test.serial('the mistake restart-counter-not-journaled is seen', (t) => {
  t.timeout(600_000);
  const faults = new Set(['restart-counter-not-journaled']);
  const { violation } = simulate({ seed: 8001, extras: ['supervised'], faults });
  // Supervisors never count what their children's faults make.
  t.regex(violation?.message ?? '', /children of a supervisor|supervision tree|restarts/);
});

test.serial('the mistake supervisor-order-twice is seen', (t) => {
  t.timeout(600_000);
  const { violation } = simulate({
    seed: 8001,
    extras: ['supervised'],
    faults: new Set(['supervisor-order-twice']),
  });
  t.is(violation?.invariant, 'supervised');
});
