// Whether every node serves every actor while something is broken: requests at each node to an actor that
// each node leads, every one sent once, to one node.
import type { Cluster } from './cluster.ts';
import type { Deposit } from './depositor.ts';
import { RefusedError } from './node-client.ts';
import { sleep, until } from './node-process.ts';
import { spawnWorker } from './programs.ts';

const PAUSE_MS = 100;

export class ServiceWatch {
  readonly answered: (Pick<Deposit, 'id' | 'amount' | 'sequence'> & { readonly path: string })[] = [];
  readonly unanswered: string[] = [];
  readonly #cluster: Cluster;
  readonly paths: readonly string[];
  #runs = 0;

  private constructor(cluster: Cluster, paths: readonly string[]) {
    this.#cluster = cluster;
    this.paths = paths;
  }

  /** Spawns actors until each node leads one. */
  static async begin(cluster: Cluster): Promise<ServiceWatch> {
    const led = new Map<string, string>();
    for (let at = 1; led.size < cluster.nodes.length; at++) {
      const path = `/watch/a${at}`;
      await spawnWorker(cluster.node(0).client, path);
      const leader = (await cluster.leaderOf(path)).place.name;
      if (!led.has(leader)) led.set(leader, path);
    }
    return new ServiceWatch(cluster, [...led.values()]);
  }

  /** The answer of each node about each actor, again and again for `ms`. */
  async during(ms: number): Promise<void> {
    const run = ++this.#runs;
    const end = performance.now() + ms;
    const watch = async (node: number, path: string) => {
      for (let at = 1; performance.now() < end; at++) {
        const id = `watch-${run}-n${node + 1}-${path.slice(7)}-${at}`;
        await this.#deposit(node, path, id);
        await sleep(PAUSE_MS);
      }
    };
    const pairs = this.#cluster.nodes.flatMap((_, node) => this.paths.map((path) => watch(node, path)));
    await Promise.all(pairs);
  }

  async #deposit(node: number, path: string, id: string): Promise<void> {
    const { client, place } = this.#cluster.node(node);
    try {
      const { sequence } = await client.tell(path, { Deposit: [1] }, id);
      this.answered.push({ path, id, amount: 1, sequence });
    } catch (error) {
      const why = error instanceof RefusedError ? error.code : String(error);
      this.unanswered.push(`${place.name} did not serve ${id}: ${why}`);
      // What may have taken effect does so once.
      const { sequence } = await until(`${id} is acknowledged`, () =>
        this.#cluster.node(0).client.tell(path, { Deposit: [1] }, id),
      );
      this.answered.push({ path, id, amount: 1, sequence });
    }
  }
}
