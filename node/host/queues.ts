// The queues of tasks as the node's API gives them: checks what a worker or an operator gives, and reads the
// answers.
import { randomUUID } from 'node:crypto';
import { decodeData } from '../base/codec.ts';
import { checkData, cutReason, messageLimit } from '../base/data-limits.ts';
import { SeqNodeError } from '../base/errors.ts';
import { type ActorPath, type SenderName, senderPath } from '../base/ids.ts';
import { parsePath } from '../base/path.ts';
import { type Data, Variant } from '../base/value.ts';
import type * as core from '../core/requests/results.ts';
import type { ClientRequest } from '../core/types.ts';
import { TAKE_MAX } from '../runtime/tasks/queue.ts';
import { orderData, type QueueOrderMessage } from '../runtime/tasks/queue-orders.ts';
import { isQueuePath, queuePath } from '../runtime/tasks/queue-ref.ts';
import {
  ATTEMPTS_MAX,
  BACK_OFF_MS_MAX,
  CAPACITY_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  parseToken,
  type QueueOptions,
  QueueState,
} from '../runtime/tasks/queue-state.ts';
import type { ActorPage, ActorView, ReadOptions } from './api.ts';
import {
  type FailedTask,
  QUEUE_LIMITS,
  type QueueApi,
  type QueueView,
  type TakeOptions,
  type Task,
  type TaskView,
} from './queue-api.ts';

export interface QueueParts {
  readonly messageBytesMax: number;
  send<T>(request: ClientRequest): Promise<T>;
  inspect(path: string, options?: ReadOptions): Promise<ActorView>;
  actors(
    options: ReadOptions & { readonly prefix: string; readonly after?: string; readonly limit: number },
  ): Promise<ActorPage>;
}

const TIMEOUT_MS = 5000;
const WORKER_LENGTH_MAX = 128;
const QUEUES_LISTED_MAX = 100;

export class Queues implements QueueApi {
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  async take(name: string, options: TakeOptions = {}) {
    const { worker = '', most = 1, leaseMs, waitMs = 0 } = options;
    if (worker.length > WORKER_LENGTH_MAX)
      throw bad(`The name of a worker has at most ${WORKER_LENGTH_MAX} characters.`);
    inRange('most', most, 1, TAKE_MAX);
    inRange('waitMs', waitMs, 0, QUEUE_LIMITS.waitMsMost);
    if (leaseMs !== undefined) inRange('leaseMs', leaseMs, LEASE_MS_MIN, LEASE_MS_MAX);
    const { tasks } = await this.#parts.send<core.TakenTasks>({
      op: 'take-tasks',
      path: pathOf(name),
      worker,
      most,
      leaseMs: leaseMs ?? null,
      waitMs,
      timeoutMs: waitMs + TIMEOUT_MS,
    });
    return { tasks: tasks.map(taskOf) };
  }

  async complete(name: string, token: string, result: Data) {
    checkData(result, 'result', messageLimit(this.#parts.messageBytesMax));
    const order = { kind: 'complete', token: tokenOf(token), result } as const;
    const { replayed } = await this.#order(name, order, `complete.${token}`);
    return { ...(replayed && { replayed }) };
  }

  async fail(name: string, token: string, reason: string, { retry = true } = {}): Promise<FailedTask> {
    const order = { kind: 'fail', token: tokenOf(token), reason: cutReason(reason), retry } as const;
    const { fields, replayed } = await this.#order(name, order, `fail.${token}`);
    const [at] = fields as [number];
    return { retryMillis: at === 0 ? null : at, ...(replayed && { replayed }) };
  }

  async renew(name: string, token: string, { leaseMs }: { readonly leaseMs?: number } = {}) {
    if (leaseMs !== undefined) inRange('leaseMs', leaseMs, LEASE_MS_MIN, LEASE_MS_MAX);
    const { fields } = await this.#order(name, { kind: 'renew', token: tokenOf(token), leaseMs }, '');
    return { untilMillis: fields[0] as number };
  }

  async configure(name: string, options: Partial<QueueOptions>) {
    const { leaseMs, attemptsMax, backOffMs, capacity } = options;
    if (leaseMs !== undefined) inRange('leaseMs', leaseMs, LEASE_MS_MIN, LEASE_MS_MAX);
    if (attemptsMax !== undefined) inRange('attemptsMax', attemptsMax, 1, ATTEMPTS_MAX);
    if (backOffMs !== undefined) inRange('backOffMs', backOffMs, 0, BACK_OFF_MS_MAX);
    if (capacity !== undefined) inRange('capacity', capacity, 1, CAPACITY_MAX);
    await this.#order(name, { kind: 'configure', options }, randomUUID());
  }

  async drop(name: string, task: number | 'all') {
    if (task !== 'all') inRange('task', task, 1, Number.MAX_SAFE_INTEGER);
    const { fields } = await this.#order(name, { kind: 'drop', number: task }, randomUUID());
    const [dropped, left] = fields as [number, number];
    return { dropped, left };
  }

  async view(name: string, options: ReadOptions = {}): Promise<QueueView> {
    const path = pathOf(name);
    const { state } = await this.#parts.inspect(path, options).catch(unused(name));
    const queue = QueueState.read(state as never);
    return { name, path, options: queue.options, ...countsOf(queue) };
  }

  async list(options: ReadOptions & { readonly after?: string; readonly limit: number }) {
    const { after, limit, ...read } = options;
    const from = after === undefined ? {} : { after: pathOf(after) };
    const rows = Math.min(limit, QUEUES_LISTED_MAX);
    const page = await this.#parts.actors({ ...read, ...from, prefix: '/queue/', limit: rows });
    const paths = page.actors.map(({ path }) => path).filter(isQueuePath);
    const queues = await Promise.all(paths.map((path) => this.view(nameOf(path), read)));
    return { queues, next: page.next === null ? null : nameOf(page.next) };
  }

  async tasks(name: string, options: ReadOptions & { readonly from: number; readonly limit: number }) {
    const { from, limit, timeoutMs = TIMEOUT_MS } = options;
    const request = { op: 'tasks', path: pathOf(name), from, limit, timeoutMs } as const;
    const { tasks, next } = await this.#parts.send<core.TaskPage>(request).catch(unused(name));
    return { tasks: tasks.map(taskView), next };
  }

  async #order(name: string, order: QueueOrderMessage, id: string) {
    const request = { op: 'queue-order', path: pathOf(name), order: orderData(order), id } as const;
    const { reply, replayed } = await this.#parts.send<core.QueueReplied>({
      ...request,
      timeoutMs: TIMEOUT_MS,
    });
    const variant = decodeData(reply);
    return { fields: variant instanceof Variant ? variant.fields : [], replayed };
  }
}

const COUNTS = ['ready', 'leased', 'waiting', 'completed', 'failed', 'expired', 'dropped'] as const;

function countsOf(queue: QueueState) {
  const counts = COUNTS.map((name) => [name, queue.get(name)] as const);
  return Object.fromEntries(counts) as Record<(typeof COUNTS)[number], number>;
}

const nameOf = (path: string): string => path.slice('/queue/'.length);

/** Throws `bad-path`. */
function pathOf(name: string): ActorPath {
  const path = parsePath(queuePath(name));
  if (!isQueuePath(path))
    throw new SeqNodeError('bad-path', 'The name of a queue is one segment of a path, without a slash.');
  return path;
}

function tokenOf(text: string) {
  const token = parseToken(text);
  if (token === undefined)
    throw bad('The token is none that take has given: it is NUMBER.ATTEMPT.SECRET.', { field: 'token' });
  return token;
}

function inRange(field: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw bad(`${field} must be an integer from ${least} to ${most}.`, { field });
}

const bad = (message: string, details = {}) => new SeqNodeError('bad-request', message, details);

function taskOf({ until, message, sender, ...rest }: core.TakenTask): Task {
  return {
    ...rest,
    untilMillis: until,
    message: decodeData(message),
    sender: senderPath(sender as SenderName),
  };
}

function taskView(task: core.TaskView): TaskView {
  const { number, status, attempt, at, worker, reason, message, atMillis, sender, asked } = task;
  return {
    number,
    status: status as TaskView['status'],
    attempt,
    untilMillis: status === 'leased' || status === 'waiting' ? at : null,
    worker: worker === '' ? null : worker,
    reason: reason === '' ? null : reason,
    message: decodeData(message),
    atMillis,
    sender: senderPath(sender as SenderName),
    asked,
  };
}

/** Nobody spawns a queue. */
const unused = (name: string) => (error: unknown) => {
  if (!(error instanceof SeqNodeError) || error.code !== 'no-such-actor') throw error;
  const next = 'Send it a task, set its options, or look for it in the list of queues.';
  throw new SeqNodeError('no-such-actor', `The queue ${name} has not been used yet.`, { next });
};
