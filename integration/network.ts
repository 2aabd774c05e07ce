// `node integration/network.ts`: three real nodes on a network of their own, which is then what real networks
// are: all addresses change and mDNS has to find them; one direction falls silent; two nodes do not hear each
// other and a third hears both; one hears nobody; a cable is pulled; packets are lost. Nothing that was
// acknowledged may be lost or take effect twice; whatever a path leads to is served. Exits 1 at the first
// difference, and 75 where something could not be tried here.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from './cluster.ts';
import { Deposits, differences, dumpJournal, readJournal } from './deposits.ts';
import { enterSandbox, LocalNetwork, lossRefused, SKIPPED } from './namespaces.ts';
import { type NodePlace, NodeProcess, sleep, until } from './node-process.ts';
import { readOptions } from './options.ts';
import { spawnWorker, totalOf } from './programs.ts';
import { ServiceWatch } from './service-watch.ts';

const MEMBERS = ['n1', 'n2', 'n3'] as const;
const STRANGER = 'stranger';
const PATH = '/test/network';
const WITH_MDNS = { SEQ_NODE_P2P__MDNS: 'true' };
/** How long a fault lasts: longer than it takes to elect another leader and to mark a node dead. */
const FAULT_MS = 8000;

const startedAt = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`network: ${seconds} s  ${text}\n`);
}

function demand(holds: boolean, what: string, detail = ''): void {
  if (!holds) throw new Error(`${what}: not so${detail === '' ? '' : `\n${detail}`}`);
  say(what);
}

class Scenario {
  readonly #network: LocalNetwork;
  readonly #directory: string;
  readonly #acknowledged: Deposits['acknowledged'] = [];
  readonly #watched: ServiceWatch['answered'] = [];
  #cluster: Cluster;
  #runs = 0;

  private constructor(network: LocalNetwork, directory: string, cluster: Cluster) {
    this.#network = network;
    this.#directory = directory;
    this.#cluster = cluster;
  }

  static async begin(directory: string): Promise<Scenario> {
    const network = new LocalNetwork([...MEMBERS, STRANGER]);
    const places = MEMBERS.map((name) => placeOf(network, directory, name));
    const cluster = await Cluster.start({ size: MEMBERS.length, directory, places });
    say('three nodes on three machines are a cluster');
    await spawnWorker(cluster.node(0).client, PATH);
    return new Scenario(network, directory, cluster);
  }

  // ── mDNS ──

  async allAddressesChange(): Promise<void> {
    await this.#deposit(async () => {});
    await this.#stopAll();
    this.#network.moveAll();
    await this.#start({});
    await sleep(FAULT_MS);
    const alone = await Promise.all(this.#cluster.nodes.map((node) => aliveFor(node)));
    demand(
      alone.every((names) => names.length === 1),
      'with other addresses, and nobody to ask, each is alone',
      JSON.stringify(alone),
    );
    await this.#stopAll();
    await this.#start(WITH_MDNS);
    await this.#cluster.untilReplicated(MEMBERS.length);
    for (const node of this.#cluster.nodes)
      await until(`${node.place.name} sees all alive`, async () =>
        (await aliveFor(node)).length === MEMBERS.length ? true : undefined,
      );
    say('with mDNS they find each other');
    await this.#deposit(async () => {});
  }

  async strangersStayStrangers(): Promise<void> {
    const settings = { ...WITH_MDNS, SEQ_NODE_LOG__LEVEL: 'debug' };
    const stranger = new NodeProcess(placeOf(this.#network, this.#directory, STRANGER, settings));
    try {
      await stranger.start(['--create']);
      await until('the stranger finds the members', async () => {
        const found = (node: NodeProcess) => stranger.stderr.includes(`${node.p2pAddress}`);
        return this.#cluster.nodes.every(found) ? true : undefined;
      });
      await sleep(2000);
      const members = [stranger, ...this.#cluster.nodes].map(async (node) =>
        (await node.client.cluster()).members.map(({ name }) => name).sort(),
      );
      const seen = JSON.stringify(await Promise.all(members));
      demand(
        seen === JSON.stringify([[STRANGER], ...MEMBERS.map(() => MEMBERS)]),
        'a node of another cluster that mDNS finds is nobody',
        seen,
      );
    } finally {
      if (stranger.running) await stranger.kill();
    }
  }

  // ── Faults ──

  async silence(what: 'mute' | 'deaf' | 'one pair'): Promise<void> {
    const network = this.#network;
    await this.#deposit(async (deposits) => {
      const leader = (await this.#cluster.leaderOf(PATH)).place.name;
      const others = MEMBERS.filter((name) => name !== leader);
      const told = {
        mute: `nothing that ${leader}, the leader, sends arrives at the others`,
        deaf: `nothing arrives at ${leader}, the leader, from the others`,
        'one pair': `nothing arrives from ${leader}, the leader, at ${others[0]}`,
      };
      for (const other of what === 'one pair' ? others.slice(0, 1) : others) {
        if (what === 'deaf') network.silence(other, leader);
        else network.silence(leader, other);
      }
      await this.#suffer(deposits, told[what]);
    });
  }

  /** Each node goes on to serve every actor, over the third where the two cannot speak. */
  async cutLink(ways: 'both ways' | 'one way'): Promise<void> {
    const watch = await ServiceWatch.begin(this.#cluster);
    const [one, , other] = MEMBERS;
    this.#network.silence(one, other);
    if (ways === 'both ways') this.#network.silence(other, one);
    // The last part begins when the connection is given up, and what is left is dialled in vain.
    await watch.during(2 * FAULT_MS);
    this.#network.heal();
    const { answered, unanswered } = watch;
    demand(
      unanswered.length === 0,
      `the link between ${one} and ${other} is cut ${ways}, and each node answered all of ${answered.length} requests to actors of each leader`,
      unanswered.slice(0, 20).join('\n'),
    );
    this.#watched.push(...answered);
    await this.#cluster.untilReplicated(MEMBERS.length);
  }

  /** Who hears nobody says so at once, and does not wait for what cannot come. */
  async minorityRefuses(): Promise<void> {
    const alone = await this.#cluster.leaderOf(PATH);
    const { name } = alone.place;
    for (const other of MEMBERS.filter((each) => each !== name)) {
      this.#network.silence(name, other);
      this.#network.silence(other, name);
    }
    await sleep(FAULT_MS);
    const ask = (method: string, path: string, body?: unknown) =>
      alone.client.request(method, path, body, 20_000).then(({ status, body: told }) => {
        const { code } = (told as { error?: { code?: string } }).error ?? {};
        return `${status} ${code}`;
      });
    const patient = { message: 'Total', id: `alone-${name}`, timeoutMs: 60_000 };
    const answers = await Promise.all([
      ask('POST', `/v1/actors${PATH}/ask`, patient),
      ask('GET', `/v1/actors${PATH}`),
      ask('POST', '/v1/tokens', {}),
    ]);
    this.#network.heal();
    demand(
      answers.every((answer) => answer === '503 no-quorum'),
      `${name} hears nobody, and refuses what may wait for 60 s before 20 s are over`,
      answers.join('\n'),
    );
    await this.#cluster.untilReplicated(MEMBERS.length);
  }

  async unplug(): Promise<void> {
    await this.#deposit(async (deposits) => {
      const leader = await this.#cluster.leaderOf(PATH);
      const others = this.#cluster.nodes.filter((node) => node !== leader);
      const { name } = leader.place;
      const { node } = await others[0]!.client
        .cluster()
        .then(({ members }) => members.find((each) => each.name === name)!);
      const from = performance.now();
      const after = () => `${Math.round(performance.now() - from)} ms`;
      this.#network.unplug(name);
      const watched = others.flatMap((other) => [
        until(`${other.place.name} marks ${name} dead`, async () => {
          const { members } = await other.client.cluster();
          return members.find((each) => each.node === node)?.liveness === 'dead' ? after() : undefined;
        }),
        until(`${other.place.name} knows other leaders`, async () => {
          const { shards } = await other.client.cluster();
          return shards.every(({ leader: leads }) => leads !== null && leads !== node) ? after() : undefined;
        }),
      ]);
      const [dead1, led1, dead2, led2] = await Promise.all(watched);
      say(
        `the cable of ${name} is pulled: dead to the others after ${dead1} and ${dead2}; other leaders after ${led1} and ${led2}`,
      );
      await this.#suffer(deposits, `${name}, the leader, is out of reach`);
    });
  }

  async lose(percent: number): Promise<void> {
    await this.#deposit(async (deposits) => {
      const network = this.#network;
      network.lose(percent);
      await this.#suffer(deposits, `${percent} of a hundred packets are lost`, () => {
        const { lost } = network;
        demand(lost > 0, `${lost} packets were lost`);
      });
    });
  }

  /** Waits while a fault lasts, in which a majority must go on; then for what comes after it. */
  async #suffer(deposits: Deposits, what: string, atEnd = () => {}): Promise<void> {
    const before = deposits.acknowledged.length;
    await more(deposits);
    await sleep(FAULT_MS);
    const during = deposits.acknowledged.length - before;
    atEnd();
    this.#network.heal();
    await more(deposits);
    await this.#cluster.untilReplicated(MEMBERS.length);
    say(`${what}: ${during} deposits were acknowledged all the same`);
  }

  /** Deposits go on while `meanwhile` lasts, from clients at every node. */
  async #deposit(meanwhile: (deposits: Deposits) => Promise<void>): Promise<void> {
    const run = `run${++this.#runs}`;
    const deposits = Deposits.start(this.#cluster, {
      path: PATH,
      clients: 2,
      outstanding: 4,
      pauseMs: 5,
      run,
    });
    try {
      await more(deposits);
      await meanwhile(deposits);
    } finally {
      await deposits.stop();
    }
    if (deposits.refused.length > 0) throw new Error(deposits.refused.join('\n'));
    this.#acknowledged.push(...deposits.acknowledged);
  }

  // ── The end ──

  async judge(): Promise<void> {
    const { client } = this.#cluster.node(0);
    const balance = await totalOf(client, PATH);
    const found = differences(await readJournal(client, PATH), this.#acknowledged, balance);
    for (const path of new Set(this.#watched.map((each) => each.path))) {
      const answered = this.#watched.filter((each) => each.path === path);
      found.push(...differences(await readJournal(client, path), answered, await totalOf(client, path)));
    }
    await this.#cluster.untilEqual();
    await this.#stopAll();
    for (const { place } of this.#cluster.nodes) {
      const own = differences(await dumpJournal(place.data, PATH), this.#acknowledged, balance);
      found.push(...own.map((text) => `${place.name}: ${text}`));
    }
    demand(
      found.length === 0,
      `${this.#acknowledged.length + this.#watched.length} acknowledged deposits, each in every journal exactly once`,
      found.slice(0, 20).join('\n'),
    );
  }

  async end(): Promise<void> {
    await this.#cluster.dispose();
  }

  async #stopAll(): Promise<void> {
    for (const node of this.#cluster.nodes) {
      const status = await node.stop();
      if (status !== 0) throw new Error(`${node.place.name} stopped with ${status}:\n${node.stderr}`);
    }
  }

  /** Starts the nodes over their data, at the addresses that their machines have now. */
  async #start(settings: Readonly<Record<string, string>>): Promise<void> {
    const places = MEMBERS.map((name) => placeOf(this.#network, this.#directory, name, settings));
    this.#cluster = await Cluster.plan({ size: MEMBERS.length, directory: this.#directory, places });
    await Promise.all(this.#cluster.nodes.map((node) => node.start()));
  }
}

function placeOf(
  network: LocalNetwork,
  directory: string,
  name: string,
  settings: Readonly<Record<string, string>> = {},
): NodePlace {
  const token = { SEQ_NODE_HTTP__TOKEN: process.env.SEQ_NODE_TOKEN ?? '' };
  return {
    name,
    data: join(directory, name),
    host: network.address(name),
    on: network.on(name),
    p2pPort: 7400,
    httpPort: 7480,
    settings: { SEQ_NODE_P2P__LISTEN: '0.0.0.0:7400', ...token, ...settings },
  };
}

/** Whom a node holds for alive, itself included. */
async function aliveFor(node: NodeProcess): Promise<string[]> {
  const { members } = await node.client.cluster();
  return members.filter(({ liveness }) => liveness === 'alive').map(({ name }) => name);
}

async function more(deposits: Deposits): Promise<void> {
  const before = deposits.acknowledged.length;
  await until('20 further acknowledgements', async () => {
    if (deposits.refused.length > 0) throw new Error(deposits.refused.join('\n'));
    return deposits.acknowledged.length >= before + 20 ? true : undefined;
  });
}

async function play(directory: string): Promise<number> {
  process.env.SEQ_NODE_TOKEN = randomBytes(18).toString('base64');
  const scenario = await Scenario.begin(directory);
  const noLoss = lossRefused();
  try {
    await scenario.allAddressesChange();
    await scenario.strangersStayStrangers();
    for (const what of ['mute', 'deaf', 'one pair'] as const) await scenario.silence(what);
    for (const ways of ['both ways', 'one way'] as const) await scenario.cutLink(ways);
    await scenario.minorityRefuses();
    await scenario.unplug();
    if (noLoss === undefined) await scenario.lose(15);
    await scenario.judge();
  } finally {
    await scenario.end();
  }
  if (noLoss === undefined) return 0;
  say(`SKIPPED the loss of packets at random: ${noLoss}`);
  return SKIPPED;
}

const USAGE = {
  command: 'npm run network',
  summary:
    'Runs three real nodes on a network of their own that changes, falls silent and loses packets (Linux).',
};

async function main(): Promise<number> {
  readOptions(USAGE, {});
  const sandbox = await enterSandbox(fileURLToPath(import.meta.url));
  if ('status' in sandbox) return sandbox.status;
  if ('directory' in sandbox) return play(sandbox.directory);
  say(`SKIPPED, nothing was tried: this machine permits no network namespaces (${sandbox.refused})`);
  return SKIPPED;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(
    `network: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
