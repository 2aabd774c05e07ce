// A data directory that the user of the process may not use: neither damaged, nor empty, nor a failing disk.
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseConfig } from './config.ts';
import { asOwner, giveAway } from './forbidden.test-support.ts';
import { silentLogger } from './logger.ts';
import { createNode } from './node.ts';
import { verifyData } from './stopped-node.ts';

function start(data: string, kind: 'create' | 'resume') {
  const flags = [
    ['node.data', data],
    ['node.name', 'forbidden'],
    ['p2p.listen', '127.0.0.1:0'],
    ['cluster.shards', '2'],
  ] as const;
  const { config } = parseConfig({
    flags: flags.map(([setting, value]) => ({ flag: setting, setting, value })),
  });
  return createNode(config, { logger: silentLogger, entrance: { kind } });
}

/**
 * A store opens in a thread, which reads the program anew: from a checkout that only root may read, nobody
 * else can.
 */
const READABLE = await asOwner(() => access(import.meta.filename)).then(
  () => true,
  () => false,
);
const walFile = (data: string) => {
  const [name] = readdirSync(join(data, 'log'));
  return join('log', name!);
};

test.serial('what may not be used is refused as a wrong configuration, and nothing is changed', async (t) => {
  if (!READABLE) return t.pass('the checkout is only for root');
  const root = mkdtempSync(join(tmpdir(), 'seq-node-forbidden-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const whole = join(root, 'whole');
  const node = await start(whole, 'create');
  await node.stop();
  giveAway(root);
  const cases: readonly (readonly [part: string, mode: number, verify: boolean])[] = [
    ['.', 0, true],
    ['store', 0, true],
    ['store', 0o500, true],
    ['log', 0, true],
    [walFile(whole), 0, true],
    [walFile(whole), 0o400, false],
    ['identity.key', 0, false],
    ['cluster.json', 0, false],
  ];
  for (const [part, mode, verify] of cases) {
    const data = join(root, 'data');
    cpSync(whole, data, { recursive: true });
    giveAway(data);
    const before = statSync(join(data, part)).mode;
    chmodSync(join(data, part), mode);
    const names = readdirSync(data);
    const what = `${part} with mode ${mode.toString(8)}`;
    await asOwner(async () => {
      t.like(await t.throwsAsync(start(data, 'resume'), undefined, what), { code: 'bad-config' }, what);
      if (verify)
        t.like(await t.throwsAsync(verifyData(data), undefined, what), { code: 'bad-config' }, what);
    });
    chmodSync(join(data, part), before);
    t.deepEqual(readdirSync(data), names, what);
    rmSync(data, { recursive: true });
  }
});

test.serial('a directory that may not be made or written is refused so, too', async (t) => {
  if (!READABLE) return t.pass('the checkout is only for root');
  const root = mkdtempSync(join(tmpdir(), 'seq-node-forbidden-'));
  t.teardown(() => {
    chmodSync(root, 0o700);
    rmSync(root, { recursive: true, force: true });
  });
  giveAway(root);
  chmodSync(root, 0o500);
  await asOwner(async () => {
    for (const data of [root, join(root, 'data')])
      t.like(await t.throwsAsync(start(data, 'create'), undefined, data), { code: 'bad-config' }, data);
  });
});
