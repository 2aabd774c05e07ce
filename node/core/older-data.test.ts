// A data directory of an earlier version is read as it is: its log, its rows, a turn that waits and messages
// that are not delivered.
import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import { LoneNode } from './testing/lone-node.ts';
import { readStored } from './testing/stored-data.ts';

const stored = () => readStored('older-data.txt');
const stateOf = (lone: LoneNode, path: string) => formatNotation(lone.inspect(path).data);

test('actors of an earlier version go on as they were', (t) => {
  const lone = new LoneNode(2, {}, stored());
  t.like(lone.inspect('/old/runs'), { lifecycle: 'running', since: null, sequence: 9 });
  t.like(lone.inspect('/old/stopped'), { lifecycle: 'stopped', since: null, sequence: 8 });
  const failed = lone.inspect('/old/failed');
  t.like(failed, { lifecycle: 'failed', since: null, restarts: 3 });
  t.regex(failed.lastFault ?? '', /division-by-zero/);
  t.like(lone.inspect('/old/volatile'), { mode: 'volatile', lifecycle: 'running' });
  t.like(lone.tell('/old/runs', '(Deposit 1)', 'd1'), { ok: true, value: { sequence: 2, replayed: true } });
  lone.pass(3000);
  // What was sent when it ended is delivered, and the turn that waited has its answer.
  t.is(stateOf(lone, '/old/receiver'), '{"balance" 14}');
  t.is(lone.inspect('/old/waits').sequence, 8);
  t.is(lone.core.inspect.load().outbox, 0);
  for (const path of ['/old/stopped', '/old/failed']) {
    t.like(lone.resume(path), { ok: true });
    t.is(stateOf(lone, path), '{"balance" 21}');
    t.is(lone.reply(path, '(Deposit 1)'), 22);
  }
  t.deepEqual(lone.verify(), []);
  lone.restart();
  t.is(lone.reply('/old/resumed', '(Balance)'), 21);
});

test('they are upgraded, suspended and purged as any other', (t) => {
  const lone = new LoneNode(2, {}, stored());
  lone.deploy(': account ( Map Variant -- Map ) drop "new" actor.reply ;', 'bb');
  for (const path of ['/old/runs', '/old/stopped', '/old/failed']) {
    t.like(lone.upgrade(path, 'bb', { resume: true }), { ok: true, value: { upgraded: true } });
    t.is(lone.reply(path, '(Anything)'), 'new');
    t.like(lone.suspend(path), { ok: true });
    t.like(lone.purge(path, { force: true }), { ok: true });
    t.like(lone.tell(path, '(Deposit 1)', 'd1'), { ok: false, code: 'no-such-actor' });
  }
  t.deepEqual(lone.verify(), []);
});
