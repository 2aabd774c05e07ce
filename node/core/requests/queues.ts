// Requests about the tasks of a queue, on the node that leads its shard.
import { invariant } from '../../base/assert.ts';
import { encodeData } from '../../base/codec.ts';
import { BATCH_BYTES } from '../../base/data-limits.ts';
import { isErrorCode, SeqNodeError } from '../../base/errors.ts';
import { type Data, type List, Variant } from '../../base/value.ts';
import type { Replica } from '../../cluster/replica.ts';
import { parseKey } from '../../journal/keys.ts';
import { tasksOf } from '../../journal/task-keys.ts';
import type { Ending } from '../../runtime/actor/item.ts';
import { loadActor } from '../../runtime/actor/load.ts';
import type { Envelope, Origin } from '../../runtime/envelope.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import { orderData, readOrder } from '../../runtime/tasks/queue-orders.ts';
import { isQueue } from '../../runtime/tasks/queue-ref.ts';
import { QueueState } from '../../runtime/tasks/queue-state.ts';
import { readTasks, withMessages } from '../../runtime/tasks/stored-tasks.ts';
import type { QueuedTask } from '../../runtime/tasks/task-row.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import type { Answer } from './codec.ts';
import { digestOf } from './digest.ts';
import type { QueueReplied, TakenTask, TakenTasks, TaskPage, TaskView } from './results.ts';

type Take = ClientRequest & { op: 'take-tasks' };
type Order = ClientRequest & { op: 'queue-order' };
type Listing = ClientRequest & { op: 'tasks' };
type Done = (answer: Answer) => void;
type Elsewhere = (begun: boolean) => Answer;

const ROWS_MAX = 1000;

/** Waits in memory while there is none. `elsewhere` says whom to ask when the lead of the shard is lost. */
export function takeTasks(
  context: StepContext,
  shard: Shard,
  request: Take,
  elsewhere: Elsewhere,
  done: Done,
): void {
  const { path, worker, most, leaseMs, waitMs } = request;
  const deadline = context.time.now + waitMs;
  const order = orderData({ kind: 'take', worker, most, leaseMs: leaseMs ?? undefined });
  const none: Answer = { ok: true, value: { tasks: [] } satisfies TakenTasks };
  // A repeat may take other tasks: those that nobody heard of come back when their leases run out.
  const envelope: Envelope = { to: path, sender: '', origin: null, payload: { kind: 'task-order', order } };
  const attempt = () =>
    shard.deliver(envelope, (ending) => {
      if (typeof ending === 'string') return done(elsewhere(ending === 'elsewhere'));
      if (!ending.ok) return done(refusal(ending));
      const handed = (ending.reply as List).toArray() as List[];
      if (handed.length > 0) return readTaken(context, shard, path, handed, elsewhere, done);
      if (context.time.now >= deadline) return done(none);
      shard.tasks.wait(path, {
        deadline,
        again: attempt,
        over: () => done(none),
        lost: () => done(elsewhere(false)),
      });
    });
  attempt();
}

/** The tasks that were handed out, with what was sent. */
function readTaken(
  context: StepContext,
  shard: Shard,
  path: Take['path'],
  handed: readonly List[],
  elsewhere: Elsewhere,
  done: Done,
): void {
  const leases = handed.map((each) => each.toArray() as [number, number, string, number, number]);
  const numbers = leases.map(([number]) => number);
  readTasks(context, shard.keys, path, numbers, (found) => {
    if (!shard.ready) return done(elsewhere(true));
    const tasks: TakenTask[] = [];
    let bytes = 0;
    for (const [at, [number, attempt, token, until, leaseMs]] of leases.entries()) {
      const row = found[at];
      // It was dropped already.
      if (row === undefined) continue;
      const message = encodeData(row.message);
      bytes += message.length;
      // What does not fit in an answer comes back when its lease runs out.
      if (tasks.length > 0 && bytes > BATCH_BYTES) break;
      const { atMillis, sender } = row;
      tasks.push({ number, attempt, token, until, leaseMs, message, atMillis, sender });
    }
    done({ ok: true, value: { tasks } satisfies TakenTasks });
  });
}

/** What a worker or an operator says to the queue. */
export function orderQueue(
  context: StepContext,
  shard: Shard,
  request: Order,
  elsewhere: Elsewhere,
  done: Done,
): void {
  const { path, order } = request;
  const origin = originOf(request, context.limits.leaseMarks);
  const number = closedBy(request);
  const deliver = (row: QueuedTask | undefined) => {
    const payload = { kind: 'task-order', order, ...(row && { row }) } as const;
    shard.deliver({ to: path, sender: '', origin, payload }, (ending) => {
      if (typeof ending === 'string') done(elsewhere(ending === 'elsewhere'));
      else done(ending.ok ? replied(ending) : refusal(ending));
    });
  };
  if (number === undefined) deliver(undefined);
  else
    readTasks(context, shard.keys, path, [number], ([row]) =>
      shard.ready ? deliver(row) : done(elsewhere(false)),
    );
}

/**
 * A lease that a worker ends leaves one of `marks` marks, by the number of its task: a repeat is answered
 * until as many tasks later, and then refused by the queue.
 */
export function originOf(request: Order, marks: number): Origin | null {
  if (request.id === '') return null;
  const origin = { source: `c:${request.id}`, number: 0, digest: digestOf(request) };
  const number = closedBy(request);
  return number === undefined ? origin : { ...origin, slot: number % marks };
}

/** The task whose lease the order ends. */
function closedBy({ order }: Order): number | undefined {
  const named = readOrder(order);
  return named.kind === 'complete' || named.kind === 'fail' ? named.token.number : undefined;
}

function replied({ reply, replayed }: Extract<Ending, { ok: true }>): Answer {
  if (reply instanceof Variant && reply.tag === 'Refused') {
    const [code, message] = reply.fields as [string, string];
    return refusal({ code, message });
  }
  const value: QueueReplied = { reply: encodeData(reply as Data), ...(replayed && { replayed }) };
  return { ok: true, value };
}

function refusal({ code, message }: { readonly code: string; readonly message: string }): Answer {
  return { ok: false, code: isErrorCode(code) ? code : 'turn-failed', message, details: {} };
}

/** To be called once this node is known to lead. */
export function listTasks(context: StepContext, { keys }: Replica, request: Listing, done: Done): void {
  const { path, from, limit } = request;
  loadActor(context, keys, path, (loaded) => {
    if (loaded instanceof SeqNodeError)
      return done({ ok: false, code: 'actor-quarantined', message: loaded.message, details: {} });
    if (loaded.head === undefined || !isQueue(loaded.head.code))
      return done({ ok: false, code: 'no-such-actor', message: `There is no queue ${path}.`, details: {} });
    const range = { ...tasksOf(keys, path, from), limit: Math.max(1, Math.min(limit, ROWS_MAX)) };
    const state = QueueState.read(loaded.state);
    context.scan(range, (found) => {
      const rows = 'rest' in found ? found.rest : found.part;
      const numbers = rows.map(([key]) => numberOf(key));
      const next = 'rest' in found ? null : (numbers.at(-1) ?? 0) + 1;
      const stored = rows.map(([, bytes]) => bytes);
      withMessages(context, keys, path, numbers, stored, (found) => {
        const tasks = found.flatMap((task, at) =>
          task === undefined ? [] : [viewOf(numbers[at]!, task, state)],
        );
        done({ ok: true, value: { tasks, next } satisfies TaskPage });
      });
    });
  });
}

function numberOf(key: Uint8Array): number {
  const parsed = parseKey(key);
  invariant(parsed.kind === 'task', 'the row of a task has a key of its own kind');
  return parsed.number;
}

function viewOf(number: number, task: QueuedTask, state: QueueState): TaskView {
  const entry = state.task(number);
  const { status = 'ready', attempt = 0, at = 0, worker = '', reason = '' } = entry ?? {};
  const { atMillis, sender, asker, message } = task;
  const shared = { message: encodeData(message), atMillis, sender, asked: asker !== '' };
  return { number, ...shared, status, attempt, at, worker, reason };
}
