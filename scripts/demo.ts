// `npm run demo [-- --short]`: proves without a human that a cluster loses a node and no money. Several
// clients deposit into one account; the node that leads it is killed in mid-traffic; the clients go on; the
// dead node comes back and catches up. Then every acknowledged deposit is looked for in the balance and in
// the journal of every replica. `--plot FILE` draws what was acknowledged each second meanwhile.
import { writeFileSync } from 'node:fs';
import { Cluster } from '../integration/cluster.ts';
import { Deposits, differences, dumpJournal, readJournal } from '../integration/deposits.ts';
import type { NodeProcess } from '../integration/node-process.ts';
import { until } from '../integration/node-process.ts';
import { readOptions } from '../integration/options.ts';
import { ACCOUNT, balanceOf, membersTable, openAccount } from './cluster-accounts.ts';
import { bold, runScript, say } from './progress.ts';
import { type Mark, throughputPlot } from './throughput-plot.ts';

const CLIENTS = 4;
const OUTSTANDING = 4;

const USAGE = {
  command: 'npm run demo',
  summary:
    'Kills the node that leads an account in mid-traffic, and looks for every acknowledged deposit afterwards.',
  options: [
    { title: '--short', doc: 'a few seconds instead of half a minute' },
    { title: '--plot FILE', doc: 'draws the deposits acknowledged per second as an SVG picture' },
  ],
};

interface Plan {
  /** Seconds of traffic before the kill, while the node is dead, and after it is back. */
  readonly beforeS: number;
  readonly deadS: number;
  readonly afterS: number;
}

async function main(): Promise<number> {
  const { values } = readOptions(USAGE, { short: { type: 'boolean' }, plot: { type: 'string' } });
  const plan = values.short ? { beforeS: 1.5, deadS: 3, afterS: 1.5 } : { beforeS: 5, deadS: 10, afterS: 5 };
  say('starting three nodes');
  const cluster = await Cluster.start({ size: 3 });
  try {
    await openAccount(cluster.node(0).client, ACCOUNT);
    process.stdout.write(`\n${await membersTable(cluster)}\n\n`);
    return await prove(cluster, plan, values.plot);
  } finally {
    await cluster.dispose();
  }
}

async function prove(cluster: Cluster, plan: Plan, picture: string | undefined): Promise<number> {
  const deposits = Deposits.start(cluster, {
    path: ACCOUNT,
    clients: CLIENTS,
    outstanding: OUTSTANDING,
    pauseMs: 5,
    run: 'demo',
  });
  say(`${CLIENTS} clients deposit into ${ACCOUNT}, ${OUTSTANDING} deposits outstanding each`);
  await pause(plan.beforeS);
  const { leader, killedAt, before } = await killLeader(cluster, deposits);
  await pause(plan.deadS);
  const failoverMs = sayFailover(deposits, killedAt, before);
  await leader.start();
  const marks = [
    { at: killedAt, text: `kill -9 of ${leader.place.name}, the leader` },
    { at: Date.now(), text: `${leader.place.name} is back` },
  ];
  say(`${leader.place.name} is back`);
  await pause(plan.afterS);
  const endedAt = Date.now();
  await deposits.stop();
  if (picture !== undefined) draw(picture, deposits, { endedAt, marks });
  say(`the clients hold ${deposits.acknowledged.length} acknowledgements`);
  await caughtUp(cluster, leader);
  const found = [...deposits.refused, ...(await compare(cluster, deposits))];
  for (const difference of found.slice(0, 20)) process.stdout.write(`  ${difference}\n`);
  if (failoverMs === undefined) found.push('no deposit was acknowledged after the kill');
  const total = deposits.acknowledged.reduce((sum, { amount }) => sum + amount, 0);
  if (found.length > 0) {
    say(bold(`${found.length} differences`));
    return 1;
  }
  say(
    bold(`${deposits.acknowledged.length} deposits of ${total} in all: each in every journal exactly once`),
  );
  say(bold(`failover took ${failoverMs} ms`));
  return 0;
}

function draw(file: string, deposits: Deposits, span: { endedAt: number; marks: readonly Mark[] }): void {
  const acknowledgedAt = deposits.acknowledged.map((each) => each.acknowledgedAt);
  // The clients are processes, whose own start is no matter of the cluster.
  const startedAt = acknowledgedAt.reduce((first, at) => Math.min(first, at), span.endedAt);
  const title = 'Deposits acknowledged per second, quorum-fsync, three nodes on one machine';
  writeFileSync(file, throughputPlot({ title, startedAt, ...span, acknowledgedAt }));
  say(`drew the deposits acknowledged per second: ${file}`);
}

async function killLeader(cluster: Cluster, deposits: Deposits) {
  const leader = await cluster.leaderOf(ACCOUNT);
  const before = deposits.acknowledged.length;
  const pid = leader.pid;
  const killedAt = Date.now();
  await leader.kill();
  say(
    `SIGKILL of ${leader.place.name} (pid ${pid}), which leads the account, after ${before} acknowledgements`,
  );
  return { leader, killedAt, before };
}

/** From the kill to the first acknowledgement of a deposit that was begun after it. */
function sayFailover(deposits: Deposits, killedAt: number, before: number): number | undefined {
  const first = deposits.firstAfter(killedAt);
  if (first === undefined) {
    say('nothing was acknowledged since the kill');
    return undefined;
  }
  const since = deposits.acknowledged.length - before;
  const failoverMs = Math.round(first.acknowledgedAt - killedAt);
  say(`${since} deposits acknowledged since, the first of them ${failoverMs} ms after the kill`);
  return failoverMs;
}

/** The node that was dead follows the leaders of all shards that it keeps. */
async function caughtUp(cluster: Cluster, node: NodeProcess): Promise<void> {
  const other = cluster.nodes.find((each) => each !== node)!;
  await until(`${node.place.name} has caught up`, async () => {
    const { members } = await other.client.cluster();
    const member = members.find(({ name }) => name === node.place.name);
    return member !== undefined && member.replicas > 0 && member.healthy === member.replicas
      ? true
      : undefined;
  });
  say(`${node.place.name} has caught up`);
}

/** Over the API first, then in the data of every node, after it has stopped. */
async function compare(cluster: Cluster, deposits: Deposits): Promise<string[]> {
  const client = cluster.node(0).client;
  const found: string[] = [];
  const balance = await balanceOf(client, ACCOUNT);
  const live = differences(await readJournal(client, ACCOUNT), deposits.acknowledged, balance);
  found.push(...live.map((text) => `live: ${text}`));
  say(`compared with the balance, ${balance}, and the journal that the leader serves`);
  await cluster.untilEqual();
  await Promise.all(cluster.running.map((node) => node.stop()));
  for (const node of cluster.nodes) {
    const journal = await dumpJournal(node.place.data, ACCOUNT);
    const own = differences(journal, deposits.acknowledged, balance);
    found.push(...own.map((text) => `${node.place.name}: ${text}`));
    say(`compared with the journal on the disk of ${node.place.name}: ${journal.length} records`);
  }
  return found;
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

await runScript(main);
