// Tasks that flow through a queue of a cluster: clients that send them, workers that take them over HTTP, and
// workers that are processes of their own. Afterwards the journal says what became of each.
import type { ChildProcess } from 'node:child_process';
import { ended, spawnTracked } from './children.ts';
import type { Cluster } from './cluster.ts';
import type { JournalRecord } from './deposits.ts';
import { type NodeClient, RefusedError } from './node-client.ts';
import { COMMAND, ROOT, sleep } from './node-process.ts';

export const QUEUE = 'flow';
export const QUEUE_PATH = `/queue/${QUEUE}`;
/** Shorter than it takes to start a node again: so leases run out. */
const LEASE_MS = 2000;
const WAIT_MS = 1000;
/** Of these refusals a client knows that asking again does no harm. */
const PASSING = new Set(['outcome-unknown', 'no-quorum', 'overloaded', 'stopping', 'unreachable']);

interface TakenTask {
  readonly number: number;
  readonly token: string;
  readonly message: string;
}

export class TaskFlow {
  /** Texts of tasks that the cluster has acknowledged. */
  readonly sent: string[] = [];
  /** How often workers were told that a task is completed. */
  completed = 0;
  readonly #cluster: Cluster;
  readonly #run: string;
  #sending = true;
  #working = true;
  #node = 0;
  #next = 0;
  readonly #senders: Promise<void>[];
  readonly #workers: Promise<void>[];
  #process: ChildProcess | undefined;

  private constructor(cluster: Cluster, run: string, senders: number, workers: number) {
    this.#cluster = cluster;
    this.#run = run;
    this.#senders = Array.from({ length: senders }, () => this.#send());
    this.#workers = Array.from({ length: workers }, (_, at) => this.#work(`worker-${at + 1}`));
  }

  static async start(cluster: Cluster, { run = 'run', senders = 3, workers = 3 } = {}): Promise<TaskFlow> {
    const options = { leaseMs: LEASE_MS, attemptsMax: 1000, backOffMs: 10 };
    await cluster.node(0).client.call('POST', `/v1/queues/${QUEUE}/configure`, options);
    return new TaskFlow(cluster, run, senders, workers);
  }

  #client(): NodeClient {
    const { nodes } = this.#cluster;
    return nodes[this.#node++ % nodes.length]!.client;
  }

  /** At one node after another, until one of them decides; undefined for what is refused for good. */
  async #insist<T>(call: (client: NodeClient) => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        return await call(this.#client());
      } catch (error) {
        if (error instanceof RefusedError && !PASSING.has(error.code)) {
          if (error.code === 'lease-lost') return undefined;
          throw error;
        }
        await sleep(20);
      }
    }
  }

  async #send(): Promise<void> {
    while (this.#sending) {
      const text = `${this.#run}-${this.#next++}`;
      await this.#insist((client) => client.tell(QUEUE_PATH, `"${text}"`, text, 2000));
      this.sent.push(text);
    }
  }

  async #work(worker: string): Promise<void> {
    while (this.#working) {
      const body = { worker, waitMs: WAIT_MS, most: 2 };
      const taken = await this.#client()
        .call<{ tasks: TakenTask[] }>('POST', `/v1/queues/${QUEUE}/take`, body, 4000)
        .catch(() => undefined);
      if (taken === undefined) await sleep(50);
      for (const { token, message } of taken?.tasks ?? []) {
        const done = await this.#insist((client) =>
          client.call('POST', `/v1/queues/${QUEUE}/complete`, { token, result: message }, 4000),
        );
        if (done !== undefined) this.completed++;
      }
    }
  }

  /** A worker as an operator would run it. */
  startProcess(): void {
    const nodes = this.#cluster.nodes.flatMap(({ httpAddress }) => ['--node', `http://${httpAddress}`]);
    const words = ['queue', 'work', QUEUE, ...nodes, '--worker', 'process', '--', 'cat'];
    this.#process = spawnTracked(process.execPath, [COMMAND, ...words], { cwd: ROOT, stdio: 'ignore' });
  }

  /** Nobody hears of the task that it has. */
  async killProcess(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    child.kill('SIGKILL');
    await ended(child);
  }

  /** Sends no more, and lets workers work until the queue is empty. */
  async stop(): Promise<void> {
    this.#sending = false;
    await Promise.all(this.#senders);
    for (let left = 1; left > 0; ) {
      const view = await this.#insist((client) =>
        client.call<Record<'ready' | 'leased' | 'waiting', number>>('GET', `/v1/queues/${QUEUE}`),
      );
      left = view!.ready + view!.leased + view!.waiting;
      await sleep(50);
    }
    this.#working = false;
    await Promise.all(this.#workers);
    await this.killProcess();
  }
}

/** Everything in which the journal of the queue differs from what was promised; empty when nothing does. */
export function flowDifferences(journal: readonly JournalRecord[], sent: readonly string[]): string[] {
  const found: string[] = [];
  const numbers = new Map<string, number>();
  const completions = new Map<number, number>();
  for (const { kind, message, reply } of journal) {
    if (kind !== 'turn') continue;
    if (typeof message === 'string') {
      if (numbers.has(message)) found.push(`${message} came twice`);
      numbers.set(message, numbers.size + 1);
    }
    const [token] = (message as { Complete?: [string, unknown] } | null)?.Complete ?? [];
    if (token === undefined || reply === null || !JSON.stringify(reply).includes('Completed')) continue;
    const number = Number(token.split('.')[0]);
    completions.set(number, (completions.get(number) ?? 0) + 1);
  }
  for (const text of sent) {
    const number = numbers.get(text);
    if (number === undefined) found.push(`${text} was acknowledged and did not come`);
  }
  for (const [text, number] of numbers) {
    const times = completions.get(number) ?? 0;
    if (times !== 1) found.push(`${text} was completed ${times} times`);
  }
  return found;
}
