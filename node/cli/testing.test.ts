import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { testNode } from './testing.ts';

const post = (url: string, body: object) => fetch(url, { method: 'POST', body: JSON.stringify(body) });

const ALICE = '/v1/actors/user/alice';
const isServed = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

test('a test node serves, and leaves nothing behind', async (t) => {
  const node = await testNode();
  t.is((await fetch(`${node.url}/readyz`)).status, 200);
  t.true(existsSync(node.data));
  await node.stop();
  t.false(existsSync(node.data));
  t.false(await isServed(node.url));
});

test('await using stops it', async (t) => {
  let left = '';
  {
    await using node = await testNode();
    left = node.url;
    t.true(await isServed(left));
  }
  t.false(await isServed(left));
});

test('a node in a directory that was given goes on with what is there', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'seq-node-kept-'));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const source = ': keeper ( Map Variant -- Map ) drop ;';
  {
    await using node = await testNode({ data });
    await post(`${node.url}/v1/modules`, { entry: 'a.seq', files: { 'a.seq': source } });
    t.is((await post(node.url + ALICE, { word: 'keeper' })).status, 201);
  }
  t.true(existsSync(data));
  await using node = await testNode({ data });
  t.is((await fetch(node.url + ALICE)).status, 200);
});

test('in memory, its data lie in /dev/shm, where there is one', async (t) => {
  if (!existsSync('/dev/shm')) {
    t.like(await t.throwsAsync(testNode({ memory: true })), { code: 'bad-config' });
    return;
  }
  await using node = await testNode({ memory: true });
  t.is(dirname(node.data), '/dev/shm');
  t.is((await fetch(`${node.url}/readyz`)).status, 200);
});

test('settings are those of a node', async (t) => {
  await using node = await testNode({ settings: { 'http.token': 'a-token-of-a-test' } });
  t.is((await fetch(`${node.url}/v1/cluster`)).status, 401);
  const wrong = await t.throwsAsync(testNode({ settings: { 'http.tokn': 'x' } }));
  t.like(wrong, { code: 'bad-config' });
  const both = await t.throwsAsync(testNode({ memory: true, data: '/tmp/nothing' }));
  t.like(both, { code: 'bad-config' });
});
