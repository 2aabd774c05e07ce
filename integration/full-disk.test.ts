// A node whose disk is filled within a moment, under load: its shards are led by others, nothing is lost, and
// it comes back by itself.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from './cluster.ts';
import { Deposits, differences, readJournal } from './deposits.ts';
import { SmallDisk } from './disks.ts';
import { type NodeProcess, sleep, until } from './node-process.ts';
import { spawnWorker, totalOf } from './programs.ts';

const MIB = 1024 * 1024;
const settings = { SEQ_NODE_JOURNAL__SEGMENT_BYTES: String(4 * MIB) };

interface Setting {
  readonly cluster: Cluster;
  readonly victim: NodeProcess;
  readonly disk: SmallDisk;
  /** In different shards. */
  readonly paths: readonly string[];
}

/** Three nodes, the last of which has a disk of its own. Undefined where none can be mounted. */
async function setting(t: ExecutionContext): Promise<Setting | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'seq-full-'));
  const disk = SmallDisk.mount(join(directory, 'n3'), 160);
  if (typeof disk === 'string') {
    t.log(`NOT TESTED: ${disk}`);
    t.pass();
    return undefined;
  }
  const cluster = await Cluster.start({ size: 3, directory, settings });
  t.teardown(async () => {
    await cluster.dispose();
    disk.unmount();
  });
  const paths = Array.from({ length: 12 }, (_, at) => `/test/a${at}`);
  for (const path of paths) await spawnWorker(cluster.node(0).client, path);
  return { cluster, victim: cluster.node(2), disk, paths };
}

const leads = async (node: NodeProcess, asked = node) =>
  (await asked.client.cluster()).members.find(({ name }) => name === node.place.name)?.leads ?? -1;
const deposit = (node: NodeProcess, path: string, id: string) => node.client.tell(path, '(Deposit 1)', id);

test.serial('a disk that is filled at once, under load, costs no shard and no deposit', async (t) => {
  t.timeout(240_000);
  const made = await setting(t);
  if (made === undefined) return;
  const { cluster, victim, disk, paths } = made;
  const [one, two] = cluster.nodes as [NodeProcess, NodeProcess];
  await until('it leads its share', async () => ((await leads(victim)) >= 8 ? true : undefined));
  const pid = victim.pid;
  const runs = paths
    .slice(0, 4)
    .map((path, at) =>
      Deposits.start(cluster, { path, clients: 1, outstanding: 8, pauseMs: 1, run: `r${at}` }),
    );
  const count = () => runs.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  const further = async (many: number) => {
    const before = count();
    await until(`${many} further acknowledgements`, async () =>
      count() >= before + many ? true : undefined,
    );
  };
  await further(200);
  disk.fill();
  await until('others lead all', async () => ((await leads(victim, one)) === 0 ? true : undefined));
  // Every shard takes messages, for as long as the disk is full.
  for (let round = 1; round <= 6; round++) {
    for (const path of paths)
      for (const node of [one, two]) await deposit(node, path, `full-${round}-${node.place.name}`);
    t.is(await leads(victim, one), 0);
    await sleep(1000);
  }
  await further(200);
  t.true(victim.running);
  t.is(victim.pid, pid, 'it is the same process');
  disk.free();
  await until('it leads again', async () => ((await leads(victim)) >= 8 ? true : undefined), {
    timeoutMs: 90_000,
  });
  await until('it is ready', async () =>
    (await victim.client.request('GET', '/readyz')).status === 200 ? true : undefined,
  );
  await further(200);
  for (const run of runs) await run.stop();
  t.deepEqual(
    runs.flatMap(({ refused }) => refused),
    [],
  );
  // What it missed it has by now: it does with one of the others.
  await cluster.untilReplicated(3);
  await one.kill();
  for (const [at, run] of runs.entries()) {
    const path = paths[at]!;
    const journal = await until(`the journal of ${path}`, () => readJournal(victim.client, path));
    t.deepEqual(differences(journal, run.acknowledged, await totalOf(victim.client, path)), []);
  }
});

test.serial('a node that is started with a full disk waits for space, and says so', async (t) => {
  t.timeout(240_000);
  const made = await setting(t);
  if (made === undefined) return;
  const { cluster, victim, disk, paths } = made;
  const [one] = cluster.nodes as [NodeProcess];
  await victim.kill();
  disk.fill();
  for (const path of paths) await deposit(one, path, 'away');
  victim.spawn();
  await until('it says so', async () => (/waits-for-space|disk-full/.test(victim.stderr) ? true : undefined));
  await sleep(5000);
  t.true(victim.running, victim.stderr);
  for (const path of paths) await deposit(one, path, 'full');
  disk.free();
  await until('it leads again', async () => ((await leads(victim)) >= 8 ? true : undefined), {
    timeoutMs: 90_000,
  });
  t.false(/log-damaged|journal-damaged|disk-failed|internal/.test(victim.stderr), victim.stderr);
  await one.kill();
  for (const path of paths) t.is(await until(`the total of ${path}`, () => totalOf(victim.client, path)), 2);
});
