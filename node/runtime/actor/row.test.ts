import test from 'ava';
import { moduleHash } from '../../base/ids.ts';
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
