import test from 'ava';
import { SLOW_MS, STALL_MS, WritePace } from './write-pace.ts';

const QUICK = SLOW_MS / 5;
const SLOW = SLOW_MS * 2;

/** Writes until one would go to another thread; the time at which that is so. */
function writeUntilRest(pace: WritePace, from: number, millis: number): number {
  let now = from;
  for (let count = 0; pace.isDirect(now) && count < 1000; count++) {
    now += millis;
    pace.took(millis, now);
  }
  return now;
}

test('a quick disk is written directly, now and then a slow write notwithstanding', (t) => {
  const pace = new WritePace();
  let now = 0;
  for (let count = 0; count < 1000; count++) {
    t.true(pace.isDirect(now));
    const millis = count % 20 === 0 ? SLOW : QUICK;
    now += millis;
    pace.took(millis, now);
  }
});

test('a slow disk is left to another thread, and tried again ever more rarely', (t) => {
  const pace = new WritePace();
  let now = writeUntilRest(pace, 0, SLOW);
  t.true(now <= 3 * SLOW);
  let direct = 0;
  for (const end = now + 600_000; now < end; now += 10)
    if (pace.isDirect(now)) {
      direct++;
      pace.took(SLOW, now);
    }
  t.true(direct >= 5 && direct <= 20, `${direct} direct writes in ten minutes`);
});

test('one stall is enough', (t) => {
  const pace = new WritePace();
  pace.took(QUICK, 0);
  pace.took(STALL_MS, STALL_MS);
  t.false(pace.isDirect(STALL_MS));
});

test('a disk that was slow for a while is written directly again', (t) => {
  const pace = new WritePace();
  let now = 0;
  for (let spell = 0; spell < 4; spell++) {
    now = writeUntilRest(pace, now, SLOW);
    now += 120_000;
  }
  for (let count = 0; count < 100; count++) {
    t.true(pace.isDirect(now));
    now += QUICK;
    pace.took(QUICK, now);
  }
  // And its record is clean.
  const end = writeUntilRest(pace, now, SLOW);
  t.true(end - now >= 3 * SLOW);
});
