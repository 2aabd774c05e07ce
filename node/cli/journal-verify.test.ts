// What journal verify says of data that are damaged.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openStore } from '../journal/io/rocks-store.ts';
import { run } from './cli.test-support.ts';

test('damage is listed, and told as an error with the file named once', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'seq-node-damaged-'));
  await (await openStore(join(data, 'store'))).close();
  mkdirSync(join(data, 'log'));
  writeFileSync(join(data, 'log', 'wal-0000000001.log'), 'x'.repeat(1024));
  const ran = await run(['journal', 'verify', '--data', data]);
  t.is(ran.code, 70);
  t.is(ran.stdout.split('wal-0000000001.log').length, 2, ran.stdout);
  t.regex(
    ran.stderr,
    /^seq-node: error\[log-damaged\]: What .* holds is damaged: 1 problem was found\.\n {2}next: Start the node/,
  );
  const json = await run(['journal', 'verify', '--data', data, '--json']);
  t.is(JSON.parse(json.stdout).problemCount, 1);
  t.true(json.stderr.includes('error[log-damaged]'));
});
