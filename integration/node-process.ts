// One real node: `seq-node start` in a process of its own, over a data directory that outlives the process.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ended, spawnTracked, TIED_TO_INPUT } from './children.ts';
import { NodeClient } from './node-client.ts';

export const ROOT = join(import.meta.dirname, '..');
export const COMMAND = join(ROOT, 'bin', 'seq-node.cjs');

export interface NodePlace {
  readonly name: string;
  /** The data directory. */
  readonly data: string;
  readonly p2pPort: number;
  readonly httpPort: number;
  /** Where both ports are; default 127.0.0.1. */
  readonly host?: string;
  /** What to put before the command, to run it elsewhere. */
  readonly on?: readonly string[];
  /** Settings by the name of their environment variable, such as SEQ_NODE_LOG__LEVEL. */
  readonly settings?: Readonly<Record<string, string>>;
}

const STDERR_KEPT = 64 * 1024;
const LOOPBACK = '127.0.0.1';

export class NodeProcess {
  readonly place: NodePlace;
  readonly client: NodeClient;
  #child: ChildProcess | undefined;
  #stderr = '';
  #stopped = false;

  constructor(place: NodePlace) {
    this.place = place;
    this.client = new NodeClient(this.httpAddress);
  }

  get p2pAddress(): string {
    return `${this.place.host ?? LOOPBACK}:${this.place.p2pPort}`;
  }

  get httpAddress(): string {
    return `${this.place.host ?? LOOPBACK}:${this.place.httpPort}`;
  }

  /** The last part of what the node wrote to its standard error, over all its starts. */
  get stderr(): string {
    return this.#stderr;
  }

  /** What a person types to start the node again over its data. */
  get restartCommand(): string {
    const { name, data } = this.place;
    return `./bin/seq-node.cjs start --name ${name} --data ${data} --p2p ${this.p2pAddress} --http ${this.httpAddress}`;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number {
    if (!this.running || this.#child?.pid === undefined) throw new Error(`${this.place.name} does not run`);
    return this.#child.pid;
  }

  /** Spawns the process; `extra` are further arguments of `seq-node start`. Does not wait for anything. */
  spawn(extra: readonly string[] = []): void {
    if (this.running) throw new Error(`${this.place.name} runs already`);
    const { name, data, on = [], settings } = this.place;
    const [command, ...args] = [...on, process.execPath, COMMAND, 'start', ...extra] as [string, ...string[]];
    const child = spawnTracked(command, args, {
      cwd: ROOT,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: {
        ...process.env,
        ...TIED_TO_INPUT,
        SEQ_NODE_NODE__NAME: name,
        SEQ_NODE_NODE__DATA: data,
        SEQ_NODE_P2P__LISTEN: this.p2pAddress,
        SEQ_NODE_HTTP__LISTEN: this.httpAddress,
        ...settings,
      },
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.#child = child;
    this.#stopped = false;
  }

  /**
   * Spawns the process and waits until its HTTP API answers. Rejects with its last words when it ends
   * instead.
   */
  async start(extra: readonly string[] = [], timeoutMs = 30_000): Promise<void> {
    this.spawn(extra);
    await this.untilLive(timeoutMs);
  }

  async untilLive(timeoutMs = 30_000): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (performance.now() < until) {
      if (!this.running) throw new Error(`${this.place.name} ended at once:\n${this.#stderr}`);
      try {
        const { status } = await this.client.request('GET', '/livez', undefined, 1000);
        if (status === 200) return;
      } catch {
        // Not listening yet.
      }
      await sleep(25);
    }
    throw new Error(`${this.place.name} did not answer within ${timeoutMs} ms:\n${this.#stderr}`);
  }

  /** Power off: nothing is flushed, nobody is told. */
  async kill(): Promise<void> {
    const child = this.#running();
    child.kill('SIGKILL');
    await ended(child);
  }

  pause(): void {
    this.#running().kill('SIGSTOP');
    this.#stopped = true;
  }

  resume(): void {
    this.#running().kill('SIGCONT');
    this.#stopped = false;
  }

  /** Graceful: SIGTERM, then wait for the end. Resolves to the exit status. */
  async stop(timeoutMs = 15_000): Promise<number | null> {
    if (!this.running) return this.#child?.exitCode ?? null;
    const child = this.#running();
    if (this.#stopped) this.resume();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const { code } = await ended(child);
    clearTimeout(timer);
    return code;
  }

  /** How the process ended, once it does. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (this.#child === undefined) throw new Error(`${this.place.name} was never started`);
    return ended(this.#child);
  }

  #running(): ChildProcess {
    if (!this.running || this.#child === undefined) throw new Error(`${this.place.name} does not run`);
    return this.#child;
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks again every `everyMs` until `probe` gives a value other than undefined. Rejects after `timeoutMs`,
 * naming `what`.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  { timeoutMs = 30_000, everyMs = 25 }: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  }
  const why = last instanceof Error ? `; the last attempt: ${last.message}` : '';
  throw new Error(`${what}: not within ${timeoutMs} ms${why}`);
}
