import test from 'ava';
import fc from 'fast-check';
import { addRestart, recentRestarts } from './restart-intensity.ts';

const limit = { restarts: 3, periodMs: 5000 };

test('three restarts in the period are allowed, the fourth is not', (t) => {
  let history: readonly number[] = [];
  for (const at of [0, 1000, 2000]) {
    const next = addRestart(history, at, limit);
    t.false(next.exceeded);
    history = next.history;
  }
  t.true(addRestart(history, 4999, limit).exceeded);
  t.deepEqual(addRestart(history, 4999, limit).history, history, 'what ended the actor was no restart');
  t.false(addRestart(history, 5000, limit).exceeded, 'the first restart no longer counts');
});

test('the history never holds more than the limit, whatever the clocks say', (t) => {
  const times = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(times, fc.nat(5), (at, restarts) => {
      let history: readonly number[] = [];
      for (const now of at) {
        const next = addRestart(history, now, { restarts, periodMs: 5000 });
        t.is(next.exceeded, recentRestarts(history, now, 5000).length >= restarts);
        t.true(next.history.length <= restarts);
        history = next.history;
      }
    }),
  );
});

test('a clock that is behind another counts its restarts, and one that is far behind does not', (t) => {
  const history = [10_000, 10_001, 10_002];
  t.true(addRestart(history, 8000, limit).exceeded, 'two seconds behind');
  t.true(addRestart(history, 12_000, limit).exceeded, 'two seconds ahead');
  const after = addRestart(history, 1000, limit);
  t.deepEqual(after, { history: [1000], exceeded: false }, 'set back by more than the period');
});
