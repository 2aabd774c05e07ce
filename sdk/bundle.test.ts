// What is published: one small file without imports, which the Node on the path runs, old as it may be.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { startGateway } from '../node/gateway/http.test-support.ts';
import { bundleClient } from '../scripts/client-bundle.ts';

const BYTES_MAX = 12_000;
const run = promisify(execFile);

test('the bundle is small, needs nothing, and runs', async (t) => {
  const { gateway } = await startGateway(t);
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-client-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  await bundleClient(join(directory, 'client.mjs'));
  const bundle = readFileSync(join(directory, 'client.mjs'), 'utf8');
  t.true(bundle.length < BYTES_MAX, `${bundle.length} bytes`);
  t.notRegex(bundle, /\bimport\b|\brequire\(|\bprocess\.|\bBuffer\b/);
  writeFileSync(
    join(directory, 'app.mjs'),
    `import { connect, SeqNodeError } from './client.mjs';
     const client = connect({ nodes: ['http://127.0.0.1:1', ${JSON.stringify(gateway.url)}] });
     const account = client.actor('/user/a');
     const replies = await Promise.all([account.ask.deposit([5]), account.ask({ Echo: [2n ** 60n] })]);
     const refused = await client.actor('/user/b').ask.balance().catch((error) => error);
     console.log(String(replies), refused instanceof SeqNodeError, refused.code);`,
  );
  const { stdout, stderr } = await run('node', [join(directory, 'app.mjs')]);
  t.deepEqual([stdout, stderr], ['5,1152921504606846976 true no-such-actor\n', '']);
});
