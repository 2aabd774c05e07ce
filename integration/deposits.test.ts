// The judge of the demo, the chaos rounds and the network tests: whatever was done to an acknowledged
// deposit, it is seen.
import test from 'ava';
import type { Deposit } from './depositor.ts';
import { differences } from './deposits.ts';

const deposit = (id: string, amount: number, sequence: number): Deposit => ({
  id,
  amount,
  sequence,
  startedAt: 0,
  acknowledgedAt: 1,
  attempts: 1,
});

const record = (id: string, amount: number, sequence: number) => ({
  sequence,
  kind: 'turn',
  message: { Deposit: [amount] },
  origin: `client:${id}`,
});

const spawned = { sequence: 1, kind: 'spawned', message: null, origin: 'client:open' };
const acknowledged = [deposit('a', 5, 2), deposit('b', 7, 3)];
const journal = [spawned, record('a', 5, 2), record('b', 7, 3)];

test('a journal that holds what was promised differs in nothing', (t) => {
  t.deepEqual(differences(journal, acknowledged, 12), []);
  t.deepEqual(differences([...journal, record('c', 1, 4)], acknowledged, 13), [], 'c was never acknowledged');
});

test('every difference is told', (t) => {
  const told = (records: typeof journal, balance: number | undefined, expected: RegExp) => {
    const found = differences(records as never, acknowledged, balance);
    t.true(
      found.some((each) => expected.test(each)),
      `${expected}: ${JSON.stringify(found)}`,
    );
  };
  told([spawned, record('a', 5, 2)] as never, 5, /b was acknowledged and is not in the journal/);
  told([...journal, record('a', 5, 4)] as never, 17, /a is in the journal twice: records 2 and 4/);
  told(
    [spawned, record('a', 5, 2), record('b', 700, 3)] as never,
    705,
    /b deposited 7; its record 3 says 700/,
  );
  told(
    [spawned, record('b', 7, 2), record('a', 5, 3)] as never,
    12,
    /a was acknowledged as record 2 and is record 3/,
  );
  told(
    [spawned, record('a', 5, 2), record('b', 7, 4)] as never,
    12,
    /record 3 of the journal has sequence 4/,
  );
  told(journal, 11, /the balance is 11; the journal says 12/);
});
