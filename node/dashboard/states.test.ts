import test from 'ava';
import fc from 'fast-check';
import { toJson } from '../base/json.ts';
import { arbitraryMap } from '../base/testing/arbitrary-data.ts';
import { type Data, diff, SeqMap } from '../base/value.ts';
import type { JournalRecord, Json } from './app/api-types.d.ts';
import { advance, changes, EMPTY, Timeline } from './app/states.js';

const json = (data: Data) => toJson(data) as Json;

function recordOf(sequence: number, before: SeqMap, after: SeqMap): JournalRecord {
  const { set, removed } = diff(before, after);
  return {
    sequence,
    set: set.map(([key, value]) => [json(key), json(value)]),
    removed: removed.map(json),
  } as unknown as JournalRecord;
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

const entriesOf = (map: SeqMap) =>
  map
    .sorted()
    .map(([key, value]) => [JSON.stringify(json(key)), json(value)] as const)
    .sort(byKey);

test('the state at each record is that of the actor then, wherever the slider goes', (t) => {
  fc.assert(
    fc.property(fc.array(arbitraryMap, { maxLength: 8 }), fc.array(fc.nat(8)), (maps, visits) => {
      const timeline = new Timeline();
      const states = [SeqMap.from<Data>([]), ...maps];
      timeline.append(maps.map((map, at) => recordOf(at + 1, states[at]!, map)));
      for (const visit of visits.filter((n) => n < states.length)) {
        const shown = [...timeline.at(visit)].map(([key, [, value]]) => [key, value] as const);
        t.deepEqual(shown.sort(byKey), entriesOf(states[visit]!));
      }
    }),
    { numRuns: 60 },
  );
});

test('a long journal is read in pages, and its states are kept at some places', (t) => {
  const timeline = new Timeline();
  const record = (sequence: number) =>
    ({
      sequence,
      set: [
        ['n', sequence],
        [`k${sequence % 7}`, sequence],
      ],
      removed: [],
    }) as unknown as JournalRecord;
  for (let from = 1; from <= 2001; from += 500)
    timeline.append(Array.from({ length: Math.min(500, 2002 - from) }, (_, at) => record(from + at)));
  t.is(timeline.next, 2002);
  for (const sequence of [0, 1, 199, 200, 201, 400, 1999, 2001]) {
    const state = timeline.at(sequence);
    t.is(state.get('"n"')?.[1], sequence === 0 ? undefined : sequence);
    t.is(state.size, Math.min(8, sequence === 0 ? 0 : sequence + 1));
  }
  t.throws(() => timeline.append([record(7)]), { message: 'record 7 is not 2002' });
});

test('what changed is told as deep as it lies', (t) => {
  const before = advance(EMPTY, {
    set: [
      ['user', { name: 'ann', tags: ['a', 'b'] }],
      ['same', [1, 2]],
      ['gone', 1],
      [7, true],
    ],
    removed: [],
  });
  const after = advance(before, {
    set: [
      ['user', { name: 'ann', tags: ['a', 'c', 'd'] }],
      ['same', [1, 2]],
      ['new', { Paid: [5] }],
      [7, false],
    ],
    removed: ['gone'],
  });
  t.deepEqual(changes(before, after), [
    { place: ['gone'], before: 1, after: undefined },
    { place: ['new'], before: undefined, after: { Paid: [5] } },
    { place: ['user', 'tags', '1'], before: 'b', after: 'c' },
    { place: ['user', 'tags', '2'], before: undefined, after: 'd' },
    { place: ['7'], before: true, after: false },
  ]);
  t.deepEqual(changes(after, after), []);
});

test('another variant, or another kind of value, changes as a whole', (t) => {
  const state = (value: Json) => advance(EMPTY, { set: [['v', value]], removed: [] });
  for (const [before, after] of [
    [{ Open: [1] }, { Closed: [1] }],
    [[1], { a: 1 }],
    [1, 'one'],
  ] as const)
    t.deepEqual(changes(state(before as Json), state(after as Json)), [{ place: ['v'], before, after }]);
  t.deepEqual(changes(state({ Open: [1] }), state({ Open: [2] })), [
    { place: ['v', 'Open', '0'], before: 1, after: 2 },
  ]);
});
