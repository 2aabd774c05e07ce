// Reads wait for what was committed when they began, share rounds, and are void with the leadership.
import test from 'ava';
import { groupId, logIndex } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';
import { ReadIndex } from './read-index.ts';

/** A leader's replica whose rounds are confirmed by hand, and which applies when it is told to. */
function leading(group = 1) {
  const contexts: number[] = [];
  const position = { appliedIndex: logIndex(3) };
  const leads = { ok: true };
  const raft = {
    readIndex: (context: number) => {
      contexts.push(context);
      return leads;
    },
    propose: () => ({ ok: true, firstIndex: logIndex(5) }),
  };
  const replica = { group: groupId(group), position, raft, pump: () => {} } as unknown as Replica;
  return { replica, contexts, leads, apply: (index: number) => (position.appliedIndex = logIndex(index)) };
}

test('a read that is confirmed waits until what was committed before it is applied here', (t) => {
  const { replica, contexts, apply } = leading();
  const reads = new ReadIndex();
  const answers: boolean[] = [];
  reads.begin(replica, (leads) => answers.push(leads));
  t.true(reads.pump());
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
  reads.pump();
  other.apply(9);
  reads.confirmed(other.replica, other.contexts[0]!, logIndex(9));
  t.deepEqual(answers, ['other true']);
  reads.lost(one.replica.group);
  t.deepEqual(answers, ['other true', 'one false']);
  reads.confirmed(one.replica, one.contexts[0]!, logIndex(3));
  t.is(answers.length, 2, 'it was void');
});

test('I1, I2: reads share a round, and one that begins while a round is under way waits for the next', (t) => {
  const { replica, contexts } = leading();
  const reads = new ReadIndex();
  const answers: string[] = [];
  reads.begin(replica, () => answers.push('first'));
  reads.begin(replica, () => answers.push('second'));
  t.true(reads.pump());
  t.is(contexts.length, 1);
  reads.begin(replica, () => answers.push('third'));
  reads.begin(replica, () => answers.push('fourth'));
  t.false(reads.pump(), 'a round is under way');
  reads.confirmed(replica, contexts[0]!, logIndex(3));
  t.deepEqual(answers, ['first', 'second']);
  t.true(reads.pump());
  t.is(contexts.length, 2);
  t.false(reads.pump());
  reads.confirmed(replica, contexts[0]!, logIndex(3));
  t.is(answers.length, 2, 'a round that is over confirms nothing');
  reads.confirmed(replica, contexts[1]!, logIndex(3));
  t.deepEqual(answers, ['first', 'second', 'third', 'fourth']);
});

test('a read at a node that leads no more is void at once, and so are all that wait when the lead is lost', (t) => {
  const { replica, contexts, leads, apply } = leading();
  const reads = new ReadIndex();
  const answers: string[] = [];
  reads.begin(replica, (led) => answers.push(`applying ${led}`));
  reads.pump();
  reads.confirmed(replica, contexts[0]!, logIndex(9));
  reads.begin(replica, (led) => answers.push(`asking ${led}`));
  reads.pump();
  reads.begin(replica, (led) => answers.push(`waiting ${led}`));
  reads.lost(replica.group);
  t.deepEqual(answers, ['applying false', 'asking false', 'waiting false']);
  apply(9);
  reads.applied(replica);
  t.false(reads.pump());
  leads.ok = false;
  reads.begin(replica, (led) => answers.push(`late ${led}`));
  reads.pump();
  t.is(answers.at(-1), 'late false');
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
