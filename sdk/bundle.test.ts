// What is published: a small file, without imports but for what is loaded when it is used, and the Node on
// the path runs it, old as it may be.
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
  await bundleClient(directory);
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
  const index = readFileSync(join(directory, 'index.js'), 'utf8');
  // Whatever is loaded with it.
  const shared = [...index.matchAll(/\bfrom"\.\/([^"]*)"/g)].map(([, name]) => name!);
  const bundle = index + shared.map((name) => readFileSync(join(directory, name), 'utf8')).join('');
  t.true(bundle.length < BYTES_MAX, `${bundle.length} bytes`);
  const imported = [...bundle.matchAll(/\bfrom"([^"]*)"|\bimport\("([^"]*)"\)/g)].map(([, a, b]) => a ?? b!);
  t.true(
    imported.every((name) => name.startsWith('./')),
    imported.join(' '),
  );
  t.notRegex(bundle, /\brequire\(|\bprocess\.|\bBuffer\b/);
  writeFileSync(
    join(directory, 'app.mjs'),
    `import { connect, SeqNodeError } from './index.js';
     const client = connect({ nodes: ['http://127.0.0.1:1', ${JSON.stringify(gateway.url)}] });
     const account = client.actor('/user/a');
     const replies = await Promise.all([account.ask.deposit([5]), account.ask({ Echo: [2n ** 60n] })]);
     const refused = await client.actor('/user/b').ask.balance().catch((error) => error);
     console.log(String(replies), refused instanceof SeqNodeError, refused.code);`,
  );
  const { stdout, stderr } = await run('node', [join(directory, 'app.mjs')]);
  t.deepEqual([stdout, stderr], ['5,1152921504606846976 true no-such-actor\n', '']);
});
