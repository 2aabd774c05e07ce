// The addresses of queues and of their tasks.
import { fromJson, toJson } from '../base/json.ts';
import type { Data } from '../base/value.ts';
import type { Task, TaskView } from '../host/api.ts';
import { jsonAnswer } from './answer.ts';
import type { Handler } from './endpoints.ts';
import { readTimeout } from './message-request.ts';
import {
  bad,
  checkInteger,
  checkObject,
  checkString,
  checkTruth,
  type GatewayRequest,
  parseJson,
  readInteger,
  readLimit,
  readQuery,
} from './request.ts';

const TOKEN_LENGTH_MAX = 64;
const REASON_LENGTH_MAX = 4096;
const WORKER_LENGTH_MAX = 128;
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

const answer = (value: object) => jsonAnswer(200, JSON.stringify(value));

/** An absent body is an empty one. */
function bodyOf(request: GatewayRequest, fields: readonly string[]): Readonly<Record<string, unknown>> {
  readQuery(request.query, []);
  return request.body === '' ? {} : checkObject(parseJson(request), 'The body', [...fields]);
}

/** Those of the fields that are there, each an integer; the node says what they may be. */
function integersOf<Name extends string>(
  body: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): { [name in Name]?: number } {
  const given: { [name in Name]?: number } = {};
  for (const name of names)
    if (body[name] !== undefined) given[name] = checkInteger(name, body[name], 0, INTEGER_MAX);
  return given;
}

const tokenOf = (body: Readonly<Record<string, unknown>>): string =>
  checkString('token', body.token, TOKEN_LENGTH_MAX);

/** Waits for a task as long as `waitMs` says; the answer may be an empty list. */
export const take: Handler = async ({ api }, request, name) => {
  const body = bodyOf(request, ['worker', 'most', 'leaseMs', 'waitMs']);
  const worker =
    body.worker === undefined ? {} : { worker: checkString('worker', body.worker, WORKER_LENGTH_MAX) };
  const options = { ...worker, ...integersOf(body, ['most', 'leaseMs', 'waitMs']) };
  const { tasks } = await api.queues.take(name, options);
  return answer({ queue: name, tasks: tasks.map(taskJson) });
};

export const complete: Handler = async ({ api, outstanding }, request, name) => {
  const body = bodyOf(request, ['token', 'result']);
  const token = tokenOf(body);
  const result: Data = body.result === undefined ? true : fromJson(body.result);
  const done = await outstanding.track(() => api.queues.complete(name, token, result));
  return answer({ queue: name, token, completed: true, ...done });
};

export const fail: Handler = async ({ api, outstanding }, request, name) => {
  const body = bodyOf(request, ['token', 'reason', 'retry']);
  const token = tokenOf(body);
  const reason = body.reason === undefined ? '' : checkString('reason', body.reason, REASON_LENGTH_MAX);
  const retry = body.retry === undefined || checkTruth('retry', body.retry);
  const failed = await outstanding.track(() => api.queues.fail(name, token, reason, { retry }));
  return answer({ queue: name, token, failed: true, ...failed });
};

export const renew: Handler = async ({ api, outstanding }, request, name) => {
  const body = bodyOf(request, ['token', 'leaseMs']);
  const token = tokenOf(body);
  const lease = integersOf(body, ['leaseMs']);
  const { untilMillis } = await outstanding.track(() => api.queues.renew(name, token, lease));
  return answer({ queue: name, token, untilMillis });
};

export const configure: Handler = async ({ api, outstanding }, request, name) => {
  const fields = ['leaseMs', 'attemptsMax', 'backOffMs', 'capacity'] as const;
  const options = integersOf(bodyOf(request, fields), fields);
  await outstanding.track(() => api.queues.configure(name, options));
  return answer(await api.queues.view(name));
};

/** One task by its number; with `all`, some of all, as often as `left` is not 0. */
export const drop: Handler = async ({ api, outstanding }, request, name) => {
  const body = bodyOf(request, ['task', 'all']);
  const isAll = checkTruth('all', body.all);
  if (isAll === (body.task !== undefined))
    throw bad('Say which task to drop, or "all": true.', { field: 'task' });
  const task = isAll ? 'all' : checkInteger('task', body.task, 1, INTEGER_MAX);
  return answer({ queue: name, ...(await outstanding.track(() => api.queues.drop(name, task))) });
};

export const show: Handler = async ({ api }, request, name) =>
  answer(await api.queues.view(name, readTimeout(readQuery(request.query, ['timeoutMs']))));

export const list: Handler = async ({ api }, request) => {
  const query = readQuery(request.query, ['after', 'limit', 'timeoutMs']);
  const after = query.after === undefined ? {} : { after: query.after };
  return answer(await api.queues.list({ ...after, limit: readLimit(query.limit), ...readTimeout(query) }));
};

export const tasks: Handler = async ({ api }, request, name) => {
  const query = readQuery(request.query, ['after', 'limit', 'timeoutMs']);
  const after = readInteger('after', query.after, { least: 0, most: INTEGER_MAX - 1, fallback: 0 });
  const options = { from: after + 1, limit: readLimit(query.limit), ...readTimeout(query) };
  const page = await api.queues.tasks(name, options);
  const next = page.next === null ? null : String(page.next - 1);
  return answer({ queue: name, tasks: page.tasks.map(taskJson), next });
};

const taskJson = (task: Task | TaskView): object => ({ ...task, message: toJson(task.message) });
