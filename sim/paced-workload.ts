// A client that does one thing after another, with pauses, to actors of its own.
import type { ModuleHash } from '../node/base/ids.ts';
import type { Random } from '../node/base/random.ts';
import { exponential, fork } from './chance.ts';
import type { Cluster } from './cluster.ts';
import { InsistentClient, type Untimed } from './insistent-client.ts';
import { demand } from './violation.ts';

export abstract class PacedWorkload {
  protected readonly cluster: Cluster;
  protected readonly module: ModuleHash;
  protected readonly random: Random;
  protected readonly client: InsistentClient;
  protected active = false;

  constructor(cluster: Cluster, module: ModuleHash) {
    this.cluster = cluster;
    this.module = module;
    this.random = fork(cluster.random);
    this.client = new InsistentClient(cluster, this.random);
  }

  /** Mean virtual microseconds between two operations. */
  protected abstract readonly pause: number;

  /** Does one thing, and calls `done` once the next may be done. */
  protected abstract act(done: () => void): void;

  begin(): void {
    this.active = true;
    this.#think();
  }

  stop(): void {
    this.active = false;
  }

  get isDone(): boolean {
    return !this.active && this.client.open === 0;
  }

  /** Creates the actors, on a cluster that is whole and has the program. */
  protected create(spawns: Iterable<Untimed>, what: string): void {
    for (const spawn of spawns) this.client.ask(spawn, () => undefined);
    this.cluster.runFor(30_000_000, () => this.client.open === 0);
    demand(this.client.open === 0, 'progress', () => `the actors that ${what} were not created`);
  }

  #think(): void {
    this.cluster.scheduler.after(exponential(this.random, this.pause), () => {
      if (this.active) this.act(() => this.#think());
    });
  }
}
