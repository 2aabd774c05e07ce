// Reads wait for what was committed when they began, and are void with the leadership.
import test from 'ava';
import { groupId, logIndex } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';
import { ReadIndex } from './read-index.ts';

/** A leader's replica whose reads are confirmed by hand, and which applies when it is told to. */
function leading(group = 1) {
  const contexts: number[] = [];
  const position = { appliedIndex: logIndex(3) };
  const raft = {
    readIndex: (context: number) => {
      contexts.push(context);
      return { ok: true };
    },
    propose: () => ({ ok: true, firstIndex: logIndex(5) }),
  };
  const replica = { group: groupId(group), position, raft, pump: () => {} } as unknown as Replica;
  return { replica, contexts, apply: (index: number) => (position.appliedIndex = logIndex(index)) };
}

test('a read that is confirmed waits until what was committed before it is applied here', (t) => {
  const { replica, contexts, apply } = leading();
  const reads = new ReadIndex();
  const answers: boolean[] = [];
  reads.begin(replica, (leads) => answers.push(leads));
  reads.confirmed(replica, contexts[0]!, logIndex(5));
  t.deepEqual(answers, []);
  apply(4);
  reads.applied(replica);
  t.deepEqual(answers, []);
  apply(5);
  reads.applied(replica);
  t.deepEqual(answers, [true]);
});

test('what another group applies, or another read is told, confirms no read', (t) => {
  const reads = new ReadIndex();
  const [one, other] = [leading(1), leading(2)];
  const answers: string[] = [];
  reads.begin(one.replica, (leads) => answers.push(`one ${leads}`));
  reads.begin(other.replica, (leads) => answers.push(`other ${leads}`));
  other.apply(9);
  reads.confirmed(other.replica, other.contexts[0]!, logIndex(9));
  t.deepEqual(answers, ['other true']);
  reads.lost(one.replica.group);
  t.deepEqual(answers, ['other true', 'one false']);
  reads.confirmed(one.replica, one.contexts[0]!, logIndex(3));
  t.is(answers.length, 2, 'it was void');
});

test('what is settled is told once the entry after it is applied, and not to a leader that is none any more', (t) => {
  const { replica, apply } = leading();
  const reads = new ReadIndex();
  const answers: boolean[] = [];
  reads.settle(replica, new Uint8Array(0), (leads) => answers.push(leads));
  reads.applied(replica);
  t.deepEqual(answers, []);
  apply(5);
  reads.applied(replica);
  t.deepEqual(answers, [true]);
  reads.settle(replica, new Uint8Array(0), (leads) => answers.push(leads));
  reads.lost(replica.group);
  t.deepEqual(answers, [true, false]);
});
