// Two actors that send each other message after message, while a replica of theirs is away and comes back, or
// is killed and starts again at once: it has to take what it missed in a few large writes.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Cluster } from './cluster.ts';
import { dumpJournal } from './deposits.ts';
import type { NodeProcess } from './node-process.ts';
import { sleep, until } from './node-process.ts';
import { spawnWorker, totalOf } from './programs.ts';

const [LEFT, RIGHT] = ['/test/left', '/test/right'];
const OUTSTANDING = 24;
const AWAY_MS = 6000;
const STORE_BYTES_MAX = 64 * 1024 * 1024;

/** Lets each of the two pass 1 on to the other, over and over, through every node that runs. */
class Payments {
  sent = { [LEFT]: 0, [RIGHT]: 0 };
  acknowledged = 0;
  readonly #cluster: Cluster;
  readonly #ends: Promise<void>[];
  readonly #failed: Error[] = [];
  #stopped = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#ends = Array.from({ length: OUTSTANDING }, (_, client) =>
      this.#run(client).catch((error: Error) => void this.#failed.push(error)),
    );
  }

  async #run(client: number): Promise<void> {
    for (let turn = client; !this.#stopped; turn++) {
      const [from, to] = turn % 2 === 0 ? [LEFT, RIGHT] : [RIGHT, LEFT];
      const number = ++this.sent[from]!;
      let node = turn;
      await until(`payment ${number} of ${from}`, () =>
        this.#cluster.node(node++ % 3).client.tell(from, `(Pass "${to}" 1)`, `${from}-${number}`, 2000),
      );
      this.acknowledged++;
    }
  }

  /** Waits for so many acknowledgements from now on. */
  async more(count: number): Promise<void> {
    const before = this.acknowledged;
    await until(`${count} further payments`, async () =>
      this.#failed.length > 0 || this.acknowledged >= before + count ? true : undefined,
    );
    this.#check();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#ends);
    this.#check();
  }

  #check(): void {
    const [first] = this.#failed;
    if (first !== undefined) throw first;
  }
}

function storeBytes({ place }: NodeProcess): number {
  const store = join(place.data, 'store');
  return readdirSync(store).reduce(
    (sum, file) => sum + (statSync(join(store, file), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

test('replicas of a hot pair come back from a pause and from kill -9, and nothing is lost', async (t) => {
  t.timeout(180_000);
  const cluster = await Cluster.start({ size: 3 });
  t.teardown(() => cluster.dispose());
  for (const path of [LEFT, RIGHT]) await spawnWorker(cluster.node(0).client, path);
  const payments = new Payments(cluster);
  await payments.more(150);
  const leaders = [await cluster.leaderOf(LEFT), await cluster.leaderOf(RIGHT)];
  const follower = cluster.nodes.find((node) => !leaders.includes(node)) ?? cluster.node(2);
  follower.pause();
  await sleep(AWAY_MS);
  await payments.more(150);
  follower.resume();
  await payments.more(250);
  for (const victim of [follower, leaders[0]!]) {
    await victim.kill();
    await payments.more(60);
    await victim.start();
    await payments.more(250);
  }
  await payments.stop();
  const { client } = cluster.node(0);
  for (const [path, other] of [[LEFT, RIGHT] as const, [RIGHT, LEFT] as const])
    await until(`everything that ${other} passed on is at ${path}`, async () =>
      (await totalOf(client, path)) === payments.sent[other] ? true : undefined,
    );
  t.log(`${payments.acknowledged} messages of each kind`);
  t.true(payments.acknowledged > 800);
  await cluster.untilEqual();
  for (const node of cluster.nodes) {
    t.true(storeBytes(node) < STORE_BYTES_MAX, `${node.place.name} holds ${storeBytes(node)} bytes`);
    // A store that is still at work would not let it end in time.
    t.is(await node.stop(), 0, node.stderr);
  }
  for (const path of [LEFT, RIGHT]) {
    const [first, ...others] = await Promise.all(
      cluster.nodes.map((node) => dumpJournal(node.place.data, path)),
    );
    t.true(first!.length > payments.acknowledged, `${path} has ${first!.length} records`);
    for (const journal of others) t.deepEqual(journal, first);
  }
});
