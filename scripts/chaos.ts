// `npm run chaos [-- --rounds 50] [-- --seed N]`: SIGKILL, SIGSTOP and restart of real nodes under load,
// round after round, at most one of three at a time. Nothing that was acknowledged may be lost or take effect
// twice.

import type { Cluster } from '../integration/cluster.ts';
import { Deposits, differences, dumpJournal, readJournal } from '../integration/deposits.ts';
import type { NodeProcess } from '../integration/node-process.ts';
import type { SeededRandom } from '../node/base/random.ts';
import { pause, playRounds } from './chaos-rounds.ts';
import { ChaosSupervision } from './chaos-supervision.ts';
import { ChaosTasks } from './chaos-tasks.ts';
import { ACCOUNT, balanceOf, openAccount } from './cluster-accounts.ts';
import { bold, say } from './progress.ts';

/** Without an acknowledgement for so long while a majority runs, the cluster counts as stuck. */
const STUCK_MS = 20_000;

const USAGE = {
  command: 'npm run chaos',
  summary:
    'Kills, stops and restarts real nodes under load, and looks for every acknowledged deposit, task and restart afterwards.',
  options: [
    { title: '--rounds N', doc: 'how many faults, one after the other; 50 unless said' },
    { title: '--seed N', doc: 'which faults; another one each time unless said' },
  ],
};

type Mischief = 'kill' | 'pause' | 'restart';
const MISCHIEFS: readonly Mischief[] = ['kill', 'pause', 'restart'];

async function play(cluster: Cluster, rounds: number, random: SeededRandom): Promise<number> {
  const deposits = Deposits.start(cluster, {
    path: ACCOUNT,
    clients: 3,
    outstanding: 4,
    pauseMs: 5,
    run: 'chaos',
  });
  const tasks = await ChaosTasks.start(cluster);
  const supervision = await ChaosSupervision.start(cluster);
  for (let round = 1; round <= rounds; round++) {
    const leader = await cluster.leaderOf(ACCOUNT);
    // The leader of the account or of the supervisor two times of three: that is where it hurts.
    const places = [leader, await supervision.leader(), cluster.node(random.below(cluster.nodes.length))];
    const victim = places[random.below(places.length)]!;
    const mischief = MISCHIEFS[random.below(MISCHIEFS.length)]!;
    const before = deposits.acknowledged.length;
    await tasks.afflict(random);
    await afflict(victim, mischief, random);
    await progress(deposits, before);
    const role = victim === leader ? 'the leader' : 'a follower';
    say(
      `${round}: ${mischief} of ${victim.place.name}, ${role}; ${deposits.acknowledged.length} acknowledged, ${tasks.completed} tasks completed, ${supervision.faults} children restarted`,
    );
  }
  await deposits.stop();
  await tasks.stop();
  await supervision.stop();
  return await judge(cluster, deposits, tasks, supervision);
}

async function afflict(victim: NodeProcess, mischief: Mischief, random: SeededRandom): Promise<void> {
  if (mischief === 'pause') {
    victim.pause();
    await pause(100 + random.below(4000));
    victim.resume();
  } else if (mischief === 'kill') {
    await victim.kill();
    await pause(random.below(3000));
    await victim.start();
  } else {
    const code = await victim.stop();
    if (code !== 0) throw new Error(`${victim.place.name} stopped with ${code}:\n${victim.stderr}`);
    await pause(random.below(500));
    await victim.start();
  }
  await pause(random.below(1000));
}

async function progress(deposits: Deposits, before: number): Promise<void> {
  const until = performance.now() + STUCK_MS;
  while (deposits.acknowledged.length === before) {
    if (performance.now() > until) throw new Error(`no acknowledgement for ${STUCK_MS} ms`);
    if (deposits.refused.length > 0) throw new Error(deposits.refused.join('\n'));
    await pause(20);
  }
}

async function judge(
  cluster: Cluster,
  deposits: Deposits,
  tasks: ChaosTasks,
  supervision: ChaosSupervision,
): Promise<number> {
  const client = cluster.node(0).client;
  await cluster.untilReplicated(3);
  const balance = await balanceOf(client, ACCOUNT);
  const found = [...deposits.refused];
  const live = differences(await readJournal(client, ACCOUNT), deposits.acknowledged, balance);
  found.push(...live.map((text) => `live: ${text}`));
  found.push(...(await supervision.differences()).map((text) => `live: ${text}`));
  await cluster.untilEqual();
  await Promise.all(cluster.running.map((node) => node.stop()));
  for (const node of cluster.nodes) {
    const own = differences(await dumpJournal(node.place.data, ACCOUNT), deposits.acknowledged, balance);
    found.push(...own.map((text) => `${node.place.name}: ${text}`));
  }
  found.push(...(await tasks.differences()));
  found.push(...(await supervision.journalDifferences()));
  for (const difference of found.slice(0, 20)) process.stdout.write(`  ${difference}\n`);
  say(
    found.length === 0
      ? bold(
          `${deposits.acknowledged.length} acknowledged deposits, each in every journal exactly once; no task lost or completed twice; ${supervision.faults} faults of supervised children, each one restart`,
        )
      : bold(`${found.length} differences`),
  );
  return found.length === 0 ? 0 : 1;
}

await playRounds(USAGE, 50, async (cluster, rounds, random) => {
  await openAccount(cluster.node(0).client, ACCOUNT);
  return play(cluster, rounds, random);
});
