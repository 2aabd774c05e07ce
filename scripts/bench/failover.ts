// What a SIGKILL costs: the time without acknowledgements, and the time until all others have marked the dead
// node.
import type { Cluster } from '../../integration/cluster.ts';
import { Deposits } from '../../integration/deposits.ts';
import type { NodeProcess } from '../../integration/node-process.ts';
import { sleep, until } from '../../integration/node-process.ts';
import { ACCOUNT, openAccount } from '../cluster-accounts.ts';
import { type Measured, measured } from './report.ts';

const TRIALS = 10;
const STEADY_MS = 1500;

export async function failover(cluster: Cluster): Promise<Measured[]> {
  await openAccount(cluster.node(0).client, ACCOUNT);
  const unavailableS: number[] = [];
  const markedS: number[] = [];
  for (let trial = 1; trial <= TRIALS; trial++) {
    const deposits = Deposits.start(cluster, {
      path: ACCOUNT,
      clients: 1,
      outstanding: 4,
      pauseMs: 5,
      run: `failover-${process.pid}-${trial}`,
    });
    await until('deposits are acknowledged', async () => deposits.acknowledged[0]);
    await sleep(STEADY_MS);
    const leader = await cluster.leaderOf(ACCOUNT);
    const marked = markedDead(cluster, leader);
    const killedAt = Date.now();
    await leader.kill();
    const first = await until('a deposit is acknowledged again', async () => deposits.firstAfter(killedAt), {
      everyMs: 5,
    });
    unavailableS.push((first.acknowledgedAt - killedAt) / 1000);
    markedS.push(((await marked) - killedAt) / 1000);
    await deposits.stop();
    await leader.start();
    await cluster.untilReplicated(3);
  }
  return [
    measured(
      'failover after SIGKILL',
      's',
      unavailableS,
      null,
      { kind: 'median-at-most', bound: 1.2 },
      `${TRIALS} trials; from the kill to the first acknowledgement of a message that was begun after it`,
    ),
    measured(
      'all others have marked the dead node',
      's',
      markedS,
      null,
      { kind: 'max-at-most', bound: 2.5 },
      `${TRIALS} trials; from the kill until both others show the node as dead`,
    ),
  ];
}

/** Resolves to when (since 1970) every other node shows `victim` as dead. */
async function markedDead(cluster: Cluster, victim: NodeProcess): Promise<number> {
  const others = cluster.nodes.filter((node) => node !== victim);
  const times = await Promise.all(
    others.map((node) =>
      until(
        `${node.place.name} marks ${victim.place.name} dead`,
        async () => {
          const { members } = await node.client.cluster();
          return members.find(({ name }) => name === victim.place.name)?.liveness === 'dead'
            ? Date.now()
            : undefined;
        },
        { everyMs: 20 },
      ),
    ),
  );
  return Math.max(...times);
}
