// What a running node offers about queues of tasks.
import type { ActorPath } from '../base/ids.ts';
import type { Data } from '../base/value.ts';
import { TAKE_MAX } from '../runtime/tasks/queue.ts';
import {
  ATTEMPTS_MAX,
  BACK_OFF_MS_MAX,
  CAPACITY_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  type QueueOptions,
} from '../runtime/tasks/queue-state.ts';

export type { QueueOptions } from '../runtime/tasks/queue-state.ts';

/** What the options of requests may be. */
export const QUEUE_LIMITS = {
  leaseMsLeast: LEASE_MS_MIN,
  leaseMsMost: LEASE_MS_MAX,
  attemptsMost: ATTEMPTS_MAX,
  backOffMsMost: BACK_OFF_MS_MAX,
  capacityMost: CAPACITY_MAX,
  takeMost: TAKE_MAX,
  waitMsMost: 60_000,
} as const;

interface ReadOptions {
  readonly timeoutMs?: number;
}

export interface QueueView {
  readonly name: string;
  readonly path: ActorPath;
  readonly options: QueueOptions;
  /** Tasks that may be taken, that workers have, and that wait to be tried again. */
  readonly ready: number;
  readonly leased: number;
  readonly waiting: number;
  /** How many there ever were; `expired` counts leases that ran out. */
  readonly completed: number;
  readonly failed: number;
  readonly expired: number;
  readonly dropped: number;
}

/** A task as a worker gets it. */
export interface Task {
  readonly number: number;
  readonly attempt: number;
  /** Names the lease to `complete`, `fail` and `renew`. */
  readonly token: string;
  /** When the lease runs out, in milliseconds since 1970. */
  readonly untilMillis: number;
  /** How long it is from when it was given. */
  readonly leaseMs: number;
  readonly message: Data;
  readonly atMillis: number;
  readonly sender: ActorPath;
}

/** A task as an operator sees it. */
export interface TaskView {
  readonly number: number;
  readonly status: 'ready' | 'leased' | 'waiting' | 'dead' | 'gone';
  readonly attempt: number;
  /** When its lease or its back-off ends; null where it has none. */
  readonly untilMillis: number | null;
  readonly worker: string | null;
  /** Why its newest attempt failed. */
  readonly reason: string | null;
  readonly message: Data;
  readonly atMillis: number;
  readonly sender: ActorPath;
  /** Whether the sender waits for the outcome. */
  readonly asked: boolean;
}

export interface TakeOptions {
  /** A name for people. */
  readonly worker?: string;
  /** Tasks at once, at most. Default 1. */
  readonly most?: number;
  /** Default: as the options of the queue say. */
  readonly leaseMs?: number;
  /** How long to wait for a task. Default 0. */
  readonly waitMs?: number;
}

/** What became of a failed attempt. */
export interface FailedTask {
  /** When the task can be taken again; null: it has failed for good. */
  readonly retryMillis: number | null;
  readonly replayed?: true;
}

/**
 * What workers and operators use. A queue is named by the last part of its path, `/queue/NAME`, and begins
 * with whatever is said to it first. Every method rejects with SeqNodeError: `lease-lost`, `bad-path`,
 * `bad-request` and those of all requests.
 */
export interface QueueApi {
  take(name: string, options?: TakeOptions): Promise<{ readonly tasks: readonly Task[] }>;
  /** The result answers the actor that asked. Repeating it is harmless. */
  complete(name: string, token: string, result: Data): Promise<{ readonly replayed?: true }>;
  /** `retry` false: it has failed for good, whatever attempts are left. Default true. */
  fail(
    name: string,
    token: string,
    reason: string,
    options?: { readonly retry?: boolean },
  ): Promise<FailedTask>;
  renew(
    name: string,
    token: string,
    options?: { readonly leaseMs?: number },
  ): Promise<{ readonly untilMillis: number }>;
  configure(name: string, options: Partial<QueueOptions>): Promise<void>;
  /** Drops one task, or some from the first on: `left` says how many there still are. */
  drop(name: string, task: number | 'all'): Promise<{ readonly dropped: number; readonly left: number }>;
  view(name: string, options?: ReadOptions): Promise<QueueView>;
  /** In the order of their names, behind the name `after`. */
  list(
    options: ReadOptions & { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly queues: readonly QueueView[]; readonly next: string | null }>;
  tasks(
    name: string,
    options: ReadOptions & { readonly from: number; readonly limit: number },
  ): Promise<{ readonly tasks: readonly TaskView[]; readonly next: number | null }>;
}
