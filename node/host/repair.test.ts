import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { SeqNodeError } from '../base/errors.ts';
import { nodeId } from '../base/ids.ts';
import { type Config, parseConfig } from './config.ts';
import {
  type DataPaths,
  dataPaths,
  moveDurably,
  openIdentity,
  readClusterFile,
  writeClusterFile,
  writeIdentity,
} from './data-directory.ts';
import { noteDamage, repairIfDue, withNextStep } from './repair.ts';
import { readRepair, writeRepair } from './repair-file.ts';

const DAMAGE = { code: 'log-damaged', message: 'A frame does not match.' } as const;
const OTHER = { node: nodeId('other'), name: 'other', addresses: ['127.0.0.1:1'] };
const silent = { log: () => undefined };

function configWith(repair: boolean): Config {
  return parseConfig({ env: { SEQ_NODE_NODE__REPAIR: String(repair) } }).config;
}

/** A data directory with something in its log and its store. */
function directory(peers = [OTHER]): DataPaths {
  const paths = dataPaths(mkdtempSync(join(tmpdir(), 'seq-node-')));
  const { node } = openIdentity(paths);
  const self = { node, name: 'self', addresses: [] };
  const cluster = { id: 'c1', shards: 4, replicas: 3 };
  writeClusterFile(paths, { cluster, founder: true, logged: true, peers: [self, ...peers], peersAsOf: 9 });
  for (const part of [paths.log, paths.store]) {
    mkdirSync(part);
    writeFileSync(join(part, 'data'), part);
  }
  return paths;
}

/** Every file below a directory, with its content. */
function snapshot(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map(({ parentPath, name }) => [
      join(parentPath, name),
      readFileSync(join(parentPath, name), 'hex'),
    ]),
  );
}

test('P2: the identity that a repair goes on under is chosen once, and for its owner only', (t) => {
  const paths = directory();
  t.is(readRepair(paths), undefined);
  t.true(noteDamage(paths, DAMAGE));
  const noted = readRepair(paths);
  t.like(noted, { ...DAMAGE, replaced: false });
  t.not(noted?.identity.node, openIdentity(paths).node);
  t.is(statSync(paths.repair).mode & 0o777, 0o600);
  t.true(noteDamage(paths, { ...DAMAGE, message: 'Another.' }));
  t.deepEqual(readRepair(paths), noted);
});

test('a node that knows of no other notes nothing', (t) => {
  const paths = directory([]);
  const before = snapshot(paths.root);
  t.false(noteDamage(paths, DAMAGE));
  t.deepEqual(snapshot(paths.root), before);
});

test('damage comes with the next step in each case', (t) => {
  const damage = new SeqNodeError('log-damaged', 'A frame does not match.', { offset: 7 });
  const advised = (repair: boolean, peers = [OTHER]) =>
    withNextStep(damage, configWith(repair), directory(peers));
  t.like(advised(true), { code: 'log-damaged', message: damage.message });
  t.is(advised(true).details.offset, 7);
  t.regex(advised(true).advice, /^Start it again while the others run/);
  t.regex(advised(false).advice, /^Start it with --set node\.repair=true while the others run.* Or copy \//);
  for (const repair of [true, false])
    t.regex(advised(repair, []).advice, /^No other node has this data: copy \/.* a backup taken since/);
});

test('after three repairs it is the machine that needs one', (t) => {
  const paths = directory();
  for (const name of ['damaged-1', 'damaged-2', 'damaged-3']) mkdirSync(join(paths.root, name));
  const error = t.throws(() => noteDamage(paths, DAMAGE), { instanceOf: SeqNodeError });
  t.is(error?.code, 'log-damaged');
  t.regex(error?.advice ?? '', /^Check the disk, delete the directories damaged-/);
  t.is(readRepair(paths), undefined);
});

test('a note that makes no sense is refused', (t) => {
  const paths = directory();
  noteDamage(paths, DAMAGE);
  const text = readFileSync(paths.repair, 'utf8');
  for (const bad of ['', text.slice(0, 40), text.replace('"damaged-', '"../'), text.replace('false', '7')]) {
    writeFileSync(paths.repair, bad);
    t.like(
      t.throws(() => readRepair(paths)),
      { code: 'bad-config' },
    );
  }
});

test('P3: while nobody agrees, or repairs are off, everything stays where it is', async (t) => {
  const paths = directory([]);
  writeRepair(paths, { ...noted(directory()), replaced: false });
  const before = snapshot(paths.root);
  await repairIfDue(configWith(false), paths, silent);
  t.deepEqual(snapshot(paths.root), before);
  const error = await t.throwsAsync(repairIfDue(configWith(true), paths, silent), {
    instanceOf: SeqNodeError,
  });
  t.is(error?.code, 'log-damaged');
  t.regex(error?.message ?? '', /^A frame does not match\. The node was not replaced \(unreachable\)/);
  const { log } = paths;
  t.deepEqual(readFileSync(join(log, 'data'), 'utf8'), log);
  t.true(existsSync(paths.repair));
});

test('P2: a repair that the cluster knows of ends the same, wherever it was broken off', async (t) => {
  const whole = directory();
  noteDamage(whole, DAMAGE);
  const repair = { ...noted(whole), replaced: true };
  writeRepair(whole, repair);
  const old = openIdentity(whole).node;
  const anew = {
    cluster: { id: 'c1', shards: 4, replicas: 3 },
    founder: false,
    logged: false,
    // Under the name that it had.
    peers: [{ node: repair.identity.node, name: 'self', addresses: [] }, OTHER],
    peersAsOf: 9,
  };
  const steps: ((paths: DataPaths) => void)[] = [
    (paths) => mkdirSync(join(paths.root, repair.aside)),
    (paths) => moveDurably(paths.log, join(paths.root, repair.aside)),
    (paths) => moveDurably(paths.store, join(paths.root, repair.aside)),
    (paths) => writeClusterFile(paths, anew),
    (paths) => writeIdentity(paths, repair.identity),
  ];
  for (let done = 0; done <= steps.length; done++) {
    const paths = dataPaths(mkdtempSync(join(tmpdir(), 'seq-node-')));
    cpSync(whole.root, paths.root, { recursive: true });
    for (const step of steps.slice(0, done)) step(paths);
    // Also where repairs were switched off meanwhile: the old node is gone.
    await repairIfDue(configWith(done % 2 === 0), paths, silent);
    t.is(openIdentity(paths).node, repair.identity.node, `after ${done} steps`);
    t.not(openIdentity(paths).node, old);
    t.deepEqual(readClusterFile(paths), anew);
    t.deepEqual(readdirSync(paths.root).sort(), ['cluster.json', repair.aside, 'identity.key'].sort());
    t.deepEqual(
      ['log', 'store'].map((part) => readFileSync(join(paths.root, repair.aside, part, 'data'), 'utf8')),
      [whole.log, whole.store],
    );
    await repairIfDue(configWith(true), paths, silent);
    t.is(openIdentity(paths).node, repair.identity.node);
  }
});

function noted(paths: DataPaths) {
  noteDamage(paths, DAMAGE);
  const repair = readRepair(paths);
  if (repair === undefined) throw new Error('nothing was noted');
  return repair;
}
