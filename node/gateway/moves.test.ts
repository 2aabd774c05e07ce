// The addresses of exports and imports.
import test from 'ava';
import { call, startGateway } from './http.test-support.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('rows go in by numbers and come out page by page, and the export ends', async (t) => {
  const fixture = await startGateway(t);
  const begun = await call(fixture, 'POST', '/v1/imports/i1');
  t.is(begun.status, 201);
  t.deepEqual(begun.body, { import: 'i1', shards: [{ shard: 1, taken: 0, done: false }] });
  for (const [at, text] of ['one', 'two'].entries()) {
    const body = { shard: 1, number: at + 1, rows: base64(text) };
    const taken = await call(fixture, 'POST', '/v1/imports/i1/rows', body);
    t.deepEqual(taken.body, { shard: 1, taken: at + 1, done: false });
  }
  const counters = { wall: 1, sent: 2, letters: 3 };
  t.deepEqual((await call(fixture, 'POST', '/v1/imports/i1/end', counters)).body, {
    import: 'i1',
    ended: true,
  });
  t.like((await call(fixture, 'POST', '/v1/imports/i2')).body, { error: { code: 'not-empty' } });

  const opened = await call(fixture, 'POST', '/v1/exports');
  t.is(opened.status, 201);
  t.like(opened.body, { export: 'export-1', shards: [{ shard: 1, index: 7 }], modules: ['module'] });
  const first = await call(fixture, 'GET', '/v1/exports/export-1/rows?shard=1&from=00&to=ff');
  t.deepEqual(first.body, { rows: base64('one'), next: '01' });
  const second = await call(fixture, 'GET', '/v1/exports/export-1/rows?shard=1&from=01&to=ff');
  t.deepEqual(second.body, { rows: base64('two'), next: null });
  t.deepEqual((await call(fixture, 'DELETE', '/v1/exports/export-1')).body, {
    export: 'export-1',
    ended: true,
  });
  const lost = await call(fixture, 'GET', '/v1/exports/export-1/rows?shard=1&from=00&to=ff');
  t.is(lost.status, 503);
  t.like(lost.body, { error: { code: 'export-lost' } });
  t.like((await call(fixture, 'GET', '/v1/modules/module/source')).body, { entry: 'a.seq' });
  t.like((await call(fixture, 'DELETE', '/v1/imports/i1')).body, { abandoned: true });
});

test('what is no request of an export or import is refused', async (t) => {
  const fixture = await startGateway(t);
  const refused = async (method: 'GET' | 'POST' | 'DELETE', address: string, status: number, body?: object) =>
    t.is((await call(fixture, method, address, body)).status, status, `${method} ${address}`);
  await refused('GET', '/v1/exports/e/rows?shard=1&from=0g&to=ff', 400);
  await refused('GET', '/v1/exports/e/rows?shard=1&from=00', 400);
  await refused('GET', '/v1/exports/e/rows?shard=x&from=00&to=ff', 400);
  await refused('POST', '/v1/exports/e/rows', 405);
  await refused('POST', '/v1/imports/i/rows', 400, { shard: 1, number: 0, rows: '' });
  await refused('POST', '/v1/imports/i/rows', 400, { shard: 1, number: 1 });
  await refused('POST', '/v1/imports/i/end', 400, { wall: 1, sent: 2 });
  await refused('POST', '/v1/imports/a%20b', 400);
});
