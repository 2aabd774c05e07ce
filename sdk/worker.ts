// Takes the tasks of a queue, does them, and tells how they went.
import { SeqNodeError } from './errors.ts';
import { pause } from './persist.ts';
import { type TaskContext, TaskError, type TaskHandler, type Worker, type WorkerOptions } from './tasks.ts';
import type { Value } from './values.ts';

/** How long a node holds a take for which there is no task; so long a worker may take to stop. */
const WAIT_MS = 5000;
/** A node that loses the lead of the queue meanwhile answers at once. */
const EMPTY_MS = 20;
/** After a take that failed although it was tried for long. */
const PAUSE_MS = 1000;

/** What a worker asks of its client: one request about the queue, tried until its time is up. */
export interface WorkerClient {
  queue(
    name: string,
    order: 'take' | 'renew' | 'complete' | 'fail',
    body: Readonly<Record<string, unknown>>,
    waitMs?: number,
  ): Promise<unknown>;
  fromWire(json: unknown): Value;
  toWire(value: unknown): unknown;
}

interface Task {
  readonly number: number;
  readonly attempt: number;
  readonly token: string;
  readonly leaseMs: number;
  readonly message: unknown;
  readonly sender: string;
}

export class QueueWorker<Message> implements Worker {
  readonly #client: WorkerClient;
  readonly #queue: string;
  readonly #handler: TaskHandler<Message>;
  readonly #options: WorkerOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  constructor(client: WorkerClient, queue: string, handler: TaskHandler<Message>, options: WorkerOptions) {
    this.#client = client;
    this.#queue = queue;
    this.#handler = handler;
    this.#options = options;
    this.#ended = this.#work();
  }

  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #work(): Promise<void> {
    const { concurrency = 1 } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const free = concurrency - this.#running.size;
      if (free <= 0) await Promise.race(this.#running);
      else
        try {
          const tasks = await this.#take(free);
          for (const task of tasks) this.#begin(task);
          if (tasks.length === 0) await pause(EMPTY_MS, signal);
        } catch (error) {
          if (signal.aborted) break;
          this.#report(error, undefined);
          await pause(PAUSE_MS, signal).catch(() => {});
        }
    }
    await Promise.all(this.#running);
  }

  async #take(most: number): Promise<readonly Task[]> {
    const { name, leaseMs } = this.#options;
    const body = { most, waitMs: WAIT_MS, ...(name && { worker: name }), ...(leaseMs && { leaseMs }) };
    const { tasks } = (await this.#client.queue(this.#queue, 'take', body, WAIT_MS)) as {
      readonly tasks: readonly Task[];
    };
    return tasks;
  }

  #begin(task: Task): void {
    const done = this.#do(task).finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** Never rejects. */
  async #do(task: Task): Promise<void> {
    const id = `${this.#queue}/${task.number}`;
    const lost = new AbortController();
    const renewing = this.#renew(task, lost);
    const { attempt, sender, token } = task;
    try {
      const message = this.#client.fromWire(task.message) as Message;
      const told = await this.#outcome(message, { id, attempt, sender, signal: lost.signal });
      if ('failed' in told) this.#report(told.failed, id);
      if (lost.signal.aborted) return;
      if ('failed' in told) await this.#fail(token, told.failed);
      else await this.#client.queue(this.#queue, 'complete', { token, ...this.#result(told.result) });
    } catch (error) {
      this.#report(error, id);
    } finally {
      clearInterval(renewing);
    }
  }

  async #outcome(
    message: Message,
    context: TaskContext,
  ): Promise<{ readonly result: unknown } | { readonly failed: unknown }> {
    try {
      return { result: await this.#handler(message, context) };
    } catch (failed) {
      return { failed };
    }
  }

  #result(result: unknown): { readonly result?: unknown } {
    return result === undefined ? {} : { result: this.#client.toWire(result) };
  }

  #fail(token: string, error: unknown): Promise<unknown> {
    const reason = error instanceof Error ? error.message : String(error);
    const retry = error instanceof TaskError ? error.retry : true;
    return this.#client.queue(this.#queue, 'fail', { token, reason: reason.slice(0, 4000), retry });
  }

  /** A third of a lease leaves time for two attempts more. */
  #renew({ token, leaseMs }: Task, lost: AbortController): ReturnType<typeof setInterval> {
    const body = { token, leaseMs };
    return setInterval(
      () =>
        this.#client.queue(this.#queue, 'renew', body).catch((error) => {
          if (error instanceof SeqNodeError && error.code === 'lease-lost') lost.abort(error);
        }),
      leaseMs / 3,
    );
  }

  #report(error: unknown, task: string | undefined): void {
    this.#options.onError?.(error, task);
  }
}
