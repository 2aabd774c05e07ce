// `npm start`: a cluster of three real nodes on this machine, ready to be tried, until Ctrl-C.
import { Cluster } from '../integration/cluster.ts';
import { readOptions } from '../integration/options.ts';
import {
  ACCOUNT,
  balanceOf,
  EXAMPLE,
  HTTP_PORTS,
  membersTable,
  openAccount,
  P2P_PORTS,
  untilLed,
} from './cluster-accounts.ts';
import { bold, dim, runScript, say } from './progress.ts';

const USAGE = {
  command: 'npm start',
  summary: 'Runs a cluster of three nodes on this machine until Ctrl-C, and prints what to try.',
};

async function main(): Promise<number> {
  readOptions(USAGE, {});
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, resolve);
  });
  const cluster = await Cluster.plan({ size: 3, p2pPorts: P2P_PORTS, httpPorts: HTTP_PORTS });
  try {
    sayPorts(cluster);
    say(`data in ${cluster.directory} ${dim('(removed at the end)')}`);
    const ready = startAll(cluster);
    await Promise.race([ready, interrupted.then(() => Promise.reject(new Error('Interrupted.')))]);
    process.stdout.write(`\n${await membersTable(cluster)}\n\n${await whatNext(cluster)}\n`);
    await watchUntil(interrupted, cluster);
    say('stopping the nodes');
    await Promise.all(cluster.running.map((node) => node.stop()));
    for (const { place } of await cluster.strangers())
      say(`${place.name} was started by hand and still runs: stop it there; its data stay in ${place.data}`);
    return 0;
  } finally {
    await cluster.dispose();
  }
}

async function startAll(cluster: Cluster): Promise<void> {
  const [first, ...others] = cluster.nodes;
  await first!.start(['--create']);
  say(`${first!.place.name} made a cluster and works alone`);
  for (const node of others) {
    await cluster.join(node);
    say(`${node.place.name} joined with a token`);
  }
  await cluster.untilReplicated(3);
  say('every shard has three replicas');
  if (await untilLed(cluster)) say('every node leads its share of the shards');
  await openAccount(first!.client, ACCOUNT);
  say(`deployed ${EXAMPLE} and spawned ${ACCOUNT}`);
}

function sayPorts(cluster: Cluster): void {
  const moved = cluster.nodes.filter(
    ({ place }, at) => place.p2pPort !== P2P_PORTS[at] || place.httpPort !== HTTP_PORTS[at],
  );
  for (const { place } of moved)
    say(`the usual ports of ${place.name} are taken: it uses ${place.p2pPort} and ${place.httpPort}`);
}

async function whatNext(cluster: Cluster): Promise<string> {
  const leader = await cluster.leaderOf(ACCOUNT);
  const other = cluster.nodes.find((node) => node !== leader)!;
  const command = 'bin/seq-node';
  const urls = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`).join(',');
  return [
    `${bold('Look at it:')} http://${other.httpAddress}/ui/`,
    '',
    bold('Type in another terminal:'),
    `  export SEQ_NODE_URL=${urls}`,
    `  ${command} send ${ACCOUNT} '(Deposit 100)'`,
    `  ${command} ask ${ACCOUNT} '(Balance)'`,
    `  ${command} inspect ${ACCOUNT}`,
    `  ${command} members`,
    '',
    bold(`Take the node away that leads the account (${leader.place.name}), and go on:`),
    `  kill -9 ${leader.pid}`,
    `  ${command} send ${ACCOUNT} '(Deposit 11)'`,
    `  ${command} journal show ${ACCOUNT}`,
    '',
    bold('Bring it back:'),
    `  ${leader.restartCommand}`,
    '',
    `${bold('npm run demo')} does all of this by itself and counts the money. Ctrl-C here stops the cluster.`,
    '',
  ].join('\n');
}

/** Tells of nodes that end meanwhile. */
async function watchUntil(interrupted: Promise<void>, cluster: Cluster): Promise<void> {
  let isOver = false;
  void interrupted.then(() => {
    isOver = true;
  });
  for (const node of cluster.nodes)
    void node.ended().then(async ({ code, signal }) => {
      const what = `${node.place.name} ended (${signal ?? `exit ${code}`})`;
      if (isOver) return say(what);
      say(`${what}; to bring it back: ${node.restartCommand}`);
      const client = cluster.running[0]?.client;
      if (client === undefined) return;
      const balance = await balanceOf(client, ACCOUNT).catch(() => undefined);
      if (balance !== undefined) say(`${ACCOUNT} still answers: its balance is ${balance}`);
    });
  await interrupted;
}

await runScript(main);
