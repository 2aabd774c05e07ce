// Nodes whose disk lies: bits of their log or store are flipped while they do not run.
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { framesOf } from '../node/journal/log-recovery.ts';
import { Cluster } from './cluster.ts';
import { seqNode } from './command.ts';
import { Deposits, differences, readJournal } from './deposits.ts';
import { NodeProcess, until } from './node-process.ts';
import { freePorts } from './ports.ts';
import { spawnWorker, totalOf } from './programs.ts';

const ALICE = '/test/alice';

async function clusterOf(t: ExecutionContext, size: number): Promise<Cluster> {
  const cluster = await Cluster.start({ size });
  t.teardown(() => cluster.dispose());
  await spawnWorker(cluster.node(0).client, ALICE);
  return cluster;
}

const logFile = ({ place }: NodeProcess) => {
  const [name] = readdirSync(join(place.data, 'log'))
    .filter((each) => each.endsWith('.log'))
    .sort()
    .reverse();
  return join(place.data, 'log', name!);
};

/** Flips a bit in the middle of what the log holds. */
function damageLog(node: NodeProcess): void {
  const file = logFile(node);
  const bytes = readFileSync(file);
  let end = bytes.length;
  while (bytes[end - 1] === 0) end--;
  bytes[Math.floor(end / 2)]! ^= 1;
  writeFileSync(file, bytes);
}

const idOf = async (node: NodeProcess) => (await node.client.cluster()).node;
const keptIn = ({ place }: NodeProcess) =>
  readdirSync(place.data).filter((name) => name.startsWith('damaged-'));
/** The files of a data directory that a start does not write anew each time. */
const contents = (node: NodeProcess) =>
  ['identity.key', 'cluster.json'].map((name) => readFileSync(join(node.place.data, name), 'hex'));

test.serial('a node whose log is damaged comes back as a new one, and nothing is lost', async (t) => {
  t.timeout(180_000);
  const cluster = await clusterOf(t, 3);
  const deposits = Deposits.start(cluster, {
    path: ALICE,
    clients: 2,
    outstanding: 4,
    pauseMs: 2,
    run: 'damage',
  });
  const enough = async () => {
    const before = deposits.acknowledged.length;
    await until('20 further acknowledgements', async () =>
      deposits.acknowledged.length >= before + 20 ? true : undefined,
    );
  };
  await enough();
  const [other, , victim] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
  const old = await idOf(victim);
  await victim.kill();
  const copy = `${victim.place.data}-copy`;
  cpSync(victim.place.data, copy, { recursive: true });
  damageLog(victim);
  const damaged = readFileSync(logFile(victim));
  await enough();
  await victim.start();
  const fresh = await idOf(victim);
  t.not(fresh, old);
  t.regex(victim.stderr, /repaired/);
  await enough();
  await cluster.untilReplicated(3);
  const { members, shards } = await other.client.cluster();
  t.deepEqual(
    members.map(({ name }) => name),
    ['n1', 'n2', 'n3'],
  );
  t.is(members[2]?.node, fresh);
  for (const { voters } of shards) t.deepEqual([voters.includes(fresh), voters.includes(old)], [true, false]);
  // What was damaged lies aside, as it was, and can be looked at.
  const [kept, ...more] = keptIn(victim);
  t.deepEqual(more, []);
  const aside = join(victim.place.data, kept!);
  t.deepEqual(readdirSync(aside).sort(), ['log', 'store']);
  t.true(damaged.equals(readFileSync(logFile({ place: { ...victim.place, data: aside } } as NodeProcess))));
  t.regex((await seqNode(['journal', 'verify', '--data', aside])).stdout, /log/);
  // The others' data is now on the new node: it does with one of them.
  await other.kill();
  await enough();
  await other.start();
  await deposits.stop();
  t.deepEqual(deposits.refused, []);
  for (const { client } of cluster.nodes) {
    const journal = await readJournal(client, ALICE);
    t.deepEqual(differences(journal, deposits.acknowledged, await totalOf(client, ALICE)), []);
  }
  // Whoever puts the old node back is told that it is gone, though its name is there.
  await victim.kill();
  rmSync(victim.place.data, { recursive: true });
  cpSync(copy, victim.place.data, { recursive: true });
  victim.spawn();
  t.is((await victim.ended()).code, 78, victim.stderr);
  t.regex(victim.stderr, /error\[not-admitted\]/);
});

test.serial(
  'a damaged node that was removed meanwhile says so and stops, and all stays where it is',
  async (t) => {
    t.timeout(180_000);
    const cluster = await clusterOf(t, 3);
    const [one, , victim] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
    await victim.kill();
    damageLog(victim);
    const { stdout } = await seqNode(['members', 'remove', 'n3', '--node', one.client.base]);
    t.regex(stdout, /n3 has left the cluster/);
    for (let times = 0; times < 2; times++) {
      victim.spawn();
      t.is((await victim.ended()).code, 78, victim.stderr);
      t.regex(victim.stderr, /error\[not-admitted\]: The node was removed from its cluster\./);
    }
    t.deepEqual(keptIn(victim), []);
  },
);

test.serial('a node that is killed while it repairs itself goes on as the same new one', async (t) => {
  t.timeout(180_000);
  const cluster = await clusterOf(t, 3);
  const [one, two, victim] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
  for (let number = 1; number <= 10; number++) await one.client.tell(ALICE, '(Deposit 1)', `d${number}`);
  const old = await idOf(victim);
  for (const node of cluster.nodes) await node.kill();
  rmSync(join(victim.place.data, 'store'), { recursive: true });
  // Nobody is there: it waits, and all stays where it is.
  victim.spawn();
  await until('it waits', async () => (/repair-waits/.test(victim.stderr) ? true : undefined));
  await victim.kill();
  const noted = JSON.parse(readFileSync(join(victim.place.data, 'repair.json'), 'utf8')) as {
    replaced: boolean;
  };
  t.false(noted.replaced);
  t.deepEqual(keptIn(victim), []);
  const as = /repairing .*as=(\S+)/.exec(victim.stderr)?.[1] ?? '';
  // One of three is no majority.
  await one.start();
  victim.spawn();
  await until('it is told why', async () =>
    /repair-waits .*no-quorum/.test(victim.stderr) ? true : undefined,
  );
  t.deepEqual(keptIn(victim), []);
  await two.start();
  await victim.untilLive(60_000);
  t.is(await idOf(victim), as);
  t.not(as, old);
  await cluster.untilReplicated(3);
  t.is(await totalOf(victim.client, ALICE), 10);
  t.is(keptIn(victim).length, 1);
});

test.serial('a shard whose only voter is damaged is not repaired into emptiness', async (t) => {
  t.timeout(120_000);
  const cluster = await Cluster.plan({ size: 2 });
  t.teardown(() => cluster.dispose());
  const [first, second] = cluster.nodes as [NodeProcess, NodeProcess];
  await first.start(['--create']);
  await cluster.join(second);
  await spawnWorker(first.client, ALICE);
  await first.client.tell(ALICE, '(Deposit 5)', 'd1');
  await first.kill();
  const intact = readFileSync(logFile(first));
  damageLog(first);
  first.spawn();
  await until('it waits', async () => (/repair-waits .*no-quorum/.test(first.stderr) ? true : undefined));
  await first.kill();
  t.deepEqual(keptIn(first), []);
  // Whoever has a copy of what was damaged, and says so, has everything back.
  writeFileSync(logFile(first), intact);
  first.spawn(['--set', 'node.repair=false']);
  await first.untilLive();
  t.is(await totalOf(first.client, ALICE), 5);
});

test.serial('a node that is alone stops, and nothing is touched', async (t) => {
  const cluster = await Cluster.plan({ size: 1 });
  t.teardown(() => cluster.dispose());
  const node = cluster.node(0);
  await node.start(['--create']);
  await spawnWorker(node.client, ALICE);
  await node.client.tell(ALICE, '(Deposit 5)', 'd1');
  await node.kill();
  const intact = readFileSync(logFile(node));
  damageLog(node);
  const before = contents(node);
  for (let times = 0; times < 2; times++) {
    node.spawn();
    t.is((await node.ended()).code, 70);
    t.regex(node.stderr, /log-damaged/);
    t.regex(node.stderr, /next: No other node has this data/);
  }
  t.deepEqual(contents(node), before);
  t.deepEqual(readdirSync(node.place.data).sort(), ['cluster.json', 'identity.key', 'log', 'store']);
  writeFileSync(logFile(node), intact);
  await node.start();
  t.is(await totalOf(node.client, ALICE), 5);
});

/** Flips bits throughout the middle of the store's largest table, where the rows of shards are. */
function damageTable({ place }: NodeProcess): void {
  const store = join(place.data, 'store');
  const [largest] = readdirSync(store)
    .filter((name) => name.endsWith('.sst'))
    .map((name) => join(store, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  const bytes = readFileSync(largest!);
  for (let at = Math.floor(bytes.length * 0.3); at < bytes.length * 0.8; at += 500) bytes[at]! ^= 1;
  writeFileSync(largest!, bytes);
}

test.serial('a store whose damage shows only when it is read is repaired at the next start', async (t) => {
  t.timeout(180_000);
  const cluster = await Cluster.start({ size: 3 });
  t.teardown(() => cluster.dispose());
  const [one, , victim] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
  // Only leaders read actors. Enough of them lie on each node to fill more than a table's ends, which are
  // read at the start.
  const paths = Array.from({ length: 60 }, (_, at) => `/test/a${at}`);
  for (const path of paths) {
    await spawnWorker(one.client, path);
    for (let number = 1; number <= 20; number++)
      await one.client.tell(path, `(Deposit ${number})`, `d${number}`);
  }
  const old = await idOf(victim);
  // What was written lately is in a table only once the store was opened again.
  await victim.stop();
  await victim.start();
  await until('it leads again', async () => ((await leads(victim)) > 0 ? true : undefined));
  await victim.stop();
  damageTable(victim);
  await victim.start();
  t.is(await idOf(victim), old, 'the start does not read all that is there');
  const isDown = async () => {
    for (const path of paths) await one.client.inspect(path).catch(() => undefined);
    return victim.running ? undefined : true;
  };
  await until('it stops', isDown, { timeoutMs: 60_000 });
  t.is((await victim.ended()).code, 70);
  t.regex(victim.stderr, /error\[journal-damaged\]/);
  await victim.start();
  t.not(await idOf(victim), old);
  await cluster.untilReplicated(3);
  await one.kill();
  for (const path of paths) t.is(await totalOf(victim.client, path), 210);
});

const leads = async ({ client }: NodeProcess) =>
  (await client.cluster()).members.find(({ self }) => self)?.leads ?? 0;

const storeFile = ({ place }: NodeProcess, name: RegExp) => {
  const found = readdirSync(join(place.data, 'store'))
    .filter((each) => name.test(each))
    .sort()
    .at(-1);
  return join(place.data, 'store', found!);
};

/** Takes the last writes off the log, whole, as if they had never been: a half of them, or only one. */
function cutLog(node: NodeProcess, writes: 'half' | 'last'): void {
  const file = logFile(node);
  const bytes = new Uint8Array(readFileSync(file));
  const frames = [...framesOf(bytes, file)].filter(({ kind }) => kind === 'append');
  bytes.fill(0, frames[writes === 'last' ? frames.length - 1 : Math.floor(frames.length / 2)]!.at);
  writeFileSync(file, bytes);
}

/**
 * Starts a node with damaged data until it is another one. What its own files show is repaired by the same
 * start. What only others know (how far the store had come decides it) stops the node once it hears it, and
 * the next start repairs.
 */
async function comesBackAnew(t: ExecutionContext, node: NodeProcess, old: string, what: string) {
  node.spawn();
  await until(`a node of which ${what} is a new one`, async () => {
    if (!node.running) {
      t.is((await node.ended()).code, 70, `${what}: ${node.stderr}`);
      t.regex(node.stderr, /next: Start it again while the others run/);
      node.spawn();
    }
    return (await idOf(node)) === old ? undefined : true;
  });
}

const DAMAGES: readonly (readonly [what: string, damage: (node: NodeProcess) => void])[] = [
  ['CURRENT is gone', (node) => rmSync(storeFile(node, /^CURRENT$/))],
  ['CURRENT is empty', (node) => truncateSync(storeFile(node, /^CURRENT$/), 0)],
  ['MANIFEST is gone', (node) => rmSync(storeFile(node, /^MANIFEST-/))],
  ['MANIFEST is cut short', (node) => truncateSync(storeFile(node, /^MANIFEST-/), 20)],
  ['the store is gone', ({ place }) => rmSync(join(place.data, 'store'), { recursive: true })],
  ['the log ends early, between two writes', (node) => cutLog(node, 'half')],
  ['the log lacks its last write', (node) => cutLog(node, 'last')],
];

test.serial(
  'whatever part of its data is damaged, a node comes back by itself, and nothing is lost',
  async (t) => {
    t.timeout(280_000);
    const cluster = await clusterOf(t, 3);
    const [one, two, victim] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
    let total = 0;
    for (const [what, damage] of DAMAGES) {
      for (let number = 0; number < 15; number++) await one.client.tell(ALICE, '(Deposit 1)', `d${++total}`);
      const old = await idOf(victim);
      await victim.kill();
      damage(victim);
      await comesBackAnew(t, victim, old, what);
      await cluster.untilReplicated(3);
      t.is(keptIn(victim).length, 1, what);
      for (const name of keptIn(victim)) rmSync(join(victim.place.data, name), { recursive: true });
    }
    // RocksDB does without its own notes of its options.
    await victim.kill();
    writeFileSync(storeFile(victim, /^OPTIONS-/), 'garbage');
    const same = await idOf(one);
    await victim.start();
    t.deepEqual(keptIn(victim), []);
    t.is(await idOf(one), same);
    await cluster.untilReplicated(3);
    await two.kill();
    t.is(await until('the total', () => totalOf(victim.client, ALICE)), total);
  },
);

test.serial(
  'a node with the data of yesterday is told so, stops, and then comes back as a new one',
  async (t) => {
    t.timeout(180_000);
    const cluster = await clusterOf(t, 3);
    const [one, two, victim] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
    for (let number = 1; number <= 10; number++) await one.client.tell(ALICE, '(Deposit 1)', `d${number}`);
    await victim.stop();
    const copy = `${victim.place.data}-yesterday`;
    cpSync(victim.place.data, copy, { recursive: true });
    await victim.start();
    const old = await idOf(victim);
    await until('it leads again', async () => ((await leads(victim)) > 0 ? true : undefined));
    for (let number = 11; number <= 40; number++) await one.client.tell(ALICE, '(Deposit 1)', `d${number}`);
    await victim.kill();
    rmSync(victim.place.data, { recursive: true });
    cpSync(copy, victim.place.data, { recursive: true });
    victim.spawn();
    t.is((await victim.ended()).code, 70, victim.stderr);
    t.regex(
      victim.stderr,
      /error\[log-damaged\]: The member \S+ has heard this node speak for more than its log holds/,
    );
    t.regex(victim.stderr, /next: Start it again while the others run/);
    await victim.start();
    t.not(await idOf(victim), old);
    await cluster.untilReplicated(3);
    await two.kill();
    t.is(await until('the total', () => totalOf(victim.client, ALICE)), 40);
  },
);

test.serial('a node that runs twice, over a copy of its data, goes on once', async (t) => {
  t.timeout(180_000);
  const cluster = await clusterOf(t, 3);
  const [one, , victim] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
  const old = await idOf(victim);
  await victim.stop();
  const copy = `${victim.place.data}-copy`;
  cpSync(victim.place.data, copy, { recursive: true });
  await victim.start();
  await until('it leads again', async () => ((await leads(victim)) > 0 ? true : undefined));
  const [p2pPort, httpPort] = (await freePorts([0, 0])) as [number, number];
  const twin = new NodeProcess({ ...victim.place, data: copy, p2pPort, httpPort });
  t.teardown(() => (twin.running ? twin.kill() : undefined));
  twin.spawn();
  for (let number = 1; number <= 30; number++) await one.client.tell(ALICE, '(Deposit 1)', `d${number}`);
  t.is((await twin.ended()).code, 78, twin.stderr);
  t.regex(
    twin.stderr,
    /error\[data-in-use\]: Another process runs as this node, over a copy of its data directory/,
  );
  t.true(victim.running, victim.stderr);
  await until('it leads again', async () => ((await leads(victim)) > 0 ? true : undefined));
  t.is(await idOf(victim), old);
  t.deepEqual(keptIn(victim), []);
  t.is(await totalOf(victim.client, ALICE), 30);
});
