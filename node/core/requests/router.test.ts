// Q2, Q4: an answer that says nothing was written is the answer only if no other attempt may take effect
// later.
import test from 'ava';
import { type GroupId, nodeId } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import { decodeFrame, type Frame } from '../../cluster/wire.ts';
import { testContext } from '../testing/context.ts';
import type { ClientResult } from '../types.ts';
import { type Answer, answerTree, NOT_NOW } from './codec.ts';
import { Router } from './router.ts';
import { Routes } from './routes.ts';

const [SELF, LEADER] = [nodeId('n1'), nodeId('n2')];
const READ = { sequence: 4, mode: 'quorum-fsync', read: true, reply: 1 };
const FULL: Answer = { ok: false, code: 'disk-full', message: 'No space is left.', details: {} };
const WRITTEN = { sequence: 5, mode: 'quorum-fsync', reply: 2 };

/** One ask under way to a node that leads its group. */
function asking() {
  const context = testContext(SELF, 4);
  const routes = new Routes({
    self: SELF,
    knownLeader: () => LEADER,
    candidates: () => [LEADER],
    reaches: () => true,
  });
  const owner = {
    routes,
    linked: () => [LEADER],
    isHopeless: (_: GroupId) => false,
    readHere: () => false,
    serve: () => {},
  };
  const router = new Router(context, owner, 1);
  const results: ClientResult[] = [];
  router.submit({ op: 'ask', path: parsePath('/user/a'), message: 1, id: 'i', timeoutMs: 9000 }, (result) =>
    results.push(result),
  );
  const frames: (Frame & { kind: 'request' })[] = [];
  const sent = () => {
    for (const effect of context.effects.take())
      if (effect.kind === 'send') frames.push(decodeFrame(effect.frame, SELF, LEADER) as never);
    return frames.map(({ attempt, again }) => [attempt, again]);
  };
  const answer = (attempt: number, answer: Answer) => {
    const { id } = frames[0]!;
    router.result(LEADER, { kind: 'result', id, attempt, result: answerTree('ask', answer) });
    router.pump();
  };
  const pass = (ms: number) => {
    context.time = { now: context.time.now + ms, wall: 0 };
    router.tick();
  };
  return { results, sent, answer, pass };
}

test('a read is the answer where it was tried once', (t) => {
  const { results, sent, answer } = asking();
  t.deepEqual(sent(), [[1, false]]);
  answer(1, { ok: true, value: READ });
  t.deepEqual(results, [{ ok: true, value: { ...READ, leader: LEADER } }]);
});

test('a read is the answer where all other attempts are known to have had no effect', (t) => {
  const { results, sent, answer, pass } = asking();
  sent();
  answer(1, NOT_NOW);
  pass(50);
  t.deepEqual(sent(), [
    [1, false],
    [2, false],
  ]);
  answer(2, { ok: true, value: READ });
  t.deepEqual(results, [{ ok: true, value: { ...READ, leader: LEADER } }]);
});

test('an attempt after one that was not answered is to leave a mark, and what it says is the answer', (t) => {
  const { results, sent, answer, pass } = asking();
  sent();
  pass(1000);
  t.deepEqual(sent().at(-1), [2, true]);
  answer(2, { ok: true, value: WRITTEN });
  t.deepEqual(results, [{ ok: true, value: { ...WRITTEN, leader: LEADER } }]);
});

test('a read while another attempt may take effect is not the answer', (t) => {
  const { results, sent, answer, pass } = asking();
  sent();
  pass(1000);
  t.is(sent().length, 2);
  answer(1, { ok: true, value: READ });
  t.is(sent().length, 2, 'the second attempt is under way, and leaves a mark');
  t.deepEqual(results, []);
  answer(2, { ok: true, value: WRITTEN });
  t.deepEqual(results, [{ ok: true, value: { ...WRITTEN, leader: LEADER } }]);
});

test('a read that the second attempt joined is no answer either: it is tried again, and leaves a mark', (t) => {
  const { results, sent, answer, pass } = asking();
  sent();
  pass(1000);
  sent();
  answer(2, { ok: false, code: 'no-reply', message: '', details: { read: true, sequence: 4 } });
  t.deepEqual(results, []);
  t.deepEqual(sent().at(-1), [3, true]);
  answer(3, { ok: true, value: WRITTEN });
  t.deepEqual(results, [{ ok: true, value: { ...WRITTEN, leader: LEADER } }]);
});

test('what a lost leader only read had no effect', (t) => {
  const { results, sent, answer } = asking();
  sent();
  answer(1, { elsewhere: true, leader: LEADER, begun: false, hopeless: false });
  t.deepEqual(sent().at(-1), [2, false]);
  answer(2, { elsewhere: true, leader: LEADER, begun: true, hopeless: false });
  answer(1, { ok: true, value: READ });
  t.deepEqual(results, []);
});

test('Q2: a refusal of the only attempt is the answer', (t) => {
  const { results, sent, answer } = asking();
  sent();
  answer(1, FULL);
  t.like(results, [{ code: 'disk-full' }]);
});

test('Q2: a refusal says nothing of an earlier attempt that was not answered', (t) => {
  const { results, sent, answer, pass } = asking();
  sent();
  pass(1000);
  sent();
  answer(2, FULL);
  t.like(results, [{ code: 'outcome-unknown' }]);
});
