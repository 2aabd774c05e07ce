import fs, { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { nodeId } from '../base/ids.ts';
import {
  type ClusterFile,
  dataPaths,
  holdsLog,
  isThere,
  makeDirectory,
  openIdentity,
  readClusterFile,
  writeClusterFile,
} from './data-directory.ts';
import { asOwner, giveAway } from './forbidden.test-support.ts';
import { hashModule } from './module-hash.ts';
import { createJoinToken, formatJoinToken, hashSecret, names, parseJoinToken } from './token.ts';

const temporary = () => dataPaths(mkdtempSync(join(tmpdir(), 'seq-node-')));

test('a node keeps its key, for its owner only', (t) => {
  const paths = temporary();
  const first = openIdentity(paths);
  t.is(openIdentity(paths).node, first.node);
  t.is(statSync(paths.identity).mode & 0o777, 0o600);
  writeFileSync(paths.identity, 'short');
  t.like(
    t.throws(() => openIdentity(paths)),
    { code: 'bad-config' },
  );
});

test('a directory is made with those above it, or refused where none can be', (t) => {
  const { root } = temporary();
  makeDirectory(join(root, 'a', 'b'));
  makeDirectory(join(root, 'a', 'b'));
  t.true(statSync(join(root, 'a', 'b')).isDirectory());
  writeFileSync(join(root, 'file'), '');
  for (const path of [join(root, 'file'), join(root, 'file', 'x'), '/proc/seq-node/x'])
    t.like(
      t.throws(() => makeDirectory(path)),
      { code: 'bad-config' },
      path,
    );
});

test('peers of a file that does not say of which registry they are count as the oldest', (t) => {
  const paths = temporary();
  const peers = [{ node: nodeId('n1'), name: 'one', addresses: ['127.0.0.1:7400'] }];
  const cluster = { id: 'c1', shards: 32, replicas: 3 };
  writeClusterFile(paths, { cluster, founder: true, logged: true, peers, peersAsOf: 12 });
  writeFileSync(paths.cluster, readFileSync(paths.cluster, 'utf8').replace(/,\s*"peersAsOf": 12/, ''));
  t.like(readClusterFile(paths), { peers, peersAsOf: 0 });
});

test('the cluster file is read as it was written, and refused when it makes no sense', (t) => {
  const paths = temporary();
  t.is(readClusterFile(paths), undefined);
  const file: ClusterFile = {
    cluster: { id: 'c1', shards: 32, replicas: 3 },
    founder: true,
    logged: false,
    peers: [{ node: nodeId('n1'), name: 'one', addresses: ['127.0.0.1:7400'] }],
    peersAsOf: 12,
  };
  writeClusterFile(paths, file);
  t.deepEqual(readClusterFile(paths), file);
  const text = readFileSync(paths.cluster, 'utf8');
  for (const bad of [
    '',
    text.slice(0, 40),
    text.replace('"shards": 32', '"shards": 0'),
    text.replace('"n1"', '7'),
    text.replace('"peersAsOf": 12', '"peersAsOf": -1'),
  ]) {
    writeFileSync(paths.cluster, bad);
    t.like(
      t.throws(() => readClusterFile(paths)),
      { code: 'not-a-cluster' },
    );
  }
});

test.serial('what may not be seen is not gone', async (t) => {
  const paths = temporary();
  giveAway(paths.root);
  t.false(await asOwner(() => isThere(paths.cluster)));
  chmodSync(paths.root, 0);
  const reads = [isThere, () => readClusterFile(paths), () => openIdentity(paths), () => holdsLog(paths)];
  await asOwner(() => {
    for (const read of reads)
      t.like(
        t.throws(() => read(paths.cluster)),
        { code: 'bad-config' },
      );
  });
});

test('a join token survives its text form, and anything else is refused', (t) => {
  const members = Array.from({ length: 20 }, (_, at) => nodeId(`member-${at}`));
  const token = createJoinToken('cluster-1', members);
  t.true(names(token, members[0]!));
  t.false(names(token, nodeId('a stranger')));
  const text = formatJoinToken(token);
  t.regex(text, /^seqt1_[A-Za-z0-9_-]+$/);
  t.deepEqual(parseJoinToken(text), token);
  t.regex(hashSecret(token.secret), /^[0-9a-f]{64}$/);
  fc.assert(
    fc.property(fc.string(), (noise) => {
      for (const bad of [noise, `seqt1_${noise}`, text.slice(0, -2 - (noise.length % 20))])
        t.like(
          t.throws(() => parseJoinToken(bad)),
          { code: 'token-refused' },
        );
    }),
  );
});

test('the hash of a module is of its source, not of the order of its files', (t) => {
  const one = hashModule({ entry: 'a', files: { a: '1', b: '2' } });
  t.is(hashModule({ entry: 'a', files: { b: '2', a: '1' } }), one);
  t.not(hashModule({ entry: 'b', files: { a: '1', b: '2' } }), one);
  t.not(hashModule({ entry: 'a', files: { a: '1', b: '3' } }), one);
  t.not(hashModule({ entry: 'a', files: { a: '1b', '': '2' } }), one);
});

test.serial('a file is synced before it takes its name, and its name after that', (t) => {
  const paths = temporary();
  const calls: string[] = [];
  const { fsyncSync, renameSync } = fs;
  const noted = {
    fsyncSync: (descriptor: number) => {
      calls.push('sync');
      fsyncSync(descriptor);
    },
    renameSync: (from: string, to: string) => {
      calls.push('rename');
      renameSync(from, to);
    },
  };
  try {
    Object.assign(fs, noted);
    syncBuiltinESMExports();
    openIdentity(paths);
  } finally {
    Object.assign(fs, { fsyncSync, renameSync });
    syncBuiltinESMExports();
  }
  t.deepEqual(calls, ['sync', 'rename', 'sync']);
});
