// What a program says and hears of the tasks of a queue. The worker itself is loaded once there is one.

/** What belongs to a task beside its message. */
export interface TaskContext {
  /** The same for each attempt: what is done outside under this key is done once. */
  readonly id: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** The path of the actor that sent it. */
  readonly sender: string;
  /** Aborted when the lease is lost: another worker may have the task then, and the result is not taken. */
  readonly signal: AbortSignal;
}

/** Its result, true if it is undefined, answers the actor that asked. Throwing fails the attempt. */
export type TaskHandler<Message> = (message: Message, context: TaskContext) => unknown;

export interface WorkerOptions {
  /** Tasks at the same time. Default 1. */
  readonly concurrency?: number;
  /** A name for people. */
  readonly name?: string;
  /** How long a task is this worker's before it renews that, in milliseconds. Default: that of the queue. */
  readonly leaseMs?: number;
  /** Hears of attempts that failed, and of requests that did; by itself the worker goes on. */
  readonly onError?: (error: unknown, task: string | undefined) => void;
}

/** Thrown by a handler: the attempt has failed, and with `retry: false` the task has, for good. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  readonly retry: boolean;

  constructor(message: string, { retry = true }: { readonly retry?: boolean } = {}) {
    super(message);
    this.retry = retry;
  }
}

export interface Worker extends AsyncDisposable {
  /** Takes no more tasks, and resolves when those under way have ended. */
  stop(): Promise<void>;
}
