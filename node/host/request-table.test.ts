// The requests that wait for the core.
import test from 'ava';
import { RequestTable } from './request-table.ts';

test('what waits for events takes no place of a message', (t) => {
  const table = new RequestTable(2);
  const answers: string[] = [];
  const open = (op: 'tell' | 'events') =>
    table.open(op, (result) => answers.push(result.ok ? 'ok' : result.code));
  const following = [open('events'), open('events'), open('events')];
  t.true([...following, open('tell'), open('tell')].every((id) => id !== undefined));
  t.is(open('tell'), undefined);
  t.deepEqual(answers, ['overloaded']);
  table.settle(following[0]!, { ok: true, value: null });
  t.is(open('tell'), undefined, 'a place of an event stream is none for a message either');
  t.is(table.size, 4);
});
