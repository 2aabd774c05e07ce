import test from 'ava';
import { InvariantError } from '../base/assert.ts';
import { groupId, logIndex, nodeId, term } from '../base/ids.ts';
import type { ConfigState, Entry, LogWrite } from '../base/log.ts';
import { imageOf, LogState } from './log-state.ts';
import { encodeWrites } from './record.ts';

const config: ConfigState = {
  voters: [nodeId('a')],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};
const write = (rest: Omit<LogWrite, 'group'>): LogWrite => ({ group: groupId(1), ...rest });
const entry = (index: number, of: number): Entry => ({
  index: logIndex(index),
  term: term(of),
  kind: 'data',
  data: Uint8Array.of(index, of),
});
const snapshot = (index: number, of: number, discard = false) => ({
  snapshot: { index: logIndex(index), term: term(of), config, discard },
});
const hard = (of: number, vote: string | null, commit: number) => ({
  hardState: { term: term(of), vote: vote === null ? null : nodeId(vote), commit: logIndex(commit) },
});

/** Entries 3–6 of terms 2, 2, 3, 3 behind a snapshot at 2, of which 4 is committed. */
function example(): LogState {
  const state = new LogState();
  state.apply(write({ entries: [1, 1, 2, 2, 3, 3].map((of, at) => entry(at + 1, of)) }));
  state.apply(write({ ...snapshot(2, 1), ...hard(3, 'a', 4) }));
  return state;
}

const shape = (state: LogState) =>
  state
    .groups()
    .map(({ snapshot: { index }, entries }) => [index, entries.map((each) => [each.index, each.term])]);

test('entries, truncation, compaction and installation', (t) => {
  const state = example();
  t.deepEqual(shape(state), [
    [
      2,
      [
        [3, 2],
        [4, 2],
        [5, 3],
        [6, 3],
      ],
    ],
  ] as never);
  state.apply(write({ entries: [entry(5, 4)] }));
  t.deepEqual(shape(state), [
    [
      2,
      [
        [3, 2],
        [4, 2],
        [5, 4],
      ],
    ],
  ] as never);
  state.apply(write({ entries: [entry(6, 4), entry(7, 5)] }));
  state.apply(write(snapshot(5, 4)));
  t.deepEqual(shape(state), [
    [
      5,
      [
        [6, 4],
        [7, 5],
      ],
    ],
  ] as never);
  state.apply(write({ ...snapshot(50, 9, true), entries: [entry(51, 9)] }));
  t.deepEqual(shape(state), [[50, [[51, 9]]]] as never);
});

test('committed entries may be written again as they are', (t) => {
  const state = example();
  state.apply(write({ entries: [entry(3, 2), entry(4, 2)] }));
  t.deepEqual(shape(state), [
    [
      2,
      [
        [3, 2],
        [4, 2],
      ],
    ],
  ] as never);
});

const contradictions: [string, LogWrite][] = [
  ['S1', write({ entries: [entry(8, 3)] })],
  ['S1', write({ entries: [entry(7, 3), entry(9, 3)] })],
  ['S1', write(snapshot(1, 1))],
  ['S1', write(snapshot(9, 3))],
  ['S1', write(snapshot(4, 1))],
  ['S1', write(snapshot(1, 1, true))],
  ['S2', write({ entries: [entry(2, 3)] })],
  ['S3', write(hard(2, 'a', 4))],
  ['S3', write(hard(3, 'b', 4))],
  ['S3', write(hard(3, null, 4))],
  ['S4', write(hard(3, 'a', 3))],
  ['S4', write({ entries: [entry(4, 3)] })],
  ['S4', write({ entries: [entry(3, 2)] })],
  ['S5', write({ entries: [entry(7, 2)] })],
  ['S5', write({ entries: [entry(7, 5), entry(8, 4)] })],
  ['S1', write({ ...snapshot(3, 2), entries: [entry(9, 3)] })],
  ['S3', write({ ...snapshot(3, 2), entries: [entry(7, 3)], ...hard(1, null, 4) })],
];

contradictions.forEach(([invariant, wrong], at) => {
  test(`${invariant} (${at}): a contradiction is refused and changes nothing`, (t) => {
    const state = example();
    const before = state.groups();
    t.throws(() => state.apply(wrong), {
      instanceOf: InvariantError,
      message: new RegExp(`^${invariant} group 1`),
    });
    t.deepEqual(state.groups(), before);
  });
});

test('what groups() returned does not change with later writes', (t) => {
  const state = example();
  const taken = state.groups();
  const copy = structuredClone(taken);
  state.apply(write({ entries: [entry(5, 7), entry(6, 7), entry(7, 7)] }));
  state.apply(write(snapshot(6, 7)));
  t.deepEqual(taken, copy);
});

test('an image of any chunk size makes the same state, within the bytes foretold', (t) => {
  const state = example();
  for (let group = 2; group < 40; group++) {
    const data = new Uint8Array(group * 40);
    state.apply({ group: groupId(group), ...hard(group, 'voter', 0) });
    for (let index = 1; index < group; index += 2)
      state.apply({
        group: groupId(group),
        entries: [index, index + 1].map((each) => ({ ...entry(each, 1), data })),
      });
  }
  for (const chunkBytes of [1, 100, 1000, 10_000, 1e9]) {
    const copy = new LogState();
    let bytes = 0;
    for (const chunk of imageOf(state.groups(), chunkBytes)) {
      bytes += encodeWrites(chunk).length;
      for (const each of chunk) copy.apply(each);
    }
    t.deepEqual(copy.groups(), state.groups());
    t.true(bytes <= state.imageBytesMax() + 8 * 1000);
  }
});
