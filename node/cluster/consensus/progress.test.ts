import test from 'ava';
import { InvariantError } from '../../base/assert.ts';
import { logIndex } from '../../base/ids.ts';
import { Progress } from './progress.ts';

const at = logIndex;

test('a probe sends one append and waits', (t) => {
  const progress = new Progress(at(10), 2, 0);
  t.is(progress.state, 'probe');
  t.true(progress.mayAppend);
  progress.sent(3, 5);
  t.false(progress.mayAppend);
  t.is<number, number>(progress.next, 10);
  t.throws(() => progress.sent(1, 5), { instanceOf: InvariantError });
});

test('P3: replication sends ahead until the window is full', (t) => {
  const progress = new Progress(at(1), 2, 0);
  t.true(progress.acknowledged(at(4)));
  progress.becomeReplicate();
  progress.sent(2, 4);
  t.is<number, number>(progress.next, 7);
  t.true(progress.mayAppend);
  progress.sent(3, 4);
  t.is<number, number>(progress.next, 10);
  t.is(progress.inflight, 2);
  t.false(progress.mayAppend);

  // The first message is acknowledged, then half of the second.
  t.true(progress.acknowledged(at(6)));
  t.is(progress.inflight, 1);
  t.true(progress.mayAppend);
  t.true(progress.acknowledged(at(8)));
  t.is(progress.inflight, 1);
  t.is<number, number>(progress.next, 10);
  t.false(progress.acknowledged(at(7)), 'an old acknowledgement says nothing');
  t.is<number, number>(progress.match, 8);
});

test('P2: a refusal of what is acknowledged is old; another leads back to a probe', (t) => {
  const progress = new Progress(at(1), 4, 0);
  progress.acknowledged(at(5));
  progress.becomeReplicate();
  progress.sent(3, 5);
  t.false(progress.refused(at(5), at(2)));
  t.is(progress.state, 'replicate');
  t.true(progress.refused(at(8), at(6)));
  t.is(progress.state, 'probe');
  t.is<number, number>(progress.next, 6);
  t.is(progress.inflight, 0);
});

test('a probe goes back to the hint, but only by the refusal of what it sent last', (t) => {
  const progress = new Progress(at(10), 4, 0);
  progress.sent(1, 0);
  t.false(progress.refused(at(7), at(3)));
  t.true(progress.refused(at(9), at(3)));
  t.is<number, number>(progress.next, 4);
  t.true(progress.mayAppend);
  progress.sent(1, 0);
  // A hint beyond what was refused would not lead back.
  t.true(progress.refused(at(3), at(8)));
  t.is<number, number>(progress.next, 3);
});

test('a snapshot pauses appends; afterwards a probe goes on behind it, or from what is known', (t) => {
  const progress = new Progress(at(10), 4, 0);
  progress.becomeSnapshot(at(20));
  t.false(progress.mayAppend);
  t.false(progress.refused(at(9), at(3)));
  progress.snapshotEnded(true);
  t.is<number, number>(progress.next, 21);
  t.true(progress.paused);

  const other = new Progress(at(10), 4, 0);
  other.acknowledged(at(5));
  other.becomeSnapshot(at(20));
  other.snapshotEnded(false);
  t.is<number, number>(other.next, 6);
  t.true(other.paused);
  t.throws(() => other.becomeSnapshot(at(5)), { instanceOf: InvariantError });
});

test('a commit index is news once, and only if the follower could use it', (t) => {
  const progress = new Progress(at(6), 4, 0);
  t.true(progress.commitIsNews(3));
  progress.sent(0, 9);
  t.false(progress.commitIsNews(12), 'the follower can commit no more than what was sent to it');
  progress.acknowledged(at(12));
  progress.becomeReplicate();
  t.true(progress.commitIsNews(12));
});
