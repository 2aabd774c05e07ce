import test from 'ava';
import type { RaftBug } from './options.ts';
import { PROFILES, type Profile } from './simulation/mood.ts';
import { checkStability, failoverTicks } from './simulation/stability.ts';
import { runWorld } from './simulation/world.ts';

const STEPS = 2000;

for (const profile of PROFILES)
  test(`random schedules keep all properties, and end in progress: ${profile}`, (t) => {
    let committed = 0;
    for (let seed = 1; seed <= 80; seed++) {
      const outcome = runWorld({ seed, steps: STEPS, profile });
      t.is(outcome.breach, undefined, `seed ${seed}`);
      committed += outcome.committed;
    }
    t.true(committed > 80 * 3, 'the schedules get something done');
  });

test('a seed gives the same run every time', (t) => {
  const traceOf = () => {
    const lines: string[] = [];
    runWorld({ seed: 11, steps: STEPS, trace: (line) => void lines.push(line) });
    return lines;
  };
  t.deepEqual(traceOf(), traceOf());
  t.true(traceOf().length > 100);
});

test('a node that was away does not depose the leader, and a leader that is away steps down', (t) => {
  for (let seed = 1; seed <= 20; seed++) t.notThrows(() => checkStability(seed), `seed ${seed}`);
});

const DATA_LOSS = [
  'durable-on-quorum',
  'state-machine-safety',
  'leader-completeness',
  'log-matching',
  'invariant',
];

test('who knows that the leader is out of reach elects another soon', (t) => {
  const seeds = Array.from({ length: 60 }, (_, at) => at + 1);
  const told = seeds.map((seed) => failoverTicks(seed, true)).sort((x, y) => x - y);
  const untold = seeds.map((seed) => failoverTicks(seed, false)).sort((x, y) => x - y);
  t.true(told[40]! <= 5, `two of three within half an election timeout: ${told}`);
  t.true(told.at(-1)! <= 30, `${told}`);
  t.true(untold[0]! >= 9 && untold.at(-1)! <= 40, `${untold}`);
});

/** Where each mistake is looked for, beginning a little before a seed that is known to show it. */
const SEEDED: readonly {
  readonly bug: RaftBug;
  readonly profile: Profile;
  readonly from: number;
  readonly by: readonly string[];
}[] = [
  { bug: 'ack-before-fsync', profile: 'duels', from: 1, by: DATA_LOSS },
  { bug: 'vote-not-persisted', profile: 'duels', from: 40, by: ['election-safety'] },
  { bug: 'commit-old-term-by-count', profile: 'divergent', from: 85, by: DATA_LOSS },
  { bug: 'truncate-on-any-append', profile: 'mixed', from: 1, by: DATA_LOSS },
  { bug: 'overlapping-config-changes', profile: 'members', from: 1, by: [...DATA_LOSS, 'election-safety'] },
  { bug: 'read-without-quorum', profile: 'members', from: 1, by: ['linearizable-read'] },
  { bug: 'stale-persist-counts', profile: 'stalls', from: 1, by: ['durable-before-applied'] },
  { bug: 'vote-for-stale-log', profile: 'divergent', from: 1, by: DATA_LOSS },
  { bug: 'heartbeat-commits-unmatched', profile: 'mixed', from: 1, by: DATA_LOSS },
  {
    bug: 'campaign-with-unapplied-config',
    profile: 'members',
    from: 370,
    by: [...DATA_LOSS, 'election-safety'],
  },
];
const SEEDS_MAX = 1500;

for (const { bug, profile, from, by } of SEEDED)
  test(`the simulation catches ${bug}`, (t) => {
    for (let seed = from; seed < from + SEEDS_MAX; seed++) {
      const { breach } = runWorld({ seed, steps: STEPS, profile, faults: new Set([bug]) });
      if (breach === undefined) continue;
      t.true(by.includes(breach.property), `seed ${seed}: ${breach.text}`);
      return;
    }
    t.fail(`not caught by ${SEEDS_MAX} seeds`);
  });

test('the simulation catches no-prevote-checkquorum', (t) => {
  const error = t.throws(() => checkStability(1, new Set<RaftBug>(['no-prevote-checkquorum'])));
  t.regex(error.message, /stable-leader|minority-steps-down/);
});
