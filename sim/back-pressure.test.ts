// Clusters whose mailboxes and outboxes hold next to nothing, under all faults: everything is as with large
// ones, and whoever waits for room goes on.
import test from 'ava';
import { simulate } from './simulation.ts';

const SEEDS = [7201, 7202, 7203, 7204, 7205];
const limits = { mailboxMessages: 3, outboxWaiting: 2, outboxBytes: 2000, mailboxBytes: 4000 };

test.serial('nobody waits for ever with tiny limits', (t) => {
  t.timeout(600_000);
  const failed = SEEDS.flatMap((seed) => {
    const { violation } = simulate({ seed, limits, goesOnUnavailable: true });
    return violation === undefined ? [] : [`seed ${seed}: ${violation.message}`];
  });
  t.deepEqual(failed, []);
});
