// The tasks of `npm run chaos`: they flow through a queue while nodes are killed, and so is a worker that is
// a process of its own.
import type { Cluster } from '../integration/cluster.ts';
import { dumpJournal } from '../integration/deposits.ts';
import { flowDifferences, QUEUE_PATH, TaskFlow } from '../integration/task-flow.ts';
import type { SeededRandom } from '../node/base/random.ts';

export class ChaosTasks {
  readonly #flow: TaskFlow;
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster, flow: TaskFlow) {
    this.#cluster = cluster;
    this.#flow = flow;
  }

  static async start(cluster: Cluster): Promise<ChaosTasks> {
    return new ChaosTasks(cluster, await TaskFlow.start(cluster, { run: 'chaos', senders: 1, workers: 2 }));
  }

  get completed(): number {
    return this.#flow.completed;
  }

  /** Kills the worker of its own, and starts another. */
  async afflict(random: SeededRandom): Promise<void> {
    if (random.below(2) === 0) return;
    await this.#flow.killProcess();
    this.#flow.startProcess();
  }

  stop(): Promise<void> {
    return this.#flow.stop();
  }

  /** To be called once all nodes are stopped. */
  async differences(): Promise<string[]> {
    const found: string[] = [];
    for (const { place } of this.#cluster.nodes) {
      const journal = await dumpJournal(place.data, QUEUE_PATH);
      found.push(...flowDifferences(journal, this.#flow.sent).map((text) => `${place.name}: ${text}`));
    }
    return found;
  }
}
