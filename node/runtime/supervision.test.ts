import test from 'ava';
import { addRestart } from './supervision.ts';

const limit = { restarts: 3, periodMs: 5000 };

test('three restarts in the period are allowed, the fourth is not', (t) => {
  let history: readonly number[] = [];
  for (const at of [0, 1000, 2000]) {
    const next = addRestart(history, at, limit);
    t.false(next.exceeded);
    history = next.history;
  }
  t.true(addRestart(history, 4999, limit).exceeded);
  t.false(addRestart(history, 5000, limit).exceeded, 'the first restart no longer counts');
});

test('the history never holds more than what counts', (t) => {
  let history: readonly number[] = [];
  for (let at = 0; at < 1_000_000; at += 2000) history = addRestart(history, at, limit).history;
  t.true(history.length <= 3);
});
