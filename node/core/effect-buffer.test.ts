// What many groups say to one peer in one step leaves together: an idle cluster would else be busy with
// frames.
import test from 'ava';
import { BATCH_BYTES, FRAME_BYTES_MAX, UPDATE_BYTES_MAX } from '../base/data-limits.ts';
import { groupId, logIndex, nodeId, term } from '../base/ids.ts';
import type { Message } from '../cluster/consensus/index.ts';
import { decodeFrame } from '../cluster/wire.ts';
import { EffectBuffer } from './effect-buffer.ts';

const [self, one, other] = ['n1', 'n2', 'n3'].map(nodeId) as [never, never, never];
const heartbeat = (to: never): Message => ({
  kind: 'heartbeat',
  from: self,
  to,
  term: term(1),
  commit: logIndex(1),
  round: 0,
});
const append = (to: never): Message => ({
  kind: 'append',
  from: self,
  to,
  term: term(1),
  prevIndex: logIndex(1),
  prevTerm: term(1),
  entries: [],
  commit: logIndex(1),
});

test('the heartbeats of all groups to one peer share a frame, and so do their appends', (t) => {
  const effects = new EffectBuffer();
  for (let group = 1; group <= 32; group++)
    for (const to of [one, other]) {
      effects.sendRaft(groupId(group), heartbeat(to));
      effects.sendRaft(groupId(group), append(to));
    }
  const sent = effects.take().map((effect) => {
    if (effect.kind !== 'send') throw new Error(effect.kind);
    const frame = decodeFrame(effect.frame, self, effect.to);
    return `${effect.to} ${effect.lane} ${frame.kind === 'raft' ? frame.messages.length : frame.kind}`;
  });
  t.deepEqual(sent, ['n2 control 32', 'n2 data 32', 'n3 control 32', 'n3 data 32']);
  t.deepEqual(effects.take(), []);
});

test('the answer to a heartbeat waits for another frame, unless a read waits for it', (t) => {
  const effects = new EffectBuffer();
  const reply = (round: number): Message => ({
    kind: 'heartbeat-reply',
    from: self,
    to: one,
    term: term(1),
    round,
  });
  effects.sendRaft(groupId(1), reply(0));
  t.deepEqual(effects.take(), []);
  effects.sendRaft(groupId(1), reply(1));
  t.is(effects.take().length, 1, 'a round that a read began');
  effects.sendRaft(groupId(1), reply(1));
  t.deepEqual(effects.take(), [], 'the same round again');
  effects.releaseReplies();
  t.is(effects.take().length, 1);
});

test('appends to one peer take several frames when one cannot carry them', (t) => {
  const effects = new EffectBuffer();
  const large = (bytes: number): Message =>
    ({
      ...append(one),
      entries: [{ index: logIndex(2), term: term(1), kind: 'data', data: new Uint8Array(bytes) }],
    }) as Message;
  const sizes = [UPDATE_BYTES_MAX, UPDATE_BYTES_MAX, 10, BATCH_BYTES - 10, 1];
  for (const [at, bytes] of sizes.entries()) effects.sendRaft(groupId(at + 1), large(bytes));
  const groups = effects.take().map((effect) => {
    if (effect.kind !== 'send') throw new Error(effect.kind);
    t.true(effect.frame.length <= FRAME_BYTES_MAX);
    const frame = decodeFrame(effect.frame, self, effect.to);
    return frame.kind === 'raft' ? frame.messages.map(([group]) => Number(group)) : [];
  });
  t.deepEqual(groups, [[1], [2], [3, 4], [5]]);
});
