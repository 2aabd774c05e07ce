import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { groupId, logIndex, nodeId, term } from '../base/ids.ts';
import type { Entry, RecoveredGroup } from '../base/log.ts';
import { configOf } from './consensus/index.ts';
import { type Position, reconcile } from './replica.ts';

const config = configOf([nodeId('a'), nodeId('b')]);
const entry = (index: number, of: number): Entry => ({
  index: logIndex(index),
  term: term(of),
  kind: 'data',
  data: new Uint8Array(0),
});
const log = (start: number, entries: readonly Entry[], commit: number): RecoveredGroup => ({
  group: groupId(3),
  hardState: { term: term(4), vote: nodeId('b'), commit: logIndex(commit) },
  snapshot: { index: logIndex(start), term: term(2), config },
  entries,
});
const at = (index: number, of: number, begins = index): Position => ({
  generation: 1,
  appliedIndex: logIndex(index),
  appliedTerm: term(of),
  begins: logIndex(begins),
  config,
});

test('a store that the log agrees with is taken as it is, and its entries count as committed', (t) => {
  const recovered = log(5, [entry(6, 2), entry(7, 3)], 6);
  t.deepEqual(reconcile(recovered, at(7, 3)), {
    recovered: { ...recovered, hardState: { ...recovered.hardState, commit: logIndex(7) } },
    write: undefined,
  });
  t.is(reconcile(recovered, at(5, 2)).write, undefined);
  t.is(reconcile(recovered, at(7, 3, 4)).write, undefined);
});

test('a log that does not hold what the store took from it has lost its end', (t) => {
  for (const position of [at(9, 4, 8), at(8, 3, 2), at(7, 4, 6)]) {
    const error = t.throws(() => reconcile(log(5, [entry(6, 2), entry(7, 3)], 6), position), {
      instanceOf: SeqNodeError,
    });
    t.is(error?.code, 'log-damaged');
  }
});

test('a store ahead of the log, after half an installation, makes the log begin anew there', (t) => {
  for (const position of [at(9, 4), at(7, 4)]) {
    const { recovered, write } = reconcile(log(5, [entry(6, 2), entry(7, 3)], 6), position);
    t.is(recovered.snapshot.index, position.appliedIndex);
    t.deepEqual(recovered.entries, []);
    t.is(recovered.hardState.vote, nodeId('b'), 'the vote of the term is not forgotten');
    t.true(write?.snapshot?.discard);
  }
});

test('a vote is forgotten only with its term', (t) => {
  const { recovered } = reconcile(log(5, [], 5), at(9, 6));
  t.like(recovered.hardState, { term: term(6), vote: null });
});

test('a store behind the beginning of the log has lost something', (t) => {
  const error = t.throws(() => reconcile(log(5, [], 5), at(4, 2)), { instanceOf: SeqNodeError });
  t.is(error?.code, 'journal-damaged');
});
