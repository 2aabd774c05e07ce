import test from 'ava';
import { encodeData } from '../../base/codec.ts';
import { type ActorPath, moduleHash } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { type ActorHead, decodeHead, encodeHead } from './head-row.ts';
import { decodePayload } from './payload.ts';

const head: ActorHead = {
  lifecycle: 'running',
  since: null,
  code: { module: moduleHash('aa'), target: { word: 'account' }, captured: [] },
  mode: 'durable',
  incarnation: 'i',
  sent: 7,
  lastFault: 'division-by-zero: Nothing can be divided by zero.',
  pending: null,
  restarts: [],
  journalReads: false,
  watching: new Map(),
  watchers: 0,
  supervisor: null,
  stash: null,
  subscriptions: new Map(),
};
/** As it was written before restarts were kept. */
const OLDER = pack([1, 'running', ['aa', 'account', []], 'durable', 'i', 7, head.lastFault, null]);

test('the head of an actor says when it was restarted', (t) => {
  const restarts = [1_700_000_000_000, 1_700_000_000_001, 1_700_000_004_999];
  t.deepEqual(decodeHead(encodeHead({ ...head, restarts })), { ...head, restarts });
});

test('the head of an actor says whether its reads are journaled', (t) => {
  const journaling = { ...head, journalReads: true };
  t.deepEqual(decodeHead(encodeHead(journaling)), journaling);
  const restarted = { ...journaling, restarts: [1_700_000_000_000] };
  t.deepEqual(decodeHead(encodeHead(restarted)), restarted);
});

test('a head from before restarts were kept is read as one without any, and is still written so', (t) => {
  t.deepEqual(decodeHead(OLDER), head);
  t.deepEqual(encodeHead(head), OLDER);
});

test('a spawn that waits in an outbox since before there were new lives is none', (t) => {
  const before = pack([1, 'spawn', ['aa', 'account', []], 'durable']);
  t.deepEqual(decodePayload(before), { kind: 'spawn', code: head.code, mode: 'durable', newLife: false });
});

test('an ask that waits in an outbox since before asks named their askers has none', (t) => {
  const before = pack([1, 'message', encodeData(5), 'i.1']);
  t.deepEqual(decodePayload(before), { kind: 'message', message: 5, ask: 'i.1' });
});

test('a turn that waits since before it was kept for whom, and a head from before there were watches, are read', (t) => {
  const fields = ['i.8', null, '', null, encodeData(5), null, 1_700_000_000_000, [1, 2, 3], []];
  const before = pack([1, 'running', ['aa', 'account', []], 'durable', 'i', 7, null, fields]);
  t.like(decodeHead(before), { watchers: 0, pending: { ask: 'i.8', message: 5 } });
  t.deepEqual([...decodeHead(before).watching], []);
  const { askers, to, since } = decodeHead(before).pending!;
  t.deepEqual([askers, to, since], [[], undefined, undefined]);
});

test('the head of an actor names what it watches', (t) => {
  const watching = new Map([['/user/a#i:3', '/user/b' as ActorPath]]);
  t.deepEqual(decodeHead(encodeHead({ ...head, watching, watchers: 2 })), { ...head, watching, watchers: 2 });
});
