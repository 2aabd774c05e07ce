// A data directory of an earlier version is read as it is: its log, its rows, a turn that waits and messages
// that are not delivered.
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { RecoveredGroup } from '../base/log.ts';
import { formatNotation } from '../base/notation.ts';
import { LoneNode } from './testing/lone-node.ts';
import type { KeyValue } from './types.ts';

function stored(): { rows: KeyValue[]; groups: RecoveredGroup[] } {
  const rows: KeyValue[] = [];
  const groups: (RecoveredGroup & { entries: RecoveredGroup['entries'][number][] })[] = [];
  const text = readFileSync(new URL('testing/older-data.txt', import.meta.url), 'utf8');
  for (const line of text.split('\n')) {
    const [kind, ...fields] = line.split(' ');
    if (kind === 'row') rows.push([Uint8Array.fromHex(fields[0]!), Uint8Array.fromHex(fields[1] ?? '')]);
    else if (kind === 'group') groups.push({ ...JSON.parse(fields.join(' ')), entries: [] });
    else if (kind === 'entry') {
      const [index, term, of, data = ''] = fields;
      const entry = { index: Number(index), term: Number(term), kind: of, data: Uint8Array.fromHex(data) };
      groups.at(-1)!.entries.push(entry as never);
    }
  }
  return { rows, groups };
}

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
