import test from 'ava';
import { call, startGateway } from './http.test-support.ts';

test('a query in SQL gives columns and rows, Ints beyond 2^53 and bytes in their own forms', async (t) => {
  const fixture = await startGateway(t);
  const query = async (body: unknown, options = '') =>
    (await call(fixture, 'POST', `/v1/query${options}`, body)).body;
  t.deepEqual(
    await query({ sql: 'SELECT ?', parameters: ['a', 1.5, true, null], limit: 1 }, '?timeoutMs=50'),
    {
      columns: ['?'],
      rows: [['a', 1.5, 1, null]],
      more: true,
    },
  );
  t.is((await query({ sql: 'nonsense' })).error.code, 'bad-query');
  for (const [body, said] of [
    [{}, /sql must be a string/],
    [{ sql: 'SELECT ?', parameters: 1 }, /parameters must be an array/],
    [{ sql: 'SELECT ?', parameters: [{}] }, /A parameter must be/],
    [{ sql: 'SELECT ?', limit: 0 }, /limit must be an integer/],
    [{ sql: 'SELECT ?', rows: 1 }, /The field "rows" is not known/],
  ] as const)
    t.regex((await query(body)).error.message, said);
});
