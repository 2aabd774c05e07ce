// The OpenAPI document in use: a client that a generator makes of it compiles, and talks to a real node.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { Cluster } from './cluster.ts';
import { ROOT } from './node-process.ts';

const run = promisify(execFile);

const OPTIONS = {
  strict: true,
  noEmit: true,
  target: 'esnext',
  module: 'nodenext',
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  types: ['node'],
};

const PROGRAM = `
import * as api from './client.ts';
import { defaults } from './client.ts';
defaults.baseUrl = process.argv[2]!;
const source = process.argv[3]!;
const path = '/user/accounts/alice';
const deployed = await api.deploy({ entry: 'a.seq', files: { 'a.seq': source } });
if (deployed.status !== 201) throw new Error(deployed.data.error.message);
const spawned = await api.spawn(path, { module: deployed.data.hash, word: 'account' });
if (spawned.status !== 201) throw new Error(spawned.data.error.message);
const sent = await api.send(path, { message: 'Deposit 100', id: 'once' });
if (sent.status !== 202) throw new Error(sent.data.error.message);
const asked = await api.ask(path, { message: { Withdraw: { amount: 30 } } });
if (asked.status !== 200) throw new Error(asked.data.error.message);
const mode: 'quorum-fsync' | 'single-fsync' | 'volatile' = asked.data.mode;
const seen = await api.inspect(path);
if (seen.status !== 200) throw new Error(seen.data.error.message);
const life: string = seen.data.lifecycle;
const missing = await api.inspect('/user/nobody');
const code = missing.status === 200 ? 'none' : missing.data.error.code;
console.log(JSON.stringify([asked.data.response, mode, seen.data.path, life, code]));
`;

test.serial('a generated client compiles, and does what the document says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-openapi-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const cluster = await Cluster.start({ size: 1 });
  try {
    const url = `http://${cluster.node(0).httpAddress}`;
    const document = join(folder, 'openapi.json');
    writeFileSync(document, await (await fetch(`${url}/v1/openapi.json`)).text());
    const generator = join(ROOT, 'node_modules/oazapfts/dist/cli.js');
    await run(process.execPath, [generator, document, join(folder, 'client.ts')]);
    writeFileSync(join(folder, 'program.ts'), PROGRAM);
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: OPTIONS, files: ['program.ts'] }),
    );
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]);
    const source = readFileSync(join(ROOT, 'examples/accounts.seq'), 'utf8');
    const { stdout } = await run(process.execPath, [join(folder, 'program.ts'), url, source]);
    t.deepEqual(JSON.parse(stdout), [
      { Balanced: { balance: 70 } },
      'single-fsync',
      '/user/accounts/alice',
      'running',
      'no-such-actor',
    ]);
  } finally {
    await cluster.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
});
